package plan

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/formula"
	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/mql"
)

// TestUnitedClausesHoldForTheSameDocuments unites random clauses, few ones and so many that they are
// found by hashes. A document meets one of the clauses if and only if it meets one of the united.
func TestUnitedClausesHoldForTheSameDocuments(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(15, 16))
	root := &formula.Variable{Collection: "docs"}
	several, few, many := 0, 0, 0
	for range 2_000 {
		n := 2 + random.IntN(4)
		if random.IntN(3) == 0 {
			n = fewUnions + random.IntN(40)
			many++
		} else {
			few++
		}
		clauses := make([]formula.Node, n)
		for i := range clauses {
			clauses[i] = anyClause(random, root)
		}
		got := united(clauses)
		require.LessOrEqual(t, len(got), len(clauses))
		if len(got) < len(clauses)-1 {
			several++
		}
		for x := range int32(4) {
			for y := range int32(4) {
				require.Equal(t, meets(clauses, x, y), meets(got, x, y), "x %d, y %d", x, y)
			}
		}
	}
	require.Greater(t, several, 300)
	require.Greater(t, few, 300)
	require.Greater(t, many, 300)
}

// TestClausesWithParametersAreUnitedByThem holds that two parameters are one list, and that a value
// which equals what a parameter stood for is not taken for it.
func TestClausesWithParametersAreUnitedByThem(t *testing.T) {
	t.Parallel()
	root := &formula.Variable{Collection: "docs"}
	is := func(v mql.Value) formula.Node {
		return &formula.Test{Ref: formula.Ref{Var: root, Path: "x"}, Kind: formula.SurelyTrue, Leaf: formula.Leaf{Op: filter.Eq, Value: v}}
	}
	got := united([]formula.Node{is(mql.Value{Literal: number(1), Param: 1}), is(mql.Value{Literal: number(1)}), is(mql.Value{Literal: number(2), Param: 2})})
	require.Len(t, got, 1)
	list := got[0].(*formula.Test).Leaf.Values
	for _, bound := range []struct {
		first, second int32
		want          []int32
	}{{1, 2, []int32{1, 2}}, {3, 4, []int32{1, 3, 4}}, {2, 1, []int32{1, 2}}, {1, 1, []int32{1}}} {
		r := mql.Renderer{Bindings: []mql.Binding{{Value: number(bound.first)}, {Value: number(bound.second)}}}
		in := r.Query(mql.On("x", mql.Is("$in", list)))[0].Value.(bson.D)[0].Value.(bson.A)
		var values []int32
		for _, v := range in {
			values = append(values, v.(bson.RawValue).Int32())
		}
		require.Equal(t, bound.want, values)
	}
}

func number(n int32) bson.RawValue {
	return bson.RawValue{Type: bson.TypeInt32, Value: binary.LittleEndian.AppendUint32(nil, uint32(n))}
}

// anyClause tests x, y or both, each to be a value or one of two.
func anyClause(random *rand.Rand, root *formula.Variable) formula.Node {
	var tests []formula.Node
	for _, path := range []string{"x", "y"} {
		if random.IntN(4) == 0 {
			continue
		}
		leaf := formula.Leaf{Op: filter.Eq, Value: mql.Value{Literal: number(random.Int32N(4))}}
		switch random.IntN(4) {
		case 0:
			a := random.Int32N(3)
			leaf = formula.Leaf{Op: filter.In, Values: mql.List{Values: []bson.RawValue{number(a + 1), number(random.Int32N(a + 1))}}}
		case 1:
			leaf.Op = filter.Lt
		}
		tests = append(tests, &formula.Test{Ref: formula.Ref{Var: root, Path: path}, Kind: formula.SurelyTrue, Leaf: leaf})
	}
	return formula.All(tests...)
}

func meets(clauses []formula.Node, x, y int32) bool {
	for _, clause := range clauses {
		all := true
		for _, n := range formula.Conjuncts(clause) {
			all = all && meetsOne(n, map[string]int32{"x": x, "y": y})
		}
		if all {
			return true
		}
	}
	return false
}

func meetsOne(n formula.Node, document map[string]int32) bool {
	if c, ok := n.(formula.Constant); ok {
		return bool(c)
	}
	test := n.(*formula.Test)
	value := document[test.Ref.Path]
	switch test.Leaf.Op {
	case filter.Eq:
		return test.Leaf.Value.Literal.Int32() == value
	case filter.Lt:
		return value < test.Leaf.Value.Literal.Int32()
	default:
		for _, v := range test.Leaf.Values.Values {
			if v.Int32() == value {
				return true
			}
		}
		return false
	}
}
