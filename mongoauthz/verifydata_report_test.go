package mongoauthz_test

import (
	"strings"
	"testing"

	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
)

func TestDataReportErrHasBrokenPromisesOnly(t *testing.T) {
	t.Parallel()
	warning := mongoauthz.DataFinding{Type: "A", Path: "x", Problem: mongoauthz.DataArray}
	broken := mongoauthz.DataFinding{Type: "A", Collection: "as", Path: "y", Problem: mongoauthz.DataRequired, Broken: true, Documents: 1, Of: 2}
	require.NoError(t, mongoauthz.DataReport{}.Err())
	require.NoError(t, mongoauthz.DataReport{Findings: []mongoauthz.DataFinding{warning}}.Err())
	err := mongoauthz.DataReport{Findings: []mongoauthz.DataFinding{warning, broken}}.Err()
	require.ErrorIs(t, err, mongoauthz.ErrData)
	var data *mongoauthz.DataError
	require.ErrorAs(t, err, &data)
	require.Equal(t, []mongoauthz.DataFinding{broken}, data.Findings)
	require.EqualError(t, err, "mongoauthz: stored data break a promise of the schema\n"+
		"error: A.y in as: 1 of 2 documents lacks it or holds null there, and it is declared required. Store a value, or remove the declaration.")
	require.Equal(t, "No findings.", mongoauthz.DataReport{}.String())
}

func TestEveryDataProblemHasAText(t *testing.T) {
	t.Parallel()
	names, lines := map[string]bool{}, map[string]bool{}
	for p := mongoauthz.DataOtherType; p <= mongoauthz.DataNoDocuments; p++ {
		names[p.String()] = true
		require.NotContains(t, p.String(), "DataProblem(")
		line := mongoauthz.DataFinding{Type: "A", Collection: "as", Path: "x", Problem: p, Documents: 2, Of: 3}.String()
		require.NotContains(t, line, "\n")
		require.NotContains(t, line, "Compare the schema")
		lines[line] = true
	}
	require.Len(t, names, int(mongoauthz.DataNoDocuments))
	require.Len(t, lines, int(mongoauthz.DataNoDocuments))
	require.Equal(t, "DataProblem(0)", mongoauthz.DataProblem(0).String())
	require.Contains(t, mongoauthz.DataFinding{}.String(), "DataProblem(0)", "the zero finding does not panic")
}

func TestIDsAreShownInOneLineAndNotWhole(t *testing.T) {
	t.Parallel()
	f := mongoauthz.DataFinding{Type: "A", Collection: "as", Problem: mongoauthz.DataArray, Examples: []bson.RawValue{
		rawValue(strings.Repeat("ä\n", 1000)), rawValue(bson.D{{Key: "a", Value: 1}}), {Type: bson.TypeNull}, {},
	}}
	require.NotContains(t, f.String(), "\n")
	require.Less(t, len(f.String()), 400)
	require.Contains(t, f.String(), `…, {"a":1}, null, (`)
}
