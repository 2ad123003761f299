package inspect_test

import (
	"fmt"
	"testing"

	"github.com/mongoauthz/go-mongoauthz/evaluate"
	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz/internal/inspect"
	"github.com/mongoauthz/go-mongoauthz/relations"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// keyed declares a type T with relations to U, whose key is code.
func keyed(t testing.TB, r ...relations.Relation) *relations.Schema {
	t.Helper()
	anyField := func(name string) relations.Field { return relations.Field{Name: name, Type: relations.AnyType} }
	tf := []relations.Field{idField, anyField("k"), anyField("k2"), {Name: "ks", Type: relations.AnyType, List: true, AbsentEmpty: true}, {Name: "kind", Type: relations.String},
		{Name: "open", Type: relations.Bool, AbsentZero: false},
	}
	return schemaOf(t,
		relations.Type{Name: "T", Collection: "ts", Fields: tf, Relations: r},
		relations.Type{
			Name: "U", Collection: "us", Key: "code", Fields: []relations.Field{idField, anyField("code"), anyField("area"), anyField("t_id"), {Name: "kind", Type: relations.String}},
			Relations: []relations.Relation{{Name: "rows", Kind: relations.EmbedsMany, Type: "Row", AbsentEmpty: true}},
		},
		relations.Type{Name: "V", Collection: "vs", Fields: []relations.Field{idField, {Name: "t_id", Type: relations.AnyType}, {Name: "kind", Type: relations.String}}, Scope: []filter.Condition{filter.F("kind").Eq("v")}},
		relations.Type{Name: "W", Collection: "ws", Fields: []relations.Field{idField, {Name: "t_id", Type: relations.AnyType}, {Name: "kind", Type: relations.String}}, Scope: []filter.Condition{filter.F("kind").Eq(filter.Param("w"))}},
		relations.Type{Name: "Row", Fields: []relations.Field{anyField("n")}},
	)
}

func TestInspectKeys(t *testing.T) {
	t.Parallel()
	related := evaluate.Memory{
		"us": ext(t, `{"_id": 1, "code": 7, "area": "a"}`, `{"_id": 2, "code": {"$numberDecimal": "8.0"}, "area": "b"}`, `{"_id": 3, "code": [9, 10], "area": ["a", "b"]}`,
			`{"_id": 4, "code": {"x": 1}, "rows": [{"n": 1}, {"n": [2, 3]}]}`, `{"_id": 5, "code": "7", "t_id": 1, "kind": "x"}`, `{"_id": 6, "t_id": [2, 3], "kind": "x"}`, `{"_id": 7, "t_id": 4, "kind": "y"}`),
		"vs": ext(t, `{"_id": 1, "t_id": 1, "kind": "v"}`, `{"_id": 2, "t_id": 2, "kind": "other"}`),
	}
	one := func(kind relations.Kind, local string) relations.Relation {
		return relations.Relation{Name: "r", Kind: kind, Type: "U", Keys: []relations.KeyPair{{Local: local}}}
	}
	with := func(r relations.Relation, change func(*relations.Relation)) relations.Relation { change(&r); return r }
	required := func(typ string, where ...relations.Constant) relations.Relation {
		return relations.Relation{Name: "r", Kind: relations.HasOne, Type: typ, Required: true, Keys: []relations.KeyPair{{Local: "k", Foreign: "t_id"}}, Where: where}
	}
	tests := map[string]struct {
		relation relations.Relation
		docs     []string
		want     []string
	}{
		"keys that lead somewhere": {one(relations.ReferencesOne, "k"), []string{`{"_id": 1, "k": 7.0}`, `{"_id": 2, "k": {"$numberLong": "8"}}`, `{"_id": 3, "k": 9}`, `{"_id": 4, "k": {"x": 1.0}}`, `{"_id": 5, "k": null}`, `{"_id": 6}`}, nil},
		"keys that dangle":         {one(relations.ReferencesOne, "k"), []string{`{"_id": 1, "k": 77}`, `{"_id": 2, "k": 7}`, `{"_id": 3, "k": {"y": 1}}`, `{"_id": 4, "k": "8"}`, `{"_id": 5, "k": 77}`}, []string{"r: a dangling key, 4 of 5, ids 1 3 4"}},
		"keys that are patterns":   {one(relations.ReferencesOne, "k"), []string{`{"_id": 1, "k": {"$regularExpression": {"pattern": ".", "options": ""}}}`, `{"_id": 2, "k": {"$gt": 1}}`}, []string{"r: a dangling key, 2 of 2, ids 1 2"}},
		"an array of keys":         {one(relations.ReferencesOne, "k"), []string{`{"_id": 1, "k": [77]}`}, []string{"k: an array in place of one value, array, 1 of 1, ids 1"}},
		"declared complete":        {with(one(relations.ReferencesOne, "k"), func(r *relations.Relation) { r.Complete = true }), []string{`{"_id": 1, "k": 77}`}, []string{"r: a dangling key, 1 of 1, ids 1 !"}},
		"lists of keys": {one(relations.ReferencesMany, "ks"), []string{`{"_id": 1, "ks": [7, 77, 78]}`, `{"_id": 2, "ks": [7, [77]]}`, `{"_id": 3, "ks": []}`, `{"_id": 4, "ks": 79}`}, []string{
			"ks: one value in place of a list, 32-bit integer, 1 of 4, ids 4", "r: a dangling key, 2 of 4, ids 1 4",
		}},
		"two pairs, of which one document has both": {
			with(one(relations.ReferencesMany, "ks"), func(r *relations.Relation) { r.Keys = append(r.Keys, relations.KeyPair{Local: "k", Foreign: "area"}) }),
			[]string{`{"_id": 1, "ks": [7], "k": "a"}`, `{"_id": 2, "ks": [7, 8], "k": "b"}`, `{"_id": 3, "ks": [10], "k": "b"}`, `{"_id": 4, "ks": [77]}`}, []string{"r: a dangling key, 1 of 4, ids 2"},
		},
		"a field inside arrays": {
			with(one(relations.ReferencesOne, "k"), func(r *relations.Relation) { r.Keys[0].Foreign = "rows.n" }),
			[]string{`{"_id": 1, "k": 1}`, `{"_id": 2, "k": 3}`, `{"_id": 3, "k": 4}`}, []string{"r: a dangling key, 1 of 3, ids 3"},
		},
		"only where the near constant holds": {
			with(one(relations.ReferencesOne, "k"), func(r *relations.Relation) {
				r.Where = []relations.Constant{{Near: true, Field: "kind", Value: "u"}}
			}),
			[]string{`{"_id": 1, "k": 77, "kind": "v"}`, `{"_id": 2, "k": 77}`, `{"_id": 3, "k": 77, "kind": "u"}`}, []string{"r: a dangling key, 1 of 3, ids 3"},
		},
		"where what is missing means the near constant": {
			with(one(relations.ReferencesOne, "k"), func(r *relations.Relation) {
				r.Where = []relations.Constant{{Near: true, Field: "open", Value: false}}
			}),
			[]string{`{"_id": 1, "k": 77}`, `{"_id": 2, "k": 77, "open": true}`, `{"_id": 3, "k": 77, "open": null}`}, []string{"r: a dangling key, 1 of 3, ids 1"},
		},
		"a required row": {required("U"), []string{`{"_id": 1, "k": 1}`, `{"_id": 2, "k": 3}`, `{"_id": 3, "k": 5}`, `{"_id": 4}`, `{"_id": 5, "k": 5}`}, []string{"r: a required row that is missing, 3 of 5, ids 3 4 5 !"}},
		"with a constant": {required("U", relations.Constant{Field: "kind", Value: "x"}), []string{`{"_id": 1, "k": 1}`, `{"_id": 2, "k": 4}`}, []string{
			"r: a required row that is missing, 1 of 2, ids 2 !",
		}},
		"inside its scope":           {required("V"), []string{`{"_id": 1, "k": 1}`, `{"_id": 2, "k": 2}`}, []string{"r: a required row that is missing, 1 of 2, ids 2 !"}},
		"inside a scope left open":   {required("W"), []string{`{"_id": 1, "k": 1}`}, nil},
		"a has one that need not be": {with(required("U"), func(r *relations.Relation) { r.Required = false }), []string{`{"_id": 1, "k": 99}`}, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			report, _, err := inspected(t, keyed(t, tt.relation), "T", ext(t, tt.docs...), related)
			require.NoError(t, err)
			var got []string
			for _, f := range report.Findings {
				if f.Problem != inspect.NeverOccurs {
					got = append(got, brief(f))
				}
			}
			require.ElementsMatch(t, tt.want, got)
			require.Equal(t, name == "inside a scope left open", len(report.Skipped) > 0)
		})
	}
}

func TestInspectTheKeysOfATypeItself(t *testing.T) {
	t.Parallel()
	s := keyed(t, relations.Relation{Name: "r", Kind: relations.ReferencesOne, Type: "U", Keys: []relations.KeyPair{{Local: "k"}}})
	us := ext(t, `{"_id": null, "code": 1}`, `{"_id": 2, "code": null}`, `{"_id": 3}`, `{"_id": 4, "code": [1]}`, `{"_id": 5, "code": 1.0}`, `{"_id": 6, "code": 2}`, `{"_id": 7, "code": 2}`, `{"_id": 8, "code": 3}`)
	report, _, err := inspected(t, s, "U", us, evaluate.Memory{"us": us})
	require.NoError(t, err)
	require.Subset(t, briefs(report.Findings), []string{
		"_id: a document without a usable key, null, 1 of 8, ids null", "code: a document without a usable key, null, 2 of 8, ids 2 3", "code: a document without a usable key, array, 1 of 8, ids 4",
		"code: a key of several documents, 4 of 8, ids null 5 6",
	})

	unasked := keyed(t)
	report, asked, err := inspected(t, unasked, "U", us, evaluate.Memory{"us": us})
	require.NoError(t, err)
	require.Zero(t, asked, "nobody refers to it")
	for _, f := range report.Findings {
		require.NotEqual(t, inspect.RepeatedKey, f.Problem)
	}
}

func TestInspectAsksForManyKeysAtOnceAndNotTooMany(t *testing.T) {
	t.Parallel()
	s := keyed(t, relations.Relation{Name: "r", Kind: relations.ReferencesMany, Type: "U", Keys: []relations.KeyPair{{Local: "ks"}}})
	documents := make([]bson.Raw, 0, 5000)
	for i := range 5000 {
		documents = append(documents, raw(t, bson.D{{Key: "_id", Value: i}, {Key: "ks", Value: bson.A{i % 3000}}}))
	}
	many := bson.A{}
	for i := range 2500 {
		many = append(many, 10_000+i)
	}
	documents = append(documents, raw(t, bson.D{{Key: "_id", Value: -1}, {Key: "ks", Value: many}}))
	related := evaluate.Memory{"us": ext(t, `{"_id": 1, "code": 7}`)}
	report, asked, err := inspected(t, s, "T", documents, related)
	require.NoError(t, err)
	require.Equal(t, 1000, asked.MaxKeys)
	require.Equal(t, 8, asked.Finds)
	require.Equal(t, "r: a dangling key, 4999 of 5001, ids 0 1 2", brief(report.Findings[len(report.Findings)-1]), "one document asked for in parts counts once")
}

func TestInspectReadsNoMoreThanItWants(t *testing.T) {
	t.Parallel()
	s := keyed(t, relations.Relation{Name: "r", Kind: relations.ReferencesOne, Type: "U", Keys: []relations.KeyPair{{Local: "k"}}})
	var us []bson.Raw
	for i := range 4000 {
		us = append(us, raw(t, bson.D{{Key: "_id", Value: i}, {Key: "code", Value: i % 2}}))
	}
	_, asked, err := inspected(t, s, "T", ext(t, `{"_id": 1, "k": 0}`), evaluate.Memory{"us": us})
	require.NoError(t, err)
	require.Equal(t, requests{Finds: 1, MaxKeys: 1, Read: 1}, asked)
	report, asked, err := inspected(t, s, "U", us, evaluate.Memory{"us": us})
	require.NoError(t, err)
	require.Contains(t, briefs(report.Findings), "code: a key of several documents, 4000 of 4000, ids 0 1 2")
	require.LessOrEqual(t, asked.Read, 4)
}

func TestKeyHashesOfEqualValuesAreEqual(t *testing.T) {
	t.Parallel()
	var d bson.D
	require.NoError(t, bson.UnmarshalExtJSON([]byte(`{"v": [0, -0.0, {"$numberDecimal": "-0E+3"}, {"$numberLong": "0"}, 5, 5.0, {"$numberDecimal": "5.00"}, {"$numberDecimal": "0.5E1"}, 0.1, {"$numberDecimal": "0.1"},
		{"$numberLong": "9007199254740993"}, {"$numberDecimal": "9007199254740993"}, 9007199254740992.0, {"$numberDouble": "NaN"}, {"$numberDecimal": "NaN"},
		{"$numberDouble": "-Infinity"}, {"$numberDecimal": "-Infinity"}, {"$numberDecimal": "1E+6000"}, {"$numberDecimal": "10E+5999"}, "x", {"$symbol": "x"}, "", null, true,
		{"a": 1}, {"a": 1.0}, {"b": 1}, [1], [1.0], [[1]], {"0": 1}, {"$oid": "5f0000000000000000000000"}, {"$binary": {"base64": "", "subType": "04"}}, {"$minKey": 1}]}`), true, &d))
	raw, err := bson.Marshal(d)
	require.NoError(t, err)
	all, err := bson.Raw(raw).Lookup("v").Array().Values()
	require.NoError(t, err)
	differ := 0
	for i, a := range all {
		for k, b := range all {
			if evaluate.Equal(a, b) {
				require.Equal(t, inspect.KeyHash(a), inspect.KeyHash(b), "%d %d", i, k)
			} else if inspect.KeyHash(a) != inspect.KeyHash(b) {
				differ++
			}
		}
	}
	require.Greater(t, differ, len(all), fmt.Sprintf("of %d values", len(all)))
}
