package evaluate

import (
	"github.com/mongoauthz/go-mongoauthz/relations"
)

// keyOnly reports whether an entity is answered from the keys alone. It is reached by one
// references one/many to the key of its type, and nothing else joins or restricts it. The
// conditions, of which there is at least one, only compare that key with values. They may ask
// Exists as well where the relation is complete.
func (r *resolver) keyOnly(e *relations.CheckedEntity) bool {
	if len(e.Paths) != 1 || len(e.Paths[0].Hops) != 1 || len(e.Type.Scope) > 0 {
		return false
	}
	switch by := e.Paths[0].Hops[0].Relation; {
	case by.Kind != relations.ReferencesOne && by.Kind != relations.ReferencesMany:
		return false
	case len(by.Keys) != 1 || len(by.Where) > 0 || by.Keys[0].Foreign != e.Type.Key:
		return false
	case e.Facts.Exists && !r.complete(by):
		return false
	}
	asked := &e.Facts
	switch {
	case asked.Null || asked.WithField || len(asked.Followed) > 0:
		return false
	case len(asked.Compared) == 0:
		return asked.Exists
	default:
		return len(asked.Compared) == 1 && asked.Compared[0].Path == e.Type.Key
	}
}

// declareKey adds a key-only entity. To-one it is no choice at all: its key is the local field,
// read as one value of the key's type. To-many it ranges over the keys, each of them read as one
// value.
func (r *resolver) declareKey(c *clause, source *relations.CheckedEntity) error {
	declared, ok := r.schema.Field(source.Type, source.Type.Key)
	from, inSight := r.named(source.Paths[0].From)
	if !ok || !inSight {
		return errSchema
	}
	f := &field{typ: declared.Type, strict: declared.Strict}
	hop := source.Paths[0].Hops[0]
	if hop.Relation.Kind == relations.ReferencesOne {
		local := hop.Relation.Keys[0].Local
		r.read(from.slot, local)
		r.asks(from.slot, local)
		f.slot, f.path = from.slot, splitPath(local)
		if f.slot == 0 {
			f.top = r.top(f.path[0])
		}
	} else {
		e := r.add(c, source.Type, declaration{name: source.Name, typ: source.Type.Name, via: pathNames(source.Paths), keys: true})
		e.collection, e.keys = "", true
		if err := r.join(e, from.slot, hop); err != nil {
			return err
		}
		f.slot = e.slot
	}
	r.sight = append(r.sight, named{entity: source, slot: f.slot, key: f})
	return nil
}
