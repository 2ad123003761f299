package mongoauthz_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// record is what one record of the log says.
type record struct {
	Level, Msg, Action, Resource, Collection, Pipeline string
	Duration                                           *int64
	Failed                                             bool
}

// logged runs a query, in vain, and returns the records.
func logged(t *testing.T, f filter.Filter, level slog.Level, stages []bson.D, opts ...mongoauthz.Option) []record {
	t.Helper()
	var out bytes.Buffer
	logger := slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: level}))
	q, err := query(t, f, append(opts, mongoauthz.WithLogger(logger))...).Append(stages...)
	require.NoError(t, err)
	_, err = q.Count(t.Context())
	require.Error(t, err)
	var records []record
	for line := range strings.Lines(out.String()) {
		var r record
		require.NoError(t, json.Unmarshal([]byte(line), &r))
		records = append(records, r)
	}
	return records
}

func TestEachRunIsOneRecordAtDebug(t *testing.T) {
	t.Parallel()
	records := logged(t, conditional, slog.LevelDebug, []bson.D{stage("$match", bson.M{"title": "a"}), stage("$limit", 5)})
	require.Len(t, records, 1)
	require.NotNil(t, records[0].Duration)
	records[0].Duration = nil
	require.Equal(t, record{
		Level: "DEBUG", Msg: "authorized query", Action: "read", Resource: "Book", Collection: "books", Failed: true,
		Pipeline: `[{"$match":{"public":{"$eq":"?"}}},{"$match":{"title":"?"}},{"$limit":5},{"$count":"n"}]`,
	}, records[0])
}

func TestNothingIsLoggedAtInfo(t *testing.T) {
	t.Parallel()
	require.Empty(t, logged(t, conditional, slog.LevelInfo, nil))
}

func TestValuesAreLoggedIfAskedFor(t *testing.T) {
	t.Parallel()
	records := logged(t, conditional, slog.LevelDebug, []bson.D{stage("$match", bson.M{"title": "a"})}, mongoauthz.WithLoggedValues())
	require.Equal(t, `[{"$match":{"public":{"$eq":true}}},{"$match":{"title":"a"}},{"$count":"n"}]`, records[0].Pipeline)
}

func TestLogHidesEveryValue(t *testing.T) {
	t.Parallel()
	const secret = "hunter2"
	p, c := filter.Reach("p", "publisher"), filter.Reach("c", "chapters")
	var conditions []filter.Condition
	for _, f := range []filter.Field{filter.F("title"), filter.F("tags"), p.F("name"), c.F("title")} {
		conditions = append(conditions, f.Eq(secret), f.Ne("$"+secret), f.Lt(secret), f.Lte(secret), f.Gt(secret), f.Gte("$$"+secret),
			f.In([]string{secret, "$" + secret}), f.Nin([]string{secret}), f.StartsWith(secret), f.EndsWith("$"+secret), f.ContainsText(secret))
	}
	conditions = append(conditions, filter.F("tags").Contains(secret), filter.F("tags").Intersects([]string{secret}),
		filter.F("tags").SubsetOf([]string{secret}), filter.F("pages").Eq(8675309), p.F("_id").Gt(8675309))
	var clauses []filter.Clause
	for _, cond := range conditions {
		some := filter.Some(p, c).Where(cond, p.Exists(), c.Exists())
		clauses = append(clauses, some, filter.Where(filter.None(some)), filter.Some(p, c).Where(filter.Not(cond), p.Exists(), c.Exists()))
	}
	stages := []bson.D{
		stage("$match", bson.M{"title": secret, "n": 8675309, "$or": bson.A{bson.M{"x": bson.Regex{Pattern: secret}}}}),
		stage("$match", bson.M{"title": struct{ Title *string }{new(secret)}}),
		stage("$set", bson.D{{Key: "x", Value: bson.D{{Key: "$literal", Value: "$" + secret}}}}),
		stage("$facet", bson.M{"a": bson.A{bson.M{"$match": bson.M{"x": "$" + secret}}}}),
	}
	keys := logged(t, filter.For("Book", clauses...), slog.LevelDebug, stages)
	require.Len(t, keys, 1)
	require.Equal(t, "authorized query keys", keys[0].Msg)
	require.True(t, keys[0].Failed)
	require.NotContains(t, keys[0].Pipeline, secret)
	require.NotContains(t, keys[0].Pipeline, "8675309")
	require.Contains(t, keys[0].Pipeline, `{"$unionWith":{"coll":"publishers"`)
	text := logged(t, filter.For("Book", clauses...), slog.LevelDebug, stages, mongoauthz.WithConsistency(mongoauthz.SingleCommand))[0].Pipeline
	require.NotContains(t, text, secret)
	require.NotContains(t, text, "8675309")
	for _, shown := range []string{`"from":"publishers"`, `"$regex":"?"`, `"localField":"publisher_id"`, `{"$set":{"x":{"$literal":"?"}}}`, `"title"`} {
		require.Contains(t, text, shown)
	}
}
