package polar_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mongoauthz/go-mongoauthz/engine/oso/internal/polar"
)

func lists(class, attr string) bool { return class == "User" && attr == "L" }

func TestNegationsAreRewritten(t *testing.T) {
	t.Parallel()
	for policy, want := range map[string]string{
		`not (d.A = true and (d.B = true or d.C < 3));`:                              `(d.A != true or (d.B != true and d.C >= 3));`,
		`not (not (d.A = true and (d.B = true or d.C = u.ID)));`:                     `(d.A = true and (d.B = true or d.C = u.ID));`,
		`not mine(u, d); mine(u: User, d: Doc) if d.OwnerID = u.ID;`:                 `d.OwnerID != u.ID; mine(u: User, d: Doc) if d.OwnerID = u.ID;`,
		`not mine(u, d.Box); mine(u: User, b: Box) if b.A = u.ID; mine(_, _: Team);`: `((not (d.Box matches Box) or d.Box.A != u.ID) and not (d.Box matches Team)); mine(u: User, b: Box) if b.A = u.ID; mine(_, _: Team);`,
		`u.ID != "" and not x(d); x(d) if r in [1, 2] and d.A = r and d.B = true;`:   `(u.ID != "" and (not ((r_1 in [1, 2] and d.A = r_1)) or d.B != true)); x(d) if r in [1, 2] and d.A = r and d.B = true;`,
		`u.ID != "" and not x("a", d); x("a", d) if d.A; x("b", d) if d.B;`:          `(u.ID != "" and d.A = false); x("a", d) if d.A; x("b", d) if d.B;`,
		`d.A = true and not x(u); x(u) if u.ID = "y";`:                               `(d.A = true and not (u.ID = "y")); x(u) if u.ID = "y";`,
		`not (u.T != nil and u.T.A = d.A);`:                                          `(not (u.T != nil) or (u.T != nil and u.T.A != d.A));`,
		`not (x in [1, 2] and d.A = x);`:                                             `not ((x in [1, 2] and d.A = x));`,
		`u.ID != "" and not d.A in [1, "b"];`:                                        `(u.ID != "" and (d.A != 1 and d.A != "b"));`,
		`u.ID != "" and not d.A in u.L and not u.ID in d.L and not d.A in u.M;`:      `(((u.ID != "" and d.A != u.L__elements) and not (u.ID in d.L)) and not (d.A in u.M));`,
		`u.ID != "" and not x(d); x(_) if y(1); y(2);`:                               `((u.ID != "" and 1 = 1) and d = d); x(_) if y(1); y(2);`,
	} {
		got, err := polar.Rewrite(head+policy, lists, relation)
		require.NoError(t, err, policy)
		require.Equal(t, head+want, got)
	}
}

func TestWhatCannotBeWrittenAnewIsLeft(t *testing.T) {
	t.Parallel()
	for _, policy := range []string{
		`not r(d); r(d) if d.A = true and r(d);`, `not (d.A = "\"" and d.B = true);`, `not x(d, y); x(d, y) if d.A = y;`, `not (d.A = {a: 1} and d.B = true);`, `not x(d, d); x(a, a);`, `not x([*r]);`,
	} {
		_, err := polar.Rewrite(head+policy, lists, relation)
		require.Error(t, err, policy)
	}
}

func TestNegationsAreCounted(t *testing.T) {
	t.Parallel()
	for policy, n := range map[string]int{
		`d.A = true;`: 0, `not d.A;`: 1, `not d.A and not d.B and not d.C;`: 3, `not d.A or (not d.B and not d.C);`: 2, `not u.A and not u.B in u.C and not "x" = u.D and d.A;`: 0,
		`not "a" in d.L and not u.ID in d.L and not d matches Doc;`: 0, `not d.A in u.L and not d.B in u.L;`: 2, `x(u, d) and not d.A; x(u, d) if not u.B and not d.C;`: 2,
		`x(u, d) and not d.A; x(u, d) if x(d, u);`: 1024, `x(u, d) and d.A; x(u, d) if x(d, u) and not u.A = d.B and d.C;`: 1024, `x(u, d) and not u.A = u.B; x(u, d) if x(u, d) and d.C;`: 0, `r in u.Roles and not r = "x" and not x(r) and d.A; x(r) if not r = 3;`: 1, `not (not (d.A in u.L));`: 2, `forall(r in u.L, r != d.A);`: 1,
	} {
		rules, err := polar.Parse(head + policy)
		require.NoError(t, err, policy)
		require.Equal(t, n, polar.Negations(rules), policy)
	}
}
