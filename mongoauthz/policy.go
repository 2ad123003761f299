package mongoauthz

import (
	"context"
	"errors"

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
