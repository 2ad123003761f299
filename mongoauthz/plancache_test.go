package mongoauthz_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
	"github.com/stretchr/testify/require"
)

// ofActor lets actors read what is of their own names.
var ofActor = mongoauthz.PolicyFunc(func(_ context.Context, actor any, _, _ string) (filter.Filter, error) {
	p := filter.Reach("p", "publisher")
	return filter.For("Book", filter.Where(filter.F("title").Eq(actor)), filter.Some(p).Where(p.F("name").Eq(actor))), nil
})

func TestKeptPlansHaveTheValuesOfWhoeverAsks(t *testing.T) {
	t.Parallel()
	kept, anew := authorizer(t, ofActor), authorizer(t, ofActor, mongoauthz.WithPlanCache(0))
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for k := range 25 {
				actor := fmt.Sprint("actor ", i, k)
				if k%5 == 0 {
					actor = "ann"
				}
				got, err := kept.AuthorizedQuery(t.Context(), actor, "read", "Book")
				if err != nil {
					t.Error(err)
					return
				}
				want, err := anew.AuthorizedQuery(t.Context(), actor, "read", "Book")
				if err != nil || text(t, want.Pipeline()) != text(t, got.Pipeline()) {
					t.Error(actor, err)
				}
				ruin(got.Pipeline())
			}
		})
	}
	wg.Wait()
}

func TestKeptPlansHaveTheTenantOfWhoeverAsks(t *testing.T) {
	t.Parallel()
	az := authorizer(t, mongoauthz.PolicyFunc(func(context.Context, any, string, string) (filter.Filter, error) {
		return filter.Allow("Note"), nil
	}), mongoauthz.WithParameters(func(_ context.Context, actor any) (map[string]any, error) {
		return map[string]any{"tenant": actor}, nil
	}))
	for _, tenant := range []string{"a", "b", "a", "c"} {
		q, err := az.AuthorizedQuery(t.Context(), tenant, "read", "Note")
		require.NoError(t, err)
		require.Equal(t, `[{"$match":{"tenant":{"$eq":"`+tenant+`"}}}]`, text(t, q.Pipeline()))
	}
	q, err := az.AuthorizedQuery(t.Context(), nil, "read", "Note")
	require.NoError(t, err)
	require.Equal(t, `[{"$match":{"_id":{"$in":[]}}}]`, text(t, q.Pipeline()))
}

func TestPlanCacheOfFewerThanNoneIsRefused(t *testing.T) {
	t.Parallel()
	_, err := mongoauthz.New(database(t), library(t), ofActor, mongoauthz.WithPlanCache(-1))
	require.ErrorIs(t, err, mongoauthz.ErrArgument)
}

// BenchmarkAuthorizedQuery is all that comes before a command is sent: the policy is asked, its filter checked and compiled, or its plan found.
func BenchmarkAuthorizedQuery(b *testing.B) {
	for name, plans := range map[string]int{"kept": 10, "anew": 0} {
		b.Run(name, func(b *testing.B) {
			az := authorizer(b, ofActor, mongoauthz.WithPlanCache(plans))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := az.AuthorizedQuery(b.Context(), "ann", "read", "Book"); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkAuthorizedQueryCopied is what a caller pays who runs the query by himself: a plan that was kept, and a copy of its stages or filter.
func BenchmarkAuthorizedQueryCopied(b *testing.B) {
	five := filter.Where(
		filter.F("title").Ne("x"), filter.F("public").Eq(true), filter.F("_id").Gt(5),
		filter.F("title").StartsWith("T"), filter.F("title").In([]string{"a", "b"}),
	)
	pipelineOf := func(q *mongoauthz.Query) error { _ = q.Pipeline(); return nil }
	findFilterOf := func(q *mongoauthz.Query) error { _, err := q.FindFilter(); return err }
	for name, c := range map[string]struct {
		policy mongoauthz.PolicyFunc
		copied func(*mongoauthz.Query) error
	}{
		"pipeline": {ofActor, pipelineOf},
		"find filter of five leaves": {func(context.Context, any, string, string) (filter.Filter, error) {
			return filter.For("Book", five), nil
		}, findFilterOf},
	} {
		b.Run(name, func(b *testing.B) {
			az := authorizer(b, c.policy)
			b.ReportAllocs()
			for b.Loop() {
				q, err := az.AuthorizedQuery(b.Context(), "ann", "read", "Book")
				if err == nil {
					err = c.copied(q)
				}
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
