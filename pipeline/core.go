package pipeline

import (
	"slices"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/relations"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// core is documents that must exist together: a "some document" with those inside it, flattened. Read from another side than the
// one that it is written from, it gives the keys by which the outside meets it.
type core struct {
	vars  []*variable // in the order of the filter
	links []link      // keys that lead from one of them to another
	conds []conjunct
	ties  []tie // to what is outside
}

// link says that the document of one variable holds the key of another's.
type link struct {
	joinKey
	to *variable
}

// conjunct is a condition of the core, and the variables of the core that it speaks of.
type conjunct struct {
	node
	vars []*variable
}

// coreOf flattens n. It is not ok where the core is more than keys to the outside, or its parts hang together by the outside only.
func coreOf(n exists) (*core, bool) {
	c := &core{}
	var conjuncts []node
	var add func(n node) // the conjuncts of n, and of the documents that must exist for it
	add = func(n node) {
		switch m := n.(type) {
		case and:
			for _, n := range m {
				add(n)
			}
			return
		case exists:
			if domain, ok := m.domain.(joined); ok {
				c.vars = append(c.vars, m.v)
				for _, k := range domain {
					c.links = append(c.links, link{k, m.v})
				}
				add(m.body)
				return
			}
		case not:
			if m, ok := m.of.(or); ok {
				for _, n := range m {
					add(negate(n))
				}
				return
			}
		case constant:
			if m {
				return
			}
		}
		conjuncts = append(conjuncts, n)
	}
	add(n)
	for _, n := range conjuncts {
		inside, outside := c.speaksOf(n)
		if len(inside)+len(outside) > 1 && tellsMissing(n) {
			return nil, false
		}
		p, ok := n.(pair)
		if len(outside) == 0 && len(inside) > 0 {
			c.conds = append(c.conds, conjunct{n, inside})
			if ok && len(inside) > 1 { // asked before rows become one, which takes a symbol for the string
				c.conds = append(c.conds, conjunct{comparedWithItself(p.l, p), []*variable{p.l.v}})
				if p.op != filter.In {
					c.conds = append(c.conds, conjunct{comparedWithItself(p.r, p), []*variable{p.r.v}})
				}
			}
			continue
		}
		if !ok || p.op != filter.Eq || !p.truth || len(inside) != 1 || len(outside) != 1 {
			return nil, false
		}
		if p.l.v == inside[0] {
			p.l, p.r = p.r, p.l
		}
		c.ties = append(c.ties, tie{outside: p.l, at: p.r, typ: p.typ, typed: true})
		c.conds = append(c.conds, conjunct{comparedWithItself(p.r, p), inside})
	}
	links := c.links
	c.links = nil
	for _, k := range links {
		switch {
		case c.has(k.local.v):
			c.links = append(c.links, k)
			c.conds = append(c.conds, c.keyGuards(k)...)
		case len(k.foreign.Steps) > 0: // the keys lie in documents inside
			return nil, false
		default:
			c.ties = append(c.ties, tie{outside: k.local, list: k.list, at: ref{k.to, k.foreign.Path}})
		}
	}
	return c, c.connected()
}

// tellsMissing reports whether n tells what is missing from what is null. Rows, in which values of
// several documents stand, do not.
func tellsMissing(n node) bool {
	return !walk(n, func(n node) bool {
		switch n := n.(type) {
		case test:
			return n.kind != testMissing
		case pair:
			return n.lZero == nil && n.rZero == nil
		}
		return true
	})
}

// comparedWithItself says of a side of a comparison of two fields what the comparison needs of it
// alone: one value, of the type, and no NaN but where the two differ.
func comparedWithItself(r ref, p pair) node {
	if !p.truth && (p.op == filter.Eq || p.op == filter.In) {
		return test{ref: r, kind: testFalse, leaf: leaf{op: filter.In, typ: p.typ}}
	}
	return pair{l: r, r: r, typ: p.typ, op: filter.Eq, truth: true} // no side counts as a value where it is missing: see tellsMissing
}

// keyGuards is what must hold beside a link, whichever side it is followed from.
func (c *core) keyGuards(k link) []conjunct {
	if !k.list {
		return []conjunct{{test{ref: k.local, kind: testKey}, []*variable{k.local.v}}}
	}
	if k.foreign.Path == "_id" { // null elements, [] and a missing list join a null _id
		return []conjunct{{test{ref: ref{k.to, "_id"}, kind: testSet}, []*variable{k.to}}}
	}
	return nil
}

func (c *core) has(v *variable) bool { return slices.Contains(c.vars, v) }

// speaksOf returns the variables that are free in n: those of the core, and others.
func (c *core) speaksOf(n node) (inside, outside []*variable) {
	var bound []*variable
	walk(n, func(n node) bool {
		if e, ok := n.(exists); ok {
			bound = append(bound, e.v)
		}
		return true
	})
	refs(n, func(r ref) bool {
		to := &outside
		if c.has(r.v) {
			to = &inside
		}
		if !slices.Contains(bound, r.v) && !slices.Contains(*to, r.v) {
			*to = append(*to, r.v)
		}
		return true
	})
	return inside, outside
}

// connected reports whether every variable can be reached from the first by links and comparisons.
func (c *core) connected() bool {
	seen := []*variable{c.vars[0]}
	for i := 0; i < len(seen); i++ {
		for j := range c.links {
			seen = appendPeer(seen, seen[i], c.links[j].local.v, c.links[j].to)
		}
		for j := range c.conds {
			if p, ok := c.conds[j].node.(pair); ok && p.op == filter.Eq && p.truth {
				seen = appendPeer(seen, seen[i], p.l.v, p.r.v)
			}
		}
	}
	return len(seen) == len(c.vars)
}

// appendPeer adds the one of a and b that is not v, if the other is.
func appendPeer(to []*variable, v, a, b *variable) []*variable {
	if b == v {
		a, b = b, a
	}
	if a == v && !slices.Contains(to, b) {
		return append(to, b)
	}
	return to
}

// How narrow the values of the filter make a choice of documents: the higher, the fewer documents there should be.
const (
	scoreID      = 100 // one _id
	scoreKey     = 80  // values of a type that is there for keys
	scoreValue   = 60
	scoreFlag    = 20 // a boolean
	scoreOther   = 10 // a range, a pattern
	scoreReferee = 15 // taken off for documents that others in the core refer to by _id: roles beside assignments of roles

	scoreBound = scoreFlag // the least from which it is worth starting
)

// score says how narrow the conditions on v alone make it.
func (c *core) score(v *variable) int {
	best := 0
	for _, k := range c.conds {
		if len(k.vars) == 1 && k.vars[0] == v {
			best = max(best, score(k.node, v))
		}
	}
	if best == 0 || best == scoreID {
		return best
	}
	for _, k := range c.links {
		if k.to == v && k.foreign.Path == "_id" && !k.list {
			return max(0, best-scoreReferee)
		}
	}
	return best
}

func score(n node, v *variable) int {
	switch n := n.(type) {
	case test:
		switch {
		case n.ref.v != v || n.kind != testTrue:
			return 0
		case n.leaf.op != filter.Eq && n.leaf.op != filter.In:
			return scoreOther
		case n.ref.path == "_id":
			return scoreID
		case isKeyType(n.leaf):
			return scoreKey
		case n.leaf.typ == relations.Bool:
			return scoreFlag
		default:
			return scoreValue
		}
	case not: // what is not surely false: for all values that are as declared, what is true
		switch m := n.of.(type) {
		case test:
			if m.kind == testFalse {
				m.kind = testTrue
				return score(m, v) / 2
			}
		case and:
			least := scoreID
			for _, m := range m {
				least = min(least, score(negate(m), v))
			}
			return least
		case or:
			best := 0
			for _, m := range m {
				best = max(best, score(negate(m), v))
			}
			return best
		}
	case and:
		best := 0
		for _, m := range n {
			best = max(best, score(m, v))
		}
		return best
	case or:
		least := scoreID
		for _, m := range n {
			least = min(least, score(m, v))
		}
		return least
	case exists:
		switch d := n.domain.(type) {
		case elements:
			if d.array.v == v {
				return score(n.body, n.v)
			}
		case keys:
			if d.list.v == v {
				return score(n.body, n.v)
			}
		}
	}
	return 0
}

func isKeyType(l leaf) bool {
	if l.typ == relations.Any {
		for _, v := range l.values.Values {
			if isKeyValue(v) {
				return true
			}
		}
		return isKeyValue(l.value.Literal)
	}
	return l.typ == relations.ObjectID || l.typ == relations.Binary
}

func isKeyValue(v bson.RawValue) bool {
	return v.Type == bson.TypeObjectID || v.Type == bson.TypeBinary
}

// start returns the variable whose conditions are narrowest, and how narrow.
func (c *core) start() (*variable, int) {
	best, most := c.vars[len(c.vars)-1], -1
	for i := len(c.vars) - 1; i >= 0; i-- { // the furthest from the outside, of equals
		if s := c.score(c.vars[i]); s > most {
			best, most = c.vars[i], s
		}
	}
	return best, most
}
