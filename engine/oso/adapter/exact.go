package adapter

import (
	"reflect"
	"slices"
	"time"
)

// comparable refuses fields whose values Oso compares otherwise than a database does.
func comparable(f *field, name string) error {
	switch k := f.goType.Kind(); {
	case k == reflect.Bool, k == reflect.String, k >= reflect.Int && k <= reflect.Uint64 && k != reflect.Uint, isBytes(f.goType), f.goType == timeType:
		return nil
	default:
		return refused(name, "Oso does not compare values of its Go type as they are stored")
	}
}

// exact returns a value as the field has it, or refuses it.
func exact(v any, f *field, name string) (any, error) {
	if err := comparable(f, name); err != nil {
		return nil, err
	}
	rv := indirectValue(reflect.ValueOf(v))
	if !rv.IsValid() {
		return nil, refused(name, "nil is compared as a value")
	}
	v = rv.Interface()
	plain := func(t reflect.Type) bool { return t.PkgPath() == "" } // no named type, which in Polar equals itself only
	switch {
	case f.goType == timeType:
		if at, ok := v.(time.Time); ok && at.Nanosecond()%int(time.Millisecond) == 0 {
			return v, nil
		}
	case rv.Type() == f.goType && !isBytes(f.goType):
		return whole(v, name)
	case rv.CanInt() && isInteger(f.goType) && plain(rv.Type()) && plain(f.goType):
		if f.goType.Kind() < reflect.Uint || rv.Int() >= 0 {
			return rv.Int(), nil
		}
	case rv.CanUint() && isInteger(f.goType) && plain(rv.Type()) && plain(f.goType):
		return v, nil
	case isBytes(f.goType):
		if b, ok := bytesOf(rv, f.goType); ok {
			return b, nil
		}
	}
	return nil, refused(name, "it is compared with a value that has another Go type, or that it cannot have")
}

// whole refuses a text in which Oso may have replaced what is not UTF-8.
func whole(v any, name string) (any, error) {
	if rv := reflect.ValueOf(v); rv.Kind() == reflect.String && slices.Contains([]rune(rv.String()), '�') {
		return nil, refused(name, "it is compared with a text that Oso may have changed")
	}
	return v, nil
}

func isInteger(t reflect.Type) bool { return t.Kind() >= reflect.Int && t.Kind() <= reflect.Uint64 }

// bytesOf returns bytes, of which Oso makes a list of numbers, as the Go type that the field has.
func bytesOf(rv reflect.Value, t reflect.Type) (any, bool) {
	if rv.Type() == t {
		return rv.Interface(), true
	}
	numbers, ok := rv.Interface().([]any)
	if !ok {
		return nil, false
	}
	out := reflect.New(t).Elem()
	if t.Kind() == reflect.Slice {
		out = reflect.MakeSlice(t, len(numbers), len(numbers))
	}
	if out.Len() != len(numbers) {
		return nil, false
	}
	for i, n := range numbers {
		b, ok := n.(int64)
		if !ok || b < 0 || b > 255 {
			return nil, false
		}
		out.Index(i).SetUint(uint64(b))
	}
	return out.Interface(), true
}
