package pipeline

import (
	"bytes"
	"encoding/binary"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/mql"
	"github.com/mongoauthz/go-mongoauthz/relations"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// shape is a filter without its values, as bytes: two filters of one shape compile to the same plan, but for the values. Compilation looks at no more of a value than
// its type, whether it is null, how many values a list has, and which values are the same bytes; so a shape has these in the place of
// the values. It is no hash: filters of equal shapes are of one shape.
type shape struct {
	key   []byte
	slots []mql.Binding
	known *known
	bad   bool // the filter has no shape: it was rewritten, has a parameter, or is too large
}

// What is larger than this is compiled anew: telling which values are the same, and keeping shapes, takes its time and space.
const (
	maxSlots = 128
	maxShape = 16 << 10
)

// The marks of a shape. Lengths stand before what they count, so that no two filters are spelled alike.
const (
	markNone byte = iota
	markNull
	markValue
	markText
	markList
	markField
	markComparison
	markAny
	markNoneOf
	markSurely
	markExists
	markConstant
)

// of makes s the shape of a filter that was checked by the schema of k, or by one that is bound,
// whose scopes then count like conditions. What was rewritten has no shape: its entities have facts
// that its conditions do not tell.
func (s *shape) of(k *known, f *relations.CheckedFilter) {
	clear(s.slots) // of the values of whoever was here before
	s.key, s.slots, s.known, s.bad = s.key[:0], s.slots[:0], k, f.Resource() == nil || !f.AsWritten()
	if s.bad {
		return
	}
	s.text(f.Resource().Type.Name)
	s.flags(f.AllowAll())
	s.clauses(f.Clauses())
	if f.Schema() != k.schema {
		for t := range f.Schema().Types() {
			if scope := f.Scope(t); scope != nil {
				s.conditions(scope.Conditions)
			}
		}
	}
	s.bad = s.bad || len(s.key) > maxShape || len(s.slots) > maxSlots
}

func (s *shape) n(n int) { s.key = binary.AppendUvarint(s.key, uint64(n)) }

func (s *shape) text(t string) {
	s.n(len(t))
	s.key = append(s.key, t...)
}

func (s *shape) flags(bits ...bool) {
	var b byte
	for i, bit := range bits {
		if bit {
			b |= 1 << i
		}
	}
	s.key = append(s.key, b)
}

func (s *shape) clauses(clauses []relations.CheckedClause) {
	s.n(len(clauses))
	for i := range clauses {
		s.clause(&clauses[i])
	}
}

func (s *shape) clause(c *relations.CheckedClause) {
	if s.bad = s.bad || len(s.key) > maxShape; s.bad {
		return
	}
	s.text(c.Label)
	s.n(len(c.Entities))
	for _, e := range c.Entities {
		s.text(e.Name)
		s.text(e.Type.Name)
		s.n(len(e.Paths))
		for i := range e.Paths {
			s.text(e.Paths[i].From.Name)
			s.text(e.Paths[i].Relation.Name)
		}
	}
	s.conditions(c.Conditions)
}

func (s *shape) conditions(cs []relations.CheckedCondition) {
	s.n(len(cs))
	for _, c := range cs {
		switch c := c.(type) {
		case *relations.CheckedComparison:
			s.key = append(s.key, markComparison, byte(c.Op))
			s.flags(c.Not)
			s.text(c.Entity.Name)
			s.text(c.Field.Path)
			s.operand(c.Op, c.Operand)
		case relations.CheckedAny:
			s.key = append(s.key, markAny)
			s.clauses(c)
		case relations.CheckedNone:
			s.key = append(s.key, markNoneOf)
			s.clause(c.CheckedClause)
		case relations.CheckedSurely:
			s.key = append(s.key, markSurely)
			s.clause(c.CheckedClause)
		case relations.CheckedExists:
			s.key = append(s.key, markExists)
			s.text(c.Entity.Name)
		case relations.CheckedConstant:
			s.key = append(s.key, markConstant, byte(c))
		default:
			s.bad = true
		}
	}
}

func (s *shape) operand(op filter.Operator, operand relations.CheckedOperand) {
	switch o := operand.(type) {
	case nil:
		s.key = append(s.key, markNone)
	case *relations.CheckedField:
		s.key = append(s.key, markField)
		s.text(o.Entity.Name)
		s.text(o.Field.Path)
	case *relations.CheckedValue:
		s.value(op, o.Value)
		if len(s.known.zeros) > 0 {
			s.zeros(&leaf{op: positive(op), value: mql.Value{Literal: o.Value}})
		}
	case *relations.CheckedList:
		s.list(o.Values)
		if len(s.known.zeros) > 0 {
			s.zeros(&leaf{op: positive(op), values: mql.List{Values: o.Values}})
		}
	default:
		s.bad = true
	}
}

// zeros adds what a comparison makes of missing fields that count as values: that decides whether a
// plan lets them through.
func (s *shape) zeros(l *leaf) {
	for _, zero := range s.known.zeros {
		s.flags(holds(l, zero))
	}
}

// positive returns the operator of which op may be the negation.
func positive(op filter.Operator) filter.Operator {
	switch op {
	case filter.Neq:
		return filter.Eq
	case filter.Nin:
		return filter.In
	default:
		return op
	}
}

func (s *shape) value(op filter.Operator, v bson.RawValue) {
	switch {
	case v.Type == bson.TypeNull:
		s.key = append(s.key, markNull)
	case op.Text(): // what is emitted is a pattern made of it
		s.key = append(s.key, markText, byte(v.Type))
		s.n(len(v.Value))
		s.key = append(s.key, v.Value...)
	default:
		s.key = append(s.key, markValue)
		s.single(v)
	}
}

// single adds a value that stands alone.
func (s *shape) single(v bson.RawValue) {
	s.key = append(s.key, byte(v.Type))
	same := len(s.slots)
	for i := range s.slots {
		if w := &s.slots[i]; w.List == nil && w.Value.Type == v.Type && bytes.Equal(w.Value.Value, v.Value) {
			same = i
			break
		}
	}
	s.n(same)
	s.n(s.known.number(v))
	if same == len(s.slots) {
		s.add(mql.Binding{Value: v})
	}
}

// list adds a list: one of one value is compiled as the value.
func (s *shape) list(vs []bson.RawValue) {
	s.key = append(s.key, markList)
	nulls := 0
	for _, v := range vs {
		if v.Type == bson.TypeNull {
			nulls++
		}
	}
	s.n(nulls)
	values := vs
	if nulls > 0 { // lists of which only the nulls differ are told apart
		s.n(len(vs))
		for _, v := range vs {
			s.flags(v.Type == bson.TypeNull)
		}
		values = mql.WithoutNulls(vs)
	}
	s.n(min(len(values), 2))
	switch len(values) {
	case 0:
		return
	case 1:
		s.single(values[0])
		return
	}
	var types [256 / 64]uint64
	s.bad = s.bad || mql.EqualValues(values[1:], values[:len(values)-1]) // one value, many times: with others it may become one
	for _, v := range values {
		types[byte(v.Type)/64] |= 1 << (byte(v.Type) % 64)
	}
	for _, t := range types {
		s.key = binary.LittleEndian.AppendUint64(s.key, t)
	}
	same := len(s.slots)
	for i := range s.slots {
		if mql.EqualValues(s.slots[i].List, values) {
			same = i
			break
		}
	}
	s.n(same)
	s.n(s.known.listNumber(values))
	if same == len(s.slots) {
		s.add(mql.Binding{List: values})
	}
}

func (s *shape) add(v mql.Binding) {
	if len(s.slots) > maxSlots {
		s.bad = true
		return
	}
	s.slots = append(s.slots, v)
}
