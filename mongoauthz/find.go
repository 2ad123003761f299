package mongoauthz

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// ResourceTyper is a Go type that says which resource type it is. Other types are the resource type
// of their own name. ResourceType is called on a zero value.
type ResourceTyper interface{ ResourceType() string }

// Find returns the documents on which the actor may do the action, decoded into T:
// all of them, so mind how many there are. The resource type is what T's ResourceType method says
// ([ResourceTyper]), or the name of T; T may be a pointer to such a type. For another Go type, use
// [Authorizer.AuthorizedQuery] with [Query.All].
//
// The result is not nil. The errors are those of [Authorizer.AuthorizedQuery] and
// [Query.Aggregate].
func Find[T any](ctx context.Context, az *Authorizer, actor any, action string, opts ...options.Lister[options.AggregateOptions]) ([]T, error) {
	name := resourceType[T]()
	q, err := az.AuthorizedQuery(ctx, actor, action, name)
	if unknown, ok := errors.AsType[*UnknownResourceError](err); ok {
		unknown.Problem += fmt.Sprintf(" (%q is what a %v stands for: give it a method ResourceType, or read by AuthorizedQuery and All)", name, reflect.TypeFor[T]())
	}
	if err != nil {
		return nil, err
	}
	results := []T{}
	if err := q.All(ctx, &results, opts...); err != nil {
		return nil, err
	}
	return results, nil
}

// resourceType returns the resource type that T stands for, "" if it has no name.
func resourceType[T any]() string { return typeName(reflect.TypeFor[T]()) }

// typeName returns the resource type that a Go type, or a pointer to it, stands for, "" if it has
// no name.
func typeName(t reflect.Type) string {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	// The pointer has the methods of both.
	if named, ok := reflect.New(t).Interface().(ResourceTyper); ok {
		return named.ResourceType()
	}
	return t.Name()
}
