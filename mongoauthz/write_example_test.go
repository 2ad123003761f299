package mongoauthz_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

func ExampleQuery_UpdateMany() {
	ctx := context.Background()
	q, err := books().AuthorizedQuery(ctx, user{publisher: 7}, "read", "Book")
	if err != nil {
		log.Fatal(err)
	}
	drafts := bson.D{{Key: "state", Value: "draft"}}
	result, err := q.UpdateMany(ctx, drafts, bson.D{{Key: "$set", Value: bson.D{{Key: "state", Value: "final"}}}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(result.ModifiedCount, "drafts are final")
}

func ExampleQuery_UpdateOne_upsert() {
	ctx := context.Background()
	q, err := books().AuthorizedQuery(ctx, user{publisher: 7}, "read", "Book")
	if err != nil {
		log.Fatal(err)
	}
	filter, update := bson.D{{Key: "_id", Value: 5}}, bson.D{{Key: "$set", Value: bson.D{{Key: "title", Value: "T"}}}}
	_, err = q.UpdateOne(ctx, filter, update, options.UpdateOne().SetUpsert(true))
	fmt.Println(err)
	// Output:
	// mongoauthz: UpdateOne of "Book" refused: an upsert
}

func ExampleQuery_NotMoving() {
	ctx := context.Background()
	q, err := books().AuthorizedQuery(ctx, user{publisher: 7}, "read", "Book")
	if err != nil {
		log.Fatal(err)
	}
	// Books are not to be given to another publisher, nor to be hidden.
	q = q.NotMoving()
	change := bson.D{{Key: "$set", Value: bson.D{{Key: "publisher_id", Value: 8}}}}

	// One book: judged beforehand, and written only if it still is as it was judged.
	_, err = q.UpdateOne(ctx, bson.D{{Key: "title", Value: "T"}}, change)
	if errors.Is(err, mongoauthz.ErrForbidden) {
		fmt.Println("the book would be lost")
	}

	// Many: in a transaction, which is aborted if one of them moves.
	_, err = q.InTransaction().UpdateMany(ctx, bson.D{}, change)
	if errors.Is(err, mongoauthz.ErrForbidden) {
		fmt.Println("some book would be lost")
	}
}

func ExampleQuery_InTransaction() {
	ctx := context.Background()
	q, err := books().AuthorizedQuery(ctx, user{publisher: 7}, "read", "Book")
	if err != nil {
		log.Fatal(err)
	}
	_, err = q.InTransaction().DeleteMany(ctx, bson.D{{Key: "state", Value: "draft"}})
	var refused *mongoauthz.WriteError
	if errors.As(err, &refused) && refused.Refusal == mongoauthz.RefuseTransaction {
		fmt.Println("use a replica set")
	}
}
