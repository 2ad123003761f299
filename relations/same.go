package relations

import (
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// naming says which entity of one clause corresponds to which of another. Entities not in it
// correspond to themselves.
type naming [][2]*CheckedEntity

func (n naming) same(a, b *CheckedEntity) bool {
	for i := len(n) - 1; i >= 0; i-- {
		if n[i][0] == a || n[i][1] == b {
			return n[i][0] == a && n[i][1] == b
		}
	}
	return a == b
}

func (n naming) taken(b *CheckedEntity) bool {
	for i := range n {
		if n[i][1] == b {
			return true
		}
	}
	return false
}

// same reports whether two conditions are the same, up to the entities they declare and the labels
// of clauses.
func same(a, b CheckedCondition, names naming) bool {
	switch a := a.(type) {
	case *CheckedComparison:
		b, ok := b.(*CheckedComparison)
		return ok && a.Op == b.Op && a.Not == b.Not && names.same(a.Entity, b.Entity) && a.Field.Path == b.Field.Path &&
			sameOperand(a.Operand, b.Operand, names)
	case CheckedAny:
		b, ok := b.(CheckedAny)
		if !ok || len(a) != len(b) {
			return false
		}
		for i := range a {
			if !sameClause(&a[i], &b[i], names) {
				return false
			}
		}
		return true
	case CheckedNone:
		b, ok := b.(CheckedNone)
		return ok && sameClause(a.CheckedClause, b.CheckedClause, names)
	case CheckedSurely:
		b, ok := b.(CheckedSurely)
		return ok && sameClause(a.CheckedClause, b.CheckedClause, names)
	case CheckedExists:
		b, ok := b.(CheckedExists)
		return ok && names.same(a.Entity, b.Entity)
	case CheckedConstant:
		return a == b
	}
	return false
}

func sameClause(a, b *CheckedClause, names naming) bool {
	if len(a.Entities) != len(b.Entities) || len(a.Conditions) != len(b.Conditions) {
		return false
	}
	for i, e := range a.Entities {
		to := b.Entities[i]
		if !sameReach(e, to, names) || !to.asksAll(e) || !e.asksAll(to) {
			return false
		}
		names = append(names, [2]*CheckedEntity{e, to})
	}
	for i := range a.Conditions {
		if !same(a.Conditions[i], b.Conditions[i], names) {
			return false
		}
	}
	return true
}

// sameReach reports whether two entities are reached in the same way, and can be answered from the
// key of the same reference, or neither can.
func sameReach(a, b *CheckedEntity, names naming) bool {
	if a.Type != b.Type || len(a.Paths) != len(b.Paths) {
		return false
	}
	for i := range a.Paths {
		if !slices.Equal(a.Paths[i].Hops, b.Paths[i].Hops) || !names.same(a.Paths[i].From, b.Paths[i].From) {
			return false
		}
	}
	field, exists := a.onlyField()
	otherField, otherExists := b.onlyField()
	return field == otherField && exists == otherExists
}

// onlyField returns the one field of an entity that is compared, and whether Exists is asked
// besides or instead. It returns nothing if anything else is asked, or the entity is not reached
// along one path.
func (e *CheckedEntity) onlyField() (path string, exists bool) {
	f := &e.Facts
	switch {
	case len(e.Paths) != 1 || len(f.Compared) > 1 || len(f.Followed) > 0 || f.Null || f.WithField:
		return "", false
	case len(f.Compared) == 1:
		path = f.Compared[0].Path
	}
	return path, f.Exists
}

// asksAll reports whether of an element of an array everything is asked that is asked of o, another
// element of it. What is asked decides in which arrays an element is reached: those of documents
// only, if it can hold for a missing field.
func (e *CheckedEntity) asksAll(o *CheckedEntity) bool {
	if len(e.Paths) != 1 || e.Paths[0].Hops[len(e.Paths[0].Hops)-1].Relation.Kind != EmbedsMany {
		return true
	}
	return (e.Facts.Null || !o.Facts.Null) &&
		!slices.ContainsFunc(o.Facts.Compared, func(r FieldRef) bool { return !e.Facts.compares(r.Path) }) &&
		!slices.ContainsFunc(o.Facts.Followed, func(r *Relation) bool { return !slices.Contains(e.Facts.Followed, r) })
}

func sameOperand(a, b CheckedOperand, names naming) bool {
	switch a := a.(type) {
	case *CheckedValue:
		b, ok := b.(*CheckedValue)
		return ok && a.Value.Equal(b.Value)
	case *CheckedList:
		b, ok := b.(*CheckedList)
		return ok && slices.EqualFunc(a.Values, b.Values, bson.RawValue.Equal)
	case *CheckedField:
		b, ok := b.(*CheckedField)
		return ok && names.same(a.Entity, b.Entity) && a.Field.Path == b.Field.Path
	case *CheckedParam:
		b, ok := b.(*CheckedParam)
		return ok && a.Name == b.Name
	case nil:
		return b == nil
	}
	return false
}
