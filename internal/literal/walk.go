package literal

import (
	"encoding/json"
	"errors"
	"net/url"
	"reflect"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

var (
	errPanic       = errors.New("a method of the value panics")
	valueMarshaler = reflect.TypeFor[bson.ValueMarshaler]()
	marshaler      = reflect.TypeFor[bson.Marshaler]()
	bsonPackage    = reflect.TypeFor[bson.D]().PkgPath()
)

// unordered says what keeps a Go value from being encoded as one certain BSON value, or "": a map
// in it, whose fields would come in random order; something that is no value; a type that a
// registry could encode otherwise, where no registry is known; or more levels or values than a
// document can have, such as a pointer to itself.
func (r *Reader) unordered(v any) string {
	w := walker{r, 1 << 20}
	return w.value(reflect.ValueOf(v), 0)
}

type walker struct {
	*Reader
	budget int
}

func (w *walker) value(v reflect.Value, depth int) string {
	if w.budget--; depth > maxNesting || w.budget < 0 {
		return tooDeep
	}
	if !v.IsValid() {
		return ""
	}
	t := v.Type()
	switch {
	case w.noValue(t):
		return "a " + t.String() + " is no value to compare with"
	case marshals(t), v.CanAddr() && marshals(reflect.PointerTo(t)):
		return "" // it says itself what it is
	case w.own(t):
		return "" // its encoder says what it is
	case t.Kind() == reflect.Map:
		return "a " + t.String() + " has no order of fields: use bson.D"
	case w.Encode == nil && foreign(t):
		return "a " + t.String() + " may be stored otherwise by a registry: " +
			"check the filter first (Schema.Check), or convert the value"
	}
	switch t.Kind() {
	case reflect.Pointer, reflect.Interface:
		return w.value(v.Elem(), depth+1)
	case reflect.Slice, reflect.Array:
		return w.elements(v, depth)
	case reflect.Struct:
		return w.fields(v, depth)
	}
	return ""
}

func (w *walker) elements(v reflect.Value, depth int) string {
	if e := v.Type().Elem(); scalar(e.Kind()) && (w.Encode != nil || !foreign(e)) {
		return ""
	}
	for i := range v.Len() {
		if problem := w.value(v.Index(i), depth+1); problem != "" {
			return problem
		}
	}
	return ""
}

func (w *walker) fields(v reflect.Value, depth int) string {
	t := v.Type()
	for i := range t.NumField() {
		f := t.Field(i)
		if !f.IsExported() && !f.Anonymous || f.Tag.Get("bson") == "-" {
			continue // not encoded
		}
		if problem := w.value(v.Field(i), depth+1); problem != "" {
			return problem
		}
	}
	return ""
}

func (r *Reader) noValue(t reflect.Type) bool {
	if t.Kind() == reflect.Interface {
		return false
	}
	for _, i := range r.NoValue {
		if t.Implements(i) {
			return true
		}
	}
	return false
}

// foreign reports whether a type is an application's own, or one whose encoding depends on options:
// neither predeclared, nor composed without a name, nor one of those that the driver knows by name.
func foreign(t reflect.Type) bool {
	switch t {
	case reflect.TypeFor[time.Time](), reflect.TypeFor[json.Number](), reflect.TypeFor[url.URL]():
		return false
	}
	switch t.Kind() {
	case reflect.Func, reflect.Chan, reflect.UnsafePointer, reflect.Complex64, reflect.Complex128:
		return false // cannot be encoded at all
	case reflect.Struct:
		return t.PkgPath() != bsonPackage
	}
	return t.PkgPath() != "" && t.PkgPath() != bsonPackage
}

func marshals(t reflect.Type) bool {
	return t.Implements(valueMarshaler) || t.Implements(marshaler)
}

func scalar(k reflect.Kind) bool {
	return k >= reflect.Bool && k <= reflect.Float64 && k != reflect.Uintptr || k == reflect.String
}
