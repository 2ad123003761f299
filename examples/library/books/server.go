package books

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

// server is the library in a database.
type server struct {
	az     *mongoauthz.Authorizer
	policy mongoauthz.Policy
}

// onServer stores the documents.
func onServer(ctx context.Context, db *mongo.Database, s *relations.Schema, policy mongoauthz.Policy) (*server, error) {
	for collection, docs := range Documents() {
		if _, err := db.Collection(collection).InsertMany(ctx, docs); err != nil {
			return nil, err
		}
	}
	opts, err := serverOptions(ctx, db)
	if err != nil {
		return nil, err
	}
	az, err := mongoauthz.New(db, s, policy, opts...)
	if err != nil {
		return nil, err
	}
	return &server{az, policy}, az.Verify(ctx)
}

func (s *server) filter(ctx context.Context, actor Actor) (filter.Filter, error) {
	return s.policy.Filter(ctx, actor, "read", "Book")
}

func (s *server) stages(ctx context.Context, actor Actor) ([]bson.D, error) {
	q, err := s.az.AuthorizedQuery(ctx, actor, "read", "Book")
	if err != nil {
		return nil, err
	}
	return q.Pipeline(), nil
}

func (s *server) books(ctx context.Context, actor Actor, r request) ([]Book, error) {
	q, err := s.az.AuthorizedQuery(ctx, actor, "read", "Book")
	if err != nil {
		return nil, err
	}
	q, err = q.Append(r.stages...)
	if err != nil {
		return nil, err
	}
	var books []Book
	err = q.All(ctx, &books)
	return books, err
}

// open returns a new database on the server at the address.
func open(ctx context.Context, uri string) (*mongo.Database, error) {
	client, err := mongo.Connect(options.Client().SetServerSelectionTimeout(5 * time.Second).ApplyURI(uri))
	if err != nil {
		return nil, fmt.Errorf("MONGODB_URI: %w", err)
	}
	if err := client.Ping(ctx, nil); err != nil {
		return nil, fmt.Errorf("the server that MONGODB_URI names does not answer: %w", err)
	}
	return client.Database("mongoauthz_library_" + bson.NewObjectID().Hex()), nil
}

// drop drops the database and closes the connection, after an interrupt too.
func drop(ctx context.Context, db *mongo.Database) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	return errors.Join(db.Drop(ctx), db.Client().Disconnect(ctx))
}

// serverOptions returns the options that the server needs: mongoauthz asks for the simple collation with every query, and FerretDB,
// which has no other one, refuses to be asked.
func serverOptions(ctx context.Context, db *mongo.Database) ([]mongoauthz.Option, error) {
	info, err := db.RunCommand(ctx, bson.D{{Key: "buildInfo", Value: 1}}).Raw()
	if err != nil {
		return nil, err
	}
	if _, err := info.LookupErr("ferretdb"); err != nil {
		return nil, nil
	}
	return []mongoauthz.Option{mongoauthz.WithoutCollation()}, nil
}
