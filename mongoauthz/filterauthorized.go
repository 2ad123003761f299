package mongoauthz

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// FilterAuthorized returns those of some documents of a resource type with which the actor may do
// the action, in their order. It is for documents that were fetched already, in whatever form
// [Document] takes; to fetch only those authorized, use [Authorizer.AuthorizedQuery]. They are
// judged as they are given: see [Resource]. What they are related to is read for all of them
// together, so that it costs as many requests as for one, or little more.
//
// The result is not nil and has a length of its own. The errors are those of [Authorizer.Authorize]
// for a document in hand, but [ErrForbidden] and [ErrNotFound]; then there are no documents.
func FilterAuthorized[T any](ctx context.Context, az *Authorizer, actor any, action, resource string, documents []T) ([]T, error) {
	if !az.made() {
		return nil, errNotMade
	}
	if err := az.knows(resource); err != nil {
		return nil, err
	}
	encoded := make([]bson.Raw, len(documents))
	for i, d := range documents {
		raw, err := az.encode(d)
		if err != nil {
			return nil, err
		}
		encoded[i] = raw
	}
	ctx, cancel := az.limit(ctx)
	defer cancel()
	e, _, err := az.evaluator(ctx, actor, action, resource)
	if err != nil {
		return nil, err
	}
	decisions, err := e.DecideAll(ctx, encoded, az.Fetcher())
	if err != nil {
		return nil, undecided(action, resource, err)
	}
	authorized := []T{}
	for i, d := range decisions {
		if d.Authorized() {
			authorized = append(authorized, documents[i])
		}
	}
	return authorized, nil
}
