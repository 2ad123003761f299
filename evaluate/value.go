package evaluate

import (
	"bytes"
	"encoding/binary"
	"iter"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// This file reads BSON where it lies. A document is checked once, as a whole (wellFormed); what
// reads it afterwards may rely on that, and still ends rather than panics on anything else.

// maxNesting bounds how deep documents nest. Servers store up to 200 levels.
const maxNesting = 1000

// wellFormed reports whether a document is BSON through and through, nested at most depth levels.
func wellFormed(document []byte, depth int) bool {
	if depth == 0 || !framed(document) {
		return false
	}
	for body := document[4 : len(document)-1]; len(body) > 0; {
		t, at, end, ok := element(body)
		if !ok || !wellFormedValue(t, body[at:end], depth) {
			return false
		}
		body = body[end:]
	}
	return true
}

// framed reports whether a document has its own length, and ends as documents do.
func framed(document []byte) bool {
	return len(document) >= 5 && length(document) == len(document) && document[len(document)-1] == 0
}

// wellFormedValue is wellFormed for a value in a document.
func wellFormedValue(t bson.Type, value []byte, depth int) bool {
	switch t {
	case bson.TypeEmbeddedDocument, bson.TypeArray:
		return wellFormed(value, depth-1)
	case bson.TypeString, bson.TypeSymbol, bson.TypeJavaScript:
		return value[len(value)-1] == 0
	case bson.TypeBoolean:
		return value[0] <= 1
	default:
		return true
	}
}

// tops reads a document once: it reports whether the document is well formed, and finds the fields
// of the names given, the first if there are several of one name.
func tops(document []byte, names []string, found *[maxTops]bson.RawValue) bool {
	if !framed(document) {
		return false
	}
	for body := document[4 : len(document)-1]; len(body) > 0; {
		t, at, end, ok := element(body)
		if !ok || !wellFormedValue(t, body[at:end], maxNesting) {
			return false
		}
		for i := range names {
			if names[i] == string(body[1:at-1]) && found[i].Type == 0 {
				found[i].Type, found[i].Value = t, body[at:end:end]
			}
		}
		body = body[end:]
	}
	return true
}

// elements yields the names and values of a document, or the indexes and elements of an array, in
// their order.
func elements(document []byte) iter.Seq2[[]byte, bson.RawValue] {
	return func(yield func([]byte, bson.RawValue) bool) {
		if len(document) < 5 {
			return
		}
		for body := document[4 : len(document)-1]; len(body) > 0; {
			name, v, rest, ok := next(body)
			if !ok || !yield(name, v) {
				return
			}
			body = rest
		}
	}
}

// find returns the value of a field of a document, the first if there are several of that name.
func find(document []byte, name string) (bson.RawValue, bool) {
	for n, v := range elements(document) {
		if string(n) == name {
			return v, true
		}
	}
	return bson.RawValue{}, false
}

// presence says what is stored at a path.
type presence uint8

const (
	unreached presence = iota // there is no document to look into: the entity was not reached
	detached                  // the path leads through something that is not a document, and is set
	orphaned                  // a document that the path leads through is missing or null
	missing
	null
	stored
)

// lookup returns what is stored at a path that leads through embedded documents only.
func lookup(document []byte, path []string) (bson.RawValue, presence) {
	v, _ := find(document, path[0])
	return inside(v, path[1:])
}

// inside returns what is stored at a path in a value, or the value itself if there is no path. Of
// type 0 the value is one that is missing.
func inside(v bson.RawValue, path []string) (bson.RawValue, presence) {
	for _, step := range path {
		switch v.Type {
		case 0, bson.TypeNull:
			return bson.RawValue{}, orphaned
		case bson.TypeEmbeddedDocument:
			v, _ = find(v.Value, step)
		default:
			return bson.RawValue{}, detached
		}
	}
	switch v.Type {
	case 0:
		return v, missing
	case bson.TypeNull:
		return v, null
	default:
		return v, stored
	}
}

// next splits the first element off the body of a document.
func next(body []byte) (name []byte, v bson.RawValue, rest []byte, ok bool) {
	t, at, end, ok := element(body)
	if !ok {
		return nil, v, nil, false
	}
	return body[1 : at-1], bson.RawValue{Type: t, Value: body[at:end:end]}, body[end:], true
}

// element finds the first element in the body of a document: its value is body[at:end], and its
// name body[1:at-1].
func element(body []byte) (t bson.Type, at, end int, ok bool) {
	if len(body) == 0 {
		return 0, 0, 0, false
	}
	name := bytes.IndexByte(body[1:], 0)
	if name < 0 {
		return 0, 0, 0, false
	}
	t, at = bson.Type(body[0]), name+2
	n, ok := size(t, body[at:])
	return t, at, at + n, ok
}

// size returns how many bytes a value takes at the beginning of b; ok is false if b does not hold
// it.
func size(t bson.Type, b []byte) (n int, ok bool) {
	switch t {
	case bson.TypeNull, bson.TypeUndefined, bson.TypeMinKey, bson.TypeMaxKey:
		return 0, true
	case bson.TypeBoolean:
		n = 1
	case bson.TypeInt32:
		n = 4
	case bson.TypeInt64, bson.TypeDouble, bson.TypeDateTime, bson.TypeTimestamp:
		n = 8
	case bson.TypeObjectID:
		n = 12
	case bson.TypeDecimal128:
		n = 16
	case bson.TypeRegex:
		pattern := bytes.IndexByte(b, 0)
		options := bytes.IndexByte(b[pattern+1:], 0)
		return pattern + options + 2, pattern >= 0 && options >= 0
	default:
		l := length(b)
		switch t {
		case bson.TypeString, bson.TypeSymbol, bson.TypeJavaScript:
			n, ok = 4+l, l >= 1 // at least the NUL at its end
		case bson.TypeDBPointer:
			n, ok = 4+l+12, l >= 1
		case bson.TypeBinary:
			n, ok = 4+1+l, l >= 0
		case bson.TypeEmbeddedDocument, bson.TypeArray, bson.TypeCodeWithScope:
			n, ok = l, l >= 5
		}
		return n, ok && n > 0 && n <= len(b)
	}
	return n, n <= len(b)
}

// length returns the length that b begins with, or -1.
func length(b []byte) int {
	if len(b) < 4 {
		return -1
	}
	return int(int32(binary.LittleEndian.Uint32(b)))
}
