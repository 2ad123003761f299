package lists

import (
	"context"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
)

// nested has the documents looked up in the command on the logs, by what does not depend on the log.
type nested struct{ db *mongo.Database }

func (nested) Name() string { return "nested" }
func (nested) ByHand() bool { return true }

func (nested) stages(user string) []bson.D {
	return []bson.D{
		d("$lookup", d("from", roles, "pipeline", open(user), "as", "open")),
		d("$match", d("$expr", d("$in", bson.A{"$document_id", "$open._id"}))),
		d("$unset", "open"),
	}
}

func (n nested) List(ctx context.Context, r Request) ([]bson.Raw, error) {
	return aggregate(ctx, n.db.Collection(logs), append(n.stages(r.User), page(r)...))
}

func (n nested) Count(ctx context.Context, user string) (int64, error) {
	return count(ctx, n.db.Collection(logs), n.stages(user))
}

// outward begins at the user's roles and goes on to the logs.
type outward struct{ db *mongo.Database }

func (outward) Name() string { return "outward" }
func (outward) ByHand() bool { return true }

func (outward) stages(user string, inside ...bson.D) []bson.D {
	return append(open(user), lookup(logs, "_id", "document_id", "log", inside...), d("$unwind", "$log"), d("$replaceRoot", d("newRoot", "$log")))
}

func (o outward) List(ctx context.Context, r Request) ([]bson.Raw, error) {
	var inside []bson.D
	if r.Limit > 0 { // of each document, as many as the page could hold
		inside = page(Request{Limit: r.Skip + r.Limit, After: r.After})
	}
	r.After = nil
	return aggregate(ctx, o.db.Collection(roles), slices.Concat(o.stages(r.User, inside...), page(r)))
}

func (o outward) Count(ctx context.Context, user string) (int64, error) {
	return count(ctx, o.db.Collection(roles), o.stages(user))
}
