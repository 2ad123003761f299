package mongoauthz

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"github.com/mongoauthz/go-mongoauthz/filter"
)

// Policy says what an actor may act on.
//
// Filter returns, for an actor and an action, which documents of a resource type are authorized. It
// knows the actor and the action, and leaves open what depends on the document: comparisons with
// fields, and with what relations reach. The filter must be for the resource type asked for. To
// deny, return [filter.Deny], or the zero Filter; to allow every document, [filter.Allow]; for an
// actor or action it does not know, an error or a denial.
//
// An error of Filter reaches the caller wrapped. Filter must be safe for concurrent use.
type Policy interface {
	Filter(ctx context.Context, actor any, action, resource string) (filter.Filter, error)
}

// PolicyFunc is a function that is a [Policy].
type PolicyFunc func(ctx context.Context, actor any, action, resource string) (filter.Filter, error)

// Filter calls f.
func (f PolicyFunc) Filter(ctx context.Context, actor any, action, resource string) (filter.Filter, error) {
	if f == nil {
		return filter.Filter{}, errors.New("mongoauthz: the PolicyFunc is nil")
	}
	return f(ctx, actor, action, resource)
}

// PolicyFor returns the policy of a function that takes actors of one type. Another actor is an
// [*ArgumentError], where a policy that asks for the type itself is likely to deny in silence: a
// *User is no User. Nobody (a nil actor) is the nil A where A is a pointer or an interface, and an
// error where it is not.
func PolicyFor[A any](f func(ctx context.Context, actor A, action, resource string) (filter.Filter, error)) Policy {
	if f == nil {
		return PolicyFunc(nil)
	}
	return PolicyFunc(func(ctx context.Context, actor any, action, resource string) (filter.Filter, error) {
		a, ok := actor.(A)
		if kind := reflect.TypeFor[A]().Kind(); !ok && !(actor == nil && (kind == reflect.Pointer || kind == reflect.Interface)) {
			return filter.Filter{}, &ArgumentError{Name: "actor", Problem: fmt.Sprintf(
				"is a %T, and the policy takes a %v: hand in a %[2]v, or make the policy by PolicyFor of the other type", actor, reflect.TypeFor[A]())}
		}
		return f(ctx, a, action, resource)
	})
}
