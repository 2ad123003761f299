package pipeline

import (
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

// distinctNodes is a list of nodes in which no test and no pair is there twice. The time to fill it
// is linear: a list of more than fewNodes looks a node up by its key.
type distinctNodes struct {
	nodes []node
	byKey map[nodeKey][]int // indexes in nodes
}

const fewNodes = 16

// nodeKey is equal for nodes that are the same. Different nodes may share one.
type nodeKey struct {
	ref    ref
	kind   testKind
	op     filter.Operator
	typ    relations.ValueType
	values int
	param  int
	bson   bson.Type
	value  string // the literal, or the first of a list
	right  ref    // of a pair
}

func (d *distinctNodes) add(n node) {
	if len(d.nodes) < fewNodes {
		for _, m := range d.nodes {
			if same(m, n) {
				return
			}
		}
		d.nodes = append(d.nodes, n)
		return
	}
	if d.byKey == nil {
		d.byKey = make(map[nodeKey][]int, 2*len(d.nodes))
		for i, m := range d.nodes {
			d.index(i, m)
		}
	}
	key, comparable := keyOf(n)
	if comparable {
		for _, i := range d.byKey[key] {
			if same(d.nodes[i], n) {
				return
			}
		}
		d.byKey[key] = append(d.byKey[key], len(d.nodes))
	}
	d.nodes = append(d.nodes, n)
}

func (d *distinctNodes) index(i int, n node) {
	if key, comparable := keyOf(n); comparable {
		d.byKey[key] = append(d.byKey[key], i)
	}
}

// keyOf returns the key of a test or a pair. It reports false for other nodes, which same takes as
// different from all others.
func keyOf(n node) (nodeKey, bool) {
	switch n := n.(type) {
	case test:
		key := nodeKey{
			ref: n.ref, kind: n.kind, op: n.leaf.op, typ: n.leaf.typ, values: len(n.leaf.values.Values),
			param: n.leaf.value.Param + n.leaf.values.Param, bson: n.leaf.value.Literal.Type,
			value: string(n.leaf.value.Literal.Value),
		}
		if list := n.leaf.values.Values; len(list) > 0 {
			key.value = string(list[0].Value)
		}
		return key, true
	case pair:
		return nodeKey{ref: n.l, right: n.r, op: n.op, typ: n.typ}, true
	default:
		return nodeKey{}, false
	}
}
