package bench_test

import (
	"context"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
)

// authorizer returns one whose policy lets the books of publishers in a country be read, and public ones.
func authorizer(b *testing.B, db *mongo.Database) *mongoauthz.Authorizer {
	b.Helper()
	var opts []mongoauthz.Option
	simple := options.FindOne().SetCollation(&options.Collation{Locale: "simple"})
	if err := db.Collection("books").FindOne(context.Background(), bson.D{}, simple).Err(); err != nil {
		opts = append(opts, mongoauthz.WithoutCollation()) // a server that refuses the option
	}
	publisher := filter.Reach("p", "publisher")
	f := filter.For("Book", filter.Where(filter.F("public").Eq(true)), filter.Some(publisher).Where(publisher.F("country").Eq("c7")))
	policy := mongoauthz.PolicyFunc(func(context.Context, any, string, string) (filter.Filter, error) { return f, nil })
	opts = append(opts, mongoauthz.WithActions("Book", "read", "update", "delete"))
	az, err := mongoauthz.New(db, schema(b), policy, opts...)
	if err != nil {
		b.Fatal(err)
	}
	return az
}

// BenchmarkAuthorize decides about one book, which its publisher's country authorizes: that is one document to ask for. The ping is what
// one round trip costs.
func BenchmarkAuthorize(b *testing.B) {
	db := database(b)
	az := authorizer(b, db)
	ctx := context.Background()
	const id = 7 // of publisher p7, in c7
	book, err := db.Collection("books").FindOne(ctx, bson.D{{Key: "_id", Value: id}}).Raw()
	if err != nil {
		b.Fatal(err)
	}
	var page []bson.Raw
	cur, err := db.Collection("books").Find(ctx, bson.D{}, options.Find().SetLimit(100))
	if err == nil {
		err = cur.All(ctx, &page)
	}
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct {
		name string
		run  func() error
	}{
		{"ping", func() error { return db.RunCommand(ctx, bson.D{{Key: "ping", Value: 1}}).Err() }},
		{"in hand", func() error { return az.Authorize(ctx, "ann", "read", mongoauthz.Document("Book", book)) }},
		{"by id", func() error { return az.Authorize(ctx, "ann", "read", mongoauthz.ID("Book", id)) }},
		{"three actions in hand", func() error {
			_, err := az.AuthorizedActions(ctx, "ann", mongoauthz.Document("Book", book))
			return err
		}},
		{"three actions by id", func() error {
			_, err := az.AuthorizedActions(ctx, "ann", mongoauthz.ID("Book", id))
			return err
		}},
		{"100 documents in hand", func() error {
			_, err := mongoauthz.FilterAuthorized(ctx, az, "ann", "read", "Book", page, mongoauthz.WithWholeDocuments())
			return err
		}},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := c.run(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
