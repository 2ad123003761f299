package formula

import (
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

// distinctNodes is a list of nodes in which no test and no pair is there twice. The time to fill it
// is linear: a list of more than fewNodes looks a node up by its key.
type distinctNodes struct {
	nodes []Node
	byKey map[NodeKey][]int // indexes in nodes
}

const fewNodes = 16

// NodeKey is equal for nodes that are the same. Different nodes may share one.
type NodeKey struct {
	Ref    Ref
	kind   testKind
	op     filter.Operator
	Type   relations.ValueType
	values int
	param  int
	bson   bson.Type
	value  string // the literal, or the first of a list
	right  Ref    // of a pair
}

func (d *distinctNodes) add(n Node) {
	if len(d.nodes) < fewNodes {
		for _, m := range d.nodes {
			if Same(m, n) {
				return
			}
		}
		d.nodes = append(d.nodes, n)
		return
	}
	if d.byKey == nil {
		d.byKey = make(map[NodeKey][]int, 2*len(d.nodes))
		for i, m := range d.nodes {
			d.index(i, m)
		}
	}
	key, comparable := KeyOf(n)
	if comparable {
		for _, i := range d.byKey[key] {
			if Same(d.nodes[i], n) {
				return
			}
		}
		d.byKey[key] = append(d.byKey[key], len(d.nodes))
	}
	d.nodes = append(d.nodes, n)
}

func (d *distinctNodes) index(i int, n Node) {
	if key, comparable := KeyOf(n); comparable {
		d.byKey[key] = append(d.byKey[key], i)
	}
}

// KeyOf returns the key of a test or a pair. It reports false for other nodes, which same takes as
// different from all others.
func KeyOf(n Node) (NodeKey, bool) {
	switch n := n.(type) {
	case *Test:
		key := NodeKey{
			Ref: n.Ref, kind: n.Kind, op: n.Leaf.Op, Type: n.Leaf.Type, values: len(n.Leaf.Values.Values),
			param: n.Leaf.Value.Param + n.Leaf.Values.Param, bson: n.Leaf.Value.Literal.Type,
			value: string(n.Leaf.Value.Literal.Value),
		}
		if list := n.Leaf.Values.Values; len(list) > 0 {
			key.value = string(list[0].Value)
		}
		return key, true
	case Pair:
		return NodeKey{Ref: n.L, right: n.R, op: n.Op, Type: n.Type}, true
	case And, Constant, Exists, HoldsKey, *KeyLookup, Not, Or:
	}
	return NodeKey{}, false
}
