package mql

import (
	"bytes"
	"cmp"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// Value is a value that a field is compared with: a literal, or a parameter.
type Value struct {
	Literal bson.RawValue // of a parameter: what it stood for when the plan was made
	Param   int           // the number of the parameter, counted from 1; 0 for a literal
}

// List is the values of an $in, and of its kin.
type List struct {
	Values []bson.RawValue // of a parameter: what it stood for when the plan was made
	Param  int             // of the whole list, or of its one value; 0 for literals
	Union  []List          // if not empty, the list is the union of these, sorted
}

// Binding is what a parameter stands for: one value, or a list.
type Binding struct {
	Value bson.RawValue
	List  []bson.RawValue // nil for one value
}

// Equal reports whether v and w are the same literal, or the same parameter.
func (v Value) Equal(w Value) bool {
	return v.Param == w.Param && (v.Param > 0 || v.Literal.Equal(w.Literal))
}

// Equal reports whether two lists have the same literals in the same order, or are the same
// parameter, or the union of equal lists.
func (l List) Equal(m List) bool {
	switch {
	case l.Param != m.Param || len(l.Union) != len(m.Union):
		return false
	case l.Param > 0:
		return true
	case len(l.Union) > 0:
		return slices.EqualFunc(l.Union, m.Union, List.Equal)
	default:
		return slices.EqualFunc(l.Values, m.Values, bson.RawValue.Equal)
	}
}

// ListOf returns the list of one value.
func ListOf(v Value) List { return List{Values: []bson.RawValue{v.Literal}, Param: v.Param} }

// Union returns what lists hold, sorted by [CompareBytes], each value once.
func Union(lists ...List) List {
	var out List
	fixed := true
	for _, l := range lists {
		fixed = fixed && l.Param == 0 && len(l.Union) == 0
		if len(l.Union) > 0 {
			out.Union = append(out.Union, l.Union...)
		} else {
			out.Union = append(out.Union, l)
		}
		out.Values = append(out.Values, l.Values...)
	}
	if out.Values = Sort(out.Values); fixed {
		out.Union = nil
	}
	return out
}

// CompareBytes orders values by their types and bytes. It is no order of MongoDB's.
func CompareBytes(a, b bson.RawValue) int {
	if a.Type != b.Type {
		return cmp.Compare(a.Type, b.Type)
	}
	return bytes.Compare(a.Value, b.Value)
}

func same(a, b bson.RawValue) bool { return CompareBytes(a, b) == 0 }

// Sort sorts values in place by [CompareBytes], and keeps each once.
func Sort(values []bson.RawValue) []bson.RawValue {
	slices.SortFunc(values, CompareBytes)
	return slices.CompactFunc(values, same)
}

// bound returns the values of a list, with what the parameters stand for.
func (l List) bound(bindings []Binding) []bson.RawValue {
	switch {
	case l.Param > 0:
		b := &bindings[l.Param-1]
		if b.List == nil {
			return []bson.RawValue{b.Value}
		}
		return b.List
	case len(l.Union) > 0:
		var out []bson.RawValue
		for _, part := range l.Union {
			out = append(out, part.bound(bindings)...)
		}
		return Sort(out)
	default:
		return l.Values
	}
}

// EqualValues reports whether two lists hold the same bytes in the same order.
func EqualValues(a, b []bson.RawValue) bool { return slices.EqualFunc(a, b, same) }

// WithoutNulls returns the values but for nulls: values itself if there are none.
func WithoutNulls(values []bson.RawValue) []bson.RawValue {
	isNull := func(v bson.RawValue) bool { return v.Type == bson.TypeNull }
	if !slices.ContainsFunc(values, isNull) {
		return values
	}
	return slices.DeleteFunc(slices.Clone(values), isNull)
}
