package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
)

// open returns a new database on the server that MONGODB_URI names.
func open(ctx context.Context) (*mongo.Database, error) {
	uri := os.Getenv("MONGODB_URI")
	if uri == "" {
		return nil, errors.New(`MONGODB_URI is not set: "make run" finds or starts a server, or name one there`)
	}
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

func load(ctx context.Context, db *mongo.Database) error {
	for collection, docs := range documents() {
		if _, err := db.Collection(collection).InsertMany(ctx, docs); err != nil {
			return err
		}
	}
	return nil
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
