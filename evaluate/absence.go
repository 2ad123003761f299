package evaluate

import (
	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

// This file finds the elements of which something is asked that a nested array would answer as well: IsNull, IsSet, or a list that
// is empty where it is absent, which is compared or leads on. Only what is asked of the element itself counts, not of documents embedded in it.

// asks notes what a condition asks of the entities it speaks of.
func (r *resolver) asks(c *comparison) {
	for _, f := range []*field{&c.field, c.operand.field} {
		if f != nil && len(f.path) == 1 && (c.op == filter.IsNull || f.list && f.absentEmpty) {
			r.asksAbsence(f.slot)
		}
	}
}

// followed notes what a path asks of the entity where it starts.
func (r *resolver) followed(p *path) {
	if p.absentEmpty {
		r.asksAbsence(p.from)
	}
	for _, pair := range p.pairs {
		if pair.absentEmpty && len(pair.local) == 1 {
			r.asksAbsence(p.from)
		}
	}
}

// asked notes what the filter asked of an entity before it was rewritten.
func (r *resolver) asked(slot int, typ *relations.Type, s *filter.Standing) error {
	if s.Null {
		r.asksAbsence(slot)
	}
	for _, name := range s.Compared {
		if f, ok := r.schema.Field(typ, name); ok && f.List && f.AbsentEmpty {
			r.asksAbsence(slot)
		}
	}
	for _, name := range s.Followed {
		relation, ok := typ.Relation(name)
		if !ok {
			return errSchema
		}
		hops, err := r.hops(typ, relation)
		if err != nil {
			return err
		}
		p, err := r.path(slot, typ, hops[0])
		if err != nil {
			return err
		}
		r.followed(&p)
	}
	return nil
}

func (r *resolver) asksAbsence(slot int) {
	if e := r.byslot[slot]; e != nil {
		e.documentsOnly = true
	}
}
