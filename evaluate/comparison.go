package evaluate

import (
	"bytes"
	"unicode/utf8"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

// comparison is a comparison with its names resolved. Its operator is one of the positive ones
// (Eq, Lt, Lte, Gt, Gte, In, SubsetOf, IsNull and the text operators); not holds what Ne, Nin, IsSet and Not add to it.
// Contains and Intersects are Eq and In.
type comparison struct {
	field   field
	op      filter.Operator
	not     bool
	operand operand
}

// operand is a value, a list of values, or another field.
type operand struct {
	null   bool            // null as a whole
	value  bson.RawValue   // for operators that compare with one value
	values []bson.RawValue // for In and SubsetOf: those that are not null
	nulls  bool            // for In and SubsetOf: there is a null among the values
	field  *field
}

// field is a declared field of an entity, with the way to what is stored there.
type field struct {
	slot        int      // the entity whose document is read
	top         int      // of the resource: the number of the path's first name in decision.tops, from 1; 0 if it is not there
	path        []string // in that document; nil if the entity ranges over keys: then the key is the value
	typ         relations.ValueType
	list        bool
	absentEmpty bool
	zero        bson.RawValue // what a missing field is in comparisons; of no type for none
	strict      bool
	name        string // as the filter writes it, for explanations
}

// empty is the array that stands for missing or null where that is declared.
var empty = bson.RawValue{Type: bson.TypeArray, Value: []byte{5, 0, 0, 0, 0}}

// read returns what is stored at a field.
func (d *decision) read(f *field) (bson.RawValue, presence) {
	if f.top > 0 {
		return inside(d.tops[f.top-1], f.path[1:])
	}
	switch c := d.at(f.slot); {
	case c.kind == phantom:
		return bson.RawValue{}, unreached
	case f.path == nil:
		return c.key, stored
	default:
		return lookup(c.document, f.path)
	}
}

// holds decides a comparison: the positive one, and the three-valued NOT of it.
func (d *decision) holds(c *comparison) (Truth, finding) {
	t, found := d.positive(c)
	if c.not {
		t = not(t)
	}
	return t, found
}

// positive decides a comparison as if it were not negated. What is found tells why it is unknown.
func (d *decision) positive(c *comparison) (Truth, finding) {
	v, p := d.read(&c.field)
	switch {
	case p == unreached:
		return Unknown, finding{why: NotReached}
	case c.operand.field != nil:
		return d.fields(c, v, p)
	case p == detached:
		return Unknown, finding{why: Detached}
	case c.op == filter.IsNull:
		return truth(p != stored), finding{}
	case c.operand.null:
		return Unknown, finding{why: NullOperand}
	case p == orphaned:
		return Unknown, finding{why: Missing}
	case p != stored && c.field.list && c.field.absentEmpty:
		v = empty
	case p == missing && c.field.zero.Type != 0:
		v = c.field.zero
	case p == missing:
		return Unknown, finding{why: Missing}
	case p == null:
		return Unknown, finding{why: Null}
	}
	isArray := v.Type == bson.TypeArray
	switch {
	case isArray && c.field.list:
		return c.overElements(v)
	case !isArray && !c.field.list:
		return c.one(v)
	}
	// Another shape than declared: true if what is stored satisfies the comparison, and never false.
	t := False
	switch {
	case c.field.strict || c.op == filter.SubsetOf:
	case isArray:
		t, _ = c.overElements(v)
	default:
		t, _ = c.one(v)
	}
	if t == True {
		return True, finding{}
	}
	if isArray {
		return Unknown, finding{why: Array}
	}
	return Unknown, finding{why: NoArray}
}

// overElements decides a comparison on an array, one level deep: the OR over its elements, and the AND for SubsetOf.
func (c *comparison) overElements(array bson.RawValue) (Truth, finding) {
	t, combine := False, or
	if c.op == filter.SubsetOf {
		t, combine = True, and
	}
	var found finding
	for _, v := range elements(array.Value) {
		one, why := c.one(v)
		t = combine(t, one)
		if one == Unknown {
			found = why.ofElement()
		}
	}
	if c.op == filter.In && c.operand.nulls && t == False { // [] has no element that would have found the null
		return Unknown, finding{why: NullOperand}
	}
	return t, found
}

// one decides a comparison on one stored value, or on one element of a stored array.
// Only a value of the declared type can make it false.
func (c *comparison) one(v bson.RawValue) (Truth, finding) {
	otherwise, found := False, finding{}
	if !declared(c.field.typ, v) {
		otherwise, found = Unknown, finding{why: OtherType}
		if v.Type == bson.TypeNull {
			found.why = Null
		}
		if c.field.strict {
			return otherwise, found
		}
	}
	switch c.op {
	case filter.Eq:
		if Equal(v, c.operand.value) {
			return True, finding{}
		}
	case filter.In, filter.SubsetOf:
		for _, w := range c.operand.values {
			if Equal(v, w) {
				return True, finding{}
			}
		}
		if c.operand.nulls && otherwise == False {
			return Unknown, finding{why: NullOperand}
		}
	case filter.Lt, filter.Lte, filter.Gt, filter.Gte:
		sign, ok := Order(v, c.operand.value)
		switch {
		case !ok && isNaN(v):
			return Unknown, finding{why: NaN}
		case !ok:
			return Unknown, finding{why: OtherType}
		case ordered(c.op, sign):
			return True, finding{}
		}
	case filter.StartsWith, filter.EndsWith, filter.ContainsText:
		if v.Type != bson.TypeString || !utf8.Valid(text(v)) {
			return Unknown, finding{why: OtherType}
		}
		if texted(c.op, text(v), text(c.operand.value)) {
			return True, finding{}
		}
	default:
		return Unknown, finding{}
	}
	if found.why == OtherType && (c.op == filter.Eq || c.op == filter.In) && c.operand.isHexOf(v) {
		found.why = HexText
	}
	return otherwise, found
}

func ordered(op filter.Operator, sign int) bool {
	switch op {
	case filter.Lt:
		return sign < 0
	case filter.Lte:
		return sign <= 0
	case filter.Gt:
		return sign > 0
	case filter.Gte:
		return sign >= 0
	default:
		return false
	}
}

func texted(op filter.Operator, s, needle []byte) bool {
	switch op {
	case filter.StartsWith:
		return bytes.HasPrefix(s, needle)
	case filter.EndsWith:
		return bytes.HasSuffix(s, needle)
	case filter.ContainsText:
		return bytes.Contains(s, needle)
	default:
		return false
	}
}

// fields decides a comparison of two fields. Eq and the orders compare two single values, In a single value with a list.
func (d *decision) fields(c *comparison, left bson.RawValue, p presence) (Truth, finding) {
	other := c.operand.field
	right, q := d.read(other)
	if q == unreached {
		return Unknown, finding{NotReached, true}
	}
	left, p = c.field.orZero(left, p)
	right, q = other.orZero(right, q)
	if why := single(&c.field, left, p); why != 0 {
		return Unknown, finding{why: why}
	}
	if c.op == filter.In {
		return in(left, other, right, q)
	}
	if why := single(other, right, q); why != 0 {
		return Unknown, finding{why, true}
	}
	if c.op == filter.Eq {
		return truth(equal(left, right)), finding{}
	}
	sign, ok := Order(left, right)
	switch {
	case !ok && isNaN(left):
		return Unknown, finding{why: NaN}
	case !ok && isNaN(right):
		return Unknown, finding{NaN, true}
	case !ok:
		return Unknown, finding{}
	}
	return truth(ordered(c.op, sign)), finding{}
}

// equal is [Equal] of two values that are compared as such: then a NaN equals nothing.
func equal(a, b bson.RawValue) bool { return Equal(a, b) && !isNaN(a) }

// orZero returns what is stored at a field, or what it is in comparisons where it is missing.
func (f *field) orZero(v bson.RawValue, p presence) (bson.RawValue, presence) {
	if p == missing && f.zero.Type != 0 {
		return f.zero, stored
	}
	return v, p
}

// in decides whether a value is an element of a list field: the OR over the elements of "equals".
func in(v bson.RawValue, list *field, stored bson.RawValue, p presence) (Truth, finding) {
	switch {
	case p == detached:
		return Unknown, finding{Detached, true}
	case p == orphaned:
		return Unknown, finding{Missing, true}
	case (p == missing || p == null) && list.absentEmpty:
		stored = empty
	case p == missing:
		return Unknown, finding{Missing, true}
	case p == null:
		return Unknown, finding{Null, true}
	case stored.Type != bson.TypeArray:
		return Unknown, finding{NoArray, true}
	}
	t, found := False, finding{}
	for _, e := range elements(stored.Value) {
		if single(list, e, present(e)) != 0 {
			t, found = or(t, Unknown), finding{OtherElement, true}
			continue
		}
		t = or(t, truth(equal(v, e)))
	}
	return t, found
}

// single says why a value is not one of the field's declared type that compares with another field's, or 0 if it is one.
func single(f *field, v bson.RawValue, p presence) Why {
	switch {
	case p == detached:
		return Detached
	case p == missing, p == orphaned:
		return Missing
	case p == null:
		return Null
	case v.Type == bson.TypeArray:
		return Array
	case !declared(f.typ, v):
		return OtherType
	default:
		return 0
	}
}

func present(v bson.RawValue) presence {
	if v.Type == bson.TypeNull {
		return null
	}
	return stored
}

// declared reports whether a stored value is one of a declared type. Null is none of any.
func declared(t relations.ValueType, v bson.RawValue) bool {
	switch t {
	case relations.AnyType:
		return v.Type != bson.TypeNull
	case relations.Number:
		return classOf(v.Type) == numbers
	case relations.String:
		return v.Type == bson.TypeString
	case relations.Bool:
		return v.Type == bson.TypeBoolean
	case relations.ObjectID:
		return v.Type == bson.TypeObjectID
	case relations.Date:
		return v.Type == bson.TypeDateTime
	case relations.Binary:
		return v.Type == bson.TypeBinary
	case relations.Timestamp:
		return v.Type == bson.TypeTimestamp
	case relations.Document:
		return v.Type == bson.TypeEmbeddedDocument
	default:
		return false
	}
}
