package oso

import (
	"strconv"
	"strings"

	"github.com/mongoauthz/go-mongoauthz/engine/oso/internal/polar"
	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/relations"
	"github.com/osohq/go-oso/types"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// this is the variable by which Oso speaks of the resource.
const this = types.Variable("_this")

// entity is a document, or an embedded one, that an alternative speaks of.
type entity struct {
	name  string // in the filter; "" is the resource
	class *class
	paths []path // none for the resource
}

type path struct {
	from     *entity
	relation string
}

// place is where a path of dots leads: an attribute of an entity, or of a document embedded in one.
type place struct {
	entity *entity
	embeds []string   // the embedded documents on the way from the entity, by their relations
	class  *class     // of the document that is reached; nil where it is a value
	attr   *attribute // the last one; nil for an entity itself
	may    []string   // the embedded documents on the way that may be nil, as dotted paths from the entity
	not    bool       // it is compared under a not, which holds where one of them is
}

// field returns the field of a place that is one.
func (p place) field() filter.Field {
	return filter.Field{Entity: p.entity.name, Path: strings.Join(append(p.embeds[:len(p.embeds):len(p.embeds)], p.attr.path), ".")}
}

// alternative is the translation of one partial result.
type alternative struct {
	engine   *Engine
	root     *entity
	entities map[string]*entity // those reached by relations to one, by where from and by which relation
	bound    map[types.Variable]*binding
	names    map[string]bool
	known    map[string]bool // the facts that hold of the whole alternative
}

// binding is what a variable ranges over: the documents of a relation to many, or the elements of a list field.
type binding struct {
	entity *entity
	list   *place
	used   int // how many comparisons with elements of the list were met
}

func (e *Engine) newAlternative(c *class) *alternative {
	return &alternative{engine: e, root: &entity{class: c}, entities: map[string]*entity{}, bound: map[types.Variable]*binding{}, names: map[string]bool{"": true}, known: map[string]bool{}}
}

// isOperation returns the arguments of an expression with the operator.
func isOperation[Op types.OperatorVariant](x any, args int) ([]any, bool) {
	e, ok := x.(types.Expression)
	if !ok || len(e.Args) != args {
		return nil, false
	}
	_, ok = e.Operator.OperatorVariant.(Op)
	return e.Args, ok
}

// isPath reports whether x is a variable, or a path of dots from one.
func isPath(x any) bool {
	if _, ok := x.(types.Variable); ok {
		return true
	}
	args, ok := isOperation[types.OperatorDot](x, 2)
	return ok && isPath(args[0])
}

// place finds where a path leads.
func (a *alternative) place(x any) (place, error) {
	if v, ok := x.(types.Variable); ok {
		if v == this {
			return place{entity: a.root, class: a.root.class}, nil
		}
		b, ok := a.bound[v]
		switch {
		case !ok:
			return place{}, unsupported(construct(x), "a variable that is bound under a not or an or, or by nothing that a filter could range over")
		case b.list != nil:
			return place{}, unsupported(construct(x), "an element of a list field stands where only its document could")
		}
		return place{entity: b.entity, class: b.entity.class}, nil
	}
	args, ok := isOperation[types.OperatorDot](x, 2)
	if !ok {
		return place{}, unsupported(construct(x), "is no path")
	}
	from, err := a.place(args[0])
	if err != nil {
		return place{}, err
	}
	name, ok := args[1].(string)
	switch {
	case !ok:
		return place{}, unsupported(construct(x), "a method, or an attribute whose name is not known")
	case from.class == nil:
		return place{}, unsupported(construct(x), "an attribute of what has none in the schema")
	case from.attr != nil && from.attr.list:
		return place{}, unsupported(construct(x), "a dot through a list: bind its elements by in")
	}
	name, not := strings.CutSuffix(name, polar.Negated)
	attr := from.class.attrs[name]
	if attr == nil || attr.path == "" && attr.relation == nil {
		return place{}, unsupported(construct(x), "the schema has no such field or relation")
	}
	if attr.field != nil && attr.field.AbsentZero != nil && attr.nullable {
		return place{}, unsupported(construct(x), "the schema says that it is zero where it is missing, and in Go it may be nil there")
	}
	p := place{entity: from.entity, embeds: from.embeds, attr: attr, may: from.may, not: not}
	if from.attr != nil && from.attr.nullable && len(from.embeds) > 0 {
		p.may = append(p.may[:len(p.may):len(p.may)], strings.Join(from.embeds, "."))
	}
	switch {
	case attr.relation == nil:
	case attr.list:
		p.class = attr.class
	case attr.relation.Kind == relations.EmbedsOne:
		p.class = attr.class
		p.embeds = append(from.embeds[:len(from.embeds):len(from.embeds)], attr.path)
	default:
		return a.reach(from, attr), nil
	}
	return p, nil
}

// reach returns the place of the document that a relation to one leads to.
func (a *alternative) reach(from place, attr *attribute) place {
	e := a.one(a.entered(from), attr.relation.Name, attr.class)
	return place{entity: e, class: e.class}
}

// entered returns the entity of a place: the embedded document, where it is one.
func (a *alternative) entered(p place) *entity {
	e := p.entity
	for _, step := range p.embeds {
		for _, name := range splitPath(step) {
			r, ok := e.class.stored.Relation(name)
			if !ok {
				return e // cannot be: the place was found by the schema
			}
			e = a.one(e, name, a.engine.classes.byName[r.Type])
		}
	}
	return e
}

// one returns the entity that a relation to one reaches: the same one each time.
func (a *alternative) one(from *entity, relation string, c *class) *entity {
	id := from.name + "\x00" + relation
	e, ok := a.entities[id]
	if !ok {
		e = &entity{name: a.name(relation), class: c, paths: []path{{from, relation}}}
		a.entities[id] = e
	}
	return e
}

// name returns a name that no other entity of the alternative has.
func (a *alternative) name(like string) string {
	name := like
	for n := 2; a.names[name]; n++ {
		name = like + strconv.Itoa(n)
	}
	a.names[name] = true
	return name
}

// variableName returns the name that a policy has for a variable, such as m for _m_20.
func variableName(v types.Variable) string {
	parts := strings.Split(strings.Trim(string(v), "_"), "_")
	if len(parts) > 1 {
		parts = parts[:len(parts)-1]
	}
	if name := strings.Trim(strings.Join(parts, "_"), "_*"); name != "" {
		if _, err := strconv.Atoi(name); err != nil {
			return name
		}
	}
	return "some"
}

// literal is a value of the policy's or the actor's.
type literal struct {
	value  bson.RawValue // null for nil
	object *object       // an instance
	empty  bool          // the empty list
}

// literal reads a value. The error says that the value is none to compare with.
func (a *alternative) literal(x any) (literal, error) {
	if v, ok := toBSON(x); ok {
		return literal{value: v}, nil
	}
	if o := a.engine.classes.unwrap(x); o != nil {
		return literal{object: o}, nil
	}
	if list, ok := x.([]any); ok {
		if len(list) == 0 {
			return literal{empty: true}, nil
		}
		return literal{}, unsupported("?", "a list is compared as a whole")
	}
	return literal{}, unsupported(construct(x), "is no value to compare with")
}

func (l literal) isNil() bool { return l.object == nil && !l.empty && l.value.Type == bson.TypeNull }
