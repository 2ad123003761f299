// A user of the root module: a policy is compiled, and decides about a document.
package main

import (
	"context"
	"fmt"

	"github.com/mongoauthz/go-mongoauthz/evaluate"
	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/httpauthz"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
	"github.com/mongoauthz/go-mongoauthz/pipeline"
	"github.com/mongoauthz/go-mongoauthz/relations"
	"go.mongodb.org/mongo-driver/v2/bson"
)

type book struct {
	ID     int  `bson:"_id"`
	Public bool `bson:"public"`
}

func policy(_ context.Context, _ any, _, resource string) (filter.Filter, error) {
	return filter.For(resource, filter.Where(filter.F("public").Eq(true)).As("public books")), nil
}

func main() {
	ctx := context.Background()
	schema, err := relations.FromStructs(relations.Struct{Of: book{}, Name: "Book", Collection: "books"})
	check(err)
	f, err := mongoauthz.PolicyFunc(policy).Filter(ctx, "kim", "read", "Book")
	check(err)
	plan, err := pipeline.Compile(schema, f)
	check(err)
	document, err := bson.Marshal(book{ID: 1, Public: true})
	check(err)
	decision, err := evaluate.Evaluate(ctx, schema, f, document, nil)
	check(err)
	fmt.Println(len(plan.Stages()), decision)
	_ = httpauthz.DefaultActions
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
