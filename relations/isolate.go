package relations

import (
	"reflect"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// isolate returns a registry that encodes as r does, and shares no cache with it.
//
// The driver caches the fields of a struct by its type alone, whatever options it reads them with:
// the first reading holds for all. Without a registry of its own, a schema made with other options
// than the client's would change what the client writes.
func isolate(r *bson.Registry) *bson.Registry {
	out, plain := bson.NewRegistry(), bson.NewRegistry()
	to := relay{given: r, plain: plain}
	out.RegisterTypeEncoder(reflect.TypeFor[[]byte](), to)
	out.RegisterTypeEncoder(reflect.TypeFor[any](), to)
	for t := range goTypes {
		out.RegisterTypeEncoder(t, to)
	}
	out.RegisterInterfaceEncoder(valueMarshaler, to)
	out.RegisterInterfaceEncoder(documentMarshal, to)
	for k := reflect.Bool; k <= reflect.UnsafePointer; k++ {
		if k != reflect.Interface { // the driver encodes what it holds
			out.RegisterKindEncoder(k, to)
		}
	}
	return out
}

// relay encodes a value as one registry does, and by the codecs of another wherever these are the
// same.
type relay struct {
	given, plain *bson.Registry
}

func (r relay) EncodeValue(ec bson.EncodeContext, w bson.ValueWriter, v reflect.Value) error {
	given, err := r.given.LookupEncoder(v.Type())
	if err != nil {
		return err
	}
	if plain, err := r.plain.LookupEncoder(v.Type()); err == nil && sameEncoder(given, plain) {
		return plain.EncodeValue(ec, w, v)
	}
	return given.EncodeValue(ec, w, v)
}

// sameEncoder reports whether two encoders, of two registries, are the same codec of the driver.
func sameEncoder(a, b bson.ValueEncoder) bool {
	return sameCodec(reflect.ValueOf(a), reflect.ValueOf(b))
}

func sameCodec(a, b reflect.Value) bool {
	if !a.IsValid() || !b.IsValid() {
		return a.IsValid() == b.IsValid()
	}
	if a.Type() != b.Type() {
		return false
	}
	switch a.Kind() {
	case reflect.Func:
		return a.Pointer() == b.Pointer()
	case reflect.Pointer:
		if a.Type().Elem().PkgPath() != reflect.TypeFor[bson.D]().PkgPath() {
			return false
		}
		return sameInside(a.Elem(), b.Elem())
	default:
		return false
	}
}

// sameInside reports whether the encoders that two codecs of the driver hold are the same. The
// codec of a type whose pointer encodes itself holds another one, for values without an address.
func sameInside(a, b reflect.Value) bool {
	if a.Kind() != reflect.Struct {
		return true
	}
	for i := range a.NumField() {
		x, y := a.Field(i), b.Field(i)
		if x.Type() == reflect.TypeFor[bson.ValueEncoder]() && !sameCodec(x.Elem(), y.Elem()) {
			return false
		}
	}
	return true
}
