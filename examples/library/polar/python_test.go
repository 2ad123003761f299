package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/mongoauthz/go-mongoauthz/engine/oso"
	"github.com/mongoauthz/go-mongoauthz/integration/harness"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

// What follows, up to the tests, is the code of the README's section "From the Python adapter".

type Address struct {
	Street string `bson:"street"`
	City   string `bson:"city"`
	State  string `bson:"state"`
	Zip    string `bson:"zip"`
}

type Patron struct {
	ID      string  `bson:"_id"`
	Name    string  `bson:"name"`
	Address Address `bson:"address"` // a nested document is a field
}

type Publisher struct {
	ID       string `bson:"_id"`
	Name     string `bson:"name"`
	Founded  int    `bson:"founded"`
	Location string `bson:"location"`
}

type Book struct {
	ID          int       `bson:"_id"`
	Title       string    `bson:"title"`
	Author      []string  `bson:"author"`
	Published   time.Time `bson:"published_date"` // dates can be used
	Language    string    `bson:"language"`
	PublisherID string    `bson:"publisher_id" authz:"publisher references Publisher"`
}

func enforcer(db *mongo.Database, policies fs.FS, opts ...mongoauthz.Option) (*oso.Enforcer, error) {
	structs := []relations.Struct{
		{Of: Patron{}, Collection: "patrons"},
		{Of: Publisher{}, Collection: "publishers"},
		{Of: Book{}, Collection: "books"},
	}
	schema, err := relations.FromStructs(structs...)
	if err != nil {
		return nil, err
	}
	engine, err := oso.NewFS(schema, policies, []string{"*.polar"}, oso.WithStructs(structs...))
	if err != nil {
		return nil, err
	}
	return oso.NewEnforcer(db, engine, opts...)
}

func search(ctx context.Context, o *oso.Enforcer, patron Patron, term string, skip, limit int) (books []Book, err error) {
	q, err := o.AuthorizedQuery(ctx, patron, "read", "Book")
	if err != nil {
		return nil, err
	}
	found, err := q.Append( // or q.Pipeline(), to be extended and run as you like
		bson.D{{Key: "$match", Value: bson.D{{Key: "title", Value: bson.Regex{Pattern: regexp.QuoteMeta(term), Options: "i"}}}}},
		bson.D{{Key: "$sort", Value: bson.D{{Key: "_id", Value: 1}}}},
		bson.D{{Key: "$skip", Value: skip}},
		bson.D{{Key: "$limit", Value: limit}},
	)
	if err != nil {
		return nil, err
	}
	return books, found.All(ctx, &books)
}

func readable(ctx context.Context, o *oso.Enforcer, patron Patron, id int) (bool, error) {
	err := o.Authorize(ctx, patron, "read", mongoauthz.ID("Book", id)) // or a Book in hand
	if errors.Is(err, mongoauthz.ErrNotFound) {
		return false, nil // 404, whether there is such a book or not
	}
	return err == nil, err
}

func TestTheStepsOfThePythonAdapterWorkInGo(t *testing.T) {
	t.Parallel()
	db := harness.Database(t)
	joe := Patron{ID: "joe", Name: "Joe Bookreader", Address: Address{"123 Fake Street", "Faketon", "MA", "12345"}}
	_, err := db.Collection("publishers").InsertMany(t.Context(), []any{
		Publisher{"oreilly", "O'Reilly Media", 1980, "CA"}, Publisher{"local", "Local Press", 1990, "MA"},
	})
	require.NoError(t, err)
	at := time.Date(2010, 9, 24, 0, 0, 0, 0, time.UTC)
	_, err = db.Collection("books").InsertMany(t.Context(), []any{
		Book{1, "MongoDB: The Definitive Guide", nil, at, "English", "oreilly"},
		Book{2, "MongoDB auf Deutsch", nil, at, "German", "oreilly"},
		Book{3, "MongoDB in Massachusetts", nil, at, "Latin", "local"},
		Book{4, "mongodb (mongodb)", nil, at, "English", ""},
		Book{5, "Moby-Dick", nil, at, "English", ""},
	})
	require.NoError(t, err)
	var opts []mongoauthz.Option
	if !harness.Has(t, harness.Collation) {
		opts = append(opts, mongoauthz.WithoutCollation())
	}
	o, err := enforcer(db, os.DirFS("testdata"), opts...)
	require.NoError(t, err)

	page, err := search(t.Context(), o, joe, "mongodb", 1, 2)
	require.NoError(t, err)
	var ids []int
	for _, b := range page {
		ids = append(ids, b.ID)
	}
	require.Equal(t, []int{3, 4}, ids)
	for id, want := range map[int]bool{1: true, 2: false, 3: true, 404: false} {
		got, err := readable(t.Context(), o, joe, id)
		require.NoError(t, err)
		require.Equal(t, want, got, id)
	}
}
