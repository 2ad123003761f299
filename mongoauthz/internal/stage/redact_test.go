package stage_test

import (
	"testing"

	"github.com/mongoauthz/go-mongoauthz/mongoauthz/internal/stage"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
)

func TestRedactHidesEveryValue(t *testing.T) {
	t.Parallel()
	const secret = "hunter2"
	for want, s := range map[string]bson.D{
		`{"$match":{"title":"?"}}`:             {{Key: "$match", Value: bson.M{"title": secret}}},
		`{"$match":{"t":{"$in":["?"]}}}`:       {{Key: "$match", Value: bson.D{{Key: "t", Value: bson.D{{Key: "$in", Value: []string{secret, "b"}}}}}}},
		`{"$set":{"x":{"$literal":"?"}}}`:      {{Key: "$set", Value: bson.D{{Key: "x", Value: bson.D{{Key: "$literal", Value: 5}}}}}},
		`{"$match":{"a":["?",{"b":"?"},"?"]}}`: {{Key: "$match", Value: bson.D{{Key: "a", Value: bson.A{1, true, bson.D{{Key: "b", Value: nil}}, 2}}}}},
		`{"$match":{"title":{"n":"?"}}}`:       {{Key: "$match", Value: bson.D{{Key: "title", Value: struct{ N *string }{new(secret)}}}}},
		`{"$match":"?"}`:                       {{Key: "$match", Value: func() {}}},
		`{"$limit":5}`:                         {{Key: "$limit", Value: int32(5)}},
		`{"$sort":{"a":-1}}`:                   {{Key: "$sort", Value: bson.D{{Key: "a", Value: int32(-1)}}}},
	} {
		text, err := bson.MarshalExtJSON(stage.Redact([]bson.D{s})[0], false, false)
		require.NoError(t, err)
		require.Equal(t, want, string(text))
	}
}
