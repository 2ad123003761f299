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
	va, vb := reflect.ValueOf(a), reflect.ValueOf(b)
	if va.Type() != vb.Type() {
		return false
	}
	switch va.Kind() {
	case reflect.Func:
		return va.Pointer() == vb.Pointer()
	case reflect.Pointer:
		return va.Type().Elem().PkgPath() == reflect.TypeFor[bson.D]().PkgPath()
	default:
		return false
	}
}
