package polar_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mongoauthz/go-mongoauthz/engine/oso/internal/polar"
)

// dropped are conditions that Oso unifies and drops, and what they become.
var dropped = map[string]string{
	`x = d.A and y = d.B and x = y;`:                                         `((x = d.A and y = d.B) and x == y);`,
	`h(d.A, d.B); h(x, y) if x = y;`:                                         `h(d.A, d.B); h(x, y) if x == y;`,
	`h(d.A, d.B) and h(u.A, d.B); h(x, y) if x = y;`:                         `h(d.A, d.B) and h(u.A, d.B); h(x, y) if x == y;`,
	`x in d.T and y = d.A and x = y;`:                                        `((x in d.T and y = d.A) and x == y);`,
	`a(d, x) and b(d, y) and y = x; a(d, x) if x = d.A; b(d, x) if x = d.B;`: `((a(d, x) and b(d, y)) and y == x); a(d, x) if x = d.A; b(d, x) if x = d.B;`,
	`d.A in [d.B, "x"] and u.A = 1;`:                                         `((d.A == d.B or d.A == "x") and u.A = 1);`,
	`x = d.A and x in [d.B];`:                                                `(x = d.A and x == d.B);`,
	`h(d, d.B); h(_: Doc{A: x}, y) if x = y;`:                                `h(d, d.B); h(_: Doc{A: x}, y) if x == y;`,
	`d matches Doc{A: x, B: y} and (y = x or d.C = x);`:                      `(d matches Doc{A: x, B: y} and (y == x or d.C = x));`,
	`i in d.Items and h(d, i.Doc); h(d, x) if x = d;`:                        `i in d.Items and h(d, i.Doc); h(d, x) if x == d;`,
	`u.A = 1 and x = d.A and y = d.B and not x = y;`:                         `(((u.A = 1 and x = d.A) and y = d.B) and x != y);`,
	`u.A = 1 and not h(d.A, d.B); h(x, y) if x = y and x = 1;`:               `(u.A = 1 and (d.A != d.B or d.A != 1)); h(x, y) if (x == y and x = 1);`,
}

// brought are conditions by which Oso would ask the actor's document in place of the one that is stored.
var brought = map[string]string{
	`d = u.Doc and d.A = 1;`:                                                `(d == u.Doc and d.A = 1);`,
	`d.A = 1 and u.Doc = d;`:                                                `(d.A = 1 and u.Doc == d);`,
	`d in u.Docs and d.A = 1;`:                                              `((some_1 in u.Docs and d == some_1) and d.A = 1);`,
	`d = u.Doc and x = d and x.A = 1;`:                                      `((d == u.Doc and x = d) and x.A = 1);`,
	`d in [u.Doc] and d.A = 1;`:                                             `(d == u.Doc and d.A = 1);`,
	`e = d.editor and e = u and e.A = 1;`:                                   `((e = d.editor and e == u) and e.A = 1);`,
	`me(u, d) and d.A = 1; me(u, x) if x = u;`:                              `me(u, d) and d.A = 1; me(u, x) if x == u;`,
	`t(x, d) and m(u, x); t(x, d) if x = d.team; m(u, y: Team) if y = u.T;`: `t(x, d) and m(u, x); t(x, d) if (d.team != nil and x = d.team); m(u, y: Team) if y == u.T;`,
}

func TestWhatIsStoredIsAskedAndNotWhatTheActorBrings(t *testing.T) {
	t.Parallel()
	rewrites(t, brought)
}

func TestVariablesOfTheDocumentAreCompared(t *testing.T) {
	t.Parallel()
	rewrites(t, dropped)
}

// rewrites checks that policies are refused, and what they are written as is not.
func rewrites(t *testing.T, policies map[string]string) {
	t.Helper()
	for body, want := range policies {
		var refused *polar.Error
		require.ErrorAs(t, polar.Check(head+body), &refused, body)
		got, err := polar.Rewrite(head+body, lists, relation)
		require.NoError(t, err, body)
		require.Equal(t, head+want, got)
		require.NoError(t, polar.Check(got), got)
	}
}

func TestWhatIsUnifiedWithAFreshVariableOrAValueIsLeft(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`x = y and x = d.A and y = d.B;`, `x = d.A and y = x and y = d.B;`, `x = d.A and x = d.B;`, `x = d.A and y = u.A and x = y;`, `x in d.T and x = d.A;`, `h(d, x) and x = 1; h(d, y) if y = d.A;`,
		`h(d.A, d); h(x, d) if y = x and d.B = y;`, `h(d.A, u.A); h(x, y) if x = y;`, `h(d.A, u.A); h(x, x);`, `u.A in [d.A, d.B];`, `x in [d.A, d.B] and x = u.A;`, `d.A in [1, u.A];`, `[x, *_] = u.T and d.A = x;`,
		`h(u, d); h(_: User{A: x}, _: Doc{A: x, B: x});`, `d matches Doc{A: x, B: x};`, `d matches Doc{A: x} and x = d.B;`, `(x = d.A or x = d.B) and d.C = x;`, `x = d and x.A = 1;`, `d = u;`, `d in u.Docs;`, `x = d.editor and x = u;`, `u.N = 1 and not d = u and d.A = 1;`, `h(x) and d.A = x; h(y) if y = z and z = u.A;`,
	} {
		require.NoError(t, polar.Check(head+body), body)
	}
}

func TestWhatCannotBeComparedIsRefused(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`h(d.A, d.B); h(x, x);`, `h(u, d); h(x, x) if x.A = 1;`, `h(d, d.B); h(_: Doc{A: x}, x);`, `x = d.A and [x] = [d.B];`, `h([d.A, d.B]); h([x, x]);`, `x = [d.A] and d.B in x;`, `d.A in [[d.B]];`, `d matches Doc{A: [x]} and x = 1;`, `h(d); h(_: Doc{A: [x]}) if x = 1;`, `h(d, d.B); h(_: Doc{A: x}, x) if x = u.A;`,
		`x = {a: d.A} and x = {a: d.B};`, `x = d.A and y = d.B and x = y and d.T = "\\";`,
	} {
		var refused *polar.Error
		require.ErrorAs(t, polar.Check(head+body), &refused, body)
		require.Positive(t, refused.Line)
		if got, err := polar.Rewrite(head+body, lists, relation); err == nil {
			require.Error(t, polar.Check(got), got)
		}
	}
}
