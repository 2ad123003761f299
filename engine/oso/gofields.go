package oso

import (
	"reflect"
	"slices"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// goField is an exported field of a Go struct, promoted ones included.
type goField struct {
	name     string
	index    []int
	key      string // the dotted path in the document; "" if the driver stores none
	typ      reflect.Type
	nullable bool // it, or an embedded pointer on the way to it, can be nil
	depth    int
}

// maxEmbedding bounds how deep structs are embedded in one another without a name.
const maxEmbedding = 16

// goFields returns the fields of a struct that a dot reads, as reflect finds them by name: of several with one name the least deep.
// The keys are those that the driver stores.
func goFields(t reflect.Type, index []int, prefix string, depth int) []goField {
	var all []goField
	if depth > maxEmbedding {
		return nil
	}
	for i := range t.NumField() {
		sf := t.Field(i)
		at := append(slices.Clone(index), i)
		key, inline, skip := bsonKey(sf)
		nullable := canBeNil(sf.Type)
		typ := indirect(sf.Type)
		if sf.Anonymous && typ.Kind() == reflect.Struct && !isScalar(typ) {
			inside := prefix + key + "."
			if inline {
				inside = prefix
			}
			if skip {
				inside = skipped
			}
			for _, f := range goFields(typ, at, inside, depth+1) {
				f.nullable = f.nullable || nullable
				f.depth++
				all = append(all, f)
			}
		}
		if !sf.IsExported() {
			continue
		}
		f := goField{name: sf.Name, index: at, typ: typ, nullable: nullable}
		if !skip && !inline && !strings.HasPrefix(prefix, skipped) {
			f.key = prefix + key
		}
		all = append(all, f)
	}
	var visible []goField
	for _, f := range all {
		same := func(o goField) bool {
			return o.name == f.name && (o.depth < f.depth || o.depth == f.depth && !slices.Equal(o.index, f.index))
		}
		if !slices.ContainsFunc(all, same) {
			visible = append(visible, f)
		}
	}
	return visible
}

// skipped begins the prefix of what is embedded in a struct that the driver does not store. No key has a NUL.
const skipped = "\x00"

// bsonKey reads the bson tag of a field as the driver does.
func bsonKey(sf reflect.StructField) (key string, inline, skip bool) {
	text, ok := sf.Tag.Lookup("bson")
	if !ok && !strings.Contains(string(sf.Tag), ":") {
		text = string(sf.Tag)
	}
	if text == "-" {
		return "", false, true
	}
	name, flags, _ := strings.Cut(text, ",")
	if name == "" {
		name = strings.ToLower(sf.Name)
	}
	return name, slices.Contains(strings.Split(flags, ","), "inline"), false
}

var (
	valueMarshaler = reflect.TypeFor[bson.ValueMarshaler]()
	marshaler      = reflect.TypeFor[bson.Marshaler]()
	rawValueType   = reflect.TypeFor[bson.RawValue]()
	mapType        = reflect.TypeFor[bson.M]()
	listType       = reflect.TypeFor[bson.A]()
	timeType       = reflect.TypeFor[time.Time]()
	bsonPackage    = reflect.TypeFor[bson.ObjectID]().PkgPath()
)

// isScalar reports whether values of the type are encoded as one BSON value, so that Polar has no attributes or elements to read of them.
func isScalar(t reflect.Type) bool {
	switch {
	case t == mapType, t == listType:
		return false
	case t == timeType, t.PkgPath() == bsonPackage:
		return true
	case t.Kind() == reflect.Interface:
		return false
	case t.Implements(valueMarshaler), reflect.PointerTo(t).Implements(valueMarshaler), t.Implements(marshaler), reflect.PointerTo(t).Implements(marshaler):
		return true
	}
	return (t.Kind() == reflect.Slice || t.Kind() == reflect.Array) && t.Elem().Kind() == reflect.Uint8
}

// isList reports whether values of the type are lists for Polar.
func isList(t reflect.Type) bool {
	return (t.Kind() == reflect.Slice || t.Kind() == reflect.Array) && !isScalar(t)
}

// maxPointers is how many pointers are followed. A Go type or a value may be a pointer to itself.
const maxPointers = 100

// indirect returns what a type points at; nil for nil.
func indirect(t reflect.Type) reflect.Type {
	for n := 0; t != nil && t.Kind() == reflect.Pointer && n < maxPointers; n++ {
		t = t.Elem()
	}
	return t
}

// canBeNil reports whether Oso sees a nil of the type as nil; that of a slice is the empty list.
func canBeNil(t reflect.Type) bool {
	return t.Kind() == reflect.Pointer || t.Kind() == reflect.Interface || t == rawValueType
}
