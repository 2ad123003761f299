package mongoauthz_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
	"github.com/mongoauthz/go-mongoauthz/relations"
	"go.mongodb.org/mongo-driver/v2/bson"
)

func ExampleAuthorizer_VerifyData() {
	report, err := books().VerifyData(context.Background(), 10_000)
	if err != nil {
		log.Fatal(err) // the data could not be read
	}
	fmt.Println(report)
	if errors.Is(report.Err(), mongoauthz.ErrData) {
		log.Fatal("do not rely on the schema's promises")
	}
}

func ExampleDataReport_String() {
	// As VerifyData returns it.
	report := mongoauthz.DataReport{
		Types: []mongoauthz.DataType{{Type: "Book", Collection: "books", Read: 1000, Documents: 1000}},
		Findings: []mongoauthz.DataFinding{
			{
				Type: "Book", Collection: "books", Path: "owner_id", Problem: mongoauthz.DataOtherType,
				Declared: relations.ObjectID, Stored: bson.TypeString,
				Documents: 12, Of: 1000, Examples: []bson.RawValue{rawValue(7), rawValue(31), rawValue(32)},
			},
			{
				Type: "Book", Collection: "books", Path: "publisher", Problem: mongoauthz.DataDangling,
				Broken: true, Target: "publishers", Documents: 1, Of: 1000, Examples: []bson.RawValue{rawValue(9)},
			},
		},
		Skipped: []mongoauthz.DataSkip{{Type: "Note", Reason: `the scope of Note has an unbound parameter "tenant": give it a value by mongoauthz.WithParameters, or Schema.Bind`}},
	}
	fmt.Println(report)
	// Output:
	// warning: Book.owner_id in books: 12 of 1000 documents hold a string where ObjectID is declared. Conditions on it miss these documents: store ObjectID, or declare what is stored. For example _id 7, 31, 32.
	// error: Book.publisher in books: 1 of 1000 documents holds a key of no document in publishers, and the relation is declared complete. Lists may return what they should not: remove the declaration, or restore the documents or remove the keys. For example _id 9.
	// skipped: Note: the scope of Note has an unbound parameter "tenant": give it a value by mongoauthz.WithParameters, or Schema.Bind.
}

func rawValue(v any) bson.RawValue {
	typ, data, err := bson.MarshalValue(v)
	if err != nil {
		log.Fatal(err)
	}
	return bson.RawValue{Type: typ, Value: data}
}
