package relations_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mongoauthz/go-mongoauthz/relations"
)

// library is the schema the tests speak of: every kind of relation and every value type, declared by hand.
func library() []relations.Type {
	return []relations.Type{
		{
			Name:       "Publisher",
			Collection: "publishers",
			Fields: []relations.Field{
				{Name: "_id", Type: relations.ObjectID, Convert: relations.FromHex},
				{Name: "name", Type: relations.String},
			},
			Relations: []relations.Relation{
				{Name: "books", Kind: relations.HasMany, Type: "Book", Keys: []relations.KeyPair{{Foreign: "publisher_id"}}},
				{Name: "authors", Kind: relations.Through, Through: []string{"books", "authors"}},
			},
		},
		{
			Name:       "Book",
			Collection: "books",
			Fields: []relations.Field{
				{Name: "_id", Type: relations.ObjectID, Convert: relations.FromHex},
				{Name: "title", Type: relations.String},
				{Name: "subtitle", Type: relations.String},
				{Name: "pages", Type: relations.Number},
				{Name: "public", Type: relations.Bool},
				{Name: "printed", Type: relations.Date, Convert: relations.FromRFC3339},
				{Name: "isbn", Type: relations.Binary, Convert: relations.FromUUID},
				{Name: "version", Type: relations.Timestamp},
				{Name: "size", Type: relations.Document},
				{Name: "extra", Type: relations.AnyType},
				{Name: "tags", Type: relations.String, List: true, AbsentEmpty: true},
				{Name: "sizes", Type: relations.Document, List: true},
				{Name: "publisher_id", Type: relations.ObjectID, Convert: relations.FromHex},
				{Name: "author_ids", Type: relations.String, List: true},
				{Name: "editor_id", Type: relations.String},
			},
			Relations: []relations.Relation{
				{Name: "publisher", Kind: relations.ReferencesOne, Type: "Publisher", Keys: []relations.KeyPair{{Local: "publisher_id"}}},
				{Name: "authors", Kind: relations.ReferencesMany, Type: "Person", Keys: []relations.KeyPair{{Local: "author_ids"}}},
				{Name: "editor", Kind: relations.ReferencesOne, Type: "Person", Keys: []relations.KeyPair{{Local: "editor_id"}}},
				{Name: "cover", Kind: relations.EmbedsOne, Type: "Cover"},
				{Name: "chapters", Kind: relations.EmbedsMany, Type: "Chapter", AbsentEmpty: true},
				{Name: "chapter_authors", Kind: relations.Through, Type: "Person", Through: []string{"chapters", "author"}},
				{Name: "chapter_images", Kind: relations.Through, Type: "Image", Through: []string{"chapters", "image"}},
				{Name: "grants", Kind: relations.HasMany, Type: "Grant", Keys: []relations.KeyPair{{Foreign: "resource_id"}}, Where: []relations.Constant{
					{Field: "resource_type", Value: "book"}, {Near: true, Field: "public", Value: false},
				}},
			},
		},
		{
			Name:       "Person",
			Collection: "people",
			Fields: []relations.Field{
				{Name: "_id", Type: relations.String},
				{Name: "tenant", Type: relations.ObjectID, Convert: relations.FromHex},
				{Name: "deleted", Type: relations.Bool},
				{Name: "boss_id", Type: relations.String},
			},
			Relations: []relations.Relation{
				{Name: "boss", Kind: relations.ReferencesOne, Type: "Person", Keys: []relations.KeyPair{{Local: "boss_id"}}},
			},
		},
		{
			Name:       "Grant",
			Collection: "grants",
			Fields: []relations.Field{
				{Name: "_id", Type: relations.ObjectID},
				{Name: "resource_type", Type: relations.String},
				{Name: "resource_id", Type: relations.ObjectID},
				{Name: "person_id", Type: relations.String},
			},
		},
		{Name: "Cover", Fields: []relations.Field{{Name: "color", Type: relations.String}}, Relations: []relations.Relation{
			{Name: "image", Kind: relations.EmbedsOne, Type: "Image"},
		}},
		{Name: "Image", Fields: []relations.Field{{Name: "width", Type: relations.Number}}},
		{
			Name:   "Chapter",
			Fields: []relations.Field{{Name: "title", Type: relations.String}, {Name: "author_id", Type: relations.String}},
			Relations: []relations.Relation{
				{Name: "author", Kind: relations.ReferencesOne, Type: "Person", Keys: []relations.KeyPair{{Local: "author_id"}}},
				{Name: "image", Kind: relations.EmbedsOne, Type: "Image"},
			},
		},
	}
}

func mustNew(t *testing.T, types ...relations.Type) *relations.Schema {
	t.Helper()
	s, err := relations.New(types...)
	require.NoError(t, err)
	return s
}
