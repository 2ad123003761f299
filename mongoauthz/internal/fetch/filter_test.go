package fetch_test

import (
	"fmt"
	"testing"

	"github.com/mongoauthz/go-mongoauthz/evaluate"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz/internal/fetch"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
)

func bsonValue(t testing.TB, v any) bson.RawValue {
	t.Helper()
	raw, err := bson.Marshal(bson.D{{Key: "v", Value: v}})
	require.NoError(t, err)
	return bson.Raw(raw).Lookup("v")
}

func matching(t testing.TB, field string, keys ...any) evaluate.Match {
	m := evaluate.Match{Field: field}
	for _, k := range keys {
		m.Keys = append(m.Keys, bsonValue(t, k))
	}
	return m
}

func TestKeysAreAskedForAsValues(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		match []evaluate.Match
		want  string
	}{
		"nothing to hold": {nil, `{}`},
		"plain":           {[]evaluate.Match{matching(t, "k", 1, "a", "$b", bson.D{{Key: "a", Value: "$b"}})}, `{"k":{"$in":[1,"a","$b",{"a":"$b"}]}}`},
		"a pattern":       {[]evaluate.Match{matching(t, "k", bson.Regex{Pattern: ".*"})}, `{"k":{"$eq":{"$regularExpression":{"pattern":".*","options":""}}}}`},
		"an operator":     {[]evaluate.Match{matching(t, "k", bson.D{{Key: "$gt", Value: ""}})}, `{"k":{"$eq":{"$gt":""}}}`},
		"among others": {
			[]evaluate.Match{matching(t, "k", bson.D{{Key: "$ne", Value: 1}}, 1, bson.Undefined{})},
			`{"$or":[{"k":{"$in":[1]}},{"k":{"$eq":{"$ne":1}}},{"k":{"$type":6}}]}`,
		},
		"two pairs": {[]evaluate.Match{matching(t, "k", 1), matching(t, "in.k", "x")}, `{"$and":[{"k":{"$in":[1]}},{"in.k":{"$in":["x"]}}]}`},
		"no keys":   {[]evaluate.Match{{Field: "k"}}, `{"k":{"$in":[]}}`},
	} {
		got, err := bson.MarshalExtJSON(fetch.Filter(tt.match), false, false)
		require.NoError(t, err)
		require.Equal(t, tt.want, string(got), name)
	}
}

func TestWhatIsAskedForIsSplitWithoutLosingAPairOfKeys(t *testing.T) {
	t.Parallel()
	var a, b []any
	for i := range 40 {
		a = append(a, fmt.Sprintf("a%d", i))
	}
	for i := range 7 {
		b = append(b, fmt.Sprintf("b%d", i))
	}
	for _, limit := range []int{0, 60, 120, 500, 1000, 1 << 20} {
		match := []evaluate.Match{matching(t, "a", a...), matching(t, "b", b...)}
		seen := map[string]int{}
		parts := fetch.Split(match, limit)
		for _, part := range parts {
			require.Len(t, part, 2)
			for _, x := range part[0].Keys {
				for _, y := range part[1].Keys {
					seen[x.StringValue()+y.StringValue()]++
				}
			}
		}
		require.Len(t, seen, 40*7, "limit %d", limit)
		for pair, n := range seen {
			require.Equal(t, 1, n, pair)
		}
		require.Len(t, match[0].Keys, 40, "the request is left as it was")
		switch limit {
		case 0, 60:
			require.Len(t, parts, 40*7)
		case 1 << 20:
			require.Len(t, parts, 1)
		}
	}
	require.Equal(t, [][]evaluate.Match{nil}, fetch.Split(nil, 0))
}
