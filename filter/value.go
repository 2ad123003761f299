package filter

import (
	"encoding/binary"
	"fmt"
	"math"
	"reflect"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// Value returns a Go value as the BSON value that a comparison uses.
//
// Accepted are what the driver encodes as a string, bool, int32, int64, finite double, Decimal128, date (cut to milliseconds),
// ObjectID, binary, timestamp or null (a nil of any kind), and an embedded document given as bson.D or raw BSON.
// Refused, with a [*MalformedError], are arrays, regular expressions, code, undefined, symbols, DBPointers, MinKey, MaxKey, NaN, and maps, whose
// fields have no order (DESIGN section 5, rule 9).
func Value(v any) (bson.RawValue, error) {
	switch v := v.(type) {
	case nil:
		return bson.RawValue{Type: bson.TypeNull}, nil
	case string:
		b := make([]byte, 0, len(v)+5)
		b = binary.LittleEndian.AppendUint32(b, uint32(len(v)+1))
		return bson.RawValue{Type: bson.TypeString, Value: append(append(b, v...), 0)}, nil
	case bool:
		if v {
			return bson.RawValue{Type: bson.TypeBoolean, Value: []byte{1}}, nil
		}
		return bson.RawValue{Type: bson.TypeBoolean, Value: []byte{0}}, nil
	case int32:
		return bson.RawValue{Type: bson.TypeInt32, Value: binary.LittleEndian.AppendUint32(nil, uint32(v))}, nil
	case int64:
		return bson.RawValue{Type: bson.TypeInt64, Value: binary.LittleEndian.AppendUint64(nil, uint64(v))}, nil
	case int:
		if v >= math.MinInt32 && v <= math.MaxInt32 {
			return Value(int32(v))
		}
		return Value(int64(v))
	case float64:
		r := bson.RawValue{Type: bson.TypeDouble, Value: binary.LittleEndian.AppendUint64(nil, math.Float64bits(v))}
		return r, acceptable(r)
	case bson.ObjectID:
		return bson.RawValue{Type: bson.TypeObjectID, Value: append([]byte(nil), v[:]...)}, nil
	case time.Time:
		return bson.RawValue{Type: bson.TypeDateTime, Value: binary.LittleEndian.AppendUint64(nil, uint64(v.UnixMilli()))}, nil
	case bson.RawValue:
		if v.Type == 0 && v.Value == nil {
			return bson.RawValue{Type: bson.TypeNull}, nil
		}
		if err := v.Validate(); err != nil {
			return bson.RawValue{}, malformed("", "malformed BSON value")
		}
		return v, acceptable(v)
	case Operand, Condition:
		// Encoded, it would be a value that nobody meant: a Param the text of its name.
		return bson.RawValue{}, malformed("", fmt.Sprintf("a %T is no value", v))
	}
	if !ordered(reflect.ValueOf(v), maxNesting) {
		return bson.RawValue{}, malformed("", fmt.Sprintf("a %T holds a map, whose fields have no order, or nests too deep", v))
	}
	t, b, err := bson.MarshalValue(v)
	if err != nil {
		return bson.RawValue{}, malformed("", fmt.Sprintf("a %T cannot be encoded as BSON", v))
	}
	r := bson.RawValue{Type: t, Value: b}
	if t == bson.TypeEmbeddedDocument {
		switch v.(type) {
		case bson.D, bson.Raw:
		default:
			return bson.RawValue{}, malformed("", fmt.Sprintf("a %T given as a document: use bson.D", v))
		}
	}
	return r, acceptable(r)
}

// Values returns the elements of a Go slice or array, or of a BSON array, as BSON values; a nil slice is null as a whole.
// isList is false if v is none of these; []byte and byte arrays are binary values, no lists.
func Values(v any) (values []bson.RawValue, isList bool, err error) {
	switch v := v.(type) {
	case []bson.RawValue:
		if v == nil {
			return nil, false, nil
		}
		values = make([]bson.RawValue, 0, len(v))
		for i := range v {
			r, err := Value(v[i])
			if err != nil {
				return nil, true, at(i, err)
			}
			values = append(values, r)
		}
		return values, true, nil
	case bson.RawValue:
		if v.Type != bson.TypeArray {
			return nil, false, nil
		}
		if err := v.Validate(); err != nil {
			return nil, true, malformed("", "malformed BSON value")
		}
		values, err = v.Array().Values()
		if err != nil {
			return nil, true, malformed("", "malformed BSON value")
		}
		return Values(append([]bson.RawValue{}, values...))
	case bson.RawArray:
		if v == nil {
			return nil, false, nil
		}
		return Values(bson.RawValue{Type: bson.TypeArray, Value: v})
	case bson.Raw, bson.D:
		return nil, false, nil
	}
	rv := reflect.ValueOf(v)
	if (rv.Kind() != reflect.Slice && rv.Kind() != reflect.Array) || rv.Type().Elem().Kind() == reflect.Uint8 || rv.Type() == reflect.TypeFor[bson.ObjectID]() {
		return nil, false, nil
	}
	if rv.Kind() == reflect.Slice && rv.IsNil() {
		return nil, false, nil
	}
	if _, custom := v.(bson.ValueMarshaler); custom {
		return nil, false, nil
	}
	values = make([]bson.RawValue, 0, rv.Len())
	for i := range rv.Len() {
		r, err := Value(rv.Index(i).Interface())
		if err != nil {
			return nil, true, at(i, err)
		}
		values = append(values, r)
	}
	return values, true, nil
}

func at(i int, err error) error {
	if m, ok := err.(*MalformedError); ok {
		return malformed(strings.TrimSuffix("element "+itoa(i)+": "+m.Where, ": "), m.Problem)
	}
	return err
}

// acceptable refuses the BSON types that rule 9 refuses, and documents that are not well-formed.
func acceptable(v bson.RawValue) error {
	switch v.Type {
	case bson.TypeString, bson.TypeBoolean, bson.TypeInt32, bson.TypeInt64, bson.TypeDateTime, bson.TypeObjectID, bson.TypeBinary, bson.TypeTimestamp, bson.TypeNull:
		return nil
	case bson.TypeDouble:
		if math.IsNaN(v.Double()) {
			return malformed("", "NaN compares with nothing")
		}
		return nil
	case bson.TypeDecimal128:
		if v.Decimal128().IsNaN() {
			return malformed("", "NaN compares with nothing")
		}
		return nil
	case bson.TypeEmbeddedDocument:
		if bson.Raw(v.Value).Validate() != nil {
			return malformed("", "malformed BSON value")
		}
		return nil
	default:
		return malformed("", "a BSON "+v.Type.String()+" is no value to compare with")
	}
}

// maxNesting is how deep MongoDB nests documents.
const maxNesting = 100

// ordered reports whether a value holds no Go map, whose fields the driver would encode in random order, within depth levels.
func ordered(v reflect.Value, depth int) bool {
	if depth == 0 {
		return false
	}
	switch v.Kind() {
	case reflect.Map:
		return v.IsNil()
	case reflect.Pointer, reflect.Interface:
		return v.IsNil() || ordered(v.Elem(), depth-1)
	case reflect.Slice, reflect.Array:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return true
		}
		for i := range v.Len() {
			if !ordered(v.Index(i), depth-1) {
				return false
			}
		}
		return true
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() && !ordered(v.Field(i), depth-1) {
				return false
			}
		}
		return true
	default:
		return true
	}
}
