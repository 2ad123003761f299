package mongoauthz

import (
	"context"
	"reflect"

	"github.com/mongoauthz/go-mongoauthz/evaluate"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// FilterAuthorized returns those of some documents of a resource type with which the actor may do
// the action, in their order. It is for documents that were fetched already, in whatever form
// [Document] takes; to fetch only those authorized, use [Authorizer.AuthorizedQuery]. What they are
// related to is read for all of them together, so that it costs as many requests as for one, or
// little more.
//
// A document that was read by a projection may lack what the policy reads. So Go structs must have
// a field for all of that; the structs that the schema was made of do. Raw documents, maps, and
// types that encode themselves are read again, by their _id in one find, and judged as they are
// stored; one that is gone is not authorized. [WithWholeDocuments] says that they are whole. Then
// they are judged as they are given, as structs are: see [Resource].
//
// The result is not nil and has a length of its own. The errors are an [*ArgumentError] for a Go
// type that lacks a field that the policy reads, and for a document that must be read again and has
// no _id; and those of [Authorizer.Authorize] for a document in hand, but [ErrForbidden] and
// [ErrNotFound]. With an error there are no documents.
func FilterAuthorized[T any](
	ctx context.Context, az *Authorizer, actor any, action, resource string, documents []T, opts ...FilterOption,
) ([]T, error) {
	if !az.made() {
		return nil, errNotMade
	}
	if err := az.knows(resource); err != nil {
		return nil, err
	}
	encoded, types := make([]bson.Raw, len(documents)), make([]reflect.Type, len(documents))
	for i, d := range documents {
		raw, err := az.encode(d)
		if err != nil {
			return nil, err
		}
		encoded[i], types[i] = raw, goType(d)
	}
	ctx, cancel := az.limit(ctx)
	defer cancel()
	e, _, err := az.evaluator(ctx, actor, action, resource)
	if err != nil {
		return nil, err
	}
	var settings filterSettings
	for _, opt := range opts {
		if opt == nil {
			return nil, &ArgumentError{Name: "opts", Problem: "an option is nil"}
		}
		opt(&settings)
	}
	if err := az.complete(ctx, action, resource, e, encoded, types, settings.whole); err != nil {
		return nil, err
	}
	authorized, err := decideAll(ctx, az, e, encoded, documents)
	if err != nil {
		return nil, undecided(action, resource, err)
	}
	return authorized, nil
}

// complete makes sure that documents hold what a decision reads of them.
func (az *Authorizer) complete(
	ctx context.Context, action, resource string, e *evaluate.Evaluator, documents []bson.Raw, types []reflect.Type, whole bool,
) error {
	known := map[reflect.Type]bool{}
	var unsure []int
	for i, t := range types {
		sure, seen := known[t]
		if !seen {
			var err error
			if sure, err = holds(az.schema, resource, t, e); err != nil {
				return err
			}
			known[t] = sure
		}
		if !sure && !whole {
			unsure = append(unsure, i)
		}
	}
	if len(unsure) == 0 {
		return nil
	}
	return az.again(ctx, action, resource, e, documents, unsure)
}

// decideAll returns the documents that are authorized as they are encoded; nil is one that is gone.
func decideAll[T any](ctx context.Context, az *Authorizer, e *evaluate.Evaluator, encoded []bson.Raw, documents []T) ([]T, error) {
	there, of := make([]bson.Raw, 0, len(encoded)), make([]T, 0, len(encoded))
	for i, raw := range encoded {
		if raw != nil {
			there, of = append(there, raw), append(of, documents[i])
		}
	}
	decisions, err := e.DecideAll(ctx, there, az.Fetcher())
	if err != nil {
		return nil, err
	}
	authorized := []T{}
	for i, d := range decisions {
		if d.Authorized() {
			authorized = append(authorized, of[i])
		}
	}
	return authorized, nil
}
