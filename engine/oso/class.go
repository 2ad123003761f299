package oso

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/mongoauthz/go-mongoauthz/engine/oso/internal/polar"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

// class is a Polar class: a resource type of the schema, a Go struct, or both.
type class struct {
	name    string
	goType  reflect.Type    // nil if only the schema knows the class
	stored  *relations.Type // nil if the schema does not know it
	wrapper reflect.Type    // what Oso sees in place of the Go type: a struct that holds nothing but an *object
	attrs   map[string]*attribute
}

// attribute is what Polar reads by a dot.
type attribute struct {
	name     string
	index    []int  // of the Go field, as for reflect.Value.FieldByIndex; nil if there is none
	path     string // of the schema's field, or of the embedded document, from the class's own type; "" if the schema has none
	field    *relations.Field
	relation *relations.Relation
	list     bool
	nullable bool   // the Go type can hold nil, or there is none
	holdsNil bool   // so can the elements of the list
	tag      string // the Polar class of its value, as far as the declarations tell
	class    *class // of the documents it leads to, or of the structs it holds
}

// otherTag is the class of values that have no class in Polar, such as dates. A policy cannot spell it.
const otherTag = "bson.value"

// unknownTag is no class at all: asked whether such a value matches one, Oso fails, where any answer could be wrong.
const unknownTag = "bson.any"

// classes are the classes of an engine.
type classes struct {
	byName map[string]*class
	byType map[reflect.Type][]*class
	byWrap map[reflect.Type]*class
}

// isList reports whether an attribute of a class is declared as a list.
func (cs *classes) isList(class, attr string) bool {
	c := cs.byName[class]
	return c != nil && c.attrs[attr] != nil && c.attrs[attr].list
}

// leads says where an attribute of that name leads, at most, and whether it does so in every class that has it.
func (cs *classes) leads(attr string) (to polar.Leads, all bool) {
	attr = strings.TrimSuffix(attr, polar.Negated)
	found := map[polar.Leads]bool{}
	for _, c := range cs.byName {
		switch a := c.attrs[attr]; {
		case a == nil:
		case a.relation == nil && !a.list && a.class == nil && (a.tag == "Dictionary" || a.tag == unknownTag):
			found[polar.Keys] = true
		case a.relation == nil || a.list:
			found[polar.Nowhere] = true
		case !a.relation.Kind.Embedded():
			found[polar.Elsewhere] = true
		case a.nullable:
			found[polar.Embedded] = true
		default:
			found[polar.Nowhere] = true
		}
	}
	for one := range found {
		to = max(to, one)
	}
	return to, len(found) == 1
}

// wrapped is the name of the one field of every wrapper.
const wrapped = "Object"

// newClasses derives the classes of a schema, and of Go structs.
func newClasses(schema *relations.Schema, structs []relations.Struct, others []namedType) (*classes, error) {
	cs := &classes{byName: map[string]*class{}, byType: map[reflect.Type][]*class{}, byWrap: map[reflect.Type]*class{}}
	for _, s := range structs {
		t := indirect(reflect.TypeOf(s.Of))
		if t == nil || t.Kind() != reflect.Struct {
			return nil, &PolicyError{Class: s.Name, Problem: fmt.Sprintf("a %T is no struct", s.Of)}
		}
		name := cmp.Or(s.Name, t.Name())
		if _, ok := schema.Type(name); !ok {
			return nil, &PolicyError{Class: name, Problem: "the schema has no such type"}
		}
		if err := cs.add(name, t); err != nil {
			return nil, err
		}
	}
	for _, o := range others {
		if err := cs.add(o.name, o.of); err != nil {
			return nil, err
		}
	}
	for t := range schema.Types() {
		c := cs.byName[t.Name]
		if c == nil {
			c = &class{name: t.Name}
			cs.byName[t.Name] = c
		}
		c.stored = t
	}
	if err := cs.embedded(); err != nil {
		return nil, err
	}
	return cs, cs.complete(schema)
}

// embedded finds the Go types of the types that are embedded in those declared.
func (cs *classes) embedded() error {
	var queue []*class
	for _, c := range cs.byName {
		queue = append(queue, c)
	}
	slices.SortFunc(queue, func(a, b *class) int { return cmp.Compare(a.name, b.name) })
	for len(queue) > 0 {
		c := queue[0]
		queue = queue[1:]
		if c.goType == nil || c.stored == nil {
			continue
		}
		for _, f := range goFields(c.goType, nil, "", 0) {
			r, ok := c.stored.Relation(f.key)
			if !ok || !r.Kind.Embedded() {
				continue
			}
			elem := f.typ
			if isList(elem) {
				elem = indirect(elem.Elem())
			}
			of := cs.byName[r.Type]
			switch {
			case elem.Kind() != reflect.Struct || isScalar(elem):
				return &PolicyError{Class: c.name, Problem: f.name + " is embedded in the schema, and no struct in Go"}
			case of.goType == nil:
				of.goType = elem
				cs.byType[elem] = append(cs.byType[elem], of)
				queue = append(queue, of)
			case of.goType != elem:
				return &PolicyError{Class: c.name, Problem: f.name + " has another Go type than other documents of the type " + r.Type}
			}
		}
	}
	return nil
}

// namedType is a Go type registered under a name.
type namedType struct {
	name string
	of   reflect.Type
}

func (cs *classes) add(name string, t reflect.Type) error {
	if _, ok := cs.byName[name]; ok {
		return &PolicyError{Class: name, Problem: "is declared twice"}
	}
	if slices.Contains(reserved, name) {
		return &PolicyError{Class: name, Problem: "is a class of Polar's own"}
	}
	c := &class{name: name, goType: t}
	cs.byName[name] = c
	cs.byType[t] = append(cs.byType[t], c)
	return nil
}

// reserved are the classes that every Oso has.
var reserved = []string{"Boolean", "Integer", "Float", "String", "List", "Dictionary", "Actor", "Resource"}

// complete finds the attributes of all classes, and the classes of the structs that they hold.
func (cs *classes) complete(schema *relations.Schema) error {
	var queue []*class
	for _, c := range cs.byName {
		queue = append(queue, c)
	}
	slices.SortFunc(queue, func(a, b *class) int { return cmp.Compare(a.name, b.name) })
	for len(queue) > 0 {
		c := queue[0]
		queue = queue[1:]
		if c.attrs != nil {
			continue
		}
		c.attrs = map[string]*attribute{}
		c.wrapper = reflect.StructOf([]reflect.StructField{{
			Name: wrapped, Type: reflect.TypeFor[*object](), Tag: reflect.StructTag(fmt.Sprintf("class:%q", c.name)),
		}})
		cs.byWrap[c.wrapper] = c
		found, err := cs.attributes(schema, c)
		if err != nil {
			return err
		}
		queue = append(queue, found...)
	}
	return nil
}

// attributes finds the attributes of a class. It returns the classes that it met for the first time.
func (cs *classes) attributes(schema *relations.Schema, c *class) (found []*class, err error) {
	if c.goType != nil {
		for _, f := range goFields(c.goType, nil, "", 0) {
			a := &attribute{name: f.name, index: f.index, nullable: f.nullable}
			elem := f.typ
			a.list = isList(elem)
			if a.list {
				a.holdsNil = canBeNil(elem.Elem())
				elem = indirect(elem.Elem())
			}
			if f.key != "" && c.stored != nil {
				cs.store(schema, c, a, f.key)
			}
			if a.class == nil && elem.Kind() == reflect.Struct && !isScalar(elem) {
				of, isNew := cs.of(elem)
				a.class = of
				if isNew {
					found = append(found, of)
				}
			}
			a.tag = tagOf(a, elem)
			c.attrs[a.name] = a
		}
	}
	if c.stored == nil {
		return found, nil
	}
	if c.goType == nil {
		for i := range c.stored.Fields {
			f := &c.stored.Fields[i]
			a := &attribute{name: f.Name, path: f.Name, field: f, list: f.List, nullable: f.AbsentZero == nil, holdsNil: true}
			a.tag = tagOf(a, nil)
			c.attrs[a.name] = a
		}
	}
	for i := range c.stored.Relations {
		r := &c.stored.Relations[i]
		if r.Kind.Embedded() && c.goType != nil {
			continue
		}
		a := &attribute{name: r.Name, relation: r, list: !toOne(schema, c.stored, r), nullable: true, class: cs.byName[r.Type]}
		if r.Kind.Embedded() {
			a.path = r.Name
		}
		a.tag = tagOf(a, nil)
		for _, name := range []string{r.Name, exportedName(r.Name)} {
			if _, taken := c.attrs[name]; !taken {
				c.attrs[name] = a
			}
		}
	}
	return found, nil
}

// store finds what the schema says of a Go field with the dotted key.
func (cs *classes) store(schema *relations.Schema, c *class, a *attribute, key string) {
	if ref, ok := schema.Field(c.stored, key); ok && !ref.CrossesArray() {
		a.path, a.field, a.list = key, ref.Field, ref.List
		return
	}
	if strings.Contains(key, ".") {
		return
	}
	if r, ok := c.stored.Relation(key); ok && r.Kind.Embedded() {
		a.path, a.relation, a.list, a.class = key, r, r.Kind == relations.EmbedsMany, cs.byName[r.Type]
	}
}

// of returns the class of a struct that another one holds, a new one where the policy has no name for it.
func (cs *classes) of(t reflect.Type) (*class, bool) {
	if known := cs.byType[t]; len(known) == 1 {
		return known[0], false
	}
	// Two classes with one Go type, or none: a class that a policy cannot spell, so that reading its attributes works all the same.
	name := "struct." + t.PkgPath() + "." + t.String()
	if c, ok := cs.byName[name]; ok {
		return c, false
	}
	c := &class{name: name, goType: t}
	cs.byName[name] = c
	if len(cs.byType[t]) == 0 {
		cs.byType[t] = []*class{c}
	}
	return c, true
}

// tagOf returns the Polar class of an attribute's value.
func tagOf(a *attribute, elem reflect.Type) string {
	switch {
	case a.list && a.relation == nil: // Oso asks for the class of what a variable ranges over by the same words as for the list's
		return unknownTag
	case a.class != nil: // for a list that of its elements
		return a.class.name
	}
	if elem != nil {
		if isScalar(elem) {
			return otherTag
		}
		switch elem.Kind() {
		case reflect.String:
			return "String"
		case reflect.Bool:
			return "Boolean"
		case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64, reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
			return "Integer"
		case reflect.Float32, reflect.Float64:
			return "Float"
		case reflect.Map:
			return "Dictionary"
		default: // an interface
			return unknownTag
		}
	}
	if a.field == nil {
		return unknownTag
	}
	switch a.field.Type {
	case relations.String:
		return "String"
	case relations.Bool:
		return "Boolean"
	case relations.Document:
		return "Dictionary"
	case relations.Number, relations.AnyType: // a number may be an Integer or a Float
		return unknownTag
	default:
		return otherTag
	}
}

// toOne reports whether a relation leads to at most one document.
func toOne(schema *relations.Schema, t *relations.Type, r *relations.Relation) bool {
	if r.Kind != relations.Through {
		return r.Kind.ToOne() || r.Kind == relations.HasOne
	}
	for _, name := range r.Through {
		hop, ok := t.Relation(name)
		if !ok || !toOne(schema, t, hop) {
			return false
		}
		if t, ok = schema.Type(hop.Type); !ok {
			return false
		}
	}
	return true
}

// exportedName returns a name of the schema as Go would write it: "case_type" gives "CaseType".
func exportedName(name string) string {
	var b strings.Builder
	for _, part := range strings.Split(name, "_") {
		if part != "" {
			b.WriteString(strings.ToUpper(part[:1]) + part[1:])
		}
	}
	return b.String()
}

// unwrap returns the object that an instance of one of the classes is for; nil if x is none.
func (cs *classes) unwrap(x any) *object {
	if x == nil || cs.byWrap[reflect.TypeOf(x)] == nil {
		return nil
	}
	o, _ := reflect.ValueOf(x).Field(0).Interface().(*object)
	return o
}
