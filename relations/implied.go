package relations

import (
	"cmp"
	"slices"

	"github.com/mongoauthz/go-mongoauthz/filter"
)

// many is the number of clauses or conditions from which on they are told apart by a hash first.
const many = 16

// withoutImplied returns the alternatives without those that imply another one, of which equal ones
// the first stays. It changes in.
func (n *normalizer) withoutImplied(in []CheckedClause) []CheckedClause {
	if len(in) < 2 {
		return in
	}
	if len(in) > many {
		return n.withoutImpliedOfMany(in)
	}
	var buf [many]int
	kept := buf[:0]
next:
	for i := range in {
		for _, k := range kept {
			if n.implies(&in[i], &in[k]) {
				continue next
			}
		}
		stay := kept[:0]
		for _, k := range kept {
			if !n.implies(&in[k], &in[i]) {
				stay = append(stay, k)
			}
		}
		kept = append(stay, i)
	}
	for to, from := range kept {
		in[to] = in[from]
	}
	return in[:len(kept)]
}

// withoutImpliedOfMany is withoutImplied in a time that grows with the clauses, and not with their
// pairs, unless most clauses are alike in all their conditions but one.
//
// A clause can be implied by one of fewer conditions only (True is none), or of as many and fewer
// entities, or by an equal one. So it is looked at after those, and compared with the kept ones that could be weaker.
// Such a one is found by the rarest of its conditions, which the clause must have, too.
func (n *normalizer) withoutImpliedOfMany(in []CheckedClause) []CheckedClause {
	hashes := make([][]hash, len(in))
	count := map[hash]int{}
	order := make([]int, len(in))
	for i := range in {
		order[i], hashes[i] = i, in[i].hashes()
		for _, h := range hashes[i] {
			count[h]++
		}
	}
	slices.SortStableFunc(order, func(i, j int) int {
		return cmp.Or(
			cmp.Compare(len(hashes[i]), len(hashes[j])),
			cmp.Compare(len(in[i].Entities), len(in[j].Entities)),
			cmp.Compare(len(in[i].Conditions), len(in[j].Conditions)),
		)
	})
	const none hash = 0 // of a clause that says True only
	byRarest := map[hash][]int{}
	dropped := make([]bool, len(in))
	for _, i := range order {
		rarest := none
		weaker := func(k int) bool { return n.implies(&in[i], &in[k]) }
		dropped[i] = slices.ContainsFunc(byRarest[none], weaker)
		for _, h := range hashes[i] {
			dropped[i] = dropped[i] || slices.ContainsFunc(byRarest[h], weaker)
			if rarest == none || count[h] < count[rarest] {
				rarest = h
			}
		}
		if !dropped[i] {
			byRarest[rarest] = append(byRarest[rarest], i)
		}
	}
	kept := in[:0]
	for i := range in {
		if !dropped[i] {
			kept = append(kept, in[i])
		}
	}
	return kept
}

// implies reports whether c is by, up to the names of entities, with more conditions or entities.
// Then where c is true so is by; and where by is false so is c, since every choice for the entities
// of c is one for those of by. Hence by alone answers for both, under None too. That takes entities
// that are answered alike (sameReach), and nothing asked of an entity of by that is not asked of
// the one of c (asksAll): an element of which more is asked is reached in fewer arrays.
func (n *normalizer) implies(c, by *CheckedClause) bool {
	if len(by.Entities) > len(c.Entities) || len(by.Conditions) > len(c.Conditions) {
		return false
	}
	var buf [4][2]*CheckedEntity
	return n.assign(c, by, buf[:0])
}

// assign finds an entity of c for each entity of by from the len(names)th on, each another one.
func (n *normalizer) assign(c, by *CheckedClause, names naming) bool {
	if len(names) == len(by.Entities) {
		return n.subset(by.Conditions, c.Conditions, names)
	}
	e := by.Entities[len(names)]
	for _, to := range c.Entities {
		if n.steps--; n.steps < 0 {
			return false
		}
		if !names.taken(to) && sameReach(e, to, names) && to.asksAll(e) &&
			n.assign(c, by, append(names, [2]*CheckedEntity{e, to})) {
			return true
		}
	}
	return false
}

// subset reports whether each of the conditions is one of those in of.
func (n *normalizer) subset(conditions, of []CheckedCondition, names naming) bool {
next:
	for _, c := range conditions {
		if c == CheckedConstant(filter.True) {
			continue
		}
		for _, o := range of {
			if len(names) != 0 {
				if n.steps--; n.steps < 0 {
					return false
				}
			}
			if same(c, o, names) {
				continue next
			}
		}
		return false
	}
	return true
}

// distinct returns the conditions without those that are there twice. It changes conditions.
func distinct(conditions []CheckedCondition) []CheckedCondition {
	if len(conditions) > many {
		return distinctByHash(conditions)
	}
	kept := conditions[:0]
next:
	for _, c := range conditions {
		for _, k := range kept {
			if same(c, k, nil) {
				continue next
			}
		}
		kept = append(kept, c)
	}
	return kept
}

func distinctByHash(conditions []CheckedCondition) []CheckedCondition {
	kept := conditions[:0]
	byHash := make(map[hash][]CheckedCondition, len(conditions))
next:
	for _, c := range conditions {
		h := newHash.condition(c)
		for _, k := range byHash[h] {
			if same(c, k, nil) {
				continue next
			}
		}
		byHash[h] = append(byHash[h], c)
		kept = append(kept, c)
	}
	return kept
}
