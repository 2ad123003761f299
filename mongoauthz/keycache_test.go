package mongoauthz_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
	"github.com/mongoauthz/go-mongoauthz/pipeline"
)

func resolution(t testing.TB, country string) *pipeline.Resolution {
	t.Helper()
	p := filter.Reach("p", "publisher")
	plan, err := pipeline.Compile(library(t), filter.For("Book", filter.Some(p).Where(p.F("name").Eq(country))))
	require.NoError(t, err)
	r := plan.Resolution(false, 0)
	require.NotNil(t, r)
	return r
}

func TestKeyCacheHoldsNoMoreThanItsEntriesAndNothingOld(t *testing.T) {
	t.Parallel()
	asked := 0
	ask := func() ([]bson.Raw, error) { asked++; return nil, nil }
	k := mongoauthz.NewKeyCache(2, time.Hour)
	for range 2 {
		for i := range 2 {
			k.Read(t.Context(), resolution(t, fmt.Sprint(i)), ask)
		}
	}
	require.Equal(t, 2, asked)
	k.Read(t.Context(), resolution(t, "2"), ask)
	require.Equal(t, 2, k.Len())

	k = mongoauthz.NewKeyCache(2, time.Nanosecond)
	asked = 0
	for range 3 {
		k.Read(t.Context(), resolution(t, "0"), ask)
		time.Sleep(time.Microsecond)
	}
	require.Equal(t, 3, asked)
}

func TestKeysThatAreReadWhileTheyAreForgottenAreNotKept(t *testing.T) {
	t.Parallel()
	k := mongoauthz.NewKeyCache(2, time.Hour)
	k.Read(t.Context(), resolution(t, "0"), func() ([]bson.Raw, error) {
		k.Forget("grants")
		return nil, nil
	})
	require.Zero(t, k.Len())
}

func TestKeyCacheIsSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	k := mongoauthz.NewKeyCache(3, time.Millisecond)
	var wg sync.WaitGroup
	for i := range 8 {
		r := resolution(t, fmt.Sprint(i%5))
		wg.Go(func() {
			for range 200 {
				k.Read(t.Context(), r, func() ([]bson.Raw, error) { return []bson.Raw{{5, 0, 0, 0, 0}}, nil })
				k.Forget()
			}
		})
	}
	wg.Wait()
	require.LessOrEqual(t, k.Len(), 3)
}

func TestWithKeyCacheRefusesWhatKeepsNothing(t *testing.T) {
	t.Parallel()
	for _, opt := range []mongoauthz.Option{mongoauthz.WithKeyCache(0, time.Hour), mongoauthz.WithKeyCache(1, 0)} {
		_, err := mongoauthz.New(database(t), library(t), answers(filter.Filter{}), opt)
		require.ErrorIs(t, err, mongoauthz.ErrArgument)
	}
}

// What MongoDB says of an aggregate with a $lookup, in short.
func TestExaminedDocumentsAreThoseThatTheServerSays(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{
		`{"executionStats": {"totalDocsExamined": 7, "executionStages": {"docsExamined": 7}}}`:                                                           7,
		`{"stages": [{"$cursor": {"executionStats": {"totalDocsExamined": 5}}}, {"$lookup": {"from": "a"}, "totalDocsExamined": {"$numberLong": "6"}}]}`: 11,
		`{"shards": {"a": {"executionStats": {"totalDocsExamined": 1}}, "b": {"executionStats": {"totalDocsExamined": 2}}}}`:                             3,
		`{"queryPlanner": {"Plan": {"Node Type": "Sort"}}, "command": {"totalDocsExamined": 9}}`:                                                         -1,
	} {
		var said bson.Raw
		require.NoError(t, bson.UnmarshalExtJSON([]byte(text), false, &said))
		require.Equal(t, want, mongoauthz.DocsExamined(said), text)
	}
}

func TestAnExplanationSaysWhetherTheServerSorts(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		`{"queryPlanner": {"winningPlan": {"stage": "LIMIT", "inputStage": {"stage": "SORT", "inputStage": {"stage": "IXSCAN"}}}}}`:          true,
		`{"queryPlanner": {"winningPlan": {"stage": "LIMIT", "inputStage": {"stage": "SORT_MERGE", "inputStages": [{"stage": "IXSCAN"}]}}}}`: false,
		`{"stages": [{"$cursor": {}}, {"$sort": {"sortKey": {"date": -1}}}]}`:                                                                true,
		`{"queryPlanner": {"Plan": {"Node Type": "Limit", "Plans": [{"Node Type": "Sort"}]}}}`:                                               true,
		`{"queryPlanner": {"winningPlan": {"stage": "FETCH"}}, "command": {"pipeline": [{"$sort": {"date": -1}}]}}`:                          false,
	} {
		var said bson.Raw
		require.NoError(t, bson.UnmarshalExtJSON([]byte(text), false, &said))
		require.Equal(t, want, mongoauthz.HasSort(said), text)
	}
}
