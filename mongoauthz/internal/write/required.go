package write

import (
	"strings"

	"github.com/mongoauthz/go-mongoauthz/mongoauthz/internal/bsonpath"
	"github.com/mongoauthz/go-mongoauthz/relations"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// Lacking returns the dotted path of the first field that is declared required and that a
// document lacks, or has null for; "" if there is none. Of an embedded document it asks only
// where that is there, and of documents in an array each. The server or the driver fills in the
// _id of a new document.
func Lacking(s *relations.Schema, t *relations.Type, document bson.Raw) string {
	return lackingInside(s, t, document, "")
}

// lackingInside is Lacking for a document at a place: its path with a dot behind it, "" for the
// root.
func lackingInside(s *relations.Schema, t *relations.Type, document bson.Raw, at string) string {
	for i := range t.Fields {
		f := &t.Fields[i]
		if !f.Required || at == "" && f.Name == "_id" {
			continue
		}
		if v := bsonpath.Value(document, []string{f.Name}); bsonpath.IsAbsent(v) || v.Type == bson.TypeUndefined {
			return at + f.Name
		}
	}
	for i := range t.Relations {
		r := &t.Relations[i]
		inner, ok := s.Type(r.Type)
		if !r.Kind.Embedded() || !ok {
			continue
		}
		for _, d := range embeddedDocuments(r, bsonpath.Value(document, []string{r.Name})) {
			if path := lackingInside(s, inner, d, at+r.Name+"."); path != "" {
				return path
			}
		}
	}
	return ""
}

// embeddedDocuments returns the documents that a value at an embedding relation holds.
func embeddedDocuments(r *relations.Relation, v bson.RawValue) []bson.Raw {
	if v.Type == bson.TypeEmbeddedDocument {
		return []bson.Raw{v.Value}
	}
	if v.Type != bson.TypeArray || r.Kind != relations.EmbedsMany {
		return nil
	}
	elements, _ := bson.Raw(v.Value).Values()
	var out []bson.Raw
	for _, e := range elements {
		if e.Type == bson.TypeEmbeddedDocument {
			out = append(out, e.Value)
		}
	}
	return out
}

// requires reports whether a type, or one embedded in it, declares a field required.
func requires(s *relations.Schema, t *relations.Type, seen map[string]bool) bool {
	if seen[t.Name] {
		return false
	}
	seen[t.Name] = true
	for i := range t.Fields {
		if t.Fields[i].Required {
			return true
		}
	}
	for i := range t.Relations {
		r := &t.Relations[i]
		if inner, ok := s.Type(r.Type); ok && r.Kind.Embedded() && requires(s, inner, seen) {
			return true
		}
	}
	return false
}

// updateTarget is what the path of an update means in a type: a required field, or an embedding
// relation behind which there is one.
type updateTarget struct {
	field    string              // the path in the schema; "" for anything else
	relation *relations.Relation // nil: a required field
	inner    *relations.Type     // what the relation leads to
	element  bool                // an element of the relation's array
}

// findTarget finds out what a path means. Array indexes and the operators $[] and $[name] stand for
// elements.
func findTarget(s *relations.Schema, t *relations.Type, path []string) updateTarget {
	var names []string
	for i := 0; i < len(path); i++ {
		names = append(names, path[i])
		last := i == len(path)-1
		for k := range t.Fields {
			if f := &t.Fields[k]; f.Name == path[i] {
				if last && f.Required {
					return updateTarget{field: strings.Join(names, ".")}
				}
				return updateTarget{} // inside of a field's value
			}
		}
		r, ok := t.Relation(path[i])
		if !ok || !r.Kind.Embedded() {
			return updateTarget{}
		}
		inner, ok := s.Type(r.Type)
		if !ok {
			return updateTarget{}
		}
		element := r.Kind == relations.EmbedsMany && !last && isElement(path[i+1])
		if element {
			i++
		}
		if i == len(path)-1 {
			if !requires(s, inner, map[string]bool{}) {
				return updateTarget{}
			}
			return updateTarget{strings.Join(names, "."), r, inner, element}
		}
		t = inner
	}
	return updateTarget{}
}

func isElement(step string) bool {
	return strings.HasPrefix(step, "$") || step != "" && strings.Trim(step, "0123456789") == ""
}
