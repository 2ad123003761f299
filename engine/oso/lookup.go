package oso

import (
	"bytes"
	"context"
	"fmt"
	"reflect"
	"slices"

	"github.com/mongoauthz/go-mongoauthz/relations"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// object is what a policy sees of an actor, or of a document that was looked up for it. Oso compares two of them deeply: objects with a key
// hold nothing else, so that one key is one object whatever else is known of it; others hold what they are.
type object struct {
	key   bson.RawValue // zero for what is not stored under a key
	class *class
	source
}

// source is where the attributes of an object are read.
type source struct {
	value any      // a pointer to a Go struct, or nil and
	doc   bson.Raw // a document
}

// session is one evaluation of a policy: the context of its look-ups, what they found, and what was asked.
type session struct {
	ctx     context.Context
	engine  *Engine
	sources map[*object]source   // of the objects with a key
	found   map[string][]*object // by relation and keys
	answers map[question]any     // what was read
	trace   *trace
	depth   int   // of the value that is carried
	err     error // the first failure of a look-up
}

// question is an attribute of an object that Oso asks for.
type question struct {
	of   *object
	attr *attribute
}

func (e *Engine) newSession(ctx context.Context) *session {
	return &session{
		ctx: ctx, engine: e, sources: map[*object]source{}, found: map[string][]*object{}, answers: map[question]any{}, trace: newTrace(),
	}
}

// wrap returns the object as the Go value that Oso takes for an instance of its class.
func (s *session) wrap(o *object) (any, error) {
	stored := o.class.stored
	if o.key.Type == 0 && stored != nil && stored.Collection != "" && (o.value == nil || o.class.has(stored.Key)) {
		key, err := s.stored(o, stored.Key)
		if err != nil {
			return nil, err
		}
		o.key = key
	}
	if o.key.Type == bson.TypeNull || o.key.Type == bson.TypeArray {
		o.key = bson.RawValue{}
	}
	if o.key.Type != 0 && (o.value != nil || o.doc != nil) {
		s.sources[o] = o.source
		o.source = source{}
	}
	s.trace.met(o)
	w := reflect.New(o.class.wrapper).Elem()
	w.Field(0).Set(reflect.ValueOf(o))
	return w.Interface(), nil
}

// sourceOf returns where the attributes of an object are read.
func (s *session) sourceOf(o *object) source {
	if from, ok := s.sources[o]; ok {
		return from
	}
	return o.source
}

// has reports whether the Go type has the field that is stored at a path.
func (c *class) has(path string) bool {
	for _, a := range c.attrs {
		if a.path == path && a.index != nil {
			return true
		}
	}
	return false
}

// read returns the value of an attribute as it is handed to Oso.
func (s *session) read(o *object, a *attribute) (any, error) {
	if err := s.ctx.Err(); err != nil {
		return nil, err
	}
	if v, ok := s.answers[question{o, a}]; ok {
		return v, nil
	}
	var v any
	var err error
	switch {
	case a == ofMethods:
		s.trace.closed = true // a method may answer by more than what the policy reads
		v = methods{o, s}
	case a.relation != nil && !a.relation.Kind.Embedded():
		s.trace.closed = true // what the database holds is not the actor's
		v, err = s.follow(o, a)
	default:
		if v, err = s.readStored(o, a); err == nil {
			s.trace.asked(o, a, s.engine.classes, v)
		}
	}
	if u, ok := err.(*UnsupportedError); ok && u.Construct == "" {
		err = unsupported(o.class.name+"."+a.name, u.Problem)
	}
	if err == nil {
		s.answers[question{o, a}] = v
	}
	return v, err
}

// decidedBy reports whether anything but the key was asked of an object.
func (s *session) decidedBy(o *object) bool {
	for q := range s.answers {
		if q.of == o && (o.class.stored == nil || q.attr.path != o.class.stored.Key) {
			return true
		}
	}
	return false
}

func (s *session) readStored(o *object, a *attribute) (any, error) {
	if from := s.sourceOf(o); from.value != nil {
		if a.index == nil {
			return nil, unsupported("", "the Go type has no such field")
		}
		v, err := reflect.ValueOf(from.value).Elem().FieldByIndexErr(a.index)
		if err != nil { // behind an embedded nil pointer
			return nil, nil
		}
		return s.carry(v)
	}
	if a.path == "" {
		return nil, unsupported("", "is not stored, and the document was read from the database")
	}
	r, err := s.stored(o, a.path)
	if err != nil {
		return nil, err
	}
	r = s.orZero(o, a.path, r)
	absent := r.Type == 0 || r.Type == bson.TypeNull
	switch {
	case a.list && absent:
		return []any{}, nil
	case a.list != (r.Type == bson.TypeArray) && !absent:
		return nil, unsupported("", "a stored document has one value for a list, or a list for one value")
	case absent && !a.nullable:
		return nil, unsupported("", "a stored document has no value for it, and its Go type cannot be nil")
	case a.relation == nil:
		return s.carryRaw(r)
	case a.list:
		elements, err := bson.RawArray(r.Value).Values()
		if err != nil {
			return nil, unsupported("", "a stored document is broken")
		}
		list := make([]any, len(elements))
		for i, e := range elements {
			if list[i], err = s.embedded(a, e); err != nil {
				return nil, err
			}
		}
		return list, nil
	case absent:
		return nil, nil
	}
	return s.embedded(a, r)
}

func (s *session) embedded(a *attribute, r bson.RawValue) (any, error) {
	doc, ok := r.DocumentOK()
	if !ok {
		return nil, unsupported("", "a stored document has another value for an embedded document")
	}
	return s.wrap(&object{class: a.class, source: source{doc: doc}})
}

// stored returns what is stored in an object at a dotted path: the zero value for a missing one.
func (s *session) stored(o *object, path string) (bson.RawValue, error) {
	from := s.sourceOf(o)
	if from.value == nil {
		return lookup(from.doc, path), nil
	}
	for _, a := range o.class.attrs {
		if a.path != path || a.index == nil {
			continue
		}
		v, err := reflect.ValueOf(from.value).Elem().FieldByIndexErr(a.index)
		if err != nil {
			return bson.RawValue{}, nil
		}
		if a.list {
			return s.listValue(v.Interface())
		}
		r, err := s.engine.schema.Value(v.Interface())
		if err != nil {
			return r, unsupported(o.class.name+"."+a.name, "is no value to compare with")
		}
		return r, nil
	}
	return bson.RawValue{}, unsupported(o.class.name, fmt.Sprintf("the Go type has no field for %q, which a relation joins by", path))
}

func (s *session) listValue(v any) (bson.RawValue, error) {
	raw, err := s.engine.schema.Marshal(bson.D{{Key: "v", Value: v}})
	if err != nil {
		return bson.RawValue{}, unsupported("", fmt.Sprintf("a Go %T cannot be encoded", v))
	}
	return raw.Lookup("v"), nil
}

// lookup follows a path through embedded documents.
func lookup(doc bson.Raw, path string) bson.RawValue {
	keys := splitPath(path)
	for _, key := range keys[:len(keys)-1] {
		inner, ok := doc.Lookup(key).DocumentOK()
		if !ok {
			return bson.RawValue{}
		}
		doc = inner
	}
	return doc.Lookup(keys[len(keys)-1])
}

// follow returns what a relation leads to: a list, or for a relation to one the document or nil.
func (s *session) follow(o *object, a *attribute) (any, error) {
	if s.engine.fetcher == nil {
		return nil, unsupported(o.class.name+"."+a.name, "a relation of the actor is looked up, and the engine has no fetcher: give it one with WithFetcher(mongoauthz.NewFetcher(db, nil))")
	}
	reached := []*object{o}
	hops := []*relations.Relation{a.relation}
	if a.relation.Kind == relations.Through {
		hops = hops[:0]
		t := o.class.stored
		for _, name := range a.relation.Through {
			hop, ok := t.Relation(name)
			if !ok || hop.Kind == relations.Through || hop.Kind.Embedded() {
				return nil, unsupported(o.class.name+"."+a.name, "a through with embedded documents or other throughs is looked up")
			}
			hops = append(hops, hop)
			t, _ = s.engine.schema.Type(hop.Type)
		}
	}
	for _, hop := range hops {
		var next []*object
		for _, from := range reached {
			found, err := s.hop(from, hop)
			if err != nil {
				return nil, err
			}
			for _, f := range found {
				if !slices.ContainsFunc(next, f.same) {
					next = append(next, f)
				}
			}
		}
		reached = next
	}
	list := make([]any, len(reached))
	for i, r := range reached {
		var err error
		if list[i], err = s.wrap(r); err != nil {
			return nil, err
		}
	}
	switch {
	case a.list:
		return list, nil
	case len(list) == 0:
		return nil, nil
	case len(list) == 1:
		return list[0], nil
	default:
		return nil, unsupported(o.class.name+"."+a.name, "a relation to one leads to several documents")
	}
}

// same reports whether two objects of one class are the same document, as far as their keys tell.
func (o *object) same(other *object) bool {
	return o == other || o.key.Type != 0 && o.key.Type == other.key.Type && bytes.Equal(o.key.Value, other.key.Value)
}
