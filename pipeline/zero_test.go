package pipeline_test

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/pipeline"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

// A kept plan is bound to other values of the same types. Whether a missing field is let through
// depends on the values.
func TestACachedPlanLetsMissingFieldsThroughByTheValues(t *testing.T) {
	t.Parallel()
	decimal := func(s string) bson.Decimal128 {
		d, err := bson.ParseDecimal128(s)
		require.NoError(t, err)
		return d
	}
	type zero struct {
		typ   relations.ValueType
		value any
	}
	type comparison struct {
		make func(f filter.Field) filter.Comparison
		lets bool // a missing field through
	}
	eq := func(v any) func(filter.Field) filter.Comparison {
		return func(f filter.Field) filter.Comparison { return f.Eq(v) }
	}
	lt := func(v any) func(filter.Field) filter.Comparison {
		return func(f filter.Field) filter.Comparison { return f.Lt(v) }
	}
	for name, c := range map[string]struct {
		zero
		comparisons []comparison
	}{
		"integers": {zero{relations.Number, 0}, []comparison{{eq(0), true}, {eq(1), false}, {eq(int64(0)), true}, {eq(0.0), true}, {eq(decimal("0E+3")), true}, {eq(math.Copysign(0, -1)), true}}},
		"orders":   {zero{relations.Number, 1.5}, []comparison{{lt(2), true}, {lt(1), false}, {lt(int64(1) << 60), true}, {lt(decimal("1.50000000000000000001")), true}, {lt(decimal("1.5")), false}, {lt(math.Inf(1)), true}, {lt(math.Inf(-1)), false}}},
		"decimals": {zero{relations.Number, decimal("0.1")}, []comparison{{eq(decimal("0.10")), true}, {eq(0.1), false}, {lt(0.1), true}}},
		"infinite": {zero{relations.Number, math.Inf(1)}, []comparison{{eq(math.Inf(1)), true}, {lt(math.Inf(1)), false}, {eq(decimal("Infinity")), true}}},
		"bools":    {zero{relations.Bool, false}, []comparison{{eq(false), true}, {eq(true), false}, {lt(true), true}}},
		"texts": {zero{relations.String, "ab"}, []comparison{{eq("ab"), true}, {eq("a"), false}, {lt("b"), true}, {lt("ab"), false},
			{func(f filter.Field) filter.Comparison { return f.StartsWith("a") }, true}, {func(f filter.Field) filter.Comparison { return f.EndsWith("a") }, false},
			{func(f filter.Field) filter.Comparison { return f.ContainsText("b") }, true}, {func(f filter.Field) filter.Comparison { return f.ContainsText("c") }, false}}},
		"lists": {zero{relations.Number, 0}, []comparison{
			{func(f filter.Field) filter.Comparison { return f.In([]int{1, 0}) }, true}, {func(f filter.Field) filter.Comparison { return f.In([]int{1, 2}) }, false},
			{func(f filter.Field) filter.Comparison { return f.Nin([]int{1, 2}) }, true}, {func(f filter.Field) filter.Comparison { return f.Nin([]int{1, 0}) }, false},
			{func(f filter.Field) filter.Comparison { return f.Nin([]any{1, nil}) }, false}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := relations.New(relations.Type{Name: "Doc", Collection: "docs", Fields: []relations.Field{
				{Name: "_id", Type: relations.Number}, {Name: "x", Type: c.typ, AbsentZero: c.value},
			}})
			require.NoError(t, err)
			cache := pipeline.NewCache(s, 0)
			for range 2 {
				for i, x := range c.comparisons {
					f, err := s.Check(filter.For("Doc", filter.Where(x.make(filter.F("x")))))
					require.NoError(t, err)
					cached, err := cache.Compile(f)
					require.NoError(t, err)
					fresh, err := pipeline.CompileChecked(f)
					require.NoError(t, err)
					require.Equal(t, render(t, fresh.Stages()), render(t, cached.Stages()))
					js := render(t, cached.Stages())
					require.Equal(t, x.lets, strings.Contains(js, `{"x":{"$exists":false}}`), "%d: %s", i, js)
				}
			}
		})
	}
}

// A Decimal128 with more digits than one has stands for zero. So a missing field that counts as
// zero is not different from it.
func TestAMissingZeroIsNotDifferentFromADecimalThatIsNotCanonical(t *testing.T) {
	t.Parallel()
	s, err := relations.New(relations.Type{Name: "Book", Collection: "books", Fields: []relations.Field{
		{Name: "n", Type: relations.Number, AbsentZero: 0},
	}})
	require.NoError(t, err)
	big := bson.NewDecimal128(0x3041ffffffffffff, 0xffffffffffffffff)
	for _, zero := range []any{0, big} {
		plan, err := pipeline.Compile(s, filter.For("Book", filter.Where(filter.F("n").Ne(zero))))
		require.NoError(t, err)
		find, err := plan.FindFilter()
		require.NoError(t, err)
		require.NotContains(t, bson.D{{Key: "find", Value: find}}.String(), "$exists")
	}
}
