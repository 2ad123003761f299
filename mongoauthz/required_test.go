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

func TestUpdatesKeepRequiredFields(t *testing.T) {
	t.Parallel()
	for update, want := range map[string]string{
		`{"$set": {"title": "b", "color": null}, "$unset": {"color": ""}}`:          "",
		`{"$unset": {"title": ""}}`:                                                 `"title" would be removed by $unset: set it to a value, by $set`,
		`{"$set": {"title": null}}`:                                                 `"title" would be null by $set: set it to a value`,
		`{"$min": {"title": null}}`:                                                 `"title" would be null by $min: set it to a value`,
		`{"$max": {"title": null}}`:                                                 `"title" would be null by $max: set it to a value`,
		`{"$max": {"title": "x"}, "$setOnInsert": {"title": null}}`:                 "",
		`{"$rename": {"title": "color"}}`:                                           `"title" would be renamed away by $rename: leave it, and set the other field by $set`,
		`{"$rename": {"color": "title"}}`:                                           `"title" would be what another field holds, by $rename, which may be null: set it to a value, by $set`,
		`{"$rename": {"color": "other"}}`:                                           "",
		`{"$push": {"tags": null}, "$pull": {"tags": "x"}}`:                         "",
		`{"$unset": {"tags.0": "", "meta": ""}}`:                                    "",
		`{"$set": {"tags": null}}`:                                                  `"tags" would be null by $set: set it to a value`,
		`{"$currentDate": {"title": true}, "$inc": {"title": 1}}`:                   "",
		`{"$conjure": {"title": 1}}`:                                                `"title" would be changed by $conjure, which cannot be judged: set it by $set`,
		`{"$unset": {"address.zip": ""}}`:                                           `"address.zip" would be removed by $unset: set it to a value, by $set`,
		`{"$set": {"address.zip": null}}`:                                           `"address.zip" would be null by $set: set it to a value`,
		`{"$set": {"address.city": null}}`:                                          "",
		`{"$unset": {"address": "", "items": "", "plain": ""}}`:                     "",
		`{"$rename": {"address": "old", "plain": "older"}}`:                         "",
		`{"$rename": {"old": "address"}}`:                                           `"address" would be what another field holds, by $rename, which may lack a required field: set it by $set`,
		`{"$set": {"address": {"zip": "z"}, "plain": null}}`:                        "",
		`{"$set": {"address": {"city": "c"}}}`:                                      `"address" would lack "address.zip", or have null there, by $set: add it to the document`,
		`{"$set": {"address": {"zip": null}}}`:                                      `"address" would lack "address.zip", or have null there, by $set: add it to the document`,
		`{"$set": {"address": null}}`:                                               `"address" would be, or hold, no document by $set: set it to a document with all required fields`,
		`{"$max": {"address": [{"zip": "z"}]}}`:                                     `"address" would be, or hold, no document by $max: set it to a document with all required fields`,
		`{"$currentDate": {"address": true}}`:                                       `"address" would be changed by $currentDate, which cannot be judged: set it by $set`,
		`{"$set": {"items": [{"name": "a"}, {"name": "b", "items": []}]}}`:          "",
		`{"$set": {"items": null}}`:                                                 "",
		`{"$set": {"items": {"name": "a"}}}`:                                        `"items" would be no array by $set: set it to an array of documents`,
		`{"$set": {"items": [{"name": "a"}, {}]}}`:                                  `"items" would lack "items.name", or have null there, by $set: add it to the document`,
		`{"$set": {"items": [null]}}`:                                               `"items" would be, or hold, no document by $set: set it to a document with all required fields`,
		`{"$set": {"items.3": {"name": "a"}, "items.$[].name": "b"}}`:               "",
		`{"$set": {"items.3": {}}}`:                                                 `"items" would lack "items.name", or have null there, by $set: add it to the document`,
		`{"$set": {"items.$[i].items.$[].name": null}}`:                             `"items.items.name" would be null by $set: set it to a value`,
		`{"$unset": {"items.0.name": ""}}`:                                          `"items.name" would be removed by $unset: set it to a value, by $set`,
		`{"$unset": {"items.0": ""}}`:                                               `"items" would have null for an element by $unset: remove the element by $pull`,
		`{"$push": {"items": {"name": "a"}}, "$pull": {"items": {}}}`:               "",
		`{"$push": {"items": {"$each": [{"name": "a"}], "$slice": 5}}}`:             "",
		`{"$push": {"items": {"$each": [{"name": "a"}, {"name": null}]}}}`:          `"items" would lack "items.name", or have null there, by $push: add it to the document`,
		`{"$addToSet": {"items": 5}}`:                                               `"items" would be, or hold, no document by $addToSet: set it to a document with all required fields`,
		`[{"$set": {"color": "x", "meta.a": 1}}, {"$unset": ["color", "plain.x"]}]`: "",
		`[{"$set": {"address.city": "c"}}, {"$unset": "color"}]`:                    "",
		`[{"$addFields": {"title": "$color"}}]`:                                     `"title" is changed by an update pipeline, which cannot be judged: leave it out of the pipeline, and set it by an update document with $set`,
		`[{"$set": {"color": 1}}, {"$unset": ["color", "items.name"]}]`:             `"items.name" is changed by an update pipeline, which cannot be judged: leave it out of the pipeline, and set it by an update document with $set`,
		`[{"$set": {"address": {"city": "c"}}}]`:                                    `"address" is changed by an update pipeline, which cannot be judged: leave it out of the pipeline, and set it by an update document with $set`,
		`[{"$replaceWith": "$$ROOT"}]`:                                              `a required field may be lost by the stage "$replaceWith", which cannot be judged: use an update document with $set and $unset`,
		`[{"$unset": [5]}]`:                                                         `a required field may be lost by the stage "$unset", which cannot be judged: use an update document with $set and $unset`,
		`[{"$set": 5}]`:                                                             `a required field may be lost by the stage "$set", which cannot be judged: use an update document with $set and $unset`,
	} {
		u := fromJSON(t, `{"update": `+update+`}`)[0].Value
		got, err := mongoauthz.Loses(demanding(t), "Note", u)
		require.NoError(t, err, update)
		require.Equal(t, want, got, update)
		got, err = mongoauthz.Loses(demanding(t), "Plain", u)
		require.NoError(t, err)
		require.Empty(t, got, "a type that requires nothing")
	}
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
