package mongoauthz

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"github.com/mongoauthz/go-mongoauthz/evaluate"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz/internal/bsonpath"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz/internal/driver"
	"github.com/mongoauthz/go-mongoauthz/relations"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// holds reports whether documents made of a Go type can hold all that a decision reads of them. The
// structs that the schema was made of can. It is not known of raw documents, maps, and types that
// encode themselves.
//
// The error is an [*ArgumentError] that names a field that the type lacks: a document without the
// field would be judged as if the field were missing in the database.
func holds(s *relations.Schema, resource string, of reflect.Type, e *evaluate.Evaluator) (known bool, err error) {
	if of == nil || of.Kind() != reflect.Struct {
		return len(e.Paths()) == 0, nil
	}
	if typ, ok := s.Type(resource); ok && typ.Go == of {
		return true, nil
	}
	known = true
	for _, path := range e.Paths() {
		switch has, sure := s.HasField(of, path); {
		case !sure:
			known = false
		case !has:
			return false, &ArgumentError{Name: "resource", Problem: fmt.Sprintf(
				"a %s has no field for %q, which the policy reads of a %s: add the field and read it, or decide by ID", of, path, resource)}
		}
	}
	return known, nil
}

// goType returns the type of the Go value behind pointers; nil for nil.
func goType(document any) reflect.Type {
	v := driver.Indirect(document)
	if !v.IsValid() {
		return nil
	}
	return v.Type()
}

// FilterOption changes how [FilterAuthorized] takes its documents.
type FilterOption func(*filterSettings)

type filterSettings struct{ whole bool }

// WithWholeDocuments says that raw documents, maps, and values that encode themselves are whole:
// they have all fields that are stored. [FilterAuthorized] then judges them as they are.
func WithWholeDocuments() FilterOption { return func(s *filterSettings) { s.whole = true } }

// again reads documents again, by their _id, of which it is not known whether they are whole: those
// of some indexes. What is not there any more becomes nil.
func (az *Authorizer) again(ctx context.Context, action, resource string, e *evaluate.Evaluator, documents []bson.Raw, indexes []int) error {
	typ, _ := az.schema.Type(resource)
	ids := make([]bson.RawValue, len(indexes))
	for i, at := range indexes {
		id, err := documents[at].LookupErr("_id")
		switch {
		case err != nil && !errors.Is(err, bsoncore.ErrElementNotFound):
			return undecided(action, resource, &evaluate.DocumentError{Collection: typ.Collection})
		case err != nil:
			return &ArgumentError{Name: "documents", Problem: "one without an _id cannot be read again: leave the _id in, or say WithWholeDocuments if it has all fields that are stored"}
		}
		ids[i] = id
	}
	found, err := az.Fetcher().Fetch(ctx, evaluate.Request{
		Collection: typ.Collection, Match: []evaluate.Match{{Field: "_id", Keys: ids}},
		Fields: append(bsonpath.TopLevel(e.Reads(typ.Collection)), "_id"),
	})
	if err != nil {
		return err
	}
	byID := make(map[string]bson.Raw, len(found))
	for _, document := range found {
		byID[idText(document.Lookup("_id"))] = document
	}
	for i, at := range indexes {
		documents[at] = byID[idText(ids[i])]
		for _, document := range found { // a number may be stored as another type than it was handed in
			if documents[at] == nil && evaluate.Equal(document.Lookup("_id"), ids[i]) {
				documents[at] = document
			}
		}
	}
	return nil
}

func idText(id bson.RawValue) string { return string(id.Type) + string(id.Value) }
