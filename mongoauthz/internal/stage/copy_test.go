package stage_test

import (
	"testing"

	"github.com/mongoauthz/go-mongoauthz/mongoauthz/internal/stage"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// stages are some with values at every kind of place.
func stages() []bson.D {
	value := func(b ...byte) bson.RawValue { return bson.RawValue{Type: bson.TypeBinary, Value: b} }
	return []bson.D{
		{{Key: "$match", Value: bson.D{{Key: "a", Value: value(1, 2)}, {Key: "b", Value: bson.A{value(3), int32(4), bson.D{}}}}}},
		{{Key: "$lookup", Value: bson.D{{Key: "pipeline", Value: []bson.D{{{Key: "$match", Value: value(5)}}}}}}},
		{{Key: "$match", Value: value()}},
	}
}

// change changes every value and every node of a tree.
func change(v any) {
	switch v := v.(type) {
	case bson.RawValue:
		for i := range v.Value {
			v.Value[i] = 0
		}
		_ = append(v.Value, 0) //nolint:gocritic // what stands behind a value is another one's
	case bson.D:
		for i := range v {
			change(v[i].Value)
			v[i] = bson.E{}
		}
	case bson.A:
		for i := range v {
			change(v[i])
			v[i] = nil
		}
	case []bson.D:
		for i := range v {
			change(v[i])
			v[i] = nil
		}
	}
}

func TestCopySharesNothing(t *testing.T) {
	t.Parallel()
	original := stages()
	copied := stage.Copy(original)
	require.Equal(t, stages(), copied)
	first := copied[0][0].Value.(bson.D)
	change(first[0].Value)
	require.Equal(t, stages()[0][0].Value.(bson.D)[1], first[1], "values have room for themselves only")
	change(copied)
	require.Equal(t, stages(), original)
}
