package casemgmt

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
)

func TestSpellBreaksWhatIsTooLongForALine(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 40)
	for _, tt := range []struct {
		name string
		v    any
		want string
	}{
		{"nothing", bson.D{}, `{}`},
		{"a short document", bson.D{{Key: "b", Value: 1}, {Key: "a", Value: bson.A{"<&>", nil, true}}}, `{"b": 1, "a": ["<&>", null, true]}`},
		{"no stages", mongo.Pipeline{}, `[]`},
		{"a long document", bson.D{{Key: "a", Value: long}, {Key: "b", Value: bson.D{{Key: "c", Value: long}, {Key: "d", Value: bson.A{}}}}},
			"{\n  \"a\": \"" + long + "\",\n  \"b\": {\"c\": \"" + long + "\", \"d\": []}\n}"},
		{"stages", mongo.Pipeline{{{Key: "$match", Value: bson.D{{Key: "a", Value: long}}}}, {{Key: "$limit", Value: 1}}, {{Key: "$unset", Value: "a"}}},
			"[\n  {\"$match\": {\"a\": \"" + long + "\"}},\n  {\"$limit\": 1},\n  {\"$unset\": \"a\"}\n]"},
		{"brackets in texts", bson.D{{Key: `}"{`, Value: `[{"`}}, `{"}\"{": "[{\""}`},
		{"Extended JSON", bson.D{{Key: "_id", Value: bson.ObjectID{}}}, `{"_id": {"$oid": "000000000000000000000000"}}`},
		{"what is no BSON", make(chan int), "It cannot be shown."},
	} {
		require.Equal(t, tt.want, spell(tt.v), tt.name)
	}
	require.LessOrEqual(t, len(spell(bson.D{{Key: "a", Value: strings.Repeat("é", spellMost)}})), spellMost+len("…"))
	require.Equal(t, `{"a": `, spellJSON([]byte(`{"a": `)), "what is no JSON is shown as it is")
}
