// Package sample makes values of Go types by reflection, to see what an encoder writes for them.
package sample

import (
	"encoding"
	"reflect"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// maxDepth bounds how deep a value is filled: a type may hold itself.
const maxDepth = 8

// texts are what a type is offered that reads itself from a text: the first that it takes is used.
var texts = []string{
	"1", "2024-05-06T07:08:09Z", "2024-05-06", "01234567-89ab-4def-8123-456789abcdef",
	"0123456789abcdef01234567", "true", "EUR 1", "a",
}

// Filled returns a value of type t that is not its zero value, as far as one can be made: numbers
// are n, texts are text, slices and maps hold one element, pointers lead to a filled value. A type
// that reads itself from a text is given one, where no text is asked for. Types of the driver whose
// values have to be well formed get such a value. Fields that are not exported, and interfaces,
// stay as they are. A value that holds itself ends after some levels.
func Filled(t reflect.Type, n int, text string) reflect.Value {
	v := reflect.New(t).Elem()
	filler{n, text}.fill(v, 0)
	return v
}

// wellFormed has a value for each type of the driver whose zero value is no well-formed BSON, which
// the driver refuses or cannot read.
var wellFormed = map[reflect.Type]any{
	reflect.TypeFor[bson.Raw]():           bson.Raw{5, 0, 0, 0, 0},
	reflect.TypeFor[bson.RawValue]():      bson.RawValue{Type: bson.TypeBoolean, Value: []byte{1}},
	reflect.TypeFor[bson.CodeWithScope](): bson.CodeWithScope{Code: "a", Scope: bson.D{}},
	reflect.TypeFor[bson.Vector]():        bson.NewVector([]int8{1}),
}

type filler struct {
	n    int
	text string
}

func (f filler) fill(v reflect.Value, depth int) {
	if depth > maxDepth || byText(v, f.text) {
		return
	}
	if formed, ok := wellFormed[v.Type()]; ok {
		v.Set(reflect.ValueOf(formed))
		return
	}
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(int64(f.n))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		v.SetUint(uint64(f.n))
	case reflect.Float32, reflect.Float64:
		v.SetFloat(float64(f.n))
	case reflect.String:
		v.SetString(f.text)
	case reflect.Pointer:
		if depth < maxDepth {
			v.Set(reflect.New(v.Type().Elem()))
			f.fill(v.Elem(), depth+1)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		f.fill(v.Index(0), depth+1)
	case reflect.Array:
		for i := range v.Len() {
			f.fill(v.Index(i), depth+1)
		}
	case reflect.Map:
		f.fillMap(v, depth)
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				f.fill(v.Field(i), depth+1)
			}
		}
	}
}

func (f filler) fillMap(v reflect.Value, depth int) {
	key, elem := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
	f.fill(key, depth+1)
	if key.Type() == reflect.TypeFor[string]() { // inlined beside fields, which may have any text as their name
		key.SetString("key " + f.text)
	}
	f.fill(elem, depth+1)
	v.Set(reflect.MakeMap(v.Type()))
	defer func() { _ = recover() }() // an interface as key may hold what has no hash
	v.SetMapIndex(key, elem)
}

// byText fills a time, and a struct or array that reads itself from a text. Its method may panic.
func byText(v reflect.Value, text string) (filled bool) {
	if t, ok := v.Addr().Interface().(*time.Time); ok {
		*t = time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC)
		return true
	}
	reads, ok := v.Addr().Interface().(encoding.TextUnmarshaler)
	if !ok || v.Kind() != reflect.Struct && v.Kind() != reflect.Array {
		return false
	}
	defer func() {
		if recover() != nil {
			v.SetZero()
			filled = false
		}
	}()
	for _, s := range append([]string{text}, texts...) {
		if reads.UnmarshalText([]byte(s)) == nil {
			return true
		}
		v.SetZero()
	}
	return false
}
