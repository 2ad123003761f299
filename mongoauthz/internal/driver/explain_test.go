package driver_test

import (
	"testing"

	"github.com/mongoauthz/go-mongoauthz/mongoauthz/internal/driver"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
)

func explanation(t testing.TB, text string) bson.Raw {
	t.Helper()
	var d bson.D
	require.NoError(t, bson.UnmarshalExtJSON([]byte(text), true, &d))
	raw, err := bson.Marshal(d)
	require.NoError(t, err)
	return raw
}

func TestDocsExaminedAddsUpTheStages(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{
		`{"executionStats": {"totalDocsExamined": 3, "executionStages": {"totalDocsExamined": 2}}}`: 3,
		`{"stages": [{"$cursor": {"executionStats": {"totalDocsExamined": {"$numberLong": "4"}}}},
			{"$lookup": {"from": "x"}, "totalDocsExamined": 5}]}`: 9,
		`{"command": {"totalDocsExamined": 1}, "shards": {"a": {"totalDocsExamined": 2.0}}}`: 2,
	} {
		n, ok := driver.DocsExamined(explanation(t, text))
		require.True(t, ok, text)
		require.Equal(t, want, n, text)
	}
	_, ok := driver.DocsExamined(explanation(t, `{"queryPlanner": {}, "command": {"totalDocsExamined": 1}}`))
	require.False(t, ok)
}

func TestHasSortFindsAStageThatSorts(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		`{"queryPlanner": {"winningPlan": {"stage": "FETCH", "inputStage": {"stage": "SORT"}}}}`: true,
		`{"stages": [{"$cursor": {}}, {"$sort": {"sortKey": {"a": 1}}}]}`:                        true,
		`{"queryPlanner": {"Plan": {"Plans": [{"Node Type": "Incremental Sort"}]}}}`:             true,
		`{"queryPlanner": {"winningPlan": {"stage": "IXSCAN"}}}`:                                 false,
		`{"command": {"pipeline": [{"$sort": {"a": 1}}]}, "stage": "COLLSCAN"}`:                  false,
	} {
		require.Equal(t, want, driver.HasSort(explanation(t, text)), text)
	}
}
