package inspect

import (
	"context"
	"fmt"
	"strings"

	"github.com/mongoauthz/go-mongoauthz/evaluate"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz/internal/bsonpath"
	"github.com/mongoauthz/go-mongoauthz/relations"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// node is a place where documents of one type are: the root, or an embedding relation on the
// way from there. A type that embeds itself has one node for all depths, so that there are
// finitely many.
type node struct {
	typ      *relations.Type
	path     string // of the place, with a dot behind it; empty for the root
	parent   *node
	children map[string]*node // by relation, once it is met
	edges    []*edge

	seen   tally           // the documents that have a document here
	occurs map[string]bool // the fields and embedding relations that are there, null included
}

// newNode returns a new node, with the questions that its relations ask.
func (in *Inspection) newNode(t *relations.Type, path string, parent *node) (*node, error) {
	n := &node{
		typ: t, path: path, parent: parent, children: map[string]*node{}, occurs: map[string]bool{},
	}
	for i := range t.Relations {
		if err := in.addEdge(n, &t.Relations[i]); err != nil {
			return nil, err
		}
	}
	return n, nil
}

// child returns the node behind an embedding relation.
func (in *Inspection) child(n *node, r *relations.Relation) (*node, error) {
	if c, ok := n.children[r.Name]; ok {
		return c, nil
	}
	t, ok := in.schema.Type(r.Type)
	if !ok {
		return nil, fmt.Errorf("mongoauthz: verify data: the schema has no type %q", r.Type)
	}
	for up := n; up.parent != nil; up = up.parent {
		if up.typ == t {
			n.children[r.Name] = up
			return up, nil
		}
	}
	c, err := in.newNode(t, n.path+r.Name+".", n)
	if err == nil {
		n.children[r.Name] = c
	}
	return c, err
}

// document looks at a document, or one embedded in it.
func (in *Inspection) document(ctx context.Context, n *node, document bson.Raw) error {
	elements, err := document.Elements()
	if err != nil {
		return &evaluate.DocumentError{Collection: in.typ.Collection}
	}
	n.seen.count(in.read, in.id)
	stored := make(map[string]bson.RawValue, len(elements))
	for _, e := range elements {
		if _, twice := stored[e.Key()]; !twice {
			stored[e.Key()] = e.Value()
		}
	}
	for i := range n.typ.Fields {
		f := &n.typ.Fields[i]
		v, ok := stored[f.Name]
		n.occurs[f.Name] = n.occurs[f.Name] || ok
		in.field(n, f, v)
	}
	for i := range n.typ.Relations {
		r := &n.typ.Relations[i]
		if !r.Kind.Embedded() {
			continue
		}
		v, ok := stored[r.Name]
		n.occurs[r.Name] = n.occurs[r.Name] || ok
		if err := in.embedded(ctx, n, r, v); err != nil {
			return err
		}
	}
	for _, e := range n.edges {
		if err := in.visit(ctx, e, document); err != nil {
			return err
		}
	}
	return nil
}

// field looks at the value of a field.
func (in *Inspection) field(n *node, f *relations.Field, v bson.RawValue) {
	path := n.path + f.Name
	isKey := n.parent == nil && (f.Name == in.typ.Key || f.Name == "_id") // see keys
	switch {
	case bsonpath.IsAbsent(v) && f.Required:
		in.note(n, path, Required, 0, f.Type)
	case bsonpath.IsAbsent(v) && isKey:
	case bsonpath.IsAbsent(v) && f.List:
		if !f.AbsentEmpty {
			in.note(n, path, AbsentList, 0, f.Type)
		}
	case v.Type == 0:
		if f.OmitEmpty && f.AbsentZero == nil {
			in.note(n, path, Omitted, 0, f.Type)
		}
	case v.Type == bson.TypeNull:
	case f.List && v.Type != bson.TypeArray:
		in.note(n, path, NoArray, v.Type, f.Type)
	case f.List:
		in.elements(n, f, path, v)
	case v.Type == bson.TypeArray:
		if !isKey {
			in.note(n, path, Array, v.Type, f.Type)
		}
	case !f.Type.Admits(v.Type):
		in.note(n, path, OtherType, v.Type, f.Type)
	case isOtherSubtype(f, v):
		in.note(n, path, Subtype, v.Type, f.Type)
	}
}

// elements looks at the elements of a list.
func (in *Inspection) elements(n *node, f *relations.Field, path string, v bson.RawValue) {
	values, _ := bson.Raw(v.Value).Values()
	for _, element := range values {
		switch {
		case element.Type == bson.TypeNull:
			in.note(n, path, NullElement, element.Type, f.Type)
		case !f.Type.Admits(element.Type):
			in.note(n, path, Element, element.Type, f.Type)
		case isOtherSubtype(f, element):
			in.note(n, path, Subtype, element.Type, f.Type)
		}
	}
}

// isOtherSubtype reports whether a value is a binary of another subtype than the field declares.
func isOtherSubtype(f *relations.Field, v bson.RawValue) bool {
	if f.Subtype == nil {
		return false
	}
	subtype, _, ok := v.BinaryOK()
	return ok && subtype != *f.Subtype
}

// embedded looks at what is stored at an embedding relation.
func (in *Inspection) embedded(
	ctx context.Context, n *node, r *relations.Relation, v bson.RawValue,
) error {
	path := n.path + r.Name
	switch {
	case bsonpath.IsAbsent(v):
		if r.Kind == relations.EmbedsMany && !r.AbsentEmpty {
			in.note(n, path, AbsentList, 0, relations.Document)
		}
		return nil
	case r.Kind == relations.EmbedsMany && v.Type != bson.TypeArray:
		in.note(n, path, NoArray, v.Type, relations.Document)
		return nil
	case r.Kind == relations.EmbedsOne && v.Type == bson.TypeArray:
		in.note(n, path, Array, v.Type, relations.Document)
		return nil
	case r.Kind == relations.EmbedsOne && v.Type != bson.TypeEmbeddedDocument:
		in.note(n, path, OtherType, v.Type, relations.Document)
		return nil
	}
	child, err := in.child(n, r)
	if err != nil {
		return err
	}
	if r.Kind == relations.EmbedsOne {
		return in.document(ctx, child, v.Value)
	}
	values, err := bson.Raw(v.Value).Values()
	if err != nil {
		return &evaluate.DocumentError{Collection: in.typ.Collection}
	}
	for _, element := range values {
		switch element.Type {
		case bson.TypeEmbeddedDocument:
			if err := in.document(ctx, child, element.Value); err != nil {
				return err
			}
		case bson.TypeNull:
			in.note(n, path, NullElement, element.Type, relations.Document)
		default:
			in.note(n, path, Element, element.Type, relations.Document)
		}
	}
	return nil
}

// keys looks at _id and the type's key: what refers to a document has to find it by one value.
func (in *Inspection) keys(document bson.Raw) {
	paths := []string{"_id"}
	if in.typ.Key != "_id" {
		paths = append(paths, in.typ.Key)
	}
	for _, path := range paths {
		f, declared := in.schema.Field(in.typ, path)
		v := bsonpath.Value(document, strings.Split(path, "."))
		switch {
		case declared && f.Required && bsonpath.IsAbsent(v): // field has said so
		case bsonpath.IsAbsent(v):
			in.note(in.root, path, BadKey, bson.TypeNull, relations.AnyType)
		case v.Type == bson.TypeArray:
			in.note(in.root, path, BadKey, v.Type, relations.AnyType)
		}
	}
}
