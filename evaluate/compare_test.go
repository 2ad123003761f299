package evaluate_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/evaluate"
)

const (
	nan    = `{"$numberDouble": "NaN"}`
	inf    = `{"$numberDouble": "Infinity"}`
	negInf = `{"$numberDouble": "-Infinity"}`
)

func long(s string) string    { return `{"$numberLong": "` + s + `"}` }
func double(s string) string  { return `{"$numberDouble": "` + s + `"}` }
func decimal(s string) string { return `{"$numberDecimal": "` + s + `"}` }
func date(ms string) string   { return `{"$date": {"$numberLong": "` + ms + `"}}` }
func oid(s string) string     { return `{"$oid": "` + s + `"}` }

func binary(subtype, base64 string) string {
	return `{"$binary": {"base64": "` + base64 + `", "subType": "` + subtype + `"}}`
}

func TestEqualComparesNumbersByValueAcrossTheirTypes(t *testing.T) {
	t.Parallel()
	classes := [][]string{ // all in one line are equal, and no two lines are
		{`0`, long("0"), double("0.0"), double("-0.0"), decimal("0"), decimal("-0"), decimal("0E+6000")},
		{`1`, long("1"), double("1.0"), decimal("1"), decimal("1.00"), decimal("10E-1")},
		{`-1`, long("-1"), double("-1.0"), decimal("-1")},
		{double("0.1")},
		{decimal("0.1"), decimal("0.10")},
		{double("0.5"), decimal("0.5")},
		{long("9007199254740992"), double("9007199254740992"), decimal("9007199254740992")}, // 2^53
		{long("9007199254740993"), decimal("9007199254740993")},
		{double("9223372036854775808"), decimal("9223372036854775808")}, // 2^63
		{long("9223372036854775807"), decimal("9223372036854775807")},
		{long("-9223372036854775808"), double("-9223372036854775808")},
		{double("1e308")},
		{decimal("1E+308")},
		{decimal("1E+6144")},
		{double("5e-324")},
		{decimal("1E-6176")},
		{inf, decimal("Infinity")},
		{negInf, decimal("-Infinity")},
		{nan, decimal("NaN")},
	}
	for i, line := range classes {
		for _, a := range line {
			for k, other := range classes {
				for _, b := range other {
					require.Equal(t, i == k, evaluate.Equal(value(t, a), value(t, b)), "%s and %s", a, b)
				}
			}
		}
	}
}

func TestEqualTellsTheOtherTypesApart(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b  string
		equal bool
	}{
		{`"a"`, `"a"`, true},
		{`"a"`, `"A"`, false},
		{`"a"`, `"a\u0000"`, false},
		{`"é"`, `"e\u0301"`, false},
		{`"a"`, `{"$symbol": "a"}`, true},
		{`"a"`, `{"$code": "a"}`, false},
		{`"1"`, `1`, false},
		{`true`, `1`, false},
		{`false`, `0`, false},
		{`null`, `null`, true},
		{`null`, `{"$undefined": true}`, false},
		{oid("507f1f77bcf86cd799439011"), oid("507f1f77bcf86cd799439011"), true},
		{oid("507f1f77bcf86cd799439011"), `"507f1f77bcf86cd799439011"`, false},
		{date("1"), date("1"), true},
		{date("1"), `1`, false},
		{date("1"), `{"$timestamp": {"t": 0, "i": 1}}`, false},
		{binary("00", "AQI="), binary("00", "AQI="), true},
		{binary("00", "AQI="), binary("04", "AQI="), false},
		{`{"$regularExpression": {"pattern": "a", "options": ""}}`, `{"$regularExpression": {"pattern": "a", "options": ""}}`, true},
		{`{"$regularExpression": {"pattern": "a", "options": ""}}`, `{"$regularExpression": {"pattern": "a", "options": "i"}}`, false},
		{`{"$regularExpression": {"pattern": "a", "options": ""}}`, `"a"`, false},
		{`{"a": 1, "b": 2}`, `{"a": 1.0, "b": {"$numberLong": "2"}}`, true},
		{`{"a": 1, "b": 2}`, `{"b": 2, "a": 1}`, false},
		{`{"a": 1}`, `{"a": 1, "b": 2}`, false},
		{`{"a": 1}`, `{"A": 1}`, false},
		{`{"a": {"b": [1, {"c": 2}]}}`, `{"a": {"b": [1.0, {"c": 2.0}]}}`, true},
		{`{}`, `{}`, true},
		{`{}`, `[]`, false},
		{`{"0": 1}`, `[1]`, false},
		{`[1, 2]`, `[1.0, 2]`, true},
		{`[1, 2]`, `[2, 1]`, false},
		{`[1, [2]]`, `[1, 2]`, false},
	} {
		require.Equal(t, c.equal, evaluate.Equal(value(t, c.a), value(t, c.b)), "%s and %s", c.a, c.b)
		require.Equal(t, c.equal, evaluate.Equal(value(t, c.b), value(t, c.a)), "%s and %s", c.b, c.a)
	}
}

func TestOrderIsDefinedInsideOneTypeClass(t *testing.T) {
	t.Parallel()
	ascending := [][]string{
		{
			negInf, decimal("-1E+6144"), double("-1e308"), long("-9223372036854775808"), `-1`, double("-5e-324"), `0`, decimal("1E-6176"), double("5e-324"),
			decimal("0.1"), double("0.1"), `1`, double("1.5"), `2`, double("9007199254740992"), long("9007199254740993"), long("9223372036854775807"),
			double("9223372036854775808"), decimal("1E+19"), double("1.7976931348623157e308"), decimal("1E+6144"), inf,
		},
		{`""`, `"A"`, `"B"`, `"a"`, `"aa"`, `"b"`, `"é"`},
		{`false`, `true`},
		{oid("507f1f77bcf86cd799439011"), oid("507f1f77bcf86cd799439012"), oid("ff7f1f77bcf86cd799439011")},
		{date("-1"), date("0"), date("1")},
		{`{"$timestamp": {"t": 1, "i": 9}}`, `{"$timestamp": {"t": 2, "i": 1}}`, `{"$timestamp": {"t": 2, "i": 2}}`, `{"$timestamp": {"t": 4294967295, "i": 0}}`},
		{binary("00", ""), binary("00", "Ag=="), binary("05", "AQ=="), binary("00", "AQI="), binary("04", "AAA=")},
	}
	for i, class := range ascending {
		for k, a := range class {
			for l, b := range class {
				sign, ok := evaluate.Order(value(t, a), value(t, b))
				require.True(t, ok, "%s and %s", a, b)
				require.Equal(t, compareInts(k, l), sign, "%s and %s", a, b)
			}
			for other := range ascending {
				if other != i {
					_, ok := evaluate.Order(value(t, a), value(t, ascending[other][0]))
					require.False(t, ok, "%s and %s", a, ascending[other][0])
				}
			}
		}
	}
}

func compareInts(a, b int) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func TestOrderLeavesNaNNullAndCompositeValuesUnordered(t *testing.T) {
	t.Parallel()
	for _, a := range []string{
		nan, decimal("NaN"), `null`, `{}`, `[]`, `[1]`, `{"$undefined": true}`, `{"$minKey": 1}`, `{"$maxKey": 1}`, `{"$code": "a"}`,
		`{"$regularExpression": {"pattern": "a", "options": ""}}`,
	} {
		for _, b := range []string{a, `1`, `"a"`} {
			_, ok := evaluate.Order(value(t, a), value(t, b))
			require.False(t, ok, "%s and %s", a, b)
			_, ok = evaluate.Order(value(t, b), value(t, a))
			require.False(t, ok, "%s and %s", b, a)
		}
	}
}

func TestNonCanonicalDecimalIsZero(t *testing.T) {
	t.Parallel()
	// The largest coefficient the encoding has room for is beyond 34 digits.
	v := bson.RawValue{Type: bson.TypeDecimal128, Value: []byte{255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 0x41, 0x30}}
	require.True(t, evaluate.Equal(v, value(t, `0`)))
}

func TestComparingMalformedValuesDoesNotPanic(t *testing.T) {
	t.Parallel()
	for kind := range 256 {
		for _, b := range [][]byte{nil, {}, {0}, {1, 0, 0, 0}, {255, 255, 255, 255}, {5, 0, 0, 0, 0}, {9, 0, 0, 0, 16, 'a', 0, 1, 0}, {255, 255, 255, 127, 0}} {
			v := bson.RawValue{Type: bson.Type(kind), Value: b}
			for _, w := range []bson.RawValue{v, value(t, `1`), value(t, `"a"`), value(t, `{"a": 1}`), value(t, binary("00", "AQI="))} {
				require.NotPanics(t, func() {
					evaluate.Equal(v, w)
					evaluate.Equal(w, v)
					evaluate.Order(v, w)
					evaluate.Order(w, v)
				})
			}
		}
	}
}
