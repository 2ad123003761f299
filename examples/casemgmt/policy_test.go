package casemgmt_test

import (
	"flag"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mongoauthz/go-mongoauthz/evaluate"
	"github.com/mongoauthz/go-mongoauthz/examples/casemgmt"
	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

// worlds is how many random worlds are compared: few in CI, 200 by make casemgmt-full.
var worlds = flag.Int("worlds", 12, "how many random worlds are compared with the oracle")

// policies are the policies that have to give the same answers: in Go, and with cgo in Polar.
var policies = map[string]func(casemgmt.Directory) mongoauthz.Policy{"go": casemgmt.Policy}

// policy is the one by which the services of the tests decide, besides those of the tests that ask each.
var policy = flag.String("policy", "go", "the policy of the tests that ask one only: go or polar")

// The policies, decided in process, against the oracle: no server is asked.
func TestThePolicyIsWhatTheOracleSays(t *testing.T) {
	t.Parallel()
	for name, policy := range policies {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			random := *worlds
			if name != "go" && !*full { // Oso takes its time, under the race detector above all
				random = min(random, 1)
			}
			agreesInProcess(t, policy, random)
		})
	}
}

func agreesInProcess(t *testing.T, policyOf func(casemgmt.Directory) mongoauthz.Policy, random int) {
	t.Helper()
	all := []world{demoWorld(t), hostileWorld(t)}
	for seed := range random {
		all = append(all, randomWorld(t, uint64(seed)))
	}
	s, err := casemgmt.Schema()
	require.NoError(t, err)
	yes, no := 0, 0
	for _, w := range all {
		stored := evaluate.Memory(w.data)
		directory := casemgmt.NewDirectory(stored)
		policy := policyOf(directory)
		for _, user := range w.users() {
			actor, err := directory.Actor(t.Context(), user)
			require.NoError(t, err)
			for _, typ := range casemgmt.Types() {
				for _, action := range append(actions, "casemgmt.change_document") {
					f, err := policy.Filter(t.Context(), actor, action, typ.Name)
					require.NoError(t, err)
					decisions, err := evaluateAll(t, s, f, stored, typ)
					require.NoError(t, err)
					for i, want := range w.allowed(t, user, action, typ) {
						require.Equal(t, want, decisions[i].Authorized(), "%s: user %v, %s of %s, document %v", w.name, user, action, typ.Name, w.data[typ.Collection][i])
						if want {
							yes++
						} else {
							no++
						}
					}
				}
			}
		}
	}
	require.Greater(t, yes, 500)
	require.Greater(t, no, 500)
}

func TestAnUnknownPermissionIsAnError(t *testing.T) {
	t.Parallel()
	w := demoWorld(t)
	directory := casemgmt.NewDirectory(evaluate.Memory(w.data))
	for name, policyOf := range policies {
		policy := policyOf(directory)
		for _, user := range w.users() { // the superuser too
			actor, err := directory.Actor(t.Context(), user)
			require.NoError(t, err)
			for _, action := range []string{"print", "", "casemgmt.print_client", "view_client.", "casemgmt.view"} {
				f, err := policy.Filter(t.Context(), actor, action, "client")
				require.ErrorIs(t, err, casemgmt.ErrUnknownPermission, name)
				require.Empty(t, f.Clauses, name)
			}
		}
	}
}

func TestNobodyElseMayAnything(t *testing.T) {
	t.Parallel()
	directory := casemgmt.NewDirectory(evaluate.Memory(demoWorld(t).data))
	for name, policyOf := range policies {
		policy := policyOf(directory)
		for _, actor := range []any{nil, (*casemgmt.Actor)(nil), casemgmt.Actor{Superuser: true}, "admin"} {
			for _, typ := range casemgmt.Types() {
				f, err := policy.Filter(t.Context(), actor, "view", typ.Name)
				require.NoError(t, err, name)
				require.Equal(t, "no "+typ.Name, f.String(), name)
			}
		}
	}
}

func evaluateAll(t *testing.T, s *relations.Schema, f filter.Filter, stored evaluate.Memory, typ casemgmt.Type) ([]evaluate.Decision, error) {
	e, err := evaluate.Prepare(s, f)
	if err != nil {
		return nil, err
	}
	return e.DecideAll(t.Context(), stored[typ.Collection], stored)
}
