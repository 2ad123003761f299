package oso

import (
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/evaluate"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

// orZero returns what is stored at a path, or what the schema says that it is in comparisons where
// it is missing in a document that is there.
func (s *session) orZero(o *object, path string, stored bson.RawValue) bson.RawValue {
	if stored.Type != 0 || o.class.stored == nil || s.sourceOf(o).value != nil {
		return stored
	}
	f, ok := s.engine.schema.Field(o.class.stored, path)
	if !ok || f.AbsentZero == nil {
		return stored
	}
	if around := parent(path); around != "" && lookup(s.sourceOf(o).doc, around).Type != bson.TypeEmbeddedDocument {
		return stored
	}
	zero, _ := f.AbsentZero.(bson.RawValue)
	return zero
}

// near reports whether an object has the constant by which a relation leads on from it. The error
// is for one of which that is not known: then what the relation leads to is not known either, and a
// not of it would hold for want of anything.
func (s *session) near(o *object, c relations.Constant) (bool, error) {
	stored, err := s.stored(o, c.Field)
	if err != nil {
		return false, err
	}
	stored = s.orZero(o, c.Field, stored)
	if constant, ok := c.Value.(bson.RawValue); ok && evaluate.Equal(stored, constant) {
		return true, nil
	}
	if stored.Type == 0 || stored.Type == bson.TypeNull {
		if attr := o.class.stores(c.Field); attr != nil && attr.nullable { // nil differs from the constant
			return false, nil
		}
	} else if f, ok := s.engine.schema.Field(o.class.stored, c.Field); ok {
		declared := *f.Field
		declared.Convert = relations.NoConversion // which is for values of a policy
		if fits(&declared, stored) {
			return false, nil
		}
	}
	return false, unsupported(o.class.name, fmt.Sprintf("a stored document has no value of its type for %q, by which a relation leads on", c.Field))
}
