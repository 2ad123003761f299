package mongoauthz

import (
	"context"
	"fmt"

	"github.com/mongoauthz/go-mongoauthz/filter"
)

// FindOne returns the stored document with an [ID], decoded into T, if the actor may do
// the action with it: it is [Authorizer.Authorize] and the find that would follow, as one command
// and of one moment. T may be bson.Raw, for the document as it is stored.
//
// Otherwise the error matches [ErrForbidden] if the actor may read the document ([WithReadAction]),
// and [ErrNotFound] if not. The other errors are an [*ArgumentError] for a resource that is a
// document in hand, those of Authorizer.Authorize, and the driver's, wrapped, for a document that
// does not fit T. With any error, the document is the zero T.
func FindOne[T any](ctx context.Context, az *Authorizer, actor any, action string, resource Resource) (T, error) {
	var none T
	if !az.made() {
		return none, errNotMade
	}
	if !resource.stored {
		return none, &ArgumentError{Name: "resource", Problem: "is no ID"}
	}
	t, err := az.target(resource)
	if err != nil {
		return none, err
	}
	ctx, cancel := az.limit(ctx)
	defer cancel()
	switch found, err := stored[T](ctx, az, actor, action, t); {
	case err != nil:
		return none, err
	case len(found) > 0:
		return found[0], nil
	case action == az.readAction:
		return none, &NotFoundError{Action: action, Resource: t.typ}
	}
	switch visible, err := az.judge(actor, t).may(ctx, az.readAction); {
	case err != nil:
		return none, err
	case visible:
		return none, &ForbiddenError{Action: action, Resource: t.typ}
	default:
		return none, &NotFoundError{Action: action, Resource: t.typ}
	}
}

// stored returns the stored document, if the actor may do the action with it.
func stored[T any](ctx context.Context, az *Authorizer, actor any, action string, t target) ([]T, error) {
	q, err := az.AuthorizedQuery(ctx, actor, action, t.typ)
	if err != nil {
		return nil, err
	}
	id, ok, err := convertID(q.schema, t.typ, t.id)
	if err != nil || !ok || q.plan.running().Outcome() == filter.Denied {
		return nil, err
	}
	cursor, err := q.one(ctx, id)
	if err != nil {
		return nil, err
	}
	var found []T
	if err := cursor.All(ctx, &found); err != nil {
		return nil, fmt.Errorf("mongoauthz: read %s: %w", q.plan.collection(), err)
	}
	return found, nil
}
