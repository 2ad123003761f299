package relations

import (
	"math"
	"strconv"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// FromText returns the value that a text names in a field, as an id in a URL does. The field's own
// conversion counts; without one, it is the usual text of the declared type:
//
//	String, AnyType   the text itself
//	ObjectID          24 hexadecimal digits
//	Number            an integer in decimal digits; other decimal numbers are doubles
//	Bool              true or false
//	Date              RFC 3339
//	Binary            a UUID, of the declared subtype (4 if none is declared)
//
// It is not ok where the text names no value of the type. Timestamps and documents have no usual
// text.
func (s *Schema) FromText(f *Field, text string) (v bson.RawValue, ok bool) {
	v, err := s.Value(text)
	if err != nil || f == nil {
		return v, false
	}
	if f.Convert != NoConversion {
		v, problem := s.coding().convert(f, v)
		return v, problem == "" && f.Type.admits(v.Type)
	}
	as := *f
	switch f.Type {
	case String, AnyType:
		return v, true
	case Number:
		return numberOf(text)
	case Bool:
		v, err := s.Value(text == "true")
		return v, err == nil && (text == "true" || text == "false")
	case ObjectID:
		as.Convert = FromHex
	case Date:
		as.Convert = FromRFC3339
	case Binary:
		as.Convert = FromUUID
	default:
		return v, false
	}
	v, problem := as.apply(v)
	return v, problem == ""
}

// numberOf reads a number in decimal digits, in the one form that it is written in.
func numberOf(text string) (v bson.RawValue, ok bool) {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		t, raw, err := bson.MarshalValue(n)
		return bson.RawValue{Type: t, Value: raw}, err == nil && strconv.FormatInt(n, 10) == text
	}
	if strings.Trim(text, "0123456789") == "" { // it is beyond 64 bits
		return v, false
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsInf(n, 0) || math.IsNaN(n) || strings.Trim(text, "-.0123456789eE+") != "" {
		return v, false
	}
	t, raw, err := bson.MarshalValue(n)
	return bson.RawValue{Type: t, Value: raw}, err == nil
}
