package integration_test

import (
	"context"
	"testing"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/integration/harness"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
	"github.com/mongoauthz/go-mongoauthz/relations"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// office is a database of papers, which lie in teams and in other papers.
type office struct {
	db     *mongo.Database
	schema *relations.Schema
}

var officeSchema = []relations.Type{
	{
		Name: "Paper", Collection: "papers",
		Fields: []relations.Field{
			{Name: "_id", Type: relations.AnyType}, {Name: "owner", Type: relations.String}, {Name: "state", Type: relations.String},
			{Name: "team_id", Type: relations.Number}, {Name: "parent_id", Type: relations.Number}, {Name: "readers", Type: relations.String, List: true},
		},
		Relations: []relations.Relation{
			{Name: "team", Kind: relations.ReferencesOne, Type: "Team", Keys: []relations.KeyPair{{Local: "team_id"}}},
			{Name: "parent", Kind: relations.ReferencesOne, Type: "Sheet", Keys: []relations.KeyPair{{Local: "parent_id"}}},
			{Name: "place", Kind: relations.EmbedsOne, Type: "Place"},
		},
	},
	{Name: "Place", Fields: []relations.Field{{Name: "room", Type: relations.String}, {Name: "shelf", Type: relations.String}}},
	{
		Name: "Sheet", Collection: "papers",
		Fields: []relations.Field{{Name: "_id", Type: relations.Number}, {Name: "owner", Type: relations.String}},
	},
	{
		Name: "Team", Collection: "teams",
		Fields: []relations.Field{{Name: "_id", Type: relations.Number}, {Name: "members", Type: relations.String, List: true}},
	},
}

// The filters of these tests: own papers, by the document alone, and papers of the actor's teams, by a join.
var (
	paperTeam  = filter.Reach("t", "team")
	ownPapers  = filter.For("Paper", filter.Where(filter.F("owner").Eq("ann"), filter.F("state").Ne("sealed")))
	teamPapers = filter.For("Paper", filter.Some(paperTeam).Where(paperTeam.F("members").Contains("ann"), filter.F("state").Ne("sealed")))
)

func newOffice(t testing.TB, db *mongo.Database) *office {
	t.Helper()
	d := &office{db: db}
	var err error
	d.schema, err = relations.New(officeSchema...)
	require.NoError(t, err)
	d.insert(t, "teams", `{"_id": 1, "members": ["ann", "bob"]}`, `{"_id": 2, "members": ["bob"]}`)
	d.insert(t, "papers",
		`{"_id": 1, "owner": "ann", "state": "draft", "team_id": 1, "n": 0, "readers": ["ann"], "items": [{"k": 1}, {"k": 2}]}`,
		`{"_id": 2, "owner": "ann", "state": "sealed", "team_id": 1, "n": 0}`,
		`{"_id": 3, "owner": "bob", "state": "draft", "team_id": 2, "n": 0}`,
		`{"_id": 4, "owner": "ann", "state": "draft", "team_id": 1, "n": 0, "place": {"room": "a"}}`,
		`{"_id": 5, "owner": "bob", "n": 0}`,
		`{"_id": 6, "owner": null, "state": "draft", "n": 0}`,
	)
	return d
}

func (d *office) insert(t testing.TB, collection string, documents ...string) {
	t.Helper()
	all := make([]any, len(documents))
	for i, text := range documents {
		var doc bson.D
		require.NoError(t, bson.UnmarshalExtJSON([]byte(text), false, &doc))
		all[i] = doc
	}
	_, err := d.db.Collection(collection).InsertMany(t.Context(), all)
	require.NoError(t, err)
}

// stored returns all papers as they are stored.
func (d *office) stored(t testing.TB) []bson.Raw {
	t.Helper()
	cursor, err := d.db.Collection("papers").Find(t.Context(), bson.D{}, options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}))
	require.NoError(t, err)
	var all []bson.Raw
	require.NoError(t, cursor.All(t.Context(), &all))
	return all
}

// where returns the _ids of the papers that match.
func (d *office) where(t testing.TB, filter any) []int {
	t.Helper()
	cursor, err := d.db.Collection("papers").Find(t.Context(), filter, options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}))
	require.NoError(t, err)
	var all []struct {
		ID int `bson:"_id"`
	}
	require.NoError(t, cursor.All(t.Context(), &all))
	ids := []int{}
	for _, doc := range all {
		ids = append(ids, doc.ID)
	}
	return ids
}

// actions gives, for each action, a filter.
type actions map[string]filter.Filter

func (p actions) Filter(_ context.Context, _ any, action, _ string) (filter.Filter, error) {
	return p[action], nil
}

func (d *office) authorizer(t testing.TB, p actions, opts ...mongoauthz.Option) *mongoauthz.Authorizer {
	t.Helper()
	if !harness.Has(t, harness.Collation) {
		opts = append(opts, mongoauthz.WithoutCollation())
	}
	az, err := mongoauthz.New(d.db, d.schema, p, opts...)
	require.NoError(t, err)
	return az
}

func (d *office) query(t testing.TB, f filter.Filter, opts ...mongoauthz.Option) *mongoauthz.Query {
	t.Helper()
	return queryFor(t, d.authorizer(t, actions{"edit": f}, opts...), "edit")
}

func queryFor(t testing.TB, az *mongoauthz.Authorizer, action string) *mongoauthz.Query {
	t.Helper()
	q, err := az.AuthorizedQuery(t.Context(), "ann", action, "Paper")
	require.NoError(t, err)
	return q
}

func setting(field string, value any) bson.D {
	return bson.D{{Key: "$set", Value: bson.D{{Key: field, Value: value}}}}
}

func having(field string, value any) bson.D { return bson.D{{Key: field, Value: value}} }
