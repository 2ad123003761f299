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

func ExampleQuery_Using() {
	ctx := context.Background()
	q, err := books().AuthorizedQuery(ctx, user{publisher: 7}, "read", "Book")
	if err != nil {
		log.Fatal(err)
	}
	n, err := q.Using(mongoauthz.SingleCommand).Count(ctx) // all of one command
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(n)
}

func ExampleAuthorizer_Snapshot() {
	ctx, az := context.Background(), books()
	err := az.Snapshot(ctx, func(ctx context.Context) error {
		q, err := az.AuthorizedQuery(ctx, user{publisher: 7}, "read", "Book")
		if err != nil {
			return err
		}
		page, err := mongoauthz.FetchPage[bson.Raw](ctx, q, mongoauthz.PageRequest{Limit: 25}) // keys, page and total of one moment
		if err != nil {
			return err
		}
		fmt.Println(len(page.Items), "of", page.Total)
		return nil
	})
	if err != nil {
		log.Fatal(err)
	}
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
