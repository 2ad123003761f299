package relations

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// structField is a field of a Go struct as the driver sees it.
type structField struct {
	name      string // the Go name
	key       string // the key in the document; "" if the driver does not store the field
	typ       reflect.Type
	omitEmpty bool
	optional  bool // it is inlined through a pointer, which may be nil
	authz     string
	depth     int // how many structs it is inlined from
}

// structFields returns the fields of a struct with those of the structs inlined in it, the
// driver's way: of several with one key the least deep counts. Fields the driver does not store
// come along for their authz tag.
func (c *coder) structFields(
	t reflect.Type, inside []reflect.Type,
) (fields []structField, problem string) {
	if slices.Contains(inside, t) {
		return nil, fmt.Sprintf("a Go %s is inlined in itself", t)
	}
	inside = append(inside, t)
	maps := 0
	for i := range t.NumField() {
		sf := t.Field(i)
		f := structField{name: sf.Name, typ: sf.Type, authz: sf.Tag.Get("authz")}
		tag := c.fieldTag(sf)
		switch {
		case !sf.IsExported() || tag.skip:
			fields = append(fields, f)
		case tag.inline:
			fields = append(fields, f)
			if sf.Type.Kind() == reflect.Map {
				maps++
			}
			if f.authz == "-" {
				continue
			}
			inner, problem := c.inlined(sf.Type, inside)
			if problem != "" {
				return nil, problem
			}
			fields = append(fields, inner...)
		default:
			f.key, f.omitEmpty = tag.key, tag.omitEmpty
			fields = append(fields, f)
		}
	}
	if maps > 1 {
		return nil, "two maps are inlined, and the driver takes one"
	}
	return c.dominant(fields)
}

// inlined returns the fields of what is inlined in a struct. The keys of a map are not declared.
func (c *coder) inlined(t reflect.Type, inside []reflect.Type) (_ []structField, problem string) {
	of, optional := t, t.Kind() == reflect.Pointer
	if optional {
		of = t.Elem()
	}
	switch {
	case of.Kind() == reflect.Map && !optional && of.Key() == reflect.TypeFor[string]():
		return nil, ""
	case of.Kind() != reflect.Struct:
		return nil, fmt.Sprintf("a Go %s cannot be inlined", t)
	}
	fields, problem := c.structFields(of, inside)
	for i := range fields {
		fields[i].depth++
		fields[i].optional = fields[i].optional || optional
	}
	return fields, problem
}

// dominant drops the fields hidden by a less deep one with the same key.
func (c *coder) dominant(fields []structField) (visible []structField, problem string) {
	for i, f := range fields {
		same := func(less bool) func(structField) bool {
			return func(o structField) bool {
				return o.key == f.key && o.depth <= f.depth && (o.depth < f.depth) == less
			}
		}
		switch {
		case f.key == "":
		case slices.ContainsFunc(fields, same(true)):
			if c.ErrorOnInlineDuplicates {
				return nil, twice(f.key)
			}
			continue
		case slices.ContainsFunc(fields[:i], same(false)):
			return nil, twice(f.key)
		}
		visible = append(visible, f)
	}
	return visible, ""
}

func twice(key string) string { return fmt.Sprintf("two fields of the struct have the key %q", key) }

// fieldTag is what the tags of a field say to the driver.
type fieldTag struct {
	key                     string
	omitEmpty, inline, skip bool
}

// fieldTag reads the bson tag of a field as the driver does, or the json tag where that counts.
func (c *coder) fieldTag(sf reflect.StructField) fieldTag {
	text, ok := sf.Tag.Lookup("bson")
	if !ok && c.UseJSONStructTags {
		text, ok = sf.Tag.Lookup("json")
	}
	if !ok && !strings.Contains(string(sf.Tag), ":") {
		text = string(sf.Tag)
	}
	if text == "-" {
		return fieldTag{skip: true}
	}
	tag := fieldTag{key: strings.ToLower(sf.Name)}
	for i, part := range strings.Split(text, ",") {
		if i == 0 && part != "" {
			tag.key = part
		}
		tag.omitEmpty = tag.omitEmpty || part == "omitempty"
		tag.inline = tag.inline || part == "inline"
	}
	return tag
}
