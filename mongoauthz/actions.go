package mongoauthz

import (
	"context"
	"fmt"
)

// AuthorizedActions returns which of the actions declared for the type of a resource
// ([WithActions]) the actor may do with it, in the order in which they are declared: those for
// which [Authorizer.Authorize] returns nil. The result is not nil; it is empty too where there is
// no such document.
//
// By ID it costs one command for each action that the policy does not deny altogether. In hand,
// what the document is related to is read once for all actions that ask the same of it.
//
// The errors are an [*ArgumentError] for a type whose actions are not declared, and those of
// [Authorizer.Authorize] but [ErrForbidden] and [ErrNotFound].
func (az *Authorizer) AuthorizedActions(ctx context.Context, actor, resource any) ([]string, error) {
	if !az.made() {
		return nil, errNotMade
	}
	t, err := az.target(resource)
	if err != nil {
		return nil, err
	}
	declared, ok := az.actions[t.typ]
	if !ok {
		return nil, &ArgumentError{Name: "resource", Problem: fmt.Sprintf("is a %s, for which no actions are declared: declare them by WithActions", t.typ)}
	}
	ctx, cancel := az.limit(ctx)
	defer cancel()
	j := az.judge(actor, t)
	authorized := []string{}
	for _, action := range declared {
		ok, err := j.may(ctx, action)
		if err != nil {
			return nil, err
		}
		if ok {
			authorized = append(authorized, action)
		}
	}
	return authorized, nil
}
