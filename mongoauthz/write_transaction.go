package mongoauthz

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/mongoauthz/go-mongoauthz/mongoauthz/internal/driver"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz/internal/write"
	"go.mongodb.org/mongo-driver/v2/mongo"
)

// abortLimit is how long the abort of a caller's transaction may take, whose own context may have
// ended.
const abortLimit = 10 * time.Second

// transact runs the write in a transaction, that of the context if there is one.
func (az *Authorizer) transact(ctx context.Context, w *authorizedWrite) error {
	has, err := az.transactions.Supported(ctx, w.q.Collection())
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
			// Whatever the caller makes of the error, what was written and not checked must not be
			// committed. If the server does not hear of it, the driver still refuses to commit.
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
	err = driver.InTransaction(ctx, session, ErrWrite, w.exact)
	if err != nil && !errors.Is(err, ErrWrite) {
		return fmt.Errorf("mongoauthz: %s in a transaction: %w", w.operation, err)
	}
	return err
}

// exact runs the write inside a transaction, perhaps not for the first time.
func (w *authorizedWrite) exact(ctx context.Context) error {
	w.sent = false
	if w.movement == nil && !w.q.plan.hasJoins() {
		_, err := w.execute(ctx, nil)
		return err
	}
	documents, err := w.choose(ctx, nil)
	if err != nil || len(documents) == 0 {
		return err
	}
	if w.movement == nil {
		_, err = w.execute(ctx, documents)
		return err
	}
	before := []map[string]bool{write.Identities(documents)}
	for _, other := range w.movement.queries[1:] {
		was, err := other.among(ctx, documents)
		if err != nil {
			return err
		}
		before = append(before, was)
	}
	if _, err := w.execute(ctx, documents); err != nil {
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
