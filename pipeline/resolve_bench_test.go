package pipeline_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/pipeline"
)

// Planning for two clauses over five collections each: what to read, its stages, and the plan with the keys.
func BenchmarkPlanning(b *testing.B) {
	plan, err := pipeline.Compile(caseManagement(b), resolutionCases()[0].filter)
	require.NoError(b, err)
	b.Run("resolution", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			plan.Resolution(false, 0).Stages()
		}
	})
	b.Run("resolution of a kept plan", func(b *testing.B) {
		schema := caseManagement(b)
		cache := pipeline.NewCache(schema, 0)
		f, err := schema.Check(resolutionCases()[0].filter)
		require.NoError(b, err)
		b.ReportAllocs()
		for b.Loop() {
			plan, err := cache.Compile(f)
			if err != nil {
				b.Fatal(err)
			}
			plan.Resolution(false, 0).Stages()
		}
	})
	r := plan.Resolution(false, 0)
	for _, n := range []int{50, 5_000} {
		var found []bson.Raw
		for i := range n {
			raw, err := bson.Marshal(bson.D{{Key: "r", Value: int32(i % 2)}, {Key: "k", Value: fmt.Sprint("document ", i)}})
			require.NoError(b, err)
			found = append(found, raw)
		}
		b.Run(fmt.Sprintf("resolve/keys=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := r.Resolve(found); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
