package formula

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/mql"
)

// TestConstructorsKeepTheMeaning builds random formulas as they are written, and by the constructors,
// which flatten, drop repetitions and fold constants. Both are true of the same documents.
func TestConstructorsKeepTheMeaning(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(11, 12))
	root := &Variable{Collection: "docs"}
	shorter := 0
	for range 5_000 {
		written := anyFormula(random, root, 3)
		made := remade(written)
		for bits := range 1 << len(fields) {
			require.Equal(t, holds(written, bits), holds(made, bits), "%v", written)
		}
		if count(made) < count(written) {
			shorter++
		}
	}
	require.Greater(t, shorter, 1_000)
}

// TestNegateTwiceIsNoChange holds Negate to the opposite, and to itself undone.
func TestNegateTwiceIsNoChange(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(13, 14))
	root := &Variable{Collection: "docs"}
	for range 2_000 {
		n := remade(anyFormula(random, root, 3))
		for bits := range 1 << len(fields) {
			require.Equal(t, !holds(n, bits), holds(Negate(n), bits))
			require.Equal(t, holds(n, bits), holds(Negate(Negate(n)), bits))
		}
	}
}

// fields are those that the formulas test. A document is a bit for each: whether it has the value 1.
var fields = []string{"a", "b", "c"}

var one = mql.Value{Literal: bson.RawValue{Type: bson.TypeInt32, Value: []byte{1, 0, 0, 0}}}

func anyFormula(random *rand.Rand, root *Variable, depth int) Node {
	kinds := 3
	if depth > 0 {
		kinds = 8
	}
	switch random.IntN(kinds) {
	case 0:
		return Constant(random.IntN(2) == 0)
	case 1, 2:
		test := &Test{Ref: Ref{Var: root, Path: fields[random.IntN(len(fields))]}, Kind: SurelyTrue, Leaf: Leaf{Op: filter.Eq, Value: one}}
		if random.IntN(3) == 0 {
			test.Kind = IsSet
		}
		return test
	case 3:
		return Not{Of: anyFormula(random, root, depth-1)}
	case 4, 5:
		out := make(And, 1+random.IntN(4))
		for i := range out {
			out[i] = anyFormula(random, root, depth-1)
		}
		return out
	default:
		out := make(Or, 1+random.IntN(4))
		for i := range out {
			out[i] = anyFormula(random, root, depth-1)
		}
		return out
	}
}

// remade makes a formula by the constructors.
func remade(n Node) Node {
	switch n := n.(type) {
	case And:
		var out []Node
		for _, m := range n {
			out = append(out, remade(m))
		}
		return All(out...)
	case Or:
		var out []Node
		for _, m := range n {
			out = append(out, remade(m))
		}
		return Some(out...)
	case Not:
		return Negate(remade(n.Of))
	case Constant, *Test, Pair, Exists, HoldsKey, *KeyLookup:
	}
	return n
}

// holds evaluates a formula without quantifiers on a document of fields that are all 1 or null.
func holds(n Node, bits int) bool {
	switch n := n.(type) {
	case Constant:
		return bool(n)
	case And:
		for _, m := range n {
			if !holds(m, bits) {
				return false
			}
		}
		return true
	case Or:
		for _, m := range n {
			if holds(m, bits) {
				return true
			}
		}
		return false
	case Not:
		return !holds(n.Of, bits)
	case *Test:
		set := bits&(1<<(n.Ref.Path[0]-'a')) != 0
		return set != (n.Kind == IsNull)
	case Pair, Exists, HoldsKey, *KeyLookup:
	}
	panic("not in these formulas")
}

func count(n Node) (nodes int) {
	Walk(n, func(Node) bool {
		nodes++
		return true
	})
	return nodes
}
