package evaluate_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/filter"
)

func TestValuesAreNeverOperatorsPathsOrPatterns(t *testing.T) {
	t.Parallel()
	f := filter.F
	testCompared(t, []compared{
		{Comparison: f("s").Eq("$n"), T: on{`"$n"`}, F: on{`"n"`}, U: on{`1`}},
		{Comparison: f("s").Ne("$$ROOT"), T: on{`"n"`}, F: on{`"$$ROOT"`}, U: on{missing}},
		{Comparison: f("any").Eq(bson.D{{Key: "$ne", Value: 1}}), T: on{`{"$ne": 1}`}, F: on{`2`, `{}`}, U: on{missing}},
	})
}

func TestDottedFieldsAreUnknownWhereAStepIsNoDocument(t *testing.T) {
	t.Parallel()
	f, s := filter.F, thing(t)
	for _, c := range []filter.Comparison{f("in.n").Eq(1), f("in.n").IsNull(), f("in.n").IsSet(), f("in.e").Ne(1), f("in.e").SubsetOf([]int{}), f("in.on").Eq(false)} {
		for _, stored := range with(absent, strange, on{`[]`, `[{"n": 1}]`, `[[{"n": 1}]]`, `1`, `"a"`}) {
			document := `{"in.n": 1}`
			if stored != missing {
				document = `{"in": ` + stored + `}`
			}
			want := U
			if stored == missing || stored == "null" { // IsNull and IsSet look through a parent that is missing or null
				switch c.Op {
				case filter.IsNull:
					want = T
				case filter.IsSet:
					want = F
				}
			}
			require.Equal(t, want, holds(t, s, "Thing", filter.Where(c), document, nil), "%v on %s", c.Op, document)
		}
	}
	require.Equal(t, T, holds(t, s, "Thing", filter.Where(f("in.n").Eq(1)), `{"in": {"n": 1}}`, nil))
	require.Equal(t, T, holds(t, s, "Thing", filter.Where(f("in.n").IsNull()), `{"in": {}}`, nil))
	require.Equal(t, T, holds(t, s, "Thing", filter.Where(f("in.e").Ne(1)), `{"in": {"e": null}}`, nil))
}
