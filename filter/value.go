package filter

import (
	"reflect"
	"strconv"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/internal/literal"
)

// plain reads values as the driver encodes them by default.
var plain = literal.Reader{NoValue: []reflect.Type{
	reflect.TypeFor[Condition](), reflect.TypeFor[Operand](),
}}

// Value returns a Go value as the BSON value that a comparison uses.
//
// Accepted are what the driver encodes as a string, bool, int32, int64, finite or infinite double,
// Decimal128, date (cut to milliseconds), ObjectID, binary, timestamp or null (a nil of any kind
// but a map), and an embedded document given as bson.D or as raw BSON.
//
// Value knows no registry. It accepts predeclared types, the types of package bson, time.Time,
// json.Number, url.URL, types that marshal themselves, and unnamed pointers and slices of these.
// Another type, such as an application's own, may be stored otherwise: relations.Schema.Check and
// relations.Schema.Value encode it as documents hold it.
//
// Refused, with a [*MalformedError] that never shows the value, are
//
//   - types that a registry or an option may encode otherwise,
//   - arrays, regular expressions, code, undefined, symbols, DBPointers, MinKey, MaxKey and NaN, and all
//     of these, but for arrays, inside an embedded document too,
//   - maps, whose fields have no order,
//   - conditions and operands,
//   - broken BSON,
//   - values that nest deeper than 100 levels, such as one that holds itself.
func Value(v any) (bson.RawValue, error) {
	r, problem := plain.Value(v)
	return r, asMalformed(problem)
}

// elements returns the elements of a Go slice or array, or of a BSON array, as BSON values. isList
// is false if v is none of these: a nil slice is null as a whole, []byte and byte arrays are
// binary values, bson.D and slices like it are documents. The errors are those of [Value].
func elements(v any) (values []bson.RawValue, isList bool, err error) {
	values, isList, problem := plain.Values(v)
	return values, isList, asMalformed(problem)
}

func asMalformed(p *literal.Problem) error {
	if p == nil {
		return nil
	}
	return malformed(p.Where, p.Text)
}

// values returns a literal as BSON: the elements of a list, or the one value.
func values(v any) (values []bson.RawValue, isList, ok bool) {
	values, isList, err := elements(v)
	if err != nil || isList {
		return values, isList, err == nil
	}
	r, err := Value(v)
	return []bson.RawValue{r}, false, err == nil
}

func itoa(n int) string { return strconv.Itoa(n) }
