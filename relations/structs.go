package relations

import (
	"cmp"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/mongoauthz/go-mongoauthz/filter"
)

// Struct declares a resource type by a Go struct: its bson tags name the fields, its authz tags declare the rest.
type Struct struct {
	Of         any                // a value of the struct type, or a pointer to one, such as Book{} or (*Book)(nil)
	Name       string             // the name of the type; "" means the name of the Go type
	Collection string             // as in [Type]
	Key        string             // as in [Type]; a field may be tagged key instead
	Scope      []filter.Condition // as in [Type]
}

// FromStructs returns the schema of Go structs, and of the structs embedded in them, as [TypesOf] reads them.
// The errors, all of one stage joined, are [*SchemaError]: those of the tags, or else those of [New].
func FromStructs(structs ...Struct) (*Schema, error) {
	types, err := TypesOf(structs...)
	if err != nil {
		return nil, err
	}
	return New(types...)
}

// TypesOf returns the types that Go structs declare, for [New]; so they can be joined by types declared by hand.
//
// Fields are named as the driver names them. Go types give the value types; a slice declares a list, and with omitempty one that is
// empty when absent. A struct, or a slice of structs, that is embedded gives a relation of that name to a type of its own,
// with the name of the Go type unless a Struct gives it another one. The package comment has the grammar of the authz tag.
//
// The errors, all of them joined, are [*SchemaError].
func TypesOf(structs ...Struct) ([]Type, error) {
	b := builder{names: map[reflect.Type][]string{}}
	for _, s := range structs {
		t := reflect.TypeOf(s.Of)
		if t != nil {
			t = dereference(t)
		}
		if t == nil || t.Kind() != reflect.Struct {
			b.fail(s.Name, "", fmt.Sprintf("a %T is no struct", s.Of))
			continue
		}
		b.declare(t, Type{Name: cmp.Or(s.Name, t.Name()), Collection: s.Collection, Key: s.Key, Scope: s.Scope})
	}
	b.build()
	if len(b.errs) > 0 {
		return nil, errors.Join(b.errs...)
	}
	return b.result(), nil
}

type builder struct {
	types []structType
	names map[reflect.Type][]string // the types a Go struct is declared as
	errs  []error
}

type structType struct {
	Type
	of reflect.Type
}

func (b *builder) fail(typ, field, problem string) {
	b.errs = append(b.errs, &SchemaError{Type: typ, Field: field, Problem: problem})
}

func (b *builder) declare(of reflect.Type, t Type) {
	b.types = append(b.types, structType{t, of})
	b.names[of] = append(b.names[of], t.Name)
}

// build reads the structs declared, and those found in them.
func (b *builder) build() {
	for i := 0; i < len(b.types); i++ {
		t := b.types[i].Type
		fields, problem := structFields(b.types[i].of, nil)
		if problem != "" {
			b.fail(t.Name, "", problem)
		}
		b.fields(&t, fields)
		b.types[i].Type = t // b.types may have grown
	}
}

// result returns the types, with the kind of the references corrected whose local keys hold a list.
func (b *builder) result() []Type {
	types := make([]Type, len(b.types))
	for i, t := range b.types {
		types[i] = t.Type
	}
	s := newSchema(types)
	for i := range types {
		t := &types[i]
		for k := range t.Relations {
			r := &t.Relations[k]
			if r.Kind == ReferencesOne && slices.ContainsFunc(r.Keys, func(pair KeyPair) bool {
				f, _, ok := s.lookup(t, pair.Local)
				return ok && f.List
			}) {
				r.Kind = ReferencesMany
			}
		}
	}
	return types
}

// fields declares what the fields of a struct do.
func (b *builder) fields(t *Type, fields []structField) {
	strict := false
	for _, f := range fields {
		decl, problem := parseTag(f.authz)
		switch {
		case problem != "":
			b.fail(t.Name, cmp.Or(f.key, f.name), "authz tag: "+problem)
		case f.key == "":
			strict = strict || decl.strict
			if decl.key || decl.value != 0 || decl.convert != NoConversion || decl.where != nil {
				b.fail(t.Name, f.name, "authz tag: speaks of a field, and the driver stores none here")
			}
			b.relations(t, "", decl.relations)
		case !decl.skip:
			b.field(t, f, decl)
		}
	}
	for k := range t.Fields {
		t.Fields[k].Strict = t.Fields[k].Strict || strict
	}
}

// field declares a stored field, or the relation that an embedded struct is, and the relations that its tag declares.
func (b *builder) field(t *Type, f structField, decl tag) {
	elem := dereference(f.typ)
	list := isList(elem)
	if list {
		elem = dereference(elem.Elem())
	}
	absentEmpty := list && f.omitEmpty && f.typ.Kind() == reflect.Slice
	if decl.value == 0 && isDocument(elem) {
		if decl.key || decl.strict || decl.convert != NoConversion {
			b.fail(t.Name, f.key, "authz tag: speaks of one value, and documents are embedded here")
		}
		kind := EmbedsOne
		if list {
			kind = EmbedsMany
		}
		t.Relations = append(t.Relations, Relation{Name: f.key, Kind: kind, Type: b.embedded(t, f, elem), Where: decl.where, AbsentEmpty: absentEmpty})
		b.relations(t, "", decl.relations)
		return
	}
	value := cmp.Or(decl.value, valueTypeOf(elem))
	if value == 0 {
		b.fail(t.Name, f.key, fmt.Sprintf("a Go %s has no value type: tag the field with one, or with authz:%q", f.typ, "-"))
	}
	if decl.where != nil {
		b.fail(t.Name, f.key, "authz tag: constants belong to a relation")
	}
	if decl.key {
		if t.Key != "" && t.Key != f.key {
			b.fail(t.Name, f.key, "authz tag: the key of the type is "+t.Key)
		}
		t.Key = f.key
	}
	t.Fields = append(t.Fields, Field{Name: f.key, Type: value, List: list, AbsentEmpty: absentEmpty, Strict: decl.strict, Convert: decl.convert})
	b.relations(t, f.key, decl.relations)
}

// relations declares the relations of a tag that stands on the field local, or on no field.
func (b *builder) relations(t *Type, local string, declared []Relation) {
	for _, r := range declared {
		for k := range r.Keys {
			if r.Keys[k].Local == "" {
				r.Keys[k].Local = local
			}
			if r.Keys[k].Local == "" && r.Kind == ReferencesOne {
				b.fail(t.Name, r.Name, "authz tag: stands on no field, so that the local key must be said: by local=foreign")
			}
		}
		t.Relations = append(t.Relations, r)
	}
}

// embedded returns the name of the type for a struct embedded in t, and declares the type if need be.
func (b *builder) embedded(t *Type, f structField, of reflect.Type) string {
	names := b.names[of]
	switch {
	case len(names) == 1:
		return names[0]
	case len(names) > 1:
		b.fail(t.Name, f.key, fmt.Sprintf("a Go %s is declared as several types: %s", of, strings.Join(names, ", ")))
		return names[0]
	}
	name := cmp.Or(of.Name(), t.Name+f.name)
	if i := slices.IndexFunc(b.types, func(other structType) bool { return other.Name == name }); i >= 0 {
		b.fail(t.Name, f.key, fmt.Sprintf("a Go %s would be a second type %q: declare it with a name of its own", of, name))
		return name
	}
	b.declare(of, Type{Name: name})
	return name
}

// structField is a field of a Go struct as the driver sees it.
type structField struct {
	name      string // the Go name
	key       string // the key in the document; "" if the driver does not store the field
	typ       reflect.Type
	omitEmpty bool
	authz     string
	depth     int // how many structs it is inlined from
}

// structFields returns the fields of a struct with those of the structs inlined in it, the driver's way: of several with one key the least deep
// counts. Fields the driver does not store come along for their authz tag.
func structFields(t reflect.Type, inside []reflect.Type) (fields []structField, problem string) {
	if slices.Contains(inside, t) {
		return nil, fmt.Sprintf("a Go %s is inlined in itself", t)
	}
	inside = append(inside, t)
	for i := range t.NumField() {
		sf := t.Field(i)
		f := structField{name: sf.Name, typ: sf.Type, authz: sf.Tag.Get("authz")}
		key, omitEmpty, inline, skip := bsonTag(sf)
		switch inlined := sf.Type; {
		case !sf.IsExported() || skip:
			fields = append(fields, f)
		case inline:
			if inlined.Kind() == reflect.Pointer {
				inlined = inlined.Elem()
			}
			fields = append(fields, f)
			if inlined.Kind() == reflect.Map || f.authz == "-" {
				continue // the keys of a map are not declared
			}
			if inlined.Kind() != reflect.Struct {
				return nil, fmt.Sprintf("a Go %s cannot be inlined", sf.Type)
			}
			inner, problem := structFields(inlined, inside)
			if problem != "" {
				return nil, problem
			}
			for _, f := range inner {
				f.depth++
				fields = append(fields, f)
			}
		default:
			f.key, f.omitEmpty = key, omitEmpty
			fields = append(fields, f)
		}
	}
	return dominant(fields)
}

// dominant drops the fields hidden by a less deep one with the same key.
func dominant(fields []structField) (visible []structField, problem string) {
	for i, f := range fields {
		hidden := f.key != "" && slices.ContainsFunc(fields, func(o structField) bool { return o.key == f.key && o.depth < f.depth })
		if hidden {
			continue
		}
		if f.key != "" && slices.ContainsFunc(fields[:i], func(o structField) bool { return o.key == f.key && o.depth == f.depth }) {
			return nil, fmt.Sprintf("two fields of the struct have the key %q", f.key)
		}
		visible = append(visible, f)
	}
	return visible, ""
}

// bsonTag reads the bson tag of a field as the driver does.
func bsonTag(sf reflect.StructField) (key string, omitEmpty, inline, skip bool) {
	text, ok := sf.Tag.Lookup("bson")
	if !ok && !strings.Contains(string(sf.Tag), ":") {
		text = string(sf.Tag)
	}
	if text == "-" {
		return "", false, false, true
	}
	key = strings.ToLower(sf.Name)
	for i, part := range strings.Split(text, ",") {
		if i == 0 && part != "" {
			key = part
		}
		omitEmpty = omitEmpty || part == "omitempty"
		inline = inline || part == "inline"
	}
	return key, omitEmpty, inline, false
}
