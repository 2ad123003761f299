package differential_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"pgregory.net/rapid"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/integration/harness"
	"github.com/mongoauthz/go-mongoauthz/pipeline"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

// mutantWorlds bounds how long the suite may look for one seeded mistake.
const mutantWorlds = 400

// TestTheSuiteFindsSeededMistakes makes one mistake at a time in every emitted pipeline and requires that the comparison catches it.
func TestTheSuiteFindsSeededMistakes(t *testing.T) {
	compat := harness.Compat(t)
	for _, mistake := range []struct {
		name   string
		mutate func([]bson.D) []bson.D
		schema func(*world) *relations.Schema    // what the compiler is given instead
		filter func(filter.Filter) filter.Filter // likewise
	}{
		{name: "no null guard on local keys", mutate: onOperators(withoutKeyGuard)},
		{name: "no null guard on the foreign _id", mutate: onQueries(withoutIDGuard)},
		{name: "no $literal", mutate: onExpressions(withoutLiteral)},
		{name: "no protection from duplicates", mutate: unwound},
		{name: "no $elemMatch binding", mutate: onQueries(withoutElemMatch)},
		{name: "two-valued negation", mutate: onOperators(withoutType)},
		{name: "no known range of lists under None", mutate: onOperators(withoutKnownList)},
		{name: "no known range of elements under None", mutate: onOperators(withoutKnownDocuments)},
		{name: "no guard against an array where one value is declared", mutate: onOperators(withoutNotArray)},
		{name: "no scope in a join", schema: withoutScopes},
		{name: "the helper fields stay", mutate: withoutUnset},
		{name: "absent means zero forgotten", schema: declared(func(f *relations.Field) { f.AbsentZero = nil }, nil)},
		{name: "null taken for missing", mutate: onOperators(nullForMissing)},
		{name: "a missing near constant taken for a false one", schema: declared(func(f *relations.Field) {
			if f.Name == "s" && f.AbsentZero == nil {
				f.AbsentZero = "another"
			}
		}, nil)},
		{name: "near constants ignored", schema: withoutNearConstants},
		{name: "no guard around what is null", mutate: onOperators(withoutObject)},
		{name: "NaN equal to itself", mutate: onExpressions(withNaNEqual)},
		{name: "required forgotten", schema: declared(nil, func(r *relations.Relation) { r.Required = false })},
		{name: "complete where it is not declared", schema: declared(nil, func(r *relations.Relation) {
			r.Complete = r.Kind == relations.ReferencesOne || r.Kind == relations.ReferencesMany
		})},
		{name: "complete forgotten", schema: declared(nil, func(r *relations.Relation) { r.Complete = false })},
		{name: "a Surely taken for its clause", filter: rewritten(func(c filter.Condition) filter.Condition {
			if s, ok := c.(filter.Surely); ok {
				return filter.Any{filter.Clause(s)}
			}
			return c
		})},
		{name: "Unknown taken for False", filter: rewritten(func(c filter.Condition) filter.Condition {
			if c == filter.Unknown {
				return filter.False
			}
			return c
		})},
		{name: "Exists forgotten where the key answers", filter: rewritten(func(c filter.Condition) filter.Condition {
			if _, ok := c.(filter.Exists); ok {
				return filter.True
			}
			return c
		})},
		{name: "one of two paths decides alone what is known", filter: onePath},
	} {
		t.Run(mistake.name, func(t *testing.T) {
			s := &suite{db: harness.Database(t), compat: compat, seen: map[feature]int{}, mutate: mistake.mutate, given: mistake.schema, rewrite: mistake.filter}
			for i := range mutantWorlds {
				var w *world
				fs := rapid.Custom(func(rt *rapid.T) *filters {
					w = gen{rt}.world()
					fs := &filters{gen: gen{rt}, w: w}
					for range filtersPerWorld {
						fs.made = append(fs.made, fs.filter())
					}
					return fs
				}).Example(i)
				require.NoError(t, s.store(w))
				for _, f := range fs.made {
					err := s.compare(w, f)
					var m *mismatch
					if errors.As(err, &m) {
						t.Logf("caught after %d comparisons", s.compared+1)
						return
					}
					require.NoError(t, err)
				}
			}
			t.Errorf("not caught in %d comparisons", s.compared)
		})
	}
}

// withoutScopes gives the compiler the schema without scopes; what has one at its root is not compared.
func withoutScopes(w *world) *relations.Schema {
	types := append([]relations.Type(nil), w.types...)
	for i := range types {
		types[i].Scope = nil
	}
	s, err := relations.New(types...)
	if err != nil {
		return w.schema
	}
	return s
}

// compiled compiles for a suite, with the schema and the filter that a seeded mistake gives the
// compiler.
func (s *suite) compiled(w *world, f filterLiteral) (*pipeline.Plan, error) {
	schema := w.schema
	if s.given != nil {
		schema = s.given(w)
	}
	if s.rewrite != nil {
		other := s.rewrite(f)
		if _, err := schema.Check(other); err == nil {
			f = other
		}
	}
	return pipeline.Compile(schema, f)
}

// declared gives the compiler the schema with other declarations.
func declared(field func(*relations.Field), relation func(*relations.Relation)) func(w *world) *relations.Schema {
	return func(w *world) *relations.Schema {
		types := append([]relations.Type(nil), w.types...)
		for i := range types {
			t := &types[i]
			t.Fields, t.Relations = slices.Clone(t.Fields), slices.Clone(t.Relations)
			for k := range t.Fields {
				if field != nil {
					field(&t.Fields[k])
				}
			}
			for k := range t.Relations {
				if relation != nil {
					relation(&t.Relations[k])
				}
			}
		}
		s, err := relations.New(types...)
		if err != nil {
			return w.schema
		}
		return s
	}
}

// withoutNearConstants gives the compiler relations without near constants.
func withoutNearConstants(w *world) *relations.Schema {
	return declared(nil, func(r *relations.Relation) {
		r.Where = slices.DeleteFunc(slices.Clone(r.Where), func(c relations.Constant) bool { return c.Near })
	})(w)
}

// withNaNEqual turns "they differ, or one is NaN" into "they differ".
func withNaNEqual(d bson.D) any {
	if is(d, "$or") {
		if js, err := bson.MarshalExtJSON(d, false, false); err == nil && strings.HasPrefix(string(js), `{"$or":[{"$ne":`) && strings.Contains(string(js), `"NaN"`) {
			return d[0].Value.(bson.A)[0]
		}
	}
	return d
}

// rewritten applies a mistake to every condition of a filter.
func rewritten(change func(filter.Condition) filter.Condition) func(filter.Filter) filter.Filter {
	return func(f filter.Filter) filter.Filter {
		f.Clauses = changed(f.Clauses, change)
		return f
	}
}

func changed(in []filter.Clause, change func(filter.Condition) filter.Condition) []filter.Clause {
	out := slices.Clone(in)
	for i := range out {
		out[i].Conditions = slices.Clone(out[i].Conditions)
		for k, c := range out[i].Conditions {
			switch inner := c.(type) {
			case filter.Any:
				c = filter.Any(changed(inner, change))
			case filter.None:
				c = filter.None(changed([]filter.Clause{filter.Clause(inner)}, change)[0])
			case filter.Surely:
				c = filter.Surely(changed([]filter.Clause{filter.Clause(inner)}, change)[0])
			}
			out[i].Conditions[k] = change(c)
		}
	}
	return out
}

// onePath keeps one path of each entity.
func onePath(f filter.Filter) filter.Filter {
	var clauses func(in []filter.Clause) []filter.Clause
	clauses = func(in []filter.Clause) []filter.Clause {
		out := changed(in, func(c filter.Condition) filter.Condition { return c })
		for i := range out {
			out[i].Entities = slices.Clone(out[i].Entities)
			for k := range out[i].Entities {
				if e := &out[i].Entities[k]; len(e.Paths) > 1 {
					e.Paths = e.Paths[:1]
				}
			}
			for k, c := range out[i].Conditions {
				switch inner := c.(type) {
				case filter.Any:
					out[i].Conditions[k] = filter.Any(clauses(inner))
				case filter.None:
					out[i].Conditions[k] = filter.None(clauses([]filter.Clause{filter.Clause(inner)})[0])
				case filter.Surely:
					out[i].Conditions[k] = filter.Surely(clauses([]filter.Clause{filter.Clause(inner)})[0])
				}
			}
		}
		return out
	}
	f.Clauses = clauses(f.Clauses)
	return f
}
