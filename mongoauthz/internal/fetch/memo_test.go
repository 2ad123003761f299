package fetch_test

import (
	"context"
	"testing"

	"github.com/mongoauthz/go-mongoauthz/evaluate"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz/internal/fetch"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// counting counts the requests of which it is asked.
type counting struct {
	evaluate.Memory
	asked int
}

func (c *counting) Fetch(ctx context.Context, r evaluate.Request) ([]bson.Raw, error) {
	c.asked++
	return c.Memory.Fetch(ctx, r)
}

func document(t testing.TB, fields bson.D) bson.Raw {
	t.Helper()
	raw, err := bson.Marshal(fields)
	require.NoError(t, err)
	return raw
}

func TestMemoAsksForNothingTwice(t *testing.T) {
	t.Parallel()
	users := &counting{Memory: evaluate.Memory{"users": {document(t, bson.D{{Key: "_id", Value: 1}, {Key: "name", Value: "ann"}})}}}
	memo := fetch.Memo(users)
	ask := func(r evaluate.Request, asked int) {
		found, err := memo.Fetch(t.Context(), r)
		require.NoError(t, err)
		require.Equal(t, asked, users.asked, "%+v", r)
		require.NotNil(t, found)
	}
	one := []evaluate.Match{matching(t, "_id", 1)}
	ask(evaluate.Request{Collection: "users", Match: one, Fields: []string{"_id", "name"}}, 1)
	ask(evaluate.Request{Collection: "users", Match: one, Fields: []string{"_id"}}, 1)
	ask(evaluate.Request{Collection: "users", Match: one, Fields: []string{"_id", "age"}}, 2)
	ask(evaluate.Request{Collection: "users", Match: []evaluate.Match{matching(t, "_id", int64(1))}, Fields: []string{"_id"}}, 3)
	ask(evaluate.Request{Collection: "users", Fields: []string{"_id", "name"}}, 4)
	ask(evaluate.Request{Collection: "users", Match: []evaluate.Match{matching(t, "_id", 1, 2)}, Fields: []string{"name"}}, 4)
}

func TestUpdatedFindsTheDocumentAsItWillBe(t *testing.T) {
	t.Parallel()
	before, other := document(t, bson.D{{Key: "_id", Value: 1}, {Key: "a", Value: 1}}), document(t, bson.D{{Key: "_id", Value: 2}})
	after := document(t, bson.D{{Key: "_id", Value: int64(1)}, {Key: "a", Value: 2}})
	f := fetch.Updated(evaluate.Memory{"books": {before, other}, "users": {before}}, "books", after)
	found, err := f.Fetch(t.Context(), evaluate.Request{Collection: "books"})
	require.NoError(t, err)
	require.Equal(t, []bson.Raw{other, after}, found)
	found, err = f.Fetch(t.Context(), evaluate.Request{Collection: "users"})
	require.NoError(t, err)
	require.Equal(t, []bson.Raw{before}, found)
}
