package conformance_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/evaluate"
	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/pipeline"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

// refused requires that neither the compiler nor the definition makes anything of a filter, but a typed error that says where.
func refused(t *testing.T, s *relations.Schema, f filter.Filter) {
	t.Helper()
	plan, err := pipeline.Compile(s, f)
	require.ErrorIs(t, err, filter.ErrMalformed)
	require.Nil(t, plan)
	var malformed *filter.MalformedError
	require.ErrorAs(t, err, &malformed)
	require.Contains(t, malformed.Where, f.Resource)
	require.NotEmpty(t, malformed.Problem)
	_, err = evaluate.Prepare(s, f)
	require.ErrorIs(t, err, filter.ErrMalformed)
}

func TestRefusedOperands(t *testing.T) {
	t.Parallel()
	s, err := relations.New(values().types...)
	require.NoError(t, err)
	v := f("v")
	decimalNaN, err := bson.ParseDecimal128("NaN")
	require.NoError(t, err)
	for _, c := range []struct {
		name string
		of   string
		when filter.Condition
	}{
		{"a regular expression", "Any", v.Eq(bson.Regex{Pattern: "a"})},
		{"a regular expression among In's values", "Any", v.In([]any{"a", bson.Regex{Pattern: "a"}})},
		{"a regular expression for a string", "String", v.Eq(bson.Regex{Pattern: "a"})},
		{"a regular expression for a text operator", "String", v.StartsWith(bson.Regex{Pattern: "a"})},
		{"code", "Any", v.Eq(bson.JavaScript("x"))},
		{"code with a scope", "Any", v.Eq(bson.CodeWithScope{Code: "x", Scope: bson.D{}})},
		{"undefined", "Any", v.Eq(bson.Undefined{})},
		{"a symbol", "Any", v.Eq(bson.Symbol("x"))},
		{"a DBPointer", "Any", v.Eq(bson.DBPointer{DB: "x"})},
		{"MinKey", "Any", v.Gt(bson.MinKey{})},
		{"MaxKey", "Any", v.Lt(bson.MaxKey{})},
		{"NaN", "Number", v.Eq(math.NaN())},
		{"the decimal NaN", "Number", v.Eq(decimalNaN)},
		{"NaN among In's values", "Number", v.In([]any{1, math.NaN()})},
		{"NaN inside a document", "Document", v.Eq(bson.D{{Key: "p", Value: math.NaN()}})},
		{"a map", "Any", v.Eq(map[string]any{"$gt": ""})},
		{"a bson.M", "Document", v.Eq(bson.M{"$ne": 1})},
		{"a map of nothing", "Any", v.Eq(map[string]any{})},
		{"a nil map", "Any", v.Eq(map[string]any(nil))},
		{"a map inside a document", "Document", v.Eq(bson.D{{Key: "p", Value: bson.M{"q": 1}}})},
		{"a map among In's values", "Any", v.In([]any{bson.M{"$ne": 1}})},
		{"an array for Eq", "Any", v.Eq([]int{5})},
		{"a bson.A for Ne", "Any", v.Ne(bson.A{5})},
		{"a list of lists for In", "Any", v.In([]any{[]int{5}})},
		{"an array for Contains", "Numbers", v.Contains([]int{5})},
		{"one value for In", "Number", v.In(5)},
		{"a document for an order", "Any", v.Lt(p1)},
		{"a document among In's values", "Any", v.In([]any{p1})},
		{"a number for a text operator", "String", v.StartsWith(5)},
		{"a number for a text operator on any", "Any", v.StartsWith(5)},
		{"text for a number", "Number", v.Eq("5")},
		{"a number for text", "String", v.Eq(5)},
		{"hex for an ObjectID that declares no conversion", "ObjectID", v.Eq("0102030405060708090a0b0c")},
		{"text for a date that declares no conversion", "Date", v.Eq("2024-01-01T00:00:00Z")},
		{"an operand of this package as a value", "Any", filter.Comparison{Field: v, Op: filter.Eq, Operand: filter.Literal{Value: f("v")}}},
		{"a function", "Any", v.Eq(func() {})},
		{"a channel", "Any", v.Eq(make(chan int))},
		{"a parameter that is not bound", "Any", v.Eq(filter.Param("actor.id"))},
		{"no operand", "Any", filter.Comparison{Field: v, Op: filter.Eq}},
		{"an operand for IsNull", "Any", filter.Comparison{Field: v, Op: filter.IsNull, Operand: filter.Literal{Value: 5}}},
		{"no operator", "Any", filter.Comparison{Field: v, Operand: filter.Literal{Value: 5}}},
		{"an unknown operator", "Any", filter.Comparison{Field: v, Op: 99, Operand: filter.Literal{Value: 5}}},
		{"no condition", "Any", nil},
		{"a field compared with one of another type", "Number", v.Eq(f("_id"))},
		{"a field declared any compared with a field", "Any", v.Eq(f("_id"))},
		{"an undeclared field", "Any", f("w").Eq(5)},
		{"a path into a value", "Any", f("v.p").Eq(5)},
		{"an unknown entity", "Any", filter.Reach("e", "x").F("v").Eq(5)},
		{"a field with an operator's name", "Any", f("$where").Eq("1")},
		{"the empty field", "Any", f("").Eq(5)},
	} {
		t.Run(c.name, func(t *testing.T) {
			refused(t, s, filter.For(c.of, when(c.when)))
			refused(t, s, filter.For(c.of, when(f("_id").Eq("x")), when(none(when(c.when)))))
		})
	}
}

func TestRefusedNames(t *testing.T) {
	t.Parallel()
	s, err := relations.New(
		typ("Book", "books", strs("publisher_id"), one("publisher", "Publisher", "publisher_id"), embedsMany("items", "Item")),
		typ("Publisher", "publishers", strs("name")),
		typ("Item", "", strs("sku")),
	)
	require.NoError(t, err)
	p := filter.Reach("p", "publisher")
	for _, c := range []struct {
		name   string
		filter filter.Filter
	}{
		{"an unknown resource type", filter.Allow("Film")},
		{"a resource type that lives in no collection", filter.Allow("Item")},
		{"an unknown relation", filter.For("Book", some(filter.Reach("x", "author")))},
		{"an unknown type of a free entity", filter.For("Book", some(filter.Free("x", "Author")))},
		{"a free entity that lives in no collection", filter.For("Book", some(filter.Free("x", "Item")))},
		{"an entity reached from an unknown one", filter.For("Book", some(p.Reach("x", "publisher"), p))},
		{"two entities of one name", filter.For("Book", some(p, p))},
		{"a nested entity that shadows another", filter.For("Book", some(p).Where(none(some(p))))},
		{"an entity without a name", filter.For("Book", some(filter.Reach("", "publisher")))},
		{"a path through an array of documents", filter.For("Book", when(f("items.sku").Eq("x")))},
		{"a path through a reference", filter.For("Book", when(f("publisher.name").Eq("x")))},
		{"an entity of the declared type that is another", filter.For("Book", some(filter.Entity{Name: "p", Type: "Book", Paths: p.Paths}))},
	} {
		t.Run(c.name, func(t *testing.T) { refused(t, s, c.filter) })
	}
}

func TestConversions(t *testing.T) {
	type field = relations.Field
	id, at, key := f("id"), f("at"), f("key")
	w := world{
		types: types{
			typ("Doc", "docs",
				field{Name: "id", Type: relations.ObjectID, Convert: relations.FromHex},
				field{Name: "at", Type: relations.Date, Convert: relations.FromRFC3339},
				field{Name: "key", Type: relations.Binary, Convert: relations.FromUUID},
				field{Name: "ids", Type: relations.ObjectID, List: true, Convert: relations.FromHex}),
		},
		docs: docs{"docs": `
			{"_id": "one", "id": {"$oid": "0102030405060708090a0b0c"}, "at": {"$date": {"$numberLong": "1000"}}, "key": {"$uuid": "00010203-0405-0607-0809-0a0b0c0d0e0f"}, "ids": [{"$oid": "0102030405060708090a0b0c"}]}
			{"_id": "two", "id": {"$oid": "0202030405060708090a0b0c"}, "at": {"$date": {"$numberLong": "1001"}}, "key": {"$uuid": "10010203-0405-0607-0809-0a0b0c0d0e0f"}, "ids": []}
			{"_id": "text", "id": "0102030405060708090a0b0c", "at": "1970-01-01T00:00:01Z", "key": "00010203-0405-0607-0809-0a0b0c0d0e0f", "ids": ["0102030405060708090a0b0c"]}
			{"_id": "legacy", "key": {"$binary": {"base64": "AAECAwQFBgcICQoLDA0ODw==", "subType": "03"}}}
		`},
		rules: []rule{
			{name: "hex becomes an ObjectID", when: when(id.Eq("0102030405060708090a0b0c")), holds: "one", none: "two"},
			{name: "an ObjectID stays one", when: when(id.Eq(oid1)), holds: "one", none: "two"},
			{name: "each value of a list is converted", when: when(id.In([]any{"0102030405060708090A0B0C", oid1})), holds: "one", none: "two"},
			{name: "the value compared with a list's elements is converted", when: when(f("ids").Contains("0102030405060708090a0b0c")), holds: "one", none: "two"},
			{name: "the text of a UUID becomes binary subtype 4", when: when(key.Eq("00010203-0405-0607-0809-0a0b0c0d0e0f")), holds: "one", none: "two legacy"},
			{name: "a Go [16]byte becomes binary subtype 4", when: when(key.Eq([16]byte(uuid.Data))), holds: "one", none: "two legacy"},
			{name: "RFC 3339 becomes a date", when: when(at.Eq("1970-01-01T00:00:01Z")), holds: "one", none: "two"},
			{name: "a converted date is cut to milliseconds", when: when(at.Lte("1970-01-01T01:00:01.0009999+01:00")), holds: "one", none: "two"},
			{name: "a time is cut to milliseconds", when: when(at.Eq(time.Unix(1, 999_999))), holds: "one", none: "two"},
			{name: "null is not converted", when: when(id.Eq(nil))},
		},
	}
	w.check(t)

	s, err := relations.New(w.types...)
	require.NoError(t, err)
	for name, c := range map[string]filter.Condition{
		"hex of another length":       id.Eq("0102"),
		"no hex":                      id.Eq("0102030405060708090a0bzz"),
		"no hex in a list":            id.In([]string{"0102030405060708090a0b0c", ""}),
		"a UUID without hyphens":      key.Eq("000102030405060708090a0b0c0d0e0f"),
		"a UUID of another length":    key.Eq("00010203-0405-0607-0809-0a0b0c0d0e"),
		"a date without a time":       at.Eq("1970-01-01"),
		"a date without a time zone":  at.Eq("1970-01-01T00:00:01"),
		"a number for a date":         at.Eq(1000),
		"a document for an ObjectID":  id.Eq(bson.D{{Key: "$oid", Value: "0102030405060708090a0b0c"}}),
		"a text for one in a None":    none(when(id.Ne("me"))),
		"a text for one inside Any":   either(when(), when(id.Eq("me"))),
		"a text for one under Not":    not(id.Eq("me")),
		"a text for a list's element": f("ids").Contains("me"),
	} {
		t.Run("refused: "+name, func(t *testing.T) { refused(t, s, filter.For("Doc", when(c))) })
	}
}

func TestParameters(t *testing.T) {
	t.Parallel()
	w := world{
		types: types{typ("Doc", "docs", relations.Field{Name: "owner", Type: relations.ObjectID, Convert: relations.FromHex}, list("teams", relations.String))},
		docs: docs{"docs": `
			{"_id": "mine", "owner": {"$oid": "0102030405060708090a0b0c"}, "teams": ["a"]}
			{"_id": "yours", "owner": {"$oid": "0202030405060708090a0b0c"}, "teams": ["b"]}
			{"_id": "nobody's", "teams": []}
			{"_id": "bare"}
		`},
	}
	s := w.store(t)
	owner := filter.For("Doc", when(f("owner").Eq(filter.Param("id"))))
	teams := filter.For("Doc", when(f("teams").Intersects(filter.Param("teams"))))
	for _, c := range []struct {
		name   string
		filter filter.Filter
		params map[string]any
		want   string
	}{
		{"a value", owner, map[string]any{"id": oid1}, "mine"},
		{"a value that is converted", owner, map[string]any{"id": "0102030405060708090a0b0c"}, "mine"},
		{"null: documents without an owner stay hidden", owner, map[string]any{"id": nil}, ""},
		{"a list", teams, map[string]any{"teams": []string{"a", "c"}}, "mine"},
		{"an empty list: nothing", teams, map[string]any{"teams": []string{}}, ""},
		{"a nil list: nothing", teams, map[string]any{"teams": []string(nil)}, ""},
		{"parameters that are not used are ignored", owner, map[string]any{"id": oid1, "x": make(chan int)}, "mine"},
	} {
		t.Run(c.name, func(t *testing.T) {
			bound, err := c.filter.Bind(c.params)
			require.NoError(t, err)
			s.require(t, bound, c.want)
		})
	}
	for name, v := range map[string]any{
		"a map with an operator": map[string]any{"$ne": nil}, "a pattern": bson.Regex{Pattern: ""}, "text that is no id": "me",
	} {
		t.Run("refused: "+name, func(t *testing.T) {
			bound, err := owner.Bind(map[string]any{"id": v})
			require.NoError(t, err)
			refused(t, s.schema, bound)
		})
	}
	t.Run("a condition is no value", func(t *testing.T) {
		_, err := owner.Bind(map[string]any{"id": f("owner")})
		require.ErrorIs(t, err, filter.ErrMalformed)
	})
}
