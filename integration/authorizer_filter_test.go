package integration_test

import (
	"testing"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/integration/harness"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

func TestRawDocumentsOfAProjectionAreJudgedAsTheyAreStored(t *testing.T) {
	t.Parallel()
	db, commands := monitored(t)
	s := newShelf(t, db)
	var cut []bson.Raw
	cursor, err := db.Collection("books").Find(t.Context(), bson.D{}, options.Find().SetProjection(bson.D{{Key: "_id", Value: 1}}))
	require.NoError(t, err)
	require.NoError(t, cursor.All(t.Context(), &cut))
	before := len(commands("find"))
	kept, err := mongoauthz.FilterAuthorized(t.Context(), s.authorizer(t, reading), "ann", "read", "Book", cut)
	require.NoError(t, err)
	var got []int
	for _, d := range kept {
		got = append(got, int(d.Lookup("_id").Int32()))
	}
	require.Equal(t, s.authorized, sorted(got))
	require.Len(t, commands("find"), before+3, "one for the books, one for all publishers, one for all loans")

	absent := filter.For("Book", filter.Where(filter.F("title").IsNull()))
	kept, err = mongoauthz.FilterAuthorized(t.Context(), s.authorizer(t, absent), "ann", "read", "Book", cut)
	require.NoError(t, err)
	require.Empty(t, kept, "the projection left the field out, and all books have it")
}

func TestADocumentThatIsReadAgainIsFoundByAnyNumber(t *testing.T) {
	t.Parallel()
	s := newShelf(t, harness.Database(t))
	az := s.authorizer(t, filter.For("Book", filter.Where(filter.F("_id").In([]int{1, 2, 3}))))
	documents := []bson.M{{"_id": 3.0}, {"_id": int64(1)}, {"_id": shelved + 1}, {"_id": 1}, {"_id": 5}, {"_id": "1"}}
	kept, err := mongoauthz.FilterAuthorized(t.Context(), az, "ann", "read", "Book", documents)
	require.NoError(t, err)
	require.Equal(t, []bson.M{documents[0], documents[1], documents[3]}, kept)
}
