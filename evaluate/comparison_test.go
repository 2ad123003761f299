package evaluate_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

// thing declares one field of each kind there is.
func thing(t testing.TB) *relations.Schema {
	inner := relations.Type{Name: "Inner", Fields: []relations.Field{
		{Name: "n", Type: relations.Number},
		{Name: "e", Type: relations.Number, List: true, AbsentEmpty: true},
		{Name: "on", Type: relations.Bool, AbsentZero: false},
	}}
	return schema(t, inner, relations.Type{
		Name: "Thing", Collection: "things",
		Fields: []relations.Field{
			{Name: "_id", Type: relations.AnyType},
			{Name: "n", Type: relations.Number},
			{Name: "s", Type: relations.String},
			{Name: "b", Type: relations.Bool},
			{Name: "o", Type: relations.ObjectID, Convert: relations.FromHex},
			{Name: "d", Type: relations.Date},
			{Name: "bin", Type: relations.Binary},
			{Name: "doc", Type: relations.Document},
			{Name: "any", Type: relations.AnyType},
			{Name: "n2", Type: relations.Number},
			{Name: "doc2", Type: relations.Document},
			{Name: "ns", Type: relations.Number, List: true},
			{Name: "ss", Type: relations.String, List: true},
			{Name: "docs", Type: relations.Document, List: true},
			{Name: "anys", Type: relations.AnyType, List: true},
			{Name: "ne", Type: relations.Number, List: true, AbsentEmpty: true},
			{Name: "strictN", Type: relations.Number, Strict: true},
			{Name: "strictS", Type: relations.String, Strict: true},
			{Name: "strictNs", Type: relations.Number, List: true, Strict: true},
			{Name: "strictAny", Type: relations.AnyType, Strict: true},
		},
		Relations: []relations.Relation{{Name: "in", Kind: relations.EmbedsOne, Type: "Inner"}},
	})
}

const missing = "" // stored by leaving the field out

// on is what is stored at a field.
type on []string

// compared is a comparison and what is stored where it is true, false and unknown.
type compared struct {
	filter.Comparison
	T, F, U on
}

func (c compared) test(t *testing.T, s *relations.Schema, key string) {
	for want, stored := range []on{c.F, c.U, c.T} {
		for _, v := range stored {
			document := `{}`
			if v != missing {
				document = `{"` + key + `": ` + v + `}`
			}
			got := holds(t, s, "Thing", filter.Where(c.Comparison), document, nil)
			require.Equal(t, want, int(got), "%s %v, stored: %q", c.Field.Path, c.Op, v)
			negated := holds(t, s, "Thing", filter.Where(filter.Not(c.Comparison)), document, nil)
			require.Equal(t, 2-want, int(negated), "not %s %v, stored: %q", c.Field.Path, c.Op, v)
		}
	}
}

func testCompared(t *testing.T, cases []compared) {
	t.Helper()
	s := thing(t)
	for _, c := range cases {
		path := c.Field.Path
		t.Run(path+" "+c.Op.String(), func(t *testing.T) {
			t.Parallel()
			c.test(t, s, path)
		})
	}
}

// absent is what makes every comparison with a field unknown.
var absent = on{missing, `null`}

// strange is values of types that no field declares.
var strange = on{
	`{"$undefined": true}`, `{"$minKey": 1}`, `{"$maxKey": 1}`, `{"$code": "5"}`, `{"$code": "5", "$scope": {}}`,
	`{"$regularExpression": {"pattern": "5", "options": ""}}`, `{"$dbPointer": {"$ref": "5", "$id": {"$oid": "507f1f77bcf86cd799439011"}}}`,
}

func with(lists ...on) on {
	var all on
	for _, l := range lists {
		all = append(all, l...)
	}
	return all
}

const id = "507f1f77bcf86cd799439011"

func TestRule3AbsenceMakesAComparisonUnknown(t *testing.T) {
	t.Parallel()
	f := filter.F
	testCompared(t, []compared{
		{Comparison: f("n").Eq(5), U: absent},
		{Comparison: f("n").Ne(5), U: absent},
		{Comparison: f("n").Lt(5), U: absent},
		{Comparison: f("n").In([]int{5}), U: absent},
		{Comparison: f("n").In([]int{}), U: absent},
		{Comparison: f("n").Nin([]int{}), U: absent},
		{Comparison: f("s").StartsWith(""), U: absent},
		{Comparison: f("any").Eq(5), U: absent},
		{Comparison: f("any").Ne(5), U: absent},
		{Comparison: f("ns").Eq(5), U: absent},
		{Comparison: f("ns").Ne(5), U: absent},
		{Comparison: f("ns").Nin([]int{}), U: absent},
		{Comparison: f("ns").SubsetOf([]int{5}), U: absent},
		{Comparison: f("anys").Contains(5), U: absent},
		{Comparison: f("n").Eq(f("n2")), U: absent},
	})
}

func TestRule3ANullOperandIsUnknown(t *testing.T) {
	t.Parallel()
	f := filter.F
	everything := on{missing, `null`, `5`, `"a"`, `[]`, `[null]`, `[5]`, `{}`}
	testCompared(t, []compared{
		{Comparison: f("n").Eq(nil), U: everything},
		{Comparison: f("n").Ne(nil), U: everything},
		{Comparison: f("n").Lt(nil), U: everything},
		{Comparison: f("n").In(nil), U: everything},
		{Comparison: f("n").Nin(nil), U: everything},
		{Comparison: f("any").Eq(nil), U: everything},
		{Comparison: f("s").ContainsText(nil), U: everything},
		{Comparison: f("ns").Eq(nil), U: everything},
		{Comparison: f("ns").Contains(nil), U: everything},
		{Comparison: f("ns").Intersects(nil), U: everything},
		{Comparison: f("ns").SubsetOf(nil), U: everything},
		{Comparison: f("ne").SubsetOf(nil), U: everything},
		// A null among the values adds an unknown to the whole.
		{Comparison: f("n").In([]any{5, nil}), T: on{`5`, `[5]`, `[null, 5]`}, U: on{missing, `null`, `4`, `[]`, `[4]`, `"a"`}},
		{Comparison: f("n").Nin([]any{5, nil}), F: on{`5`, `[5]`}, U: on{missing, `null`, `4`, `[]`, `[4]`, `"a"`}},
		{Comparison: f("n").In([]any{nil}), U: everything},
		{Comparison: f("any").Nin([]any{5, nil}), F: on{`5`}, U: on{missing, `null`, `4`, `"a"`, `[]`}},
		{Comparison: f("ns").In([]any{5, nil}), T: on{`[5]`, `[4, 5]`, `5`}, U: on{missing, `null`, `[]`, `[4]`, `4`}},
		{Comparison: f("ne").Nin([]any{5, nil}), F: on{`[5]`}, U: on{missing, `null`, `[]`, `[4]`}},
		{Comparison: f("ns").SubsetOf([]any{5, nil}), T: on{`[]`, `[5]`, `[5, 5.0]`}, U: on{missing, `null`, `[4]`, `[null]`, `[5, null]`, `[5, 4]`}},
		{Comparison: f("ns").SubsetOf([]any{nil}), T: on{`[]`}, U: on{missing, `[null]`, `[5]`}},
	})
}

func TestRule3InNothingIsFalseWhereAComparisonCouldBe(t *testing.T) {
	t.Parallel()
	f := filter.F
	none := []any{}
	testCompared(t, []compared{
		{Comparison: f("n").In(none), F: on{`5`, nan}, U: on{missing, `null`, `"a"`, `[]`, `[5]`, `{}`}},
		{Comparison: f("n").Nin(none), T: on{`5`, nan}, U: on{missing, `null`, `"a"`, `[]`, `[5]`, `{}`}},
		{Comparison: f("any").In(none), F: on{`5`, `"a"`, `{}`, nan}, U: on{missing, `null`, `[]`, `[5]`}},
		{Comparison: f("ns").In(none), F: on{`[]`, `[5]`, `[4, 5]`}, U: on{missing, `null`, `[null]`, `[5, null]`, `["a"]`, `[[5]]`, `5`}},
		{Comparison: f("ns").Intersects(none), F: on{`[]`, `[5]`}, U: on{missing, `[5, null]`, `5`}},
		{Comparison: f("anys").In(none), F: on{`[]`, `[5, "a", [null]]`}, U: on{missing, `null`, `[null]`, `5`}},
		{Comparison: f("ne").In(none), F: on{missing, `null`, `[]`, `[5]`}, U: on{`[null]`, `5`}},
		{Comparison: f("ns").SubsetOf(none), T: on{`[]`}, F: on{`[5]`, `["a", 5]`}, U: on{missing, `null`, `["a"]`, `[null]`, `5`}},
	})
}

func TestRule4IsNullAndIsSetReadWhatIsStored(t *testing.T) {
	t.Parallel()
	f := filter.F
	set := with(on{`5`, `"a"`, `false`, `""`, `{}`, `[]`, `[null]`, nan}, strange)
	for _, path := range []string{"n", "any", "ns", "ne", "strictN", "strictNs"} {
		testCompared(t, []compared{
			{Comparison: f(path).IsNull(), T: absent, F: set},
			{Comparison: f(path).IsSet(), T: set, F: absent},
		})
	}
}

func TestRule5EqualityOnOneValue(t *testing.T) {
	t.Parallel()
	f := filter.F
	testCompared(t, []compared{
		{
			Comparison: f("n").Eq(5),
			T:          on{`5`, `5.0`, long("5"), decimal("5.00"), `[5]`, `[4, 5]`, `[null, 5]`, `["a", 5.0]`},
			F:          on{`4`, `5.5`, nan, inf, decimal("NaN")},
			U:          with(absent, strange, on{`"5"`, `true`, `{}`, `{"a": 5}`, `[]`, `[4]`, `[[5]]`, `[null]`, date("5")}),
		},
		{Comparison: f("n").Ne(5), T: on{`4`, nan}, F: on{`5`, `5.0`, `[5]`, `[4, 5]`}, U: on{missing, `null`, `"5"`, `[]`, `[4]`}},
		{Comparison: f("s").Eq("a"), T: on{`"a"`, `["a"]`, `{"$symbol": "a"}`}, F: on{`"A"`, `""`, `"a "`}, U: with(absent, strange, on{`1`, `["b"]`, `{"$symbol": "b"}`, oid(id)})},
		{Comparison: f("b").Eq(true), T: on{`true`, `[true]`}, F: on{`false`}, U: on{missing, `1`, `"true"`, `[false]`}},
		{Comparison: f("o").Eq(id), T: on{oid(id), `[` + oid(id) + `]`}, F: on{oid("507f1f77bcf86cd799439012")}, U: with(absent, strange, on{`"` + id + `"`, `"x"`, `[]`})},
		{Comparison: f("o").Ne(id), T: on{oid("507f1f77bcf86cd799439012")}, F: on{oid(id)}, U: on{missing, `null`, `"` + id + `"`, `"x"`, `1`}},
		{Comparison: f("d").Eq(time.UnixMilli(7).Add(999 * time.Microsecond)), T: on{date("7")}, F: on{date("8")}, U: on{`7`, `{"$timestamp": {"t": 0, "i": 7}}`}},
		{Comparison: f("bin").Eq(bson.Binary{Subtype: 4, Data: []byte{1, 2}}), T: on{binary("04", "AQI=")}, F: on{binary("00", "AQI="), binary("04", "AQM=")}, U: on{`"AQI="`, missing}},
		{
			Comparison: f("doc").Eq(bson.D{{Key: "a", Value: 1}, {Key: "b", Value: 2}}),
			T:          on{`{"a": 1, "b": 2}`, `{"a": 1.0, "b": 2}`, `[{"a": 1, "b": 2}]`},
			F:          on{`{"b": 2, "a": 1}`, `{"a": 1}`, `{}`, `{"a": 1, "b": 2, "c": 3}`},
			U:          on{missing, `null`, `[]`, `[{}]`, `1`, `"a"`},
		},
		{Comparison: f("doc").Eq(bson.D{{Key: "$gt", Value: ""}}), T: on{`{"$gt": ""}`}, F: on{`{"a": 1}`, `{}`}, U: on{`"b"`}},
		{Comparison: f("n").In([]any{4, 5.0}), T: on{`4`, `5`, `[3, 5]`}, F: on{`3`, nan}, U: on{missing, `null`, `"4"`, `[3]`, `[]`}},
		{Comparison: f("n").Nin([]any{4, 5.0}), T: on{`3`, nan}, F: on{`4`, `[3, 5]`}, U: on{missing, `"4"`, `[3]`, `[]`}},
	})
}

func TestRule5OrderExistsInsideOneTypeClass(t *testing.T) {
	t.Parallel()
	f := filter.F
	testCompared(t, []compared{
		{
			Comparison: f("n").Lt(5),
			T:          on{`4`, `4.9`, decimal("4.999"), negInf, `[4]`, `[9, 4]`, `["a", 4]`},
			F:          on{`5`, `5.0`, `6`, inf},
			U:          with(absent, strange, on{nan, decimal("NaN"), `"4"`, `true`, `[]`, `[5]`, `[` + nan + `]`, `{}`, date("4")}),
		},
		{Comparison: f("n").Lte(5), T: on{`4`, `5.0`}, F: on{`6`}, U: on{missing, nan, `"4"`}},
		{Comparison: f("n").Gt(5), T: on{`6`, inf, `[1, 6]`}, F: on{`5`, `4`}, U: on{missing, nan, `"6"`, `[1]`}},
		{Comparison: f("n").Gte(5), T: on{`6`, `5`}, F: on{`4`}, U: on{missing, nan, `"6"`}},
		{Comparison: f("s").Lt("b"), T: on{`"a"`, `""`, `"B"`, `{"$symbol": "a"}`}, F: on{`"b"`, `"c"`}, U: on{missing, `1`, `{"$symbol": "c"}`, `[]`}},
		{Comparison: f("b").Lt(true), T: on{`false`}, F: on{`true`}, U: on{`0`, missing}},
		{Comparison: f("d").Gte(time.UnixMilli(7)), T: on{date("7"), date("8")}, F: on{date("6")}, U: on{`8`, missing, `{"$timestamp": {"t": 9, "i": 9}}`}},
		{Comparison: f("o").Gt(id), T: on{oid("607f1f77bcf86cd799439011")}, F: on{oid(id)}, U: on{`"607f1f77bcf86cd799439011"`}},
		{Comparison: f("bin").Gt(bson.Binary{Subtype: 0, Data: []byte{9}}), T: on{binary("00", "AQI="), binary("04", "AQ==")}, F: on{binary("00", "AQ=="), binary("00", "")}, U: on{`"a"`}},
	})
}

func TestRule5AnyComparesAsBSONDoes(t *testing.T) {
	t.Parallel()
	f := filter.F
	testCompared(t, []compared{
		{
			Comparison: f("any").Eq(5),
			T:          on{`5`, `5.0`, `[5]`, `["a", 5]`},
			F:          with(strange, on{`4`, `"5"`, `true`, `{}`, nan, date("5")}),
			U:          on{missing, `null`, `[]`, `[4]`, `[[5]]`},
		},
		{Comparison: f("any").Ne("a"), T: on{`"b"`, `1`, `{}`, oid(id)}, F: on{`"a"`, `["a"]`, `{"$symbol": "a"}`}, U: on{missing, `null`, `["b"]`, `[]`}},
		{Comparison: f("any").In([]any{5, "a"}), T: on{`5`, `"a"`}, F: on{`4`, `true`}, U: on{missing, `null`, `[4]`}},
		{Comparison: f("any").Lt(5), T: on{`4`, `[4]`, `["a", 4]`}, F: on{`5`}, U: with(absent, strange, on{`"a"`, `true`, nan, `{}`, `[]`, `["a"]`})},
		{Comparison: f("any").Lt("b"), T: on{`"a"`}, F: on{`"b"`}, U: on{`1`, missing, `null`, oid(id)}},
		{Comparison: f("any").StartsWith("a"), T: on{`"ab"`, `["ab"]`}, F: on{`"b"`, `""`}, U: with(absent, strange, on{`1`, `["b"]`, `{"$symbol": "ab"}`})},
		{Comparison: f("anys").Eq(5), T: on{`[5]`, `["a", 5]`, `5`}, F: on{`[]`, `["a"]`, `[[5]]`, `[{}, [null], true]`}, U: on{missing, `null`, `[null]`, `[4, null]`, `"a"`, `4`}},
		{Comparison: f("anys").Lt(5), T: on{`[9, 4]`, `["a", 4]`, `4`}, F: on{`[]`, `[5]`}, U: on{missing, `["a"]`, `[9, "a"]`, `[[4]]`, `9`}},
		{Comparison: f("anys").SubsetOf([]any{5, "a"}), T: on{`[]`, `[5, "a", 5.0]`}, F: on{`[5, "b"]`, `[[5]]`, `[null, 4]`}, U: on{missing, `[null]`, `[5, null]`, `5`}},
	})
}

func TestRule5StrictTakesNoOtherTypeAndShape(t *testing.T) {
	t.Parallel()
	f := filter.F
	testCompared(t, []compared{
		{Comparison: f("strictN").Eq(5), T: on{`5`, `5.0`}, F: on{`4`}, U: on{missing, `null`, `[5]`, `[4, 5]`, `"5"`}},
		{Comparison: f("strictN").Ne(5), T: on{`4`}, F: on{`5`}, U: on{`[5]`, `"5"`}},
		{Comparison: f("strictN").Lt(5), T: on{`4`}, F: on{`5`}, U: on{`[4]`}},
		{Comparison: f("strictN").In([]int{5}), T: on{`5`}, F: on{`4`}, U: on{`[5]`}},
		{Comparison: f("strictS").Eq("a"), T: on{`"a"`}, F: on{`"b"`}, U: on{`["a"]`, `{"$symbol": "a"}`}},
		{Comparison: f("strictS").Lte("a"), T: on{`"a"`}, F: on{`"b"`}, U: on{`["a"]`, `{"$symbol": "a"}`}},
		{Comparison: f("strictS").ContainsText("a"), T: on{`"bab"`}, F: on{`"b"`}, U: on{`["a"]`}},
		{Comparison: f("strictNs").Eq(5), T: on{`[5]`, `["a", 5]`, `[null, 5]`}, F: on{`[4]`, `[]`}, U: on{missing, `5`, `4`, `[4, null]`, `["5"]`, `[[5]]`}},
		{Comparison: f("strictNs").SubsetOf([]int{5}), T: on{`[5]`, `[]`}, F: on{`[4]`}, U: on{`5`, `["a"]`}},
		{Comparison: f("strictAny").Eq(5), T: on{`5`}, F: on{`"a"`}, U: on{`[5]`, missing}},
	})
}

func TestRule6AListIsTheOROverItsElements(t *testing.T) {
	t.Parallel()
	f := filter.F
	testCompared(t, []compared{
		{Comparison: f("ns").Eq(5), T: on{`[5]`, `[4, 5.0]`, `[null, 5]`, `["a", 5]`, `5`}, F: on{`[]`, `[4]`, `[4, ` + nan + `]`}, U: with(strange, on{`[4, null]`, `["5"]`, `[4, "a"]`, `[[5]]`, `4`, `"5"`, `{}`})},
		{Comparison: f("ns").Contains(5), T: on{`[5]`, `[null, 5]`, `5`}, F: on{`[]`, `[4]`}, U: on{`[null]`, `["5"]`, `[[5]]`, `4`}},
		{Comparison: f("ns").Ne(5), T: on{`[]`, `[4]`}, F: on{`[5]`, `[4, 5]`, `5`}, U: on{`[null]`, `[4, "a"]`, `4`}},
		{Comparison: f("ns").Lt(5), T: on{`[9, 4]`, `4`}, F: on{`[]`, `[5, 9]`}, U: on{`[9, null]`, `[9, ` + nan + `]`, `[9, "a"]`, `9`}},
		{Comparison: f("ns").In([]int{5, 6}), T: on{`[6]`, `[1, 5]`, `6`}, F: on{`[]`, `[1, 2]`}, U: on{`[1, null]`, `["a"]`, `1`}},
		{Comparison: f("ns").Intersects([]int{5, 6}), T: on{`[6]`, `[1, 5]`, `6`}, F: on{`[]`, `[1, 2]`}, U: on{`[1, null]`, `1`}},
		{Comparison: f("ns").Nin([]int{5, 6}), T: on{`[]`, `[1, 2]`}, F: on{`[6]`, `6`}, U: on{`[1, null]`, `1`}},
		{Comparison: f("ns").SubsetOf([]int{5, 6}), T: on{`[]`, `[5]`, `[6.0, 5, 5]`}, F: on{`[4]`, `[5, 4]`, `[null, 4]`, `["a", 4]`}, U: on{`[null]`, `[5, null]`, `["5"]`, `[[5]]`, `5`, `4`, `{}`}},
		{Comparison: f("ss").StartsWith("a"), T: on{`["b", "ab"]`, `[null, "ab"]`, `"ab"`}, F: on{`[]`, `["b"]`}, U: on{`[1]`, `["b", null]`, `"b"`}},
		{Comparison: f("docs").Contains(bson.D{{Key: "a", Value: 1}}), T: on{`[{"a": 1.0}]`, `{"a": 1}`}, F: on{`[]`, `[{}]`}, U: on{`[{}, 1]`, `{}`, `[[{"a": 1}]]`}},
		// Absent means empty.
		{Comparison: f("ne").Eq(5), T: on{`[5]`}, F: on{missing, `null`, `[]`, `[4]`}, U: on{`[null]`, `4`}},
		{Comparison: f("ne").Ne(5), T: on{missing, `null`, `[]`, `[4]`}, F: on{`[5]`}, U: on{`[null]`}},
		{Comparison: f("ne").SubsetOf([]int{5}), T: on{missing, `null`, `[]`, `[5]`}, F: on{`[4]`}, U: on{`5`}},
	})
}

func TestRule7FieldToFieldInsideOneDocument(t *testing.T) {
	t.Parallel()
	f, s := filter.F, thing(t)
	for _, c := range []struct {
		filter.Comparison
		T, F, U on
	}{
		{
			Comparison: f("n").Eq(f("n2")), T: on{`"n": 1, "n2": 1.0`}, F: on{`"n": 1, "n2": 2`, `"n": ` + nan + `, "n2": ` + nan, `"n": 1, "n2": ` + nan, `"n": ` + nan + `, "n2": 1`},
			U: on{``, `"n": null, "n2": null`, `"n": 1`, `"n2": 1`, `"n": [1], "n2": 1`, `"n": [1], "n2": [1]`, `"n": "a", "n2": "a"`, `"n": ` + nan, `"n": ` + nan + `, "n2": "a"`, `"n": "n2", "n2": 1`},
		},
		{Comparison: f("n").Ne(f("n2")), T: on{`"n": 1, "n2": 2`, `"n": 1, "n2": ` + nan, `"n": ` + nan + `, "n2": ` + nan}, F: on{`"n": 1, "n2": 1`}, U: on{``, `"n": 1, "n2": "1"`}},
		{Comparison: f("n").Eq(f("n")), T: on{`"n": 1`}, F: on{`"n": ` + nan}, U: on{``, `"n": "a"`}},
		{Comparison: f("n").Lt(f("n2")), T: on{`"n": 1, "n2": 1.5`}, F: on{`"n": 1, "n2": 1`, `"n": 2, "n2": 1`}, U: on{`"n": 1`, `"n2": 1`, `"n": "a", "n2": "b"`, `"n": 1, "n2": ` + nan, `"n": 1, "n2": [2]`}},
		{Comparison: f("n").Gte(f("n")), T: on{`"n": 1`}, U: on{``, `"n": ` + nan}},
		{Comparison: f("doc").Eq(f("doc2")), T: on{`"doc": {"a": 1}, "doc2": {"a": 1.0}`, `"doc": {"a": ` + nan + `}, "doc2": {"a": ` + nan + `}`}, F: on{`"doc": {"a": 1}, "doc2": {}`}, U: on{`"doc": {}`, `"doc": {}, "doc2": [{}]`}},
		{Comparison: f("n").Eq(f("strictN")), T: on{`"n": 1, "strictN": 1`}, F: on{`"n": 1, "strictN": 2`}, U: on{`"n": 1, "strictN": [1]`}},
		{
			Comparison: f("n").In(f("ns")), T: on{`"n": 1, "ns": [2, 1.0]`, `"n": 1, "ns": [null, 1]`}, F: on{`"n": 1, "ns": []`, `"n": 1, "ns": [2]`, `"n": 1, "ns": [` + nan + `]`, `"n": ` + nan + `, "ns": [` + nan + `, 1]`, `"n": ` + nan + `, "ns": []`},
			U: on{`"n": 1`, `"n": 1, "ns": null`, `"n": 1, "ns": 1`, `"n": 1, "ns": [2, null]`, `"n": 1, "ns": ["a"]`, `"n": 1, "ns": [[1]]`, `"ns": []`, `"n": "a", "ns": []`, `"n": [1], "ns": [1]`, `"n": ` + nan + `, "ns": [null]`},
		},
		{Comparison: f("n").Nin(f("ns")), T: on{`"n": 1, "ns": []`, `"n": 1, "ns": [2]`}, F: on{`"n": 1, "ns": [1]`}, U: on{`"n": 1, "ns": [2, null]`, `"ns": [1]`, `"n": 1`}},
		{Comparison: f("n").In(f("ne")), T: on{`"n": 1, "ne": [1]`}, F: on{`"n": 1`, `"n": 1, "ne": null`, `"n": 1, "ne": []`}, U: on{``, `"n": 1, "ne": 1`}},
		{Comparison: f("ns").Contains(f("n")), T: on{`"n": 1, "ns": [2, 1.0]`}, F: on{`"n": 1, "ns": []`}, U: on{`"n": 1`, `"ns": []`, `"n": 1, "ns": 1`, `"n": 1, "ns": [2, null]`}},
		{Comparison: f("in.n").Eq(f("n")), T: on{`"n": 1, "in": {"n": 1}`}, F: on{`"n": 1, "in": {"n": 2}`}, U: on{`"n": 1`, `"n": 1, "in": [{"n": 1}]`, `"n": 1, "in": {}`}},
		{Comparison: f("n").Nin(f("in.e")), T: on{`"n": 1, "in": {}`}, F: on{`"n": 1, "in": {"e": [1]}`}, U: on{`"n": 1`, `"n": 1, "in": null`, `"n": 1, "in": []`}},
	} {
		for want, stored := range []on{c.F, c.U, c.T} {
			for _, fields := range stored {
				got := holds(t, s, "Thing", filter.Where(c.Comparison), `{`+fields+`}`, nil)
				require.Equal(t, want, int(got), "%s %v, stored: %s", c.Field.Path, c.Op, fields)
				negated := holds(t, s, "Thing", filter.Where(filter.Not(c.Comparison)), `{`+fields+`}`, nil)
				require.Equal(t, 2-want, int(negated), "not %s %v, stored: %s", c.Field.Path, c.Op, fields)
			}
		}
	}
}

func TestRule8TextOperatorsTakeNeedlesLiterally(t *testing.T) {
	t.Parallel()
	f := filter.F
	testCompared(t, []compared{
		{Comparison: f("s").StartsWith("a"), T: on{`"a"`, `"ab"`, `["b", "ab"]`}, F: on{`""`, `"ba"`, `"A"`}, U: with(absent, strange, on{`1`, `[]`, `["b"]`, `{"$symbol": "ab"}`})},
		{Comparison: f("s").StartsWith(""), T: on{`""`, `"ab"`}, U: on{missing, `1`}},
		{Comparison: f("s").EndsWith("a"), T: on{`"a"`, `"ba"`}, F: on{`"ab"`, `"a\n"`}, U: on{missing, `1`}},
		{Comparison: f("s").ContainsText("a.c"), T: on{`"xa.cx"`}, F: on{`"abc"`}, U: on{`{"$regularExpression": {"pattern": "a.c", "options": ""}}`}},
		{Comparison: f("s").ContainsText(`\E(`), T: on{`"x\\E(y"`}, F: on{`"x"`}},
		{Comparison: f("s").StartsWith("^a$"), T: on{`"^a$b"`}, F: on{`"a"`}},
		{Comparison: f("s").EndsWith("é"), T: on{`"é"`}, F: on{`"e\u0301"`, `"É"`}},
	})
}
