package filter_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	. "github.com/mongoauthz/go-mongoauthz/filter"
)

// hostile are filters that are larger than they look, or have no end.
func hostile() map[string]Filter {
	doubled := Condition(F("a").Eq(Param("p")))
	for range 40 { // 2^40 conditions in 40 clauses
		doubled = Any{Where(doubled, doubled)}
	}
	deep := Condition(F("a").Eq(Param("p")))
	for range 120 {
		deep = None(Where(deep))
	}
	itself := Any{Where(F("a").Eq(Param("p")))}
	itself[0].Conditions = append(itself[0].Conditions, itself, itself)
	wide := make([]Condition, MaxConditions+1)
	for i := range wide {
		wide[i] = F("a").Eq(Param("p"))
	}
	p := Reach("p", "publisher")
	entity := Some(p).Where(p.F("a").Eq(1), itself, doubled)
	return map[string]Filter{
		"doubled at each level":      For("Book", Where(doubled)),
		"deep":                       For("Book", Where(deep)),
		"a filter that holds itself": For("Book", Where(itself)),
		"wide":                       For("Book", Where(wide...)),
		"with an entity":             For("Book", entity),
		"in a Surely":                For("Book", Where(Surely(Where(itself)))),
	}
}

func TestEveryPassEndsAtTheLimits(t *testing.T) {
	t.Parallel()
	for name, f := range hostile() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for pass, err := range map[string]error{
				"Bind":     second(f.Bind(map[string]any{"p": 1})),
				"JSON":     second(json.Marshal(f)),
				"combined": second(json.Marshal(And(f, For("Book", Under(Reach("e", "x"), f))))),
			} {
				require.ErrorIs(t, err, ErrLimit, pass)
			}
			require.LessOrEqual(t, len(f.Params()), 1)
			require.Less(t, len(f.String()), 10_000_000)
			require.Less(t, len(f.Redacted()), 10_000_000)
			require.Equal(t, Conditional, f.Outcome())
		})
	}
}

func second[T any](_ T, err error) error { return err }
