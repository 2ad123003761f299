package mongoauthz

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/mongoauthz/go-mongoauthz/mongoauthz/internal/driver"
	"github.com/mongoauthz/go-mongoauthz/pipeline"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// WithKeyLimit sets how many keys a query may be resolved to, [pipeline.DefaultKeyLimit] by
// default. Joins that would need more run in the pipeline. The command holds all of the keys, and
// the server takes 16 MiB.
func WithKeyLimit(keys int) Option {
	return func(o *settings) error {
		if keys <= 0 {
			return &ArgumentError{Name: "WithKeyLimit", Problem: "must be positive"}
		}
		o.keyLimit = keys
		return nil
	}
}

// Resolve reads, by one command, the keys by which documents meet what the policy asks of other
// collections, and returns the query with these keys in the place of its joins: what the actor's
// roles, groups and assignments come to. Where no join is left, it is a find filter too, and a
// filter for counts, updates and deletions ([Query.FindFilter]). Queries that run resolve by
// themselves, anew each time, as their [Consistency] says; a query that is resolved, or needs not
// be, is returned as it is, and so is one in a transaction, whose joins are of its moment. Resolve
// takes joins that are left to the pipeline by [SingleCommand] as [Cheapest] does.
//
// The answer of a resolved query is that of two moments: what the keys say is as old as
// [Query.ResolvedAt], what is asked of the documents themselves is not. A role that is revoked in
// between still counts; one that is granted does not yet; and where one document of the far side
// was moved while the keys were read, the keys may be of both its states. From a secondary, the
// keys are older by its lag. Use the query at once, and not for long. [Rechecked] asks the joins
// again.
//
// The errors are an [*ArgumentError] for the zero Query and for [Snapshot], and the driver's,
// wrapped.
func (q *Query) Resolve(ctx context.Context) (*Query, error) {
	if !q.made() {
		return nil, errNoQuery
	}
	ctx, end, err := q.outlives(ctx, "Resolve")
	if err != nil {
		return nil, err
	}
	defer end()
	if q.consistency != SingleCommand {
		return q.bound(ctx)
	}
	bound, err := q.WithConsistency(Cheapest).bound(ctx)
	return bound.WithConsistency(SingleCommand), err
}

// ResolvedAt returns when the keys began to be read, and whether the query has been resolved.
func (q *Query) ResolvedAt() (at time.Time, ok bool) {
	if !q.made() || q.plan.keys == nil {
		return time.Time{}, false
	}
	return q.plan.keys.at, true
}

// unresolved returns the query as it was before its keys were read.
func (q *Query) unresolved() *Query {
	if q.plan.keys == nil {
		return q
	}
	next := *q
	next.plan.keys = nil
	return &next
}

// bound returns the query with its keys read, as its consistency says.
func (q *Query) bound(ctx context.Context) (*Query, error) {
	if q.consistency == SingleCommand || q.plan.keys != nil {
		return q, nil
	}
	if session := mongo.SessionFromContext(ctx); session != nil && session.TransactionRunning() {
		return q, nil // which refuses $unionWith; joins are of its moment anyway
	}
	r := q.plan.compiled.Resolution(q.consistency == KeysFirst, q.az.keyLimit)
	if r == nil {
		return q, nil
	}
	start := time.Now()
	documents, err := q.az.readKeys(ctx, r)
	var keys *pipeline.Resolved
	if err == nil {
		keys, err = r.Resolve(documents)
	}
	took := time.Since(start)
	q.logKeys(ctx, r, keys, took, err)
	if err != nil {
		return nil, fmt.Errorf("mongoauthz: keys from %s for %q: %w", r.Collection(), q.plan.resource(), driver.WithAdvice(err))
	}
	next := *q
	next.plan.keys = &planKeys{resolution: r, resolved: keys, at: start, took: took}
	return &next, nil
}

// readKeys runs the stages of a resolution.
func (az *Authorizer) readKeys(ctx context.Context, r *pipeline.Resolution) ([]bson.Raw, error) {
	var documents []bson.Raw
	cursor, err := az.aggregate(ctx, az.db.Collection(r.Collection()), r.Stages())
	if err == nil {
		err = cursor.All(ctx, &documents)
	}
	return documents, err
}

// aggregate sends a pipeline of the library's own, whose answer is read whole, and within the
// context's deadline.
func (az *Authorizer) aggregate(ctx context.Context, c *mongo.Collection, stages mongo.Pipeline) (*mongo.Cursor, error) {
	most := int32(math.MaxInt32)
	//lint:ignore SA1019 the driver has no other way to say it for an aggregate
	o := options.AggregateOptions{BatchSize: &most, Collation: az.collation, Custom: driver.MaxTime(ctx)}
	return c.Aggregate(ctx, stages, driver.Exactly(o))
}
