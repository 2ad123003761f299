package mongoauthz

import (
	"context"
	"fmt"

	"github.com/mongoauthz/go-mongoauthz/mongoauthz/internal/driver"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// Consistency says how fresh the answer of a query that joins must be, and so what it may cost. All
// of them return the same documents while nothing changes. docs/consistency.md compares them.
type Consistency uint8

// The consistencies. The zero Consistency is Cheapest.
const (
	// Cheapest reads keys first, by a command of its own, wherever the policy's values narrow the
	// far side of a join: the keys by which documents meet what the policy asks of other
	// collections. It joins in the pipeline elsewhere. A role that is revoked between the two
	// commands still counts.
	Cheapest Consistency = iota

	// KeysFirst is Cheapest, but reads keys first wherever that can be, even if that means to read
	// all of a collection. A query without joins is what that gives ([Query.Resolve]).
	KeysFirst

	// Rechecked is Cheapest, but asks the joins again of the documents that the keys choose, in the
	// command that reads them. Nothing that was revoked before that command began counts. What was
	// granted after the keys were read may be missing. The joins run for every document that the
	// keys choose.
	Rechecked

	// SingleCommand leaves all joins to the pipeline. The answer comes from one command. The joins
	// run for every document that the policy's conditions on the document itself leave.
	SingleCommand

	// Snapshot is Cheapest with all commands of a call reading the database as it was at one
	// moment, a page and its total too. The server must have snapshot reads (MongoDB 5.0 or later,
	// replica set or sharded cluster); another one fails the call. It holds for reads that end with
	// the call: Aggregate and Resolve return an [*ArgumentError]. For several calls of one moment,
	// hand them the context of a snapshot session of your own (mongo.WithSession).
	Snapshot
)

var consistencies = [...]string{
	Cheapest: "cheapest", KeysFirst: "keys first", Rechecked: "rechecked", SingleCommand: "single command", Snapshot: "snapshot",
}

// String returns the name in words, such as "keys first".
func (c Consistency) String() string {
	if c.valid() {
		return consistencies[c]
	}
	return fmt.Sprintf("Consistency(%d)", uint8(c))
}

func (c Consistency) valid() bool { return int(c) < len(consistencies) }

// WithConsistency sets the consistency of queries, [Cheapest] by default. [Query.WithConsistency]
// sets that of one query.
func WithConsistency(c Consistency) Option {
	return func(o *settings) error {
		if !c.valid() {
			return &ArgumentError{Name: "WithConsistency", Problem: c.String() + " is none: use one of the constants"}
		}
		o.consistency = c
		return nil
	}
}

// WithConsistency returns the query with another consistency. Keys that [Query.Resolve] has read
// stay read, but for [Snapshot], which reads them again: they are of another moment. Running the query returns an [*ArgumentError] if c is none of the constants.
func (q *Query) WithConsistency(c Consistency) *Query {
	if !q.made() {
		return q
	}
	next := *q
	if next.consistency = c; c == Snapshot {
		next.plan.keys = nil
	}
	return &next
}

// reads returns the context for the commands of a call that has read its answer when it returns,
// and what ends it: its deadline, and for [Snapshot] its session. A session that the caller's
// context has stays.
func (q *Query) reads(ctx context.Context) (context.Context, func(), error) {
	if !q.consistency.valid() {
		return nil, nil, &ArgumentError{Name: "WithConsistency", Problem: q.consistency.String() + " is none: use one of the constants"}
	}
	ctx, cancel := q.az.limit(ctx)
	if q.consistency != Snapshot || mongo.SessionFromContext(ctx) != nil {
		return ctx, cancel, nil
	}
	session, err := q.az.db.Client().StartSession(options.Session().SetSnapshot(true))
	if err != nil {
		cancel()
		return nil, nil, fmt.Errorf("mongoauthz: snapshot: %w", err)
	}
	return mongo.NewSessionContext(ctx, session), func() {
		session.EndSession(context.WithoutCancel(driver.OrBackground(ctx)))
		cancel()
	}, nil
}

// outlives returns the context for a call whose answer is read, or used, after it returned. It
// refuses [Snapshot], whose session ends with a call.
func (q *Query) outlives(ctx context.Context, call string) (context.Context, func(), error) {
	if q.consistency == Snapshot && mongo.SessionFromContext(ctx) == nil {
		return nil, nil, &ArgumentError{Name: call, Problem: "its answer is used after the snapshot ends: use All, Each, Count or FetchPage, or a context with a snapshot session of your own"}
	}
	return q.reads(ctx)
}
