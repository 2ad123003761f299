package mongoauthz

import (
	"errors"
	"fmt"
	"reflect"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz/internal/driver"
	"github.com/mongoauthz/go-mongoauthz/relations"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// encode returns a document as the schema's encoder, which is the client's, would send it. Its
// errors show nothing of it, which the driver's might.
func (az *Authorizer) encode(document any) (bson.Raw, error) {
	switch d := document.(type) {
	case bson.Raw:
		return d, nil
	case []byte:
		return d, nil
	}
	if driver.IsNil(document) {
		return nil, &ArgumentError{Name: "resource", Problem: "the document is nil"}
	}
	if driver.Indirect(document).Type() == reflect.TypeFor[Resource]() { // its fields are not exported: it would be the empty document
		return nil, &ArgumentError{Name: "resource", Problem: "the document is a Resource itself"}
	}
	raw, err := az.schema.Marshal(document)
	if err != nil {
		return nil, &ArgumentError{Name: "resource", Problem: fmt.Sprintf("a %T cannot be encoded as a BSON document", document)}
	}
	return raw, nil
}

// encodeID returns an _id in BSON.
func (az *Authorizer) encodeID(id any) (bson.RawValue, error) {
	v, err := az.schema.Value(id)
	var m *filter.MalformedError
	switch {
	case errors.As(err, &m):
		return bson.RawValue{}, &ArgumentError{Name: "id", Problem: m.Problem}
	case err != nil:
		return bson.RawValue{}, &ArgumentError{Name: "id", Problem: "cannot be encoded as BSON"}
	case v.Type == bson.TypeNull:
		return bson.RawValue{}, &ArgumentError{Name: "id", Problem: "is null"}
	}
	return v, nil
}

// convertID returns an _id in the type that the schema, which has to be bound, declares for it, if
// it does. A text is read as what it names in that type. It is not ok for a text that names none:
// there is no such document.
func convertID(s *relations.Schema, resource string, id bson.RawValue) (_ bson.RawValue, ok bool, err error) {
	typ, _ := s.Type(resource)
	declared, ok := s.Field(typ, "_id")
	if !ok {
		return id, true, nil
	}
	if text, isText := id.StringValueOK(); isText {
		v, ok := s.FromText(declared.Field, text)
		return v, ok, nil
	}
	f, err := s.Check(filter.For(resource, filter.Where(filter.F("_id").Eq(id))))
	if err != nil {
		return id, false, &ArgumentError{Name: "id", Problem: fmt.Sprintf(
			"is a BSON %s, and the _id of a %s is declared as %s: pass a value of that type, or its text", id.Type, resource, declared.Type)}
	}
	comparison, _ := f.Clauses()[0].Conditions[0].(*relations.CheckedComparison)
	operand, ok := comparison.Operand.(*relations.CheckedValue)
	if !ok {
		return id, false, &ArgumentError{Name: "id", Problem: "cannot be compared"}
	}
	return operand.Value, true, nil
}
