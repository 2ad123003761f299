package casemgmt

import (
	"context"
	"fmt"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// Load stores the world in an empty database, with an index on every foreign key, and on the logs those by which they are listed: by document,
// by document and date, by date.
func (w *World) Load(ctx context.Context, db *mongo.Database) error {
	for _, load := range []func() error{
		func() error { return insert(ctx, db, "groups", w.Groups) },
		func() error { return insert(ctx, db, "caseload_roles", w.Roles) },
		func() error { return insert(ctx, db, "caseloads", w.Caseloads) },
		func() error { return insert(ctx, db, "templates", w.Templates) },
		func() error { return insert(ctx, db, "documents", w.Documents) },
		func() error { return insert(ctx, db, "activity_logs", w.Logs) },
	} {
		if err := load(); err != nil {
			return err
		}
	}
	for _, index := range []struct {
		collection string
		keys       bson.D
	}{
		{"groups", bson.D{{Key: "member_ids", Value: 1}}},
		{"caseload_roles", bson.D{{Key: "user_ids", Value: 1}}},
		{"caseload_roles", bson.D{{Key: "group_ids", Value: 1}}},
		{"caseload_roles", bson.D{{Key: "caseload_id", Value: 1}}},
		{"caseloads", bson.D{{Key: "client_ids", Value: 1}}},
		{"caseloads", bson.D{{Key: "case_type_ids", Value: 1}}},
		{"templates", bson.D{{Key: "case_type_id", Value: 1}}},
		{"documents", bson.D{{Key: "client_id", Value: 1}}},
		{"documents", bson.D{{Key: "template_id", Value: 1}}},
		{"activity_logs", bson.D{{Key: "document_id", Value: 1}}},
		{"activity_logs", bson.D{{Key: "document_id", Value: 1}, {Key: "date", Value: -1}, {Key: "_id", Value: -1}}},
		{"activity_logs", bson.D{{Key: "date", Value: -1}, {Key: "_id", Value: -1}}},
	} {
		if _, err := db.Collection(index.collection).Indexes().CreateOne(ctx, mongo.IndexModel{Keys: index.keys}); err != nil {
			return fmt.Errorf("index on %s: %w", index.collection, err)
		}
	}
	return nil
}

func insert[T any](ctx context.Context, db *mongo.Database, collection string, documents []T) error {
	for batch := range slices.Chunk(documents, 5_000) {
		if _, err := db.Collection(collection).InsertMany(ctx, batch, options.InsertMany().SetOrdered(false)); err != nil {
			return fmt.Errorf("insert into %s: %w", collection, err)
		}
	}
	return nil
}
