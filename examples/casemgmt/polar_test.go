//go:build cgo

package casemgmt_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mongoauthz/go-mongoauthz/engine/oso"
	"github.com/mongoauthz/go-mongoauthz/evaluate"
	"github.com/mongoauthz/go-mongoauthz/examples/casemgmt"
	"github.com/mongoauthz/go-mongoauthz/examples/casemgmt/polar"
	"github.com/mongoauthz/go-mongoauthz/integration/harness"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
)

func init() { policies["polar"] = load() }

func load(opts ...oso.Option) func(casemgmt.Directory) mongoauthz.Policy {
	policy, err := polar.Load(opts...)
	if err != nil {
		panic(err)
	}
	return policy
}

// What a query costs does not depend on the language of the policy.
func TestBothPoliciesMakeTheSamePipelines(t *testing.T) {
	t.Parallel()
	w := demoWorld(t)
	directory := casemgmt.NewDirectory(evaluate.Memory(w.data))
	schema, err := casemgmt.Schema()
	require.NoError(t, err)
	made := map[string]*mongoauthz.Authorizer{}
	for name, policy := range policies {
		made[name], err = mongoauthz.New(harness.Database(t), schema, policy(directory))
		require.NoError(t, err)
	}
	for _, user := range w.users() {
		actor, err := directory.Actor(t.Context(), user)
		require.NoError(t, err)
		for _, typ := range casemgmt.Types() {
			byGo, err := made["go"].AuthorizedQuery(t.Context(), actor, "view", typ.Name)
			require.NoError(t, err)
			byPolar, err := made["polar"].AuthorizedQuery(t.Context(), actor, "view", typ.Name)
			require.NoError(t, err)
			require.Equal(t, byGo.Pipeline(), byPolar.Pipeline(), "user %v, view of %s", user, typ.Name)
		}
	}
}

// How long it takes to find out which documents a user may view: who asks and the permission are read from memory.
func BenchmarkPolicy(b *testing.B) {
	w := demoWorld(b)
	directory := casemgmt.NewDirectory(evaluate.Memory(w.data))
	for _, of := range []struct {
		name   string
		policy mongoauthz.Policy
	}{
		{"go", casemgmt.Policy(directory)},
		{"polar", load()(directory)},
		{"polar uncached", load(oso.WithCache(0))(directory)},
	} {
		for _, user := range []string{"alan-wkcmp", "billy-med", "tom-auditor", "admin"} {
			b.Run(of.name+"/"+user, func(b *testing.B) {
				id, err := casemgmt.ParseID(user)
				require.NoError(b, err)
				actor, err := directory.Actor(b.Context(), id)
				require.NoError(b, err)
				for b.Loop() {
					_, err := of.policy.Filter(b.Context(), actor, "view", "document")
					require.NoError(b, err)
				}
			})
		}
	}
}
