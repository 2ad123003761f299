package bench_test

import (
	"context"
	"fmt"
	"os"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/pipeline"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

const (
	books      = 5_000
	publishers = 50
)

// database fills a database with books of publishers, one in fifty of them of the actor's country, one in ten public.
func database(b *testing.B) *mongo.Database {
	b.Helper()
	uri := os.Getenv("MONGODB_URI")
	if uri == "" {
		b.Fatal("MONGODB_URI is not set: run make bench-server")
	}
	ctx := context.Background()
	client, err := mongo.Connect(options.Client().ApplyURI(uri))
	if err != nil {
		b.Fatal(err)
	}
	db := client.Database("mongoauthz_bench_" + bson.NewObjectID().Hex())
	b.Cleanup(func() {
		if err := db.Drop(ctx); err != nil {
			b.Error(err)
		}
		if err := client.Disconnect(ctx); err != nil {
			b.Error(err)
		}
	})
	var ps, bs []any
	for i := range publishers {
		ps = append(ps, bson.D{{Key: "_id", Value: fmt.Sprint("p", i)}, {Key: "country", Value: fmt.Sprint("c", i)}})
	}
	for i := range books {
		bs = append(bs, bson.D{{Key: "_id", Value: int32(i)}, {Key: "title", Value: fmt.Sprint("book ", i)}, {Key: "public", Value: i%10 == 0}, {Key: "publisher_id", Value: fmt.Sprint("p", i%publishers)}})
	}
	for name, docs := range map[string][]any{"publishers": ps, "books": bs} {
		if _, err := db.Collection(name).InsertMany(ctx, docs); err != nil {
			b.Fatal(err)
		}
	}
	return db
}

func schema(b *testing.B) *relations.Schema {
	b.Helper()
	s, err := relations.New(
		relations.Type{Name: "Book", Collection: "books",
			Fields:    []relations.Field{{Name: "_id", Type: relations.Number}, {Name: "public", Type: relations.Bool}, {Name: "publisher_id", Type: relations.String}},
			Relations: []relations.Relation{{Name: "publisher", Kind: relations.ReferencesOne, Type: "Publisher", Keys: []relations.KeyPair{{Local: "publisher_id"}}}}},
		relations.Type{Name: "Publisher", Collection: "publishers",
			Fields: []relations.Field{{Name: "_id", Type: relations.String}, {Name: "country", Type: relations.String}}})
	if err != nil {
		b.Fatal(err)
	}
	return s
}

// BenchmarkList lists the public books and those of publishers in a country, all of them and a page of 25.
func BenchmarkList(b *testing.B) {
	db := database(b)
	publisher := filter.Reach("p", "publisher")
	plan, err := pipeline.Compile(schema(b), filter.For("Book",
		filter.Where(filter.F("public").Eq(true)),
		filter.Some(publisher).Where(publisher.F("country").Eq("c7"))))
	if err != nil {
		b.Fatal(err)
	}
	byHand := func() []bson.D {
		return []bson.D{
			{{Key: "$lookup", Value: bson.D{{Key: "from", Value: "publishers"}, {Key: "localField", Value: "publisher_id"}, {Key: "foreignField", Value: "_id"}, {Key: "as", Value: "p"}}}},
			{{Key: "$unwind", Value: bson.D{{Key: "path", Value: "$p"}, {Key: "preserveNullAndEmptyArrays", Value: true}}}},
			{{Key: "$match", Value: bson.D{{Key: "$or", Value: bson.A{bson.D{{Key: "public", Value: true}}, bson.D{{Key: "p.country", Value: "c7"}}}}}}},
			{{Key: "$unset", Value: "p"}},
		}
	}
	page := []bson.D{{{Key: "$sort", Value: bson.D{{Key: "_id", Value: int32(1)}}}}, {{Key: "$limit", Value: int32(25)}}}
	for _, c := range []struct {
		name   string
		stages func() []bson.D
		want   int
	}{
		{"all/lookup and unwind", byHand, 600},
		{"all/mongoauthz", plan.Stages, 600},
		{"page/lookup and unwind", func() []bson.D { return append(byHand(), page...) }, 25},
		{"page/mongoauthz", func() []bson.D { return append(plan.Stages(), page...) }, 25},
	} {
		b.Run(c.name, func(b *testing.B) {
			ctx := context.Background()
			for b.Loop() {
				var got []bson.Raw
				cur, err := db.Collection("books").Aggregate(ctx, c.stages())
				if err == nil {
					err = cur.All(ctx, &got)
				}
				if err != nil || len(got) != c.want {
					b.Fatalf("%d documents, not %d; %v", len(got), c.want, err)
				}
			}
		})
	}
}
