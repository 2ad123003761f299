package differential_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/integration/harness"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

// TestMistakesThatReadingFound holds what random comparison had not found, each as the smallest case that shows it.
func TestMistakesThatReadingFound(t *testing.T) {
	number := func(names ...string) (fs []relations.Field) {
		for _, n := range names {
			fs = append(fs, relations.Field{Name: n, Type: relations.Number})
		}
		return fs
	}
	str := relations.Field{Name: "s", Type: relations.String}
	item := filter.Reach("i", "items")
	for _, c := range []struct {
		name  string
		types []relations.Type
		f     filter.Filter
		docs  []bson.D
		want  int
	}{
		{
			name:  "a text operator is unknown on a string that is not UTF-8",
			types: []relations.Type{{Name: "R", Collection: "a", Fields: append(number("_id"), str, relations.Field{Name: "ss", Type: relations.String, List: true})}},
			f: filter.For("R", filter.Where(filter.Not(filter.F("s").ContainsText("abc"))), filter.Where(filter.F("s").ContainsText("abc")),
				filter.Where(filter.Not(filter.F("ss").StartsWith("x")))),
			docs: []bson.D{{{Key: "_id", Value: 1}, {Key: "s", Value: "\xffabc"}, {Key: "ss", Value: bson.A{"\xffabc"}}}},
		},
		{
			name:  "NaN is unordered with itself",
			types: []relations.Type{{Name: "R", Collection: "a", Fields: number("_id", "n")}},
			f:     filter.For("R", filter.Where(filter.F("n").Gte(filter.F("n"))), filter.Where(filter.Not(filter.F("n").Lt(filter.F("n"))))),
			docs:  []bson.D{{{Key: "_id", Value: 1}, {Key: "n", Value: bson.RawValue{Type: bson.TypeDouble, Value: []byte{0, 0, 0, 0, 0, 0, 0xf8, 0x7f}}}}},
		},
		{
			name: "the _id of an element may be an array, and is set then",
			types: []relations.Type{
				{Name: "R", Collection: "a", Fields: number("_id"), Relations: []relations.Relation{{Name: "items", Kind: relations.EmbedsMany, Type: "I"}}},
				{Name: "I", Fields: number("_id")}},
			f:    filter.For("R", filter.Where(filter.None(filter.Some(item).Where(item.F("_id").IsSet())))),
			docs: []bson.D{{{Key: "_id", Value: 1}, {Key: "items", Value: bson.A{bson.D{{Key: "_id", Value: bson.A{nil}}}}}}},
		},
		{
			name: "an entity that its key alone answers is no choice, from a phantom either",
			types: []relations.Type{
				{Name: "R", Collection: "a", Fields: append(number("_id"), relations.Field{Name: "public", Type: relations.Bool}), Relations: []relations.Relation{{Name: "items", Kind: relations.EmbedsMany, Type: "I"}}},
				{Name: "I", Fields: number("book"), Relations: []relations.Relation{{Name: "toBook", Kind: relations.ReferencesOne, Type: "R", Keys: []relations.KeyPair{{Local: "book"}}}}, Key: "book"}},
			f: filter.For("R", filter.Where(filter.None(filter.Some(item).Where(filter.None(filter.Some(item.Reach("k", "toBook")).Where(
				filter.Any{filter.Where(item.Reach("k", "toBook").F("_id").Eq(5)), filter.Where(filter.F("public").Eq(true))})))))),
			docs: []bson.D{{{Key: "_id", Value: 1}, {Key: "public", Value: true}}},
			want: 1,
		},
		{
			name:  "a symbol is no string, strictly or between fields",
			types: []relations.Type{{Name: "R", Collection: "a", Fields: append(number("_id"), str, relations.Field{Name: "ss", Type: relations.String, List: true, Strict: true})}},
			f:     filter.For("R", filter.Where(filter.F("ss").SubsetOf([]string{"x"})), filter.Where(filter.F("ss").Contains("x")), filter.Where(filter.F("s").In(filter.F("ss")))),
			docs:  []bson.D{{{Key: "_id", Value: 1}, {Key: "s", Value: "x"}, {Key: "ss", Value: bson.A{bson.Symbol("x")}}}},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			schema, err := relations.New(c.types...)
			require.NoError(t, err)
			w := &world{types: c.types, schema: schema, docs: map[string][]bson.Raw{}}
			for _, d := range c.docs {
				raw, err := bson.Marshal(d)
				require.NoError(t, err)
				w.docs["a"] = append(w.docs["a"], raw)
			}
			s := &suite{db: harness.Database(t), compat: harness.Compat(t), seen: map[feature]int{}}
			require.NoError(t, s.store(w))
			want, err := authorized(t.Context(), w, c.f)
			require.NoError(t, err)
			require.Len(t, want, c.want)
			require.NoError(t, s.compare(w, c.f))
		})
	}
}
