package polar

import (
	"context"
	_ "embed"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/engine/oso"
	"github.com/mongoauthz/go-mongoauthz/examples/casemgmt"
	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
)

//go:embed policy.polar
var text string

// Caller is who asks, as the policy's text sees them, and for what.
type Caller struct {
	*casemgmt.Actor
	Asked []bson.RawValue // the ids of the permission that the action takes
}

// Load loads the policy, and returns what makes it for a directory: as [casemgmt.Policy] does, with the same answers and the same errors.
// The options are further ones of the engine, such as [oso.WithCache]. The errors are those of [oso.New].
func Load(opts ...oso.Option) (func(casemgmt.Directory) mongoauthz.Policy, error) {
	schema, err := casemgmt.Schema()
	if err != nil {
		return nil, err
	}
	engine, err := oso.New(schema, text, append([]oso.Option{oso.WithClass("Caller", Caller{})}, opts...)...)
	if err != nil {
		return nil, err
	}
	return func(d casemgmt.Directory) mongoauthz.Policy {
		return mongoauthz.PolicyFunc(func(ctx context.Context, actor any, action, resource string) (filter.Filter, error) {
			name := casemgmt.PermissionName(action, resource)
			a, ok := actor.(*casemgmt.Actor)
			if !ok || a == nil {
				return engine.Filter(ctx, nil, name, resource)
			}
			asked, err := d.Permission(ctx, name)
			switch {
			case err != nil:
				return filter.Filter{}, err
			case len(asked) == 0: // Polar has no errors of its own
				return filter.Filter{}, fmt.Errorf("%w: %q of %q", casemgmt.ErrUnknownPermission, action, resource)
			}
			return engine.Filter(ctx, Caller{a, asked}, name, resource)
		})
	}, nil
}
