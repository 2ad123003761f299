package mongoauthz_test

import (
	"context"
	"testing"
	"time"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
	"github.com/mongoauthz/go-mongoauthz/relations"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// library declares what the tests of this package ask for.
func library(t testing.TB) *relations.Schema {
	t.Helper()
	return libraryOf(t, relations.Encoding{})
}

// libraryOf is library for a client with an encoding of its own.
func libraryOf(t testing.TB, e relations.Encoding) *relations.Schema {
	t.Helper()
	s, err := e.New(
		relations.Type{
			Name: "Book", Collection: "books",
			Fields: []relations.Field{
				{Name: "_id", Type: relations.Number}, {Name: "title", Type: relations.String}, {Name: "public", Type: relations.Bool},
				{Name: "pages", Type: relations.Number}, {Name: "tags", Type: relations.String, List: true}, {Name: "publisher_id", Type: relations.Number},
			},
			Relations: []relations.Relation{
				{Name: "publisher", Kind: relations.ReferencesOne, Type: "Publisher", Keys: []relations.KeyPair{{Local: "publisher_id"}}},
				{Name: "chapters", Kind: relations.EmbedsMany, Type: "Chapter"},
			},
		},
		relations.Type{
			Name: "Publisher", Collection: "publishers",
			Fields: []relations.Field{{Name: "_id", Type: relations.Number}, {Name: "name", Type: relations.String}},
		},
		relations.Type{
			Name: "Note", Collection: "notes",
			Fields: []relations.Field{{Name: "_id", Type: relations.Number}, {Name: "tenant", Type: relations.String}},
			Scope:  []filter.Condition{filter.F("tenant").Eq(filter.Param("tenant"))},
		},
		relations.Type{Name: "Chapter", Fields: []relations.Field{{Name: "title", Type: relations.String}}},
	)
	require.NoError(t, err)
	return s
}

// database is on a server that does not answer; what needs none must not notice.
func database(t testing.TB) *mongo.Database {
	t.Helper()
	client, err := mongo.Connect(options.Client().ApplyURI("mongodb://127.0.0.1:1/").SetServerSelectionTimeout(100 * time.Millisecond))
	require.NoError(t, err)
	t.Cleanup(func() { _ = client.Disconnect(context.Background()) })
	return client.Database("library")
}

// answers is the policy that always gives the same filter.
func answers(f filter.Filter) mongoauthz.Policy {
	return mongoauthz.PolicyFunc(func(context.Context, any, string, string) (filter.Filter, error) { return f, nil })
}

func authorizer(t testing.TB, policy mongoauthz.Policy, opts ...mongoauthz.Option) *mongoauthz.Authorizer {
	t.Helper()
	az, err := mongoauthz.New(database(t), library(t), policy, opts...)
	require.NoError(t, err)
	return az
}

// query returns the query for f.
func query(t testing.TB, f filter.Filter, opts ...mongoauthz.Option) *mongoauthz.Query {
	t.Helper()
	q, err := authorizer(t, answers(f), opts...).AuthorizedQuery(t.Context(), "ann", "read", f.Resource)
	require.NoError(t, err)
	return q
}

// The filters that the tests hand out: one of each outcome, and one with a join.
var (
	denied      = filter.Deny("Book")
	allowed     = filter.Allow("Book")
	conditional = filter.For("Book", filter.Where(filter.F("public").Eq(true)))
	joined      = filter.For("Book", filter.Some(filter.Reach("p", "publisher")).Where(filter.Reach("p", "publisher").F("name").Eq("Ten Speed")))
)

// text returns a pipeline or stage as extended JSON.
func text(t testing.TB, p mongo.Pipeline) string {
	t.Helper()
	out, err := bson.MarshalExtJSON(bson.D{{Key: "p", Value: p}}, false, false)
	require.NoError(t, err)
	return string(out[len(`{"p":`) : len(out)-1])
}

// stage makes a stage of one field.
func stage(name string, value any) bson.D { return bson.D{{Key: name, Value: value}} }
