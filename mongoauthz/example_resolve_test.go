package mongoauthz_test

import (
	"context"
	"fmt"
	"log"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
)

func ExampleQuery_Resolve() {
	ctx := context.Background()
	q, err := books().AuthorizedQuery(ctx, user{publisher: 7}, "read", "Book")
	if err != nil {
		log.Fatal(err)
	}
	if q, err = q.Resolve(ctx); err != nil { // the keys, at this moment
		log.Fatal(err)
	}
	authorized, err := q.FindFilter()
	if err != nil {
		log.Fatal(err) // joins are left: run the query's pipeline instead
	}
	filter := bson.D{{Key: "$and", Value: bson.A{authorized, bson.D{{Key: "title", Value: "Emma"}}}}}
	n, err := q.Collection().CountDocuments(ctx, filter)
	if err != nil {
		log.Fatal(err)
	}
	at, _ := q.ResolvedAt()
	fmt.Println(n, "as of", at)
}

func ExampleQuery_WithConsistency() {
	ctx := context.Background()
	q, err := books().AuthorizedQuery(ctx, user{publisher: 7}, "read", "Book")
	if err != nil {
		log.Fatal(err)
	}
	n, err := q.WithConsistency(mongoauthz.SingleCommand).Count(ctx) // all of one command
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(n)
}

// Keys, page and total of one moment.
func ExampleQuery_WithConsistency_snapshot() {
	ctx := context.Background()
	q, err := books().AuthorizedQuery(ctx, user{publisher: 7}, "read", "Book")
	if err != nil {
		log.Fatal(err)
	}
	page, err := mongoauthz.FetchPage[bson.Raw](ctx, q.WithConsistency(mongoauthz.Snapshot), mongoauthz.PageRequest{Limit: 25})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(page.Items), "of", page.Total)
}

func ExampleQuery_Profile() {
	ctx := context.Background()
	q, err := books().AuthorizedQuery(ctx, user{publisher: 7}, "read", "Book")
	if err != nil {
		log.Fatal(err)
	}
	profile, err := q.Profile(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(profile)
}
