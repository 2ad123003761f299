package write_test

import (
	"testing"

	"github.com/mongoauthz/go-mongoauthz/mongoauthz/internal/write"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
)

func fromJSON(t testing.TB, text string) (d bson.D) {
	t.Helper()
	require.NoError(t, bson.UnmarshalExtJSON([]byte(text), true, &d))
	return d
}

func raw(t testing.TB, document any) bson.Raw {
	t.Helper()
	b, err := bson.Marshal(document)
	require.NoError(t, err)
	return b
}

// after returns what an update document makes of a document, as it is known beforehand.
func after(document, update bson.Raw) (bson.Raw, error) {
	u, err := write.Parse(bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: update})
	if err != nil {
		return nil, err
	}
	changes := u.All()
	if err := changes.Predictable(); err != nil {
		return nil, err
	}
	return changes.Apply(document)
}

func TestAfterIsTheDocumentAsTheServerWillLeaveIt(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		before, update, after string // after is "" where it is not known
	}{
		"a field":                         {`{"a": 1, "b": 2}`, `{"$set": {"a": "x"}}`, `{"a": "x", "b": 2}`},
		"a new field":                     {`{"a": 1}`, `{"$set": {"b": null}}`, `{"a": 1, "b": null}`},
		"a field removed":                 {`{"a": 1, "b": 2}`, `{"$unset": {"a": ""}}`, `{"b": 2}`},
		"a field that is not there":       {`{"a": 1}`, `{"$unset": {"b": ""}}`, `{"a": 1}`},
		"inside":                          {`{"a": {"b": 1, "c": 2}}`, `{"$set": {"a.b": 3}}`, `{"a": {"b": 3, "c": 2}}`},
		"inside, new":                     {`{"a": {"b": 1}}`, `{"$set": {"a.c": 3}}`, `{"a": {"b": 1, "c": 3}}`},
		"inside, removed":                 {`{"a": {"b": 1, "c": 2}}`, `{"$unset": {"a.b": 3}}`, `{"a": {"c": 2}}`},
		"inside what is new":              {`{"z": 1}`, `{"$set": {"a.b.c": 3}}`, `{"z": 1, "a": {"b": {"c": 3}}}`},
		"removed inside what is missing":  {`{"z": 1}`, `{"$unset": {"a.b.c": 3}}`, `{"z": 1}`},
		"removed inside a scalar":         {`{"a": 1}`, `{"$unset": {"a.b": 3}}`, `{"a": 1}`},
		"removed inside null":             {`{"a": null}`, `{"$unset": {"a.b": 3}}`, `{"a": null}`},
		"removed inside an array":         {`{"a": [1]}`, `{"$unset": {"a.0": 3}}`, ``},
		"inside a scalar":                 {`{"a": 1}`, `{"$set": {"a.b": 3}}`, ``},
		"inside null":                     {`{"a": null}`, `{"$set": {"a.b": 3}}`, ``},
		"inside an array":                 {`{"a": [{"b": 1}]}`, `{"$set": {"a.0": 3}}`, ``},
		"an array as a whole":             {`{"a": [{"b": 1}]}`, `{"$set": {"a": []}}`, `{"a": []}`},
		"several":                         {`{"a": 1, "b": {"c": 1}, "d": 1}`, `{"$set": {"a": 2, "b.c": 3}, "$unset": {"d": 1}}`, `{"a": 2, "b": {"c": 3}}`},
		"new at the top, in any order":    {`{}`, `{"$set": {"b": 1, "a": 2}}`, `{"b": 1, "a": 2}`},
		"new inside, in which order":      {`{"a": {}}`, `{"$set": {"a.b": 1, "a.c": 2}}`, ``},
		"new inside new, in which order":  {`{}`, `{"$set": {"a.b": 1, "a.c": 2}}`, ``},
		"new inside, one to each":         {`{}`, `{"$set": {"a.b": 1, "b.b": 2}}`, `{"a": {"b": 1}, "b": {"b": 2}}`},
		"a number as a name":              {`{"a": {"0": 1}}`, `{"$set": {"a.0": 2}}`, `{"a": {"0": 2}}`},
		"a value that looks like a path":  {`{"a": 1}`, `{"$set": {"a": "$b"}}`, `{"a": "$b"}`},
		"a value that looks like a query": {`{"a": 1}`, `{"$set": {"a": {"$gt": 1}}}`, `{"a": {"$gt": 1}}`},
		"a name with a dot beside it":     {`{"a.b": 1}`, `{"$set": {"a.b": 2}}`, `{"a.b": 1, "a": {"b": 2}}`},
		"nothing":                         {`{"a": 1}`, `{"$set": {}}`, `{"a": 1}`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := after(raw(t, fromJSON(t, tt.before)), raw(t, fromJSON(t, tt.update)))
			if tt.after == "" {
				require.Error(t, err)
				return
			}
			require.NoError(t, err)
			require.Equal(t, raw(t, fromJSON(t, tt.after)), got)
		})
	}
}

func FuzzAfterNeverPanics(f *testing.F) {
	for _, seed := range []string{`{"$set": {"a.b": 1}}`, `{"$unset": {"a": 1}, "$set": {"b.0.c": {"d": []}}}`} {
		update, err := bson.Marshal(fromJSON(f, seed))
		require.NoError(f, err)
		document, err := bson.Marshal(fromJSON(f, `{"a": {"b": 1}, "b": [1]}`))
		require.NoError(f, err)
		f.Add(update, document)
	}
	f.Fuzz(func(t *testing.T, update, document []byte) {
		if bson.Raw(document).Validate() != nil {
			return
		}
		after, err := after(document, update)
		if err == nil && bson.Raw(after).Validate() != nil {
			t.Fatal("broken BSON")
		}
	})
}
