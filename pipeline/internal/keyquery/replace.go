package keyquery

import (
	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/formula"
)

// ReplaceJoins returns n with every quantifier over joined documents replaced for which f has a
// replacement; it looks inside those for which not.
func ReplaceJoins(n formula.Node, f func(formula.Exists) (formula.Node, bool)) formula.Node {
	switch n := n.(type) {
	case formula.And:
		out := make([]formula.Node, len(n))
		for i, m := range n {
			out[i] = ReplaceJoins(m, f)
		}
		return formula.All(out...)
	case formula.Or:
		out := make([]formula.Node, len(n))
		for i, m := range n {
			out[i] = ReplaceJoins(m, f)
		}
		return formula.Some(out...)
	case formula.Not:
		return formula.Negate(ReplaceJoins(n.Of, f))
	case formula.Exists:
		if _, ok := n.Domain.(formula.Joined); ok {
			if m, ok := f(n); ok {
				return m
			}
		}
		if n.Body = ReplaceJoins(n.Body, f); n.Body == formula.Constant(false) {
			return n.Body
		}
		return n
	case formula.Constant, formula.HoldsKey, *formula.KeyLookup, formula.Pair, *formula.Test:
	}
	return n
}

// Simplify drops what a key's membership in a list of keys says already.
func Simplify(n formula.Node) formula.Node {
	switch n := n.(type) {
	case formula.And:
		out := make([]formula.Node, 0, len(n))
		for _, m := range n {
			if t, ok := m.(*formula.Test); ok && t.Kind == formula.IsKey && amongKeys(n, t.Ref) {
				if t.IsID() {
					continue
				}
				m = t.WithKind(formula.IsNoArray)
			}
			out = append(out, Simplify(m))
		}
		return formula.All(out...)
	case formula.Or:
		out := make([]formula.Node, len(n))
		for i, m := range n {
			out[i] = Simplify(m)
		}
		return formula.Some(out...)
	case formula.Not:
		return formula.Negate(Simplify(n.Of))
	case formula.Exists:
		n.Body = Simplify(n.Body)
		return n
	case formula.Constant, formula.HoldsKey, *formula.KeyLookup, formula.Pair, *formula.Test:
	}
	return n
}

// amongKeys reports whether n, being true, implies that the value at r is, or holds, one of some
// keys.
func amongKeys(n formula.Node, r formula.Ref) bool {
	switch n := n.(type) {
	case *formula.Test:
		return n.Ref == r && n.Kind == formula.SurelyTrue && (n.Leaf.Op == filter.Eq || n.Leaf.Op == filter.In)
	case formula.And:
		for _, m := range n {
			if amongKeys(m, r) {
				return true
			}
		}
	case formula.Or:
		for _, m := range n {
			if !amongKeys(m, r) {
				return false
			}
		}
		return len(n) > 0
	case formula.Constant, formula.Exists, formula.HoldsKey, *formula.KeyLookup, formula.Not, formula.Pair:
	}
	return false
}
