package filter

import (
	"bytes"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// constant says what a comparison can never be, whatever the document.
func constant(c *Comparison) (neverTrue, neverFalse bool) {
	literal, ok := c.Operand.(Literal)
	if !ok {
		return false, false
	}
	switch c.Op {
	case In, Nin, Intersects, SubsetOf:
		values, isList := list(literal.Value)
		if !isList {
			return isNull(literal.Value), isNull(literal.Value)
		}
		nulls := 0
		for i := range values {
			if values[i].Type == bson.TypeNull || values[i].IsZero() {
				nulls++
			}
		}
		// A null adds an unknown to the OR of In and to the AND of SubsetOf. SubsetOf is true for an empty list, whatever the values.
		neverTrue, neverFalse = c.Op != SubsetOf && nulls == len(values), nulls > 0
	default:
		neverTrue, neverFalse = isNull(literal.Value), isNull(literal.Value)
	}
	if c.Not != (c.Op == Nin) {
		neverTrue, neverFalse = neverFalse, neverTrue
	}
	return neverTrue, neverFalse
}

// isNull reports whether a literal is null. What is no value is not null.
func isNull(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string, bool, int, int32, int64, float64, bson.ObjectID:
		return false
	case bson.RawValue:
		return v.Type == bson.TypeNull || v.IsZero()
	}
	r, err := Value(v)
	return err == nil && r.Type == bson.TypeNull
}

// list returns the elements of a literal that is a list of values.
func list(v any) (values []bson.RawValue, isList bool) {
	if raw, ok := v.([]bson.RawValue); ok {
		return raw, raw != nil
	}
	values, isList, err := Values(v)
	return values, isList && err == nil
}

// sameValue reports whether two literals are the same BSON. What is no value is the same as nothing.
func sameValue(a, b any) bool {
	switch a := a.(type) {
	case string:
		if b, ok := b.(string); ok {
			return a == b
		}
	case bson.RawValue:
		if b, ok := b.(bson.RawValue); ok {
			return a.Type == b.Type && bytes.Equal(a.Value, b.Value)
		}
	}
	as, aList, ok := values(a)
	if !ok {
		return false
	}
	bs, bList, ok := values(b)
	return ok && aList == bList && slices.EqualFunc(as, bs, bson.RawValue.Equal)
}

// values returns a literal as BSON: the elements of a list, or the one value.
func values(v any) (values []bson.RawValue, isList, ok bool) {
	values, isList, err := Values(v)
	if err != nil || isList {
		return values, isList, err == nil
	}
	r, err := Value(v)
	return []bson.RawValue{r}, false, err == nil
}
