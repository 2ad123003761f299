package evaluate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

// This file resolves the entities that a clause declares, and what belongs to them: hops, paths, scopes and constants.

// declare adds an entity to a clause, after the hops that lead to it.
func (r *resolver) declare(c *clause, in *filter.Clause, source *filter.Entity) error {
	typ, ok := r.schema.Type(source.Type)
	if !ok {
		return errSchema
	}
	if only, ok := r.keyOnly(in, source, typ); ok {
		return r.declareKey(c, source, typ, only)
	}
	type start struct {
		slot     int
		typ      *relations.Type
		relation *relations.Relation
	}
	var last []start // where each path comes from on its last hop
	for _, p := range source.Paths {
		at, hops, err := r.follow(p)
		if err != nil {
			return err
		}
		from := start{at.slot, at.typ, hops[0]}
		for _, relation := range hops[1:] {
			hop, ok := r.schema.Type(from.relation.Type)
			if !ok {
				return errSchema
			}
			e := r.add(c, hop, declaration{typ: hop.Name, via: []string{from.relation.Name}})
			if err := r.join(e, from.slot, from.typ, from.relation); err != nil {
				return err
			}
			if err := r.conditionsOn(c, e, hop, []*relations.Relation{from.relation}); err != nil {
				return err
			}
			from = start{e.slot, hop, relation}
		}
		last = append(last, from)
	}
	e := r.add(c, typ, declaration{name: source.Name, typ: typ.Name, via: pathNames(source.Paths)})
	var along []*relations.Relation
	for _, from := range last {
		if err := r.join(e, from.slot, from.typ, from.relation); err != nil {
			return err
		}
		along = append(along, from.relation)
	}
	if err := r.conditionsOn(c, e, typ, along); err != nil {
		return err
	}
	if err := r.asked(e.slot, typ, &source.Standing); err != nil {
		return err
	}
	r.sight = append(r.sight, named{name: source.Name, typ: typ, slot: e.slot})
	return nil
}

func pathNames(paths []filter.Path) (names []string) {
	for _, p := range paths {
		names = append(names, strings.TrimPrefix(p.From+"."+p.Relation, "."))
	}
	return names
}

// follow returns the entity where a path starts and the relations it follows: one, or those of a through.
func (r *resolver) follow(p filter.Path) (from named, hops []*relations.Relation, err error) {
	from, ok := r.entity(p.From)
	if !ok {
		return from, nil, errSchema
	}
	relation, ok := from.typ.Relation(p.Relation)
	if !ok {
		return from, nil, errSchema
	}
	hops, err = r.hops(from.typ, relation)
	return from, hops, err
}

func (r *resolver) hops(typ *relations.Type, relation *relations.Relation) ([]*relations.Relation, error) {
	if relation.Kind != relations.Through {
		return []*relations.Relation{relation}, nil
	}
	var all []*relations.Relation
	for _, name := range relation.Through {
		hop, ok := typ.Relation(name)
		if !ok {
			return nil, errSchema
		}
		hops, err := r.hops(typ, hop)
		if err != nil {
			return nil, err
		}
		all = append(all, hops...)
		if typ, ok = r.schema.Type(hop.Type); !ok {
			return nil, errSchema
		}
	}
	if len(all) == 0 {
		return nil, errSchema
	}
	return all, nil
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

// join adds a path to an entity: a relation of near, the type of the entity in slot from.
func (r *resolver) join(e *entity, from int, near *relations.Type, relation *relations.Relation) error {
	p, err := r.path(from, near, relation)
	if err != nil {
		return err
	}
	if p.near, err = r.near(from, near, relation); err != nil {
		return err
	}
	r.followed(&p)
	if p.kind.Embedded() {
		e.collection = ""
		r.read(from, p.name)
	}
	for i := range p.pairs {
		r.read(from, strings.Join(p.pairs[i].local, "."))
		r.read(e.slot, p.pairs[i].field)
	}
	e.paths = append(e.paths, p)
	return nil
}

// near resolves the constants of a relation on its near side, the entity in slot from.
func (r *resolver) near(from int, typ *relations.Type, relation *relations.Relation) (conditions []condition, err error) {
	for _, constant := range relation.Where {
		if !constant.Near {
			continue
		}
		condition, err := r.constant(named{typ: typ, slot: from}, constant, relation)
		if err != nil {
			return nil, err
		}
		conditions = append(conditions, condition)
	}
	return conditions, nil
}

// path resolves a relation, without its constants.
func (r *resolver) path(from int, near *relations.Type, relation *relations.Relation) (path, error) {
	p := path{from: from, kind: relation.Kind, required: relation.Required, complete: r.complete(relation)}
	switch relation.Kind {
	case relations.EmbedsOne, relations.EmbedsMany:
		p.name, p.absentEmpty = relation.Name, relation.AbsentEmpty
	case relations.ReferencesOne, relations.ReferencesMany, relations.HasOne, relations.HasMany:
		for _, keys := range relation.Keys {
			local, ok := r.schema.Field(near, keys.Local)
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
		return p, fmt.Errorf("evaluate: relation %s of %s is of a kind that cannot be followed", relation.Name, near.Name)
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

// conditionsOn adds the scope of an entity's type and the far constants of the relations that lead to it. To-one: it is not reached unless they are true.
// Otherwise they are conditions of the clause; of a required row they must besides be true of one.
func (r *resolver) conditionsOn(c *clause, e *entity, typ *relations.Type, along []*relations.Relation) error {
	level := len(c.conditions) - 1
	scope := len(along) == 0 // a free entity
	for i, relation := range along {
		p := &e.paths[i]
		for _, constant := range relation.Where {
			if constant.Near {
				continue
			}
			condition, err := r.constant(named{typ: typ, slot: e.slot}, constant, relation)
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
			r.asks(condition.comparison)
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

// scope resolves the scope of a type for the entity in a slot.
func (r *resolver) scope(typ *relations.Type, slot int) ([]condition, error) {
	sight := r.sight
	defer func() { r.sight = sight }()
	r.sight = []named{{typ: typ, slot: slot}}
	var conditions []condition
	for _, source := range typ.Scope {
		condition, err := r.condition(source)
		if err != nil {
			return nil, err
		}
		condition.about.origin = "scope of " + typ.Name
		conditions = append(conditions, condition)
	}
	return conditions, nil
}

// constant resolves a constant condition of a relation, on one of its sides.
func (r *resolver) constant(side named, constant relations.Constant, relation *relations.Relation) (condition, error) {
	sight := r.sight
	defer func() { r.sight = sight }()
	r.sight = []named{side}
	source := filter.Comparison{Field: filter.F(constant.Field), Op: filter.Eq, Operand: filter.Literal{Value: constant.Value}}
	comparison, err := r.comparison(source)
	return condition{id: r.id(), comparison: comparison, about: about{source: source, origin: "constant of " + relation.Name}}, err
}
