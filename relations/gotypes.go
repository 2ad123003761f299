package relations

import (
	"encoding/json"
	"net/url"
	"reflect"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// goTypes are the Go types that the driver encodes by name; 0 for those no comparison accepts.
var goTypes = map[reflect.Type]ValueType{
	reflect.TypeFor[time.Time]():          Date,
	reflect.TypeFor[bson.DateTime]():      Date,
	reflect.TypeFor[bson.ObjectID]():      ObjectID,
	reflect.TypeFor[bson.Decimal128]():    Number,
	reflect.TypeFor[json.Number]():        Number,
	reflect.TypeFor[bson.Binary]():        Binary,
	reflect.TypeFor[bson.Vector]():        Binary,
	reflect.TypeFor[bson.Timestamp]():     Timestamp,
	reflect.TypeFor[bson.Raw]():           Document,
	reflect.TypeFor[bson.RawValue]():      AnyType,
	reflect.TypeFor[url.URL]():            String,
	reflect.TypeFor[bson.RawArray]():      0,
	reflect.TypeFor[bson.Regex]():         0,
	reflect.TypeFor[bson.JavaScript]():    0,
	reflect.TypeFor[bson.CodeWithScope](): 0,
	reflect.TypeFor[bson.Symbol]():        0,
	reflect.TypeFor[bson.DBPointer]():     0,
	reflect.TypeFor[bson.Undefined]():     0,
	reflect.TypeFor[bson.Null]():          0,
	reflect.TypeFor[bson.MinKey]():        0,
	reflect.TypeFor[bson.MaxKey]():        0,
}

var (
	goByte          = reflect.TypeFor[byte]()
	goElement       = reflect.TypeFor[bson.E]()
	goDocument      = reflect.TypeFor[bson.D]()
	valueMarshaler  = reflect.TypeFor[bson.ValueMarshaler]()
	documentMarshal = reflect.TypeFor[bson.Marshaler]()
	zeroer          = reflect.TypeFor[bson.Zeroer]()
)

// valueTypeOf returns the value type of what the driver stores by default for a Go type that is no
// pointer, no list and no document with fields; 0 if it stores none that compares.
func valueTypeOf(t reflect.Type) ValueType {
	if v, ok := goTypes[t]; ok {
		return v
	}
	switch t.Kind() {
	case reflect.String:
		return String
	case reflect.Bool:
		return Bool
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64,
		reflect.Float32, reflect.Float64:
		return Number
	case reflect.Map:
		return Document
	case reflect.Interface:
		return AnyType
	case reflect.Slice, reflect.Array:
		switch {
		case t.Elem() == goByte:
			return Binary
		case isElements(t):
			return Document
		}
	}
	return 0
}

// subtypeOf returns the subtype of the binary that the driver stores by default for a Go type.
func subtypeOf(t reflect.Type) *byte {
	switch {
	case t == reflect.TypeFor[bson.Vector]():
		return new(bson.TypeBinaryVector)
	case t == reflect.TypeFor[bson.Binary]():
		return nil // the value says it
	default:
		return new(bson.TypeBinaryGeneric)
	}
}

// isList reports whether the driver stores an array by default for a Go type.
func isList(t reflect.Type) bool {
	if t.Kind() != reflect.Slice && t.Kind() != reflect.Array {
		return false
	}
	_, named := goTypes[t]
	return !named && t.Elem() != goByte && !isElements(t)
}

// isDocument reports whether the driver stores, by default, a document with a key for each field of
// the Go type.
func isDocument(t reflect.Type) bool {
	_, named := goTypes[t]
	return t.Kind() == reflect.Struct && !named
}

// isElements reports whether a slice or array is a document like bson.D.
func isElements(t reflect.Type) bool { return t.Elem() == goElement || t.ConvertibleTo(goDocument) }

// marshals reports whether a type, or a pointer to it, encodes itself.
func marshals(t reflect.Type) bool {
	return implements(t, valueMarshaler) || implements(t, documentMarshal)
}

func implements(t, i reflect.Type) bool {
	return t.Kind() != reflect.Interface && (t.Implements(i) || reflect.PointerTo(t).Implements(i))
}

// maxPointers bounds how many pointers of a type are followed: a Go type may be a pointer to
// itself.
const maxPointers = 100

func dereference(t reflect.Type) reflect.Type {
	for n := 0; t.Kind() == reflect.Pointer && n < maxPointers; n++ {
		t = t.Elem()
	}
	return t
}
