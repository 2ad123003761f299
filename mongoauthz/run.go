package mongoauthz

import (
	"context"
	"fmt"
	"time"

	"github.com/mongoauthz/go-mongoauthz/mongoauthz/internal/driver"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// Aggregate runs the query and returns the driver's cursor, which the caller closes. Where the
// [Consistency] has keys read first, that is one more command before, for which the options do not
// hold.
//
// The options are the driver's own and go to it as they are, but for two. A Collation is refused
// unless it is the one that the query runs with anyway: it would change who is authorized, which
// only [WithCollation] may. Custom and what else is internal to the driver is refused. A Hint of a
// sparse or partial index hides the documents that are not in it. Let is for the appended stages,
// and must not rebind CURRENT. Where an answer is read whole, by All, Count and FetchPage, it comes
// in one reply unless BatchSize says otherwise.
//
// The errors are an [*ArgumentError] for the zero Query and for a refused option, and the driver's,
// wrapped.
func (q *Query) Aggregate(ctx context.Context, opts ...options.Lister[options.AggregateOptions]) (*mongo.Cursor, error) {
	if !q.made() {
		return nil, errNoQuery
	}
	ctx, end, err := q.outlives(ctx, "Aggregate")
	if err != nil {
		return nil, err
	}
	defer end()
	return q.open(ctx, opts, nil)
}

// All runs the query and decodes its documents into results, a pointer to a slice, which is
// overwritten. The options and errors are those of [Query.Aggregate].
func (q *Query) All(ctx context.Context, results any, opts ...options.Lister[options.AggregateOptions]) error {
	if !q.made() {
		return errNoQuery
	}
	ctx, end, err := q.reads(ctx)
	if err != nil {
		return err
	}
	defer end()
	return q.all(ctx, results, opts)
}

// Count returns how many documents the query has, appended stages included: 0 where nothing is
// authorized. The options and errors are those of [Query.Aggregate].
func (q *Query) Count(ctx context.Context, opts ...options.Lister[options.AggregateOptions]) (int64, error) {
	if !q.made() {
		return 0, errNoQuery
	}
	ctx, end, err := q.reads(ctx)
	if err != nil {
		return 0, err
	}
	defer end()
	return q.count(ctx, opts)
}

func (q *Query) count(ctx context.Context, opts []options.Lister[options.AggregateOptions]) (int64, error) {
	var counts []counted
	if err := q.all(ctx, &counts, opts, countStage()); err != nil {
		return 0, err
	}
	return total(counts), nil
}

// counted is the document that countStage makes.
type counted struct {
	N int64 `bson:"n"`
}

func countStage() bson.D { return bson.D{{Key: "$count", Value: "n"}} }

// total reads the answer of countStage. MongoDB gives no document where there is nothing to count.
func total(counts []counted) int64 {
	if len(counts) == 0 {
		return 0
	}
	return counts[0].N
}

func (q *Query) all(ctx context.Context, results any, opts []options.Lister[options.AggregateOptions], more ...bson.D) error {
	cursor, err := q.run(ctx, driver.OneReply(opts), more...)
	if err != nil {
		return err
	}
	if err := cursor.All(ctx, results); err != nil {
		return fmt.Errorf("mongoauthz: read %s: %w", q.plan.collection(), err)
	}
	return nil
}

// run sends the query with more stages, for an answer that is read within the context's deadline.
// The server is told of it: the driver does not, and a query that nobody waits for would go on
// there.
func (q *Query) run(ctx context.Context, opts []options.Lister[options.AggregateOptions], more ...bson.D) (*mongo.Cursor, error) {
	return q.open(ctx, opts, driver.MaxTime(ctx), more...)
}

// open sends the query with more stages, and more fields of the command.
func (q *Query) open(ctx context.Context, opts []options.Lister[options.AggregateOptions], fields bson.M, more ...bson.D) (*mongo.Cursor, error) {
	merged, err := q.az.merge(opts)
	if err != nil {
		return nil, err
	}
	if q, err = q.bound(ctx); err != nil {
		return nil, err
	}
	//lint:ignore SA1019 the driver has no other way to say it for an aggregate
	merged.Custom = fields
	sent := q.sequence(more...)
	start := time.Now()
	cursor, err := q.Collection().Aggregate(ctx, sent.stages(), driver.Exactly(merged))
	q.log(ctx, sent, time.Since(start), err)
	if err != nil {
		return nil, fmt.Errorf("mongoauthz: aggregate %s: %w", q.plan.collection(), driver.WithAdvice(err))
	}
	return cursor, nil
}

// merge applies the caller's options and adds the collation.
func (az *Authorizer) merge(opts []options.Lister[options.AggregateOptions]) (o options.AggregateOptions, err error) {
	o, err = driver.Merge(opts)
	if err != nil {
		return o, optionsError("Aggregate", err)
	}
	if err := az.collate("AggregateOptions", &o.Collation); err != nil {
		return o, err
	}
	//lint:ignore SA1019 it is refused
	if o.Custom != nil {
		return o, &ArgumentError{Name: "AggregateOptions.Custom", Problem: "could replace any part of the command"}
	}
	if driver.HasInternal(o) {
		return o, &ArgumentError{Name: "AggregateOptions.Internal", Problem: "could replace any part of the command"}
	}
	if err := az.takeLet("AggregateOptions", &o.Let); err != nil {
		return o, err
	}
	return o, nil
}
