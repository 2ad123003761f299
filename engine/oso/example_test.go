package oso_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/mongoauthz/go-mongoauthz/engine/oso"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
	"github.com/mongoauthz/go-mongoauthz/relations"
	"go.mongodb.org/mongo-driver/v2/mongo"
)

type Reader struct {
	ID    string `bson:"_id"`
	Group string `bson:"group"`
}

type Book struct {
	ID       int      `bson:"_id"`
	Title    string   `bson:"title"`
	Public   bool     `bson:"public"`
	Level    *int     `bson:"level"`
	Groups   []string `bson:"groups"`
	EditorID *string  `bson:"editor_id" authz:"editor references Reader"`
}

var library = []relations.Struct{{Of: Book{}, Collection: "books"}, {Of: Reader{}, Collection: "readers"}}

const libraryPolicy = `
allow(_: Reader, "read", book: Book) if book.Public;
allow(r: Reader, "read", book: Book) if book.editor = r;
allow(r: Reader, "read", book: Book) if r.Group in book.Groups and book.Level != 3;
`

func ExampleNew() {
	schema, err := relations.FromStructs(library...)
	if err != nil {
		panic(err)
	}
	engine, err := oso.New(schema, libraryPolicy, oso.WithStructs(library...))
	if err != nil {
		panic(err)
	}
	f, err := engine.Filter(context.Background(), Reader{ID: "kim", Group: "staff"}, "read", "Book")
	fmt.Println(f, err)
	// Output:
	// Book where
	//   public = true
	//   or editor editor: editor._id = "kim"
	//   or groups contains "staff" and (level is null or level != 3) <nil>
}

func ExampleUnsupportedError() {
	schema, err := relations.FromStructs(library...)
	if err != nil {
		panic(err)
	}
	engine, err := oso.New(schema, `allow(_, "read", book: Book) if book.Level + 1 = 3;`, oso.WithStructs(library...))
	if err != nil {
		panic(err)
	}
	_, err = engine.Filter(context.Background(), "anyone", "read", "Book")
	fmt.Println(err)
	fmt.Println(errors.Is(err, oso.ErrUnsupported))
	// Output:
	// oso: "read" of "Book": _this.Level + ? + ?: an operator that has no translation
	// true
}

// Where a service had an Oso, it has an Enforcer, and a context in front of the arguments.
func ExampleEnforcer() {
	serve := func(ctx context.Context, db *mongo.Database, reader Reader, book Book) error {
		schema, err := relations.FromStructs(library...)
		if err != nil {
			return err
		}
		engine, err := oso.New(schema, libraryPolicy, oso.WithStructs(library...))
		if err != nil {
			return err
		}
		o, err := oso.NewEnforcer(db, engine)
		if err != nil {
			return err
		}
		if err := o.Authorize(ctx, reader, "edit", book); errors.Is(err, mongoauthz.ErrNotFound) {
			return err // 404
		}
		q, err := o.AuthorizedQuery(ctx, reader, "read", "Book")
		if err != nil {
			return err
		}
		page, err := mongoauthz.FetchPage[Book](ctx, q, mongoauthz.PageRequest{Limit: 10})
		if err != nil {
			return err
		}
		fmt.Println(page.Total)
		return nil
	}
	_ = serve
}
