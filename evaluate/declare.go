package evaluate

import (
	"fmt"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

// This file resolves the entities that a clause declares, and what belongs to them: hops, paths,
// scopes and constants.

// declare adds an entity to a clause, after the hops that lead to it.
func (r *resolver) declare(c *clause, source *relations.CheckedEntity) error {
	if r.keyOnly(source) {
		return r.declareKey(c, source)
	}
	type start struct {
		slot int
		hop  relations.Hop
	}
	var last []start // where each path comes from on its last hop
	for i := range source.Paths {
		from, ok := r.named(source.Paths[i].From)
		if !ok {
			return errSchema
		}
		at := start{from.slot, source.Paths[i].Hops[0]}
		for _, next := range source.Paths[i].Hops[1:] {
			e, err := r.declareHop(c, at.slot, at.hop, next.Relation)
			if err != nil {
				return err
			}
			at = start{e.slot, next}
		}
		last = append(last, at)
	}
	e := r.add(c, source.Type, declaration{name: source.Name, typ: source.Type.Name, via: pathNames(source.Paths)})
	var along []relations.Hop
	for _, at := range last {
		if err := r.join(e, at.slot, at.hop); err != nil {
			return err
		}
		along = append(along, at.hop)
	}
	if err := r.conditionsOn(c, e, source.Type, along); err != nil {
		return err
	}
	e.documentsOnly = r.documentsOnly(along, &source.Facts)
	r.sight = append(r.sight, named{entity: source, slot: e.slot})
	return nil
}

// declareHop adds the unnamed entity that a hop of a through leads to. The next hop is all that is
// asked of it.
func (r *resolver) declareHop(c *clause, from int, hop relations.Hop, next *relations.Relation) (*entity, error) {
	e := r.add(c, hop.To, declaration{typ: hop.To.Name, via: []string{hop.Relation.Name}})
	if err := r.join(e, from, hop); err != nil {
		return nil, err
	}
	along := []relations.Hop{hop}
	e.documentsOnly = r.documentsOnly(along, &relations.EntityFacts{Followed: []*relations.Relation{next}})
	return e, r.conditionsOn(c, e, hop.To, along)
}

// documentsOnly reports whether an entity is reached in an array of documents only.
func (r *resolver) documentsOnly(along []relations.Hop, asked *relations.EntityFacts) bool {
	return len(along) == 1 && along[0].Relation.Kind == relations.EmbedsMany &&
		r.asksAbsence(asked, along[0].To, along[0].Relation)
}

func pathNames(paths []relations.CheckedPath) (names []string) {
	for _, p := range paths {
		names = append(names, strings.TrimPrefix(p.From.Name+"."+p.Relation.Name, "."))
	}
	return names
}

// add adds an entity without paths to a clause.
func (r *resolver) add(c *clause, typ *relations.Type, about declaration) *entity {
	e := &entity{slot: r.slots, collection: typ.Collection, about: about}
	r.slots++
	r.largest = max(r.largest, r.slots)
	r.byslot = append(r.byslot[:e.slot], e)
	c.entities = append(c.entities, e)
	c.conditions = append(c.conditions, nil)
	return e
}

// join adds a path to an entity: one hop from the entity in slot from.
func (r *resolver) join(e *entity, from int, hop relations.Hop) error {
	p, err := r.path(from, hop)
	if err != nil {
		return err
	}
	if p.near, err = r.near(from, hop); err != nil {
		return err
	}
	if p.kind.Embedded() {
		e.collection = ""
		r.read(from, p.name)
		r.asks(from, p.name)
		if outer := r.byslot[from]; outer == nil {
			e.inside = p.name
		} else if outer.inside != "" {
			e.inside = outer.inside + "." + p.name
		}
	}
	for i := range p.pairs {
		local := strings.Join(p.pairs[i].local, ".")
		r.read(from, local)
		r.asks(from, local)
		r.read(e.slot, p.pairs[i].field)
	}
	e.paths = append(e.paths, p)
	return nil
}

// near resolves the constants of a relation on its near side, the entity in slot from.
func (r *resolver) near(from int, hop relations.Hop) (conditions []condition, err error) {
	for _, constant := range hop.Relation.Where {
		if !constant.Near {
			continue
		}
		condition, err := r.constant(hop.From, from, constant, hop.Relation)
		if err != nil {
			return nil, err
		}
		conditions = append(conditions, condition)
	}
	return conditions, nil
}

// path resolves a relation, without its constants.
func (r *resolver) path(from int, hop relations.Hop) (path, error) {
	relation := hop.Relation
	p := path{from: from, kind: relation.Kind, required: relation.Required, complete: r.complete(relation)}
	switch relation.Kind {
	case relations.EmbedsOne, relations.EmbedsMany:
		p.name, p.absentEmpty = relation.Name, relation.AbsentEmpty
	case relations.ReferencesOne, relations.ReferencesMany, relations.HasOne, relations.HasMany:
		for _, keys := range relation.Keys {
			local, ok := r.schema.Field(hop.From, keys.Local)
			if !ok {
				return p, errSchema
			}
			list := local.List && relation.Kind == relations.ReferencesMany
			p.pairs = append(p.pairs, pair{
				local: splitPath(keys.Local), list: list, absentEmpty: list && local.AbsentEmpty,
				foreign: splitPath(keys.Foreign), field: keys.Foreign,
			})
		}
	default:
		return p, fmt.Errorf("evaluate: relation %s of %s is of a kind that cannot be followed", relation.Name, hop.From.Name)
	}
	return p, nil
}

// complete reports whether a relation promises that no key dangles, and means it: nothing else must
// be true of what it reaches.
func (r *resolver) complete(relation *relations.Relation) bool {
	typ, ok := r.schema.Type(relation.Type)
	return relation.Complete && ok && len(typ.Scope) == 0 &&
		!slices.ContainsFunc(relation.Where, func(c relations.Constant) bool { return !c.Near })
}

// conditionsOn adds the scope of an entity's type and the far constants of the relations that lead
// to it. To-one: it is not reached unless they are true. Otherwise they are conditions of the
// clause; of a required row they must besides be true of one.
func (r *resolver) conditionsOn(c *clause, e *entity, typ *relations.Type, along []relations.Hop) error {
	level := len(c.conditions) - 1
	scope := len(along) == 0 // a free entity
	for i, hop := range along {
		p := &e.paths[i]
		for _, constant := range hop.Relation.Where {
			if constant.Near {
				continue
			}
			condition, err := r.constant(typ, e.slot, constant, hop.Relation)
			if err != nil {
				return err
			}
			if p.kind.ToOne() {
				p.must = append(p.must, condition)
				continue
			}
			if p.required {
				p.must = append(p.must, condition)
			}
			c.conditions[level] = append(c.conditions[level], condition)
		}
		if !p.kind.ToOne() {
			scope = true
			if !p.required {
				continue
			}
		}
		conditions, err := r.scope(typ, e.slot)
		if err != nil {
			return err
		}
		p.must = append(p.must, conditions...)
	}
	if !scope {
		return nil
	}
	conditions, err := r.scope(typ, e.slot)
	c.conditions[level] = append(c.conditions[level], conditions...)
	return err
}

// nameOf returns the name of the entity in a slot, behind a blank; "" for one without a name.
func (r *resolver) nameOf(slot int) string {
	if e := r.byslot[slot]; e != nil && e.about.name != "" {
		return " " + e.about.name
	}
	return ""
}

// scope resolves the scope of a type for the entity in a slot.
func (r *resolver) scope(typ *relations.Type, slot int) ([]condition, error) {
	scope := r.filter.Scope(typ)
	if scope == nil {
		return nil, nil
	}
	sight := r.sight
	defer func() { r.sight = sight }()
	r.sight = []named{{entity: scope.Entity, slot: slot}}
	var conditions []condition
	for _, source := range scope.Conditions {
		condition, err := r.condition(source)
		if err != nil {
			return nil, err
		}
		condition.about.origin = "scope of " + typ.Name + r.nameOf(slot)
		conditions = append(conditions, condition)
	}
	return conditions, nil
}

// constant resolves a constant condition of a relation, on one of its sides: the entity in a slot.
func (r *resolver) constant(side *relations.Type, slot int, constant relations.Constant, relation *relations.Relation) (condition, error) {
	ref, ok := r.schema.Field(side, constant.Field)
	value, isValue := constant.Value.(bson.RawValue)
	if !ok || !isValue {
		return condition{}, errSchema
	}
	sight := r.sight
	defer func() { r.sight = sight }()
	of := &relations.CheckedEntity{Type: side}
	r.sight = []named{{entity: of, slot: slot}}
	source := &relations.CheckedComparison{Entity: of, Field: ref, Op: filter.Eq, Operand: &relations.CheckedValue{Value: value}}
	comparison, err := r.comparison(source)
	return condition{id: r.id(), comparison: comparison, about: about{source: source, origin: "constant of " + relation.Name}}, err
}
