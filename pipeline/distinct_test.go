package pipeline

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/mql"
)

// A long list looks nodes up by a key, a short one compares them. Both keep the same nodes.
func TestALongListKeepsTheNodesThatComparingEachWithEachKeeps(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	vars := []*variable{{collection: "a"}, {collection: "b"}}
	paths := []string{"x", "y"}
	anyRef := func() ref { return ref{vars[random.IntN(2)], paths[random.IntN(2)]} }
	values := [][]byte{{1, 0, 0, 0}, {2, 0, 0, 0}}
	anyValue := func() bson.RawValue {
		return bson.RawValue{Type: []bson.Type{bson.TypeInt32, bson.TypeTimestamp}[random.IntN(2)], Value: values[random.IntN(2)]}
	}
	operators := []filter.Operator{filter.Eq, filter.In}
	anyNode := func() node {
		switch random.IntN(5) {
		case 0:
			return pair{l: anyRef(), r: anyRef(), op: operators[random.IntN(2)], truth: random.IntN(2) == 0}
		case 1:
			return test{ref: anyRef(), kind: testTrue, leaf: leaf{op: filter.In, strict: random.IntN(2) == 0,
				values: mql.List{Values: []bson.RawValue{anyValue(), anyValue()}}}}
		case 2:
			return not{test{ref: anyRef(), kind: testSet}}
		default:
			return test{ref: anyRef(), kind: testKind(1 + random.IntN(3)), leaf: leaf{op: operators[random.IntN(2)], value: mql.Value{Literal: anyValue()}}}
		}
	}
	for _, n := range []int{fewNodes - 1, fewNodes, fewNodes + 1, 2_000} {
		var got distinctNodes
		var want []node
		repeated := 0
	next:
		for range n {
			node := anyNode()
			got.add(node)
			for _, m := range want {
				if same(m, node) {
					repeated++
					continue next
				}
			}
			want = append(want, node)
		}
		require.Equal(t, want, got.nodes)
		if n > fewNodes+1 {
			require.Positive(t, repeated)
			require.Greater(t, len(want), fewNodes)
		}
	}
}
