package formula

import (
	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

// Formula is what decides about a document of the root variable: some clause holds, and the scope.
type Formula struct {
	Root    *Variable
	Labels  []string // of the clauses
	Clauses []Node
	Scope   Node
}

// Node is a two-valued formula over variables. Lowering turns a filter, which has three values, into
// one by choosing, at each leaf, between "surely true" and "surely false". Emission spells it as a
// query document, an $expr, or a $lookup.
//
//sumtype:decl
type Node interface{ node() }

type (
	Constant bool
	And      []Node
	Or       []Node
	Not      struct{ Of Node }

	// Test asks something of one stored value.
	Test struct {
		Ref  Ref
		Kind testKind
		Leaf Leaf // testTrue and testFalse only
	}

	// Pair compares two stored values.
	Pair struct {
		L, R  Ref
		Type  relations.ValueType
		Op    filter.Operator // Eq, Lt, Lte, Gt, Gte, or In: l is an element of the list r
		Truth bool            // surely true, or surely false
		// The fields at l and r that count as a value where they are missing; nil for others.
		LZero, RZero *relations.Field
	}

	// Exists says that some value of a variable makes body true.
	Exists struct {
		Var    *Variable
		Domain domain
		Body   Node
	}
)

func (Constant) node() {}
func (And) node()      {}
func (Or) node()       {}
func (Not) node()      {}
func (*Test) node()    {}
func (Pair) node()     {}
func (Exists) node()   {}

// Variable stands for a document, an element of an array of documents, or an element of a list of
// keys.
type Variable struct {
	Collection string // where its document lives; "" for an element
}

// Ref is a path in a variable's value; "" is the value itself.
type Ref struct {
	Var  *Variable
	Path string
}

// domain is what a variable ranges over: a joinDomain, an elements or a keys.
//
//sumtype:decl
type domain interface{ domain() }

type (
	// Joined is the documents of the variable's collection that match every key; no keys: all
	// documents.
	Joined []JoinKey

	// Elements is the documents in the array at a ref.
	Elements struct {
		Array    Ref
		DocsOnly bool // the array is known, where this stands, to hold documents only
	}

	// Keys is the values in the list at a ref that are neither null nor arrays, or the one such
	// value stored there.
	Keys struct{ List Ref }
)

func (Joined) domain()   {}
func (Elements) domain() {}
func (Keys) domain()     {}

// JoinKey says that the value at foreign is, or holds, the key at local, or one of the keys of a
// list there. That a single key is neither missing, null nor an array is tested beside the exists,
// not by it.
type JoinKey struct {
	Local   Ref
	List    bool
	Foreign relations.FieldRef
}

type testKind uint8

const (
	SurelyTrue        testKind = iota + 1 // the leaf is surely true
	SurelyFalse                           // the leaf is surely false
	IsNull                                // missing or null
	IsMissing                             // missing
	IsSet                                 // neither missing nor null
	IsKey                                 // neither missing, null nor an array
	IsDocument                            // a document
	IsNoArray                             // not an array: testDocument where what stands beside it needs a field inside
	IsListWithoutNull                     // an array that holds no null
	IsListOfDocuments                     // an array that holds documents only
	IsEmptyList                           // an empty array
)

// All returns the AND of nodes: flattened, without constants and repetitions.
func All(nodes ...Node) Node {
	if len(nodes) == 1 && nodes[0] != nil {
		return nodes[0]
	}
	var out distinctNodes
	out.nodes = make([]Node, 0, len(nodes))
	for _, n := range nodes {
		switch n := n.(type) {
		case nil:
		case Constant:
			if !n {
				return Constant(false)
			}
		case And:
			for _, m := range n {
				out.add(m)
			}
		case Exists, HoldsKey, *KeyLookup, Not, Or, Pair, *Test:
			out.add(n)
		}
	}
	switch len(out.nodes) {
	case 0:
		return Constant(true)
	case 1:
		return out.nodes[0]
	}
	return And(out.nodes)
}

// Some returns the OR of nodes: flattened, without constants and repetitions.
func Some(nodes ...Node) Node {
	if len(nodes) == 1 && nodes[0] != nil {
		return nodes[0]
	}
	var out distinctNodes
	out.nodes = make([]Node, 0, len(nodes))
	for _, n := range nodes {
		switch n := n.(type) {
		case nil:
		case Constant:
			if n {
				return Constant(true)
			}
		case Or:
			for _, m := range n {
				out.add(m)
			}
		case And, Exists, HoldsKey, *KeyLookup, Not, Pair, *Test:
			out.add(n)
		}
	}
	switch len(out.nodes) {
	case 0:
		return Constant(false)
	case 1:
		return out.nodes[0]
	}
	return Or(out.nodes)
}

// Exist returns "some value of v makes body true". What does not speak of v is asked outside.
func Exist(v *Variable, in domain, body Node) Node {
	if body == Constant(false) {
		return body
	}
	conjuncts, ok := body.(And)
	if !ok {
		return Exists{v, in, body}
	}
	var out, own And
	for _, n := range conjuncts {
		if Refs(n, func(r Ref) bool { return r.Var != v }) {
			out = append(out, n)
		} else {
			own = append(own, n)
		}
	}
	return All(append(out, Exists{v, in, All(own...)})...)
}

func Negate(n Node) Node {
	switch n := n.(type) {
	case Constant:
		return !n
	case Not:
		return n.Of
	case *Test:
		switch n.Kind {
		case IsNull:
			return n.WithKind(IsSet)
		case IsSet:
			return n.WithKind(IsNull)
		}
	case And, Exists, HoldsKey, *KeyLookup, Or, Pair:
	}
	return Not{n}
}

// Same reports whether two tests or pairs are equal; anything else is taken as different.
func Same(a, b Node) bool {
	switch a := a.(type) {
	case *Test:
		b, ok := b.(*Test)
		return ok && a.Ref == b.Ref && a.Kind == b.Kind && a.Leaf.equal(b.Leaf)
	case Pair:
		b, ok := b.(Pair)
		return ok && a == b
	case And, Constant, Exists, HoldsKey, *KeyLookup, Not, Or:
	}
	return false
}

// DocumentAt returns n and that r is a document: in the shorter form where n needs a value stored
// inside r.
func DocumentAt(r Ref, n Node) Node {
	if n == Constant(false) {
		return n
	}
	prefix := r.Path
	if prefix != "" {
		prefix += "."
	}
	if Forces(n, r.Var, prefix) {
		return All(&Test{Ref: r, Kind: IsNoArray}, n)
	}
	return All(&Test{Ref: r, Kind: IsDocument}, n)
}

// Walk calls f on n and every node inside it, until f returns false.
func Walk(n Node, f func(Node) bool) bool {
	if !f(n) {
		return false
	}
	switch n := n.(type) {
	case And:
		for _, m := range n {
			if !Walk(m, f) {
				return false
			}
		}
	case Or:
		for _, m := range n {
			if !Walk(m, f) {
				return false
			}
		}
	case Not:
		return Walk(n.Of, f)
	case Exists:
		return Walk(n.Body, f)
	case Constant, HoldsKey, *KeyLookup, Pair, *Test:
	}
	return true
}

// Joins reports whether n needs a $lookup.
func Joins(n Node) bool {
	return !Walk(n, func(n Node) bool {
		switch n := n.(type) {
		case *KeyLookup:
			return false
		case Exists:
			_, ok := n.Domain.(Joined)
			return !ok
		case And, Constant, HoldsKey, Not, Or, Pair, *Test:
		}
		return true
	})
}

// Refs calls f on every ref in n, those of domains included, until f returns false.
func Refs(n Node, f func(Ref) bool) bool {
	return Walk(n, func(n Node) bool {
		switch n := n.(type) {
		case *Test:
			return f(n.Ref)
		case Pair:
			return f(n.L) && f(n.R)
		case HoldsKey:
			return f(n.Key.Local)
		case *KeyLookup:
			for _, t := range n.Outer {
				if !f(t.Outside) {
					return false
				}
			}
		case Exists:
			switch d := n.Domain.(type) {
			case Joined:
				for _, k := range d {
					if !f(k.Local) {
						return false
					}
				}
			case Elements:
				return f(d.Array)
			case Keys:
				return f(d.List)
			}
		case And, Constant, Not, Or:
		}
		return true
	})
}

// Forces reports whether n, being true, implies that a value is stored under a prefix of v's value
// ("" for v's value itself).
func Forces(n Node, v *Variable, prefix string) bool {
	switch n := n.(type) {
	case *Test:
		switch n.Kind {
		case SurelyTrue, SurelyFalse, IsSet, IsKey, IsDocument, IsListWithoutNull, IsListOfDocuments, IsEmptyList:
			return n.Ref.Var == v && len(n.Ref.Path) > len(prefix) && n.Ref.Path[:len(prefix)] == prefix
		}
	case Pair:
		for i, r := range [...]Ref{n.L, n.R} {
			if zero := [...]*relations.Field{n.LZero, n.RZero}[i]; zero != nil {
				continue // it may be missing
			}
			if r.Var == v && len(r.Path) > len(prefix) && r.Path[:len(prefix)] == prefix {
				return true
			}
		}
	case And:
		for _, m := range n {
			if Forces(m, v, prefix) {
				return true
			}
		}
	case Or:
		for _, m := range n {
			if !Forces(m, v, prefix) {
				return false
			}
		}
		return len(n) > 0
	case Exists:
		switch d := n.Domain.(type) {
		case Elements:
			return d.Array.Var == v && len(d.Array.Path) > len(prefix) && d.Array.Path[:len(prefix)] == prefix || Forces(n.Body, v, prefix)
		case Keys:
			return d.List.Var == v && len(d.List.Path) > len(prefix) && d.List.Path[:len(prefix)] == prefix || Forces(n.Body, v, prefix)
		case Joined:
			return Forces(n.Body, v, prefix)
		}
	case Constant, HoldsKey, *KeyLookup, Not:
	}
	return false
}

// Conjuncts returns the nodes of which n is the AND.
func Conjuncts(n Node) []Node {
	if n, ok := n.(And); ok {
		return n
	}
	return []Node{n}
}

// WithKind returns the test of another kind.
func (t *Test) WithKind(k testKind) *Test {
	out := *t
	out.Kind = k
	return &out
}

// Compares says that a test is a comparison: the leaf is surely true, or surely false.
func (t *Test) Compares() bool { return t.Kind == SurelyTrue || t.Kind == SurelyFalse }

// IsID says that a test is of a stored document's _id, which is never an array.
func (t *Test) IsID() bool { return t.Ref.Var.Collection != "" && t.Ref.Path == "_id" }
