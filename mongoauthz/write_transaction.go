package mongoauthz

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readconcern"
	"go.mongodb.org/mongo-driver/v2/mongo/readpref"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"
)

// abortLimit is how long the abort of a caller's transaction may take, whose own context may have ended.
const abortLimit = 10 * time.Second

// transact runs the write in a transaction, that of the context if there is one.
func (az *Authorizer) transact(ctx context.Context, w *write) error {
	has, err := az.hasTransactions(ctx, w.q.plan.Collection())
	switch {
	case err != nil:
		return fmt.Errorf("mongoauthz: find out whether the server has transactions: %w", err)
	case !has:
		return w.refuse(RefuseTransaction, "")
	}
	session := mongo.SessionFromContext(ctx)
	if session != nil && session.TransactionRunning() {
		err := w.exact(ctx)
		if err != nil && (w.sent || errors.Is(err, ErrWrite)) {
			// Whatever the caller makes of the error, what was written and not checked must not be committed. If the server does not hear
			// of it, the driver still refuses to commit.
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), abortLimit)
			defer cancel()
			_ = session.AbortTransaction(ctx)
		}
		return err
	}
	if session == nil {
		if session, err = az.db.Client().StartSession(); err != nil {
			return fmt.Errorf("mongoauthz: %s: start a session: %w", w.operation, err)
		}
		defer session.EndSession(context.WithoutCancel(ctx))
	}
	_, err = session.WithTransaction(ctx, func(ctx context.Context) (any, error) { return nil, w.exact(ctx) }, transaction())
	if err != nil && !errors.Is(err, ErrWrite) {
		return fmt.Errorf("mongoauthz: %s in a transaction: %w", w.operation, err)
	}
	return err
}

func transaction() *options.TransactionOptionsBuilder {
	return options.Transaction().SetReadConcern(readconcern.Snapshot()).SetWriteConcern(writeconcern.Majority()).SetReadPreference(readpref.Primary())
}

// exact runs the write inside a transaction, perhaps not for the first time.
func (w *write) exact(ctx context.Context) error {
	w.sent = false
	if w.movement == nil && !w.q.plan.HasJoins() {
		_, err := w.write(ctx, nil)
		return err
	}
	documents, err := w.choose(ctx, nil)
	if err != nil || len(documents) == 0 {
		return err
	}
	if w.movement == nil {
		_, err = w.write(ctx, documents)
		return err
	}
	before := []map[string]bool{identities(documents)}
	for _, other := range w.movement.queries[1:] {
		was, err := other.among(ctx, documents)
		if err != nil {
			return err
		}
		before = append(before, was)
	}
	if _, err := w.write(ctx, documents); err != nil {
		return err
	}
	for i, query := range w.movement.queries {
		is, err := query.among(ctx, documents)
		if err != nil {
			return err
		}
		if !maps.Equal(before[i], is) {
			return w.refuse(RefuseMove, "")
		}
	}
	return nil
}

// What is known of the server's transactions.
const (
	unknown int32 = iota
	present
	absent
)

// The codes with which servers refuse transactions: one that is no replica set, and those that do not know the commands.
var refusedTransaction = []int{20, 59, 115, 263}

// hasTransactions finds out whether the server has transactions, by committing one that reads nothing. Servers exist that take the
// commands of a transaction as if there were none, announce sessions like any other, and know no commit.
func (az *Authorizer) hasTransactions(ctx context.Context, collection string) (bool, error) {
	if known := az.transactions.Load(); known != unknown {
		return known == present, nil
	}
	session, err := az.db.Client().StartSession()
	if err != nil {
		return false, err
	}
	defer session.EndSession(context.WithoutCancel(ctx))
	_, err = session.WithTransaction(ctx, func(ctx context.Context) (any, error) {
		cursor, err := az.db.Collection(collection).Find(ctx, bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: bson.A{}}}}})
		if err != nil {
			return nil, err
		}
		return nil, cursor.Close(ctx)
	}, transaction())
	if err == nil {
		az.transactions.Store(present)
		return true, nil
	}
	if server, ok := errors.AsType[mongo.ServerError](err); ok && !server.HasErrorLabel("TransientTransactionError") {
		for _, code := range refusedTransaction {
			if server.HasErrorCode(code) {
				az.transactions.Store(absent)
				return false, nil
			}
		}
	}
	return false, err
}
