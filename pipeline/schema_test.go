package pipeline_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

// library is the schema of the tests: every kind of relation, every type of field.
func library(tb testing.TB) *relations.Schema {
	tb.Helper()
	str := func(names ...string) (fs []relations.Field) {
		for _, n := range names {
			fs = append(fs, relations.Field{Name: n, Type: relations.String})
		}
		return fs
	}
	fields := func(fs []relations.Field, more ...relations.Field) []relations.Field { return append(fs, more...) }
	one := func(name, typ, local string) relations.Relation {
		return relations.Relation{Name: name, Kind: relations.ReferencesOne, Type: typ, Keys: []relations.KeyPair{{Local: local}}}
	}
	s, err := relations.New(
		relations.Type{
			Name: "Book", Collection: "books",
			Fields: fields(str("_id", "title", "publisher_id", "author_id", "editor_id", "owner"),
				relations.Field{Name: "public", Type: relations.Bool},
				relations.Field{Name: "pages", Type: relations.Number},
				relations.Field{Name: "published", Type: relations.Date, Convert: relations.FromRFC3339},
				relations.Field{Name: "isbn", Type: relations.ObjectID, Convert: relations.FromHex},
				relations.Field{Name: "extra", Type: relations.AnyType},
				relations.Field{Name: "size", Type: relations.Document},
				relations.Field{Name: "code", Type: relations.String, Strict: true},
				relations.Field{Name: "codes", Type: relations.String, List: true, Strict: true},
				relations.Field{Name: "tags", Type: relations.String, List: true},
				relations.Field{Name: "extras", Type: relations.AnyType, List: true},
				relations.Field{Name: "labels", Type: relations.String, List: true, AbsentEmpty: true},
				relations.Field{Name: "scores", Type: relations.Number, List: true},
				relations.Field{Name: "reader_ids", Type: relations.String, List: true},
				relations.Field{Name: "handles", Type: relations.String, List: true},
				relations.Field{Name: "draft", Type: relations.Bool, AbsentZero: false},
				relations.Field{Name: "copies", Type: relations.Number, AbsentZero: 0},
				relations.Field{Name: "state", Type: relations.String, AbsentZero: "open"}),
			Relations: []relations.Relation{
				one("publisher", "Publisher", "publisher_id"), one("author", "User", "author_id"), one("editor", "User", "editor_id"),
				{Name: "place", Kind: relations.EmbedsOne, Type: "Place"},
				{Name: "chapters", Kind: relations.EmbedsMany, Type: "Chapter"},
				{Name: "notes", Kind: relations.EmbedsMany, Type: "Chapter", AbsentEmpty: true},
				{Name: "readers", Kind: relations.ReferencesMany, Type: "User", Keys: []relations.KeyPair{{Local: "reader_ids"}}},
				{Name: "known", Kind: relations.ReferencesMany, Type: "User", Keys: []relations.KeyPair{{Local: "handles", Foreign: "handle"}}},
				{Name: "writer", Kind: relations.ReferencesOne, Type: "User", Keys: []relations.KeyPair{{Local: "owner", Foreign: "handle"}}},
				{Name: "loans", Kind: relations.HasMany, Type: "Loan", Keys: []relations.KeyPair{{Foreign: "book_id"}}},
				{Name: "shelf", Kind: relations.HasOne, Type: "Shelf", Keys: []relations.KeyPair{{Foreign: "books.book_id"}}},
				{Name: "grants", Kind: relations.HasMany, Type: "Grant", Keys: []relations.KeyPair{{Foreign: "resource_id"}}, Where: []relations.Constant{{Field: "resource_type", Value: "book"}}},
				{Name: "country", Kind: relations.Through, Through: []string{"publisher", "country"}},
				{Name: "borrowers", Kind: relations.Through, Through: []string{"loans", "patron"}},
				{Name: "edition", Kind: relations.ReferencesOne, Type: "Edition", Keys: []relations.KeyPair{{Local: "title", Foreign: "title"}, {Local: "owner", Foreign: "owner"}}},
				{Name: "imprint", Kind: relations.ReferencesOne, Type: "Publisher", Keys: []relations.KeyPair{{Local: "publisher_id"}}, Complete: true},
				{Name: "holder", Kind: relations.ReferencesOne, Type: "User", Keys: []relations.KeyPair{{Local: "owner", Foreign: "handle"}}, Complete: true},
				{Name: "fans", Kind: relations.ReferencesMany, Type: "User", Keys: []relations.KeyPair{{Local: "reader_ids"}}, Complete: true},
				{Name: "reviewer", Kind: relations.ReferencesOne, Type: "User", Keys: []relations.KeyPair{{Local: "author_id"}}, Where: []relations.Constant{{Near: true, Field: "public", Value: true}}},
				{Name: "openReaders", Kind: relations.ReferencesMany, Type: "User", Keys: []relations.KeyPair{{Local: "reader_ids"}}, Where: []relations.Constant{{Near: true, Field: "public", Value: true}}},
				{Name: "binding", Kind: relations.HasOne, Type: "Grant", Keys: []relations.KeyPair{{Foreign: "resource_id"}}, Required: true, Where: []relations.Constant{{Field: "resource_type", Value: "binding"}}},
				{Name: "openPlace", Kind: relations.EmbedsOne, Type: "Place", Where: []relations.Constant{{Near: true, Field: "public", Value: true}}},
				{Name: "openChapters", Kind: relations.EmbedsMany, Type: "Chapter", Where: []relations.Constant{{Near: true, Field: "public", Value: true}}},
				{Name: "memo", Kind: relations.ReferencesOne, Type: "Memo", Keys: []relations.KeyPair{{Local: "owner"}}},
			},
		},
		relations.Type{Name: "Publisher", Collection: "publishers", Fields: fields(str("_id", "name", "country_id"), relations.Field{Name: "founded", Type: relations.Number}),
			Relations: []relations.Relation{one("country", "Country", "country_id"),
				{Name: "books", Kind: relations.HasMany, Type: "Book", Keys: []relations.KeyPair{{Foreign: "publisher_id"}}}}},
		relations.Type{Name: "Country", Collection: "countries", Fields: str("_id", "name")},
		relations.Type{Name: "User", Collection: "users", Fields: fields(str("_id", "name", "handle", "boss_id"), relations.Field{Name: "groups", Type: relations.String, List: true}),
			Relations: []relations.Relation{one("boss", "User", "boss_id")}},
		relations.Type{Name: "Place", Fields: fields(str("city", "branch_id", "landlord_id"), relations.Field{Name: "tags", Type: relations.String, List: true}, relations.Field{Name: "open", Type: relations.Bool, AbsentZero: false}),
			Relations: []relations.Relation{one("landlord", "User", "landlord_id"), {Name: "geo", Kind: relations.EmbedsOne, Type: "Geo"}}},
		relations.Type{Name: "Geo", Fields: str("zone")},
		relations.Type{Name: "Chapter", Fields: fields(str("title", "author_id", "status"), relations.Field{Name: "pages", Type: relations.Number}),
			Relations: []relations.Relation{one("author", "User", "author_id"), {Name: "sections", Kind: relations.EmbedsMany, Type: "Section"}, {Name: "origin", Kind: relations.EmbedsOne, Type: "Geo"}}},
		relations.Type{Name: "Section", Fields: str("title", "editor_id"), Relations: []relations.Relation{one("editor", "User", "editor_id")}},
		relations.Type{Name: "Loan", Collection: "loans", Fields: fields(str("_id", "book_id", "patron_id", "status"), relations.Field{Name: "due", Type: relations.Date}),
			Relations: []relations.Relation{one("patron", "Patron", "patron_id")}},
		relations.Type{Name: "Patron", Collection: "patrons", Fields: str("_id", "name", "book_owner"), Relations: []relations.Relation{{Name: "addresses", Kind: relations.EmbedsMany, Type: "Place"}}},
		relations.Type{Name: "Shelf", Collection: "shelves", Fields: str("_id", "room"), Relations: []relations.Relation{{Name: "books", Kind: relations.EmbedsMany, Type: "Slot"}}},
		relations.Type{Name: "Slot", Fields: str("book_id")},
		relations.Type{Name: "Grant", Collection: "grants", Fields: str("_id", "resource_type", "resource_id", "user_id", "owner")},
		relations.Type{Name: "Edition", Collection: "editions", Fields: str("_id", "title", "owner", "format")},
		relations.Type{Name: "Memo", Collection: "memos", Fields: fields(str("_id", "text", "tenant"), relations.Field{Name: "deleted", Type: relations.Bool}),
			Scope: []filter.Condition{filter.F("deleted").Eq(false)}},
		relations.Type{Name: "Draft", Collection: "memos", Fields: fields(str("_id", "text", "kind"), relations.Field{Name: "deleted", Type: relations.Bool}),
			Scope: []filter.Condition{filter.F("kind").Eq("draft"), filter.Not(filter.F("deleted").Eq(true))}},
	)
	require.NoError(tb, err)
	return s
}
