package literal

import (
	"bytes"
	"encoding/binary"
	"math"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// maxNesting is how deep MongoDB nests documents; a value beyond it could not be stored, so
// nothing equals it.
const maxNesting = 100

const (
	brokenBSON = "broken BSON"
	tooDeep    = "a value nested too deeply"
	notANumber = "NaN compares with nothing"
)

// Broken says what is wrong with the bytes of one value of type t, or "": broken bytes, or, at any
// depth, a type that does not compare. The driver's own Validate looks at lengths only, and would
// let a value smuggle bytes into the command that it is sent in.
func Broken(t bson.Type, b []byte) (problem string) {
	rest, problem := scan(t, b, 0)
	if problem == "" && len(rest) != 0 {
		return brokenBSON
	}
	return problem
}

// scan reads one value of type t from b. It returns what follows the value, or what is wrong with
// it.
func scan(t bson.Type, b []byte, depth int) (rest []byte, problem string) {
	size := 0
	switch t {
	case bson.TypeNull:
	case bson.TypeBoolean:
		if len(b) > 0 && b[0] > 1 {
			return nil, brokenBSON
		}
		size = 1
	case bson.TypeInt32:
		size = 4
	case bson.TypeInt64, bson.TypeDateTime, bson.TypeTimestamp:
		size = 8
	case bson.TypeDouble:
		if len(b) >= 8 && math.IsNaN(math.Float64frombits(binary.LittleEndian.Uint64(b))) {
			return nil, notANumber
		}
		size = 8
	case bson.TypeObjectID:
		size = 12
	case bson.TypeDecimal128:
		if len(b) >= 16 && bson.NewDecimal128(binary.LittleEndian.Uint64(b[8:]), binary.LittleEndian.Uint64(b)).IsNaN() {
			return nil, notANumber
		}
		size = 16
	case bson.TypeString:
		n, ok := length(b)
		if !ok || n < 1 || len(b) < 4+n || b[3+n] != 0 {
			return nil, brokenBSON
		}
		size = 4 + n
	case bson.TypeBinary:
		n, ok := length(b)
		if !ok {
			return nil, brokenBSON
		}
		size = 5 + n
	case bson.TypeEmbeddedDocument, bson.TypeArray:
		return scanDocument(b, depth+1)
	default:
		if t.IsValid() {
			return nil, "a BSON " + t.String() + " is no value to compare with"
		}
		return nil, brokenBSON
	}
	if size < 0 || len(b) < size {
		return nil, brokenBSON
	}
	return b[size:], ""
}

func scanDocument(b []byte, depth int) (rest []byte, problem string) {
	if depth > maxNesting {
		return nil, tooDeep
	}
	n, ok := length(b)
	if !ok || n < 5 || len(b) < n || b[n-1] != 0 {
		return nil, brokenBSON
	}
	doc, rest := b[4:n-1], b[n:]
	for len(doc) > 0 {
		t := bson.Type(doc[0])
		end := bytes.IndexByte(doc[1:], 0)
		if end < 0 {
			return nil, brokenBSON
		}
		if doc, problem = scan(t, doc[end+2:], depth); problem != "" {
			return nil, problem
		}
	}
	return rest, ""
}

func length(b []byte) (int, bool) {
	if len(b) < 4 {
		return 0, false
	}
	n := int32(binary.LittleEndian.Uint32(b))
	return int(n), n >= 0
}
