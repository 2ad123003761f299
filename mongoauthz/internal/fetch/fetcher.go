package fetch

import (
	"bytes"
	"context"
	"fmt"

	"github.com/mongoauthz/go-mongoauthz/evaluate"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz/internal/driver"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// maxRequest bounds, in bytes, the keys that one command asks for. The server takes 16 MiB.
const maxRequest = 8 << 20

// Fetcher is an [evaluate.Fetcher] that asks a database. It is safe for concurrent use.
type Fetcher struct {
	DB          *mongo.Database
	Collation   *options.Collation // nil: not named
	Collections []options.Lister[options.CollectionOptions]
	BatchSize   int32 // 0: the driver's
}

// Fetch returns the documents that a request asks for, by one find, or by more where its keys would
// not fit into a command.
func (f Fetcher) Fetch(ctx context.Context, r evaluate.Request) ([]bson.Raw, error) {
	var found []bson.Raw
	for _, match := range Split(r.Match, maxRequest) {
		part := evaluate.Request{Collection: r.Collection, Match: match, Fields: r.Fields}
		err := f.Each(ctx, part, func(document bson.Raw) (bool, error) {
			found = append(found, bytes.Clone(document))
			return true, nil
		})
		if err != nil {
			return nil, fmt.Errorf("mongoauthz: find in %s: %w", r.Collection, driver.WithAdvice(err))
		}
	}
	return found, nil
}

// Each calls yield with the documents that a request asks for, by one find, until yield returns
// false or an error. The documents are not to be kept.
func (f Fetcher) Each(
	ctx context.Context, r evaluate.Request, yield func(bson.Raw) (more bool, err error),
) error {
	opts := options.Find()
	if f.Collation != nil {
		opts.SetCollation(f.Collation)
	}
	if f.BatchSize > 0 {
		opts.SetBatchSize(f.BatchSize)
	}
	if len(r.Fields) > 0 {
		projection := make(bson.D, len(r.Fields))
		for i, field := range r.Fields {
			projection[i] = bson.E{Key: field, Value: int32(1)}
		}
		opts.SetProjection(projection)
	}
	cursor, err := f.DB.Collection(r.Collection, f.Collections...).Find(ctx, Filter(r.Match), opts)
	if err != nil {
		return err
	}
	defer driver.CloseCursor(ctx, cursor)
	for cursor.Next(ctx) {
		if more, err := yield(cursor.Current); err != nil || !more {
			return err
		}
	}
	return cursor.Err()
}
