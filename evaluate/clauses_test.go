package evaluate_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mongoauthz/go-mongoauthz/filter"
)

func TestRule1ClausesAndConditionsAreThreeValued(t *testing.T) {
	t.Parallel()
	s, f := thing(t), filter.F
	// On this document: n = 1 is true, n = 2 false and s = "a" unknown.
	yes, no, dunno := f("n").Eq(1), f("n").Eq(2), f("s").Eq("a")
	where, clauses := filter.Where, func(c ...filter.Clause) filter.Any { return c }
	for _, c := range []struct {
		filter.Clause
		want int
	}{
		{where(filter.True), 2},
		{where(filter.False), 0},
		{where(filter.Unknown), 1},
		{where(yes, filter.Unknown), 1},
		{where(filter.None(where(filter.Unknown))), 1},
		{where(filter.Not(filter.True)), 0},
		{where(filter.Not(filter.Unknown)), 1},
		{where(filter.Surely(where(yes))), 2},
		{where(filter.Surely(where(no))), 0},
		{where(filter.Surely(where(dunno))), 0},
		{where(filter.Surely(where(filter.Unknown))), 0},
		{where(filter.None(where(filter.Surely(where(dunno))))), 2},
		{where(filter.Not(filter.Surely(where(dunno)))), 2},
		{where(filter.Not(filter.Surely(where(yes)))), 0},
		{where(filter.Surely(where(filter.None(where(dunno))))), 0},
		{where(yes), 2},
		{where(no), 0},
		{where(dunno), 1},
		{where(yes, dunno), 1},
		{where(dunno, no), 0},
		{where(yes, no, dunno), 0},
		{where(clauses(where(filter.False))), 0},
		{where(clauses(where(filter.True))), 2},
		{where(clauses(where(no), where(yes))), 2},
		{where(clauses(where(no), where(dunno))), 1},
		{where(clauses(where(dunno), where(yes))), 2},
		{where(clauses(where(yes, dunno), where(no))), 1},
		{where(filter.None(where(filter.True))), 0},
		{where(filter.None(where(no))), 2},
		{where(filter.None(where(dunno))), 1},
		{where(filter.None(where(dunno, no))), 2},
		{where(filter.Not(dunno)), 1},
		{where(filter.None(where(clauses(where(no), where(filter.None(where(yes))))))), 2},
	} {
		require.Equal(t, c.want, int(holds(t, s, "Thing", c.Clause, `{"n": 1}`, nil)), "%v", c.Clause)
	}
	require.Equal(t, F, decide(t, s, filter.Filter{Resource: "Thing"}, `{"n": 1}`, nil), "the zero filter denies")
	require.Equal(t, T, decide(t, s, filter.Allow("Thing"), `{}`, nil))
	require.Equal(t, T, decide(t, s, filter.For("Thing", where(no), where(dunno), where(yes)), `{"n": 1}`, nil))
	require.Equal(t, U, decide(t, s, filter.For("Thing", where(no), where(dunno)), `{"n": 1}`, nil))
}
