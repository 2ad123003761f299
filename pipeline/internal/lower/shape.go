package lower

import (
	"bytes"
	"encoding/binary"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/formula"
	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/mql"
	"github.com/mongoauthz/go-mongoauthz/relations"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// Shape is a filter without its values, as bytes: two filters of one shape compile to the same
// plan, but for the values. Compilation looks at no more of a value than its type, whether it is
// null, how many values a list has, and which values are the same bytes; so a shape has these in
// the place of the values. It is no hash: filters of equal shapes are of one shape.
type Shape struct {
	Key    []byte
	Params []mql.Binding
	known  *Known
	Bad    bool // the filter has no shape: it was rewritten, has a parameter, or is too large
}

// What is larger than this is compiled anew: telling which values are the same, and keeping shapes,
// takes its time and space.
const (
	maxParams = 128
	maxShape  = 16 << 10
)

// The marks of a shape. Lengths stand before what they count, so that no two filters are spelled
// alike.
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

// Of makes s the shape of a filter that was checked by the schema of k, or by one that is bound,
// whose scopes then count like conditions. What was rewritten has no shape: its entities have facts
// that its conditions do not tell.
func (s *Shape) Of(k *Known, f *relations.CheckedFilter) {
	clear(s.Params) // of the values of whoever was here before
	s.Key, s.Params, s.known, s.Bad = s.Key[:0], s.Params[:0], k, f.Resource() == nil || !f.AsWritten()
	if s.Bad {
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
	s.Bad = s.Bad || len(s.Key) > maxShape || len(s.Params) > maxParams
}

func (s *Shape) n(n int) { s.Key = binary.AppendUvarint(s.Key, uint64(n)) }

func (s *Shape) text(t string) {
	s.n(len(t))
	s.Key = append(s.Key, t...)
}

func (s *Shape) flags(bits ...bool) {
	var b byte
	for i, bit := range bits {
		if bit {
			b |= 1 << i
		}
	}
	s.Key = append(s.Key, b)
}

func (s *Shape) clauses(clauses []relations.CheckedClause) {
	s.n(len(clauses))
	for i := range clauses {
		s.clause(&clauses[i])
	}
}

func (s *Shape) clause(c *relations.CheckedClause) {
	if s.Bad = s.Bad || len(s.Key) > maxShape; s.Bad {
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

func (s *Shape) conditions(cs []relations.CheckedCondition) {
	s.n(len(cs))
	for _, c := range cs {
		switch c := c.(type) {
		case *relations.CheckedComparison:
			s.Key = append(s.Key, markComparison, byte(c.Op))
			s.flags(c.Not)
			s.text(c.Entity.Name)
			s.text(c.Field.Path)
			s.operand(c.Op, c.Operand)
		case relations.CheckedAny:
			s.Key = append(s.Key, markAny)
			s.clauses(c)
		case relations.CheckedNone:
			s.Key = append(s.Key, markNoneOf)
			s.clause(c.CheckedClause)
		case relations.CheckedSurely:
			s.Key = append(s.Key, markSurely)
			s.clause(c.CheckedClause)
		case relations.CheckedExists:
			s.Key = append(s.Key, markExists)
			s.text(c.Entity.Name)
		case relations.CheckedConstant:
			s.Key = append(s.Key, markConstant, byte(c))
		default:
			s.Bad = true
		}
	}
}

func (s *Shape) operand(op filter.Operator, operand relations.CheckedOperand) {
	switch o := operand.(type) {
	case nil:
		s.Key = append(s.Key, markNone)
	case *relations.CheckedField:
		s.Key = append(s.Key, markField)
		s.text(o.Entity.Name)
		s.text(o.Field.Path)
	case *relations.CheckedValue:
		s.value(op, o.Value)
		if len(s.known.zeros) > 0 {
			s.zeros(&formula.Leaf{Op: positive(op), Value: mql.Value{Literal: o.Value}})
		}
	case *relations.CheckedList:
		s.list(o.Values)
		if len(s.known.zeros) > 0 {
			s.zeros(&formula.Leaf{Op: positive(op), Values: mql.List{Values: o.Values}})
		}
	case *relations.CheckedParam:
		s.Bad = true
	}
}

// zeros adds what a comparison makes of missing fields that count as values: that decides whether a
// plan lets them through.
func (s *Shape) zeros(l *formula.Leaf) {
	for _, zero := range s.known.zeros {
		s.flags(holds(l, zero))
	}
}

// positive returns the operator of which op may be the negation.
func positive(op filter.Operator) filter.Operator {
	switch op {
	case filter.Ne:
		return filter.Eq
	case filter.Nin:
		return filter.In
	default:
		return op
	}
}

func (s *Shape) value(op filter.Operator, v bson.RawValue) {
	switch {
	case v.Type == bson.TypeNull:
		s.Key = append(s.Key, markNull)
	case op.Text(): // what is emitted is a pattern made of it
		s.Key = append(s.Key, markText, byte(v.Type))
		s.n(len(v.Value))
		s.Key = append(s.Key, v.Value...)
	default:
		s.Key = append(s.Key, markValue)
		s.single(v)
	}
}

// single adds a value that stands alone.
func (s *Shape) single(v bson.RawValue) {
	s.Key = append(s.Key, byte(v.Type))
	same := len(s.Params)
	for i := range s.Params {
		if w := &s.Params[i]; w.List == nil && w.Value.Type == v.Type && bytes.Equal(w.Value.Value, v.Value) {
			same = i
			break
		}
	}
	s.n(same)
	s.n(s.known.number(v))
	if same == len(s.Params) {
		s.add(mql.Binding{Value: v})
	}
}

// list adds a list: one of one value is compiled as the value.
func (s *Shape) list(vs []bson.RawValue) {
	s.Key = append(s.Key, markList)
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
	s.Bad = s.Bad || mql.EqualValues(values[1:], values[:len(values)-1]) // one value, many times: with others it may become one
	for _, v := range values {
		types[byte(v.Type)/64] |= 1 << (byte(v.Type) % 64)
	}
	for _, t := range types {
		s.Key = binary.LittleEndian.AppendUint64(s.Key, t)
	}
	same := len(s.Params)
	for i := range s.Params {
		if mql.EqualValues(s.Params[i].List, values) {
			same = i
			break
		}
	}
	s.n(same)
	s.n(s.known.listNumber(values))
	if same == len(s.Params) {
		s.add(mql.Binding{List: values})
	}
}

func (s *Shape) add(v mql.Binding) {
	if len(s.Params) > maxParams {
		s.Bad = true
		return
	}
	s.Params = append(s.Params, v)
}
