package oso

import (
	"slices"
	"strings"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/relations"
	"github.com/osohq/go-oso/types"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// mirrored are the operators with their sides exchanged.
var mirrored = map[filter.Operator]filter.Operator{filter.Eq: filter.Eq, filter.Lt: filter.Gt, filter.Lte: filter.Gte, filter.Gt: filter.Lt, filter.Gte: filter.Lte}

// compare translates a comparison, one side of which at least is a path. Where the policy has it under a not, it holds also where an embedded document on
// the way to a side is nil.
func (a *alternative) compare(l any, op filter.Operator, r any, not bool) (formula, error) {
	f, err := a.compareSides(l, op, r, not)
	if err != nil {
		return nil, err
	}
	return a.unlessAbsent(f, func(p place) bool { return p.not }, l, r), nil
}

// unlessAbsent returns a condition on paths that holds also where an embedded document on the way to one of them, if it is negated, is nil. What the others lead
// to has to be there: Oso fails on what is not.
func (a *alternative) unlessAbsent(f formula, negated func(place) bool, paths ...any) formula {
	if a.engine.noNil {
		return f
	}
	ways := some{f}
	var entities []*entity
	var places []place
	for _, x := range paths {
		if !isPath(x) {
			continue
		}
		p, err := a.place(x)
		if err != nil {
			return f // an element of a list field
		}
		places, entities = append(places, p), append(entities, p.entity)
	}
	for _, p := range places {
		if negated(p) {
			ways = append(ways, absences(p, entities)...)
		}
	}
	if len(ways) == 1 {
		return f
	}
	return ways
}

// byItself is for what the policy has under a not whenever Oso does.
func byItself(place) bool { return true }

func (a *alternative) compareSides(l any, op filter.Operator, r any, not bool) (formula, error) {
	if !isPath(l) {
		l, op, r = r, mirrored[op], l
	}
	if !isPath(l) {
		return nil, unsupported("", "neither side is a path")
	}
	if v, ok := r.(types.Variable); ok && a.isElement(v) {
		l, op, r = r, mirrored[op], l
	}
	if v, ok := l.(types.Variable); ok && a.isElement(v) {
		return a.compareElement(v, op, r, not)
	}
	left, err := a.place(l)
	if err != nil {
		return nil, err
	}
	if isPath(r) {
		if v, ok := r.(types.Variable); ok && a.isElement(v) {
			return nil, unsupported("", "an element of a list field is compared with a field")
		}
		right, err := a.place(r)
		if err != nil {
			return nil, err
		}
		return a.comparePlaces(left, op, right, not)
	}
	if e, ok := r.(elements); ok && op == filter.Eq {
		return a.compareElements(left, e, not)
	}
	value, err := a.literal(r)
	if err != nil {
		return nil, err
	}
	return a.compareValue(left, op, value, not)
}

// compareElements compares with each of the elements of an actor's list.
func (a *alternative) compareElements(p place, e elements, not bool) (formula, error) {
	if len(e.list) == 0 && not { // nothing to compare with, but something that has to be there
		if e := a.entered(p); e != a.root {
			return leaf{entities: []*entity{e}}, nil
		}
		return always, nil
	}
	var values []bson.RawValue
	var each []formula
	for _, x := range e.list {
		if n, ok := x.(types.ValueNumber); ok {
			x = float64(n.NumericVariant.(types.NumericFloat))
		}
		v := literal{value: bson.RawValue{Type: bson.TypeNull}}
		if x != nil {
			var err error
			if v, err = a.literal(x); err != nil {
				return nil, err
			}
		}
		f, err := a.compareValue(p, filter.Eq, v, not)
		if err != nil {
			return nil, err
		}
		each = append(each, f)
		if v.object == nil && !v.empty && !v.isNil() {
			values = append(values, v.value)
		}
	}
	if len(values) == len(e.list) && len(values) > 1 && p.class == nil && !p.attr.list && (len(p.entity.paths) == 0 || p.attr.path != p.entity.class.stored.Key) {
		c := filter.Compare(p.field(), filter.In, values) // each alone was found to fit
		c.Not = not
		if not && p.attr.nullable && !a.engine.noNil {
			return leaf{condition: either(isNil(p.field()), c), entities: []*entity{p.entity}}, nil
		}
		return comparison(c, p.entity), nil
	}
	if not {
		return all(each), nil
	}
	return some(each), nil
}

// compareValue compares what a path leads to with a value.
func (a *alternative) compareValue(left place, op filter.Operator, value literal, not bool) (formula, error) {
	switch {
	case left.attr != nil && left.attr.list:
		return a.compareList(left, op, value, not)
	case left.class != nil:
		return a.compareDocument(left, op, value, not)
	}
	return a.compareField(left, op, value, not)
}

// compareDocument compares what a path leads to, the resource included, with an instance or nil.
func (a *alternative) compareDocument(p place, op filter.Operator, v literal, not bool) (formula, error) {
	if op != filter.Eq {
		return nil, unsupported("", "documents have no order")
	}
	e := a.entered(p)
	if v.isNil() {
		if e == a.root { // the resource is not nil
			return constant(not), nil
		}
		if not {
			return leaf{entities: []*entity{e}}, nil
		}
		if a.engine.noNil || p.attr == nil || p.attr.relation.Kind != relations.EmbedsOne || !p.attr.nullable {
			return never, nil // a relation that leads nowhere is unknown to Oso, and not nil
		}
		return nilOf(filter.Field{Entity: p.entity.name, Path: strings.Join(p.embeds, ".")}, p.entity), nil
	}
	if v.object == nil {
		return nil, unsupported("", "a document is compared with a value")
	}
	stored := p.class.stored
	switch {
	case v.object.class != p.class:
		return nil, unsupported("", "a document is compared with an instance of another class")
	case stored == nil || stored.Collection == "" || v.object.key.Type == 0:
		return nil, unsupported("", "instances are compared that have no key")
	}
	key, ok := fieldOf(stored, stored.Key)
	if !ok {
		return nil, unsupported("", "instances are compared whose key is not in the schema")
	}
	if !fits(key, v.object.key) {
		return nil, unsupported("", "instances are compared, and the key of one has another type than the schema says")
	}
	c := filter.Compare(filter.Field{Entity: e.name, Path: stored.Key}, filter.Eq, v.object.key)
	c.Not = not
	return existing(comparison(c, e), e), nil
}

// existing is a comparison with the key of an entity, which says nothing of whether there is one: a filter answers it from the field that
// refers to it. That does for "=", where what is compared with exists.
func existing(l leaf, e *entity) formula {
	if l.equal != nil || len(e.paths) == 0 {
		return l
	}
	return all{leaf{condition: filter.Field{Entity: e.name, Path: e.class.stored.Key}.IsSet(), entities: []*entity{e}}, l}
}

// compareField compares a field that holds one value with a value.
func (a *alternative) compareField(p place, op filter.Operator, v literal, not bool) (formula, error) {
	f := p.field()
	switch {
	case v.object != nil:
		return nil, unsupported("", "a field is compared with an instance")
	case v.empty:
		return constant(not), nil // one value is never a list
	case v.isNil() && a.engine.noNil:
		return never, nil
	case v.isNil() && op != filter.Eq:
		return nil, unsupported("", "nil has no order")
	case v.isNil() && not:
		return leaf{condition: isSet(p), entities: []*entity{p.entity}}, nil
	case v.isNil() && p.attr.nullable:
		return nilOf(f, p.entity), nil
	case v.isNil():
		return never, nil
	case !fits(p.attr.field, v.value):
		return nil, unsupported("", "a field is compared with a value of another type than the schema says, which is never equal")
	case op != filter.Eq && !ordered(p.attr.field.Type):
		return nil, unsupported("", "values without an order are compared by order")
	}
	c := filter.Compare(f, op, v.value)
	c.Not = not
	if op == filter.Eq && not && p.attr.nullable && !a.engine.noNil {
		return leaf{condition: either(isNil(f), c), entities: []*entity{p.entity}}, nil
	}
	if f.Path == p.entity.class.stored.Key {
		return existing(comparison(c, p.entity), p.entity), nil
	}
	return comparison(c, p.entity), nil
}

// compareList compares a list field as a whole, which a filter can with the empty list only.
func (a *alternative) compareList(p place, op filter.Operator, v literal, not bool) (formula, error) {
	switch {
	case op != filter.Eq:
		return nil, unsupported("", "lists have no order")
	case v.isNil(), v.object != nil, v.value.Type != 0: // a list is neither nil nor a value
		return constant(not), nil
	case p.attr.field == nil:
		return nil, unsupported("", "embedded or related documents are compared as a list")
	case p.attr.holdsNil:
		return nil, unsupported("", holdsNil)
	}
	c := filter.Compare(p.field(), filter.SubsetOf, []any{})
	c.Not = not
	if !not && !p.attr.field.AbsentEmpty && !a.engine.noNil {
		return leaf{condition: either(isNil(p.field()), c), entities: []*entity{p.entity}}, nil
	}
	return comparison(c, p.entity), nil
}

// comparePlaces compares two fields, or two documents by their keys.
func (a *alternative) comparePlaces(l place, op filter.Operator, r place, not bool) (formula, error) {
	if op == filter.Eq && l.entity == r.entity && l.attr == r.attr && slices.Equal(l.embeds, r.embeds) {
		return constant(!not), nil
	}
	if l.attr != nil && l.attr.list || r.attr != nil && r.attr.list {
		return nil, unsupported("", "a list is compared as a whole")
	}
	if (l.class == nil) != (r.class == nil) {
		return nil, unsupported("", "a document is compared with a value")
	}
	if l.class != nil {
		le, re := a.entered(l), a.entered(r)
		if op != filter.Eq || l.class != r.class || l.class.stored.Collection == "" {
			return nil, unsupported("", "documents are compared by order, or of two classes, or without a key")
		}
		key, ok := fieldOf(l.class.stored, l.class.stored.Key)
		if !ok || key.Type == relations.AnyType {
			return nil, unsupported("", "documents are compared whose key is not in the schema, or of any type")
		}
		lk, rk := filter.Field{Entity: le.name, Path: key.Name}, filter.Field{Entity: re.name, Path: key.Name}
		if not {
			attr := l.class.stores(key.Name)
			return anyLeaf([]filter.Clause{differ(lk, rk, attr, attr)}, le, re), nil
		}
		return comparison(lk.Eq(rk), le, re), nil
	}
	lf, rf := l.attr.field, r.attr.field
	if lf.Type != rf.Type || lf.Type == relations.AnyType || lf.Type == relations.Document {
		return nil, unsupported("", "two fields are compared whose types differ, or are any or documents")
	}
	if op != filter.Eq && !ordered(lf.Type) {
		return nil, unsupported("", "values without an order are compared by order")
	}
	c := filter.Compare(l.field(), op, r.field())
	c.Not = not
	ways := []filter.Clause{filter.Where(c)}
	if op == filter.Eq && not {
		ways[0] = differ(l.field(), r.field(), l.attr, r.attr)
	}
	if op == filter.Eq && !a.engine.noNil {
		ln, rn := l.attr.nullable, r.attr.nullable
		switch {
		case !not && ln && rn:
			ways = append(ways, isNil(l.field()).Where(isNil(r.field()).Conditions...))
		case not:
			if ln {
				ways = append(ways, isNil(l.field()).Where(isSet(r)))
			}
			if rn {
				ways = append(ways, isNil(r.field()).Where(isSet(l)))
			}
		}
	}
	return anyLeaf(ways, l.entity, r.entity), nil
}
