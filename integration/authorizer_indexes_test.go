package integration_test

import (
	"errors"
	"testing"

	"github.com/mongoauthz/go-mongoauthz/integration/harness"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
	"github.com/mongoauthz/go-mongoauthz/pipeline"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

func TestIndexesThatWereAdvisedAreFoundOnceTheyAreThere(t *testing.T) {
	t.Parallel()
	db, commands := monitored(t)
	s := newShelf(t, db)
	az := s.authorizer(t, reading)
	indexes, err := az.Indexes(t.Context(), mongoauthz.Listing{Actor: "ann", Action: "read", Resource: "Book", Sort: bson.D{{Key: "title", Value: -1}}})
	require.NoError(t, err)
	require.NotEmpty(t, indexes)

	require.Equal(t, indexes, missing(t, az, indexes), "the shelf has one on loans.book_id, and a longer one is asked for")
	require.Len(t, commands("listIndexes"), 3, "one for each collection")
	require.NoError(t, az.Verify(t.Context()), "unless they are asked for")

	before := ids(list(t, az))
	for collection, models := range az.IndexModels(indexes) {
		_, err := db.Collection(collection).Indexes().CreateMany(t.Context(), models)
		require.NoError(t, err)
	}
	require.NoError(t, az.Verify(t.Context(), indexes...))
	require.Equal(t, before, ids(list(t, az)))
}

// missing returns the indexes that Verify finds missing, and nothing else may be found.
func missing(t testing.TB, az *mongoauthz.Authorizer, indexes []pipeline.Index) (found []pipeline.Index) {
	t.Helper()
	err := az.Verify(t.Context(), indexes...)
	require.ErrorIs(t, err, mongoauthz.ErrVerify)
	all, ok := err.(interface{ Unwrap() []error })
	require.True(t, ok)
	for _, err := range all.Unwrap() {
		var finding *mongoauthz.VerifyError
		require.True(t, errors.As(err, &finding))
		require.Equal(t, mongoauthz.FindingNoIndex, finding.Finding)
		found = append(found, finding.Index)
	}
	return found
}

func list(t testing.TB, az *mongoauthz.Authorizer) (books []Book) {
	t.Helper()
	q, err := az.AuthorizedQuery(t.Context(), "ann", "read", "Book")
	require.NoError(t, err)
	page, err := mongoauthz.FetchPage[Book](t.Context(), q, mongoauthz.PageRequest{Sort: bson.D{{Key: "title", Value: -1}}, Limit: shelved})
	require.NoError(t, err)
	return page.Items
}

func TestIndexesThatAreSparseOrPartialAreMissing(t *testing.T) {
	t.Parallel()
	s := newShelf(t, harness.Database(t))
	az := s.authorizer(t, reading)
	indexes, err := az.Indexes(t.Context(), mongoauthz.Listing{Actor: "ann", Action: "read", Resource: "Book"})
	require.NoError(t, err)
	for collection, models := range az.IndexModels(indexes) {
		for i, model := range models {
			half := options.Index().SetPartialFilterExpression(bson.D{{Key: "_id", Value: bson.D{{Key: "$gt", Value: 500}}}})
			if i%2 == 0 {
				half = options.Index().SetSparse(true)
			}
			_, err := s.db.Collection(collection).Indexes().CreateOne(t.Context(), mongo.IndexModel{Keys: model.Keys, Options: half})
			require.NoError(t, err)
		}
	}
	require.Equal(t, indexes, missing(t, az, indexes))
}

func TestVerifySaysOfACollectionThatIsNotThereNothingElse(t *testing.T) {
	t.Parallel()
	s := newShelf(t, harness.Database(t))
	require.NoError(t, s.db.Collection("publishers").Drop(t.Context()))
	az := s.authorizer(t, reading)
	indexes, err := az.Indexes(t.Context(), mongoauthz.Listing{Actor: "ann", Action: "read", Resource: "Book"})
	require.NoError(t, err)
	require.NotContains(t, az.Verify(t.Context(), indexes...).Error(), `"publishers" (of Publisher) has`)
}
