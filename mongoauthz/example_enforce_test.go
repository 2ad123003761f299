package mongoauthz_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/mongoauthz/go-mongoauthz/evaluate"
	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
	"github.com/mongoauthz/go-mongoauthz/relations"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// Memo is a document of the examples; it is the resource type of its name.
type Memo struct {
	ID     int    `bson:"_id,omitempty"`
	Owner  string `bson:"owner"`
	Public bool   `bson:"public"`
}

// writers lets everybody read public memos, and the owners read, write and delete theirs.
func writers(_ context.Context, actor any, action, resource string) (filter.Filter, error) {
	own := filter.Where(filter.F("owner").Eq(actor)).As("the owner")
	switch action {
	case "read":
		return filter.For(resource, own, filter.Where(filter.F("public").Eq(true)).As("public memos")), nil
	case "write", "delete":
		return filter.For(resource, own), nil
	default:
		return filter.Deny(resource), nil
	}
}

func memos(opts ...mongoauthz.Option) *mongoauthz.Authorizer {
	client, err := mongo.Connect(options.Client().ApplyURI("mongodb://localhost:27017/"))
	if err != nil {
		log.Fatal(err)
	}
	schema, err := relations.New(relations.Type{
		Name: "Memo", Collection: "memos",
		Fields: []relations.Field{
			{Name: "_id", Type: relations.Number}, {Name: "owner", Type: relations.String}, {Name: "public", Type: relations.Bool},
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	az, err := mongoauthz.New(client.Database("office"), schema, mongoauthz.PolicyFunc(writers), opts...)
	if err != nil {
		log.Fatal(err)
	}
	return az
}

func ExampleAuthorizer_Authorize() {
	ctx, az := context.Background(), memos()
	for _, memo := range []Memo{{1, "ann", false}, {2, "bob", true}, {3, "bob", false}} {
		err := az.Authorize(ctx, "ann", "write", memo)
		switch {
		case err == nil:
			fmt.Println(memo.ID, "200 OK")
		case errors.Is(err, mongoauthz.ErrForbidden):
			fmt.Println(memo.ID, "403 Forbidden") // ann may read it
		case errors.Is(err, mongoauthz.ErrNotFound):
			fmt.Println(memo.ID, "404 Not Found")
		default:
			fmt.Println(memo.ID, "500 Internal Server Error") // no decision
		}
	}
	// Output:
	// 1 200 OK
	// 2 403 Forbidden
	// 3 404 Not Found
}

// A document that was not read needs not be: the database is asked whether it is authorized.
func ExampleID() {
	ctx, az := context.Background(), memos()
	if err := az.Authorize(ctx, "ann", "write", mongoauthz.ID("Memo", 7)); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("ann may write memo 7")
}

func ExampleDocument() {
	ctx, az := context.Background(), memos()
	stored, err := bson.Marshal(Memo{ID: 2, Owner: "bob", Public: true})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(az.Authorize(ctx, "ann", "read", mongoauthz.Document("Memo", stored)))
	fmt.Println(az.Authorize(ctx, "ann", "delete", mongoauthz.Document("Memo", stored)))
	fmt.Println(az.Authorize(ctx, "ann", "read", mongoauthz.Document("Memo", bson.D{{Key: "owner", Value: "bob"}})))
	// Output:
	// <nil>
	// mongoauthz: forbidden: "delete" of a Memo
	// mongoauthz: not found: "read" of a Memo
}

func ExampleAuthorizer_AuthorizeNew() {
	ctx, az := context.Background(), memos()
	fmt.Println(az.AuthorizeNew(ctx, "ann", "write", Memo{Owner: "ann"}))
	fmt.Println(az.AuthorizeNew(ctx, "ann", "write", Memo{Owner: "bob"}))
	// Output:
	// <nil>
	// mongoauthz: forbidden: "write" of a Memo
}

func ExampleAuthorizer_AuthorizedActions() {
	az := memos(mongoauthz.WithActions("Memo", "read", "write", "delete"))
	for _, memo := range []Memo{{1, "ann", false}, {2, "bob", true}, {3, "bob", false}} {
		actions, err := az.AuthorizedActions(context.Background(), "ann", memo)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(memo.ID, actions)
	}
	// Output:
	// 1 [read write delete]
	// 2 [read]
	// 3 []
}

func ExampleWithReadAction() {
	// Who may not write a memo is not told that it exists.
	az := memos(mongoauthz.WithReadAction("write"))
	fmt.Println(az.Authorize(context.Background(), "ann", "delete", Memo{ID: 2, Owner: "bob", Public: true}))
	// Output: mongoauthz: not found: "delete" of a Memo
}

// The schema is made with the registry and the options of the client. It reads structs, and encodes
// values, as they are stored.
func ExampleEncodingOf() {
	registry := bson.NewRegistry() // with encoders of its own
	bsonOptions := &options.BSONOptions{UseJSONStructTags: true}
	client, err := mongo.Connect(options.Client().ApplyURI("mongodb://localhost:27017/").SetRegistry(registry).SetBSONOptions(bsonOptions))
	if err != nil {
		log.Fatal(err)
	}
	type Note struct {
		ID        int       `bson:"_id"`
		DeletedAt time.Time `json:"deleted_at"`
	}
	schema, err := mongoauthz.EncodingOf(bsonOptions, registry).FromStructs(relations.Struct{Of: Note{}, Collection: "notes"})
	if err != nil {
		log.Fatal(err)
	}
	note, _ := schema.Type("Note")
	fmt.Println(note.Fields[1].Name)
	_, err = mongoauthz.New(client.Database("office"), schema, mongoauthz.PolicyFunc(writers))
	fmt.Println(err)
	// Output:
	// deleted_at
	// <nil>
}

func ExampleFilterAuthorized() {
	all := []Memo{{1, "ann", false}, {2, "bob", true}, {3, "bob", false}}
	readable, err := mongoauthz.FilterAuthorized(context.Background(), memos(), "ann", "read", "Memo", all)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(readable)
	// Output: [{1 ann false} {2 bob true}]
}

func ExampleAuthorizer_Explain() {
	ctx, az := context.Background(), memos()
	for _, memo := range []any{Memo{2, "bob", true}, mongoauthz.Document("Memo", bson.D{{Key: "owner", Value: "bob"}})} {
		x, err := az.Explain(ctx, "ann", "read", memo)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Print(x)
	}
	// Output:
	// Memo: authorized by clause 2 "public memos"
	//   clause 1 "the owner": false
	//     owner = <string>: false: owner is another value
	//   clause 2 "public memos": true
	//     public = <boolean>: true
	// Memo: not authorized (unknown)
	//   clause 1 "the owner": false
	//     owner = <string>: false: owner is another value
	//   clause 2 "public memos": unknown
	//     public = <boolean>: unknown: public is missing
}

// Package evaluate decides about a filter of your own with what the authorizer's database holds.
func ExampleAuthorizer_Fetcher() {
	schema, err := relations.New(relations.Type{
		Name: "Memo", Collection: "memos", Fields: []relations.Field{{Name: "_id", Type: relations.Number}, {Name: "owner", Type: relations.String}},
	})
	if err != nil {
		log.Fatal(err)
	}
	document, err := bson.Marshal(Memo{Owner: "ann"})
	if err != nil {
		log.Fatal(err)
	}
	f := filter.For("Memo", filter.Where(filter.F("owner").Eq("ann")))
	d, err := evaluate.Evaluate(context.Background(), schema, f, document, memos().Fetcher())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(d)
	// Output: authorized by clause 1
}
