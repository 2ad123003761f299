package mongoauthz_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
	"github.com/mongoauthz/go-mongoauthz/relations"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// A user of the examples.
type user struct {
	publisher int
	admin     bool
}

// readers lets everybody read public books, and users the books of their publisher; admins read all.
func readers(_ context.Context, actor any, action, resource string) (filter.Filter, error) {
	u, known := actor.(user)
	switch {
	case !known || action != "read" || resource != "Book":
		return filter.Deny(resource), nil
	case u.admin:
		return filter.Allow("Book"), nil
	default:
		return filter.For("Book",
			filter.Where(filter.F("public").Eq(true)).As("public books"),
			filter.Where(filter.F("publisher_id").Eq(u.publisher)).As("books of the own publisher"),
		), nil
	}
}

// books returns an authorizer. Connecting does no I/O, nor does what the examples do with it, where they print something.
func books(opts ...mongoauthz.Option) *mongoauthz.Authorizer {
	client, err := mongo.Connect(options.Client().ApplyURI("mongodb://localhost:27017/"))
	if err != nil {
		log.Fatal(err)
	}
	schema, err := relations.New(relations.Type{
		Name: "Book", Collection: "books",
		Fields: []relations.Field{
			{Name: "_id", Type: relations.ObjectID}, {Name: "title", Type: relations.String}, {Name: "public", Type: relations.Bool}, {Name: "publisher_id", Type: relations.Number},
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	az, err := mongoauthz.New(client.Database("library"), schema, mongoauthz.PolicyFunc(readers), opts...)
	if err != nil {
		log.Fatal(err)
	}
	return az
}

func show(p mongo.Pipeline) {
	for _, stage := range p {
		text, err := bson.MarshalExtJSON(stage, false, false)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(string(text))
	}
}

func ExampleNew() {
	client, err := mongo.Connect(options.Client().ApplyURI("mongodb://localhost:27017/"))
	if err != nil {
		log.Fatal(err)
	}
	schema, err := relations.New(relations.Type{
		Name: "Book", Collection: "books",
		Fields: []relations.Field{{Name: "_id", Type: relations.ObjectID}, {Name: "public", Type: relations.Bool}},
	})
	if err != nil {
		log.Fatal(err)
	}
	policy := mongoauthz.PolicyFunc(func(_ context.Context, _ any, _, resource string) (filter.Filter, error) {
		return filter.For(resource, filter.Where(filter.F("public").Eq(true))), nil
	})
	az, err := mongoauthz.New(client.Database("library"), schema, policy, mongoauthz.WithTimeLimit(5*time.Second))
	if err != nil {
		log.Fatal(err)
	}
	q, err := az.AuthorizedQuery(context.Background(), "anybody", "read", "Book")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(q.Outcome(), q.Collection().Name())
	// Output: conditional books
}

func ExampleAuthorizer_AuthorizedQuery() {
	az := books()
	for _, actor := range []any{user{publisher: 7}, user{admin: true}, nil} {
		q, err := az.AuthorizedQuery(context.Background(), actor, "read", "Book")
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(q.Outcome())
		show(q.Pipeline())
	}
	// Output:
	// conditional
	// {"$match":{"$or":[{"public":{"$eq":true}},{"publisher_id":{"$eq":7}}]}}
	// allowed
	// {"$match":{}}
	// denied
	// {"$match":{"_id":{"$in":[]}}}
}

func ExampleQuery_Append() {
	q, err := books().AuthorizedQuery(context.Background(), user{publisher: 7}, "read", "Book")
	if err != nil {
		log.Fatal(err)
	}
	found, err := q.Append(
		bson.D{{Key: "$match", Value: bson.D{{Key: "title", Value: bson.Regex{Pattern: "whale", Options: "i"}}}}},
		bson.D{{Key: "$limit", Value: 10}},
	)
	if err != nil {
		log.Fatal(err)
	}
	show(found.Pipeline())

	_, err = q.Append(bson.D{{Key: "$unionWith", Value: "books"}})
	fmt.Println(err)
	var refused *mongoauthz.StageError
	fmt.Println(errors.As(err, &refused), refused.Stage)
	// Output:
	// {"$match":{"$or":[{"public":{"$eq":true}},{"publisher_id":{"$eq":7}}]}}
	// {"$match":{"title":{"$regularExpression":{"pattern":"whale","options":"i"}}}}
	// {"$limit":10}
	// mongoauthz: stage 1: "$unionWith" reads other documents, for which no policy would hold: read them by an authorized query of their own, or accept it by WithStages
	// true $unionWith
}

func ExampleQuery_Page() {
	q, err := books().AuthorizedQuery(context.Background(), user{admin: true}, "read", "Book")
	if err != nil {
		log.Fatal(err)
	}
	third, err := q.Page(mongoauthz.PageRequest{Sort: bson.D{{Key: "title", Value: 1}}, Skip: 20, Limit: 10})
	if err != nil {
		log.Fatal(err)
	}
	show(third.Pipeline())
	// Output:
	// {"$match":{}}
	// {"$sort":{"title":1,"_id":1}}
	// {"$limit":30}
	// {"$skip":20}
}

func ExampleQuery_Aggregate() {
	ctx := context.Background()
	q, err := books().AuthorizedQuery(ctx, user{publisher: 7}, "read", "Book")
	if err != nil {
		log.Fatal(err)
	}
	cursor, err := q.Aggregate(ctx, options.Aggregate().SetBatchSize(100))
	if err != nil {
		log.Fatal(err)
	}
	defer cursor.Close(ctx)
	for cursor.Next(ctx) {
		fmt.Println(cursor.Current.Lookup("title"))
	}
	if err := cursor.Err(); err != nil {
		log.Fatal(err)
	}
}

func ExampleQuery_Count() {
	ctx := context.Background()
	q, err := books().AuthorizedQuery(ctx, user{publisher: 7}, "read", "Book")
	if err != nil {
		log.Fatal(err)
	}
	n, err := q.Count(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(n, "books")
}

func ExampleQuery_FindFilter() {
	ctx := context.Background()
	q, err := books().AuthorizedQuery(ctx, user{publisher: 7}, "read", "Book")
	if err != nil {
		log.Fatal(err)
	}
	authorized, err := q.FindFilter()
	if err != nil {
		log.Fatal(err) // a join, which only the pipeline can make
	}
	one := bson.D{{Key: "$and", Value: bson.A{bson.D{{Key: "title", Value: "Moby-Dick"}}, authorized}}}
	show(mongo.Pipeline{one})
	// Output:
	// {"$and":[{"title":"Moby-Dick"},{"$or":[{"public":{"$eq":true}},{"publisher_id":{"$eq":7}}]}]}
}

func ExampleWithParameters() {
	// The policy names what it needs of the actor, and one place says how it is had.
	policy := mongoauthz.PolicyFunc(func(_ context.Context, _ any, _, resource string) (filter.Filter, error) {
		return filter.For(resource, filter.Where(filter.F("publisher_id").Eq(filter.Param("actor.publisher")))), nil
	})
	parameters := mongoauthz.WithParameters(func(_ context.Context, actor any) (map[string]any, error) {
		u, ok := actor.(user)
		if !ok {
			return nil, errors.New("not signed in")
		}
		return map[string]any{"actor.publisher": u.publisher}, nil
	})
	schema, err := relations.New(relations.Type{
		Name: "Book", Collection: "books",
		Fields: []relations.Field{{Name: "_id", Type: relations.ObjectID}, {Name: "publisher_id", Type: relations.Number}},
	})
	if err != nil {
		log.Fatal(err)
	}
	client, err := mongo.Connect()
	if err != nil {
		log.Fatal(err)
	}
	az, err := mongoauthz.New(client.Database("library"), schema, policy, parameters)
	if err != nil {
		log.Fatal(err)
	}
	q, err := az.AuthorizedQuery(context.Background(), user{publisher: 7}, "read", "Book")
	if err != nil {
		log.Fatal(err)
	}
	show(q.Pipeline())
	// Output: {"$match":{"publisher_id":{"$eq":7}}}
}

func ExampleFind() {
	books, err := mongoauthz.Find[Book](context.Background(), books(), user{publisher: 7}, "read")
	if err != nil {
		log.Fatal(err)
	}
	for _, b := range books {
		fmt.Println(b.Title)
	}
}

func ExampleEach() {
	ctx := context.Background()
	q, err := books().AuthorizedQuery(ctx, user{publisher: 7}, "read", "Book")
	if err != nil {
		log.Fatal(err)
	}
	for book, err := range mongoauthz.Each[Book](ctx, q) {
		if err != nil {
			log.Fatal(err)
		}
		if fmt.Println(book.Title); book.Title == "Moby-Dick" {
			break // closes the cursor
		}
	}
}

func ExampleFetchPage() {
	ctx := context.Background()
	q, err := books().AuthorizedQuery(ctx, user{publisher: 7}, "read", "Book")
	if err != nil {
		log.Fatal(err)
	}
	newest := mongoauthz.PageRequest{Sort: bson.D{{Key: "published", Value: -1}}, Limit: 25}
	page, err := mongoauthz.FetchPage[Book](ctx, q, newest, options.Aggregate().SetAllowDiskUse(true))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(page.Items), "of", page.Total)
}

func ExampleFetchPage_after() {
	ctx := context.Background()
	q, err := books().AuthorizedQuery(ctx, user{publisher: 7}, "read", "Book")
	if err != nil {
		log.Fatal(err)
	}
	// An endpoint hands Next to its client, which sends it back for the next page: text that is safe in a URL.
	page := mongoauthz.PageRequest{Sort: bson.D{{Key: "published", Value: -1}}, Limit: 25, NoTotal: true}
	for {
		books, err := mongoauthz.FetchPage[Book](ctx, q, page)
		if errors.Is(err, mongoauthz.ErrPageToken) {
			log.Fatal("400 Bad Request")
		} else if err != nil {
			log.Fatal(err)
		}
		for _, book := range books.Items {
			fmt.Println(book.Title)
		}
		if books.Next == "" {
			return
		}
		page.After = books.Next
	}
}

func ExampleAuthorizer_Verify() {
	// When a service starts.
	if err := books().Verify(context.Background()); err != nil {
		log.Fatal(err)
	}
}

func ExampleAuthorizer_Indexes() {
	newest := bson.D{{Key: "published", Value: -1}}
	indexes, err := books().Indexes(context.Background(),
		mongoauthz.Listing{Actor: user{publisher: 7}, Action: "read", Resource: "Book", Sort: newest},
		mongoauthz.Listing{Actor: user{admin: true}, Action: "read", Resource: "Book", Sort: newest},
	)
	if err != nil {
		log.Fatal(err)
	}
	for _, ix := range indexes {
		show(mongo.Pipeline{ix.Keys})
		for _, reason := range ix.Reasons {
			fmt.Println("  ", reason)
		}
	}
	// Output:
	// {"public":1,"published":-1,"_id":1}
	//    Book, "public books": compares public; sorts by published down, _id
	// {"published":-1,"_id":1}
	//    Book, clause 1: sorts by published down, _id
	// {"publisher_id":1,"published":-1,"_id":1}
	//    Book, "books of the own publisher": compares publisher_id; sorts by published down, _id
}

func ExampleAuthorizer_IndexModels() {
	ctx := context.Background()
	client, err := mongo.Connect(options.Client().ApplyURI("mongodb://localhost:27017/"))
	if err != nil {
		log.Fatal(err)
	}
	db, az := client.Database("library"), books()
	indexes, err := az.Indexes(ctx, mongoauthz.Listing{Actor: user{publisher: 7}, Action: "read", Resource: "Book"})
	if err != nil {
		log.Fatal(err)
	}
	for collection, models := range az.IndexModels(indexes) { // one that is there stays as it is
		if _, err := db.Collection(collection).Indexes().CreateMany(ctx, models); err != nil {
			log.Fatal(err)
		}
	}
	if err := az.Verify(ctx, indexes...); err != nil {
		log.Fatal(err)
	}
}
