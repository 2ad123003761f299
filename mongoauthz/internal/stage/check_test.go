package stage_test

import (
	"testing"

	"github.com/mongoauthz/go-mongoauthz/mongoauthz/internal/stage"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
)

func TestCheckSaysWhichStageIsRefused(t *testing.T) {
	t.Parallel()
	inside := stage.Inside()
	lookups := stage.Inside()
	lookups["$lookup"] = true
	const elsewhere = "reads other documents, for which no policy would hold: read them by an authorized query of their own, or accept it by WithStages"
	for text, tt := range map[string]struct {
		allowed stage.AllowList
		want    *stage.Refusal
	}{
		`{"$match": {"a": 1}}`:               {inside, nil},
		`{"$lookup": {"from": "x"}}`:         {inside, &stage.Refusal{Stage: "$lookup", Where: "stage 1", Problem: elsewhere}},
		`{"$facet": {"a": [{"$out": "x"}]}}`: {inside, &stage.Refusal{Stage: "$out", Where: "stage 1, $facet.a, stage 1", Problem: "writes: use Query.UpdateMany and its kin, or accept it by WithStages"}},
		`{"$facet": {"a": {}}}`:              {inside, &stage.Refusal{Stage: "$facet", Where: "stage 1", Problem: "holds something else than pipelines: give each field an array of stages"}},
		`{"$lookup": {"pipeline": [{"$match": {"$where": "1"}}]}}`: {
			lookups, &stage.Refusal{Stage: "$lookup", Where: "stage 1", Problem: `holds "$where"`},
		},
		`{"$unionWith": "x"}`: {inside, &stage.Refusal{Stage: "$unionWith", Where: "stage 1", Problem: elsewhere}},
		`{"$unknown": {}}`: {
			inside, &stage.Refusal{Stage: "$unknown", Where: "stage 1", Problem: "is not known to stay inside its input: accept it by WithStages if it does"},
		},
		`{"$lookup": {"pipeline": [{"$out": "x"}]}}`: {
			lookups, &stage.Refusal{Stage: "$out", Where: "stage 1, $lookup.pipeline, stage 1", Problem: "writes: use Query.UpdateMany and its kin, or accept it by WithStages"},
		},
		`{"$lookup": {"pipeline": [{"$match": {"$text": {"$search": "x"}}}]}}`: {lookups, nil},
		`{"$match": {}, "$limit": 1}`:                                          {inside, &stage.Refusal{Where: "stage 1", Problem: "a stage has one field, its name"}},
	} {
		var d bson.D
		require.NoError(t, bson.UnmarshalExtJSON([]byte(text), true, &d))
		raw, err := bson.Marshal(d)
		require.NoError(t, err)
		require.Equal(t, tt.want, tt.allowed.Check(raw, "stage 1"), text)
	}
}

func TestFieldsOfACallersOwnAreNoPipelines(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`{"$set": {"pipeline": [{"$out": "x"}]}}`,
		`{"$addFields": {"whenMatched": [{"$out": "x"}], "input": {"pipelines": {"a": 1}}}}`,
		`{"$match": {"pipeline": [{"$merge": "x"}]}}`,
		`{"$match": {"pipeline": {"$in": [[{"$merge": "x"}]]}}}`,
		`{"$group": {"_id": {"pipeline": [{"$out": "x"}]}}}`,
		`{"$project": {"pipeline": 1}}`,
	} {
		require.Nil(t, check(t, text), text)
	}
}

func TestOperatorsThatCannotFollowOtherStagesAreRefused(t *testing.T) {
	t.Parallel()
	for text, operator := range map[string]string{
		`{"$match": {"$text": {"$search": "x"}}}`:                                          "$text",
		`{"$match": {"a": 1, "$or": [{"b": 1}, {"$and": [{"$text": {"$search": "x"}}]}]}}`: "$text",
		`{"$match": {"$nor": [{"$text": {"$search": "x"}}, {"$text": {"$search": "y"}}]}}`: "$text",
		`{"$match": {"at": {"$near": [1, 2]}}}`:                                            "$near",
		`{"$match": {"at": {"$not": {"$nearSphere": [1, 2]}}}}`:                            "$nearSphere",
		`{"$match": {"list": {"$elemMatch": {"at": {"$near": [1, 2]}}}}}`:                  "$near",
		`{"$match": {"list": {"$all": [{"$elemMatch": {"at": {"$near": [1, 2]}}}]}}}`:      "$near",
		`{"$facet": {"a": [{"$match": {"at": {"$near": [1, 2]}}}]}}`:                       "$near",
		`{"$match": {"$expr": {"$eq": ["$a", {"$literal": {"$near": 1}}]}}}`:               "",
		`{"$match": {"a": {"$eq": {"$near": 1}}, "b": {"$in": [{"$text": 1}]}}}`:           "",
		`{"$match": {"a": {"b": {"$near": 1}}}}`:                                           "",
		`{"$match": {"at": {"$geoWithin": {"$centerSphere": [[1, 2], 3]}}}}`:               "",
		`{"$set": {"a": {"$literal": {"$near": 1}}}}`:                                      "",
	} {
		refusal := check(t, text)
		if operator == "" {
			require.Nil(t, refusal, text)
			continue
		}
		require.NotNil(t, refusal, text)
		require.Equal(t, "$match", refusal.Stage, text)
		require.Regexp(t, `^holds "\`+operator+`", which .*: (search|use) `, refusal.Problem, text)
	}
}

func check(t *testing.T, text string) *stage.Refusal {
	t.Helper()
	var d bson.D
	require.NoError(t, bson.UnmarshalExtJSON([]byte(text), true, &d))
	raw, err := bson.Marshal(d)
	require.NoError(t, err)
	return stage.Inside().Check(raw, "stage 1")
}
