package pipeline_test

import (
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/pipeline"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

func bookSchema() *relations.Schema {
	s, err := relations.New(
		relations.Type{
			Name: "Book", Collection: "books",
			Fields: []relations.Field{
				{Name: "_id", Type: relations.Number}, {Name: "public", Type: relations.Bool}, {Name: "publisher_id", Type: relations.String},
			},
			Relations: []relations.Relation{
				{Name: "publisher", Kind: relations.ReferencesOne, Type: "Publisher", Keys: []relations.KeyPair{{Local: "publisher_id"}}},
			},
		},
		relations.Type{
			Name: "Publisher", Collection: "publishers",
			Fields: []relations.Field{{Name: "_id", Type: relations.String}, {Name: "country", Type: relations.String}},
		},
	)
	if err != nil {
		panic(err)
	}
	return s
}

func printStages(stages []bson.D) {
	for _, stage := range stages {
		js, err := bson.MarshalExtJSON(stage, false, false)
		if err != nil {
			panic(err)
		}
		fmt.Println(string(js))
	}
}

func Example() {
	publisher := filter.Reach("p", "publisher")
	f := filter.For("Book",
		filter.Where(filter.F("public").Eq(true)).As("public books"),
		filter.Some(publisher).Where(publisher.F("country").Eq("NZ")).As("books from New Zealand"),
	)
	plan, err := pipeline.Compile(bookSchema(), f)
	if err != nil {
		fmt.Println(err)
		return
	}
	printStages(plan.Stages())
	// Output:
	// {"$match":{"$or":[{"public":{"$eq":true}},{"publisher_id":{"$ne":null,"$not":{"$type":"array"}}}],"__authz_0":{"$exists":false}}}
	// {"$lookup":{"from":"publishers","localField":"publisher_id","foreignField":"_id","as":"__authz_0"}}
	// {"$match":{"$or":[{"public":{"$eq":true}},{"publisher_id":{"$ne":null,"$not":{"$type":"array"}},"__authz_0":{"$elemMatch":{"country":{"$eq":"NZ"}}}}]}}
	// {"$unset":"__authz_0"}
}

func ExamplePlan_FindFilter() {
	publisher := filter.Reach("p", "publisher")
	// Only the publisher's key is compared: the reference in the book answers it, and no join is left.
	f := filter.For("Book", filter.Some(publisher).Where(publisher.F("_id").In([]string{"oreilly", "penguin"})))
	plan, err := pipeline.Compile(bookSchema(), f)
	if err != nil {
		fmt.Println(err)
		return
	}
	q, err := plan.FindFilter()
	if err != nil {
		fmt.Println(err)
		return
	}
	printStages([]bson.D{q})
	// Output:
	// {"publisher_id":{"$in":["oreilly","penguin"]}}
}

func ExampleCompile_denied() {
	plan, err := pipeline.Compile(bookSchema(), filter.Deny("Book"))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(plan.Outcome())
	printStages(plan.Stages())
	// Output:
	// denied
	// {"$match":{"_id":{"$in":[]}}}
}
