package write

import (
	"fmt"
	"slices"

	"github.com/mongoauthz/go-mongoauthz/mongoauthz/internal/bsonpath"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz/internal/fetch"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// emptyDocument is the length of an empty document in BSON.
const emptyDocument = 5

// IsEmpty reports whether a document has no fields.
func IsEmpty(document bson.Raw) bool { return len(document) <= emptyDocument }

// Around returns a caller's filter, which is valid BSON, as stages before and after the
// authorization: all after it that can be, as an expression that fails on a document would tell of
// it. First stand an equality of the _id, which cannot fail and saves reading all documents, and
// $text, which has to.
func Around(filter bson.Raw) (first, last []bson.D) {
	fields, _ := filter.Elements()
	var before, after bson.D
	for _, field := range fields {
		key, v := field.Key(), field.Value()
		if holdsText(key, v) {
			before = append(before, bson.E{Key: key, Value: v})
			continue
		}
		if key == "_id" && plain(v) {
			before = append(before, fetch.ByID(v)...)
		}
		after = append(after, bson.E{Key: key, Value: v})
	}
	if len(before) > 0 {
		first = []bson.D{{{Key: "$match", Value: before}}}
	}
	if len(after) > 0 {
		last = []bson.D{{{Key: "$match", Value: after}}}
	}
	return first, last
}

// holdsText reports whether a condition of a filter is a search in the text index, or combines
// others with one.
func holdsText(key string, v bson.RawValue) bool {
	switch key {
	case "$text":
		return true
	case "$and", "$or", "$nor":
		combined, _ := bsonpath.Documents(v)
		return slices.ContainsFunc(combined, func(d bson.Raw) bool {
			fields, _ := d.Elements()
			return slices.ContainsFunc(fields, func(f bson.RawElement) bool { return holdsText(f.Key(), f.Value()) })
		})
	default:
		return false
	}
}

// plain reports whether a value in a filter is a scalar that means itself.
func plain(v bson.RawValue) bool {
	switch v.Type {
	case bson.TypeObjectID, bson.TypeString, bson.TypeInt32, bson.TypeInt64, bson.TypeDouble, bson.TypeDecimal128,
		bson.TypeBinary, bson.TypeBoolean, bson.TypeDateTime:
		return true
	default:
		return false
	}
}

// AllOf returns the filter for the documents that match all of some filters, which are documents.
func AllOf(filters []any) any {
	filters = slices.DeleteFunc(filters, func(f any) bool {
		switch f := f.(type) {
		case bson.D:
			return len(f) == 0
		case bson.Raw:
			return IsEmpty(f)
		default:
			return false
		}
	})
	switch len(filters) {
	case 0:
		return bson.D{}
	case 1:
		return filters[0]
	default:
		return bson.D{{Key: "$and", Value: bson.A(filters)}}
	}
}

// Unchanged returns the conditions under which top-level fields of a document are as they were
// read, to the query's collation. A number that is equal is the same, whatever its type.
func Unchanged(document bson.Raw, fields []string) []any {
	var conditions []any
	var equal bson.A
	for _, field := range fields {
		if field == "_id" {
			continue
		}
		if v, err := document.LookupErr(field); err == nil {
			literal := bson.D{{Key: "$literal", Value: v}}
			equal = append(equal, bson.D{{Key: "$eq", Value: bson.A{"$" + field, literal}}})
		} else {
			conditions = append(conditions, bson.D{{Key: field, Value: bson.D{{Key: "$exists", Value: false}}}})
		}
	}
	if len(equal) > 0 {
		conditions = append(conditions, bson.D{{Key: "$expr", Value: bson.D{{Key: "$and", Value: equal}}}})
	}
	return conditions
}

// Identities returns the _ids of documents.
func Identities(documents []bson.Raw) map[string]bool {
	all := make(map[string]bool, len(documents))
	for _, document := range documents {
		id := document.Lookup("_id")
		all[fmt.Sprintf("%d %s", id.Type, id.Value)] = true
	}
	return all
}
