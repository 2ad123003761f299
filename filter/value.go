package filter

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"reflect"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// Value returns a Go value as the BSON value that a comparison uses.
//
// Accepted are what the driver encodes as a string, bool, int32, int64, finite or infinite double, Decimal128, date (cut to
// milliseconds), ObjectID, binary, timestamp or null (a nil of any kind but a map), and an embedded document given as bson.D, as
// raw BSON or as a struct. Refused, with a [*MalformedError] that never shows the value, are arrays, regular expressions, code,
// undefined, symbols, DBPointers, MinKey, MaxKey and NaN; maps, whose fields have no order; all of
// these inside an embedded document too, but for arrays; conditions and operands; broken BSON; and values that nest deeper than
// 100 levels, such as one that holds itself.
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
	case bson.ObjectID:
		return bson.RawValue{Type: bson.TypeObjectID, Value: append([]byte(nil), v[:]...)}, nil
	case time.Time:
		return bson.RawValue{Type: bson.TypeDateTime, Value: binary.LittleEndian.AppendUint64(nil, uint64(v.UnixMilli()))}, nil
	case bson.RawValue:
		if v.Type == 0 && len(v.Value) == 0 {
			return bson.RawValue{Type: bson.TypeNull}, nil
		}
		v.Value = bytes.Clone(v.Value) // the caller may write to it later
		return checked(v)
	case bson.RawArray: // the driver would make binary of it
		if v == nil {
			return Value(nil)
		}
		return Value(bson.RawValue{Type: bson.TypeArray, Value: v})
	}
	if problem := unordered(v); problem != "" {
		return bson.RawValue{}, malformed("", problem)
	}
	r, ok := encode(v)
	if !ok {
		return bson.RawValue{}, malformed("", fmt.Sprintf("a %T cannot be encoded as BSON", v))
	}
	return checked(r)
}

// Values returns the elements of a Go slice or array, or of a BSON array, as BSON values. isList is false if v is none of these:
// a nil slice is null as a whole, []byte and byte arrays are binary values, bson.D and slices like it are documents.
func Values(v any) (values []bson.RawValue, isList bool, err error) {
	switch v := v.(type) {
	case []bson.RawValue:
		if v == nil {
			return nil, false, nil
		}
		values = make([]bson.RawValue, len(v))
		for i := range v {
			if values[i], err = Value(v[i]); err != nil {
				return nil, true, inside("element "+itoa(i), err)
			}
		}
		return values, true, nil
	case bson.RawArray:
		if v == nil {
			return nil, false, nil
		}
		return elements(v)
	case bson.RawValue:
		if v.Type != bson.TypeArray {
			return nil, false, nil
		}
		return elements(v.Value)
	case bson.ValueMarshaler, bson.Marshaler:
		return nil, false, nil
	}
	rv := reflect.ValueOf(v)
	switch rv.Kind() {
	case reflect.Slice:
		if rv.IsNil() {
			return nil, false, nil
		}
	case reflect.Array:
	default:
		return nil, false, nil
	}
	if e := rv.Type().Elem(); e.Kind() == reflect.Uint8 || e == reflect.TypeFor[bson.E]() {
		return nil, false, nil
	}
	values = make([]bson.RawValue, rv.Len())
	for i := range values {
		if values[i], err = Value(rv.Index(i).Interface()); err != nil {
			return nil, true, inside("element "+itoa(i), err)
		}
	}
	return values, true, nil
}

// elements returns the elements of the BSON array in b.
func elements(b []byte) ([]bson.RawValue, bool, error) {
	if rest, problem := scan(bson.TypeArray, b, 0); problem != "" || len(rest) != 0 {
		return nil, true, malformed("", either(problem, brokenBSON))
	}
	values, err := bson.RawArray(b).Values()
	if err != nil {
		return nil, true, malformed("", brokenBSON)
	}
	return Values(append([]bson.RawValue{}, values...))
}

// checked returns v if it is well formed and of a type that compares.
func checked(v bson.RawValue) (bson.RawValue, error) {
	switch v.Type {
	case bson.TypeArray:
		return bson.RawValue{}, malformed("", "an array is no value to compare with")
	case bson.TypeNull:
		if len(v.Value) == 0 {
			return Value(nil)
		}
	}
	rest, problem := scan(v.Type, v.Value, 0)
	if problem != "" || len(rest) != 0 {
		return bson.RawValue{}, malformed("", either(problem, brokenBSON))
	}
	return v, nil
}

func either(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// encode encodes v as the driver does. The methods by which a value encodes itself are its author's, and may panic.
func encode(v any) (r bson.RawValue, ok bool) {
	defer func() {
		if recover() != nil {
			r, ok = bson.RawValue{}, false
		}
	}()
	t, b, err := bson.MarshalValue(v)
	return bson.RawValue{Type: t, Value: b}, err == nil
}
