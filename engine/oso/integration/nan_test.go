package integration_test

import (
	"math"
	"testing"

	gooso "github.com/osohq/go-oso"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/engine/oso"
	"github.com/mongoauthz/go-mongoauthz/integration/harness"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

// Sample holds measurements, which may be NaN.
type Sample struct {
	ID   int       `bson:"_id"`
	A    float64   `bson:"a"`
	B    float64   `bson:"b"`
	P    *float64  `bson:"p"`
	Q    *float64  `bson:"q"`
	N    int       `bson:"n"`
	List []float64 `bson:"list"`
}

// Clerk is who acts.
type Clerk struct{ Name string }

// TestStoredNaN compares conditions on a NaN that is stored with what Oso allows, by the evaluator
// and by a list. For Oso a NaN equals a NaN, and it is less than every number, or not, as the sides
// are written. A filter gives less there, and never more.
func TestStoredNaN(t *testing.T) {
	nan, clerk := math.NaN(), Clerk{Name: "ann"}
	samples := []Sample{
		{ID: 0, A: nan, B: nan, P: new(nan), Q: new(nan), List: []float64{nan}},
		{ID: 1, A: nan, B: 1, P: new(nan), N: 1, List: []float64{1}},
		{ID: 2, A: 1, B: nan, P: new(1.0), Q: new(nan), N: 1, List: []float64{nan, 1}},
		{ID: 3, A: 1, B: 1, P: new(1.0), Q: new(1.0), N: 1, List: []float64{1}},
		{ID: 4, A: 1, B: 2, List: []float64{}},
		{ID: 5, A: nan, B: nan, Q: new(nan), List: []float64{1, 2}},
	}
	structs := relations.Struct{Of: Sample{}, Collection: "samples"}
	schema, err := relations.FromStructs(structs)
	require.NoError(t, err)
	db := harness.Database(t)
	_, err = db.Collection("samples").InsertMany(t.Context(), samples)
	require.NoError(t, err)
	for body, less := range map[string][]int{ // the samples that a filter does not give
		`d.A = d.B`: {0, 5}, `d.A != d.B`: nil, `not d.A = d.B`: nil, `not d.A != d.B`: {0, 5},
		`d.A < d.B`: {1}, `not d.A < d.B`: {0, 2, 5}, `d.A >= d.B`: {0, 2, 5}, `not d.A >= d.B`: {1},
		`d.P = d.Q`: {0}, `d.P != d.Q`: nil, `not d.P = d.Q`: nil, `d.A != d.P`: nil, `d.A != d.N`: nil, `not d.N = d.A`: nil,
		`d.A = 1`: nil, `d.A != 1`: nil, `not d.A = 1`: nil, `d.A < 2`: {0, 1, 5}, `not d.A < 2`: nil,
		`d.A in [1, 2]`: nil, `not d.A in [1, 2]`: nil, `d.P != nil`: nil, `not d.P = 1`: nil,
		`1 in d.List`: nil, `not 1 in d.List`: nil, `d.A in d.List`: {0}, `not d.A in d.List`: {1, 5}, `not d.P in d.List`: {1},
	} {
		policy := `allow(_: Clerk, "read", d: Sample) if d.ID != 99 and ` + body + `;`
		plain, err := gooso.NewOso()
		require.NoError(t, err)
		require.NoError(t, plain.RegisterClass(Sample{}, nil))
		require.NoError(t, plain.RegisterClass(Clerk{}, nil))
		require.NoError(t, plain.LoadString(policy))
		engine, err := oso.New(schema, policy, oso.WithStructs(structs), oso.WithClass("Clerk", Clerk{}))
		require.NoError(t, err, body)
		f, err := engine.Filter(t.Context(), clerk, "read", "Sample")
		require.NoError(t, err, body)
		az, err := mongoauthz.New(db, schema, engine, options(t)...)
		require.NoError(t, err)
		listed, err := mongoauthz.Find[Sample](t.Context(), az, clerk, "read")
		require.NoError(t, err, body)
		inList := map[int]bool{}
		for _, s := range listed {
			inList[s.ID] = true
		}
		var without []int
		for _, s := range samples {
			allowed, err := plain.IsAllowed(clerk, "read", s)
			require.NoError(t, err, body)
			raw, err := bson.Marshal(s)
			require.NoError(t, err)
			require.Equal(t, given(t, schema, f, bson.Raw(raw)), inList[s.ID], "%s: sample %d: %v", body, s.ID, f)
			require.False(t, inList[s.ID] && !allowed, "%s: sample %d: %v", body, s.ID, f)
			if allowed && !inList[s.ID] {
				without = append(without, s.ID)
			}
		}
		require.Equal(t, less, without, "%s: %v", body, f)
	}
}
