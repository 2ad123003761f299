package formula

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
	vars := []*Variable{{Collection: "a"}, {Collection: "b"}}
	paths := []string{"x", "y"}
	anyRef := func() Ref { return Ref{vars[random.IntN(2)], paths[random.IntN(2)]} }
	values := [][]byte{{1, 0, 0, 0}, {2, 0, 0, 0}}
	anyValue := func() bson.RawValue {
		return bson.RawValue{Type: []bson.Type{bson.TypeInt32, bson.TypeTimestamp}[random.IntN(2)], Value: values[random.IntN(2)]}
	}
	operators := []filter.Operator{filter.Eq, filter.In}
	anyNode := func() Node {
		switch random.IntN(5) {
		case 0:
			return Pair{L: anyRef(), R: anyRef(), Op: operators[random.IntN(2)], Truth: random.IntN(2) == 0}
		case 1:
			return &Test{Ref: anyRef(), Kind: SurelyTrue, Leaf: Leaf{Op: filter.In, Strict: random.IntN(2) == 0,
				Values: mql.List{Values: []bson.RawValue{anyValue(), anyValue()}}}}
		case 2:
			return Not{&Test{Ref: anyRef(), Kind: IsSet}}
		default:
			return &Test{Ref: anyRef(), Kind: testKind(1 + random.IntN(3)), Leaf: Leaf{Op: operators[random.IntN(2)], Value: mql.Value{Literal: anyValue()}}}
		}
	}
	for _, n := range []int{fewNodes - 1, fewNodes, fewNodes + 1, 2_000} {
		var got distinctNodes
		var want []Node
		repeated := 0
	next:
		for range n {
			node := anyNode()
			got.add(node)
			for _, m := range want {
				if Same(m, node) {
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
