package mongoauthz

import (
	"context"
	"fmt"
	"time"

	"github.com/mongoauthz/go-mongoauthz/evaluate"
	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz/internal/driver"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz/internal/fetch"
	"github.com/mongoauthz/go-mongoauthz/pipeline"
	"github.com/mongoauthz/go-mongoauthz/relations"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
)

// Authorize returns nil if the actor may do the action with the resource: a [Document] in hand, a
// Go value that stands for one, or an [ID]. Otherwise the error matches [ErrForbidden] if the actor
// may read it ([WithReadAction]), and [ErrNotFound] if not, which says no more than that there were
// no such document.
//
// Single decisions and lists agree: Authorize of a stored document is nil if, and only if,
// [Authorizer.AuthorizedQuery] has it. (The one exception is a document in hand that has a field
// with the helper prefix: a query that joins leaves such documents out.) The decision is of the
// moment in which it is made. A session in ctx holds for what it reads, as for the driver's own
// calls.
//
// By ID, the compiled query is asked for the document: one command for the action and, if that is
// not authorized, one for the read action; none for an action that the policy denies altogether. In
// hand, the document is decided about in process, as package evaluate defines it. That takes a
// request for each step along the relations that the policy's filter speaks of, together for all
// documents a step starts from: none where it speaks of the document alone, one where it speaks of
// a related one. A free entity is decided about with the whole of its collection, projected to what
// is read.
//
// The other errors are an [*ArgumentError] for a resource that is nil or cannot be encoded, an _id
// that the type cannot have; an [*UnknownResourceError]; those of [Authorizer.AuthorizedQuery];
// [evaluate.ErrDocument] for broken BSON; a [*pipeline.UnsupportedError] for a document in hand
// under [WithCollation], since only the server knows other collations than the simple one; and the
// driver's, wrapped. With any error, the actor is not authorized.
func (az *Authorizer) Authorize(ctx context.Context, actor any, action string, resource any) error {
	if !az.made() {
		return errNotMade
	}
	t, err := az.target(resource)
	if err != nil {
		return err
	}
	ctx, cancel := az.limit(ctx)
	defer cancel()
	j := az.judge(actor, t)
	switch ok, err := j.may(ctx, action); {
	case err != nil:
		return err
	case ok:
		return nil
	case action == az.readAction:
		return &NotFoundError{Action: action, Resource: t.typ}
	}
	switch visible, err := j.may(ctx, az.readAction); {
	case err != nil:
		return err
	case visible:
		return &ForbiddenError{Action: action, Resource: t.typ}
	default:
		return &NotFoundError{Action: action, Resource: t.typ}
	}
}

// judge decides what one actor may do with one resource.
type judge struct {
	az      *Authorizer
	actor   any
	target  target
	related evaluate.Fetcher
}

func (az *Authorizer) judge(actor any, t target) *judge {
	return &judge{az: az, actor: actor, target: t, related: fetch.Memo(az.Fetcher())}
}

// may reports whether the actor may do the action.
func (j *judge) may(ctx context.Context, action string) (bool, error) {
	if j.target.stored {
		return j.stored(ctx, action)
	}
	e, _, err := j.az.evaluator(ctx, j.actor, action, j.target.typ)
	if err != nil {
		return false, err
	}
	if _, err := holds(j.az.schema, j.target.typ, j.target.of, e); err != nil {
		return false, err
	}
	d, err := e.Decide(ctx, j.target.document, j.related)
	if err != nil {
		return false, undecided(action, j.target.typ, err)
	}
	return d.Authorized(), nil
}

// stored asks the compiled query for the document.
func (j *judge) stored(ctx context.Context, action string) (bool, error) {
	q, err := j.az.AuthorizedQuery(ctx, j.actor, action, j.target.typ)
	if err != nil {
		return false, err
	}
	id, ok, err := convertID(q.schema, j.target.typ, j.target.id)
	if err != nil || !ok || q.plan.running().Outcome() == filter.Denied {
		return false, err
	}
	return q.has(ctx, id)
}

// has reports whether the query's documents include the one with an _id.
func (q *Query) has(ctx context.Context, id bson.RawValue) (bool, error) {
	cursor, err := q.one(ctx, id, bson.D{{Key: "$project", Value: bson.D{{Key: "_id", Value: int32(1)}}}})
	if err != nil {
		return false, err
	}
	defer driver.CloseCursor(ctx, cursor)
	found := cursor.Next(ctx)
	if err := cursor.Err(); err != nil {
		return false, fmt.Errorf("mongoauthz: read %s: %w", q.plan.collection(), err)
	}
	return found, nil
}

// one runs the query for the document with an _id. That stands first, so that the joins run for it
// alone, which is less than to read keys.
func (q *Query) one(ctx context.Context, id bson.RawValue, more ...bson.D) (*mongo.Cursor, error) {
	sent := sequence{
		ofCaller(bson.D{{Key: "$match", Value: fetch.ByID(id)}}), ofPlan(q.plan.running()),
		ofOurs(bson.D{{Key: "$limit", Value: int32(1)}}), ofOurs(more...),
	}
	start := time.Now()
	cursor, err := q.az.aggregate(ctx, q.Collection(), sent.stages())
	q.log(ctx, sent, time.Since(start), err)
	if err != nil {
		return nil, fmt.Errorf("mongoauthz: aggregate %s: %w", q.plan.collection(), driver.WithAdvice(err))
	}
	return cursor, nil
}

// evaluator returns what decides in process whether the actor may do the action, and the schema
// bound for the actor.
func (az *Authorizer) evaluator(ctx context.Context, actor any, action, resource string) (*evaluate.Evaluator, *relations.Schema, error) {
	if !driver.ComparesInBinary(az.collation) {
		problem := "a decision in process by another collation than the simple one"
		return nil, nil, undecided(action, resource, &pipeline.UnsupportedError{Problem: problem})
	}
	schema, f, err := az.answer(ctx, actor, action, resource)
	var e *evaluate.Evaluator
	if err == nil {
		e, err = evaluate.Prepare(schema, f)
	}
	if err != nil {
		return nil, nil, undecided(action, resource, err)
	}
	return e, schema, nil
}

// undecided says of an error which decision it kept from being made.
func undecided(action, resource string, err error) error {
	return fmt.Errorf("mongoauthz: decide, %q of %q: %w", action, resource, err)
}
