package relations

import (
	"iter"
	"reflect"
	"strings"

	"github.com/mongoauthz/go-mongoauthz/filter"
)

// Schema is a set of resource types. It is immutable and safe for concurrent use. Make one with [New].
// It does not remember the order in which types, fields and relations were declared: two schemas that declare the same are equal.
type Schema struct {
	types   []Type                   // by name, as their fields and relations are
	index   map[string]int           // by name
	unbound map[string]filter.Param  // by type, a parameter that its scope leaves unbound
	scopes  map[string]*CheckedScope // by type, its scope resolved
	coder   *coder                   // how Go values are encoded; nil: as the driver does by default
}

// Type is a resource type: documents of a collection, or documents embedded in another type.
type Type struct {
	Name       string
	Collection string             // the collection its documents live in; "" for a type that is only embedded
	Key        string             // the field by which others refer to it; "" means "_id"
	Fields     []Field            // the fields a filter may use; others come back untouched
	Relations  []Relation         // how it leads to other types
	Scope      []filter.Condition // hold wherever the type is met; over its own and embedded-one fields, without entities

	// Go is the struct whose encoding its documents are, for Authorizer.Verify (package mongoauthz);
	// nil: not said.
	Go reflect.Type
}

// Field is a declared field of a type.
//
// AbsentZero says what a missing field is in every comparison, such as false: the value that the
// encoder writes for the zero value of the field's Go type, where it leaves that value out
// (omitempty). It is a Number, a String or a Bool. A null stays unknown, and so does a field of an
// embedded document that is not there. IsNull and IsSet, relations, sorts and page tokens read what
// is stored. [Schema.Validate] refuses AbsentZero for a list, for _id, for the key of a type, and
// for a field by which a relation joins.
//
// Required removes no guard from a query: a document without the field is decided as any other.
//
// OmitEmpty says that the encoder leaves the field's zero value out, and that nothing is declared
// for it. Conditions on it miss the documents that hold the zero value, so Authorizer.VerifyData
// (package mongoauthz) reports it. Declare AbsentZero or AbsentEmpty, or store the zero value.
//
// Subtype is the binary subtype that documents hold. Binaries of different subtypes are never
// equal, so comparing with one of another subtype is an error. With FromUUID and without Go, it is
// 4 unless set. With Go, the encoder of that type decides it.
//
// Go is for a field whose Go type has an encoding of its own, such as a time stored as text. The
// conversion reads a text, and makes a value of type Go of it. The schema encodes the value, and
// conditions compare the result.
type Field struct {
	Name        string     // the key in the document
	Type        ValueType  // the type of its value, or of the elements of its list
	List        bool       // a list of values is declared, not one
	AbsentEmpty bool       // a list only: missing or null is the empty list
	AbsentZero  any        // one value only: what a missing field is in comparisons; nil: unknown
	Strict      bool       // a value of another type or shape is unknown in every comparison
	Required    bool       // documents have it, neither missing nor null: VerifyData, AuthorizeNew and updates check it
	OmitEmpty   bool       // the encoder leaves its zero value out, and nothing is declared for it
	Convert     Conversion // applied to literals and parameters compared with the field

	Subtype *byte        // a Binary only: the subtype that documents hold; nil: any
	Go      reflect.Type // with a conversion only: the Go type whose encoding documents hold; nil: not said
}

// ValueType is the type a field declares. The zero ValueType is none of them and is refused.
type ValueType uint8

// The value types. Number is int32, int64, double and Decimal128, which compare by value; Binary is every subtype, each equal to itself only.
const (
	AnyType   ValueType = iota + 1 // any BSON value; compares as BSON does
	Number                         // $type "number"
	String                         // $type "string"
	Bool                           // $type "bool"
	ObjectID                       // $type "objectId"
	Date                           // $type "date"
	Binary                         // $type "binData"
	Timestamp                      // $type "timestamp"
	Document                       // $type "object": an embedded document compared as a whole, by Eq and Ne only
)

// Conversion turns the literals and parameters compared with a field into the field's type. The zero Conversion changes nothing.
// A value already of the field's type is left as it is; one that cannot be converted is an error.
type Conversion uint8

// The conversions.
const (
	NoConversion Conversion = iota
	FromHex                 // 24 hexadecimal digits → ObjectID
	FromUUID                // the text of a UUID, or 16 bytes → binary of the field's subtype
	FromRFC3339             // RFC 3339 text → date, cut to milliseconds
)

// Kind is the kind of a relation. The zero Kind is none of them and is refused.
type Kind uint8

// The kinds of relations.
const (
	EmbedsOne      Kind = iota + 1 // a document in the same document, at the field of the relation's name
	EmbedsMany                     // an array of documents in the same document, at the field of the relation's name
	ReferencesOne                  // a local field holds the other's key
	ReferencesMany                 // a local list holds the others' keys
	HasOne                         // the other's field is, or holds, our key; as HasMany, unless it is Required
	HasMany                        // the others' field is, or holds, our key
	Through                        // two or more relations followed in a row
)

// ToOne reports whether the kind reaches at most one document per key: embeds one and references one.
func (k Kind) ToOne() bool { return k == EmbedsOne || k == ReferencesOne }

// Embedded reports whether the kind stays in the same document.
func (k Kind) Embedded() bool { return k == EmbedsOne || k == EmbedsMany }

// Relation is a named edge from the type that declares it to another type.
//
// Required and Complete promise something of the stored data. Where data break Required, a list may
// return too few documents. Where they break Complete, it may return too many.
// Authorizer.VerifyData (package mongoauthz) reports such data.
//
// Required says that each document has a row in the other collection: one that is inside the scope
// of its type and has the constants of the relation. Without such a row it is unknown what the
// relation reaches, and then a None does not hold.
//
// Complete says that every key that is set leads to a document. The query then leaves out the join
// that checks this. If a project is deleted and its tasks are not, None(project.locked) is true of
// those tasks. Complete has no effect where the other type has a scope, or the relation a constant
// on the far side.
type Relation struct {
	Name        string     // for the embedded kinds also the key in the document
	Kind        Kind       //
	Type        string     // the type it leads to
	Keys        []KeyPair  // the fields that must be equal; none for the embedded kinds and Through
	Where       []Constant // constant conditions that must hold as well
	Through     []string   // Through only: the names of the relations followed, each of the type that the one before leads to
	AbsentEmpty bool       // EmbedsMany only: missing or null is the empty list
	Required    bool       // HasOne only: there is a row
	Complete    bool       // ReferencesOne and ReferencesMany only: no key dangles
}

// KeyPair is a pair of fields by which a relation joins, as dotted paths. Local crosses embedded single documents only;
// Foreign may cross arrays of embedded documents as well. At most one pair of a relation has a list on its local side.
type KeyPair struct {
	Local   string // a field of the declaring type; of HasOne and HasMany "" means the type's key
	Foreign string // a field of the other type; of ReferencesOne and ReferencesMany "" means the type's key
}

// Constant is a condition "field = value" that belongs to a relation, on the near side (the declaring type) or the far side.
type Constant struct {
	Near  bool   // true: a field of the declaring type; false: a field of the type it leads to
	Field string // dotted paths cross embedded single documents only
	Value any    // a scalar, see [Schema.Value]
}

// Types returns the types, by name. They belong to the schema and must not be changed.
func (s *Schema) Types() iter.Seq[*Type] {
	return func(yield func(*Type) bool) {
		if s == nil {
			return
		}
		for i := range s.types {
			if !yield(&s.types[i]) {
				return
			}
		}
	}
}

// Type returns the type of that name. It belongs to the schema and must not be changed.
func (s *Schema) Type(name string) (*Type, bool) {
	if s == nil {
		return nil, false
	}
	i, ok := s.index[name]
	if !ok {
		return nil, false
	}
	return &s.types[i], true
}

// Relation returns the relation of that name.
func (t *Type) Relation(name string) (*Relation, bool) {
	if t == nil {
		return nil, false
	}
	for i := range t.Relations {
		if t.Relations[i].Name == name {
			return &t.Relations[i], true
		}
	}
	return nil, false
}

// FieldRef is a field found by its dotted path: the field, and the embedding relations that the path steps through.
type FieldRef struct {
	*Field
	Path  string // the dotted path, from the type it was looked up in
	Steps []Step // the embedded documents and arrays on the way, outermost first
}

// Step is an embedded document, or array of documents, on the way to a field.
type Step struct {
	Path string // the dotted path of the embedded value
	Many bool   // an array of documents
}

// CrossesArray reports whether the path steps through an array of embedded documents.
func (r FieldRef) CrossesArray() bool {
	for _, s := range r.Steps {
		if s.Many {
			return true
		}
	}
	return false
}

// Field returns the field at a dotted path from the type, whose steps are relations of the embedded kinds.
func (s *Schema) Field(t *Type, path string) (FieldRef, bool) { return s.field(t, path, false) }

// Presence returns what IsNull and IsSet may ask of at a dotted path: a field, as [Schema.Field] returns it, or the embedded document
// of an EmbedsOne relation, as a field of type Document.
func (s *Schema) Presence(t *Type, path string) (FieldRef, bool) { return s.field(t, path, true) }

func (s *Schema) field(t *Type, path string, embedded bool) (FieldRef, bool) {
	if t == nil {
		return FieldRef{}, false
	}
	ref := FieldRef{Path: path}
	rest := path
	for {
		head, tail, dotted := strings.Cut(rest, ".")
		if !dotted {
			for i := range t.Fields {
				if t.Fields[i].Name == rest {
					ref.Field = &t.Fields[i]
					return ref, true
				}
			}
			if r, ok := t.Relation(rest); embedded && ok && r.Kind == EmbedsOne {
				ref.Field = &Field{Name: rest, Type: Document}
				return ref, true
			}
			return FieldRef{}, false
		}
		r, ok := t.Relation(head)
		if !ok || !r.Kind.Embedded() {
			return FieldRef{}, false
		}
		ref.Steps = append(ref.Steps, Step{Path: path[:len(path)-len(tail)-1], Many: r.Kind == EmbedsMany})
		if t, ok = s.Type(r.Type); !ok {
			return FieldRef{}, false
		}
		rest = tail
	}
}

// lookup is Field for those who need no steps: the field, and whether the path crosses an array of documents.
func (s *Schema) lookup(t *Type, path string) (f *Field, crosses, ok bool) {
	for {
		head, tail, dotted := strings.Cut(path, ".")
		if !dotted {
			for i := range t.Fields {
				if t.Fields[i].Name == path {
					return &t.Fields[i], crosses, true
				}
			}
			return nil, false, false
		}
		r, ok := t.Relation(head)
		if !ok || !r.Kind.Embedded() {
			return nil, false, false
		}
		crosses = crosses || r.Kind == EmbedsMany
		if t, ok = s.Type(r.Type); !ok {
			return nil, false, false
		}
		path = tail
	}
}
