package pipeline_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/pipeline"
)

// operators is every key with a $ that the compiler may emit. A new spelling is added here on purpose.
var operators = map[string]bool{}

func init() {
	for _, op := range strings.Fields(`$match $lookup $unset $limit $project $unwind $group $unionWith $addToSet $sum
		$and $or $nor $not $eq $ne $in $nin $lt $lte $gt $gte $type $exists $regex $elemMatch $size $expr
		$literal $cond $isArray $isNumber $map $anyElementTrue $allElementsTrue $regexMatch $ifNull $arrayElemAt $reduce $concatArrays`) {
		operators[op] = true
	}
}

// FuzzCompile compiles filters read from JSON: no panic, no empty pipeline, and no operator key that came from a value.
func FuzzCompile(f *testing.F) {
	schema := library(f)
	for _, c := range goldenCases() {
		js, err := json.Marshal(c.filter)
		require.NoError(f, err)
		f.Add(js)
	}
	f.Fuzz(func(t *testing.T, js []byte) {
		var flt filter.Filter
		if json.Unmarshal(js, &flt) != nil {
			return
		}
		plan, err := pipeline.Compile(schema, flt)
		if err != nil {
			require.Nil(t, plan)
			return
		}
		stages := plan.Stages()
		require.NotEmpty(t, stages)
		match, ok := stages[len(stages)-1][0].Value.(bson.D)
		if len(plan.Joins()) > 0 {
			match, ok = stages[len(stages)-2][0].Value.(bson.D)
		}
		require.True(t, ok)
		require.Equal(t, len(match) == 0, plan.Outcome() == filter.Allowed && flt.Resource != "Draft" && flt.Resource != "Memo", "an empty $match is said for Allowed without a scope, and only there")
		for _, s := range stages {
			checkOperators(t, s)
		}
		for _, eager := range []bool{false, true} {
			r := plan.Resolution(eager, 0)
			if r == nil {
				continue
			}
			for _, s := range r.Stages() {
				checkOperators(t, s)
			}
			none, err := r.Resolve(nil)
			require.NoError(t, err, "what nothing is found for still compiles")
			for _, s := range none.Stages() {
				checkOperators(t, s)
			}
		}
	})
}

// checkOperators walks what the compiler wrote. Values are bson.RawValues, which it does not enter: they are data by their type.
func checkOperators(t *testing.T, v any) {
	switch v := v.(type) {
	case bson.D:
		for _, e := range v {
			if strings.HasPrefix(e.Key, "$") {
				require.True(t, operators[e.Key], "operator %s", e.Key)
			}
			checkOperators(t, e.Value)
		}
	case bson.A:
		for _, e := range v {
			checkOperators(t, e)
		}
	case []bson.D:
		for _, e := range v {
			checkOperators(t, e)
		}
	case nil, bool, string, int32, bson.RawValue:
	default:
		t.Fatalf("a %T in the pipeline", v)
	}
}
