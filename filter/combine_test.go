package filter_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	. "github.com/mongoauthz/go-mongoauthz/filter"
)

func TestFiltersCombine(t *testing.T) {
	t.Parallel()
	a, b := For("B", Where(F("a").Eq(1)).As("x"), Where(F("b").Eq(1))), For("B", Where(F("c").Eq(1)).As("y"))
	allow, deny := Allow("B"), Deny("B")
	p := Reach("p", "publisher")
	for name, x := range map[string]struct {
		got  Filter
		want string
	}{
		"and of one":            {And(a), "B where\n  a = 1  (x)\n  or b = 1"},
		"and of two":            {And(b, a), "B where (c = 1) and (a = 1 or b = 1)  (y)"},
		"and all":               {And(a, allow), "B where\n  a = 1  (x)\n  or b = 1"},
		"and nothing":           {And(a, deny, b), "no B"},
		"and of all":            {And(allow, allow), "every B"},
		"or":                    {Or(a, b), "B where\n  a = 1  (x)\n  or b = 1\n  or c = 1  (y)"},
		"or nothing":            {Or(deny, b), "B where c = 1  (y)"},
		"or nothing at all":     {Or(deny), "no B"},
		"or all":                {Or(a, allow), "every B"},
		"except":                {Except(b, a), "B where (c = 1) and none((a = 1 or b = 1))  (y)"},
		"except surely":         {ExceptSurely(allow, a), "B where none(surely((a = 1 or b = 1)))"},
		"except nothing":        {Except(b, deny), "B where c = 1  (y)"},
		"except nothing, all":   {ExceptSurely(allow, deny), "every B"},
		"except all":            {Except(a, allow), "no B"},
		"except surely all":     {ExceptSurely(a, allow), "no B"},
		"nothing except":        {Except(deny, a), "no B"},
		"under":                 {For("A", Under(Reach("e", "b"), b)), "A where b e: e exists and (e.c = 1)  (y)"},
		"under, all":            {For("A", Under(Reach("e", "b"), allow)), "A where b e: e exists"},
		"under, nothing":        {For("A", Under(Reach("e", "b"), deny)), "A where false"},
		"under, with entities":  {For("A", Under(Reach("e", "b"), For("B", Some(p, p.Reach("e", "x")).Where(p.F("x").Eq(F("y")), Entity{Name: "e"}.Exists(), None(Some(Reach("q", "r")).Where(Exists{"q"})))))), "A where b e: e exists and (e.publisher p, p.x e2: p.x = e.y and e2 exists and none(e.r q: q exists))"},
		"under, resource below": {For("A", Under(Reach("e", "b"), For("B", Some(p).Where(p.F("x").Eq(F("y")))))), "A where b e: e exists and (e.publisher p: p.x = e.y)"},
	} {
		require.Equal(t, x.want, x.got.String(), name)
	}
}

func TestFiltersOfTwoTypesDoNotCombine(t *testing.T) {
	t.Parallel()
	b, c := For("B", Where(F("a").Eq(1))), Allow("C")
	both := Filter{Resource: "B", AllowAll: true, Clauses: b.Clauses}
	for name, f := range map[string]Filter{
		"and":             And(b, c),
		"and, denied":     And(Deny("C"), Deny("B")),
		"or":              Or(c, b),
		"except":          Except(b, c),
		"except surely":   ExceptSurely(c, b),
		"under":           For("A", Under(Entity{Name: "e", Type: "C"}, b)),
		"a mark besides":  And(b, both),
		"a mark, or":      Or(both, b),
		"a mark, except":  Except(b, both),
		"a mark, reverse": Except(both, b),
	} {
		require.Equal(t, Conditional, f.Outcome(), name)
		_, err := f.MarshalJSON()
		require.ErrorIs(t, err, ErrMalformed, name)
		require.NotContains(t, f.String(), "every", name)
	}
}

func TestUnderRefusesAFilterThatSpeaksOfAnEntityOfOthers(t *testing.T) {
	t.Parallel()
	p := Reach("p", "project")
	other := Reach("p", "parent")        // is renamed to p2
	p2 := Field{Entity: "p2", Path: "n"} // which is then in sight
	for name, c := range map[string]Clause{
		"a field":        Some(other).Where(other.F("n").Eq(1), p2.Eq(1)),
		"an operand":     Some(other).Where(other.F("n").Eq(p2)),
		"a start":        Some(other, Free("p2", "").Reach("q", "parent")).Where(other.F("n").Eq(1), Free("q", "").Exists()),
		"existence":      Some(other).Where(other.F("n").Eq(1), Free("p2", "").Exists()),
		"nested":         Some(other).Where(other.F("n").Eq(1), None(Where(p2.Eq(1)))),
		"declared aside": Where(Any{Some(Reach("q", "parent")).Where(Reach("q", "parent").Exists())}, Free("q", "").Exists()),
	} {
		got := Under(p, For("Project", c))
		require.Len(t, got.Conditions, 1, name)
		require.IsType(t, Invalid{}, got.Conditions[0], name)
	}
	require.Empty(t, Under(p, For("Project", Some(other).Where(None(Where(other.F("n").Eq(F("n"))))))).Entities[1:])
}
