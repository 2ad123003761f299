package filter

import (
	"bytes"
	"encoding/binary"
	"math"
	"reflect"
	"strconv"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// maxNesting is how deep MongoDB nests documents; a value beyond it could not be stored, so nothing equals it.
const maxNesting = 100

const (
	brokenBSON = "broken BSON"
	tooDeep    = "a value nested too deeply"
	notANumber = "NaN compares with nothing"
)

// scan reads one value of type t from b and returns what follows it, or what is wrong with the value: broken bytes (the driver's
// own Validate looks at lengths only, and would let a value smuggle bytes into the command it is sent in), or, at any depth, a
// type that does not compare.
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

// unordered says what keeps a Go value from being encoded as one certain BSON value: a map in it, whose fields would come in random order; a
// condition or operand of this package, which is no value; or more levels or values than a document can have, such as a pointer to itself.
func unordered(v any) string {
	budget := 1 << 20
	return walk(reflect.ValueOf(v), 0, &budget)
}

var (
	valueMarshaler = reflect.TypeFor[bson.ValueMarshaler]()
	marshaler      = reflect.TypeFor[bson.Marshaler]()
	condition      = reflect.TypeFor[Condition]()
	operand        = reflect.TypeFor[Operand]()
)

func walk(v reflect.Value, depth int, budget *int) string {
	if *budget--; depth > maxNesting || *budget < 0 {
		return tooDeep
	}
	if !v.IsValid() {
		return ""
	}
	t := v.Type()
	switch {
	case t.Kind() != reflect.Interface && (t.Implements(condition) || t.Implements(operand)):
		return "a " + t.String() + " is no value to compare with"
	case t.Implements(valueMarshaler) || t.Implements(marshaler):
		return "" // it says itself what it is
	case v.CanAddr() && (reflect.PointerTo(t).Implements(valueMarshaler) || reflect.PointerTo(t).Implements(marshaler)):
		return ""
	}
	switch t.Kind() {
	case reflect.Map:
		return "a " + t.String() + " has no order of fields: use bson.D"
	case reflect.Pointer, reflect.Interface:
		return walk(v.Elem(), depth+1, budget)
	case reflect.Slice, reflect.Array:
		if scalar(t.Elem().Kind()) {
			return ""
		}
		for i := range v.Len() {
			if problem := walk(v.Index(i), depth+1, budget); problem != "" {
				return problem
			}
		}
	case reflect.Struct:
		for i := range t.NumField() {
			f := t.Field(i)
			if !f.IsExported() && !f.Anonymous || f.Tag.Get("bson") == "-" {
				continue // not encoded
			}
			if problem := walk(v.Field(i), depth+1, budget); problem != "" {
				return problem
			}
		}
	}
	return ""
}

func scalar(k reflect.Kind) bool {
	return k >= reflect.Bool && k <= reflect.Float64 && k != reflect.Uintptr || k == reflect.String
}

func itoa(n int) string { return strconv.Itoa(n) }
