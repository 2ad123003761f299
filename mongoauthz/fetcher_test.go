package mongoauthz_test

import (
	"testing"

	"github.com/mongoauthz/go-mongoauthz/evaluate"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/x/mongo/driver/topology"
)

func TestTheFetcherPassesErrorsOn(t *testing.T) {
	t.Parallel()
	var none *mongoauthz.Authorizer
	_, err := none.Fetcher().Fetch(t.Context(), evaluate.Request{Collection: "books"})
	require.ErrorIs(t, err, mongoauthz.ErrArgument)
	_, err = authorizer(t, answers(denied)).Fetcher().Fetch(t.Context(), evaluate.Request{Collection: "books"})
	var down topology.ServerSelectionError
	require.ErrorAs(t, err, &down)
}

func TestNewFetcherNeedsADatabase(t *testing.T) {
	t.Parallel()
	_, err := mongoauthz.NewFetcher(nil, nil).Fetch(t.Context(), evaluate.Request{Collection: "users"})
	require.ErrorIs(t, err, mongoauthz.ErrArgument)
	_, err = mongoauthz.NewFetcher(database(t), nil).Fetch(t.Context(), evaluate.Request{Collection: "users", Match: []evaluate.Match{{Field: "_id", Keys: []bson.RawValue{{Type: bson.TypeNull}}}}})
	require.ErrorContains(t, err, "find in users", "no server is there")
}
