package books

import (
	"time"

	"github.com/mongoauthz/go-mongoauthz/relations"
)

// The bson tags name the fields, as they do for the driver; the authz tags say how one document leads to another.

// Publisher is a document of the collection publishers.
type Publisher struct {
	ID       string `bson:"_id"`
	Name     string `bson:"name"`
	Founded  int    `bson:"founded"`
	Location string `bson:"location"`
}

// Book is a document of the collection books. Some have no publisher.
type Book struct {
	ID          int      `bson:"_id" authz:"loans has many Loan by book_id"`
	Title       string   `bson:"title"`
	Author      []string `bson:"author"`
	Year        int      `bson:"year"`
	Public      bool     `bson:"public"`
	PublisherID string   `bson:"publisher_id,omitempty" authz:"publisher references Publisher"`
}

// Patron is a document of the collection patrons.
type Patron struct {
	ID      string  `bson:"_id"`
	Name    string  `bson:"name"`
	Address Address `bson:"address"`
}

// Address is embedded in a Patron.
type Address struct {
	Street string `bson:"street"`
	City   string `bson:"city"`
	State  string `bson:"state"`
	Zip    string `bson:"zip"`
}

// Loan is a document of the collection loans. The book is with the patron until it is returned.
type Loan struct {
	ID       int        `bson:"_id"`
	BookID   int        `bson:"book_id"`
	PatronID string     `bson:"patron_id" authz:"patron references Patron"`
	Returned *time.Time `bson:"returned,omitempty"`
}

// Schema declares the types and the collections they live in. Address needs no line of its own: Patron has it.
func Schema() (*relations.Schema, error) {
	return relations.FromStructs(Structs()...)
}

// Structs returns what [Schema] is made of, for engines that read the Go types as well.
func Structs() []relations.Struct {
	return []relations.Struct{
		{Of: Publisher{}, Collection: "publishers"},
		{Of: Book{}, Collection: "books"},
		{Of: Patron{}, Collection: "patrons"},
		{Of: Loan{}, Collection: "loans"},
	}
}
