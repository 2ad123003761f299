package differential_test

import (
	"bytes"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"pgregory.net/rapid"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

// brokenWorlds is how many random worlds break what their schemas promise.
const brokenWorlds = 80

// TestDataThatBreakAPromiseErrOneWay asserts the direction of the error where data break a
// declaration, as its documentation says: a required row that is not there only takes documents
// away, and a complete reference that dangles only adds some. Filters with a Surely, whose negation
// turns the direction round, are left out.
func TestDataThatBreakAPromiseErrOneWay(t *testing.T) {
	var taken, added int
	for i := range brokenWorlds {
		var w *world
		made := rapid.Custom(func(rt *rapid.T) []filter.Filter {
			w = gen{rt}.world()
			fs := &filters{gen: gen{rt}, w: w}
			var out []filter.Filter
			for range filtersPerWorld {
				out = append(out, fs.filter())
			}
			return out
		}).Example(i)
		types := slices.Clone(w.types)
		for i := range types { // Surely in a scope turns the direction round, too
			types[i].Scope = nil
		}
		w.types = types
		promise := func(r *relations.Relation, required, complete bool) {
			r.Required = required && r.Kind == relations.HasOne
			r.Complete = complete && r.Kind == relations.ReferencesOne
		}
		plain := w.promising(func(r *relations.Relation) { promise(r, false, false) })
		required := w.promising(func(r *relations.Relation) { promise(r, true, false) })
		complete := w.promising(func(r *relations.Relation) { promise(r, false, true) })
		for _, f := range made {
			if slices.ContainsFunc(f.Clauses, hasSurely) {
				continue
			}
			without, err := authorized(t.Context(), plain, f)
			require.NoError(t, err)
			narrower, err := authorized(t.Context(), required, f)
			require.NoError(t, err)
			wider, err := authorized(t.Context(), complete, f)
			require.NoError(t, err)
			require.Subset(t, ids(without), ids(narrower), "required: %v", f)
			require.Subset(t, ids(wider), ids(without), "complete: %v", f)
			same := func(a, b bson.Raw) bool { return bytes.Equal(a, b) }
			if !slices.EqualFunc(without, narrower, same) {
				taken++
			}
			if !slices.EqualFunc(without, wider, same) {
				added++
			}
		}
	}
	t.Logf("required took documents away from %d lists, complete added some to %d", taken, added)
	require.Greater(t, taken, 20)
	require.Greater(t, added, 20)
}

// promising returns the world under a schema with other promises.
func (w *world) promising(change func(*relations.Relation)) *world {
	return &world{types: w.types, schema: declared(nil, change)(w), docs: w.docs}
}

func hasSurely(c filter.Clause) bool {
	return slices.ContainsFunc(c.Conditions, func(cond filter.Condition) bool {
		_, surely := cond.(filter.Surely)
		return surely || slices.ContainsFunc(filter.Nested(cond), hasSurely)
	})
}
