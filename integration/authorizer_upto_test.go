package integration_test

import (
	"slices"
	"testing"

	"github.com/mongoauthz/go-mongoauthz/integration/harness"
	"github.com/mongoauthz/go-mongoauthz/pipeline"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
)

// What UpTo keeps holds all that the server's sort has up to a value, whatever lies on a dotted path.
func TestARangeOfADottedPathLeavesNothingOut(t *testing.T) {
	t.Parallel()
	c := harness.Database(t).Collection("things")
	b := func(v any) bson.D { return bson.D{{Key: "b", Value: v}} }
	on := []any{
		b(1), b(5), b(5), b(9), b(nil), b("x"), bson.D{}, nil, 7, "text", bson.A{}, b(bson.A{}), b(bson.A{9}), b(bson.A{1, 9}), b(bson.MinKey{}),
		bson.A{b(9), 7}, bson.A{7, b(9)}, bson.A{b(9), bson.D{}}, bson.A{b(9), nil}, bson.A{b(9), bson.A{}}, bson.A{b(9), bson.A{b(1)}}, bson.A{b(9), "x"},
		bson.A{b(1), b(9)}, bson.A{7, 8}, bson.A{nil}, bson.A{bson.A{b(1)}}, bson.A{b("x"), 7}, bson.A{b(bson.A{9}), 7}, bson.A{b(9), b(bson.A{})},
	}
	var docs []any
	for i, a := range on {
		docs = append(docs, bson.D{{Key: "_id", Value: i}, {Key: "a", Value: a}})
	}
	docs = append(docs, bson.D{{Key: "_id", Value: len(on)}})
	_, err := c.InsertMany(t.Context(), docs)
	require.NoError(t, err)
	read := func(stages ...bson.D) (ids []int32) {
		var found []bson.Raw
		cursor, err := c.Aggregate(t.Context(), mongo.Pipeline(stages))
		require.NoError(t, err)
		require.NoError(t, cursor.All(t.Context(), &found))
		for _, d := range found {
			ids = append(ids, d.Lookup("_id").Int32())
		}
		return ids
	}
	for _, direction := range []int32{1, -1} {
		order := bson.D{{Key: "a.b", Value: direction}, {Key: "_id", Value: int32(1)}}
		sorted := read(bson.D{{Key: "$sort", Value: order}})
		require.Len(t, sorted, len(docs))
		for i, id := range sorted {
			d, ok := on[min(int(id), len(on)-1)].(bson.D)
			if !ok || len(d) == 0 || int(id) == len(on) {
				continue
			}
			v := d[0].Value
			encoded, err := bson.Marshal(d)
			require.NoError(t, err)
			query, err := pipeline.UpTo(order, bson.Raw(encoded).Lookup("b"))
			if err != nil {
				continue // no end of a range
			}
			within := read(bson.D{{Key: "$match", Value: query}})
			for _, before := range sorted[:i+1] {
				require.True(t, slices.Contains(within, before), "%d: up to %v of document %d: document %d is left out: %v", direction, v, id, before, docs[before])
			}
		}
	}
}
