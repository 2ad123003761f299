package evaluate_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/evaluate"
	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/internal/rewritten"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

// doc returns a document written in extended JSON.
func doc(t testing.TB, json string) bson.Raw {
	t.Helper()
	var d bson.D
	require.NoError(t, bson.UnmarshalExtJSON([]byte(json), false, &d), json)
	raw, err := bson.Marshal(d)
	require.NoError(t, err)
	return raw
}

// value returns a value written in extended JSON.
func value(t testing.TB, json string) bson.RawValue {
	t.Helper()
	return doc(t, `{"v": `+json+`}`).Lookup("v")
}

// world is collections of documents written in extended JSON.
type world map[string][]string

func (w world) memory(t testing.TB) evaluate.Memory {
	t.Helper()
	m := evaluate.Memory{}
	for name, documents := range w {
		for _, json := range documents {
			m[name] = append(m[name], doc(t, json))
		}
	}
	return m
}

func schema(t testing.TB, types ...relations.Type) *relations.Schema {
	t.Helper()
	s, err := relations.New(types...)
	require.NoError(t, err)
	return s
}

// decide returns what a filter says of a document. It requires that an explanation says the same.
func decide(t testing.TB, s *relations.Schema, f filter.Filter, document string, w world) evaluate.Truth {
	t.Helper()
	e, err := evaluate.Prepare(s, f)
	require.NoError(t, err)
	ctx, raw, memory := context.Background(), doc(t, document), w.memory(t)
	d, err := e.Decide(ctx, raw, memory)
	require.NoError(t, err)
	x, err := e.Explain(ctx, raw, memory)
	require.NoError(t, err)
	require.Equal(t, d, x.Decision)
	require.NotEmpty(t, x.String())
	return d.Truth
}

// decideRewritten returns what a filter says of a document once it was normalised, or expanded. It
// requires that both say the same.
func decideRewritten(t testing.TB, s *relations.Schema, f filter.Filter, document string, w world) (truth evaluate.Truth) {
	t.Helper()
	checked, err := s.Check(f)
	require.NoError(t, err)
	for i, rewrite := range []func(int) (*relations.CheckedFilter, error){checked.Normalize, checked.Expand} {
		out, err := rewrite(0)
		require.NoError(t, err)
		e, err := rewritten.Prepare(out)
		require.NoError(t, err)
		d, err := e.(*evaluate.Evaluator).Decide(t.Context(), doc(t, document), w.memory(t))
		require.NoError(t, err)
		if i > 0 {
			require.Equal(t, truth, d.Truth)
		}
		truth = d.Truth
	}
	return truth
}

// holds is decide for a filter of one clause, under None as well: there it is the three-valued NOT, or the clause is not told right.
func holds(t testing.TB, s *relations.Schema, resource string, c filter.Clause, document string, w world) evaluate.Truth {
	t.Helper()
	got := decide(t, s, filter.For(resource, c), document, w)
	under := decide(t, s, filter.For(resource, filter.Where(filter.None(c))), document, w)
	require.Equal(t, evaluate.True-got, under, "under None")
	twice := decide(t, s, filter.For(resource, filter.Where(filter.None(filter.Where(filter.None(c))))), document, w)
	require.Equal(t, got, twice, "under two Nones")
	return got
}

const (
	F = evaluate.False
	U = evaluate.Unknown
	T = evaluate.True
)
