package relations_test

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	. "github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

func FuzzNormalize(f *testing.F) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		f.Add(randomBytes(r))
	}
	s := schemaT(f)
	f.Fuzz(func(t *testing.T, b []byte) { requireSameMeaning(t, s, b) })
}

func TestRewritingKeepsTheMeaning(t *testing.T) {
	t.Parallel()
	r, s := rand.New(rand.NewPCG(3, 4)), schemaT(t)
	var changed, documents, authorized int
	const filters = 5_000
	for range filters {
		f, normal, d, a := requireSameMeaning(t, s, randomBytes(r))
		documents, authorized = documents+d, authorized+a
		if f.String() != normal.String() {
			changed++
		}
	}
	t.Logf("%d filters, %d changed; %d documents, %d authorized", filters, changed, documents, authorized)
	require.Greater(t, changed, filters/4, "the filters are hollow")
	require.Greater(t, authorized, documents/5, "the filters authorize nothing")
	require.Less(t, authorized, documents*4/5, "the filters authorize everything")
}

func randomBytes(r *rand.Rand) []byte {
	b := make([]byte, 300)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

// schemaT declares what a world holds.
func schemaT(t testing.TB) *relations.Schema {
	t.Helper()
	s, err := relations.New(relations.Type{
		Name: "T", Collection: "ts",
		Fields: []relations.Field{
			{Name: "_id", Type: relations.Number}, {Name: "a", Type: relations.Number}, {Name: "b", Type: relations.Number},
			{Name: "tags", Type: relations.Number, List: true, AbsentEmpty: true},
			{Name: "ref_id", Type: relations.Number}, {Name: "ref_ids", Type: relations.Number, List: true},
		},
		Relations: []relations.Relation{
			{Name: "ref", Kind: relations.ReferencesOne, Type: "T", Keys: []relations.KeyPair{{Local: "ref_id"}}},
			{Name: "refs", Kind: relations.ReferencesMany, Type: "T", Keys: []relations.KeyPair{{Local: "ref_ids"}}},
			{Name: "has", Kind: relations.HasMany, Type: "T", Keys: []relations.KeyPair{{Foreign: "ref_id"}}},
			{Name: "items", Kind: relations.EmbedsMany, Type: "T", AbsentEmpty: true},
		},
	})
	require.NoError(t, err)
	return s
}

// positive reports whether an Any is left in positive position.
func positive(f *relations.CheckedFilter) bool {
	return slices.ContainsFunc(f.Clauses(), func(c relations.CheckedClause) bool {
		return slices.ContainsFunc(c.Conditions, func(c relations.CheckedCondition) bool { _, ok := c.(relations.CheckedAny); return ok })
	})
}

// requireSameMeaning makes a filter out of the bytes, and fails if rewriting it, or writing it down
// and reading it back, changes which documents it authorizes.
func requireSameMeaning(t *testing.T, s *relations.Schema, b []byte) (f, normal *relations.CheckedFilter, documents, authorized int) {
	t.Helper()
	m := &maker{bytes: b}
	written := m.filter()
	f, err := s.Check(written)
	require.NoError(t, err, "%s", written)
	require.Equal(t, written.String(), f.String())
	normal, err = f.Normalize(0)
	require.NoError(t, err)
	again, err := normal.Normalize(0)
	require.NoError(t, err)
	require.Equal(t, normal.String(), again.String(), "normalising twice changes nothing:\n%s", f)
	forms := map[string]*relations.CheckedFilter{"Normalize": normal, "JSON": readBack(t, s, written), "Filter": recheck(t, s, f.Filter())}
	if flat, err := f.Expand(500); err == nil {
		require.False(t, positive(flat), "an Any is left:\n%s", flat)
		forms["Expand"] = flat
		forms["Normalize after Expand"], err = flat.Normalize(0)
		require.NoError(t, err)
		forms["Expand after Normalize"], err = normal.Expand(0)
		require.NoError(t, err)
	} else {
		require.ErrorIs(t, err, ErrLimit)
	}
	for _, form := range forms {
		recheck(t, s, form.Filter()) // every name is declared, and none twice in sight
	}
	for range 4 {
		w := m.world()
		for i, root := range w {
			want := reader{w}.authorizes(f, root)
			documents++
			if want {
				authorized++
			}
			for name, form := range forms {
				require.Equal(t, want, reader{w}.authorizes(form, root), "%s changes what document %d is:\n%s\nis not\n%s\nworld %s",
					name, i, f, form, strings.ReplaceAll(w.String(), "\n", " "))
			}
		}
	}
	return f, normal, documents, authorized
}

// recheck checks a filter. Where rewriting left an entity that nothing uses, there is none.
func recheck(t *testing.T, s *relations.Schema, f Filter) *relations.CheckedFilter {
	t.Helper()
	checked, err := s.Check(f)
	if err != nil {
		require.NotContains(t, err.Error(), "unknown")
		require.NotContains(t, err.Error(), "taken")
	}
	return checked
}

// readBack requires that JSON carries a filter unchanged, and returns what it carried.
func readBack(t *testing.T, s *relations.Schema, f Filter) *relations.CheckedFilter {
	t.Helper()
	js, err := json.Marshal(f)
	require.NoError(t, err)
	var read Filter
	require.NoError(t, json.Unmarshal(js, &read))
	again, err := json.Marshal(read)
	require.NoError(t, err)
	require.Equal(t, string(js), string(again))
	return recheck(t, s, read)
}
