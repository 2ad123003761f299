package evaluate_test

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/evaluate"
	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

// library is a schema of books and their publishers.
func library() *relations.Schema {
	s, err := relations.New(
		relations.Type{
			Name: "Publisher", Collection: "publishers",
			Fields: []relations.Field{{Name: "_id", Type: relations.Number}, {Name: "city", Type: relations.String}},
		},
		relations.Type{
			Name: "Book", Collection: "books",
			Fields: []relations.Field{
				{Name: "_id", Type: relations.Number}, {Name: "public", Type: relations.Bool}, {Name: "publisher_id", Type: relations.Number},
			},
			Relations: []relations.Relation{
				{Name: "publisher", Kind: relations.ReferencesOne, Type: "Publisher", Keys: []relations.KeyPair{{Local: "publisher_id"}}},
			},
		},
	)
	if err != nil {
		panic(err)
	}
	return s
}

func Example() {
	publisher := filter.Reach("publisher", "publisher")
	f := filter.For("Book",
		filter.Where(filter.F("public").Eq(true)).As("public"),
		filter.Some(publisher).Where(publisher.F("city").Eq("Bern")).As("from Bern"),
	)
	related := evaluate.Memory{}
	_ = related.Insert("publishers", bson.D{{Key: "_id", Value: 7}, {Key: "city", Value: "Bern"}})
	book, _ := bson.Marshal(bson.D{{Key: "_id", Value: 1}, {Key: "publisher_id", Value: 7}})

	decision, err := evaluate.Evaluate(context.Background(), library(), f, book, related)
	fmt.Println(decision, err)
	// Output: authorized by clause 2 "from Bern" <nil>
}

func ExampleEvaluator_Decide() {
	e, err := evaluate.Prepare(library(), filter.For("Book", filter.Where(filter.F("public").Ne(true))))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, book := range []bson.D{{{Key: "public", Value: false}}, {{Key: "public", Value: true}}, {{Key: "public", Value: "no"}}, {}} {
		raw, _ := bson.Marshal(book)
		decision, err := e.Decide(context.Background(), raw, nil)
		fmt.Println(decision.Truth, decision.Authorized(), err)
	}
	// Output:
	// true true <nil>
	// false false <nil>
	// unknown false <nil>
	// unknown false <nil>
}

func ExampleEvaluator_DecideAll() {
	e, err := evaluate.Prepare(library(), filter.For("Book", filter.Where(filter.F("public").Eq(true))))
	if err != nil {
		fmt.Println(err)
		return
	}
	var books []bson.Raw
	for id, public := range []bool{true, false, true} {
		raw, _ := bson.Marshal(bson.D{{Key: "_id", Value: id}, {Key: "public", Value: public}})
		books = append(books, raw)
	}
	decisions, err := e.DecideAll(context.Background(), books, nil)
	for i, d := range decisions {
		if d.Authorized() {
			fmt.Println(books[i].Lookup("_id"))
		}
	}
	fmt.Println(err)
	// Output:
	// {"$numberInt":"0"}
	// {"$numberInt":"2"}
	// <nil>
}

func ExampleEvaluator_Explain() {
	publisher := filter.Reach("publisher", "publisher")
	e, err := evaluate.Prepare(library(), filter.For("Book",
		filter.Where(filter.F("public").Eq(true)).As("public"),
		filter.Some(publisher).Where(publisher.F("city").In([]string{"Bern", "Basel"})).As("from here"),
	))
	if err != nil {
		fmt.Println(err)
		return
	}
	book, _ := bson.Marshal(bson.D{{Key: "_id", Value: 1}, {Key: "public", Value: false}, {Key: "publisher_id", Value: 9}})
	x, err := e.Explain(context.Background(), book, evaluate.Memory{})
	fmt.Print(x)
	fmt.Println(x.Clauses[1].Conditions[0].Reasons[0].Why == evaluate.NotReached, err)
	// Output:
	// Book: not authorized (unknown)
	//   clause 1 "public": false
	//     public = <boolean>: false: public is another value
	//   clause 2 "from here": unknown
	//     Publisher publisher, by publisher: not found, and whether there is one is not known
	//     publisher.city in <2 values>: unknown: publisher.city is of an entity that was not found
	// true <nil>
}

func ExampleEqual() {
	one := bson.RawValue{Type: bson.TypeInt32, Value: []byte{1, 0, 0, 0}}
	_, b, _ := bson.MarshalValue(1.0)
	fmt.Println(evaluate.Equal(one, bson.RawValue{Type: bson.TypeDouble, Value: b}))
	// Output: true
}

func ExampleOrder() {
	one := bson.RawValue{Type: bson.TypeInt32, Value: []byte{1, 0, 0, 0}}
	_, text, _ := bson.MarshalValue("1")
	fmt.Println(evaluate.Order(one, bson.RawValue{Type: bson.TypeString, Value: text}))
	// Output: 0 false
}
