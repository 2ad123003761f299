package keyquery

import (
	"slices"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/formula"
	"github.com/mongoauthz/go-mongoauthz/relations"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// joinGraph is documents that must exist together: a "some document" with those inside it,
// flattened. Read from another side than the one that it is written from, it gives the keys by
// which the outside meets it.
type joinGraph struct {
	Vars  []*formula.Variable // in the order of the filter
	links []link              // keys that lead from one of them to another
	conds []conjunct
	Outer []formula.OuterRef // to what is outside
}

// link says that the document of one variable holds the key of another's.
type link struct {
	formula.JoinKey
	to *formula.Variable
}

// conjunct is a condition of the graph, and the variables of the graph that it speaks of.
type conjunct struct {
	formula.Node
	vars []*formula.Variable
}

// GraphOf flattens n. It is not ok where the graph is more than keys to the outside, or its parts
// hang together by the outside only.
func GraphOf(n formula.Exists) (*joinGraph, bool) {
	c := &joinGraph{}
	var conjuncts []formula.Node
	var add func(n formula.Node) // the conjuncts of n, and of the documents that must exist for it
	add = func(n formula.Node) {
		switch m := n.(type) {
		case formula.And:
			for _, n := range m {
				add(n)
			}
			return
		case formula.Exists:
			if domain, ok := m.Domain.(formula.Joined); ok {
				c.Vars = append(c.Vars, m.Var)
				for _, k := range domain {
					c.links = append(c.links, link{k, m.Var})
				}
				add(m.Body)
				return
			}
		case formula.Not:
			if m, ok := m.Of.(formula.Or); ok {
				for _, n := range m {
					add(formula.Negate(n))
				}
				return
			}
		case formula.Constant:
			if m {
				return
			}
		case formula.HoldsKey, *formula.KeyLookup, formula.Or, formula.Pair, *formula.Test:
		}
		conjuncts = append(conjuncts, n)
	}
	add(n)
	for _, n := range conjuncts {
		inside, outside := c.speaksOf(n)
		if len(inside)+len(outside) > 1 && tellsMissing(n) {
			return nil, false
		}
		p, ok := n.(formula.Pair)
		if len(outside) == 0 && len(inside) > 0 {
			c.conds = append(c.conds, conjunct{n, inside})
			if ok && len(inside) > 1 { // asked before rows become one, which takes a symbol for the string
				c.conds = append(c.conds, conjunct{comparedWithItself(p.L, p), []*formula.Variable{p.L.Var}})
				if p.Op != filter.In {
					c.conds = append(c.conds, conjunct{comparedWithItself(p.R, p), []*formula.Variable{p.R.Var}})
				}
			}
			continue
		}
		if !ok || p.Op != filter.Eq || !p.Truth || len(inside) != 1 || len(outside) != 1 {
			return nil, false
		}
		if p.L.Var == inside[0] {
			p.L, p.R = p.R, p.L
		}
		c.Outer = append(c.Outer, formula.OuterRef{Outside: p.L, At: p.R, Type: p.Type, Typed: true})
		c.conds = append(c.conds, conjunct{comparedWithItself(p.R, p), inside})
	}
	links := c.links
	c.links = nil
	for _, k := range links {
		switch {
		case c.has(k.Local.Var):
			c.links = append(c.links, k)
			c.conds = append(c.conds, c.keyGuards(k)...)
		case len(k.Foreign.Steps) > 0: // the keys lie in documents inside
			return nil, false
		default:
			c.Outer = append(c.Outer, formula.OuterRef{Outside: k.Local, List: k.List, At: formula.Ref{Var: k.to, Path: k.Foreign.Path}})
		}
	}
	return c, c.connected()
}

// tellsMissing reports whether n tells what is missing from what is null. Rows, in which values of
// several documents stand, do not.
func tellsMissing(n formula.Node) bool {
	return !formula.Walk(n, func(n formula.Node) bool {
		switch n := n.(type) {
		case *formula.Test:
			return n.Kind != formula.IsMissing
		case formula.Pair:
			return n.LZero == nil && n.RZero == nil
		case formula.And, formula.Constant, formula.Exists, formula.HoldsKey, *formula.KeyLookup, formula.Not, formula.Or:
		}
		return true
	})
}

// comparedWithItself says of a side of a comparison of two fields what the comparison needs of it
// alone: one value, of the type, and no NaN but where the two differ.
func comparedWithItself(r formula.Ref, p formula.Pair) formula.Node {
	if !p.Truth && (p.Op == filter.Eq || p.Op == filter.In) {
		return &formula.Test{Ref: r, Kind: formula.SurelyFalse, Leaf: formula.Leaf{Op: filter.In, Type: p.Type}}
	}
	return formula.Pair{L: r, R: r, Type: p.Type, Op: filter.Eq, Truth: true} // no side counts as a value where it is missing: see tellsMissing
}

// keyGuards is what must hold beside a link, whichever side it is followed from.
func (g *joinGraph) keyGuards(k link) []conjunct {
	if !k.List {
		return []conjunct{{&formula.Test{Ref: k.Local, Kind: formula.IsKey}, []*formula.Variable{k.Local.Var}}}
	}
	if k.Foreign.Path == "_id" { // null elements, [] and a missing list join a null _id
		return []conjunct{{&formula.Test{Ref: formula.Ref{Var: k.to, Path: "_id"}, Kind: formula.IsSet}, []*formula.Variable{k.to}}}
	}
	return nil
}

func (g *joinGraph) has(v *formula.Variable) bool { return slices.Contains(g.Vars, v) }

// speaksOf returns the variables that are free in n: those of the graph, and others.
func (g *joinGraph) speaksOf(n formula.Node) (inside, outside []*formula.Variable) {
	var bound []*formula.Variable
	formula.Walk(n, func(n formula.Node) bool {
		if e, ok := n.(formula.Exists); ok {
			bound = append(bound, e.Var)
		}
		return true
	})
	formula.Refs(n, func(r formula.Ref) bool {
		to := &outside
		if g.has(r.Var) {
			to = &inside
		}
		if !slices.Contains(bound, r.Var) && !slices.Contains(*to, r.Var) {
			*to = append(*to, r.Var)
		}
		return true
	})
	return inside, outside
}

// connected reports whether every variable can be reached from the first by links and comparisons.
func (g *joinGraph) connected() bool {
	seen := []*formula.Variable{g.Vars[0]}
	for i := 0; i < len(seen); i++ {
		for j := range g.links {
			seen = appendPeer(seen, seen[i], g.links[j].Local.Var, g.links[j].to)
		}
		for j := range g.conds {
			if p, ok := g.conds[j].Node.(formula.Pair); ok && p.Op == filter.Eq && p.Truth {
				seen = appendPeer(seen, seen[i], p.L.Var, p.R.Var)
			}
		}
	}
	return len(seen) == len(g.Vars)
}

// appendPeer adds the one of a and b that is not v, if the other is.
func appendPeer(to []*formula.Variable, v, a, b *formula.Variable) []*formula.Variable {
	if b == v {
		a, b = b, a
	}
	if a == v && !slices.Contains(to, b) {
		return append(to, b)
	}
	return to
}

// How narrow the values of the filter make a choice of documents: the higher, the fewer documents
// there should be.
const (
	ScoreID      = 100 // one _id
	scoreKey     = 80  // values of a type that is there for keys
	scoreValue   = 60
	scoreFlag    = 20 // a boolean
	scoreOther   = 10 // a range, a pattern
	scoreReferee = 15 // taken off for documents that others in the graph refer to by _id: roles beside assignments of roles

	ScoreBound = scoreFlag // the least from which it is worth starting
)

// score says how narrow the conditions on v alone make it.
func (g *joinGraph) score(v *formula.Variable) int {
	best := 0
	for _, k := range g.conds {
		if len(k.vars) == 1 && k.vars[0] == v {
			best = max(best, Score(k.Node, v))
		}
	}
	if best == 0 || best == ScoreID {
		return best
	}
	for _, k := range g.links {
		if k.to == v && k.Foreign.Path == "_id" && !k.List {
			return max(0, best-scoreReferee)
		}
	}
	return best
}

func Score(n formula.Node, v *formula.Variable) int {
	switch n := n.(type) {
	case *formula.Test:
		switch {
		case n.Ref.Var != v || n.Kind != formula.SurelyTrue:
			return 0
		case n.Leaf.Op != filter.Eq && n.Leaf.Op != filter.In:
			return scoreOther
		case n.Ref.Path == "_id":
			return ScoreID
		case isKeyType(n.Leaf):
			return scoreKey
		case n.Leaf.Type == relations.Bool:
			return scoreFlag
		default:
			return scoreValue
		}
	case formula.Not: // what is not surely false: for all values that are as declared, what is true
		switch m := n.Of.(type) {
		case *formula.Test:
			if m.Kind == formula.SurelyFalse {
				return Score(m.WithKind(formula.SurelyTrue), v) / 2
			}
		case formula.And:
			least := ScoreID
			for _, m := range m {
				least = min(least, Score(formula.Negate(m), v))
			}
			return least
		case formula.Or:
			best := 0
			for _, m := range m {
				best = max(best, Score(formula.Negate(m), v))
			}
			return best
		case formula.Constant, formula.Exists, formula.HoldsKey, *formula.KeyLookup, formula.Not, formula.Pair:
		}
	case formula.And:
		best := 0
		for _, m := range n {
			best = max(best, Score(m, v))
		}
		return best
	case formula.Or:
		least := ScoreID
		for _, m := range n {
			least = min(least, Score(m, v))
		}
		return least
	case formula.Exists:
		switch d := n.Domain.(type) {
		case formula.Elements:
			if d.Array.Var == v {
				return Score(n.Body, n.Var)
			}
		case formula.Keys:
			if d.List.Var == v {
				return Score(n.Body, n.Var)
			}
		case formula.Joined:
		}
	case formula.Constant, formula.HoldsKey, *formula.KeyLookup, formula.Pair:
	}
	return 0
}

func isKeyType(l formula.Leaf) bool {
	if l.Type == relations.AnyType {
		for _, v := range l.Values.Values {
			if isKeyValue(v) {
				return true
			}
		}
		return isKeyValue(l.Value.Literal)
	}
	return l.Type == relations.ObjectID || l.Type == relations.Binary
}

func isKeyValue(v bson.RawValue) bool {
	return v.Type == bson.TypeObjectID || v.Type == bson.TypeBinary
}

// Start returns the variable whose conditions are narrowest, and how narrow.
func (g *joinGraph) Start() (*formula.Variable, int) {
	best, most := g.Vars[len(g.Vars)-1], -1
	for i := len(g.Vars) - 1; i >= 0; i-- { // the furthest from the outside, of equals
		if s := g.score(g.Vars[i]); s > most {
			best, most = g.Vars[i], s
		}
	}
	return best, most
}
