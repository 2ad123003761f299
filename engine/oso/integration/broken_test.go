package integration_test

import (
	"context"
	"testing"

	"github.com/mongoauthz/go-mongoauthz/integration/harness"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// TestBrokenDocumentsAreDenied stores documents without a value where the Go type cannot be nil, or with a value of another type.
func TestBrokenDocumentsAreDenied(t *testing.T) {
	db := harness.Database(t)
	ctx := context.Background()
	_, err := db.Collection("docs").InsertMany(ctx, []any{
		bson.D{{Key: "_id", Value: 1}}, bson.D{{Key: "_id", Value: 2}, {Key: "title", Value: nil}, {Key: "tags", Value: bson.A{1}}, {Key: "level", Value: "x"}, {Key: "member_ids", Value: bson.A{nil}}},
		bson.D{{Key: "_id", Value: 3}, {Key: "title", Value: 3}, {Key: "tags", Value: 3}, {Key: "level", Value: bson.A{}}, {Key: "address", Value: nil}, {Key: "items", Value: 3}, {Key: "member_ids", Value: "x"}},
	})
	require.NoError(t, err)
	for condition, listed := range map[string][]int{
		`d.Title = "a"`: nil, `d.Title != "a"`: nil, `not d.Title < "a"`: nil, `d.Title != nil`: {3}, `d.Title matches String`: {3}, `d.Title = d.Address.City`: nil, `d.Title != d.Address.City`: nil,
		`d.Level != 1`: {1}, `"a" in d.Tags`: nil, `not "a" in d.Tags`: {1}, `d.Address.City != "a"`: nil, `d.Address.Zip = nil`: nil, `d.owner.Name != "a"`: nil, `d.owner != u`: nil,
		`i in d.Items and i.Kind != "a"`: nil, `not u in d.members`: {1}, `d.Public`: nil, `not d.Public`: nil, `_ in d.Tags`: nil,
	} {
		az, err := mongoauthz.New(db, schema(t), engine(t, `allow(u: User, "read", d: Doc) if u.Name = "ann" and `+condition+`;`), options(t)...)
		require.NoError(t, err)
		q, err := az.AuthorizedQuery(ctx, users(t)[0], "read", "Doc")
		require.NoError(t, err, condition)
		ids := []int(nil)
		for raw, err := range mongoauthz.Each[bson.Raw](ctx, q) {
			require.NoError(t, err)
			ids = append(ids, int(raw.Lookup("_id").AsInt64()))
		}
		require.Equal(t, listed, ids, condition)
	}
}
