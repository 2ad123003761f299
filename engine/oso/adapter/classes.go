package adapter

import (
	"cmp"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/osohq/go-oso/types"

	"github.com/mongoauthz/go-mongoauthz/engine/oso/internal/polar"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

// classes are what Oso has to know of the Go types.
type classes struct {
	byName    map[string]*class
	relations map[string]bool     // the names of all relations
	values    map[string][]string // the attributes of all Go types, with what is wrong with them; "" if nothing is
	methods   map[string][]string // likewise
	seen      map[reflect.Type]bool
}

type class struct {
	name   string
	goType reflect.Type
	fields map[string]*field // by their Go names
	leads  map[string]*lead  // by the names under which they are registered
	key    *field            // nil if the Go type has none
}

// field is a Go field that a document has.
type field struct {
	name     string
	key      string       // in the document
	goType   reflect.Type // what it, or an element of it, points to
	nullable bool
	list     bool
	tag      string // Oso's class
}

// lead is a relation that Oso can follow.
type lead struct {
	types.Relation
	name string // in the schema
}

// builtins are Oso's own classes.
var builtins = map[string]bool{"Boolean": true, "Integer": true, "Float": true, "String": true, "List": true, "Dictionary": true}

func newClasses(schema *relations.Schema, structs []relations.Struct, actors []any) (*classes, error) {
	cs := &classes{
		byName: map[string]*class{}, relations: map[string]bool{}, seen: map[reflect.Type]bool{},
		values: map[string][]string{}, methods: map[string][]string{},
	}
	byType := map[reflect.Type]string{}
	add := func(of any, name string) error {
		t := indirect(reflect.TypeOf(of))
		if t == nil || t.Kind() != reflect.Struct {
			return &RefusedError{Construct: fmt.Sprintf("%T", of), Problem: "is no struct"}
		}
		name = cmp.Or(name, t.Name())
		if builtins[name] || cs.byName[name] != nil {
			return &RefusedError{Construct: name, Problem: "is a class already"}
		}
		if byType[t] != "" {
			return &RefusedError{Construct: name, Problem: "has the Go type of " + byType[t] + ", from which Oso does not tell it"}
		}
		byType[t] = name
		c := &class{name: name, goType: t, fields: map[string]*field{}, leads: map[string]*lead{}}
		cs.byName[name] = c
		cs.collect(t)
		if stored, ok := schema.Type(name); ok {
			c.readFields(stored)
		}
		return nil
	}
	for _, s := range structs {
		if err := add(s.Of, s.Name); err != nil {
			return nil, err
		}
		if _, ok := schema.Type(cmp.Or(s.Name, indirect(reflect.TypeOf(s.Of)).Name())); !ok {
			return nil, &RefusedError{Construct: fmt.Sprintf("%T", s.Of), Problem: "is no type of the schema"}
		}
	}
	for _, a := range actors {
		if err := add(a, ""); err != nil {
			return nil, err
		}
	}
	for t := range schema.Types() {
		if c := cs.byName[t.Name]; c != nil {
			cs.readRelations(c, t)
		}
	}
	return cs, nil
}

// readFields finds the fields of the Go type that the schema declares.
func (c *class) readFields(stored *relations.Type) {
	for _, sf := range reflect.VisibleFields(c.goType) {
		key, ok := bsonKey(c.goType, sf)
		if !ok {
			continue
		}
		i := slices.IndexFunc(stored.Fields, func(f relations.Field) bool { return f.Name == key })
		if i < 0 {
			continue
		}
		declared := stored.Fields[i]
		f := &field{name: sf.Name, key: key, goType: indirect(sf.Type), nullable: sf.Type.Kind() == reflect.Pointer, list: declared.List}
		if f.list {
			if f.goType.Kind() != reflect.Slice && f.goType.Kind() != reflect.Array || f.nullable || f.goType.Elem().Kind() == reflect.Pointer {
				continue
			}
			f.goType = f.goType.Elem()
		}
		f.tag = tagOf(f)
		c.fields[sf.Name] = f
		if key == cmp.Or(stored.Key, "_id") && !f.list && !f.nullable {
			c.key = f
		}
	}
}

// readRelations finds the relations that Oso can follow: those by one pair of fields, each of one value, that hold for all documents.
func (cs *classes) readRelations(c *class, stored *relations.Type) {
	for _, r := range stored.Relations {
		kind := "many"
		switch r.Kind {
		case relations.ReferencesOne, relations.HasOne:
			kind = "one"
		case relations.HasMany:
		default:
			continue
		}
		other := cs.byName[r.Type]
		if other == nil || len(r.Keys) != 1 || len(r.Where) > 0 {
			continue
		}
		mine, theirs := c.byKey(r.Keys[0].Local), other.byKey(r.Keys[0].Foreign)
		if mine == nil || theirs == nil || mine.list || theirs.list {
			continue
		}
		l := &lead{types.Relation{Kind: kind, OtherType: r.Type, MyField: mine.name, OtherField: theirs.name}, r.Name}
		for _, name := range []string{r.Name, exportedName(r.Name)} {
			if c.fields[name] == nil {
				c.leads[name] = l
				cs.relations[name] = true
			}
		}
	}
}

func (c *class) byKey(key string) *field {
	for _, f := range c.fields {
		if f.key == key {
			return f
		}
	}
	return nil
}

// exportedName returns a name of the schema as Go would write it: "case_type" gives "CaseType".
func exportedName(name string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(name, "_") {
		if part != "" {
			b.WriteString(strings.ToUpper(part[:1]) + part[1:])
		}
	}
	return b.String()
}

// bsonKey returns the key under which the driver stores a field; not ok for one that is not stored in the document itself.
func bsonKey(t reflect.Type, sf reflect.StructField) (key string, ok bool) {
	if !sf.IsExported() || sf.Anonymous {
		return "", false
	}
	for i := 1; i < len(sf.Index); i++ { // the structs that it is promoted from
		if _, flags, _ := strings.Cut(t.FieldByIndex(sf.Index[:i]).Tag.Get("bson"), ","); !slices.Contains(strings.Split(flags, ","), "inline") {
			return "", false
		}
	}
	name, flags, _ := strings.Cut(sf.Tag.Get("bson"), ",")
	if sf.Tag.Get("bson") == "-" || slices.Contains(strings.Split(flags, ","), "inline") {
		return "", false
	}
	return cmp.Or(name, strings.ToLower(sf.Name)), true
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

// indirectValue returns what a value points at.
func indirectValue(v reflect.Value) reflect.Value {
	for n := 0; (v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface) && n < maxPointers; n++ {
		v = v.Elem()
	}
	return v
}

// tagOf returns Oso's class of a field.
func tagOf(f *field) string {
	switch k := f.goType.Kind(); {
	case f.list, isBytes(f.goType):
		return "List"
	case k == reflect.String:
		return "String"
	case k == reflect.Bool:
		return "Boolean"
	case k >= reflect.Int && k <= reflect.Uint64:
		return "Integer"
	case k == reflect.Float32, k == reflect.Float64:
		return "Float"
	default:
		return "Dictionary"
	}
}

func isBytes(t reflect.Type) bool {
	return (t.Kind() == reflect.Slice || t.Kind() == reflect.Array) && t.Elem().Kind() == reflect.Uint8
}

// collect finds the attributes and methods of a Go type, and of the structs in it.
func (cs *classes) collect(t reflect.Type) {
	t = indirect(t)
	switch t.Kind() {
	case reflect.Slice, reflect.Array:
		cs.collect(t.Elem())
		return
	case reflect.Struct:
	default:
		return
	}
	if cs.seen[t] {
		return
	}
	cs.seen[t] = true
	for _, sf := range reflect.VisibleFields(t) {
		why := changed(sf.Type)
		if !sf.IsExported() {
			why = "is not exported"
		}
		cs.values[sf.Name] = append(cs.values[sf.Name], why)
		cs.collect(sf.Type)
	}
	for m := range reflect.PointerTo(t).NumMethod() {
		method := reflect.PointerTo(t).Method(m)
		why := "has not one result"
		if method.Type.NumOut() == 1 {
			why = changed(method.Type.Out(0))
		}
		cs.methods[method.Name] = append(cs.methods[method.Name], why)
	}
}

// attribute returns why a policy may not read an attribute of that name, or "".
func (cs *classes) attribute(name string, method bool) string {
	found := cs.values[name]
	if method {
		found = cs.methods[name]
	}
	for _, why := range found {
		if why != "" {
			return why
		}
	}
	if len(found) == 0 && (method || !cs.relations[name]) {
		return "no Go type that was named has it, so that nobody knows what Oso makes of it"
	}
	return ""
}

var timeType = reflect.TypeFor[time.Time]()

// changed says why a value of the type does not reach the filter as it is, or "".
func changed(t reflect.Type) string {
	t = indirect(t)
	switch k := t.Kind(); {
	case k == reflect.Float32, k == reflect.Float64:
		return lost[polar.Fraction]
	case k == reflect.Uint:
		return "Oso makes a negative number of a large one"
	case k == reflect.Slice, k == reflect.Array:
		return changed(t.Elem())
	case k == reflect.Interface, k == reflect.Map:
		return "what it holds is not known, and may be a number whose fraction Oso's filter loses"
	case k == reflect.Complex64, k == reflect.Complex128, k == reflect.Chan, k == reflect.Func, k == reflect.UnsafePointer, k == reflect.Uintptr:
		return "has no value in a document"
	default:
		return ""
	}
}

// Registrar is what the classes are registered with: an *oso.Oso.
type Registrar interface {
	RegisterClassWithNameAndFields(cls any, ctor any, name string, fields map[string]any) error
}

// register registers the classes.
func (cs *classes) register(o Registrar) error {
	var errs []error
	for _, c := range cs.byName {
		fields := map[string]any{}
		for name, f := range c.fields {
			fields[name] = f.tag
		}
		for name, l := range c.leads {
			fields[name] = l.Relation
		}
		errs = append(errs, o.RegisterClassWithNameAndFields(c.goType, nil, c.name, fields))
	}
	return errors.Join(errs...)
}
