package mongoauthz_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
	"github.com/mongoauthz/go-mongoauthz/pipeline"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
)

// ruin changes everything that can be reached from v.
func ruin(v any) {
	switch v := v.(type) {
	case mongo.Pipeline:
		for i := range v {
			ruin(v[i])
			v[i] = bson.D{{Key: "$match", Value: bson.D{}}}
		}
	case []bson.D:
		ruin(mongo.Pipeline(v))
	case bson.D:
		for i := range v {
			ruin(v[i].Value)
			v[i] = bson.E{Key: "ruined", Value: true}
		}
	case bson.A:
		for i := range v {
			ruin(v[i])
			v[i] = "ruined"
		}
	case bson.M:
		for k := range v {
			ruin(v[k])
			v[k] = "ruined"
		}
	case bson.RawValue:
		for i := range v.Value {
			v.Value[i] = 0
		}
	case []string:
		for i := range v {
			v[i] = "ruined"
		}
	case *string:
		*v = "ruined"
	}
}

func TestPipelineIsAFreshCopy(t *testing.T) {
	t.Parallel()
	q, err := query(t, joined).Append(stage("$match", bson.M{"tags": bson.M{"$in": []string{"a"}}}), stage("$limit", 5))
	require.NoError(t, err)
	before := text(t, q.Pipeline())
	ruin(q.Pipeline())
	require.Equal(t, before, text(t, q.Pipeline()))

	longer := append(q.Pipeline(), stage("$skip", 1)) //nolint:gocritic // what a caller does
	require.Len(t, longer, len(q.Pipeline())+1)
	require.Equal(t, before, text(t, q.Pipeline()))
}

func TestFilterIsACopyOfWhatThePolicySaid(t *testing.T) {
	t.Parallel()
	said := filter.For("Book", filter.Where(filter.F("title").Eq("a")).As("own"), filter.Where(filter.Any{filter.Where(filter.F("title").In([]string{"b", "c"}))}))
	q := query(t, said)
	const want = "Book where\n  title = \"a\"  (own)\n  or (title in [\"b\", \"c\"])"
	require.Equal(t, want, q.Filter().String())
	f := q.Filter()
	ruin(f.Clauses[0].Conditions[0].(filter.Comparison).Operand.(filter.Literal).Value)
	f.Clauses[0].Conditions[0] = nil
	f.Clauses[1].Conditions[0].(filter.Any)[0].Conditions[0] = nil
	require.Equal(t, want, q.Filter().String())
	require.Equal(t, filter.Allowed, query(t, allowed).Filter().Outcome())
}

func TestFindFilterIsAFreshCopy(t *testing.T) {
	t.Parallel()
	q := query(t, filter.For("Book", filter.Where(filter.F("title").In([]string{"a", "b"}))))
	f, err := q.FindFilter()
	require.NoError(t, err)
	require.Equal(t, bson.D{{Key: "title", Value: f[0].Value}}, f)
	ruin(f)
	require.Equal(t, `[{"$match":{"title":{"$in":["a","b"]}}}]`, text(t, q.Pipeline()))
	again, err := q.FindFilter()
	require.NoError(t, err)
	require.Equal(t, `[{"title":{"$in":["a","b"]}}]`, text(t, mongo.Pipeline{again}))
}

func TestFindFilterOfADenialSelectsNothing(t *testing.T) {
	t.Parallel()
	f, err := query(t, denied).FindFilter()
	require.NoError(t, err)
	require.Equal(t, `[{"_id":{"$in":[]}}]`, text(t, mongo.Pipeline{f}))
}

func TestFindFilterSaysOnlyWhatItCan(t *testing.T) {
	t.Parallel()
	_, err := query(t, joined).FindFilter()
	require.ErrorIs(t, err, pipeline.ErrUnsupported)

	q, err := query(t, conditional).Append(stage("$limit", 1))
	require.NoError(t, err)
	_, err = q.FindFilter()
	require.ErrorIs(t, err, pipeline.ErrUnsupported)
}

func TestQueryNotMadeByAnAuthorizerAuthorizesNothing(t *testing.T) {
	t.Parallel()
	var none *mongoauthz.Query
	for _, q := range []*mongoauthz.Query{none, {}} {
		require.Equal(t, `[{"$match":{"_id":{"$in":[]}}}]`, text(t, q.Pipeline()))
		require.Equal(t, filter.Denied, q.Outcome())
		require.Empty(t, q.Resource())
		require.Equal(t, filter.Denied, q.Filter().Outcome())
		require.Nil(t, q.Collection())
		_, err := q.FindFilter()
		require.ErrorIs(t, err, mongoauthz.ErrArgument)
		_, err = q.Append(stage("$limit", 1))
		require.ErrorIs(t, err, mongoauthz.ErrArgument)
		_, err = q.Aggregate(t.Context())
		require.ErrorIs(t, err, mongoauthz.ErrArgument)
		_, err = q.Count(t.Context())
		require.ErrorIs(t, err, mongoauthz.ErrArgument)
		require.ErrorIs(t, q.All(t.Context(), &[]bson.D{}), mongoauthz.ErrArgument)
		_, err = q.Page(mongoauthz.PageRequest{Limit: 1})
		require.ErrorIs(t, err, mongoauthz.ErrArgument)
		_, err = mongoauthz.FetchPage[bson.D](t.Context(), q, mongoauthz.PageRequest{Limit: 1})
		require.ErrorIs(t, err, mongoauthz.ErrArgument)
		for _, err := range mongoauthz.Each[bson.Raw](t.Context(), q) {
			require.ErrorIs(t, err, mongoauthz.ErrArgument)
		}
	}
}

func TestQueryIsSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	q, err := query(t, joined).Append(stage("$match", bson.M{"tags": bson.A{"a"}}))
	require.NoError(t, err)
	want := text(t, q.Pipeline())
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			ruin(q.Pipeline())
			longer, err := q.Append(stage("$limit", 1))
			if err == nil {
				ruin(longer.Pipeline())
			}
			_, _ = q.Page(mongoauthz.PageRequest{Limit: 1})
			_, _ = q.FindFilter()
		})
	}
	group.Wait()
	require.Equal(t, want, text(t, q.Pipeline()))
}

func TestAQueryKeepsTheFilterThatThePolicyGave(t *testing.T) {
	t.Parallel()
	public := bson.RawValue{Type: bson.TypeBoolean, Value: []byte{1}}
	titles := []bson.RawValue{{Type: bson.TypeString, Value: []byte{2, 0, 0, 0, 'a', 0}}}
	f := filter.For("Book", filter.Where(filter.F("public").Eq(public), filter.Any{filter.Where(filter.F("title").In(titles))}))
	q := query(t, f)
	pipeline, judged := text(t, q.Pipeline()), fmt.Sprint(mongoauthz.Judged(q))
	public.Value[0], titles[0].Value[4] = 0, 'b'
	f.Clauses[0].Conditions[0] = filter.F("title").IsSet()
	f.Clauses[0].Conditions[1].(filter.Any)[0] = filter.Where(filter.True)
	require.Equal(t, pipeline, text(t, q.Pipeline()))
	require.Equal(t, judged, fmt.Sprint(mongoauthz.Judged(q)))
}
