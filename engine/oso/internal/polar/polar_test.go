package polar_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mongoauthz/go-mongoauthz/engine/oso/internal/polar"
)

const head = `allow(u: User, "read", d: Doc) if `

// wrong are negations that Oso's partial evaluation gets wrong.
var wrong = []string{
	`not (d.A = true and (d.B = true or d.C = true));`,
	`not ((d.A = true or d.D = true) and (d.B = true or d.C = true));`,
	`not (not (d.A = true and (d.B = true or d.C = true)));`,
	`not x(d); x(d) if y(d); y(d) if d.B = true; y(d) if d.C = true;`,
	`not x(d); x(d: Doc) if (d.B = true or d.C = true) and d.A = true;`,
	`not x(d); x(d: Doc) if d.A = true and y(d); y(d) if d.B = true; y(d) if d.C = true;`,
	`not (d.A = true and y(d)); y(d) if d.B = true; y(d) if d.C = true;`,
	`not mine(u, d); mine(u: User, d: Doc) if d.OwnerID = u.ID;`,
	`d.A = true and not mine(u, d); mine(u: User, d) if d.OwnerID = u.ID;`,
	`not (d.A = true and mine(u, d)); mine(u: User, d) if d.OwnerID = u.ID;`,
	`not x(d); x(d) if d.OwnerID in ["a", "b"];`,
	`not (d.A = true and x in ["a", "b"] and d.OwnerID = x);`,
	`not (d.A = true and u.ID in ["a", "b"] and d.B = true);`,
	`not (d.A = true and not (d.OwnerID = u.ID and d.B = true));`,
	`not (d.A = true and not d.OwnerID in ["a", "b"]);`,
	`forall(x in ["a", "b"], d.OwnerID = x or d.ID = u.ID);`,
	`not r(d); r(d) if d.A = true and r(d);`,
	`not x(d); x(d: Doc) if d.A;`,
	`not (x(d) and d.OwnerID in u.Langs); x(d: Doc) if d.A = true;`,
	`not (not (d.OwnerID = u.ID or d.A = true));`,
	`not (not d.OwnerID = u.ID and d.A = true);`,
	`not (d.A = true and not d.B);`,
	`d.A = true and not has_permission(u, "write", d);
		actor User {}
		resource Doc { permissions = ["write"]; roles = ["owner", "editor"]; "write" if "owner"; "write" if "editor"; }
		has_role(u: User, "owner", d: Doc) if d.OwnerID = u.ID;
		has_role(u: User, "editor", d: Doc) if d.EditorID = u.ID;`,
}

// lost are negations of which Oso loses what does not speak of the document, or what speaks of two variables.
var lost = []string{
	`not (u.ID = "u1" or d.A = true);`,
	`not (d.A = true or u.ID = "u1");`,
	`not (d.A = true or 1 = 1);`,
	`not (not ("x" != u.ID or d.A = true));`,
	`not (d.A = true or not d.OwnerID in u.Langs);`,
	`not (d.A = true or not (d.B = true and 1 = 2));`,
	`not (u.ID in u.Langs or d.A = true);`,
	`d.A = true and not z(u, d); z(u: User, _) if u.ID = "u1";`,
	`not y(d); y(_); y(d) if d.A = true;`,
	`not y(d); y(_: Doc); y(d) if d.A = true;`,
	`i in d.Items and not (i.Kind = "a" and d.A = true);`,
	`i in d.Items and j in d.Items and not (i.Kind = "a" and j.Kind = "b");`,
	`t = d.Team and not (t.LeadID = u.ID and d.A = true);`,
}

func TestNegationsOfWhichOsoLosesAPartAreRefused(t *testing.T) {
	t.Parallel()
	for _, policy := range lost {
		var refused *polar.Error
		require.ErrorAs(t, polar.Check(head+policy), &refused, policy)
		require.Equal(t, "not", refused.Construct, policy)
	}
}

// right are negations that it gets right.
var right = []string{
	`d.A = true and (d.B = true or d.C = true);`,
	`not d.A = true;`,
	`not (d.OwnerID = u.ID or d.A = true);`,
	`not (d.OwnerID = u.ID and d.A = true);`,
	`not ((d.B = true or d.C = true) and d.A = true);`,
	`not ((d.A = true and d.OwnerID = u.ID) or (d.B = true and d.ID = u.ID));`,
	`not d.Lang in u.Langs;`,
	`not (d.A = true and d.OwnerID in ["a", "b"]);`,
	`not "red" in d.Tags;`,
	`not d matches Doc{A: true, B: false};`,
	`not y(d); y(d: Doc) if d.B = true; y(d: Doc) if d.C = true;`,
	`not x(d); x(d: Doc) if d.A = true and y(d); y(d: Doc) if d.B = true and d.C = true;`,
	`not y(d, u.ID); y(d, x) if d.B = true and d.OwnerID = x;`,
	`not x(d, "a"); x(d, "a") if d.A = true; x(d, "b") if d.B = true or d.C = true;`,
	`not d.OwnerID = d.EditorID;`,
	`d.A = true and not (u.ID = "u1" or u.Root);`,
	`not (u.Root and d.A = true);`,
	`not (d.Lang in u.Langs or d.A = true);`,
	`not (d.A = true or not d.OwnerID = u.ID);`,
	`not (x in u.Langs and d.Lang = x);`,
	`i in d.Items and not i.Qty < d.Level;`,
	`i in d.Items and not (i.Kind = "a" and i.Qty = 2);`,
	`i in d.Items and not (i.Kind = "a" or d.A = true);`,
	`not banned(u) and d.A = true; banned(u: User) if u.Root or u.ID = "x";`,
	`x = d.OwnerID and x = u.ID;`,
	`o = d.Owner and e = d.Editor and not o.Level = e.Level;`,
	`t = d.Team and t.N = 1;`,
	`d.A = true and u.Since = u.Since and not u.Since != u.Since;`,
	`r in d.Readers and s in d.Readers and r.Level = s.Level;`,
	`not (d.A = true and not (d.B = true or d.C = true));`,
	`not (not d.OwnerID = u.ID);`,
	`not x(d); x(d) if d.A = true and not (d.B = true and d.C = true);`,
	`x(u, d); x(u: User, d: Doc) if d.A = true and not (d.OwnerID = u.ID and d.B = true);`,
	`forall(x in ["a", "b"], d.OwnerID != x);`,
	`not "(d.A and (d.B or d.C))" = d.ID; # not (d.A = true and (d.B = true or d.C = true))`,
}

// selves compare an attribute with itself, by whatever way.
var selves = []string{
	`not (d.A = true and d.B != d.B);`,
	`not d.B = d.B;`,
	`d.Team.N = d.Team.N;`,
	`t = d.Team and t.N = d.Team.N;`,
	`x = d.B and not x = d.B;`,
	`x = d.B and not (x != d.B);`,
	`not same(d, d.B); same(d, x) if d.B = x;`,
	`not same(d.B, d.B); same(x, y) if x = y;`,
	`f(d, d.Team); f(d, t) if d.Team.N = t.N;`,
	`x = d.B and y = x and x != y;`,
	`x = d.B and h(x, d.B); h(a, b) if a != b;`,
}

func TestComparisonsWithItselfAreRefused(t *testing.T) {
	t.Parallel()
	for _, policy := range selves {
		var refused *polar.Error
		require.ErrorAs(t, polar.Check(head+policy), &refused, policy)
		require.Contains(t, []string{"=", "!=", "not"}, refused.Construct, policy)
	}
}

// Rules that call themselves on several relations hand on more paths than can be told apart.
func TestWhatRulesHandToThemselvesIsFollowed(t *testing.T) {
	t.Parallel()
	const on = `r(d, u, d.A.B.C.D.E); r(f, u, x) if f.A = u.A and x = 1; r(f, u, x) if r(f.B, u, x); r(f, u, x) if r(f.C, u, x); r(f, u, x) if r(f.D, u, x); r(f, u, x) if r(f.E, u, x)`
	require.NoError(t, polar.Check(head+on+`;`))
	var refused *polar.Error
	require.ErrorAs(t, polar.Check(head+on+` and not x = f.A.B.C.D.E;`), &refused)
	require.ErrorAs(t, polar.Check(head+on+` and not f.N = f.B.N;`), &refused)
	require.ErrorAs(t, polar.Check(head+`not h(d.A.B.C.D.E, d); h(x, d) if x = d.A.B.C.D.E;`), &refused)
}

func TestNegationsThatOsoGetsWrongAreRefused(t *testing.T) {
	t.Parallel()
	for _, policy := range wrong {
		var refused *polar.Error
		require.ErrorAs(t, polar.Check(head+policy), &refused, policy)
		require.Equal(t, "not", refused.Construct, policy)
		require.Positive(t, refused.Line)
	}
}

func TestNegationsThatOsoGetsRightAreNot(t *testing.T) {
	t.Parallel()
	for _, policy := range right {
		require.NoError(t, polar.Check(head+policy), policy)
	}
}
