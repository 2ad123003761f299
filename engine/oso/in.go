package oso

import (
	"slices"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/relations"
	"github.com/osohq/go-oso/types"
)

// in translates "x in list". At the top it binds a variable.
func (a *alternative) in(x, list any, not, top bool) (formula, error) {
	if !isPath(list) {
		return nil, unsupported("", "what the in ranges over is no path")
	}
	at, err := a.place(list)
	if err != nil {
		return nil, err
	}
	if at.attr == nil || !at.attr.list {
		return nil, unsupported("", "what the in ranges over is no list")
	}
	if v, ok := x.(types.Variable); ok && v != this {
		if not || !top {
			return nil, unsupported("", "a variable is bound under a not, an or or a forall, where nothing is left of whether one element is meant or every")
		}
		return a.bind(v, at)
	}
	find := a.inField
	if at.attr.relation != nil {
		find = a.inDocuments
	}
	f, err := find(x, at, not)
	if err == nil && not {
		f = a.unlessAbsent(f, byItself, x, list)
	}
	return f, err
}

// bind makes a variable range over a list. One that is bound already is in both lists.
func (a *alternative) bind(v types.Variable, at place) (formula, error) {
	b, again := a.bound[v]
	if at.attr.relation == nil {
		if again {
			return nil, unsupported("", "a variable ranges over two lists")
		}
		a.bound[v] = &binding{list: &at}
		return always, nil // what is asked of the elements is said where they are compared
	}
	from := path{a.entered(at), at.attr.relation.Name}
	if !again {
		e := &entity{name: a.name(variableName(v)), class: at.attr.class, paths: []path{from}}
		a.bound[v] = &binding{entity: e}
		return leaf{entities: []*entity{e}}, nil
	}
	if b.entity == nil || b.entity.class != at.attr.class || at.attr.relation.Kind.Embedded() || !a.joins(b.entity) || reaches(b.entity, from.from) {
		return nil, unsupported("", "a variable ranges over two lists")
	}
	b.entity.paths = append(b.entity.paths, from)
	return always, nil
}

// reaches reports whether an entity is on the way to another, or is it.
func reaches(e, to *entity) bool {
	return e == to || slices.ContainsFunc(to.paths, func(p path) bool { return reaches(e, p.from) })
}

// joins reports whether an entity is reached by relations between collections only.
func (a *alternative) joins(e *entity) bool {
	for _, p := range e.paths {
		if r, ok := p.from.class.stored.Relation(p.relation); !ok || r.Kind.Embedded() {
			return false
		}
	}
	return true
}

// inDocuments asks whether an instance, or what a path leads to, is among the documents of a relation to many.
func (a *alternative) inDocuments(x any, at place, not bool) (formula, error) {
	from, relation := a.entered(at), at.attr.relation
	if isPath(x) {
		p, err := a.place(x)
		if err != nil {
			return nil, err
		}
		e := a.entered(p)
		if not || p.class == nil || p.class != at.attr.class || e == a.root || relation.Kind.Embedded() || !a.joins(e) {
			return nil, unsupported("", "whether what a path leads to is among documents, under a not or where these are not in a collection")
		}
		// One document, reached along both paths.
		both := &entity{name: a.name(relation.Name), class: e.class, paths: append([]path{{from, relation.Name}}, e.paths...)}
		return leaf{entities: []*entity{both}}, nil
	}
	v, err := a.literal(x)
	if err != nil {
		return nil, err
	}
	if v.object == nil { // neither nil nor a value is a document
		return nil, unsupported("", "a value is looked for among documents")
	}
	e := &entity{name: a.name(relation.Name), class: at.attr.class, paths: []path{{from, relation.Name}}}
	is, err := a.compareDocument(place{entity: e, class: e.class}, filter.Eq, v, false)
	if err != nil || !not {
		return is, err
	}
	none := filter.Condition(filter.None(filter.Clause{Entities: []filter.Entity{e.declare()}, Conditions: []filter.Condition{is.(leaf).condition}}))
	if f := listOfKeys(from, relation); f != nil && !f.AbsentEmpty && !a.engine.noNil {
		none = filter.Any{filter.Where(filter.Field{Entity: from.name, Path: relation.Keys[0].Local}.IsNull()), filter.Where(none)}
	}
	return leaf{condition: none, entities: []*entity{from}}, nil
}

// listOfKeys returns the list field that holds the keys of a relation, if it is the only one it joins by.
func listOfKeys(from *entity, r *relations.Relation) *relations.Field {
	if r.Kind != relations.ReferencesMany || len(r.Keys) != 1 {
		return nil
	}
	f, ok := fieldOf(from.class.stored, r.Keys[0].Local)
	if !ok || !f.List {
		return nil
	}
	return f
}

const holdsNil = "the elements of the list may be nil, of which a filter knows nothing"

// inField asks whether a value, or a field, is among the elements of a list field.
func (a *alternative) inField(x any, at place, not bool) (formula, error) {
	list, f := at.field(), at.attr.field
	absent := not && !f.AbsentEmpty && !a.engine.noNil // an absent list is empty
	if isPath(x) {
		p, err := a.place(x)
		if err != nil {
			return nil, err
		}
		if p.class != nil || p.attr == nil || p.attr.list || p.attr.field.Type != f.Type || f.Type == relations.AnyType || f.Type == relations.Document {
			return nil, unsupported("", "what is looked for in a list field is no field of the type of its elements")
		}
		if at.attr.holdsNil && (not || p.attr.nullable) {
			return nil, unsupported("", holdsNil)
		}
		ways := filter.Any{filter.Where(filter.Compare(p.field(), filter.In, list))}
		if not {
			ways[0] = notAmong(p.field(), list, p.attr)
		}
		if absent {
			ways = append(ways, isNil(list))
		}
		if not && p.attr.nullable && !a.engine.noNil {
			ways = append(ways, isNil(p.field()))
		}
		return anyLeaf(ways, p.entity, at.entity), nil
	}
	v, err := a.literal(x)
	switch {
	case err != nil:
		return nil, err
	case v.object != nil || v.empty || v.isNil():
		return nil, unsupported("", "nil, a list or an instance is looked for in a list field")
	case !fits(f, v.value):
		return nil, unsupported("", "a value is looked for in a list of another type")
	case not && at.attr.holdsNil:
		return nil, unsupported("", holdsNil)
	}
	c := filter.Compare(list, filter.Contains, v.value)
	c.Not = not
	if absent {
		return leaf{condition: either(isNil(list), c), entities: []*entity{at.entity}}, nil
	}
	return comparison(c, at.entity), nil
}

func (a *alternative) isElement(v types.Variable) bool {
	b, ok := a.bound[v]
	return ok && b.list != nil
}

// compareElement compares the elements of a list that a variable ranges over. A filter asks one thing of an element of a list field: two
// questions might be answered by two elements.
func (a *alternative) compareElement(v types.Variable, op filter.Operator, r any, not bool) (formula, error) {
	b := a.bound[v]
	b.used++
	if isPath(r) {
		return nil, unsupported("", "an element of a list field is compared with a path")
	}
	value, err := a.literal(r)
	if err != nil {
		return nil, err
	}
	f := b.list.attr.field
	switch {
	case op == filter.Eq || not || b.used > 1:
		return nil, unsupported("", "an element of a list field is compared by != or under a not, or twice")
	case value.object != nil || value.empty || value.isNil() || !fits(f, value.value) || !ordered(f.Type):
		return nil, unsupported("", "an element of a list field is compared with a value of another type, or without an order")
	}
	return comparison(filter.Compare(b.list.field(), op, value.value), b.list.entity), nil
}

// elements returns what is left to ask of the lists over which variables range that were compared with nothing: that they are not empty.
func (a *alternative) elements() ([]formula, error) {
	var left []formula
	for _, v := range sortedVariables(a.bound) {
		if b := a.bound[v]; b.list != nil && b.used == 0 {
			f, err := a.compareList(*b.list, filter.Eq, literal{empty: true}, true)
			if err != nil {
				return nil, err
			}
			left = append(left, f)
		}
	}
	return left, nil
}
