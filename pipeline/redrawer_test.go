package pipeline_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/pipeline"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

// redrawer gives filters other values: of few, so that some are equal, and some as the schema's own; of other types where a field takes any; nulls; and lists
// of other lengths.
type redrawer struct {
	*rand.Rand
	values map[bson.Type][]bson.RawValue
}

func newRedrawer(tb testing.TB, seed uint64) *redrawer {
	r := &redrawer{rand.New(rand.NewPCG(seed, 6)), map[bson.Type][]bson.RawValue{}}
	for _, v := range []any{
		"book", "draft", "a", "", int32(1), int32(2), int64(1), int64(1) << 40, 1.5, 2.5, true, false, bson.ObjectID{1}, bson.ObjectID{2}, bson.DateTime(1), bson.DateTime(2),
		bson.Binary{Data: []byte{1}}, bson.Binary{Subtype: 4, Data: make([]byte, 16)}, bson.Timestamp{T: 1}, bson.D{}, bson.D{{Key: "$a", Value: 1}}, bson.D{{Key: "a", Value: "b"}},
	} {
		raw := value(tb, v)
		r.values[raw.Type] = append(r.values[raw.Type], raw)
	}
	return r
}

func (r *redrawer) value(v bson.RawValue) bson.RawValue {
	of := r.values[v.Type]
	if r.IntN(12) == 0 {
		return bson.RawValue{Type: bson.TypeNull}
	}
	if len(of) == 0 || r.IntN(8) == 0 {
		return v
	}
	return of[r.IntN(len(of))]
}

func (r *redrawer) filter(f filter.Filter) filter.Filter {
	return filter.Filter{Resource: f.Resource, Clauses: r.clauses(f.Clauses)}
}

func (r *redrawer) clauses(in []filter.Clause) []filter.Clause {
	out := make([]filter.Clause, len(in))
	for i, c := range in {
		c.Conditions = r.conditions(c.Conditions)
		out[i] = c
	}
	return out
}

func (r *redrawer) conditions(in []filter.Condition) []filter.Condition {
	out := make([]filter.Condition, len(in))
	for i, c := range in {
		switch c := c.(type) {
		case filter.Any:
			out[i] = filter.Any(r.clauses(c))
		case filter.None:
			out[i] = filter.None(r.clauses([]filter.Clause{filter.Clause(c)})[0])
		case filter.Comparison:
			literal, ok := c.Operand.(filter.Literal)
			switch v := literal.Value.(type) {
			case bson.RawValue:
				literal.Value = r.value(v)
			case []bson.RawValue:
				var list []bson.RawValue
				if n := r.IntN(5); len(v) > 0 {
					for range n {
						list = append(list, r.value(v[r.IntN(len(v))]))
					}
				}
				if literal.Value = append([]bson.RawValue{}, list...); r.IntN(10) == 0 {
					literal.Value = v
				}
			}
			if ok {
				c.Operand = literal
			}
			out[i] = c
		}
	}
	return out
}

// rows are what the stages of a resolution may return: a key of each type.
func (r *redrawer) rows(tb testing.TB, stages []bson.D) (out []bson.Raw) {
	tb.Helper()
	reads := strings.Count(fmt.Sprint(stages), "$unionWith") + 1
	for range r.IntN(4) {
		key := r.values[bson.TypeString][r.IntN(3)]
		doc, err := bson.Marshal(bson.D{{Key: "r", Value: int32(r.IntN(reads))}, {Key: "k", Value: key}})
		require.NoError(tb, err)
		out = append(out, doc)
	}
	return out
}

// samePlan holds a plan to the one that was compiled for the filter alone.
func samePlan(tb testing.TB, r *redrawer, s *relations.Schema, want, got *pipeline.Plan) {
	tb.Helper()
	require.Equal(tb, want.Resource(), got.Resource())
	require.Equal(tb, want.Collection(), got.Collection())
	require.Equal(tb, want.Outcome(), got.Outcome())
	require.Equal(tb, want.Clauses(), got.Clauses())
	require.Equal(tb, want.Joins(), got.Joins())
	require.Equal(tb, want.Prefilter(), got.Prefilter())
	require.Equal(tb, want.Match(), got.Match())
	require.Equal(tb, want.Stages(), got.Stages())
	for _, eager := range []bool{false, true} {
		a, b := want.Resolution(eager, 0), got.Resolution(eager, 0)
		require.Equal(tb, a == nil, b == nil)
		if a == nil {
			continue
		}
		require.Equal(tb, a.Stages(), b.Stages())
		rows := r.rows(tb, a.Stages())
		x, errX := a.Resolve(rows)
		y, errY := b.Resolve(rows)
		require.Equal(tb, errX, errY)
		if errX == nil {
			require.Equal(tb, x.Stages(), y.Stages())
			require.Equal(tb, x.Reads, y.Reads)
		}
	}
	a, err := pipeline.Indexes(s, pipeline.Listing{Plan: want})
	require.NoError(tb, err)
	b, err := pipeline.Indexes(s, pipeline.Listing{Plan: got})
	require.NoError(tb, err)
	require.Equal(tb, lines(a), lines(b))
}
