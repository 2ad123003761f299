package integration_test

import (
	"testing"

	"github.com/mongoauthz/go-mongoauthz/integration/harness"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
)

func TestAnAuthorizedResourceIsTheDocumentThatAuthorizeDecidesAbout(t *testing.T) {
	t.Parallel()
	az, books := desk(t, harness.Database(t))
	for action := range deskFilters {
		for id := range 6 { // two are not stored
			decided := az.Authorize(t.Context(), "ann", action, mongoauthz.ID("Book", id))
			book, err := mongoauthz.FindOne[bson.Raw](t.Context(), az, "ann", action, mongoauthz.ID("Book", id))
			require.Equal(t, decided, err, "%s %d", action, id)
			if err != nil {
				require.Nil(t, book)
				continue
			}
			require.Equal(t, books[id], book)
		}
	}
}

func TestAnAuthorizedResourceIsDecodedOrAnError(t *testing.T) {
	t.Parallel()
	az, _ := desk(t, harness.Database(t))
	type titled struct{ Title string }
	book, err := mongoauthz.FindOne[titled](t.Context(), az, "ann", "read", mongoauthz.ID("Book", 0))
	require.NoError(t, err)
	require.Equal(t, titled{"public"}, book)

	type misfit struct{ Title int }
	_, err = mongoauthz.FindOne[misfit](t.Context(), az, "ann", "read", mongoauthz.ID("Book", 0))
	require.Error(t, err)
	require.NotErrorIs(t, err, mongoauthz.ErrNotFound)
	for name, resource := range map[string]mongoauthz.Resource{
		"a document in hand": mongoauthz.Document("Book", bson.D{{Key: "_id", Value: 0}}),
		"the zero Resource":  {},
	} {
		_, err = mongoauthz.FindOne[titled](t.Context(), az, "ann", "read", resource)
		require.ErrorIs(t, err, mongoauthz.ErrArgument, name)
	}
	_, err = mongoauthz.FindOne[titled](t.Context(), az, "ann", "read", mongoauthz.ID("Shelf", 0))
	require.ErrorIs(t, err, mongoauthz.ErrUnknownResource)
	_, err = mongoauthz.FindOne[titled](t.Context(), nil, "ann", "read", mongoauthz.ID("Book", 0))
	require.ErrorIs(t, err, mongoauthz.ErrArgument)
}
