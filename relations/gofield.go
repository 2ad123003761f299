package relations

import (
	"reflect"
	"strings"
)

// HasField reports whether documents that the encoder makes of a Go type can have a field at a
// dotted path, through lists of documents as the server's paths go. It is not known where the type,
// or what is around the field, is a map, an interface or a value that encodes itself: that depends
// on the value.
func (s *Schema) HasField(t reflect.Type, path string) (has, known bool) {
	if t == nil {
		return false, false
	}
	return s.coding().hasField(t, strings.Split(path, "."))
}

func (c *coder) hasField(t reflect.Type, path []string) (has, known bool) {
	if len(path) == 0 {
		return true, true
	}
	for n := 0; ; n++ {
		if _, named := goTypes[t]; named || c.ownWay(t) || n > maxIndirections {
			return false, false
		}
		switch t.Kind() {
		case reflect.Pointer, reflect.Array, reflect.Slice:
			if t.Kind() != reflect.Pointer && (isElements(t) || t.Elem() == goByte) {
				return false, false
			}
			t = t.Elem()
		case reflect.Struct:
			return c.structHasField(t, path)
		default:
			return false, t.Kind() != reflect.Map && t.Kind() != reflect.Interface
		}
	}
}

// maxIndirections is how many pointers and lists are followed to a struct: a type may be a list of
// itself.
const maxIndirections = 16

func (c *coder) structHasField(t reflect.Type, path []string) (has, known bool) {
	fields, problem := c.structFields(t, nil)
	if problem != "" {
		return false, false
	}
	for _, f := range fields {
		if f.key == path[0] {
			return c.hasField(f.typ, path[1:])
		}
	}
	known = true
	for sf := range t.Fields() {
		if c.fieldTag(sf).inline {
			_, inner := c.hasField(sf.Type, path)
			known = known && inner // it may inline a map
		}
	}
	return false, known
}
