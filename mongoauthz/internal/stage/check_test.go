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
	for text, tt := range map[string]struct {
		allowed stage.AllowList
		want    *stage.Refusal
	}{
		`{"$match": {"a": 1}}`:               {inside, nil},
		`{"$lookup": {"from": "x"}}`:         {inside, &stage.Refusal{Stage: "$lookup", Where: "stage 1", Problem: "is not known to stay inside its input"}},
		`{"$facet": {"a": [{"$out": "x"}]}}`: {inside, &stage.Refusal{Stage: "$out", Where: "stage 1, $facet.a, stage 1", Problem: "is not known to stay inside its input"}},
		`{"$facet": {"a": {}}}`:              {inside, &stage.Refusal{Stage: "$facet", Where: "stage 1", Problem: "holds something else than pipelines"}},
		`{"$lookup": {"pipeline": [{"$match": {"$where": "1"}}]}}`: {
			lookups, &stage.Refusal{Stage: "$lookup", Where: "stage 1", Problem: `holds "$where"`},
		},
		`{"$match": {}, "$limit": 1}`: {inside, &stage.Refusal{Where: "stage 1", Problem: "a stage has one field, its name"}},
	} {
		var d bson.D
		require.NoError(t, bson.UnmarshalExtJSON([]byte(text), true, &d))
		raw, err := bson.Marshal(d)
		require.NoError(t, err)
		require.Equal(t, tt.want, tt.allowed.Check(raw, "stage 1"), text)
	}
}
