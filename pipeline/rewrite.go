package pipeline

import "github.com/mongoauthz/go-mongoauthz/filter"

// replace returns n with every quantifier over joined documents replaced for which f has a replacement; it looks inside those for which not.
func replace(n node, f func(exists) (node, bool)) node {
	switch n := n.(type) {
	case and:
		out := make([]node, len(n))
		for i, m := range n {
			out[i] = replace(m, f)
		}
		return all(out...)
	case or:
		out := make([]node, len(n))
		for i, m := range n {
			out[i] = replace(m, f)
		}
		return some(out...)
	case not:
		return negate(replace(n.of, f))
	case exists:
		if _, ok := n.domain.(joined); ok {
			if m, ok := f(n); ok {
				return m
			}
		}
		if n.body = replace(n.body, f); n.body == constant(false) {
			return n.body
		}
		return n
	default:
		return n
	}
}

// simpler drops what a key's membership in a list of keys says already.
func simpler(n node) node {
	switch n := n.(type) {
	case and:
		out := make([]node, 0, len(n))
		for _, m := range n {
			if t, ok := m.(test); ok && t.kind == testKey && amongKeys(n, t.ref) {
				if t.isID() {
					continue
				}
				t.kind = testOne
				m = t
			}
			out = append(out, simpler(m))
		}
		return all(out...)
	case or:
		out := make([]node, len(n))
		for i, m := range n {
			out[i] = simpler(m)
		}
		return some(out...)
	case not:
		return negate(simpler(n.of))
	case exists:
		n.body = simpler(n.body)
		return n
	default:
		return n
	}
}

// amongKeys reports whether n, being true, implies that the value at r is, or holds, one of some keys.
func amongKeys(n node, r ref) bool {
	switch n := n.(type) {
	case test:
		return n.ref == r && n.kind == testTrue && (n.leaf.op == filter.Eq || n.leaf.op == filter.In)
	case and:
		for _, m := range n {
			if amongKeys(m, r) {
				return true
			}
		}
	case or:
		for _, m := range n {
			if !amongKeys(m, r) {
				return false
			}
		}
		return len(n) > 0
	}
	return false
}
