package polar_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mongoauthz/go-mongoauthz/engine/oso/internal/polar"
)

func relation(attr string) (to polar.Leads, all bool) {
	switch attr {
	case "editor", "team", "mixed":
		to = polar.Elsewhere
	case "box", "box" + polar.Negated:
		to = polar.Embedded
	case "keys":
		to = polar.Keys
	}
	return to, attr != "mixed"
}

// lostRelations are conditions, and what they become.
var lostRelations = map[string]string{
	`e = d.editor and (e.Name = "ann" or d.Public = true);`:                           `((d.editor != nil and e = d.editor) and (e.Name = "ann" or d.Public = true));`,
	`(d.Public = true or e.Name = "ann") and d.editor = e;`:                           `((d.Public = true or e.Name = "ann") and (d.editor != nil and d.editor = e));`,
	`(e = d.editor or e = d.team) and d.Public = true and e != 3 or e = d.editor;`:    `((((e = d.editor or e = d.team) and d.Public = true) and e != 3) or (d.editor != nil and e = d.editor));`,
	`h(d.editor, d); h(_, d) if d.Public = true;`:                                     `(d.editor != nil and h(d.editor, d)); h(_, d) if d.Public = true;`,
	`h(d.editor, d); h(e, d) if g(e, d); g(e, d) if d.Public = true or e.Name = "a";`: `(d.editor != nil and h(d.editor, d)); h(e, d) if g(e, d); g(e, d) if d.Public = true or e.Name = "a";`,
	`h(d.editor.Name, d); h(n, d) if n = "a" or d.Public = true;`:                     `(d.editor != nil and h(d.editor.Name, d)); h(n, d) if n = "a" or d.Public = true;`,
	`h(d.editor.team.N); h(1); h(_);`:                                                 `(d.editor.team != nil and h(d.editor.team.N)); h(1); h(_);`,
	`e = d.editor and h(e); h(e) if n = e.Name and (n = "a" or n = 2);`:               `((d.editor != nil and e = d.editor) and h(e)); h(e) if n = e.Name and (n = "a" or n = 2);`,
	`h(d.editor); h(e) if e.team = t and (t.N = 1 or e.Name = "x");`:                  `(d.editor != nil and h(d.editor)); h(e) if ((e.team != nil and e.team = t) and (t.N = 1 or e.Name = "x"));`,
	`d matches Doc{editor: e} and (e.Name = "a" or d.N = 1);`:                         `((d.editor != nil and d matches Doc{editor: e}) and (e.Name = "a" or d.N = 1));`,
	`x in [d.editor, d.team] and (x.N = 1 or d.N = 1);`:                               `((d.team != nil and (d.editor != nil and x in [d.editor, d.team])) and (x.N = 1 or d.N = 1));`,
	`u in [d.editor, d.team];`:                                                        `(d.team != nil and (d.editor != nil and u in [d.editor, d.team]));`,
	`d.N in [d.editor.N, 1];`:                                                         `(d.editor != nil and (d.N == d.editor.N or d.N == 1));`,
	`i in d.Items and h(i.editor); h(_);`:                                             `(i in d.Items and (i.editor != nil and h(i.editor))); h(_);`,
	`not h(d.editor, d); h(e, d) if d.Public = true and e.Name = "x";`:                `(d.editor != nil and (d.Public != true or d.editor.Name != "x")); h(e, d) if d.Public = true and e.Name = "x";`,
	`d.N = 1 and not (d.N = 2 and h(d.editor, d)); h(_, d) if d.Public = true;`:       `(d.N = 1 and (d.N != 2 or (d.editor != nil and d.Public != true))); h(_, d) if d.Public = true;`,
	`h(d.editor, d); h(e, d) if h(e, d); h(e, d) if g(e) or d.N = 1; g(e) if g(e);`:   `(d.editor != nil and h(d.editor, d)); h(e, d) if h(e, d); h(e, d) if g(e) or d.N = 1; g(e) if g(e);`,
	`n = d.box.N and (n = 1 or d.N = 1);`:                                             `((d.box != nil and n = d.box.N) and (n = 1 or d.N = 1));`,
	`b = d.box and n = b.N and (n = 1 or d.N = 1);`:                                   `((b = d.box and (b != nil and n = b.N)) and (n = 1 or d.N = 1));`,
	`h(d.box, d); h(b, d) if n = b.N and (n = 1 or d.N = 1);`:                         `h(d.box, d); h(b, d) if ((b != nil and n = b.N) and (n = 1 or d.N = 1));`,
	`not (e = d.editor and (e.N = 1 or d.N = 1)) and u.N = 1;`:                        `((d.editor != nil and not ((e = d.editor and (e.N = 1 or d.N = 1)))) and u.N = 1);`,
	`u.N = 1 and not d.editor matches Team;`:                                          `(u.N = 1 and (d.editor != nil and not (d.editor matches Team)));`,
	`u.N = 1 and not d.editor.N in [];`:                                               `(u.N = 1 and (d.editor != nil and not (d.editor.N in [])));`,
	`x in [d.editor] and x.N = d.team.N and d.N = 1;`:                                 `(((d.editor != nil and x in [d.editor]) and (d.team != nil and x.N = d.team.N)) and d.N = 1);`,
	`has(e, d) and d.N = 1; has(e, d) if e = d.editor;`:                               `has(e, d) and d.N = 1; has(e, d) if (d.editor != nil and e = d.editor);`,
}

func TestRelationsOfWhichNothingIsAskedAreAskedToExist(t *testing.T) {
	t.Parallel()
	for body, want := range lostRelations {
		rules, err := polar.Parse(head + body)
		require.NoError(t, err, body)
		require.Error(t, polar.NewAsked(rules, relation).Check(), body)
		got, err := polar.Rewrite(head+body, lists, relation)
		require.NoError(t, err, body)
		require.Equal(t, head+want, got)
		rules, err = polar.Parse(got)
		require.NoError(t, err, body)
		require.NoError(t, polar.NewAsked(rules, relation).Check(), got)
	}
}

func TestRelationsThatAreAskedAreLeft(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`e = d.editor and e.Name = "ann";`,
		`e = d.editor and (e.Name = "ann" or e.Name = "bob");`,
		`(e = d.editor and e.Name = "ann") or d.Public = true;`,
		`e = d.editor and e = u;`,
		`e = d.editor and not "x" in e.Tags and d.N = 1;`,
		`d.editor = u or u in [d.N, d.M];`,
		`b = d.box and (b = nil or d.N = 1);`,
		`h(d.box, d); h(b: Box, d) if n = b.N and (n = 1 or d.N = 1);`,
		`t = d.Title and (t = "a" or d.Public = true);`,
		`h(d.editor, u); h(x, y) if x = y;`,
		`h(d.editor, d); h(e: User, d) if d.Public = true;`,
		`h(d.editor, "a"); h(_, "b"); h(e, "a") if e.N = 1;`,
		`h(d.editor.Name); h("a"); h("b");`,
		`h(d.editor, d) and d.editor != nil; h(_, d) if d.N = 1;`,
		`h(u.editor, d) and t = u.team; h(_, d) if d.N = 1;`,
		`r in d.editor.Roles and d.N = 1;`,
		`has(e, "owner", d) and role(u, "m", e); has(e: User, "owner", d) if e = d.editor; role(u, "m", e) if e.N = u.N; role(u, "o", _);`,
	} {
		rules, err := polar.Parse(head + body)
		require.NoError(t, err, body)
		require.NoError(t, polar.NewAsked(rules, relation).Check(), body)
		if got, err := polar.Rewrite(head+body, lists, relation); err == nil && body[0] != 'e' {
			require.Equal(t, head+body, got)
		}
	}
}

func TestRelationsThatCannotBeAskedAreRefused(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`e = d.mixed and d.N = 1;`, // which is nil, elsewhere
		`h(d.editor, d) and d.Title = "\\"; h(_, d) if d.N = 1;`,
		`h(d) and h(u); h(x) if g(x.team); g(_);`, // of a document and an actor, whose may be nil
		`h(d); h(_: Doc{editor: _});`,
		`[e, 1] = [d.editor, d.N] and (d.N = 2 or d.M = [*e]);`,
	} {
		rules, err := polar.Parse(head + body)
		require.NoError(t, err, body)
		var refused *polar.Error
		require.ErrorAs(t, polar.NewAsked(rules, relation).Check(), &refused, body)
		if got, err := polar.Rewrite(head+body, lists, relation); err == nil {
			rules, err = polar.Parse(got)
			require.NoError(t, err)
			require.Error(t, polar.NewAsked(rules, relation).Check(), got)
		}
	}
}
