package filter_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	. "github.com/mongoauthz/go-mongoauthz/filter"
)

func sample() Filter {
	p, l := Reach("p", "publisher"), Reach("l", "loan")
	e := p.Reach("e", "owner").Via(Entity{}, "editor")
	e.Type = "User"
	return For("Book",
		Where(F("public").Eq(true)).As("public <books>"),
		Some(p, e, Free("g", "Grant")).Where(p.F("_id").Ne(Param("actor.publisher")), Not(e.F("x").Lt(p.F("_id"))), F("a.b").IsNull(),
			Any{Where(F("n").In([]any{1, nil})), Where(True)}, None(Some(l).Where(l.F("late").Eq(nil), l.Exists()))),
		Where(Surely(Where(Unknown)), False),
	)
}

const sampleJSON = `{"resource":"Book","clauses":[` +
	`{"label":"public \u003cbooks\u003e","conditions":[{"field":{"path":"public"},"op":"Eq","operand":{"value":true}}]},` +
	`{"entities":[` +
	`{"name":"p","paths":[{"relation":"publisher"}]},` +
	`{"name":"e","type":"User","paths":[{"from":"p","relation":"owner"},{"relation":"editor"}]},` +
	`{"name":"g","type":"Grant"}],` +
	`"conditions":[` +
	`{"field":{"entity":"p","path":"_id"},"op":"Ne","operand":{"param":"actor.publisher"}},` +
	`{"field":{"entity":"e","path":"x"},"op":"Lt","operand":{"field":{"entity":"p","path":"_id"}},"not":true},` +
	`{"field":{"path":"a.b"},"op":"IsNull"},` +
	`{"any":[{"conditions":[{"field":{"path":"n"},"op":"In","operand":{"values":[{"$numberInt":"1"},null]}}]},{"conditions":[{"constant":"true"}]}]},` +
	`{"none":{"entities":[{"name":"l","paths":[{"relation":"loan"}]}],` +
	`"conditions":[{"field":{"entity":"l","path":"late"},"op":"Eq","operand":{"value":null}},{"exists":"l"}]}}]},` +
	`{"conditions":[{"surely":{"conditions":[{"constant":"unknown"}]}},{"constant":"false"}]}]}`

func TestJSONIsInTheWordsOfThePackage(t *testing.T) {
	t.Parallel()
	got, err := json.Marshal(sample())
	require.NoError(t, err)
	require.Equal(t, sampleJSON, string(got))
	direct, err := sample().MarshalJSON()
	require.NoError(t, err)
	require.Equal(t, sampleJSON, string(direct))
}

func TestJSONReadsBackTheSame(t *testing.T) {
	t.Parallel()
	requireRoundTrip(t, sample())
	requireRoundTrip(t, Filter{})
	requireRoundTrip(t, Deny("Book"))
	requireRoundTrip(t, Allow("Book"))
}

func requireRoundTrip(t *testing.T, f Filter) Filter {
	t.Helper()
	b, err := json.Marshal(f)
	require.NoError(t, err)
	var g Filter
	require.NoError(t, json.Unmarshal(b, &g))
	again, err := json.Marshal(g)
	require.NoError(t, err)
	require.Equal(t, string(b), string(again))
	require.Equal(t, f.Outcome(), g.Outcome())
	return g
}

func TestJSONCarriesEveryValue(t *testing.T) {
	t.Parallel()
	doc := func(kv ...any) (d bson.D) {
		for i := 0; i < len(kv); i += 2 {
			d = append(d, bson.E{Key: kv[i].(string), Value: kv[i+1]})
		}
		return d
	}
	for name, v := range map[string]any{
		"null":                        nil,
		"string":                      "<$where>  \" \x00",
		"not UTF-8":                   "\xff",
		"bool":                        false,
		"int32":                       int32(-1),
		"int64":                       int64(1),
		"double":                      0.1,
		"negative zero":               math.Copysign(0, -1),
		"infinity":                    math.Inf(-1),
		"smallest":                    math.SmallestNonzeroFloat64,
		"decimal":                     decimal(t, "1.50"),
		"decimal infinity":            decimal(t, "-Infinity"),
		"decimal, uncommon bits":      bson.NewDecimal128(0x6c10000000000000, 1),
		"date":                        time.UnixMilli(-1),
		"far date":                    bson.DateTime(math.MaxInt64),
		"ObjectID":                    bson.NewObjectID(),
		"UUID":                        bson.Binary{Subtype: 4, Data: make([]byte, 16)},
		"old binary":                  bson.Binary{Subtype: 2, Data: []byte{1}},
		"timestamp":                   bson.Timestamp{T: 1, I: math.MaxUint32},
		"document":                    doc("a", 1, "b", bson.A{nil, doc()}),
		"document like an operator":   doc("$gt", ""),
		"document like an ObjectID":   doc("$oid", "0123456789abcdef01234567"),
		"document like a number":      doc("a", doc("$numberInt", "1")),
		"document like a broken date": doc("$date", "x"),
		"document like a regex":       doc("$regularExpression", doc("pattern", "a", "options", "")),
		"document with a key twice":   doc("a", 1, "a", 2),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want, err := Value(v)
			require.NoError(t, err)
			g := requireRoundTrip(t, For("Book", Where(F("a").Eq(v), F("a").In([]any{v, 1}))))
			require.Equal(t, want, g.Clauses[0].Conditions[0].(Comparison).Operand.(Literal).Value)
			require.Equal(t, want, g.Clauses[0].Conditions[1].(Comparison).Operand.(Literal).Value.([]bson.RawValue)[0])
		})
	}
}

func TestJSONKeepsAnEmptyListFromNull(t *testing.T) {
	t.Parallel()
	g := requireRoundTrip(t, For("Book", Where(F("a").In([]int{}), F("a").In([]int(nil)))))
	require.Equal(t, []bson.RawValue{}, g.Clauses[0].Conditions[0].(Comparison).Operand.(Literal).Value)
	require.Equal(t, bson.RawValue{Type: bson.TypeNull}, g.Clauses[0].Conditions[1].(Comparison).Operand.(Literal).Value)
}

func TestJSONReadsRelaxedValues(t *testing.T) {
	t.Parallel()
	var f Filter
	require.NoError(t, json.Unmarshal([]byte(` { "clauses" : [ {"conditions":[
		{"op":"In","field":{"path":"a"},"operand":{"values":[5, 1.5, {"$date":"2026-01-02T03:04:05Z"}]}, "not": false} ]} ], "resource":"Book" } `), &f))
	require.Equal(t, "Book where a in [5, 1.5, 2026-01-02T03:04:05Z]", f.String())
}

func TestJSONRefusesWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	condition := func(s string) string {
		return `{"resource":"Book","clauses":[{"conditions":[]},{"conditions":[` + s + `]}]}`
	}
	operand := func(s string) string {
		return condition(`{"field":{"path":"a"},"op":"Eq","operand":` + s + `}`)
	}
	for name, c := range map[string]struct{ in, where, problem string }{
		"null":                      {`null`, "", "not an object"},
		"array":                     {`[]`, "", "not an object"},
		"no resource":               {`{"clauses":[]}`, "resource", "is missing"},
		"no clauses":                {`{"resource":"Book"}`, "clauses", "is missing"},
		"null clauses":              {`{"resource":"Book","clauses":null}`, "clauses", "not an array"},
		"clause without conditions": {`{"resource":"Book","clauses":[{}]}`, "clauses[0].conditions", "is missing"},
		"unknown key":               {`{"resource":"Book","filter":1}`, "filter", "an unknown key"},
		"key in another case":       {`{"Resource":"Book","clauses":[]}`, "Resource", "an unknown key"},
		"hostile key":               {`{"a\n` + strings.Repeat("é", 99) + `":1}`, `"a\n` + strings.Repeat("é", 19) + `…"`, "an unknown key"},
		"key twice":                 {`{"resource":"Book","clauses":[],"clauses":[{"conditions":[]}]}`, "clauses", "is there twice"},
		"number for a name":         {`{"resource":5,"clauses":[]}`, "resource", "not a string"},
		"unknown key of a clause":   {condition(`{"any":[{"conditions":[],"condition":[]}]}`), "clauses[1].conditions[0].any[0].condition", "an unknown key"},
		"unknown kind":              {condition(`{"all":[]}`), "clauses[1].conditions[0].all", "an unknown key"},
		"no kind":                   {condition(`{}`), "clauses[1].conditions[0]", "not one of a comparison, any, none, surely, exists and constant"},
		"two kinds":                 {condition(`{"any":[],"none":{"conditions":[]}}`), "clauses[1].conditions[0]", "not one of a comparison, any, none, surely, exists and constant"},
		"comparison and kind":       {condition(`{"any":[],"not":true}`), "clauses[1].conditions[0]", "not one of a comparison, any, none, surely, exists and constant"},
		"null condition":            {condition(`null`), "clauses[1].conditions[0]", "not an object"},
		"unknown operator":          {condition(`{"field":{"path":"a"},"op":"eq","operand":{"value":1}}`), "clauses[1].conditions[0].op", "unknown operator eq"},
		"no operator":               {condition(`{"field":{"path":"a"},"operand":{"value":1}}`), "clauses[1].conditions[0]", "unknown operator Operator(0)"},
		"no field":                  {condition(`{"op":"IsNull"}`), "clauses[1].conditions[0]", "a comparison without a field"},
		"no path":                   {condition(`{"field":{"entity":"a"},"op":"IsNull"}`), "clauses[1].conditions[0].field.path", "is missing"},
		"no operand":                {condition(`{"field":{"path":"a"},"op":"Eq"}`), "clauses[1].conditions[0]", "Eq needs an operand"},
		"operand of IsNull":         {condition(`{"field":{"path":"a"},"op":"IsNull","operand":{"value":1}}`), "clauses[1].conditions[0]", "IsNull takes no operand"},
		"not as a number":           {condition(`{"field":{"path":"a"},"op":"IsNull","not":1}`), "clauses[1].conditions[0].not", "not true or false"},
		"empty operand":             {operand(`{}`), "clauses[1].conditions[0].operand", "not one of value, values, bson, field and param"},
		"two operands":              {operand(`{"value":1,"param":"a"}`), "clauses[1].conditions[0].operand", "not one of value, values, bson, field and param"},
		"unknown operand":           {operand(`{"literal":"secret"}`), "clauses[1].conditions[0].operand.literal", "an unknown key"},
		"array as a value":          {operand(`{"value":["secret"]}`), "clauses[1].conditions[0].operand.value", "an array is no value to compare with"},
		"regex":                     {operand(`{"value":{"$regularExpression":{"pattern":"secret","options":""}}}`), "clauses[1].conditions[0].operand.value", "a BSON regex is no value to compare with"},
		"NaN":                       {operand(`{"value":{"$numberDouble":"NaN"}}`), "clauses[1].conditions[0].operand.value", "NaN compares with nothing"},
		"broken ObjectID":           {operand(`{"values":[1,{"$oid":"secret"}]}`), "clauses[1].conditions[0].operand.values[1]", "not extended JSON"},
		"bson, not base64":          {operand(`{"bson":"secret?"}`), "clauses[1].conditions[0].operand.bson", "not base64"},
		"bson, broken":              {operand(`{"bson":"AAAA"}`), "clauses[1].conditions[0].operand.bson", "broken BSON"},
		"bson, another field":       {operand(`{"bson":"CAAAAApzAAA="}`), "clauses[1].conditions[0].operand.bson", "not a document with one field v"},
		"no name":                   {`{"resource":"Book","clauses":[{"entities":[{}],"conditions":[]}]}`, "clauses[0].entities[0].name", "is missing"},
		"no relation":               {`{"resource":"Book","clauses":[{"entities":[{"name":"a","paths":[{}]}],"conditions":[]}]}`, "clauses[0].entities[0].paths[0].relation", "is missing"},
		"a standing":                {`{"resource":"Book","clauses":[{"entities":[{"name":"a","standing":{}}],"conditions":[]}]}`, "clauses[0].entities[0].standing", "an unknown key"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := Allow("Kept")
			err := json.Unmarshal([]byte(c.in), &f)
			var m *MalformedError
			require.ErrorAs(t, err, &m)
			require.Equal(t, c.where, m.Where)
			require.Equal(t, c.problem, m.Problem)
			require.NotContains(t, err.Error(), "secret")
			require.Equal(t, Allow("Kept"), f)
		})
	}
}

func TestJSONRefusesBrokenInput(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", "{", `{"resource"`, `{"resource":"a","clauses":[{"conditions":[{"field":{"path":"a"},"op":"Eq","operand":{"value":`, "\xff", `{"resource":"a","clauses":[]}{}`, `{"resource":"a","clauses":[]`, `{"resource":"a" "clauses":[]}`} {
		var f Filter
		require.ErrorIs(t, f.UnmarshalJSON([]byte(s)), ErrMalformed, s)
	}
}

func TestJSONRefusesToWriteWhatIsMalformed(t *testing.T) {
	t.Parallel()
	a := F("a")
	for name, c := range map[string]Condition{
		"nil condition":         nil,
		"nil in a None":         None(Where(nil)),
		"pointer":               &Comparison{Field: a, Op: IsNull},
		"no operator":           Comparison{Field: a, Operand: Literal{1}},
		"no operand":            Comparison{Field: a, Op: Eq},
		"operand of IsNull":     Comparison{Field: a, Op: IsNull, Operand: Literal{1}},
		"pointer operand":       Comparison{Field: a, Op: Eq, Operand: &Literal{1}},
		"no value":              a.Eq(func() {}),
		"list for one":          a.Eq([]any{make(chan int)}),
		"map":                   a.In([]any{bson.M{"secret": 1}}),
		"name that is no UTF-8": F("\xff").IsNull(),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := json.Marshal(For("Book", Where(Any{Where(c)})))
			require.ErrorIs(t, err, ErrMalformed)
			require.NotContains(t, err.Error(), "secret")
		})
	}
}

func TestJSONStopsAtAHundredLevels(t *testing.T) {
	t.Parallel()
	deep := func(n int) Filter {
		c := Where(True)
		for range n - 1 {
			c = Where(Any{c})
		}
		return For("Book", c)
	}
	requireRoundTrip(t, deep(100))
	_, err := json.Marshal(deep(101))
	require.ErrorIs(t, err, ErrLimit)
	in := strings.Repeat(`{"conditions":[{"any":[`, 100) + `{"conditions":[{"constant":"true"}]}` + strings.Repeat(`]}]}`, 100)
	var f Filter
	require.ErrorIs(t, json.Unmarshal([]byte(`{"resource":"Book","clauses":[`+in+`]}`), &f), ErrLimit)

	holdsItself := Any{{}}
	holdsItself[0] = Where(holdsItself)
	_, err = json.Marshal(For("Book", Where(holdsItself)))
	require.ErrorIs(t, err, ErrLimit)
}

func FuzzJSON(f *testing.F) {
	f.Add([]byte(sampleJSON))
	f.Fuzz(func(t *testing.T, b []byte) {
		var g Filter
		if err := g.UnmarshalJSON(b); err != nil {
			if _, ok := err.(*LimitError); !ok {
				require.ErrorIs(t, err, ErrMalformed)
			}
			return
		}
		h := requireRoundTrip(t, g)
		require.Equal(t, g.String(), h.String())
		_ = g.Redacted()
	})
}
