package driver

import "reflect"

// IsNil reports whether v is nil, or is nil behind its pointers. The driver would encode a nil map
// as the empty document.
func IsNil(v any) bool {
	r := Indirect(v)
	switch r.Kind() {
	case reflect.Invalid:
		return true
	case reflect.Map, reflect.Slice, reflect.Func, reflect.Chan, reflect.UnsafePointer:
		return r.IsNil()
	default:
		return false
	}
}

// Indirect returns what v points at; the zero Value for nil.
func Indirect(v any) reflect.Value {
	r := reflect.ValueOf(v)
	for n := 0; (r.Kind() == reflect.Pointer || r.Kind() == reflect.Interface) && n < MaxDepth; n++ { // it may point at itself
		r = r.Elem()
	}
	return r
}
