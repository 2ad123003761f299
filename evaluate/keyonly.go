package evaluate

import (
	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

// reference is the relation by which a key-only entity is referenced, and the entity that references it.
type reference struct {
	from     named
	relation *relations.Relation
}

// keyOnly reports whether an entity that a clause declares is answered from the keys alone: it is reached by one references one/many
// to the key of its type and nothing else joins or restricts it, and the conditions, of which there is at least one, only compare that key.
// They may ask Exists as well where the relation is complete.
func (r *resolver) keyOnly(c *filter.Clause, e *filter.Entity, typ *relations.Type) (reference, bool) {
	if len(e.Paths) != 1 || len(typ.Scope) > 0 {
		return reference{}, false
	}
	from, ok := r.entity(e.Paths[0].From)
	if !ok {
		return reference{}, false
	}
	relation, ok := from.typ.Relation(e.Paths[0].Relation)
	if !ok || relation.Kind != relations.ReferencesOne && relation.Kind != relations.ReferencesMany {
		return reference{}, false
	}
	if len(relation.Keys) != 1 || len(relation.Where) > 0 || relation.Keys[0].Foreign != typ.Key {
		return reference{}, false
	}
	u := usage{entity: e.Name}
	u.clause(c)
	if e.Standing.Decided {
		u.field, u.exists = e.Standing.Field, e.Standing.Exists
	}
	if u.exists && !r.complete(relation) {
		return reference{}, false
	}
	return reference{from, relation}, !u.otherwise && (u.field == typ.Key || u.field == "" && u.exists)
}

// usage is how a clause, with all that is nested in it, uses an entity.
type usage struct {
	entity    string
	field     string // the field of it that conditions compare with values; "" for none
	exists    bool   // Exists is asked
	otherwise bool   // or more than one field is compared, or something else asked than comparisons with values
}

func (u *usage) clause(c *filter.Clause) {
	for _, e := range c.Entities {
		for _, p := range e.Paths {
			u.otherwise = u.otherwise || p.From == u.entity
		}
	}
	for _, condition := range c.Conditions {
		switch condition := condition.(type) {
		case filter.Comparison:
			u.comparison(condition)
		case filter.Exists:
			u.exists = u.exists || condition.Entity == u.entity
		case filter.Constant:
		case filter.None, filter.Surely, filter.Any:
			inner := filter.Nested(condition)
			for i := range inner {
				u.clause(&inner[i])
			}
		default:
			u.otherwise = true
		}
	}
}

func (u *usage) comparison(c filter.Comparison) {
	operand, isField := c.Operand.(filter.Field)
	if isField && operand.Entity == u.entity {
		u.otherwise = true
	}
	if c.Field.Entity != u.entity {
		return
	}
	u.otherwise = u.otherwise || isField || c.Op.Unary() || u.field != "" && u.field != c.Field.Path
	u.field = c.Field.Path
}

// declareKey adds a key-only entity. To-one it is no choice at all: its key is the local field, read as one value of the key's type.
// To-many it ranges over the keys, each of them read as one value.
func (r *resolver) declareKey(c *clause, source *filter.Entity, typ *relations.Type, by reference) error {
	declared, ok := r.schema.Field(typ, typ.Key)
	if !ok {
		return errSchema
	}
	f := &field{typ: declared.Type, strict: declared.Strict}
	if by.relation.Kind == relations.ReferencesOne {
		local := by.relation.Keys[0].Local
		r.read(by.from.slot, local)
		f.slot, f.path = by.from.slot, splitPath(local)
	} else {
		e := r.add(c, typ, declaration{name: source.Name, typ: typ.Name, via: pathNames(source.Paths), keys: true})
		e.collection, e.keys = "", true
		if err := r.join(e, by.from.slot, by.from.typ, by.relation); err != nil {
			return err
		}
		f.slot = e.slot
	}
	r.sight = append(r.sight, named{name: source.Name, typ: typ, slot: f.slot, key: f})
	return nil
}
