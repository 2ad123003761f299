package oso_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mongoauthz/go-mongoauthz/engine/oso"
	"github.com/mongoauthz/go-mongoauthz/evaluate"
	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
)

func TestTheContextEndsAnEvaluationAtOnce(t *testing.T) {
	t.Parallel()
	release, waiting := make(chan struct{}), make(chan struct{}, 1)
	m := memory(t)
	e := engine(t, lookup, oso.WithConcurrency(1), oso.WithFetcher(fetchFunc(func(ctx context.Context, r evaluate.Request) ([]bson.Raw, error) {
		select {
		case waiting <- struct{}{}:
		default:
		}
		<-release // whatever the context says
		return m.Fetch(context.Background(), r)
	})))
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		<-waiting
		cancel()
	}()
	_, err := e.Filter(ctx, users(t)[0], "read", "Doc")
	require.ErrorIs(t, err, context.Canceled)

	// The abandoned evaluation counts among those that run at once.
	ctx, cancel = context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	_, err = e.Filter(ctx, users(t)[0], "read", "Doc")
	require.ErrorIs(t, err, context.DeadlineExceeded)
	close(release)
	f, err := read(e, users(t)[0])
	require.NoError(t, err)
	require.Equal(t, filter.Conditional, f.Outcome())
	_, err = e.Filter(ctx, users(t)[0], "read", "Doc")
	require.ErrorIs(t, err, context.DeadlineExceeded, "a context that ended before")
}

func TestOsoEndsAnEvaluationByItsOwnLimit(t *testing.T) {
	t.Setenv("POLAR_TIMEOUT_MS", "300")
	e := engine(t, `allow(u: User, "read", d: Doc) if endless(u, d); endless(u, d) if endless(u, d); allow("ann", "read", _: Doc);`, oso.WithConcurrency(1))
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	start := time.Now()
	_, err := e.Filter(ctx, users(t)[0], "read", "Doc")
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.Less(t, time.Since(start), 200*time.Millisecond)
	f, err := read(e, "ann")
	require.NoError(t, err)
	require.Equal(t, filter.Allowed, f.Outcome())
	_, err = read(e, users(t)[0])
	failed := (*oso.EngineError)(nil)
	require.ErrorAs(t, err, &failed)
	require.Equal(t, "RuntimeErrorQueryTimeout", failed.Kind)
}

func TestConcurrentEvaluations(t *testing.T) {
	t.Parallel()
	e := engine(t, lookup+`allow(u: User, "read", d: Doc) if d.Price > u.Score or u.Name = d.Title;`, oso.WithFetcher(memory(t)), oso.WithConcurrency(4))
	var group sync.WaitGroup
	for g := range 16 {
		group.Go(func() {
			actor := users(t)[0]
			actor.Name, actor.Score = fmt.Sprintf("u%d", g), float64(g)+0.5
			want := fmt.Sprintf("Doc where\n  owner owner: team_id = 1 and owner._id = ObjectID(%s)\n  or price > %v\n  or title = %q", id(1).Hex(), actor.Score, actor.Name)
			for range 50 {
				f, err := read(e, actor)
				if err != nil || f.String() != want {
					t.Errorf("%v, %v", f, err)
				}
			}
		})
	}
	group.Wait()
}

// TestReload swaps engines under load: each answer is that of one policy or the other.
func TestReload(t *testing.T) {
	t.Parallel()
	var current atomic.Pointer[oso.Engine]
	policy := func(title string) string {
		return `allow(u: User, "read", d: Doc) if d.Title = "` + title + `" and u.Name = "ann";`
	}
	current.Store(engine(t, policy("old")))
	swapped := mongoauthz.PolicyFunc(func(ctx context.Context, actor any, action, resource string) (filter.Filter, error) {
		return current.Load().Filter(ctx, actor, action, resource)
	})
	ann := users(t)[0]
	var group sync.WaitGroup
	stop := make(chan struct{})
	for range 4 {
		group.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				f, err := swapped.Filter(context.Background(), ann, "read", "Doc")
				if s := f.String(); err != nil || s != `Doc where title = "old"` && s != `Doc where title = "new"` {
					t.Errorf("%s, %v", s, err)
					return
				}
			}
		})
	}
	for n := range 6 {
		current.Store(engine(t, policy([]string{"new", "old"}[n%2])))
	}
	current.Store(engine(t, policy("new")))
	close(stop)
	group.Wait()
	f, err := swapped.Filter(context.Background(), ann, "read", "Doc")
	require.NoError(t, err)
	require.Equal(t, `Doc where title = "new"`, f.String())
}
