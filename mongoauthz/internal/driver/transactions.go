package driver

import (
	"context"
	"errors"
	"sync/atomic"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readconcern"
	"go.mongodb.org/mongo-driver/v2/mongo/readpref"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"
)

// TransactionOptions returns the options of a transaction that reads one moment of the primary, and
// is kept by a majority.
func TransactionOptions() *options.TransactionOptionsBuilder {
	return options.Transaction().SetReadConcern(readconcern.Snapshot()).
		SetWriteConcern(writeconcern.Majority()).SetReadPreference(readpref.Primary())
}

// InTransaction runs f in a transaction of a session. The driver tries again for up to two minutes
// where that may help, and does not look at the context. Once that has ended, its error is returned,
// but for an error of f that matches final.
func InTransaction(ctx context.Context, session *mongo.Session, final error, f func(context.Context) error) error {
	_, err := session.WithTransaction(ctx, func(ctx context.Context) (any, error) {
		err := f(ctx)
		if err != nil && ctx.Err() != nil && !errors.Is(err, final) {
			err = ctx.Err()
		}
		return nil, err
	}, TransactionOptions())
	return err
}

// Transactions finds out whether a server has transactions, and remembers it. The zero Transactions
// knows nothing yet. It is safe for concurrent use.
type Transactions struct{ known atomic.Int32 }

// What is known of the server's transactions.
const (
	unknown int32 = iota
	present
	absent
)

// refusedTransaction are the codes with which servers refuse transactions: one that is no replica
// set, and those that do not know the commands.
var refusedTransaction = []int{20, 59, 115, 263}

// Supported reports whether the server of a collection has transactions. It asks once, by
// committing a transaction that reads nothing: some servers take the commands of a transaction as
// if there were none, announce sessions like any other, and know no commit.
func (t *Transactions) Supported(ctx context.Context, c *mongo.Collection) (bool, error) {
	if known := t.known.Load(); known != unknown {
		return known == present, nil
	}
	session, err := c.Database().Client().StartSession()
	if err != nil {
		return false, err
	}
	defer session.EndSession(context.WithoutCancel(ctx))
	err = InTransaction(ctx, session, nil, func(ctx context.Context) error {
		nothing := bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: bson.A{}}}}}
		cursor, err := c.Find(ctx, nothing)
		if err != nil {
			return err
		}
		return cursor.Close(ctx)
	})
	if err == nil {
		t.known.Store(present)
		return true, nil
	}
	if server, ok := errors.AsType[mongo.ServerError](err); ok && !server.HasErrorLabel("TransientTransactionError") {
		for _, code := range refusedTransaction {
			if server.HasErrorCode(code) {
				t.known.Store(absent)
				return false, nil
			}
		}
	}
	return false, err
}
