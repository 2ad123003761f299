package mongoauthz

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strings"

	"github.com/mongoauthz/go-mongoauthz/pipeline"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// ErrCursor is matched (errors.Is) by every error about a [PageRequest.After] that no page can be read after. The error itself is
// a [*CursorError].
var ErrCursor = errors.New("mongoauthz: bad page cursor")

// CursorError says why no page can be read after a cursor. It matches [ErrCursor].
type CursorError struct {
	Problem string // never a value of the cursor's, nor of a document
}

func (e *CursorError) Error() string { return "mongoauthz: page cursor: " + e.Problem }

// Is reports whether target is [ErrCursor].
func (e *CursorError) Is(target error) bool { return target == ErrCursor }

// cursorVersion is the first byte of a cursor. What follows are the fingerprint of what it is for, and a BSON document: the values of the
// sort fields as "v", or as "e" why there are none.
const cursorVersion = 1

const fingerprintSize = 8

const (
	notACursor   = "it is none, or of another version"
	anotherOrder = "it is for another sort or resource type"
)

// reason is why a document is no place to read on from. The zero reason is none. Cursors hold the numbers.
type reason int32

const (
	noPlace     reason = iota + 1 // it may come twice
	notCompared                   // nothing can be asked to come after it
	noID                          // others may be in the same place
)

var reasons = map[reason]string{
	noPlace:     "a document holds an array, or undefined, in a field that pages are sorted by",
	notCompared: "the last document holds a value that is not compared in a field that pages are sorted by",
	noID:        "the last document has no _id",
}

var cursorText = base64.RawURLEncoding.Strict()

// Cursor returns the cursor to read on from a document, as [PageRequest.After] takes it: what [FetchPage] returns as Next, for those who run
// [Query.Page] themselves. The document is the last one of a page, as the query returned it, and sort the page's.
//
// The errors are an [*ArgumentError] for a sort that is none, and a [*CursorError] for a document that has no one place in
// the order, or no comparable one.
func (q *Query) Cursor(sort bson.D, last bson.Raw) (string, error) {
	if !q.made() {
		return "", errNoQuery
	}
	order, err := totalOrder(sort)
	if err != nil {
		return "", err
	}
	values, problem := placeOf(order, last)
	if problem != 0 {
		return "", &CursorError{Problem: reasons[problem]}
	}
	return q.cursor(order, values, 0)
}

// cursor spells the cursor for the values, or for the reason why there are none.
func (q *Query) cursor(order bson.D, values []bson.RawValue, problem reason) (string, error) {
	body := bson.D{{Key: "v", Value: values}}
	if problem != 0 {
		body = bson.D{{Key: "e", Value: int32(problem)}}
	}
	raw, err := bson.Marshal(body)
	if err != nil {
		return "", &CursorError{Problem: reasons[notCompared]}
	}
	out := append([]byte{cursorVersion}, q.fingerprint(order)...)
	return cursorText.EncodeToString(append(out, raw...)), nil
}

// after returns the stage that keeps what follows the cursor.
func (q *Query) after(cursor string, order bson.D) (bson.D, error) {
	values, err := q.place(cursor, order)
	if err != nil {
		return nil, err
	}
	query, err := pipeline.After(order, values)
	if err != nil {
		return nil, &CursorError{Problem: notACursor}
	}
	return bson.D{{Key: "$match", Value: query}}, nil
}

// place returns the values of the order's fields that a cursor holds.
func (q *Query) place(cursor string, order bson.D) ([]bson.RawValue, error) {
	raw, err := cursorText.DecodeString(cursor)
	if err != nil || len(raw) < 1+fingerprintSize || raw[0] != cursorVersion {
		return nil, &CursorError{Problem: notACursor}
	}
	if !bytes.Equal(raw[1:1+fingerprintSize], q.fingerprint(order)) {
		return nil, &CursorError{Problem: anotherOrder}
	}
	body := bson.Raw(raw[1+fingerprintSize:])
	if body.Validate() != nil {
		return nil, &CursorError{Problem: notACursor}
	}
	if n, ok := body.Lookup("e").Int32OK(); ok && reasons[reason(n)] != "" {
		return nil, &CursorError{Problem: reasons[reason(n)]}
	}
	list, ok := body.Lookup("v").ArrayOK()
	if !ok {
		return nil, &CursorError{Problem: notACursor}
	}
	values, err := list.Values()
	if err != nil || len(values) != len(toID(order)) {
		return nil, &CursorError{Problem: notACursor}
	}
	return values, nil
}

// fingerprint stands for the resource type and the order.
func (q *Query) fingerprint(order bson.D) []byte {
	h := sha256.New()
	h.Write([]byte(q.plan.resource()))
	for _, e := range order {
		sign := "\x00+"
		if e.Value == int32(-1) {
			sign = "\x00-"
		}
		h.Write([]byte(sign + e.Key))
	}
	return h.Sum(nil)[:fingerprintSize]
}

// toID returns the fields of an order up to _id: what follows it decides nothing.
func toID(order bson.D) bson.D {
	for i, e := range order {
		if e.Key == "_id" {
			return order[:i+1]
		}
	}
	return order
}

// placeOf returns the values of a document by which it has its place in the order, or the problem with them.
func placeOf(order bson.D, document bson.Raw) (values []bson.RawValue, problem reason) {
	fields := toID(order)
	values = make([]bson.RawValue, len(fields))
	for i, e := range fields {
		v, ok := sortValue(document, e.Key)
		if !ok {
			return nil, noPlace
		}
		if e.Key == "_id" && v.IsZero() {
			return nil, noID
		}
		if v.IsZero() {
			v = bson.RawValue{Type: bson.TypeNull}
		}
		values[i] = v
	}
	if _, err := pipeline.After(order, values); err != nil {
		return nil, notCompared
	}
	return values, 0
}

// tile is the documents of a page, as far as the next one follows from them.
type tile struct {
	order       bson.D
	limit, seen int64
	unplaced    bool          // one of them has no one place in the order
	first       bson.RawValue // the first one's value of the first field
	last        bson.Raw      // the one at the limit
}

// add takes a document, and says whether it is on the page, and not beyond its limit. It keeps nothing of it that changes.
func (t *tile) add(document bson.Raw) bool {
	if t.seen++; t.seen > t.limit {
		return false
	}
	for _, e := range toID(t.order) {
		if _, ok := sortValue(document, e.Key); !ok {
			t.unplaced = true
		}
	}
	if t.seen == 1 {
		v, _ := sortValue(document, t.order[0].Key)
		t.first = bson.RawValue{Type: v.Type, Value: bytes.Clone(v.Value)}
	}
	if t.seen == t.limit {
		t.last = bytes.Clone(document)
	}
	return true
}

// next returns the cursor of the next page, empty if there is none.
func (t *tile) next(q *Query, after bool) (string, error) {
	if t.unplaced && after {
		return "", &CursorError{Problem: reasons[noPlace]}
	}
	if t.seen <= t.limit {
		return "", nil
	}
	if t.unplaced {
		return q.cursor(t.order, nil, noPlace)
	}
	values, problem := placeOf(t.order, t.last)
	return q.cursor(t.order, values, problem)
}

// sortValue returns the value at a path, the zero value where there is none. ok is false where the server may sort the document by another one:
// by an element of an array, and by undefined as null or not, as its version has it.
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
