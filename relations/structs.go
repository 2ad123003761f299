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

// Struct declares a resource type by a Go struct.
//
// A field has the name and the type that the encoder writes; [TypesOf] says how Go types are read.
// The rest stands in the authz tag of the field, as declarations separated by semicolons:
//
//	key                     others refer to the type by this field, not by _id
//	strict                  a value of another type or shape is unknown in every comparison;
//	                        on a field named _ it counts for every field of the type
//	required                documents have it, neither missing nor null
//	absent zero             one value: missing means the zero value
//	absent empty            a list: missing or null means the empty list
//	any, number, string, bool, objectid, date, binary, timestamp, document
//	                        the value type, where the Go type does not tell it
//	hex, uuid, rfc3339      the conversion of values compared with the field
//
//	publisher references Publisher complete   the field holds the key of a Publisher; none dangles
//	publisher references Publisher by code    the field holds the code of a Publisher
//	books has many Book by publisher_id       our key is what a Book has in publisher_id
//	profile has one Profile by user required  there is a Profile
//	authors through books, authors            what books leads to, and authors from there
//
//	grants has many Grant by resource_id, tenant=tenant where resource_type='book' near public=false
//
// Keys after by are pairs local=foreign. A local one left out is the field that the tag stands on;
// for has, on no field, it is the key of the type. Constants after where belong to the other type,
// those after near to this one; on an embedded struct they stand alone. They are texts in single
// quotes (doubled inside a text), numbers, true or false.
//
// Relations that stand on no field have a tag on a field named _, of type struct{}. A field tagged
// authz:"-" is not declared.
type Struct struct {
	Of         any                // a value of the struct type, or a pointer to one, such as Book{} or (*Book)(nil)
	Name       string             // the name of the type; "" means the name of the Go type
	Collection string             // as in [Type]
	Key        string             // as in [Type]; a field may be tagged key instead
	Scope      []filter.Condition // as in [Type]
}

// FromStructs returns the schema of Go structs, and of the structs embedded in them, as [TypesOf]
// reads them. The errors, all of one stage joined, are [*SchemaError]: those of the tags, or else
// those of [New].
//
// It reads them as the driver encodes by default. For a client with a registry or BSON options of
// its own, use [Encoding.FromStructs].
func FromStructs(structs ...Struct) (*Schema, error) { return Encoding{}.FromStructs(structs...) }

// TypesOf returns the types that Go structs declare, for [New]; so they can be joined by types
// declared by hand.
//
// The names, the value types, and what is left out are those of the bytes that the encoder writes.
// Where a type has an encoding of its own, by its methods or by the registry, sample values are
// encoded; if these differ in type, a tag has to say it.
//
// A slice declares a list. With omitempty the list is empty when absent. A bool held by value,
// with omitempty, is false when absent, unless it is a key or has an IsZero of its own. Other
// values that omitempty leaves out have Field.OmitEmpty, unless a tag says "absent zero". The
// OmitEmpty option counts as omitempty; documents embedded in others count as well, since the
// driver applies the option to them in some commands only.
//
// A struct, or a slice of structs, that is embedded gives a relation of that name to a type of its
// own. That type has the name of the Go type, unless a Struct gives it another one.
//
// The errors, all of them joined, are [*SchemaError].
func TypesOf(structs ...Struct) ([]Type, error) { return Encoding{}.TypesOf(structs...) }

func (c *coder) typesOf(structs []Struct) ([]Type, error) {
	b := builder{coder: c, names: map[reflect.Type][]string{}}
	for _, s := range structs {
		t := reflect.TypeOf(s.Of)
		if t != nil {
			t = dereference(t)
		}
		if t == nil || t.Kind() != reflect.Struct {
			b.fail(s.Name, "", fmt.Sprintf("a %T is no struct", s.Of))
			continue
		}
		name := cmp.Or(s.Name, t.Name())
		b.declare(t, Type{Name: name, Collection: s.Collection, Key: s.Key, Scope: s.Scope, Go: t})
	}
	b.build()
	if len(b.errs) > 0 {
		return nil, errors.Join(b.errs...)
	}
	return b.result(), nil
}

type builder struct {
	*coder
	types []structType
	names map[reflect.Type][]string // the types a Go struct is declared as
	errs  []error
}

type structType struct {
	Type
	of    reflect.Type
	bools []string // fields that are false when absent, unless they are keys
}

func (b *builder) fail(typ, field, problem string) {
	b.errs = append(b.errs, &SchemaError{Type: typ, Field: field, Problem: problem})
}

func (b *builder) declare(of reflect.Type, t Type) {
	b.types = append(b.types, structType{Type: t, of: of})
	b.names[of] = append(b.names[of], t.Name)
}

// build reads the structs declared, and those found in them.
func (b *builder) build() {
	for i := 0; i < len(b.types); i++ {
		t := b.types[i] // b.types may grow
		fields, problem := b.structFields(t.of, nil)
		if problem != "" {
			b.fail(t.Name, "", problem)
		}
		b.fields(&t, fields)
		b.types[i] = t
	}
}

// result returns the types, with what depends on other types settled: the kind of references whose
// local keys hold a list, and which bools are false when absent.
func (b *builder) result() []Type {
	types := make([]Type, len(b.types))
	for i, t := range b.types {
		types[i] = t.Type
	}
	s := newSchema(types)
	for i := range types {
		s.referencesMany(&types[i])
	}
	keys := s.joinKeys()
	for i := range types {
		t := &types[i]
		for k := range t.Fields {
			f := &t.Fields[k]
			if !slices.Contains(b.types[i].bools, f.Name) {
				continue
			}
			if keys[f] || f.Name == "_id" || f.Name == t.Key {
				f.AbsentZero, f.OmitEmpty = nil, true
			}
		}
	}
	return types
}

// referencesMany corrects the kind of the references whose local keys hold a list.
func (s *Schema) referencesMany(t *Type) {
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

// joinKeys returns the fields by which relations join.
func (s *Schema) joinKeys() map[*Field]bool {
	keys := map[*Field]bool{}
	for i := range s.types {
		t := &s.types[i]
		for _, r := range t.Relations {
			to, _ := s.Type(r.Type)
			for _, pair := range r.Keys {
				if f, _, ok := s.lookup(t, pair.Local); ok {
					keys[f] = true
				}
				if to == nil {
					continue
				}
				if f, _, ok := s.lookup(to, cmp.Or(pair.Foreign, to.Key, "_id")); ok {
					keys[f] = true
				}
			}
		}
	}
	return keys
}

// fields declares what the fields of a struct do.
func (b *builder) fields(t *structType, fields []structField) {
	strict := false
	for _, f := range fields {
		decl, problem := parseTag(f.authz)
		switch {
		case problem != "":
			b.fail(t.Name, cmp.Or(f.key, f.name), "authz tag: "+problem)
		case f.key == "":
			strict = strict || decl.strict
			decl.strict = false
			if decl.ofOneValue() || decl.absentEmpty || decl.value != 0 || decl.where != nil {
				b.fail(t.Name, f.name, "authz tag: speaks of a field, and the driver stores none here")
			}
			b.relations(&t.Type, "", decl.relations)
		case !decl.skip:
			b.field(t, f, decl)
		}
	}
	for k := range t.Fields {
		t.Fields[k].Strict = t.Fields[k].Strict || strict
	}
}

// field declares a stored field, or the relation that an embedded struct is, and the relations
// that its tag declares.
func (b *builder) field(t *structType, f structField, decl tag) {
	w := b.read(f.typ)
	if decl.value == 0 && w.embedded {
		b.embeds(&t.Type, f, decl, w)
		return
	}
	field := Field{
		Name: f.key, Type: cmp.Or(decl.value, w.value), List: w.list,
		Strict: decl.strict, Required: decl.required, Convert: decl.convert,
	}
	if field.Type == 0 {
		b.fail(t.Name, f.key, untyped(f, w))
	}
	if field.Type == w.value {
		field.Subtype = w.subtype
		b.converts(&field, w.of)
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
	b.absent(t, &field, f, decl)
	t.Fields = append(t.Fields, field)
	b.relations(&t.Type, f.key, decl.relations)
}

// untyped says that a Go type has no value type, and what to do.
func untyped(f structField, w written) string {
	problem := w.problem
	if problem == "" {
		problem = fmt.Sprintf("a Go %s has no value type", f.typ)
	}
	return problem + fmt.Sprintf(": tag the field with one, or with authz:%q", "-")
}

// embeds declares the relation that an embedded struct, or a list of structs, is.
func (b *builder) embeds(t *Type, f structField, decl tag, w written) {
	r := Relation{Name: f.key, Kind: EmbedsOne, Where: decl.where}
	if w.list {
		r.Kind = EmbedsMany
		r.AbsentEmpty = decl.absentEmpty || b.omits(f, true).list
	}
	switch {
	case decl.key:
		b.fail(t.Name, f.key, "authz tag: a key is one value, and a document is embedded here: "+
			"tag it document, too, to compare it as a whole")
	case decl.ofOneValue(), decl.absentEmpty && !w.list:
		b.fail(t.Name, f.key, "authz tag: speaks of one value, and documents are embedded here")
	}
	r.Type = b.embedded(t, f, w.of)
	t.Relations = append(t.Relations, r)
	b.relations(t, "", decl.relations)
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
	b.declare(of, Type{Name: name, Go: of})
	return name
}
