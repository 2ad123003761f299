package relations_test

import (
	"errors"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

func Example() {
	type Publisher struct {
		ID   bson.ObjectID `bson:"_id" authz:"hex; books has many Book by publisher_id"`
		City string        `bson:"city"`
	}
	type Book struct {
		ID          bson.ObjectID `bson:"_id" authz:"hex"`
		Title       string        `bson:"title"`
		Tags        []string      `bson:"tags,omitempty"`
		PublisherID bson.ObjectID `bson:"publisher_id" authz:"hex; publisher references Publisher"`
	}
	schema, err := relations.FromStructs(
		relations.Struct{Of: Publisher{}, Collection: "publishers"},
		relations.Struct{Of: Book{}, Collection: "books"},
	)
	if err != nil {
		fmt.Println(err)
		return
	}

	publisher := filter.Reach("p", "publisher")
	_, err = schema.Check(filter.For("Book",
		filter.Where(filter.F("tags").Contains("public")),
		filter.Some(publisher).Where(publisher.F("city").Eq("Oslo")),
	))
	fmt.Println(err)

	_, err = schema.Check(filter.For("Book", filter.Some(publisher).Where(publisher.F("country").Eq("NO")).As("own country")))
	fmt.Println(err)
	// Output:
	// <nil>
	// filter: Book, clause 1 "own country", condition 1: p.country: Publisher declares no such field: declare it, or correct the name
}

func ExampleNew() {
	schema, err := relations.New(
		relations.Type{
			Name:       "Publisher",
			Collection: "publishers",
			Fields:     []relations.Field{{Name: "_id", Type: relations.ObjectID}, {Name: "city", Type: relations.String}},
			Relations:  []relations.Relation{{Name: "books", Kind: relations.HasMany, Type: "Book", Keys: []relations.KeyPair{{Foreign: "publisher_id"}}}},
		},
		relations.Type{
			Name:       "Book",
			Collection: "books",
			Fields:     []relations.Field{{Name: "_id", Type: relations.ObjectID}, {Name: "publisher_id", Type: relations.ObjectID}},
			Relations:  []relations.Relation{{Name: "publisher", Kind: relations.ReferencesOne, Type: "Publisher", Keys: []relations.KeyPair{{Local: "publisher_id"}}}},
		},
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	book, _ := schema.Type("Book")
	publisher, _ := book.Relation("publisher")
	fmt.Printf("%s: %s by %+v\n", publisher.Name, publisher.Kind, publisher.Keys)
	// Output:
	// publisher: ReferencesOne by [{Local:publisher_id Foreign:_id}]
}

func ExampleSchema_Validate() {
	_, err := relations.New(relations.Type{
		Name:       "Book",
		Collection: "books",
		Fields:     []relations.Field{{Name: "_id", Type: relations.ObjectID}, {Name: "publisher_id", Type: relations.String}, {Name: "$title", Type: relations.String}},
		Relations: []relations.Relation{
			{Name: "sequel", Kind: relations.ReferencesOne, Type: "Book", Keys: []relations.KeyPair{{Local: "publisher_id"}}},
			{Name: "authors", Kind: relations.ReferencesMany, Type: "Author", Keys: []relations.KeyPair{{Local: "author_ids"}}},
		},
	})
	fmt.Println(errors.Is(err, relations.ErrSchema))
	fmt.Println(err)
	// Output:
	// true
	// relations: Book.$title: a field name that begins with $
	// relations: Book.sequel: key "publisher_id" is declared as String, and "_id" of Book as ObjectID
	// relations: Book.authors: leads to an unknown type "Author"
}

func ExampleSchema_Bind() {
	schema, err := relations.New(relations.Type{
		Name:       "Book",
		Collection: "books",
		Fields:     []relations.Field{{Name: "_id", Type: relations.ObjectID}, {Name: "tenant", Type: relations.String}},
		Scope:      []filter.Condition{filter.F("tenant").Eq(filter.Param("actor.tenant"))},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = schema.Check(filter.Allow("Book"))
	fmt.Println(err)

	bound, err := schema.Bind(map[string]any{"actor.tenant": "oslo"})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = bound.Check(filter.Allow("Book"))
	fmt.Println(err)
	// Output:
	// filter: Book: the scope of Book has an unbound parameter "actor.tenant": give it a value by mongoauthz.WithParameters, or Schema.Bind
	// <nil>
}

func ExampleFromStructs() {
	type Line struct { // embedded in Order; each has a product
		ProductID string `bson:"product_id" authz:"product references Product by sku"`
		Count     int    `bson:"count"`
	}
	type Order struct {
		ID    string   `bson:"_id"`
		Lines []Line   `bson:"lines,omitempty"`
		_     struct{} `authz:"products through lines, product"`
	}
	type Product struct {
		ID  string `bson:"_id"`
		SKU string `bson:"sku"`
	}
	schema, err := relations.FromStructs(
		relations.Struct{Of: Order{}, Collection: "orders"},
		relations.Struct{Of: Product{}, Collection: "products"},
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	for t := range schema.Types() {
		for _, r := range t.Relations {
			fmt.Printf("%s.%s: %s to %s\n", t.Name, r.Name, r.Kind, r.Type)
		}
	}
	// Output:
	// Line.product: ReferencesOne to Product
	// Order.lines: EmbedsMany to Line
	// Order.products: Through to Product
}
