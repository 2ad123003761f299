package bsonpath_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/mongoauthz/go-mongoauthz/mongoauthz/internal/bsonpath"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
)

func raw(t testing.TB, text string) bson.Raw {
	t.Helper()
	var d bson.D
	require.NoError(t, bson.UnmarshalExtJSON([]byte(text), true, &d))
	document, err := bson.Marshal(d)
	require.NoError(t, err)
	return document
}

const nested = `{"a": {"b": 1, "n": null}, "l": [{"x": 2}, 3, {"x": [4, 5]}], "s": "text"}`

func TestValueLeadsThroughDocumentsOnly(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"a.b": `{"$numberInt":"1"}`, "s": `"text"`, "a.n": "null", "a.c": "", "l.x": "", "s.t": "", "c.d": "",
	} {
		v := bsonpath.Value(raw(t, nested), strings.Split(path, "."))
		require.Equal(t, want == "" || want == "null", bsonpath.IsAbsent(v), path)
		if want == "" {
			require.Zero(t, v, path)
			continue
		}
		require.Equal(t, want, v.String(), path)
	}
}

func TestValuesLeadThroughArrays(t *testing.T) {
	t.Parallel()
	got := bsonpath.Values(raw(t, nested), []string{"l", "x"})
	require.Equal(t, `[{"$numberInt":"2"} [{"$numberInt":"4"},{"$numberInt":"5"}] {"$numberInt":"4"} {"$numberInt":"5"}]`, fmt.Sprint(got))
	require.Empty(t, bsonpath.Values(raw(t, nested), []string{"l", "y"}))
}

func TestDocumentsOfAnArrayOfDocumentsOnly(t *testing.T) {
	t.Parallel()
	d := raw(t, `{"a": [{}, {"b": 1}], "none": [], "mixed": [{}, 1], "one": {}}`)
	documents, ok := bsonpath.Documents(d.Lookup("a"))
	require.True(t, ok)
	require.Equal(t, []bson.Raw{raw(t, "{}"), raw(t, `{"b": 1}`)}, documents)
	documents, ok = bsonpath.Documents(d.Lookup("none"))
	require.True(t, ok)
	require.Empty(t, documents)
	for _, name := range []string{"mixed", "one", "missing"} {
		_, ok = bsonpath.Documents(d.Lookup(name))
		require.False(t, ok, name)
	}
}

func TestRepeatsNameLooksAtEveryLevel(t *testing.T) {
	t.Parallel()
	twice, err := bson.Marshal(bson.D{{Key: "x", Value: 1}, {Key: "x", Value: 2}})
	require.NoError(t, err)
	inside, err := bson.Marshal(bson.D{{Key: "l", Value: bson.A{1, bson.Raw(twice)}}})
	require.NoError(t, err)
	require.True(t, bsonpath.RepeatsName(twice))
	require.True(t, bsonpath.RepeatsName(inside))
	require.True(t, bsonpath.RepeatsName(twice[:6]), "broken")
	require.False(t, bsonpath.RepeatsName(raw(t, `{"x": {"x": 1}, "y": [{"x": 1}, {"x": 2}]}`)))
}

func TestTopLevelNamesComeOnce(t *testing.T) {
	t.Parallel()
	require.Equal(t, []string{"a", "b"}, bsonpath.TopLevel([]string{"b.c", "a", "b", "a.x.y"}))
}
