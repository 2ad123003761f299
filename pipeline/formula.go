package pipeline

import (
	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

// formula is what decides about a document of the root variable: some clause holds, and the scope.
type formula struct {
	root    *variable
	labels  []string // of the clauses
	clauses []node
	scope   node
}

// A node is a two-valued formula over variables. Lowering ([lowerer]) turns the three-valued filter into one by choosing, at each
// leaf, between "surely true" and "surely false"; emission spells it as a query document, an $expr, or a $lookup.
//
//sumtype:decl
type node interface{ node() }

type (
	constant bool
	and      []node
	or       []node
	not      struct{ of node }

	// test asks something of one stored value.
	test struct {
		ref  ref
		kind testKind
		leaf leaf // testTrue and testFalse only
	}

	// pair compares two stored values.
	pair struct {
		l, r  ref
		typ   relations.ValueType
		op    filter.Operator // Eq, Lt, Leq, Gt, Geq, or In: l is an element of the list r
		truth bool            // surely true, or surely false
		// The fields at l and r that count as a value where they are missing; nil for others.
		lZero, rZero *relations.Field
	}

	// exists says that some value of a variable makes body true.
	exists struct {
		v      *variable
		domain domain
		body   node
	}
)

func (constant) node() {}
func (and) node()      {}
func (or) node()       {}
func (not) node()      {}
func (test) node()     {}
func (pair) node()     {}
func (exists) node()   {}

// variable stands for a document, an element of an array of documents, or an element of a list of keys.
type variable struct {
	collection string // where its document lives; "" for an element
}

// ref is a path in a variable's value; "" is the value itself.
type ref struct {
	v    *variable
	path string
}

// domain is what a variable ranges over: a joinDomain, an elements or a keys.
//
//sumtype:decl
type domain interface{ domain() }

type (
	// joined is the documents of the variable's collection that match every key; no keys: all documents.
	joined []joinKey

	// elements is the documents in the array at a ref.
	elements struct {
		array    ref
		docsOnly bool // the array is known, where this stands, to hold documents only
	}

	// keys is the values in the list at a ref that are neither null nor arrays, or the one such value stored there.
	keys struct{ list ref }
)

func (joined) domain()   {}
func (elements) domain() {}
func (keys) domain()     {}

// joinKey says that the value at foreign is, or holds, the key at local, or one of the keys of a list there.
// That a single key is neither missing, null nor an array is tested beside the exists, not by it.
type joinKey struct {
	local   ref
	list    bool
	foreign relations.FieldRef
}

type testKind uint8

const (
	testTrue     testKind = iota + 1 // the leaf is surely true
	testFalse                        // the leaf is surely false
	testNull                         // missing or null
	testMissing                      // missing
	testSet                          // neither missing nor null
	testKey                          // neither missing, null nor an array
	testDocument                     // a document
	testOne                          // not an array: testDocument where what stands beside it needs a field inside
	testList                         // an array that holds no null
	testDocs                         // an array that holds documents only
	testEmpty                        // an empty array
)

// all returns the AND of nodes: flattened, without constants and repetitions.
func all(nodes ...node) node {
	if len(nodes) == 1 && nodes[0] != nil {
		return nodes[0]
	}
	var out distinctNodes
	out.nodes = make([]node, 0, len(nodes))
	for _, n := range nodes {
		switch n := n.(type) {
		case nil:
		case constant:
			if !n {
				return constant(false)
			}
		case and:
			for _, m := range n {
				out.add(m)
			}
		default:
			out.add(n)
		}
	}
	switch len(out.nodes) {
	case 0:
		return constant(true)
	case 1:
		return out.nodes[0]
	}
	return and(out.nodes)
}

// some returns the OR of nodes: flattened, without constants and repetitions.
func some(nodes ...node) node {
	if len(nodes) == 1 && nodes[0] != nil {
		return nodes[0]
	}
	var out distinctNodes
	out.nodes = make([]node, 0, len(nodes))
	for _, n := range nodes {
		switch n := n.(type) {
		case nil:
		case constant:
			if n {
				return constant(true)
			}
		case or:
			for _, m := range n {
				out.add(m)
			}
		default:
			out.add(n)
		}
	}
	switch len(out.nodes) {
	case 0:
		return constant(false)
	case 1:
		return out.nodes[0]
	}
	return or(out.nodes)
}

// exist returns "some value of v makes body true". What does not speak of v is asked outside.
func exist(v *variable, in domain, body node) node {
	if body == constant(false) {
		return body
	}
	conjuncts, ok := body.(and)
	if !ok {
		return exists{v, in, body}
	}
	var out, own and
	for _, n := range conjuncts {
		if refs(n, func(r ref) bool { return r.v != v }) {
			out = append(out, n)
		} else {
			own = append(own, n)
		}
	}
	return all(append(out, exists{v, in, all(own...)})...)
}

func negate(n node) node {
	switch n := n.(type) {
	case constant:
		return !n
	case not:
		return n.of
	case test:
		switch n.kind {
		case testNull:
			n.kind = testSet
			return n
		case testSet:
			n.kind = testNull
			return n
		}
	}
	return not{n}
}

// same reports whether two tests or pairs are equal; anything else is taken as different.
func same(a, b node) bool {
	switch a := a.(type) {
	case test:
		b, ok := b.(test)
		return ok && a.ref == b.ref && a.kind == b.kind && a.leaf.equal(b.leaf)
	case pair:
		b, ok := b.(pair)
		return ok && a == b
	default:
		return false
	}
}

// documentAt returns n and that r is a document: in the shorter form where n needs a value stored inside r.
func documentAt(r ref, n node) node {
	if n == constant(false) {
		return n
	}
	prefix := r.path
	if prefix != "" {
		prefix += "."
	}
	if forces(n, r.v, prefix) {
		return all(test{ref: r, kind: testOne}, n)
	}
	return all(test{ref: r, kind: testDocument}, n)
}

// walk calls f on n and every node inside it, until f returns false.
func walk(n node, f func(node) bool) bool {
	if !f(n) {
		return false
	}
	switch n := n.(type) {
	case and:
		for _, m := range n {
			if !walk(m, f) {
				return false
			}
		}
	case or:
		for _, m := range n {
			if !walk(m, f) {
				return false
			}
		}
	case not:
		return walk(n.of, f)
	case exists:
		return walk(n.body, f)
	}
	return true
}

// joins reports whether n needs a $lookup.
func joins(n node) bool {
	return !walk(n, func(n node) bool {
		switch n := n.(type) {
		case *among:
			return false
		case exists:
			_, ok := n.domain.(joined)
			return !ok
		}
		return true
	})
}

// refs calls f on every ref in n, those of domains included, until f returns false.
func refs(n node, f func(ref) bool) bool {
	return walk(n, func(n node) bool {
		switch n := n.(type) {
		case test:
			return f(n.ref)
		case pair:
			return f(n.l) && f(n.r)
		case held:
			return f(n.key.local)
		case *among:
			for _, t := range n.ties {
				if !f(t.outside) {
					return false
				}
			}
		case exists:
			switch d := n.domain.(type) {
			case joined:
				for _, k := range d {
					if !f(k.local) {
						return false
					}
				}
			case elements:
				return f(d.array)
			case keys:
				return f(d.list)
			}
		}
		return true
	})
}

// forces reports whether n, being true, implies that a value is stored under a prefix of v's value ("" for v's value itself).
func forces(n node, v *variable, prefix string) bool {
	switch n := n.(type) {
	case test:
		switch n.kind {
		case testTrue, testFalse, testSet, testKey, testDocument, testList, testDocs, testEmpty:
			return n.ref.v == v && len(n.ref.path) > len(prefix) && n.ref.path[:len(prefix)] == prefix
		}
	case pair:
		for i, r := range [...]ref{n.l, n.r} {
			if zero := [...]*relations.Field{n.lZero, n.rZero}[i]; zero != nil {
				continue // it may be missing
			}
			if r.v == v && len(r.path) > len(prefix) && r.path[:len(prefix)] == prefix {
				return true
			}
		}
	case and:
		for _, m := range n {
			if forces(m, v, prefix) {
				return true
			}
		}
	case or:
		for _, m := range n {
			if !forces(m, v, prefix) {
				return false
			}
		}
		return len(n) > 0
	case exists:
		switch d := n.domain.(type) {
		case elements:
			return d.array.v == v && len(d.array.path) > len(prefix) && d.array.path[:len(prefix)] == prefix || forces(n.body, v, prefix)
		case keys:
			return d.list.v == v && len(d.list.path) > len(prefix) && d.list.path[:len(prefix)] == prefix || forces(n.body, v, prefix)
		case joined:
			return forces(n.body, v, prefix)
		}
	}
	return false
}

// conjuncts returns the nodes of which n is the AND.
func conjuncts(n node) []node {
	if n, ok := n.(and); ok {
		return n
	}
	return []node{n}
}

// isID says that a test is of a stored document's _id, which is never an array.
func (t test) isID() bool { return t.ref.v.collection != "" && t.ref.path == "_id" }
