package mongoauthz_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
)

// outside are stages and operators that leave the documents they are given: they read others, write
// or run code.
var outside = map[string]bool{}

func init() {
	for name := range strings.FieldsSeq(`$lookup $graphLookup $unionWith $out $merge $geoNear $search $searchMeta $vectorSearch
		$changeStream $documents $collStats $indexStats $currentOp $listSessions $planCacheStats $rankFusion $scoreFusion`) {
		outside[name] = true
	}
}

// FuzzAppend appends stages given as extended JSON. What is accepted is sent as it was given, behind
// the authorization, and none of it leaves the authorized documents.
func FuzzAppend(f *testing.F) {
	for _, seed := range []string{
		`{"$match": {"title": "x"}}`, `{"$limit": 5}`, `{"$lookup": {"from": "users"}}`, `{"$match": {"$where": "1"}}`, `{}`,
		`{"$facet": {"a": [{"$skip": 1}], "b": [{"$facet": {"c": [{"$out": "x"}]}}]}}`, `{"$facet": {"a": [{"$match": {"$expr": {"$function": {}}}}]}}`,
		`{"$match": {"a": [[{"$_internalJsEmit": 1}]]}}`, `{"$set": {"$accumulator": {}}}`, `{"$unionWith": "books"}`, `{"$match": {}, "$out": "x"}`,
		`{"$facet": {"a": {"0": {"$lookup": {}}}}}`, `{"$facet": [[{"$lookup": {}}]]}`, `{"$group": {"_id": null, "n": {"$sum": {"$literal": "$lookup"}}}}`,
		`{"$match": {"$lookup": 1}}`, `{"$facet": {"a": [[{"$merge": "x"}]]}}`,
	} {
		f.Add(seed)
	}
	q := query(f, conditional)
	before := len(q.Pipeline())
	f.Fuzz(func(t *testing.T, js string) {
		var given bson.D
		if bson.UnmarshalExtJSON([]byte(js), false, &given) != nil {
			return
		}
		appended, err := q.Append(given)
		require.Len(t, q.Pipeline(), before, "the query itself has changed")
		if err != nil {
			require.ErrorIs(t, err, mongoauthz.ErrStage)
			return
		}
		pipeline := appended.Pipeline()
		require.Len(t, pipeline, before+1)
		sent, err := bson.Marshal(pipeline[before])
		require.NoError(t, err)
		want, err := bson.Marshal(given)
		require.NoError(t, err)
		require.Equal(t, bson.Raw(want), bson.Raw(sent))
		requireInside(t, mongo.Pipeline{given})
	})
}

// requireInside walks stages, those of each $facet likewise.
func requireInside(t *testing.T, stages any) {
	t.Helper()
	for _, stage := range elements(stages) {
		d, ok := stage.(bson.D)
		require.True(t, ok, "a stage is a %T", stage)
		require.Len(t, d, 1)
		require.True(t, strings.HasPrefix(d[0].Key, "$"), d[0].Key)
		require.False(t, outside[d[0].Key], d[0].Key)
		requireNoCode(t, d[0].Value)
		if d[0].Key == "$facet" {
			pipelines, ok := d[0].Value.(bson.D)
			require.True(t, ok, "a $facet of a %T", d[0].Value)
			for _, p := range pipelines {
				requireInside(t, p.Value)
			}
		}
	}
}

func elements(list any) []any {
	switch list := list.(type) {
	case mongo.Pipeline:
		out := make([]any, len(list))
		for i, stage := range list {
			out[i] = stage
		}
		return out
	case bson.A:
		return list
	}
	return []any{list} // which is no stage
}

func requireNoCode(t *testing.T, v any) {
	t.Helper()
	switch v := v.(type) {
	case bson.D:
		for _, e := range v {
			for _, code := range []string{"$where", "$function", "$accumulator", "$_internal"} {
				require.False(t, e.Key == code || code == "$_internal" && strings.HasPrefix(e.Key, code), e.Key)
			}
			requireNoCode(t, e.Value)
		}
	case bson.A:
		for _, e := range v {
			requireNoCode(t, e)
		}
	}
}
