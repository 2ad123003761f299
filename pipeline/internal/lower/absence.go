package lower

import (
	"slices"

	"github.com/mongoauthz/go-mongoauthz/relations"
)

// asksAbsence says whether the filter as written asks something of the element that can hold where
// nothing is stored (IsNull, IsSet, absent means empty or zero), or the scope of its type or a
// relation does: then the element is reached in an array of documents only (rule 4).
func (r *reach) asksAbsence() bool {
	t := r.entity.typ
	if r.askAbsence(&r.entity.of.Facts, t) {
		return true
	}
	for _, p := range r.entity.paths {
		if r.constantsAbsent(p.rel, false, t) {
			return true
		}
	}
	scope := r.filter.Scope(t)
	return scope != nil && r.askAbsence(&scope.Entity.Facts, t)
}

// askAbsence says the same of what is asked of an entity of type t.
func (l *Lowerer) askAbsence(f *relations.EntityFacts, t *relations.Type) bool {
	if f.Null || slices.ContainsFunc(f.Compared, holdsAbsent) {
		return true
	}
	for _, rel := range f.Followed {
		if l.followsAbsent(rel, t) {
			return true
		}
	}
	return false
}

// holdsAbsent says whether a comparison can hold where the field is missing from the element
// itself.
func holdsAbsent(f relations.FieldRef) bool {
	return len(f.Steps) == 0 && (f.AbsentEmpty || f.AbsentZero != nil)
}

// constantsAbsent says whether a constant of a relation, on the side of type t, can hold for a
// missing field.
func (l *Lowerer) constantsAbsent(rel *relations.Relation, near bool, t *relations.Type) bool {
	for _, c := range rel.Where {
		if f, ok := l.schema.Field(t, c.Field); ok && c.Near == near && holdsAbsent(f) {
			return true
		}
	}
	return false
}

// followsAbsent says whether a relation of type t reads a missing array as the empty one, or a
// missing field as a value.
func (l *Lowerer) followsAbsent(rel *relations.Relation, t *relations.Type) bool {
	if rel.AbsentEmpty || l.constantsAbsent(rel, true, t) {
		return true
	}
	for _, k := range rel.Keys {
		if f, ok := l.schema.Field(t, k.Local); ok && holdsAbsent(f) {
			return true
		}
	}
	return false
}
