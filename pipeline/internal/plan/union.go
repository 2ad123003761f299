package plan

import (
	"hash/maphash"
	"slices"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/formula"
	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/mql"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// united returns the clauses with one in the place of those that differ only in the values, equal
// or among which, one field must be: the keys of several clauses are one list to the server. The
// time is linear in the clauses.
func united(clauses []formula.Node) []formula.Node {
	if len(clauses) < 2 {
		return clauses
	}
	u := unions{all: make([]*union, 0, len(clauses))}
	for _, n := range clauses {
		u.add(n)
	}
	out := make([]formula.Node, len(u.all))
	for i, g := range u.all {
		out[i] = g.node()
	}
	return out
}

// unions are clauses that are being united. Each is found by a hash for every place in it where it
// could still differ from another.
type unions struct {
	seed  maphash.Seed
	byKey map[uint64]*union
	all   []*union
}

// union is clauses that differ in the values of one conjunct.
type union struct {
	first     formula.Node
	conjuncts []formula.Node // of the first
	apart     int            // the conjunct in which they differ; -1 while there is but one
	values    []mql.List     // of that conjunct, one for each clause
}

// fewUnions are looked through; more are found by their hashes.
const fewUnions = 16

func (u *unions) add(n formula.Node) {
	ns := formula.Conjuncts(n)
	if u.byKey == nil && len(u.all) < fewUnions {
		for _, g := range u.all {
			if at, ok := g.differs(ns); ok && g.takes(ns, at) {
				return
			}
		}
		u.all = append(u.all, &union{first: n, conjuncts: ns, apart: -1})
		return
	}
	if u.byKey == nil {
		u.seed, u.byKey = maphash.MakeSeed(), map[uint64]*union{}
		for _, g := range u.all {
			u.index(g)
		}
	}
	if hashes, ok := u.hashes(ns); ok {
		for at := -1; at < len(ns); at++ {
			if k, ok := key(hashes, at); ok && u.byKey[k] != nil && u.byKey[k].takes(ns, at) {
				return
			}
		}
	}
	g := &union{first: n, conjuncts: ns, apart: -1}
	u.all = append(u.all, g)
	u.index(g)
}

// index lets a union be found by what a clause that it takes has in common with its first.
func (u *unions) index(g *union) {
	hashes, ok := u.hashes(g.conjuncts)
	if !ok {
		return
	}
	for at := -1; at < len(g.conjuncts); at++ {
		if k, ok := key(hashes, at); ok && u.byKey[k] == nil {
			u.byKey[k] = g
		}
	}
}

// differs returns the only place in which a clause differs from the first of the union, -1 for
// none. It is not ok where there are several.
func (g *union) differs(ns []formula.Node) (at int, ok bool) {
	if len(ns) != len(g.conjuncts) {
		return 0, false
	}
	at = -1
	for i := range ns {
		if i == g.apart || formula.Same(ns[i], g.conjuncts[i]) {
			continue
		}
		if at >= 0 || g.apart >= 0 {
			return 0, false
		}
		at = i
	}
	if g.apart >= 0 {
		at = g.apart
	}
	return at, true
}

// hashed is the hashes of a conjunct.
type hashed struct {
	whole  uint64
	values uint64 // but for its values; 0 where no other values can stand in their place
}

// hashes hashes the conjuncts of a clause. It is not ok where one is neither a test nor a pair:
// such a clause equals no other.
func (u *unions) hashes(ns []formula.Node) ([]hashed, bool) {
	out := make([]hashed, len(ns))
	for i, n := range ns {
		k, ok := formula.KeyOf(n)
		if !ok {
			return nil, false
		}
		out[i].whole = maphash.Comparable(u.seed, k)
		if t, ok := n.(*formula.Test); ok {
			if _, ok := t.Leaf.Among(); ok && t.Kind == formula.SurelyTrue {
				out[i].values = maphash.Comparable(u.seed, formula.NodeKey{Ref: k.Ref, Type: k.Type}) | 1
			}
		}
	}
	return out, true
}

// key hashes a clause but for the values of the conjunct at a place; -1 for all of it. It is not ok
// where that conjunct is no choice among values.
func key(hashes []hashed, at int) (h uint64, ok bool) {
	h = uint64(at + 1)
	for i, one := range hashes {
		part := one.whole
		if i == at {
			part = one.values
		}
		if part == 0 {
			return 0, false
		}
		h = (h ^ part) * 0x9e3779b97f4a7c15
	}
	return h, true
}

// takes makes a clause one with those that are there, if it differs from them at a place only.
func (g *union) takes(ns []formula.Node, at int) bool {
	if len(ns) != len(g.conjuncts) || g.apart >= 0 && g.apart != at {
		return false
	}
	for i := range ns {
		if i != at && !formula.Same(ns[i], g.conjuncts[i]) {
			return false
		}
	}
	if at < 0 {
		return true
	}
	have, more, ok := listsOf(g.conjuncts[at], ns[at])
	if !ok {
		return false
	}
	if g.apart < 0 {
		g.apart, g.values = at, []mql.List{have}
	}
	g.values = append(g.values, more)
	return true
}

// listsOf returns the values among which two tests of one field ask it to be.
func listsOf(a, b formula.Node) (x, y mql.List, ok bool) {
	s, okS := a.(*formula.Test)
	t, okT := b.(*formula.Test)
	if !okS || !okT || s.Kind != formula.SurelyTrue || t.Kind != formula.SurelyTrue || s.Ref != t.Ref ||
		s.Leaf.Type != t.Leaf.Type || s.Leaf.List != t.Leaf.List || s.Leaf.Strict != t.Leaf.Strict {
		return x, y, false
	}
	x, okS = s.Leaf.Among()
	y, okT = t.Leaf.Among()
	return x, y, okS && okT && !slices.ContainsFunc(x.Values, isDocument) && !slices.ContainsFunc(y.Values, isDocument)
}

// isDocument: servers refuse a list with a document whose first key begins with $, and a kept plan
// gets other documents.
func isDocument(v bson.RawValue) bool { return v.Type == bson.TypeEmbeddedDocument }

func (g *union) node() formula.Node {
	if g.apart < 0 {
		return g.first
	}
	t := *g.conjuncts[g.apart].(*formula.Test)
	t.Leaf.Op, t.Leaf.Value, t.Leaf.Values = filter.In, mql.Value{}, mql.Union(g.values...)
	ns := slices.Clone(g.conjuncts)
	ns[g.apart] = &t
	return formula.All(ns...)
}
