package oso

import (
	"slices"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/relations"
	"github.com/osohq/go-oso/types"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// formula is a partial result without negations: they are said by its leaves.
type formula interface{ formula() }

type all []formula  // an AND; true if empty
type some []formula // an OR; false if empty

// leaf is a condition, with the entities that it speaks of.
type leaf struct {
	condition filter.Condition // nil asks only that the entities exist
	entities  []*entity
	equal     *filter.Comparison // the comparison "field = value" or "list contains value", if it is no more than that
}

func (all) formula()  {}
func (some) formula() {}
func (leaf) formula() {}

var (
	always = all{}
	never  = some{}
)

// formula reads an expression, or its negation. At the top, and in ANDs there, variables may be bound.
func (a *alternative) formula(x any, not, top bool) (formula, error) {
	e, ok := x.(types.Expression)
	if !ok {
		return nil, unsupported(construct(x), "stands where a condition should")
	}
	switch op := e.Operator.OperatorVariant.(type) {
	case types.OperatorAnd, types.OperatorOr:
		_, isAnd := op.(types.OperatorAnd)
		parts := make([]formula, len(e.Args))
		for i, arg := range e.Args {
			var err error
			if parts[i], err = a.formula(arg, not, top && isAnd && !not); err != nil {
				return nil, err
			}
		}
		if isAnd != not {
			return all(parts), nil
		}
		return some(parts), nil
	case types.OperatorNot:
		if len(e.Args) != 1 {
			return nil, unsupported(construct(x), "a not of several conditions")
		}
		return a.formula(e.Args[0], !not, false)
	}
	if len(e.Args) != 2 {
		return nil, unsupported(construct(x), "an operator that has no translation")
	}
	if !top && a.known[fact(x)] {
		return constant(!not), nil
	}
	var f formula
	var err error
	switch op := e.Operator.OperatorVariant.(type) {
	case types.OperatorUnify, types.OperatorEq:
		f, err = a.compare(e.Args[0], filter.Eq, e.Args[1], not)
	case types.OperatorNeq:
		f, err = a.compare(e.Args[0], filter.Eq, e.Args[1], !not)
	case types.OperatorLt:
		f, err = a.compare(e.Args[0], filter.Lt, e.Args[1], not)
	case types.OperatorLeq:
		f, err = a.compare(e.Args[0], filter.Leq, e.Args[1], not)
	case types.OperatorGt:
		f, err = a.compare(e.Args[0], filter.Gt, e.Args[1], not)
	case types.OperatorGeq:
		f, err = a.compare(e.Args[0], filter.Geq, e.Args[1], not)
	case types.OperatorIn:
		f, err = a.in(e.Args[0], e.Args[1], not, top)
	case types.OperatorIsa:
		f, err = a.isa(e.Args[0], e.Args[1], not)
	default:
		_ = op
		err = unsupported("", "an operator that has no translation")
	}
	if u, ok := err.(*UnsupportedError); ok && (u.Construct == "" || u.Construct == "?") {
		err = unsupported(construct(x), u.Problem)
	}
	return f, err
}

// mirrored are the operators with their sides exchanged.
var mirrored = map[filter.Operator]filter.Operator{filter.Eq: filter.Eq, filter.Lt: filter.Gt, filter.Leq: filter.Geq, filter.Gt: filter.Lt, filter.Geq: filter.Leq}

// compare translates a comparison, one side of which at least is a path.
func (a *alternative) compare(l any, op filter.Operator, r any, not bool) (formula, error) {
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
			return leaf{condition: either(p.field().IsNull(), c), entities: []*entity{p.entity}}, nil
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
		if !not { // what is not there is unknown to Oso, and not nil
			return never, nil
		}
		return leaf{entities: []*entity{e}}, nil
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
		return comparison(f.IsSet(), p.entity), nil
	case v.isNil() && p.attr.nullable:
		return comparison(f.IsNull(), p.entity), nil
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
		return leaf{condition: either(f.IsNull(), c), entities: []*entity{p.entity}}, nil
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
		return leaf{condition: either(p.field().IsNull(), c), entities: []*entity{p.entity}}, nil
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
		if !ok || key.Type == relations.Any {
			return nil, unsupported("", "documents are compared whose key is not in the schema, or of any type")
		}
		c := filter.Compare(filter.Field{Entity: le.name, Path: key.Name}, filter.Eq, filter.Field{Entity: re.name, Path: key.Name})
		c.Not = not
		return comparison(c, le, re), nil
	}
	lf, rf := l.attr.field, r.attr.field
	if lf.Type != rf.Type || lf.Type == relations.Any || lf.Type == relations.Document {
		return nil, unsupported("", "two fields are compared whose types differ, or are any or documents")
	}
	if op != filter.Eq && !ordered(lf.Type) {
		return nil, unsupported("", "values without an order are compared by order")
	}
	c := filter.Compare(l.field(), op, r.field())
	c.Not = not
	ways := []filter.Clause{filter.Where(c)}
	if op == filter.Eq && !a.engine.noNil {
		ln, rn := l.attr.nullable, r.attr.nullable
		switch {
		case !not && ln && rn:
			ways = append(ways, filter.Where(l.field().IsNull(), r.field().IsNull()))
		case not:
			if ln {
				ways = append(ways, filter.Where(l.field().IsNull(), r.field().IsSet()))
			}
			if rn {
				ways = append(ways, filter.Where(l.field().IsSet(), r.field().IsNull()))
			}
		}
	}
	if len(ways) == 1 {
		return comparison(c, l.entity, r.entity), nil
	}
	return leaf{condition: filter.Any(ways), entities: []*entity{l.entity, r.entity}}, nil
}

// isa translates "matches". Oso has compared the declared types; what is left to say is that there is something.
func (a *alternative) isa(x, pattern any, not bool) (formula, error) {
	p, ok := pattern.(types.ValuePattern)
	instance, isInstance := p.PatternVariant.(types.PatternInstance)
	if !ok || !isInstance || len(instance.Fields.Fields) > 0 {
		return nil, unsupported("", "a pattern that is no class")
	}
	at, err := a.place(x)
	if err != nil {
		return nil, err
	}
	class := string(instance.Tag)
	if at.entity == a.root && at.attr == nil {
		if class != a.root.class.name {
			return nil, unsupported("", "the resource matches another class than was asked for")
		}
		return constant(!not), nil
	}
	switch {
	case at.attr != nil && at.attr.list && class == "List":
		return constant(!not), nil
	case at.attr != nil && at.attr.list:
		return nil, unsupported("", "a list matches a class")
	case at.class != nil && at.class.name == class && !not:
		return leaf{entities: []*entity{a.entered(at)}}, nil
	case at.class == nil && at.attr.tag == class && !not:
		return comparison(at.field().IsSet(), at.entity), nil
	case at.class == nil && at.attr.tag == class && at.attr.nullable && !a.engine.noNil:
		return comparison(at.field().IsNull(), at.entity), nil
	}
	return nil, unsupported("", "a path matches a class that its declared type does not decide")
}

func constant(v bool) formula {
	if v {
		return always
	}
	return never
}

func comparison(c filter.Comparison, entities ...*entity) leaf {
	l := leaf{condition: c, entities: entities}
	if _, isValue := c.Operand.(filter.Literal); isValue && (c.Op == filter.Eq || c.Op == filter.Contains) && !c.Not {
		l.equal = &c
	}
	return l
}

func either(a, b filter.Condition) filter.Condition {
	return filter.Any{filter.Where(a), filter.Where(b)}
}

func fieldOf(t *relations.Type, name string) (*relations.Field, bool) {
	for i := range t.Fields {
		if t.Fields[i].Name == name {
			return &t.Fields[i], true
		}
	}
	return nil, false
}

// fits reports whether a value has the type of a field, or is converted to it.
func fits(f *relations.Field, v bson.RawValue) bool {
	if f.Convert != relations.NoConversion && (v.Type == bson.TypeString || v.Type == bson.TypeBinary) {
		return true
	}
	switch f.Type {
	case relations.Any:
		return true
	case relations.Number:
		return v.Type == bson.TypeInt32 || v.Type == bson.TypeInt64 || v.Type == bson.TypeDouble || v.Type == bson.TypeDecimal128
	case relations.String:
		return v.Type == bson.TypeString
	case relations.Bool:
		return v.Type == bson.TypeBoolean
	case relations.ObjectID:
		return v.Type == bson.TypeObjectID
	case relations.Date:
		return v.Type == bson.TypeDateTime
	case relations.Binary:
		return v.Type == bson.TypeBinary
	case relations.Timestamp:
		return v.Type == bson.TypeTimestamp
	default:
		return false
	}
}

// ordered reports whether Polar, or the engine for it, orders values of a type.
func ordered(t relations.ValueType) bool {
	switch t {
	case relations.Number, relations.String, relations.Date, relations.ObjectID, relations.Binary, relations.Timestamp:
		return true
	default:
		return false
	}
}
