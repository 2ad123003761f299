package integration_test

import (
	"testing"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/integration/harness"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
	"github.com/mongoauthz/go-mongoauthz/relations"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// What stands in a parent's place has to reach the one who decides in hand: a projection by the
// dotted path leaves it out.
func TestPresenceInsideARelatedDocumentIsDecidedInHandAsByID(t *testing.T) {
	t.Parallel()
	db := harness.Database(t)
	id := relations.Field{Name: "_id", Type: relations.Number}
	schema := schemaOf(t, []relations.Type{
		{
			Name: "Task", Collection: "tasks", Fields: []relations.Field{id, {Name: "owner_id", Type: relations.Number}},
			Relations: []relations.Relation{{Name: "owner", Kind: relations.ReferencesOne, Type: "User", Keys: []relations.KeyPair{{Local: "owner_id"}}}},
		},
		{
			Name: "User", Collection: "users", Fields: []relations.Field{id},
			Relations: []relations.Relation{{Name: "address", Kind: relations.EmbedsOne, Type: "Address"}},
		},
		{Name: "Address", Fields: []relations.Field{{Name: "city", Type: relations.String}}},
	})
	addresses := []any{5, nil, bson.A{5}, bson.D{}, bson.D{{Key: "city", Value: "Bern"}}}
	null := []bool{false, true, false, true, false}
	for i, address := range addresses {
		_, err := db.Collection("users").InsertOne(t.Context(), bson.D{{Key: "_id", Value: i}, {Key: "address", Value: address}})
		require.NoError(t, err)
		_, err = db.Collection("tasks").InsertOne(t.Context(), bson.D{{Key: "_id", Value: i}, {Key: "owner_id", Value: i}})
		require.NoError(t, err)
	}
	owner := filter.Reach("owner", "owner")
	for _, f := range []filter.Filter{
		filter.For("Task", filter.Some(owner).Where(owner.F("address.city").IsNull())),
		filter.For("Task", filter.Where(filter.None(filter.Some(owner).Where(owner.F("address.city").IsSet())))),
	} {
		az := (&shelf{db: db, schema: schema}).authorizer(t, f)
		for i, want := range null {
			inHand := mongoauthz.Document("Task", bson.D{{Key: "_id", Value: i}, {Key: "owner_id", Value: i}})
			require.Equal(t, want, az.Authorize(t.Context(), "ann", "read", mongoauthz.ID("Task", i)) == nil, "%d by id", i)
			require.Equal(t, want, az.Authorize(t.Context(), "ann", "read", inHand) == nil, "%d in hand", i)
		}
	}
}
