package oso

import (
	"fmt"

	"github.com/mongoauthz/go-mongoauthz/evaluate"
	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/relations"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// maxLookUp bounds how many documents a relation of the actor may lead to: Oso makes a list of them.
const maxLookUp = 10_000

// hop returns what one relation reaches from an object, as package evaluate defines it: a condition on the other's fields for each pair of
// keys and each constant.
func (s *session) hop(o *object, r *relations.Relation) ([]*object, error) {
	where := make([]filter.Condition, 0, len(r.Keys)+len(r.Where))
	request := evaluate.Request{}
	id := o.class.name + "\x00" + r.Name
	for _, c := range r.Where {
		if !c.Near {
			where = append(where, filter.F(c.Field).Eq(c.Value))
			continue
		}
		if holds, err := s.near(o, c); !holds {
			return nil, err
		}
	}
	for _, pair := range r.Keys {
		usable, err := s.usableKeys(o, r, pair)
		if len(usable) == 0 || err != nil {
			return nil, err
		}
		for _, key := range usable {
			id += "\x00" + string(key.Type) + string(key.Value)
		}
		id += "\x00\x00"
		request.Match = append(request.Match, evaluate.Match{Field: pair.Foreign, Keys: distinct(usable)})
		alternatives := make(filter.Any, len(usable))
		for i, key := range usable {
			alternatives[i] = filter.Where(filter.F(pair.Foreign).Eq(key))
		}
		where = append(where, alternatives)
	}
	if found, ok := s.found[id]; ok {
		return found, nil
	}
	target, ok := s.engine.schema.Type(r.Type)
	if !ok {
		return nil, unsupported(r.Type, "is not in the schema")
	}
	request.Collection = target.Collection
	decides, err := evaluate.Prepare(s.engine.schema, filter.For(r.Type, filter.Where(where...)))
	if err != nil {
		return nil, unsupported(o.class.name+"."+r.Name, "cannot be looked up: "+err.Error())
	}
	documents, err := s.engine.fetcher.Fetch(s.ctx, request)
	if err != nil {
		return nil, fmt.Errorf("oso: look up %s.%s: %w", o.class.name, r.Name, err)
	}
	found, err := s.reached(documents, decides, s.engine.classes.byName[r.Type], target.Key)
	if err == nil {
		s.found[id] = found
	}
	return found, err
}

// usableKeys returns the keys that an object stores for a relation, without those that reach nothing.
func (s *session) usableKeys(o *object, r *relations.Relation, pair relations.KeyPair) ([]bson.RawValue, error) {
	stored, err := s.stored(o, pair.Local)
	if err != nil {
		return nil, err
	}
	keys := []bson.RawValue{stored}
	if stored.Type == bson.TypeArray {
		if r.Kind != relations.ReferencesMany {
			return nil, nil
		}
		if keys, err = bson.RawArray(stored.Value).Values(); err != nil {
			return nil, unsupported(o.class.name+"."+r.Name, "a stored document is broken")
		}
	}
	usable := keys[:0:0]
	for _, key := range keys {
		if key.Type != 0 && key.Type != bson.TypeNull && key.Type != bson.TypeArray {
			usable = append(usable, key)
		}
	}
	return usable, nil
}

// reached returns the objects of a class for those of some documents that a relation reaches.
func (s *session) reached(documents []bson.Raw, decides *evaluate.Evaluator, class *class, key string) ([]*object, error) {
	if len(documents) > maxLookUp {
		return nil, &filter.LimitError{What: "documents to which a relation of the actor leads", Limit: maxLookUp}
	}
	found := []*object{}
	for _, doc := range documents {
		d, err := decides.Decide(s.ctx, doc, nil)
		if err != nil {
			return nil, err
		}
		if d.Authorized() {
			o := &object{class: class, source: source{doc: doc}, key: lookup(doc, key)}
			if _, err := s.wrap(o); err != nil {
				return nil, err
			}
			found = append(found, o)
		}
	}
	return found, nil
}

func distinct(keys []bson.RawValue) []bson.RawValue {
	var out []bson.RawValue
next:
	for _, key := range keys {
		for _, o := range out {
			if o.Equal(key) {
				continue next
			}
		}
		out = append(out, key)
	}
	return out
}
