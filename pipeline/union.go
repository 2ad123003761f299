package pipeline

import (
	"slices"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// united returns the clauses with one in the place of those that differ only in the values, equal or among which, one field must be: the
// keys of several clauses are one list to the server.
func united(clauses []node) []node {
	out := make([]node, 0, len(clauses))
next:
	for _, n := range clauses {
		for i, m := range out {
			if one := unite(m, n); one != nil {
				out[i] = one
				continue next
			}
		}
		out = append(out, n)
	}
	return out
}

// unite returns a node that is a or b, if they differ in one list of values at most.
func unite(a, b node) node {
	as, bs := conjuncts(a), conjuncts(b)
	if len(as) != len(bs) {
		return nil
	}
	apart := -1
	for i := range as {
		switch {
		case same(as[i], bs[i]):
		case apart >= 0:
			return nil
		default:
			apart = i
		}
	}
	if apart < 0 {
		return a
	}
	x, okX := as[apart].(test)
	y, okY := bs[apart].(test)
	if !okX || !okY || x.kind != testTrue || y.kind != testTrue || x.ref != y.ref {
		return nil
	}
	l, m := x.leaf, y.leaf
	xs, ys := l.among(), m.among()
	if xs == nil || ys == nil || slices.ContainsFunc(xs, isDocument) || slices.ContainsFunc(ys, isDocument) || l.typ != m.typ || l.list != m.list || l.strict != m.strict {
		return nil
	}
	l.op, l.value = filter.In, bson.RawValue{}
	l.values = unitedKeys(xs, ys)
	if len(l.values) == 1 {
		l.op, l.value, l.values = filter.Eq, l.values[0], nil
	}
	x.leaf = l
	all := slices.Clone(as)
	all[apart] = x
	if len(all) == 1 {
		return all[0]
	}
	return and(all)
}

// isDocument: servers refuse a list with a document whose first key begins with $, and a kept plan gets other documents.
func isDocument(v bson.RawValue) bool { return v.Type == bson.TypeEmbeddedDocument }

func conjuncts(n node) []node {
	if n, ok := n.(and); ok {
		return n
	}
	return []node{n}
}

// among returns the values one of which the leaf asks for, nil for another leaf.
func (l leaf) among() []bson.RawValue {
	switch l.op {
	case filter.Eq:
		return []bson.RawValue{l.value}
	case filter.In:
		return l.values
	default:
		return nil
	}
}
