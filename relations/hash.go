package relations

import (
	"github.com/mongoauthz/go-mongoauthz/filter"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// hash is 64-bit FNV-1a. Conditions that are the same have the same hash, whatever their entities
// are called.
type hash uint64

const newHash hash = 14695981039346656037

func (h hash) byte(b byte) hash { return (h ^ hash(b)) * 1099511628211 }

func (h hash) string(s string) hash {
	for i := range len(s) {
		h = h.byte(s[i])
	}
	return h.byte(0xff)
}

func (h hash) condition(c CheckedCondition) hash {
	switch c := c.(type) {
	case *CheckedComparison:
		h = h.byte(byte(c.Op)).string(c.Field.Path)
		if c.Not {
			h = h.byte(1)
		}
		return h.operand(c.Operand)
	case CheckedAny:
		h = h.byte(4)
		for i := range c {
			h = h.clause(&c[i])
		}
	case CheckedNone:
		h = h.byte(5).clause(c.CheckedClause)
	case CheckedSurely:
		h = h.byte(6).clause(c.CheckedClause)
	case CheckedExists:
		h = h.byte(7)
	case CheckedConstant:
		h = h.byte(8).byte(byte(c))
	}
	return h
}

func (h hash) operand(o CheckedOperand) hash {
	switch o := o.(type) {
	case *CheckedValue:
		return h.value(&o.Value)
	case *CheckedList:
		for i := range o.Values {
			h = h.value(&o.Values[i])
		}
	case *CheckedField:
		return h.byte(2).string(o.Field.Path)
	case *CheckedParam:
		return h.byte(3).string(string(o.Name))
	}
	return h
}

func (h hash) clause(c *CheckedClause) hash {
	h = h.byte(byte(len(c.Entities)))
	for _, condition := range c.Conditions {
		h = h.condition(condition)
	}
	return h
}

func (h hash) value(v *bson.RawValue) hash {
	return h.byte(byte(v.Type)).string(string(v.Value))
}

// hashes returns the hashes of a clause's conditions, but for True: it has all of those of a clause
// that it implies.
func (c *CheckedClause) hashes() []hash {
	out := make([]hash, 0, len(c.Conditions))
	for _, condition := range c.Conditions {
		if condition != CheckedCondition(CheckedConstant(filter.True)) {
			out = append(out, newHash.condition(condition))
		}
	}
	return out
}
