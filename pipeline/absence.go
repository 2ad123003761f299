package pipeline

import (
	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

// asksAbsence says whether a condition on the element, or a relation followed from it, can hold
// where nothing is stored (IsNull, IsSet, absent means empty or zero): then the element is reached
// in an array of documents only (rule 4).
func (r *reach) asksAbsence() bool {
	asked := r.entity.asked // also what a rewriting of the filter has moved away from the element
	if asked.Null {
		return true
	}
	for _, field := range asked.Compared {
		if r.fieldAbsent(filter.Field{Path: field}, "", false) {
			return true
		}
	}
	for _, name := range asked.Followed {
		if hops, ok := hops(r.schema, r.entity.typ, name, nil); ok && r.followsAbsent(hops[0]) {
			return true
		}
	}
	for i := range r.rest {
		for _, p := range r.rest[i].paths {
			if p.from == r.entity.name && r.followsAbsent(p.rel) {
				return true
			}
		}
	}
	for _, p := range r.entity.paths {
		if r.constantsAbsent(p.rel, false) {
			return true
		}
	}
	return r.askAbsence(r.conditions, r.entity.name) || r.askAbsence(r.entity.typ.Scope, "")
}

// constantsAbsent says whether a constant of a relation, on the side of the entity, can hold for a
// missing field.
func (r *reach) constantsAbsent(rel *relations.Relation, near bool) bool {
	for _, c := range rel.Where {
		if c.Near == near && r.fieldAbsent(filter.Field{Path: c.Field}, "", false) {
			return true
		}
	}
	return false
}

func (r *reach) askAbsence(cs []filter.Condition, name string) bool {
	for _, c := range cs {
		switch c := c.(type) {
		case filter.Comparison:
			if r.fieldAbsent(c.Field, name, c.Op.Unary()) {
				return true
			}
			if f, ok := c.Operand.(filter.Field); ok && r.fieldAbsent(f, name, false) {
				return true
			}
		case filter.Any, filter.None, filter.Surely:
			inner := filter.Nested(c)
			for i := range inner {
				if r.clauseAsksAbsence(&inner[i], name) {
					return true
				}
			}
		}
	}
	return false
}

func (r *reach) clauseAsksAbsence(c *filter.Clause, name string) bool {
	for i := range c.Entities {
		for _, p := range c.Entities[i].Paths {
			if p.From != name {
				continue
			}
			hops, ok := hops(r.schema, r.entity.typ, p.Relation, nil)
			if ok && r.followsAbsent(hops[0]) {
				return true
			}
		}
	}
	return r.askAbsence(c.Conditions, name)
}

func (r *reach) fieldAbsent(f filter.Field, name string, unary bool) bool {
	if f.Entity != name {
		return false
	}
	p, ok := r.schema.Presence(r.entity.typ, f.Path)
	return ok && (unary || len(p.Steps) == 0 && (p.AbsentEmpty || p.AbsentZero != nil))
}

// followsAbsent says whether a relation of the entity's type reads a missing array as the empty
// one, or a missing field as a value.
func (r *reach) followsAbsent(rel *relations.Relation) bool {
	if rel.AbsentEmpty || r.constantsAbsent(rel, true) {
		return true
	}
	for _, k := range rel.Keys {
		if p, ok := r.schema.Field(r.entity.typ, k.Local); ok && len(p.Steps) == 0 && p.AbsentEmpty {
			return true
		}
	}
	return false
}
