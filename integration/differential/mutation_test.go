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

func withoutUnset(stages []bson.D) []bson.D {
	if last := len(stages) - 1; stages[last][0].Key == "$unset" {
		return stages[:last]
	}
	return stages
}

// unwound is what a compiler does that unwinds what it joined.
func unwound(stages []bson.D) []bson.D {
	var out []bson.D
	for _, s := range stages {
		if s[0].Key == "$unset" {
			helper, ok := s[0].Value.(string)
			if !ok {
				helper = s[0].Value.(bson.A)[0].(string)
			}
			out = append(out, bson.D{{Key: "$unwind", Value: bson.D{{Key: "path", Value: "$" + helper}, {Key: "preserveNullAndEmptyArrays", Value: true}}}})
		}
		if s[0].Key == "$lookup" {
			for i, e := range s[0].Value.(bson.D) {
				if sub, ok := e.Value.([]bson.D); ok {
					s[0].Value.(bson.D)[i].Value = sub[:len(sub)-2]
				}
			}
		}
		out = append(out, s)
	}
	return out
}

// onOperators applies a mistake to every operator document (the value of a field in a query).
func onOperators(change func(bson.D) bson.D) func([]bson.D) []bson.D {
	return onQueries(func(q bson.D) bson.D {
		out := q[:0]
		for _, e := range q {
			if ops, ok := e.Value.(bson.D); ok && !strings.HasPrefix(e.Key, "$") {
				if ops = change(ops); len(ops) == 0 {
					continue // nothing asked of the field any more
				}
				e.Value = ops
			}
			out = append(out, e)
		}
		return out
	})
}

// onQueries applies a mistake to every document in the $match stages, the inner ones of $lookup included.
func onQueries(change func(bson.D) bson.D) func([]bson.D) []bson.D {
	var value func(v any) any
	value = func(v any) any {
		switch v := v.(type) {
		case bson.D:
			for i, e := range v {
				if e.Key != "$expr" && e.Key != "let" {
					v[i].Value = value(e.Value)
				}
			}
			return change(v)
		case bson.A:
			for i := range v {
				v[i] = value(v[i])
			}
		case []bson.D:
			for i := range v {
				v[i] = value(v[i]).(bson.D)
			}
		}
		return v
	}
	return func(stages []bson.D) []bson.D { return value(stages).([]bson.D) }
}

// onExpressions applies a mistake everywhere.
func onExpressions(change func(bson.D) any) func([]bson.D) []bson.D {
	var value func(v any) any
	value = func(v any) any {
		switch v := v.(type) {
		case bson.D:
			for i, e := range v {
				v[i].Value = value(e.Value)
			}
			return change(v)
		case bson.A:
			for i := range v {
				v[i] = value(v[i])
			}
		case []bson.D:
			for i := range v {
				v[i] = value(v[i]).(bson.D)
			}
		}
		return v
	}
	return func(stages []bson.D) []bson.D { return value(stages).([]bson.D) }
}

func withoutLiteral(d bson.D) any {
	if len(d) == 1 && d[0].Key == "$literal" {
		return d[0].Value
	}
	return d
}

func is(d bson.D, keys ...string) bool {
	if len(d) != len(keys) {
		return false
	}
	for i := range d {
		if d[i].Key != keys[i] {
			return false
		}
	}
	return true
}

func withoutKeyGuard(ops bson.D) bson.D {
	if is(ops, "$ne", "$not") && ops[0].Value == nil {
		return nil
	}
	return ops
}

func withoutIDGuard(q bson.D) bson.D {
	for i, e := range q {
		if ops, ok := e.Value.(bson.D); ok && e.Key == "_id" && is(ops, "$ne") && ops[0].Value == nil {
			return append(append(bson.D{}, q[:i]...), q[i+1:]...)
		}
	}
	return q
}

func withoutElemMatch(q bson.D) bson.D {
	var out bson.D
	for _, e := range q {
		ops, ok := e.Value.(bson.D)
		if !ok || !is(ops, "$elemMatch") || strings.HasPrefix(e.Key, "$") {
			out = append(out, e)
			continue
		}
		inner, ok := ops[0].Value.(bson.D)
		if !ok || len(inner) == 0 || strings.HasPrefix(inner[0].Key, "$") {
			out = append(out, e)
			continue
		}
		for _, c := range inner {
			if strings.HasPrefix(c.Key, "$") {
				return q
			}
			out = append(out, bson.E{Key: e.Key + "." + c.Key, Value: c.Value})
		}
	}
	return out
}

// withoutType turns "of that type and not that value" into "not that value", which holds for what is missing.
func withoutType(ops bson.D) bson.D {
	if is(ops, "$type", "$ne", "$not") || is(ops, "$type", "$nin", "$not") {
		return bson.D{ops[1]}
	}
	return ops
}

func withoutKnownList(ops bson.D) bson.D {
	if len(ops) > 1 && ops[0].Key == "$type" && ops[0].Value == "array" && ops[1].Key == "$ne" && ops[1].Value == nil {
		return ops[2:]
	}
	return ops
}

func withoutKnownDocuments(ops bson.D) bson.D {
	if len(ops) > 1 && ops[0].Key == "$type" && ops[0].Value == "array" && ops[1].Key == "$not" {
		if js, err := bson.MarshalExtJSON(ops[1].Value, false, false); err == nil && string(js) == `{"$elemMatch":{"$not":{"$type":"object"}}}` {
			return ops[2:]
		}
	}
	return ops
}

func withoutNotArray(ops bson.D) bson.D {
	last := len(ops) - 1
	if last < 0 || ops[last].Key != "$not" {
		return ops
	}
	if js, err := bson.MarshalExtJSON(ops[last].Value, false, false); err == nil && string(js) == `{"$type":"array"}` {
		return ops[:last]
	}
	return ops
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

// nullForMissing turns "missing" into "missing or null".
func nullForMissing(ops bson.D) bson.D {
	if is(ops, "$exists") && ops[0].Value == false {
		return bson.D{{Key: "$eq", Value: nil}}
	}
	return ops
}

// withoutObject leaves out that what is around a field is a document.
func withoutObject(ops bson.D) bson.D {
	if is(ops, "$type", "$not") && ops[0].Value == "object" {
		return nil
	}
	return ops
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
