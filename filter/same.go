package filter

// naming says which entity of one clause corresponds to which of another. Names not in it correspond to themselves.
type naming [][2]string

func (n naming) same(a, b string) bool {
	for i := len(n) - 1; i >= 0; i-- {
		if n[i][0] == a || n[i][1] == b {
			return n[i][0] == a && n[i][1] == b
		}
	}
	return a == b
}

func (n naming) taken(b string) bool {
	for i := range n {
		if n[i][1] == b {
			return true
		}
	}
	return false
}

// same reports whether two conditions are the same, up to the names of entities and the labels of clauses.
func same(a, b Condition, names naming) bool {
	switch a := a.(type) {
	case Comparison:
		b, ok := b.(Comparison)
		return ok && a.Op == b.Op && a.Not == b.Not && sameField(a.Field, b.Field, names) && sameOperand(a.Operand, b.Operand, names)
	case Any:
		b, ok := b.(Any)
		if !ok || len(a) != len(b) {
			return false
		}
		for i := range a {
			if !sameClause(&a[i], &b[i], names) {
				return false
			}
		}
		return true
	case None:
		b, ok := b.(None)
		return ok && sameClause((*Clause)(&a), (*Clause)(&b), names)
	case Surely:
		b, ok := b.(Surely)
		return ok && sameClause((*Clause)(&a), (*Clause)(&b), names)
	case Exists:
		b, ok := b.(Exists)
		return ok && names.same(a.Entity, b.Entity)
	case Constant:
		return a == b
	}
	return false
}

func sameClause(a, b *Clause, names naming) bool {
	if len(a.Entities) != len(b.Entities) || len(a.Conditions) != len(b.Conditions) {
		return false
	}
	for i := range a.Entities {
		if !sameEntity(&a.Entities[i], &b.Entities[i], names) {
			return false
		}
		names = append(names, [2]string{a.Entities[i].Name, b.Entities[i].Name})
	}
	for i := range a.Conditions {
		if !same(a.Conditions[i], b.Conditions[i], names) {
			return false
		}
	}
	return true
}

func sameEntity(a, b *Entity, names naming) bool {
	if a.Type != b.Type || len(a.Paths) != len(b.Paths) || !a.Standing.equal(&b.Standing) {
		return false
	}
	for i := range a.Paths {
		if a.Paths[i].Relation != b.Paths[i].Relation || !names.same(a.Paths[i].From, b.Paths[i].From) {
			return false
		}
	}
	return true
}

func sameField(a, b Field, names naming) bool {
	return a.Path == b.Path && names.same(a.Entity, b.Entity)
}

func sameOperand(a, b Operand, names naming) bool {
	switch a := a.(type) {
	case Literal:
		b, ok := b.(Literal)
		return ok && sameValue(a.Value, b.Value)
	case Field:
		b, ok := b.(Field)
		return ok && sameField(a, b, names)
	case Param:
		return a == b
	case nil:
		return b == nil
	}
	return false
}
