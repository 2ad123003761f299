package oso

import (
	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/relations"
	"github.com/osohq/go-oso/types"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// formula is a partial result without negations: they are said by its leaves.
//
//sumtype:decl
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
		f, err = a.compare(e.Args[0], filter.Lte, e.Args[1], not)
	case types.OperatorGt:
		f, err = a.compare(e.Args[0], filter.Gt, e.Args[1], not)
	case types.OperatorGeq:
		f, err = a.compare(e.Args[0], filter.Gte, e.Args[1], not)
	case types.OperatorIn:
		f, err = a.in(e.Args[0], e.Args[1], not, top)
	case types.OperatorIsa:
		if f, err = a.isa(e.Args[0], e.Args[1], not); err == nil && not {
			f = a.unlessAbsent(f, byItself, e.Args[0])
		}
	default:
		_ = op
		err = unsupported("", "an operator that has no translation")
	}
	if u, ok := err.(*UnsupportedError); ok && (u.Construct == "" || u.Construct == "?") {
		err = unsupported(construct(x), u.Problem)
	}
	return f, err
}

// isa translates "matches". Oso has compared the declared types; what is left to say is that there is something.
func (a *alternative) isa(x, pattern any, not bool) (formula, error) {
	p, ok := pattern.(types.ValuePattern)
	instance, isInstance := p.PatternVariant.(types.PatternInstance)
	if !ok || !isInstance || len(instance.Fields.Fields) > 0 {
		return nil, unsupported("", "a pattern that is no class")
	}
	class := string(instance.Tag)
	if o := a.engine.classes.unwrap(x); o != nil && o.class != nil { // which the actor brings
		return constant((o.class.name == class) != not), nil
	}
	at, err := a.place(x)
	if err != nil {
		return nil, err
	}
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
	case at.class != nil && at.class.name == class && at.attr != nil && at.attr.relation.Kind == relations.EmbedsOne:
		return a.compareDocument(at, filter.Eq, literal{value: bson.RawValue{Type: bson.TypeNull}}, false)
	case at.class != nil && at.class.name == class && (at.attr == nil || !at.attr.relation.Kind.Embedded()):
		return never, nil // where a relation leads nowhere, nothing holds
	case at.class == nil && at.attr.tag == class && !not:
		return leaf{condition: isSet(at), entities: []*entity{at.entity}}, nil
	case at.class == nil && at.attr.tag == class && at.attr.nullable && !a.engine.noNil:
		return nilOf(at.field(), at.entity), nil
	case at.class == nil && at.attr.tag == class:
		return never, nil
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

// anyLeaf returns a leaf that holds where one of the clauses does. One of one condition stands for
// itself.
func anyLeaf(ways []filter.Clause, entities ...*entity) leaf {
	if len(ways) == 1 && len(ways[0].Conditions) == 1 {
		return leaf{condition: ways[0].Conditions[0], entities: entities}
	}
	return leaf{condition: filter.Any(ways), entities: entities}
}

func either(a filter.Clause, b filter.Condition) filter.Condition {
	return filter.Any{a, filter.Where(b)}
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
	case relations.AnyType:
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
