package driver

import (
	"context"
	"math"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
)

// OrBackground accepts a nil context, as the driver does.
func OrBackground(ctx context.Context) context.Context {
	if ctx == nil {
		return context.Background()
	}
	return ctx
}

// MaxTime returns the fields of a command that end it on the server when the context ends; nil
// without a deadline. The driver does not tell the server of the deadline of an aggregate, and a
// query that nobody waits for would go on there.
func MaxTime(ctx context.Context) bson.M {
	deadline, ok := ctx.Deadline()
	if !ok {
		return nil
	}
	ms := time.Until(deadline).Milliseconds()
	if ms > math.MaxInt32 { // more than the server takes
		return nil
	}
	return bson.M{"maxTimeMS": max(1, ms)}
}

// CloseCursor closes a cursor even if ctx has ended, as the driver's own All does. Its error is
// ignored: whoever broke off is not there to hear of it.
func CloseCursor(ctx context.Context, cursor *mongo.Cursor) {
	_ = cursor.Close(context.WithoutCancel(ctx))
}
