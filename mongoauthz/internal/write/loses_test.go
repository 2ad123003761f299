package write_test

import (
	"testing"

	"github.com/mongoauthz/go-mongoauthz/mongoauthz/internal/write"
	"github.com/mongoauthz/go-mongoauthz/relations"
	"github.com/stretchr/testify/require"
)

// demanding declares required fields: of a note, of its address, of its items and of their items.
func demanding(t testing.TB) *relations.Schema {
	t.Helper()
	text := func(name string, required bool) relations.Field {
		return relations.Field{Name: name, Type: relations.String, Required: required}
	}
	s, err := relations.New(
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
	require.NoError(t, err)
	return s
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
		u, err := write.Parse(raw(t, fromJSON(t, `{"update": `+update+`}`)).Lookup("update"))
		require.NoError(t, err, update)
		s := demanding(t)
		note, _ := s.Type("Note")
		require.Equal(t, want, u.Loses(s, note), update)
		plain, _ := s.Type("Plain")
		require.Empty(t, u.Loses(s, plain), "a type that requires nothing")
	}
}

func TestParseRefusesWhatIsNoUpdate(t *testing.T) {
	t.Parallel()
	for update, problem := range map[string]string{
		`5`: "is neither a document nor a pipeline", `{}`: "is empty",
		`{"title": "a"}`: "is no document of update operators", `{"$set": 5}`: "is no document of update operators",
	} {
		_, err := write.Parse(raw(t, fromJSON(t, `{"update": `+update+`}`)).Lookup("update"))
		require.EqualError(t, err, problem, update)
	}
}
