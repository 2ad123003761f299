package evaluate

import (
	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

// This file finds the elements of which something is asked that a nested array would answer as
// well, since it can hold for a missing field: IsNull and IsSet, a comparison of a field that is
// empty or zero where it is absent, and a relation that such a field leads on by. IsNull and IsSet
// count for documents embedded in the element, too: they hold where a parent is missing.

// asks notes what a condition asks of the entities it speaks of.
func (r *resolver) asks(c *comparison) {
	for _, f := range []*field{&c.field, c.operand.field} {
		if f != nil && f.path != nil && (c.op == filter.IsNull || len(f.path) == 1 && (f.list && f.absentEmpty || f.zero.Type != 0)) {
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
	for i := range p.near {
		r.asks(p.near[i].comparison)
	}
}

// asked notes what the filter asked of an entity before it was rewritten.
func (r *resolver) asked(slot int, typ *relations.Type, s *filter.Standing) error {
	if s.Null {
		r.asksAbsence(slot)
	}
	for _, name := range s.Compared {
		if f, ok := r.schema.Field(typ, name); ok && (f.List && f.AbsentEmpty || f.AbsentZero != nil) {
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
		if err == nil {
			p.near, err = r.near(slot, typ, hops[0])
		}
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
