package evaluate

import (
	"slices"

	"github.com/mongoauthz/go-mongoauthz/relations"
)

// This file finds the elements of which something is asked that a nested array would answer as
// well, since it can hold for a missing field: IsNull and IsSet, a comparison of a field that is
// empty or zero where it is absent, and a relation that such a field leads on by. IsNull and IsSet
// count for documents embedded in the element, too: they hold where a parent is missing. What the
// filter as written asks is among the facts of its entities.

// asksAbsence reports whether that is asked of the elements of a type: by a filter, by the scope of
// the type, or by the constants of the relation that leads to them.
func (r *resolver) asksAbsence(asked *relations.EntityFacts, typ *relations.Type, by *relations.Relation) bool {
	if r.factsAskAbsence(asked, typ) || r.constantsAskAbsence(by, false, typ) {
		return true
	}
	scope := r.filter.Scope(typ)
	return scope != nil && r.factsAskAbsence(&scope.Entity.Facts, typ)
}

func (r *resolver) factsAskAbsence(asked *relations.EntityFacts, typ *relations.Type) bool {
	return asked.Null || slices.ContainsFunc(asked.Compared, countsWhereAbsent) ||
		slices.ContainsFunc(asked.Followed, func(by *relations.Relation) bool { return r.leadsOnWhereAbsent(by, typ) })
}

// countsWhereAbsent reports whether a comparison of a field can be true where the field is missing
// from the element itself.
func countsWhereAbsent(f relations.FieldRef) bool {
	return len(f.Steps) == 0 && (f.List && f.AbsentEmpty || f.AbsentZero != nil)
}

// leadsOnWhereAbsent reports whether a relation followed from an element of a type reads what is
// missing there as an empty array, or as a value.
func (r *resolver) leadsOnWhereAbsent(by *relations.Relation, typ *relations.Type) bool {
	if by.AbsentEmpty || r.constantsAskAbsence(by, true, typ) {
		return true
	}
	return slices.ContainsFunc(by.Keys, func(k relations.KeyPair) bool {
		local, ok := r.schema.Field(typ, k.Local)
		return ok && countsWhereAbsent(local)
	})
}

// constantsAskAbsence reports whether a constant of a relation can be true where its field is
// missing. The side of the constant is that of the type.
func (r *resolver) constantsAskAbsence(by *relations.Relation, near bool, typ *relations.Type) bool {
	return slices.ContainsFunc(by.Where, func(c relations.Constant) bool {
		f, ok := r.schema.Field(typ, c.Field)
		return c.Near == near && ok && countsWhereAbsent(f)
	})
}
