package filter_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	. "github.com/mongoauthz/go-mongoauthz/filter"
)

func TestJSONRefusesWhatIsNoCondition(t *testing.T) {
	t.Parallel()
	a := F("a")
	holdsItself := Any{{}}
	holdsItself[0] = Where(a.IsNull(), holdsItself)
	for where, x := range map[string]struct {
		in      Condition
		problem string
	}{
		"B, clause 2, condition 1":                        {nil, "a <nil> is no condition"},
		"B, clause 2, condition 1 ":                       {&Any{}, "a *filter.Any is no condition"},
		"B, clause 2, condition 1, clause 1, condition 2": {None(Where(a.IsNull(), Comparison{Field: a, Op: 99, Operand: Literal{"secret"}})), "unknown operator Operator(99)"},
		"B, clause 2, condition 1, clause 2, condition 1": {Any{Where(True), Where(Comparison{Field: a, Op: Eq})}, "Eq needs an operand"},
		"B, clause 2, condition 1  ":                      {Comparison{Field: a, Op: IsSet, Operand: Literal{"secret"}}, "IsSet takes no operand"},
		"B, clause 2, condition 1, clause 1":              {None{}, "a clause without a condition: say True if it always holds, or Exists of its entity"},
		"B, clause 2, condition 1, clause 1 ":             {Surely{Entities: []Entity{Reach("p", "publisher")}}, "a clause without a condition: say True if it always holds, or Exists of its entity"},
		"B, clause 2, condition 1, clause 1  ":            {Any{{}}, "a clause without a condition: say True if it always holds, or Exists of its entity"},
		"B, clause 2, condition 1     ":                   {Any{}, "an Any without clauses: say False"},
		"B, clause 2, condition 1      ":                  {Constant(0), "unknown constant Constant(0)"},
		"B, clause 2, condition 1       ":                 {Invalid{"out of sorts"}, "out of sorts"},
		"B, clause 2, condition 1   ":                     {Comparison{Field: a, Op: Eq, Operand: &Literal{"secret"}}, "a *filter.Literal is no operand"},
	} {
		f := For("B", Where(a.Eq(1)), Where(x.in))
		_, err := f.MarshalJSON()
		var m *MalformedError
		require.ErrorAs(t, err, &m)
		require.Equal(t, x.problem, m.Problem)
		require.Contains(t, where, m.Where)
	}
	_, err := For("B", Where(holdsItself)).MarshalJSON()
	require.ErrorIs(t, err, ErrLimit)
}
