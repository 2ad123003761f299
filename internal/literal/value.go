// Package literal turns Go values into the BSON values that comparisons use. Package filter does so
// by the driver's defaults, package relations by the registry and the options of a schema.
package literal

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// Reader turns Go values into BSON values. The same values are refused by every Reader: arrays as
// one value, regular expressions, code, NaN, maps, whose fields have no order, values nested too
// deeply, and what cannot be encoded.
type Reader struct {
	// NoValue are interfaces whose implementations are refused: they are no data.
	NoValue []reflect.Type

	// Encode encodes a value. Nil: as the driver does by default. Then types are refused that a
	// registry could encode otherwise.
	Encode func(v any) (bson.RawValue, error)

	// Own reports whether Encode encodes a type in another way than the driver does by default.
	// It is used where Encode is.
	Own func(t reflect.Type) bool
}

// Problem says what is wrong with a value, and never shows it. It is nil if nothing is.
type Problem struct {
	Where string // such as "element 2"; empty for the value itself
	Text  string
}

func wrong(text string) *Problem { return &Problem{Text: text} }

func (p *Problem) inside(where string) *Problem {
	if p.Where != "" {
		where += ", " + p.Where
	}
	return &Problem{Where: where, Text: p.Text}
}

// Null is the BSON null.
var Null = bson.RawValue{Type: bson.TypeNull}

// Value returns a Go value as one BSON value. A nil of any kind but a map is null, unless it is a
// slice that Encode encodes in a way of its own.
func (r *Reader) Value(v any) (bson.RawValue, *Problem) {
	switch v := v.(type) {
	case nil:
		return Null, nil
	case bson.RawValue:
		if v.Type == 0 && len(v.Value) == 0 {
			return Null, nil
		}
		v.Value = bytes.Clone(v.Value) // the caller may write to it later
		return checked(v)
	case bson.RawArray: // the driver would make binary of it
		if v == nil {
			return Null, nil
		}
		return checked(bson.RawValue{Type: bson.TypeArray, Value: v})
	}
	if !r.own(reflect.TypeOf(v)) {
		if raw, ok := simple(v); ok {
			return raw, nil
		}
	}
	if problem := r.unordered(v); problem != "" {
		return bson.RawValue{}, wrong(problem)
	}
	if rv := reflect.ValueOf(v); isNil(rv) && !(rv.Kind() == reflect.Slice && r.own(rv.Type())) {
		return Null, nil
	}
	raw, err := r.encode(v)
	if err != nil {
		return bson.RawValue{}, wrong(fmt.Sprintf("a %T cannot be encoded as BSON", v))
	}
	return checked(raw)
}

func (r *Reader) own(t reflect.Type) bool { return r.Own != nil && r.Own(t) }

// simple returns the commonest values as the driver encodes them by default.
func simple(v any) (_ bson.RawValue, ok bool) {
	switch v := v.(type) {
	case string:
		b := make([]byte, 0, len(v)+5)
		b = binary.LittleEndian.AppendUint32(b, uint32(len(v)+1))
		return bson.RawValue{Type: bson.TypeString, Value: append(append(b, v...), 0)}, true
	case bool:
		if v {
			return bson.RawValue{Type: bson.TypeBoolean, Value: []byte{1}}, true
		}
		return bson.RawValue{Type: bson.TypeBoolean, Value: []byte{0}}, true
	case int32:
		b := binary.LittleEndian.AppendUint32(nil, uint32(v))
		return bson.RawValue{Type: bson.TypeInt32, Value: b}, true
	case int64:
		b := binary.LittleEndian.AppendUint64(nil, uint64(v))
		return bson.RawValue{Type: bson.TypeInt64, Value: b}, true
	case int:
		if v >= math.MinInt32 && v <= math.MaxInt32 {
			return simple(int32(v))
		}
		return simple(int64(v))
	case bson.ObjectID:
		return bson.RawValue{Type: bson.TypeObjectID, Value: append([]byte(nil), v[:]...)}, true
	case time.Time:
		b := binary.LittleEndian.AppendUint64(nil, uint64(v.UnixMilli()))
		return bson.RawValue{Type: bson.TypeDateTime, Value: b}, true
	default:
		return bson.RawValue{}, false
	}
}

// Values returns the elements of a Go slice or array, or of a BSON array, as BSON values. isList is
// false if v is none of these: a nil slice is null as a whole, []byte and byte arrays are binary
// values, bson.D and slices like it are documents.
func (r *Reader) Values(v any) (values []bson.RawValue, isList bool, _ *Problem) {
	switch v := v.(type) {
	case []bson.RawValue:
		if v == nil {
			return nil, false, nil
		}
		return r.each(len(v), func(i int) any { return v[i] })
	case bson.RawArray:
		if v == nil {
			return nil, false, nil
		}
		return r.elements(v)
	case bson.RawValue:
		if v.Type != bson.TypeArray {
			return nil, false, nil
		}
		return r.elements(v.Value)
	}
	rv := reflect.ValueOf(v)
	if k := rv.Kind(); k != reflect.Slice && k != reflect.Array || isNil(rv) {
		return nil, false, nil
	}
	t := rv.Type()
	switch e := t.Elem(); {
	case r.own(t):
		return r.encoded(v)
	case t.Implements(valueMarshaler), t.Implements(marshaler):
		return nil, false, nil
	case e == reflect.TypeFor[byte](), e == reflect.TypeFor[bson.E]():
		return nil, false, nil
	}
	return r.each(rv.Len(), func(i int) any { return rv.Index(i).Interface() })
}

func (r *Reader) each(n int, at func(i int) any) ([]bson.RawValue, bool, *Problem) {
	values := make([]bson.RawValue, n)
	for i := range values {
		v, problem := r.Value(at(i))
		if problem != nil {
			return nil, true, problem.inside("element " + strconv.Itoa(i))
		}
		values[i] = v
	}
	return values, true, nil
}

// encoded returns the elements of what v is encoded as, if that is an array.
func (r *Reader) encoded(v any) ([]bson.RawValue, bool, *Problem) {
	if problem := r.unordered(v); problem != "" {
		return nil, false, wrong(problem)
	}
	raw, err := r.encode(v)
	if err != nil || raw.Type != bson.TypeArray {
		return nil, false, nil // Value says what is wrong with it
	}
	return r.elements(raw.Value)
}

// elements returns the elements of the BSON array in b.
func (r *Reader) elements(b []byte) ([]bson.RawValue, bool, *Problem) {
	if problem := Broken(bson.TypeArray, b); problem != "" {
		return nil, true, wrong(problem)
	}
	values, err := bson.RawArray(b).Values()
	if err != nil {
		return nil, true, wrong(brokenBSON)
	}
	return r.each(len(values), func(i int) any { return values[i] })
}

// checked returns v if it is well formed and of a type that compares.
func checked(v bson.RawValue) (bson.RawValue, *Problem) {
	switch {
	case v.Type == bson.TypeArray:
		return bson.RawValue{}, wrong("an array is no value to compare with")
	case v.Type == bson.TypeNull && len(v.Value) == 0:
		return Null, nil
	}
	if problem := Broken(v.Type, v.Value); problem != "" {
		return bson.RawValue{}, wrong(problem)
	}
	return v, nil
}

// encode encodes v. The methods by which a value encodes itself are its author's, and may panic.
func (r *Reader) encode(v any) (raw bson.RawValue, err error) {
	defer func() {
		if recover() != nil {
			raw, err = bson.RawValue{}, errPanic
		}
	}()
	if r.Encode != nil {
		return r.Encode(v)
	}
	t, b, err := bson.MarshalValue(v)
	return bson.RawValue{Type: t, Value: b}, err
}

func isNil(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Interface:
		return v.IsNil()
	default:
		return false
	}
}
