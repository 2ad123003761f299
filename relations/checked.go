package relations

import (
	"iter"
	"log/slog"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/filter"
)

// CheckedFilter is a filter that a schema has checked and resolved: see [Schema.Check]. It is what
// the compiler and the evaluator take. Write policies in package filter; the types named Checked…
// are for back ends.
//
// It is a tree without names to look up: conditions and paths point to entities, fields are found,
// a through is its hops, and literals are BSON as documents hold it. It is immutable and safe for
// concurrent use: do not change what its methods return. It shares no memory with the filter that
// was checked.
//
// The nil and the zero CheckedFilter deny.
type CheckedFilter struct {
	schema    *Schema
	root      *CheckedEntity
	allowAll  bool
	rewritten bool // normalised or expanded
	open      bool // there may be unbound parameters
	clauses   []CheckedClause
}

// Schema returns the schema that checked the filter; nil for the zero CheckedFilter.
func (f *CheckedFilter) Schema() *Schema {
	if f == nil {
		return nil
	}
	return f.schema
}

// Resource returns the entity that conditions on the resource point to. Its Type is the resource
// type. It is nil for the zero CheckedFilter.
func (f *CheckedFilter) Resource() *CheckedEntity {
	if f == nil {
		return nil
	}
	return f.root
}

// AllowAll reports whether every document of the type is authorized, within its scope.
func (f *CheckedFilter) AllowAll() bool { return f != nil && f.allowAll }

// Clauses returns the alternatives.
func (f *CheckedFilter) Clauses() []CheckedClause {
	if f == nil {
		return nil
	}
	return f.clauses
}

// AsWritten reports whether the filter is neither normalised nor expanded.
func (f *CheckedFilter) AsWritten() bool { return f != nil && !f.rewritten }

// Outcome says which of the three kinds the filter is, as [filter.Filter.Outcome] does.
func (f *CheckedFilter) Outcome() filter.Outcome {
	switch {
	case f == nil:
		return filter.Denied
	case len(f.clauses) > 0:
		return filter.Conditional
	case f.allowAll:
		return filter.Allowed
	default:
		return filter.Denied
	}
}

// Scope returns the scope of a type, as it holds wherever this filter meets the type; nil if the
// type has none.
func (f *CheckedFilter) Scope(t *Type) *CheckedScope {
	switch {
	case f == nil || t == nil:
		return nil
	default:
		return f.schema.Scope(t)
	}
}

// String returns the filter as text, as [filter.Filter.String] does. It holds the values that are
// compared.
func (f *CheckedFilter) String() string { return f.Filter().String() }

// LogValue is what log/slog shows of the filter: no values ([filter.Filter.Redacted]).
func (f *CheckedFilter) LogValue() slog.Value { return f.Filter().LogValue() }

// CheckedScope is the scope of a type. Its conditions speak of Entity.
type CheckedScope struct {
	Entity     *CheckedEntity
	Conditions []CheckedCondition
}

// CheckedClause is a [filter.Clause] with its names resolved.
type CheckedClause struct {
	Label      string
	Entities   []*CheckedEntity // each after those it is reached from
	Conditions []CheckedCondition
}

// CheckedEntity is a [filter.Entity] with its names resolved. It is known by its address: rewriting
// a filter keeps it, also where a clause becomes several.
type CheckedEntity struct {
	Name  string // as written; "" for the resource, and for the type of a scope
	Type  *Type
	Paths []CheckedPath // none: it is free, or the resource
	Facts EntityFacts
}

// CheckedPath is a [filter.Path] with its names resolved.
type CheckedPath struct {
	From     *CheckedEntity
	Relation *Relation // as written
	Hops     []Hop     // the relation itself, or those that a through follows; none is a through
}

// Hop is one step of a path: a relation that is no through, and the types on its two sides.
type Hop struct {
	Relation *Relation
	From, To *Type
}

// EntityFacts are what the filter as written asks of an entity, in the entity's own clause and in
// those nested in it. How an entity is answered depends on it, and rewriting a filter must not
// change that: so the facts stay as they are when conditions are moved or dropped.
type EntityFacts struct {
	Compared  []FieldRef  // the fields that are compared, each once; not those of IsNull and IsSet
	Followed  []*Relation // the relations by which others are reached from it, each once; of a through its first hop
	Null      bool        // IsNull or IsSet is asked of one of its fields
	Exists    bool        // Exists is asked of it
	WithField bool        // one of its fields is compared with a field
}

// CheckedCondition is a [*CheckedComparison], a [CheckedExists], a [CheckedConstant], a
// [CheckedAny], a [CheckedNone] or a [CheckedSurely].
//
//sumtype:decl
type CheckedCondition interface{ checkedCondition() }

// CheckedComparison is a [filter.Comparison] with its names resolved.
type CheckedComparison struct {
	Entity  *CheckedEntity
	Field   FieldRef
	Op      filter.Operator
	Not     bool
	Operand CheckedOperand // nil for IsNull and IsSet
}

// CheckedExists is a [filter.Exists] with its name resolved.
type CheckedExists struct{ Entity *CheckedEntity }

// CheckedConstant is a [filter.Constant], a valid one.
type CheckedConstant filter.Constant

// CheckedAny is a [filter.Any] with its names resolved.
type CheckedAny []CheckedClause

// CheckedNone is a [filter.None] with its names resolved.
type CheckedNone struct{ *CheckedClause }

// CheckedSurely is a [filter.Surely] with its names resolved.
type CheckedSurely struct{ *CheckedClause }

func (*CheckedComparison) checkedCondition() {}
func (CheckedExists) checkedCondition()      {}
func (CheckedConstant) checkedCondition()    {}
func (CheckedAny) checkedCondition()         {}
func (CheckedNone) checkedCondition()        {}
func (CheckedSurely) checkedCondition()      {}

// Nested returns the clauses nested in a condition: those of a [CheckedAny], and the one of
// a [CheckedNone] or a [CheckedSurely].
func Nested(c CheckedCondition) iter.Seq[*CheckedClause] {
	return func(yield func(*CheckedClause) bool) {
		switch c := c.(type) {
		case CheckedAny:
			for i := range c {
				if !yield(&c[i]) {
					return
				}
			}
		case CheckedNone:
			yield(c.CheckedClause)
		case CheckedSurely:
			yield(c.CheckedClause)
		case *CheckedComparison, CheckedExists, CheckedConstant: // they hold none
		}
	}
}

// CheckedOperand is a [*CheckedValue], a [*CheckedList], a [*CheckedField] or a [*CheckedParam].
//
//sumtype:decl
type CheckedOperand interface{ checkedOperand() }

// CheckedValue is a literal that is one value, converted as its field declares. It is also a list
// that is null as a whole.
type CheckedValue struct {
	Value bson.RawValue
}

// CheckedList is a literal that is a list of values, converted as their field declares.
type CheckedList struct {
	Values []bson.RawValue
}

// CheckedField is the other field of a comparison of two.
type CheckedField struct {
	Entity *CheckedEntity
	Field  FieldRef
}

// CheckedParam is a parameter that is not bound yet.
type CheckedParam struct {
	Name  filter.Param
	where string // the place of its comparison, for errors
}

func (*CheckedValue) checkedOperand() {}
func (*CheckedList) checkedOperand()  {}
func (*CheckedField) checkedOperand() {}
func (*CheckedParam) checkedOperand() {}
