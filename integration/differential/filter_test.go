package differential_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/relations"
	"go.mongodb.org/mongo-driver/v2/bson"
	"pgregory.net/rapid"
)

// filters makes random filters over a world.
type filters struct {
	gen
	w    *world
	next int // for entity names
	made []filter.Filter
}

// bound is an entity in sight, with its type.
type bound struct {
	filter.Entity
	typ      *relations.Type
	embedded bool // an element or an embedded document
}

func (f *filters) filter() filter.Filter {
	resource := f.pick("resource", "A", "B", "C")
	if _, ok := f.w.schema.Type("A2"); ok && f.chance(20, "A2") {
		resource = "A2"
	}
	typ, _ := f.w.schema.Type(resource)
	root := []bound{{typ: typ}}
	out := f.clauses(root)
	switch f.upTo(19, "combined") {
	case 0:
		return filter.And(out, f.clauses(root))
	case 1:
		return filter.Except(out, f.clauses(root))
	case 2:
		return filter.ExceptSurely(out, f.clauses(root))
	case 3:
		e := f.entity(root)
		if e.embedded {
			return out
		}
		return filter.Or(out, filter.For(resource, filter.Under(e.Entity, f.clauses([]bound{{typ: e.typ}}))))
	default:
		return out
	}
}

func (f *filters) clauses(root []bound) filter.Filter {
	out := filter.Filter{Resource: root[0].typ.Name}
	for range rapid.SampledFrom([]int{1, 1, 1, 2, 3}).Draw(f.T, "clauses") {
		out.Clauses = append(out.Clauses, f.clause(root, 2, false))
	}
	return out
}

func (f *filters) clause(outer []bound, depth int, inner bool) filter.Clause {
	var c filter.Clause
	in := outer[:len(outer):len(outer)]
	counts := []int{0, 0, 1, 1, 1, 1, 2, 2, 3}
	if inner {
		counts = []int{0, 0, 0, 1, 1, 2}
	}
	for range rapid.SampledFrom(counts).Draw(f.T, "entities") {
		b := f.entity(in)
		c.Entities = append(c.Entities, b.Entity)
		in = append(in, b)
	}
	n := f.upTo(2, "conditions")
	if len(c.Entities) == 0 {
		n++
	}
	if newest := in[len(in)-1]; len(c.Entities) > 0 && len(newest.Paths) == 1 && f.chance(8, "its key and its existence") {
		if key := keyOf(newest.typ); key != nil {
			n = 0
			c.Conditions = append(c.Conditions, f.negated(f.compare(newest.F(key.Name), key)), newest.Exists())
		}
	}
	for range n {
		c.Conditions = append(c.Conditions, f.condition(in, depth))
	}
	for i, e := range c.Entities {
		if !uses(c, e.Name) || f.chance(8, "exists besides") {
			c.Conditions = append(c.Conditions, c.Entities[i].Exists())
		}
	}
	return c
}

// uses reports whether a clause names an entity in a condition, or reaches another one from it.
func uses(c filter.Clause, name string) bool {
	for _, e := range c.Entities {
		if slices.ContainsFunc(e.Paths, func(p filter.Path) bool { return p.From == name }) {
			return true
		}
	}
	for _, cond := range c.Conditions {
		switch cond := cond.(type) {
		case filter.Comparison:
			if of, ok := cond.Operand.(filter.Field); cond.Field.Entity == name || ok && of.Entity == name {
				return true
			}
		case filter.Exists:
			if cond.Entity == name {
				return true
			}
		}
		if slices.ContainsFunc(filter.Nested(cond), func(c filter.Clause) bool { return uses(c, name) }) {
			return true
		}
	}
	return false
}

func (f *filters) entity(in []bound) bound {
	name := fmt.Sprintf("e%d", f.next)
	f.next++
	if f.chance(10, "free") {
		typ, _ := f.w.schema.Type(f.target())
		return bound{Entity: filter.Free(name, typ.Name), typ: typ}
	}
	from := rapid.SampledFrom(in).Draw(f.T, "from")
	if f.chance(40, "from the newest") {
		from = in[len(in)-1]
	}
	rel := f.relation(from.typ)
	if rel == nil {
		typ, _ := f.w.schema.Type(f.target())
		return bound{Entity: filter.Free(name, typ.Name), typ: typ}
	}
	typ, _ := f.w.schema.Type(rel.Type)
	e := from.Reach(name, rel.Name)
	if typ.Collection != "" && f.chance(15, "second path") {
		other := rapid.SampledFrom(in).Draw(f.T, "second from")
		for i := range other.typ.Relations {
			r := &other.typ.Relations[i]
			if r.Type == rel.Type && !r.Kind.Embedded() && !(other.Name == from.Name && r.Name == rel.Name) && f.chance(50, "this one") {
				e = e.Via(other.Entity, r.Name)
				break
			}
		}
	}
	return bound{Entity: e, typ: typ, embedded: rel.Kind.Embedded()}
}

func (f *filters) relation(t *relations.Type) *relations.Relation {
	if len(t.Relations) == 0 {
		return nil
	}
	return &t.Relations[f.upTo(len(t.Relations)-1, "relation")]
}

func (f *filters) condition(in []bound, depth int) filter.Condition {
	switch roll := f.upTo(99, "condition"); {
	case depth > 0 && roll < 18:
		return filter.None(f.clause(in, depth-1, true))
	case depth > 0 && roll < 23:
		return filter.Surely(f.clause(in, depth-1, true))
	case roll < 25:
		return rapid.SampledFrom([]filter.Condition{filter.True, filter.False, filter.Unknown}).Draw(f.T, "constant")
	case depth > 0 && roll < 36:
		var any filter.Any
		for range 2 {
			any = append(any, f.clause(in, depth-1, true))
		}
		return any
	case roll < 49:
		return f.negated(f.fields(in))
	default:
		return f.negated(f.comparison(in))
	}
}

func (f *filters) negated(c filter.Comparison) filter.Condition {
	c.Not = f.chance(25, "not")
	return c
}

func (f *filters) field(in []bound) (filter.Field, *relations.Field) {
	b := in[len(in)-1]
	if f.chance(50, "any entity") {
		b = rapid.SampledFrom(in).Draw(f.T, "entity")
	}
	path, typ := "", b.typ
	if _, ok := typ.Relation("one"); ok && f.chance(15, "dotted") {
		r, _ := typ.Relation("one")
		typ, _ = f.w.schema.Type(r.Type)
		path = "one."
	} else if len(b.Paths) == 1 && f.chance(25, "key") {
		if key := keyOf(typ); key != nil {
			return b.F(key.Name), key
		}
	}
	decl := &typ.Fields[f.upTo(len(typ.Fields)-1, "field")]
	return b.F(path + decl.Name), decl
}

// keyOf returns the field that is a type's key; nil if it declares none.
func keyOf(t *relations.Type) *relations.Field {
	for i := range t.Fields {
		if t.Fields[i].Name == t.Key {
			return &t.Fields[i]
		}
	}
	return nil
}

// fields makes a comparison of two fields, or a plain one where no second field fits.
func (f *filters) fields(in []bound) filter.Comparison {
	left, decl := f.field(in)
	for range 3 { // fields that count as a value where they are missing are few
		if decl.AbsentZero == nil && f.chance(40, "another left side") {
			left, decl = f.field(in)
		}
	}
	if decl.Type == relations.AnyType {
		return f.compare(left, decl)
	}
	for range 6 {
		right, other := f.field(in)
		if f.chance(5, "itself") {
			right, other = left, decl
		}
		if other.Type != decl.Type {
			continue
		}
		switch {
		case !decl.List && !other.List && decl.Type == relations.Document:
			return filter.Compare(left, rapid.SampledFrom([]filter.Operator{filter.Eq, filter.Ne}).Draw(f.T, "op"), right)
		case !decl.List && !other.List:
			return filter.Compare(left, rapid.SampledFrom([]filter.Operator{filter.Eq, filter.Ne, filter.Lt, filter.Lte, filter.Gt, filter.Gte}).Draw(f.T, "op"), right)
		case !decl.List && other.List && decl.Type != relations.Document:
			return filter.Compare(left, rapid.SampledFrom([]filter.Operator{filter.In, filter.Nin}).Draw(f.T, "op"), right)
		case decl.List && !other.List && decl.Type != relations.Document:
			return filter.Compare(left, filter.Contains, right)
		}
	}
	return f.compare(left, decl)
}

func (f *filters) comparison(in []bound) filter.Comparison {
	left, decl := f.field(in)
	return f.compare(left, decl)
}

func (f *filters) compare(left filter.Field, decl *relations.Field) filter.Comparison {
	ops := []filter.Operator{filter.Eq, filter.Ne, filter.IsNull, filter.IsSet}
	if decl.Type == relations.Bool {
		ops = append(ops, filter.In, filter.Nin)
	} else if decl.Type != relations.Document {
		ops = append(ops, filter.Lt, filter.Lte, filter.Gt, filter.Gte, filter.In, filter.Nin)
		if decl.List {
			ops = append(ops, filter.Intersects, filter.Intersects, filter.Intersects, filter.SubsetOf, filter.SubsetOf, filter.SubsetOf)
		}
	}
	if decl.List {
		ops = append(ops, filter.Contains, filter.Contains)
	}
	if decl.Type == relations.String || decl.Type == relations.AnyType {
		ops = append(ops, filter.StartsWith, filter.EndsWith, filter.ContainsText, filter.StartsWith, filter.EndsWith, filter.ContainsText)
	}
	op := rapid.SampledFrom(ops).Draw(f.T, "op")
	switch {
	case op.Unary():
		return filter.Comparison{Field: left, Op: op}
	case op.TakesList():
		values := []any{}
		for range f.upTo(3, "values") {
			if f.chance(10, "null among") {
				values = append(values, nil)
			} else {
				values = append(values, f.literal(decl.Type, true))
			}
		}
		return filter.Compare(left, op, values)
	case op.Text():
		return filter.Compare(left, op, strings.ToValidUTF8(f.text().(string), ""))
	case f.chance(3, "null operand"):
		return filter.Compare(left, op, nil)
	default:
		return filter.Compare(left, op, f.literal(decl.Type, op.Ordered()))
	}
}

func (f *filters) literal(t relations.ValueType, scalar bool) any {
	switch t {
	case relations.Number:
		if f.chance(10, "odd literal") {
			return rapid.SampledFrom([]any{math.Inf(1), int64(1)<<53 + 1, float64(1), int64(2)}).Draw(f.T, "odd literal")
		}
		if f.chance(20, "a larger literal") {
			return f.upTo(7, "literal")
		}
		return f.upTo(3, "literal")
	case relations.String:
		return f.text()
	case relations.Bool:
		return f.flag()
	case relations.Date:
		return time.Unix(int64(f.upTo(2, "literal")), 0)
	case relations.Document:
		return f.object()
	default:
		switch f.upTo(4, "literal of any type") {
		case 0, 1:
			return f.upTo(2, "literal")
		case 2:
			return f.text()
		case 3:
			if scalar {
				return true
			}
			return bson.D{{Key: "p", Value: int32(1)}}
		default:
			return time.Unix(int64(f.upTo(2, "literal")), 0)
		}
	}
}
