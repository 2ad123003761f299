package page

import (
	"bytes"
	"errors"
	"strings"

	"github.com/mongoauthz/go-mongoauthz/pipeline"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// Scan takes the documents of a page in their order, as far as the next page follows from them.
type Scan struct {
	Order bson.D
	Limit int64 // of the page

	seen     int64
	unplaced bool          // one of them has no one place in the order
	first    bson.RawValue // the first one's value of the first field
	last     bson.Raw      // the one at the limit
}

// Add takes a document, and reports whether it is on the page, and not beyond its limit. It keeps
// nothing of it that changes.
func (s *Scan) Add(document bson.Raw) bool {
	if s.seen++; s.seen > s.Limit {
		return false
	}
	for _, e := range toID(s.Order) {
		if _, ok := sortValue(document, e.Key); !ok {
			s.unplaced = true
		}
	}
	if s.seen == 1 {
		v, _ := sortValue(document, s.Order[0].Key)
		s.first = bson.RawValue{Type: v.Type, Value: bytes.Clone(v.Value)}
	}
	if s.seen == s.Limit {
		s.last = bytes.Clone(document)
	}
	return true
}

// IsSurelyWhole reports whether there is a document beyond the page, and each document of the page
// has one place in the order.
func (s *Scan) IsSurelyWhole() bool { return s.seen > s.Limit && !s.unplaced }

// Next returns the token of the next page, for the resource type, empty if there is none. After
// says that the page was itself read after a token: then each of its documents needs one place,
// and the error says that one has not.
func (s *Scan) Next(resource string, after bool) (string, error) {
	switch {
	case s.unplaced && after:
		return "", hasSeveralPlaces
	case s.seen <= s.Limit:
		return "", nil
	case s.unplaced:
		return refusing(resource, s.Order, hasSeveralPlaces)
	}
	token, err := Token(resource, s.Order, s.last)
	if why := noPlace(0); errors.As(err, &why) {
		return refusing(resource, s.Order, why)
	}
	return token, err
}

// placeOf returns the values of a document by which it has its place in the order. The error is a
// noPlace.
func placeOf(order bson.D, document bson.Raw) ([]bson.RawValue, error) {
	fields := toID(order)
	values := make([]bson.RawValue, len(fields))
	for i, e := range fields {
		v, ok := sortValue(document, e.Key)
		switch {
		case !ok:
			return nil, hasSeveralPlaces
		case e.Key == "_id" && v.IsZero():
			return nil, hasNoID
		case v.IsZero():
			v = bson.RawValue{Type: bson.TypeNull}
		case v.Type == bson.TypeSymbol: // a sort does not tell it from the string
			v.Type = bson.TypeString
		}
		values[i] = v
	}
	if _, err := pipeline.After(order, values); err != nil {
		return nil, isNotCompared
	}
	return values, nil
}

// sortValue returns the value at a path, the zero value where there is none. It is not ok where the
// server may sort the document by another one: by an element of an array, and by undefined as null
// or not, as its version has it.
func sortValue(document bson.Raw, path string) (v bson.RawValue, ok bool) {
	for {
		key, rest, more := strings.Cut(path, ".")
		v, _ = document.LookupErr(key)
		switch {
		case v.Type == bson.TypeArray, v.Type == bson.TypeUndefined:
			return v, false
		case !more:
			return v, true
		}
		if document, ok = v.DocumentOK(); !ok {
			return bson.RawValue{}, true
		}
		path = rest
	}
}
