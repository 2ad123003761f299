package inspect_test

import (
	"fmt"
	"testing"

	"github.com/mongoauthz/go-mongoauthz/evaluate"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz/internal/inspect"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
)

func TestKeyHashesOfEqualValuesAreEqual(t *testing.T) {
	t.Parallel()
	var d bson.D
	require.NoError(t, bson.UnmarshalExtJSON([]byte(`{"v": [0, -0.0, {"$numberDecimal": "-0E+3"}, {"$numberLong": "0"}, 5, 5.0, {"$numberDecimal": "5.00"}, {"$numberDecimal": "0.5E1"}, 0.1, {"$numberDecimal": "0.1"},
		{"$numberLong": "9007199254740993"}, {"$numberDecimal": "9007199254740993"}, 9007199254740992.0, {"$numberDouble": "NaN"}, {"$numberDecimal": "NaN"},
		{"$numberDouble": "-Infinity"}, {"$numberDecimal": "-Infinity"}, {"$numberDecimal": "1E+6000"}, {"$numberDecimal": "10E+5999"}, "x", {"$symbol": "x"}, "", null, true,
		{"a": 1}, {"a": 1.0}, {"b": 1}, [1], [1.0], [[1]], {"0": 1}, {"$oid": "5f0000000000000000000000"}, {"$binary": {"base64": "", "subType": "04"}}, {"$minKey": 1}]}`), true, &d))
	raw, err := bson.Marshal(d)
	require.NoError(t, err)
	all, err := bson.Raw(raw).Lookup("v").Array().Values()
	require.NoError(t, err)
	differ := 0
	for i, a := range all {
		for k, b := range all {
			if evaluate.Equal(a, b) {
				require.Equal(t, inspect.KeyHash(a), inspect.KeyHash(b), "%d %d", i, k)
			} else if inspect.KeyHash(a) != inspect.KeyHash(b) {
				differ++
			}
		}
	}
	require.Greater(t, differ, len(all), fmt.Sprintf("of %d values", len(all)))
}
