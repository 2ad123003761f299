package adapter

import (
	"cmp"
	"reflect"
	"slices"

	"github.com/osohq/go-oso/types"

	"github.com/mongoauthz/go-mongoauthz/filter"
)

// translation makes a filter of one of Oso's.
type translation struct {
	a        *Adapter
	f        *types.Filter
	entities []filter.Entity   // parents first; named after their classes, of which Oso has each once
	from     map[string]string // the class that leads to a class
	many     map[string]string // the to-many relations, by the classes they lead to
}

func refused(what, problem string) error { return &RefusedError{Construct: what, Problem: problem} }

func (t *translation) filter() (filter.Filter, error) {
	if t.a.classes.byName[t.f.Root] == nil {
		return filter.Filter{}, refused(t.f.Root, "is no class")
	}
	if len(t.f.Conditions) == 0 {
		return filter.Filter{}, refused("filter", "it has no clause")
	}
	if err := t.reach(); err != nil {
		return filter.Filter{}, err
	}
	out := filter.Deny(t.f.Root)
	everything := false
	for _, conditions := range t.f.Conditions {
		c, possible, err := t.clause(conditions)
		if err != nil {
			return filter.Filter{}, err
		}
		if possible {
			out.Clauses = append(out.Clauses, c)
			everything = everything || len(c.Conditions) == 0 // each entity brings one
		}
	}
	if everything {
		return filter.Allow(t.f.Root), nil
	}
	out.Clauses = folded(out.Clauses)
	return out, nil
}

// reach makes entities of the relations, which Oso lists in any order.
func (t *translation) reach() error {
	t.from, t.many = map[string]string{}, map[string]string{}
	left := slices.Clone(t.f.Relations)
	slices.SortFunc(left, func(a, b types.FilterRelation) int {
		return cmp.Or(cmp.Compare(a.FromTypeName, b.FromTypeName), cmp.Compare(a.FromFieldName, b.FromFieldName))
	})
	for len(left) > 0 {
		i := slices.IndexFunc(left, func(r types.FilterRelation) bool { return r.FromTypeName == t.f.Root || t.from[r.FromTypeName] != "" })
		if i < 0 {
			return refused(left[0].FromTypeName, "a relation starts from it, and none leads to it")
		}
		r := left[i]
		left = slices.Delete(left, i, i+1)
		name := r.FromTypeName + "." + r.FromFieldName
		from, to := t.a.classes.byName[r.FromTypeName], t.a.classes.byName[r.ToTypeName]
		if from == nil || to == nil || from.leads[r.FromFieldName] == nil {
			return refused(name, "is no relation that Oso can follow")
		}
		l := from.leads[r.FromFieldName]
		if declared, ok := t.f.Types[r.FromTypeName][r.FromFieldName].(types.Relation); !ok || declared != l.Relation || l.OtherType != r.ToTypeName {
			return refused(name, "is registered with Oso as another relation than Register has it")
		}
		if r.ToTypeName == t.f.Root || t.from[r.ToTypeName] != "" {
			return refused(name, "two paths lead to "+r.ToTypeName+", of which Oso's filter does not tell which is meant")
		}
		t.from[r.ToTypeName] = r.FromTypeName
		e := filter.Entity{Name: r.ToTypeName, Paths: []filter.Path{{From: t.entity(r.FromTypeName), Relation: l.name}}}
		t.entities = append(t.entities, e)
		if l.Kind == "many" {
			t.many[r.ToTypeName] = r.FromFieldName
		}
	}
	return nil
}

// entity returns the name of the entity of a class.
func (t *translation) entity(class string) string {
	if class == t.f.Root {
		return ""
	}
	return class
}

// clause makes a clause of Oso's conditions; not possible if a constant says that it is never true.
func (t *translation) clause(conditions []types.FilterCondition) (c filter.Clause, possible bool, err error) {
	used := map[string]bool{}
	possible = true
	for _, cond := range conditions {
		made, can, err := t.condition(cond, used)
		if err != nil {
			return c, false, err
		}
		possible = possible && can
		c.Conditions = append(c.Conditions, made...)
	}
	for _, e := range slices.Backward(t.entities) {
		if used[e.Name] {
			used[t.from[e.Name]] = true // a class on the way
		}
	}
	for _, e := range t.entities {
		if len(t.f.Conditions) == 1 {
			used[e.Name] = true
		}
		if !used[e.Name] {
			if t.a.exists[t.many[e.Name]] {
				return c, false, refused(t.f.Root, "Oso's filter does not tell which clauses ask for something in "+t.many[e.Name])
			}
			continue
		}
		c.Entities = append(c.Entities, e)
		key := t.a.classes.byName[e.Name].key
		if key == nil {
			return c, false, refused(e.Name, "its Go type has no key")
		}
		c.Conditions = append(c.Conditions, e.F(key.key).IsSet()) // it must be there, which a comparison of keys alone does not ask
	}
	slices.SortStableFunc(c.Conditions, func(a, b filter.Condition) int { return cmp.Compare(spelled(a), spelled(b)) })
	return c, possible, nil
}

func spelled(c filter.Condition) string { return filter.Where(c).String() }

// condition makes conditions of one of Oso's, of which all must hold.
func (t *translation) condition(c types.FilterCondition, used map[string]bool) (out []filter.Condition, possible bool, err error) {
	left, leftField := c.Lhs.DatumVariant.(types.Projection)
	right, rightField := c.Rhs.DatumVariant.(types.Projection)
	if leftField {
		used[left.TypeName] = true
	}
	if rightField {
		used[right.TypeName] = true
	}
	switch {
	case c.Cmp != types.Eq && c.Cmp != types.Neq && c.Cmp != types.In:
		return nil, false, refused("filter", "it has an operator that is not known")
	case c.Cmp == types.In:
		return t.in(c.Lhs, c.Rhs)
	case leftField && rightField:
		return t.fields(left, right, c.Cmp == types.Neq)
	case leftField:
		return t.value(left, c.Rhs, c.Cmp == types.Neq)
	case rightField:
		return t.value(right, c.Lhs, c.Cmp == types.Neq)
	}
	l, ok1 := immediate(c.Lhs).(bool)
	r, ok2 := immediate(c.Rhs).(bool)
	if !ok1 || !ok2 || c.Cmp != types.Eq {
		return nil, false, refused("filter", "it compares two constants")
	}
	return nil, l == r, nil
}

func immediate(d types.Datum) any {
	i, _ := d.DatumVariant.(types.Immediate)
	return i.Value
}

// field returns what a projection means.
func (t *translation) field(p types.Projection) (*field, filter.Field, error) {
	c := t.a.classes.byName[p.TypeName]
	if c == nil || p.TypeName != t.f.Root && t.from[p.TypeName] == "" {
		return nil, filter.Field{}, refused(p.TypeName, "is not reached by the filter's relations")
	}
	f := c.fields[p.FieldName]
	if f == nil {
		return nil, filter.Field{}, refused(p.TypeName+"."+p.FieldName, "is no field of the documents")
	}
	return f, filter.Field{Entity: t.entity(p.TypeName), Path: f.key}, nil
}

func every(c ...filter.Condition) ([]filter.Condition, bool, error) { return c, true, nil }

// value compares a field, or a key, with a value.
func (t *translation) value(p types.Projection, d types.Datum, negated bool) ([]filter.Condition, bool, error) {
	v := immediate(d)
	if p.FieldName == "" {
		c := t.a.classes.byName[p.TypeName]
		rv := reflect.Indirect(reflect.ValueOf(v))
		if c == nil || c.key == nil || !rv.IsValid() || rv.Type() != c.goType {
			return nil, false, refused(p.TypeName, "a document is compared with what is none of its class")
		}
		p.FieldName, v = c.key.name, rv.FieldByName(c.key.name).Interface()
	}
	f, at, err := t.field(p)
	if err != nil {
		return nil, false, err
	}
	name := p.TypeName + "." + p.FieldName
	if f.list {
		return nil, false, refused(name, "a list is compared as a whole, or with one value")
	}
	switch none, absent := isNone(v); {
	case absent: // a relation is looked up by a key that is nil: it leads nowhere
		return nil, false, nil
	case none && f.nullable && !negated:
		return every(at.IsNull())
	case none && negated:
		return every(at.IsSet())
	case none:
		return nil, false, nil // nothing that Go can hold there is nil
	}
	v, err = exact(v, f, name)
	if err != nil {
		return nil, false, err
	}
	switch {
	case !negated:
		return every(at.Eq(v))
	case f.nullable: // nil is not equal to it
		return every(filter.Any{filter.Where(at.Ne(v)), filter.Where(at.IsNull())})
	default:
		return every(at.Ne(v))
	}
}

// fields compares two fields.
func (t *translation) fields(l, r types.Projection, negated bool) ([]filter.Condition, bool, error) {
	if l == r {
		return nil, false, refused(l.TypeName+"."+l.FieldName, "it is compared with itself: Oso's filter has two elements as one")
	}
	if l.FieldName == "" || r.FieldName == "" {
		return nil, false, refused(l.TypeName, "a document is compared with a field")
	}
	a, x, err := t.field(l)
	if err != nil {
		return nil, false, err
	}
	b, y, err := t.field(r)
	if err != nil {
		return nil, false, err
	}
	name := l.TypeName + "." + l.FieldName
	if a.list || b.list || a.goType != b.goType {
		return nil, false, refused(name, "it is compared with a field of another type, or lists are compared")
	}
	if err := comparable(a, name); err != nil {
		return nil, false, err
	}
	var alternatives filter.Any
	switch {
	case !negated && a.nullable && b.nullable:
		alternatives = filter.Any{filter.Where(x.Eq(y)), filter.Where(x.IsNull(), y.IsNull())}
	case !negated:
		return every(x.Eq(y))
	default:
		alternatives = filter.Any{filter.Where(x.Ne(y))}
		if a.nullable {
			alternatives = append(alternatives, filter.Where(x.IsNull(), y.IsSet()))
		}
		if b.nullable {
			alternatives = append(alternatives, filter.Where(x.IsSet(), y.IsNull()))
		}
	}
	return every(alternatives)
}

// in asks whether a list field has a value, or what another field has.
func (t *translation) in(d, listed types.Datum) ([]filter.Condition, bool, error) {
	p, ok := listed.DatumVariant.(types.Projection)
	if !ok {
		return nil, false, refused("filter", "it asks for an element of what is no field")
	}
	f, at, err := t.field(p)
	if err != nil {
		return nil, false, err
	}
	name := p.TypeName + "." + p.FieldName
	if !f.list {
		return nil, false, refused(name, "it is no list, and an element is asked of it")
	}
	if q, ok := d.DatumVariant.(types.Projection); ok {
		g, element, err := t.field(q)
		if err != nil {
			return nil, false, err
		}
		if g.list || g.goType != f.goType {
			return nil, false, refused(name, "a field of another type is asked to be its element")
		}
		if err := comparable(f, name); err != nil {
			return nil, false, err
		}
		return every(element.In(at))
	}
	v := immediate(d)
	if none, absent := isNone(v); none || absent {
		return nil, false, refused(name, "nil is asked to be its element")
	}
	v, err = exact(v, f, name)
	if err != nil {
		return nil, false, err
	}
	return every(at.Contains(v))
}

// isNone reports whether a value is Polar's nil, or a nil of Go's, by which Oso looks relations up.
func isNone(v any) (none, absent bool) {
	rv := indirectValue(reflect.ValueOf(v))
	if !rv.IsValid() {
		return false, true
	}
	return rv.Type().Name() == "None" && rv.Type().PkgPath() == "github.com/osohq/go-oso/internal/host", false
}

// folded makes one In of the clauses that compare one field with a value each: Oso has a clause for every element of a list.
func folded(clauses []filter.Clause) (out []filter.Clause) {
	at := map[filter.Field]int{}
	values := map[filter.Field][]any{}
	for _, c := range clauses {
		var eq filter.Comparison
		is := false
		if len(c.Conditions) == 1 && len(c.Entities) == 0 {
			eq, is = c.Conditions[0].(filter.Comparison)
		}
		v, literal := eq.Operand.(filter.Literal)
		if !is || eq.Op != filter.Eq || eq.Not || !literal {
			out = append(out, c)
			continue
		}
		values[eq.Field] = append(values[eq.Field], v.Value)
		if _, ok := at[eq.Field]; !ok {
			at[eq.Field] = len(out)
			out = append(out, c)
		}
	}
	for f, i := range at {
		if len(values[f]) > 1 {
			out[i] = filter.Where(f.In(values[f]))
		}
	}
	return out
}
