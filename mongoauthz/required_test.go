package mongoauthz_test

import (
	"context"
	"testing"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
	"github.com/mongoauthz/go-mongoauthz/relations"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// ext reads extended JSON.
func ext(t testing.TB, texts ...string) []bson.Raw {
	t.Helper()
	out := make([]bson.Raw, len(texts))
	for i, text := range texts {
		var d bson.D
		require.NoError(t, bson.UnmarshalExtJSON([]byte(text), false, &d), text)
		raw, err := bson.Marshal(d)
		require.NoError(t, err)
		out[i] = raw
	}
	return out
}

func schemaOf(t testing.TB, types ...relations.Type) *relations.Schema {
	t.Helper()
	s, err := relations.New(types...)
	require.NoError(t, err)
	return s
}

// demanding declares required fields: of a note, of its address, of its items and of their items.
func demanding(t testing.TB) *relations.Schema {
	t.Helper()
	text := func(name string, required bool) relations.Field {
		return relations.Field{Name: name, Type: relations.String, Required: required}
	}
	return schemaOf(t,
		relations.Type{
			Name: "Note", Collection: "notes",
			Fields: []relations.Field{
				{Name: "_id", Type: relations.Number, Required: true}, text("title", true), text("color", false),
				{Name: "tags", Type: relations.String, List: true, Required: true}, {Name: "meta", Type: relations.Document},
			},
			Relations: []relations.Relation{
				{Name: "address", Kind: relations.EmbedsOne, Type: "Address"}, {Name: "items", Kind: relations.EmbedsMany, Type: "Item"},
				{Name: "plain", Kind: relations.EmbedsOne, Type: "Plain"},
			},
		},
		relations.Type{Name: "Address", Fields: []relations.Field{text("zip", true), text("city", false)}},
		relations.Type{Name: "Plain", Fields: []relations.Field{text("x", false)}},
		relations.Type{Name: "Item", Fields: []relations.Field{text("name", true)}, Relations: []relations.Relation{{Name: "items", Kind: relations.EmbedsMany, Type: "Item"}}},
	)
}

func demandingAuthorizer(t testing.TB) *mongoauthz.Authorizer {
	t.Helper()
	policy := mongoauthz.PolicyFunc(func(_ context.Context, _ any, action, resource string) (filter.Filter, error) {
		if action == "delete" {
			return filter.Deny(resource), nil
		}
		return filter.Allow(resource), nil
	})
	az, err := mongoauthz.New(database(t), demanding(t), policy)
	require.NoError(t, err)
	return az
}

func TestAuthorizeNewAsksForRequiredFields(t *testing.T) {
	t.Parallel()
	az := demandingAuthorizer(t)
	for name, tt := range map[string]struct{ document, lacks string }{
		"all there":                       {`{"title": "", "tags": []}`, ""},
		"all there, parents too":          {`{"title": "a", "tags": [], "address": {"zip": "z"}, "items": [{"name": "a", "items": [{"name": "b"}]}], "plain": {}}`, ""},
		"parents that are null":           {`{"title": "a", "tags": [], "address": null, "items": null}`, ""},
		"missing":                         {`{"tags": []}`, "title"},
		"null":                            {`{"title": null, "tags": []}`, "title"},
		"a list that is null":             {`{"title": "a", "tags": null}`, "tags"},
		"missing in an embedded document": {`{"title": "a", "tags": [], "address": {"city": "c"}}`, "address.zip"},
		"null in an embedded document":    {`{"title": "a", "tags": [], "address": {"zip": null}}`, "address.zip"},
		"missing in one element":          {`{"title": "a", "tags": [], "items": [{"name": "a"}, 5, {}]}`, "items.name"},
		"missing in an element's element": {`{"title": "a", "tags": [], "items": [{"name": "a", "items": [{"name": null}]}]}`, "items.items.name"},
		"missing in what is no array":     {`{"title": "a", "tags": [], "items": {}}`, "items.name"},
	} {
		document := mongoauthz.Document("Note", ext(t, tt.document)[0])
		err := az.AuthorizeNew(t.Context(), "ann", "create", document)
		if tt.lacks == "" {
			require.NoError(t, err, name)
			continue
		}
		var argument *mongoauthz.ArgumentError
		require.ErrorAs(t, err, &argument, name)
		require.Equal(t, "resource."+tt.lacks, argument.Name, name)
		require.ErrorIs(t, az.AuthorizeNew(t.Context(), "ann", "delete", document), mongoauthz.ErrForbidden, "who may not do it learns nothing")
	}
	require.EqualError(t, az.AuthorizeNew(t.Context(), "ann", "create", mongoauthz.Document("Note", bson.D{})),
		"mongoauthz: resource.tags: is declared required, and is missing or null: set it to a value before the document is stored")
}

func TestEveryUpdateRefusesToLoseARequiredField(t *testing.T) {
	t.Parallel()
	az := demandingAuthorizer(t)
	for operation, update := range updates {
		q, err := az.AuthorizedQuery(t.Context(), "ann", "update", "Note")
		require.NoError(t, err)
		err = update(t.Context(), q, bson.D{}, fromJSON(t, `{"$unset": {"title": 1}}`))
		requireRefused(t, err, mongoauthz.RefuseRequired)
		require.EqualError(t, err, `mongoauthz: `+operation+` of "Note" refused: a required field would be lost: "title" would be removed by $unset: set it to a value, by $set`)
		require.NotErrorIs(t, err, mongoauthz.ErrForbidden)
		requireDown(t, update(t.Context(), q, bson.D{}, fromJSON(t, `{"$set": {"title": "x"}}`)))
	}
}
