// A user of engine/oso: Oso answers a policy in Polar.
package main

import (
	"context"
	"fmt"

	"github.com/mongoauthz/go-mongoauthz/engine/oso"
	"github.com/mongoauthz/go-mongoauthz/engine/oso/adapter"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

// Book is what actors may read.
type Book struct {
	ID     int  `bson:"_id"`
	Public bool `bson:"public"`
}

func main() {
	structs := relations.Struct{Of: Book{}, Collection: "books"}
	schema, err := relations.FromStructs(structs)
	check(err)
	engine, err := oso.New(schema, `allow(_, "read", book: Book) if book.Public;`, oso.WithStructs(structs))
	check(err)
	f, err := engine.Filter(context.Background(), "kim", "read", "Book")
	check(err)
	fmt.Println(f)
	_ = adapter.New
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
