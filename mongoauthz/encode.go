package mongoauthz

import (
	"bytes"
	"fmt"
	"reflect"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/relations"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// encode returns a document as the driver would send it. Its errors show nothing of it, which the driver's might.
func (az *Authorizer) encode(document any) (bson.Raw, error) {
	switch d := document.(type) {
	case bson.Raw:
		return d, nil
	case []byte:
		return d, nil
	}
	if isNil(document) {
		return nil, &ArgumentError{Name: "resource", Problem: "the document is nil"}
	}
	if indirect(document).Type() == reflect.TypeFor[Resource]() { // its fields are not exported: it would be the empty document
		return nil, &ArgumentError{Name: "resource", Problem: "the document is a Resource itself"}
	}
	var out bytes.Buffer
	if err := az.encoder(&out).Encode(document); err != nil {
		return nil, &ArgumentError{Name: "resource", Problem: fmt.Sprintf("a %T cannot be encoded as a BSON document", document)}
	}
	return out.Bytes(), nil
}

// encoder returns an encoder set as the driver sets its own.
func (az *Authorizer) encoder(out *bytes.Buffer) *bson.Encoder {
	e := bson.NewEncoder(bson.NewDocumentWriter(out))
	for _, option := range []struct {
		on  bool
		set func()
	}{
		{az.bson.ErrorOnInlineDuplicates, e.ErrorOnInlineDuplicates},
		{az.bson.IntMinSize, e.IntMinSize},
		{az.bson.NilByteSliceAsEmpty, e.NilByteSliceAsEmpty},
		{az.bson.NilMapAsEmpty, e.NilMapAsEmpty},
		{az.bson.NilSliceAsEmpty, e.NilSliceAsEmpty},
		{az.bson.OmitZeroStruct, e.OmitZeroStruct},
		{az.bson.OmitEmpty, e.OmitEmpty},
		{az.bson.StringifyMapKeysWithFmt, e.StringifyMapKeysWithFmt},
		{az.bson.UseJSONStructTags, e.UseJSONStructTags},
	} {
		if option.on {
			option.set()
		}
	}
	if az.registry != nil {
		e.SetRegistry(az.registry)
	}
	return e
}

// encodeID returns an _id in BSON.
func (az *Authorizer) encodeID(id any) (bson.RawValue, error) {
	wrapped, err := az.encode(bson.D{{Key: "_id", Value: id}})
	if err != nil {
		return bson.RawValue{}, &ArgumentError{Name: "id", Problem: fmt.Sprintf("a %T cannot be encoded as BSON", id)}
	}
	v, err := filter.Value(wrapped.Lookup("_id"))
	switch {
	case err != nil:
		return bson.RawValue{}, &ArgumentError{Name: "id", Problem: "is of a BSON type that is not compared"}
	case v.Type == bson.TypeNull:
		return bson.RawValue{}, &ArgumentError{Name: "id", Problem: "is null"}
	}
	return v, nil
}

// convertID returns an _id in the type that the schema, which has to be bound, declares for it, if it does.
func convertID(s *relations.Schema, resource string, id bson.RawValue) (bson.RawValue, error) {
	typ, ok := s.Type(resource)
	if !ok {
		return id, nil
	}
	if _, declared := s.Field(typ, "_id"); !declared {
		return id, nil
	}
	f, err := s.Check(filter.For(resource, filter.Where(filter.F("_id").Eq(id))))
	if err != nil {
		return bson.RawValue{}, &ArgumentError{Name: "id", Problem: fmt.Sprintf("is no _id of a %s, as the schema declares it", resource)}
	}
	comparison, _ := f.Clauses[0].Conditions[0].(filter.Comparison)
	literal, _ := comparison.Operand.(filter.Literal)
	v, ok := literal.Value.(bson.RawValue)
	if !ok {
		return bson.RawValue{}, &ArgumentError{Name: "id", Problem: "cannot be compared"}
	}
	return v, nil
}
