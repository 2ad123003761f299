// Package bsonpath reads values of raw BSON documents at dotted paths. It takes broken BSON for
// missing values.
package bsonpath

import (
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// Value returns the value at a path that leads through embedded documents only; the zero RawValue
// if there is none.
func Value(document bson.Raw, path []string) bson.RawValue {
	for _, step := range path[:len(path)-1] {
		v, err := document.LookupErr(step)
		if err != nil || v.Type != bson.TypeEmbeddedDocument {
			return bson.RawValue{}
		}
		document = v.Value
	}
	v, err := document.LookupErr(path[len(path)-1])
	if err != nil {
		return bson.RawValue{}
	}
	return v
}

// Values returns the values at a path that may lead through arrays of documents: the value itself
// and, of an array, its elements.
func Values(document bson.Raw, path []string) []bson.RawValue {
	return appendValues(nil, document, path)
}

func appendValues(to []bson.RawValue, document bson.Raw, path []string) []bson.RawValue {
	v, err := document.LookupErr(path[0])
	if err != nil {
		return to
	}
	values := []bson.RawValue{v}
	if v.Type == bson.TypeArray {
		elements, _ := bson.Raw(v.Value).Values()
		values = append(values, elements...)
	}
	if len(path) == 1 {
		return append(to, values...)
	}
	for _, v := range values {
		if v.Type == bson.TypeEmbeddedDocument {
			to = appendValues(to, v.Value, path[1:])
		}
	}
	return to
}

// IsAbsent reports whether nothing is stored, or null. The zero RawValue stands for a missing
// field.
func IsAbsent(v bson.RawValue) bool { return v.Type == 0 || v.Type == bson.TypeNull }

// Documents returns the elements of an array of documents. It is not ok for anything else.
func Documents(v bson.RawValue) (documents []bson.Raw, ok bool) {
	array, ok := v.ArrayOK()
	if !ok {
		return nil, false
	}
	values, err := array.Values()
	if err != nil {
		return nil, false
	}
	documents = make([]bson.Raw, len(values))
	for i, v := range values {
		if documents[i], ok = v.DocumentOK(); !ok {
			return nil, false
		}
	}
	return documents, true
}

// RepeatsName reports whether a document has a field twice, at any level. Broken BSON counts as
// that.
func RepeatsName(document bson.Raw) bool {
	fields, err := document.Elements()
	if err != nil {
		return true
	}
	seen := make(map[string]bool, len(fields))
	for _, field := range fields {
		key, v := field.Key(), field.Value()
		if seen[key] || isNested(v) && RepeatsName(v.Value) {
			return true
		}
		seen[key] = true
	}
	return false
}

func isNested(v bson.RawValue) bool {
	return v.Type == bson.TypeEmbeddedDocument || v.Type == bson.TypeArray
}

// TopLevel returns the first names of dotted paths, sorted, each once.
func TopLevel(paths []string) []string {
	names := make([]string, len(paths))
	for i, path := range paths {
		names[i], _, _ = strings.Cut(path, ".")
	}
	slices.Sort(names)
	return slices.Compact(names)
}
