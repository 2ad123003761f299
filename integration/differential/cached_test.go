package differential_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"pgregory.net/rapid"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/pipeline"
)

// TestCachedPlansAreThoseCompiledAnew compares plans of random filters, and of the same filters with other values, with what
// compilation without a cache makes of them. It needs no server.
func TestCachedPlansAreThoseCompiledAnew(t *testing.T) {
	t.Parallel()
	compiled := 0
	rapid.Check(t, func(rt *rapid.T) {
		g := gen{rt}
		w := g.world()
		fs := &filters{gen: g, w: w}
		cache := pipeline.NewCache(w.schema, 20)
		values := valuePool{}
		for range 4 {
			f, err := w.schema.Check(fs.filter())
			require.NoError(rt, err)
			written := f.Filter()
			values.take(written.Clauses)
			for k := range 5 {
				want, errWant := pipeline.CompileChecked(f)
				got, errGot := cache.Compile(f)
				require.Equal(rt, errWant, errGot, "%s", f)
				if errWant == nil {
					require.Equal(rt, want.Stages(), got.Stages(), "%s", f)
					require.Equal(rt, want.Clauses(), got.Clauses(), "%s", f)
					require.Equal(rt, want.Outcome(), got.Outcome(), "%s", f)
					require.Equal(rt, keyStages(want), keyStages(got), "%s", f)
					compiled++
				}
				if k%2 == 0 { // of the same shape
					written.Clauses = values.each(written.Clauses, another, func(n int) int { return n })
				} else {
					written.Clauses = values.put(g, written.Clauses)
				}
				if f, err = w.schema.Check(written); err != nil {
					break // a null, of which not every operator makes something
				}
			}
		}
	})
	require.Positive(t, compiled)
}

func keyStages(p *pipeline.Plan) []bson.D {
	if r := p.Resolution(true, 0); r != nil {
		return r.Stages()
	}
	return nil
}

// valuePool is values of filters, by their types.
type valuePool map[bson.Type][]bson.RawValue

func (p valuePool) take(clauses []filter.Clause) {
	p.each(clauses, func(v bson.RawValue) bson.RawValue {
		p[v.Type] = append(p[v.Type], v)
		return v
	}, func(n int) int { return n })
}

// put returns the clauses with other values of the pool, and lists of other lengths.
func (p valuePool) put(g gen, clauses []filter.Clause) []filter.Clause {
	return p.each(clauses, func(v bson.RawValue) bson.RawValue {
		if g.chance(5, "null") {
			return bson.RawValue{Type: bson.TypeNull}
		}
		if of := p[v.Type]; len(of) > 0 {
			return of[rapid.IntRange(0, len(of)-1).Draw(g.T, "value")]
		}
		return v
	}, func(n int) int { return g.upTo(3, "length") })
}

// another returns another value of the same type for most values, and for no two the same.
func another(v bson.RawValue) bson.RawValue {
	switch v.Type {
	case bson.TypeString:
		if out, err := filter.Value(v.StringValue() + "~"); err == nil {
			return out
		}
	case bson.TypeInt32, bson.TypeInt64, bson.TypeObjectID, bson.TypeDateTime, bson.TypeTimestamp:
		v.Value = bytes.Clone(v.Value)
		v.Value[len(v.Value)-1] ^= 1
	}
	return v
}

func (p valuePool) each(clauses []filter.Clause, value func(bson.RawValue) bson.RawValue, length func(int) int) []filter.Clause {
	out := make([]filter.Clause, len(clauses))
	for i, c := range clauses {
		conditions := make([]filter.Condition, len(c.Conditions))
		for k, condition := range c.Conditions {
			switch condition := condition.(type) {
			case filter.Any:
				conditions[k] = filter.Any(p.each(condition, value, length))
			case filter.None:
				conditions[k] = filter.None(p.each([]filter.Clause{filter.Clause(condition)}, value, length)[0])
			case filter.Surely:
				conditions[k] = filter.Surely(p.each([]filter.Clause{filter.Clause(condition)}, value, length)[0])
			case filter.Comparison:
				literal, _ := condition.Operand.(filter.Literal)
				switch v := literal.Value.(type) {
				case bson.RawValue:
					condition.Operand = filter.Literal{Value: value(v)}
				case []bson.RawValue:
					list := make([]bson.RawValue, length(len(v)))
					for n := range list {
						if len(v) > 0 {
							list[n] = value(v[n%len(v)])
						} else {
							list = list[:0]
							break
						}
					}
					condition.Operand = filter.Literal{Value: list}
				}
				conditions[k] = condition
			}
		}
		c.Conditions = conditions
		out[i] = c
	}
	return out
}
