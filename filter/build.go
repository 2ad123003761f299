package filter

// For returns the filter that authorizes a document of the resource type if one of the clauses does.
func For(resource string, clauses ...Clause) Filter {
	return Filter{Resource: resource, Clauses: clauses}
}

// Allow returns the filter that authorizes every document of the resource type.
func Allow(resource string) Filter { return Filter{Resource: resource, AllowAll: true} }

// Deny returns the filter that authorizes no document of the resource type.
func Deny(resource string) Filter { return For(resource) }

// Where returns a clause of the conditions, of which there must be one at least.
func Where(conditions ...Condition) Clause { return Clause{Conditions: conditions} }

// Some returns a clause that declares the entities; add its conditions with [Clause.Where]. To ask
// only that an entity is there, add [Entity.Exists].
func Some(entities ...Entity) Clause { return Clause{Entities: entities} }

// Where returns c with the conditions added.
func (c Clause) Where(conditions ...Condition) Clause {
	c.Conditions = append(c.Conditions[:len(c.Conditions):len(c.Conditions)], conditions...)
	return c
}

// As returns c with a label: the rule it came from.
func (c Clause) As(label string) Clause {
	c.Label = label
	return c
}

// Reach returns the entity that a relation of the resource reaches.
func Reach(name, relation string) Entity { return Entity{}.Reach(name, relation) }

// Reach returns the entity that a relation reaches from e.
func (e Entity) Reach(name, relation string) Entity {
	return Entity{Name: name, Paths: []Path{{From: e.Name, Relation: relation}}}
}

// Via returns e, which must also be what a relation reaches from another entity: one document, reached along both paths.
func (e Entity) Via(from Entity, relation string) Entity {
	e.Paths = append(e.Paths[:len(e.Paths):len(e.Paths)], Path{From: from.Name, Relation: relation})
	return e
}

// Free returns an entity that ranges over all documents of a type, tied to the others by comparisons only.
func Free(name, typ string) Entity { return Entity{Name: name, Type: typ} }

// F returns a field of the resource.
func F(path string) Field { return Field{Path: path} }

// Exists returns the condition that e is there.
func (e Entity) Exists() Exists { return Exists{Entity: e.Name} }

// F returns a field of e.
func (e Entity) F(path string) Field { return Field{Entity: e.Name, Path: path} }

// The methods of Field return comparisons. Their argument is a [Field], a [Param], or anything else as a [Literal].

// Eq returns the comparison f = v.
func (f Field) Eq(v any) Comparison { return Compare(f, Eq, v) }

// Ne returns the comparison f ≠ v, which is Not(f = v): not true where f is missing.
func (f Field) Ne(v any) Comparison { return Compare(f, Ne, v) }

// Lt returns the comparison f < v.
func (f Field) Lt(v any) Comparison { return Compare(f, Lt, v) }

// Lte returns the comparison f ≤ v.
func (f Field) Lte(v any) Comparison { return Compare(f, Lte, v) }

// Gt returns the comparison f > v.
func (f Field) Gt(v any) Comparison { return Compare(f, Gt, v) }

// Gte returns the comparison f ≥ v.
func (f Field) Gte(v any) Comparison { return Compare(f, Gte, v) }

// In returns the comparison "f is one of values"; values is a slice, a Param bound to one, or a list Field.
func (f Field) In(values any) Comparison { return Compare(f, In, values) }

// Nin returns Not(f in values).
func (f Field) Nin(values any) Comparison { return Compare(f, Nin, values) }

// IsNull returns the comparison "f is missing or null".
func (f Field) IsNull() Comparison { return Comparison{Field: f, Op: IsNull} }

// IsSet returns the comparison "f is neither missing nor null".
func (f Field) IsSet() Comparison { return Comparison{Field: f, Op: IsSet} }

// Contains returns the comparison "the list f has an element equal to v".
func (f Field) Contains(v any) Comparison { return Compare(f, Contains, v) }

// Intersects returns the comparison "the list f has an element among values".
func (f Field) Intersects(values any) Comparison { return Compare(f, Intersects, values) }

// SubsetOf returns the comparison "every element of the list f is among values".
func (f Field) SubsetOf(values any) Comparison { return Compare(f, SubsetOf, values) }

// StartsWith returns the comparison "the string f starts with v".
func (f Field) StartsWith(v any) Comparison { return Compare(f, StartsWith, v) }

// EndsWith returns the comparison "the string f ends with v".
func (f Field) EndsWith(v any) Comparison { return Compare(f, EndsWith, v) }

// ContainsText returns the comparison "the string f has v in it".
func (f Field) ContainsText(v any) Comparison { return Compare(f, ContainsText, v) }

// Compare returns the comparison of f with v by op.
func Compare(f Field, op Operator, v any) Comparison {
	o, ok := v.(Operand)
	if !ok {
		o = Literal{Value: v}
	}
	return Comparison{Field: f, Op: op, Operand: o}
}

// Not returns the three-valued NOT of a condition: a negated comparison, the opposite constant, the
// Any of a None's clause, and otherwise the None of the condition. The NOT of a [Surely] has two
// values, as the Surely has.
func Not(c Condition) Condition {
	switch c := c.(type) {
	case Comparison:
		c.Not = !c.Not
		return c
	case Constant:
		if c.Valid() {
			return True - c + False
		}
		return c // which Check refuses
	case None:
		return Any{Clause(c)}
	case Any:
		if len(c) == 1 {
			return None(c[0])
		}
		return None(Where(c))
	case Exists, Surely:
		return None(Where(c))
	case Invalid: // as nil, which Check refuses, too
		return c
	default:
		return c
	}
}
