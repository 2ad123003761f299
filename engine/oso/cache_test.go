package oso_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mongoauthz/go-mongoauthz/engine/oso"
	"github.com/mongoauthz/go-mongoauthz/evaluate"
	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// Agent is an actor that is stored nowhere.
type Agent struct {
	Name   string
	Tier   int
	Score  float64
	Limit  *int
	Roles  []string
	Grants []Grant
	Since  time.Time
	Attrs  map[string]string
	Deputy *Agent
	Other  *Agent
}

const agents = `
allow(a: Agent, "read", d: Doc) if a.Tier > 1 and d.Public;
allow(a: Agent, "read", d: Doc) if a.Name = "x" and d.Price > a.Score;
allow(a: Agent, "read", d: Doc) if g in a.Grants and d.Title = g.Kind and d.Level < g.Max;
allow(a: Agent, "read", d: Doc) if a.Limit != nil and d.Level < a.Limit;
allow(a: Agent, "read", d: Doc) if "admin" in a.Roles and d.Status in a.Roles;
allow(a: Agent, "read", d: Doc) if a.Deputy != nil and a.Deputy = a.Other and d.Title = "deputy";
allow(a: Agent, "read", d: Doc) if a.Attrs.city = d.Address.City;
allow(a: Agent, "edit", d: Doc) if d.At < a.Since;
`

func randomAgent(r *rand.Rand, depth int) Agent {
	a := Agent{
		Name: []string{"x", "y"}[r.IntN(2)], Tier: r.IntN(3), Score: float64(r.IntN(3)) / 2, Roles: [][]string{nil, {"admin", "open"}, {"x"}, {"admin"}}[r.IntN(4)],
		Limit: []*int{nil, ref(1), ref(2)}[r.IntN(3)], Grants: [][]Grant{nil, {{Kind: "a", Max: 1}}, {{Kind: "a", Max: 1}, {Kind: "b", Max: 2}}, {{Kind: "b", Max: 2}, {Kind: "b", Max: 2}}}[r.IntN(4)], Since: noon.Add(time.Duration(r.IntN(2))),
		Attrs: []map[string]string{nil, {"city": "a"}, {"city": "b"}}[r.IntN(3)],
	}
	if depth > 0 {
		for _, to := range []**Agent{&a.Deputy, &a.Other} {
			if r.IntN(3) > 0 {
				*to = ref(randomAgent(rand.New(rand.NewPCG(uint64(r.IntN(2)), 0)), depth-1))
			}
		}
	}
	return a
}

// TestACachedFilterIsTheOneThatOsoGives compares an engine that keeps filters with one that keeps none.
func TestACachedFilterIsTheOneThatOsoGives(t *testing.T) {
	t.Parallel()
	for _, size := range []int{3, 1000} {
		kept := engine(t, agents, oso.WithClass("Agent", Agent{}), oso.WithCache(size))
		fresh := engine(t, agents, oso.WithClass("Agent", Agent{}), oso.WithCache(0))
		r := rand.New(rand.NewPCG(uint64(size), 7))
		for range 300 {
			a := randomAgent(r, 1)
			action := []string{"read", "read", "read", "edit"}[r.IntN(4)]
			want, err := fresh.Filter(context.Background(), a, action, "Doc")
			require.NoError(t, err)
			for range 2 {
				got, err := kept.Filter(context.Background(), a, action, "Doc")
				require.NoError(t, err)
				require.Equal(t, want.String(), got.String())
			}
		}
	}
}

// occupied is a policy that looks something up for one action, and nothing for another.
const occupied = `
allow(u: User, "wait", _: Doc) if u.team != nil;
allow(u: User, "read", d: Doc) if d.Title = u.Name;
`

func TestACachedFilterNeedsNoOso(t *testing.T) {
	t.Parallel()
	release, waiting := make(chan struct{}), make(chan struct{})
	var asked atomic.Int32
	e := engine(t, occupied, oso.WithConcurrency(1), oso.WithFetcher(fetchFunc(func(context.Context, evaluate.Request) ([]bson.Raw, error) {
		if asked.Add(1) == 1 {
			close(waiting)
		}
		<-release
		return nil, nil
	})))
	ann, ben := users(t)[0], users(t)[1]
	first, err := read(e, ann)
	require.NoError(t, err)
	done := make(chan error)
	go func() {
		_, err := e.Filter(context.Background(), ann, "wait", "Doc")
		done <- err
	}()
	<-waiting // the only Oso is busy
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	again := ann
	again.Score, again.Roles = 17, []string{"what the policy does not read"}
	f, err := e.Filter(ctx, &again, "read", "Doc")
	require.NoError(t, err)
	require.Equal(t, first.String(), f.String())
	for _, other := range []User{ben, {ID: ann.ID, Name: "ann2"}, {ID: ben.ID, Name: "ann"}} {
		_, err = e.Filter(ctx, other, "read", "Doc")
		require.ErrorIs(t, err, context.DeadlineExceeded, "another name, or another key")
	}
	close(release)
	require.NoError(t, <-done)

	// What was looked up is looked up again.
	_, err = e.Filter(context.Background(), ann, "wait", "Doc")
	require.NoError(t, err)
	require.EqualValues(t, 2, asked.Load())
}

func TestErrorsAreNotKept(t *testing.T) {
	t.Parallel()
	e := engine(t, `allow(u: User, "read", d: Doc) if u.Name = "ann" and d.Title = u.Score;`)
	for range 3 {
		f, err := read(e, users(t)[0])
		requireUnsupported(t, err, "? = _this.Title")
		require.Equal(t, filter.Denied, f.Outcome())
		f, err = read(e, users(t)[1])
		require.NoError(t, err)
		require.Equal(t, filter.Denied, f.Outcome(), fmt.Sprint(f))
	}
}
