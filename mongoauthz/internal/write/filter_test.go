package write_test

import (
	"testing"

	"github.com/mongoauthz/go-mongoauthz/mongoauthz/internal/write"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
)

func extended(t testing.TB, v any) string {
	t.Helper()
	text, err := bson.MarshalExtJSON(bson.D{{Key: "", Value: v}}, false, false)
	require.NoError(t, err)
	return string(text[len(`{"":`) : len(text)-1])
}

func TestAroundPutsTheFilterBehindTheAuthorization(t *testing.T) {
	t.Parallel()
	for filter, want := range map[string][2]string{
		`{}`:                        {"null", "null"},
		`{"a": {"$gt": 1}}`:         {"null", `[{"$match":{"a":{"$gt":1}}}]`},
		`{"_id": 7, "a": 1}`:        {`[{"$match":{"_id":{"$eq":7}}}]`, `[{"$match":{"_id":7,"a":1}}]`},
		`{"_id": {"$gt": 7}}`:       {"null", `[{"$match":{"_id":{"$gt":7}}}]`},
		`{"$text": {"$search": 1}}`: {`[{"$match":{"$text":{"$search":1}}}]`, "null"},
		`{"$or": [{"a": 1}, {"$and": [{"$text": {}}]}], "b": 2}`: {
			`[{"$match":{"$or":[{"a":1},{"$and":[{"$text":{}}]}]}}]`, `[{"$match":{"b":2}}]`,
		},
	} {
		first, last := write.Around(raw(t, fromJSON(t, filter)))
		require.Equal(t, want, [2]string{extended(t, first), extended(t, last)}, filter)
	}
}

func TestAllOfLeavesOutWhatAsksNothing(t *testing.T) {
	t.Parallel()
	a, b := bson.D{{Key: "a", Value: 1}}, raw(t, bson.D{{Key: "b", Value: 2}})
	require.Equal(t, bson.D{}, write.AllOf([]any{bson.D{}, raw(t, bson.D{})}))
	require.Equal(t, a, write.AllOf([]any{bson.D{}, a}))
	require.Equal(t, bson.D{{Key: "$and", Value: bson.A{a, b}}}, write.AllOf([]any{a, bson.D{}, b}))
}

func TestUnchangedComparesWhatWasRead(t *testing.T) {
	t.Parallel()
	document := raw(t, fromJSON(t, `{"_id": 1, "a": "$b", "c": null}`))
	got := write.Unchanged(document, []string{"_id", "a", "b", "c"})
	require.Equal(t, `[{"b":{"$exists":false}},`+
		`{"$expr":{"$and":[{"$eq":["$a",{"$literal":"$b"}]},{"$eq":["$c",{"$literal":null}]}]}}]`, extended(t, bson.A(got)))
	require.Empty(t, write.Unchanged(document, []string{"_id"}))
}
