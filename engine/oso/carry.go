package oso

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/mongoauthz/go-mongoauthz/evaluate"
	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/osohq/go-oso/types"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// scalar is a BSON value for which Polar has no type of its own, such as a date or an ObjectID. go-oso would make lists of numbers of
// some of them and compare others by their Go structs.
type scalar struct{ bson.RawValue }

// Equal reports whether other is the same BSON value. Oso calls it to compare.
func (s scalar) Equal(other any) bool {
	v, ok := toBSON(other)
	return ok && evaluate.Equal(s.RawValue, v)
}

// Lt reports whether s is before other. Oso calls it to compare. What has no order is refused, for a "false" could become true by a not;
// the panic ends as an error of the query.
func (s scalar) Lt(other any) bool {
	v, ok := toBSON(other)
	sign, ordered := evaluate.Order(s.RawValue, v)
	if !ok || !ordered {
		panic(unsupported("<", "values of two types, or without an order, are compared by order"))
	}
	return sign < 0
}

// Format writes no value: Oso formats whatever it is given, for its traces.
func (s scalar) Format(f fmt.State, _ rune) { fmt.Fprint(f, s.Type.String()) }

// elements stand for those of a list of the actor's, in the place of "in": what equals one of them equals it.
type elements struct{ list []any }

// Equal reports whether other is one of the elements. Oso calls it to compare.
func (e elements) Equal(other any) bool {
	return slices.ContainsFunc(e.list, func(v any) bool {
		if n, ok := v.(types.ValueNumber); ok {
			v = float64(n.NumericVariant.(types.NumericFloat))
		}
		a, ok := toBSON(v)
		b, ok2 := toBSON(other)
		if v == nil {
			a, ok = bson.RawValue{Type: bson.TypeNull}, true
		}
		return ok && ok2 && evaluate.Equal(a, b) || !ok && !ok2 && reflect.DeepEqual(v, other)
	})
}

// Lt refuses.
func (e elements) Lt(any) bool {
	panic(unsupported("<", "the elements of a list are compared by order"))
}

// Format writes no value.
func (e elements) Format(f fmt.State, _ rune) { fmt.Fprint(f, "elements") }

// toBSON returns what Oso hands back as a BSON value, if it is a single one.
func toBSON(v any) (bson.RawValue, bool) {
	switch v := v.(type) {
	case scalar:
		return v.RawValue, true
	case string, bool, int64:
		r, err := filter.Value(v)
		return r, err == nil
	case float64:
		r, err := filter.Value(v)
		return r, err == nil
	default:
		return bson.RawValue{Type: bson.TypeNull}, isNone(v)
	}
}

// carry returns a Go value as it is handed to Oso: nothing in it is changed on the way. The error is an *UnsupportedError without a construct.
func (s *session) carry(v reflect.Value) (any, error) {
	if s.depth++; s.depth > maxDepth {
		s.depth--
		return nil, unsupported("", "a value nests too deep, or holds itself")
	}
	defer func() { s.depth-- }()
	for n := 0; v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface; n++ {
		switch {
		case v.IsNil():
			return nil, nil
		case n == maxPointers:
			return nil, unsupported("", "a value nests too deep, or holds itself")
		}
		if v.Kind() == reflect.Pointer && v.Type().Elem().Kind() == reflect.Struct && !isScalar(v.Type().Elem()) {
			return s.carryStruct(v)
		}
		v = v.Elem()
	}
	if !v.IsValid() {
		return nil, nil
	}
	t := v.Type()
	if isScalar(t) {
		r, err := s.engine.schema.Value(v.Interface())
		if err != nil {
			return nil, unsupported("", fmt.Sprintf("a Go %s is no value to compare with", t))
		}
		return s.carryRaw(r)
	}
	switch v.Kind() {
	case reflect.String:
		return carryString(v.String())
	case reflect.Bool:
		return v.Bool(), nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return v.Int(), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		if v.Uint() > math.MaxInt64 {
			return nil, unsupported("", "an unsigned number beyond 2^63-1 has no exact form in BSON")
		}
		return int64(v.Uint()), nil
	case reflect.Float32, reflect.Float64:
		return carryFloat(v.Float())
	case reflect.Slice, reflect.Array:
		list := make([]any, v.Len())
		for i := range list {
			var err error
			if list[i], err = s.carry(v.Index(i)); err != nil {
				return nil, err
			}
		}
		return list, nil
	case reflect.Map:
		if t.Key().Kind() != reflect.String {
			return nil, unsupported("", fmt.Sprintf("a Go %s has other keys than strings", t))
		}
		m := make(map[string]any, v.Len())
		for it := v.MapRange(); it.Next(); {
			key := it.Key().String()
			if !utf8.ValidString(key) {
				return nil, unsupported("", notUTF8)
			}
			var err error
			if m[key], err = s.carry(it.Value()); err != nil {
				return nil, err
			}
		}
		return m, nil
	case reflect.Struct:
		p := reflect.New(t)
		p.Elem().Set(v)
		return s.carryStruct(p)
	default:
		return nil, unsupported("", fmt.Sprintf("a Go %s has no form in Polar", t))
	}
}

// maxDepth bounds how deep lists and maps nest: a value that holds itself would exhaust the stack, which ends the process.
const maxDepth = 100

// carryStruct wraps the struct that a pointer points to.
func (s *session) carryStruct(p reflect.Value) (any, error) {
	switch known := s.engine.classes.byType[p.Type().Elem()]; len(known) {
	case 0:
		return nil, unsupported("", fmt.Sprintf("a Go %s is not registered (WithClass, WithStructs)", p.Type().Elem()))
	case 1:
		return s.wrap(&object{class: known[0], source: source{value: p.Interface()}})
	default:
		return nil, unsupported("", fmt.Sprintf("a Go %s is registered as several classes", p.Type().Elem()))
	}
}

const notUTF8 = "a text is not UTF-8, which Oso would change"

func carryString(v string) (any, error) {
	if !utf8.ValidString(v) {
		return nil, unsupported("", notUTF8)
	}
	return v, nil
}

// carryFloat keeps go-oso from cutting off what is behind the point, and Oso from rounding: it reads JSON exactly only as far as a number has
// 15 digits, or little more. Any other is compared by us, for which Oso knows no ">" and ">=" with numbers of its own.
func carryFloat(v float64) (any, error) {
	if math.IsNaN(v) {
		return nil, unsupported("", "is not a number (NaN)")
	}
	if exactJSON(v) {
		return types.ValueNumber{NumericVariant: types.NumericFloat(v)}, nil
	}
	r, err := filter.Value(v)
	return scalar{r}, err
}

// exactJSON reports whether a reader of JSON that multiplies or divides the digits, taken as an integer, by a power of ten gets the float that
// was written: both have to be exact as floats.
func exactJSON(v float64) bool {
	if math.IsInf(v, 0) {
		return false
	}
	digits, exponent, _ := strings.Cut(strconv.FormatFloat(math.Abs(v), 'e', -1, 64), "e")
	whole, fraction, _ := strings.Cut(digits, ".")
	n, err := strconv.ParseUint(whole+fraction, 10, 64)
	power, err2 := strconv.Atoi(exponent)
	power -= len(fraction)
	return err == nil && err2 == nil && n <= 1<<53 && power >= -22 && power <= 0
}

// carryRaw returns a BSON value as it is handed to Oso.
func (s *session) carryRaw(r bson.RawValue) (any, error) {
	switch r.Type {
	case bson.TypeNull, 0:
		return nil, nil
	case bson.TypeString:
		v, ok := r.StringValueOK()
		if !ok {
			return nil, unsupported("", "a stored document is broken")
		}
		return carryString(v)
	case bson.TypeBoolean:
		return r.Boolean(), nil
	case bson.TypeInt32:
		return int64(r.Int32()), nil
	case bson.TypeInt64:
		return r.Int64(), nil
	case bson.TypeDouble:
		return carryFloat(r.Double())
	case bson.TypeArray:
		elements, err := bson.RawArray(r.Value).Values()
		if err != nil {
			return nil, unsupported("", "a stored document is broken")
		}
		list := make([]any, len(elements))
		for i, e := range elements {
			if list[i], err = s.carryRaw(e); err != nil {
				return nil, err
			}
		}
		return list, nil
	case bson.TypeObjectID, bson.TypeDateTime, bson.TypeBinary, bson.TypeDecimal128, bson.TypeTimestamp:
		return scalar{r}, nil
	default:
		return nil, unsupported("", fmt.Sprintf("a BSON %s has no form in Polar", r.Type))
	}
}
