package lower

import (
	"slices"

	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/formula"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

// entity is an entity of a clause, or an unnamed hop of a through relation.
type entity struct {
	of      *relations.CheckedEntity // what conditions and paths point to
	typ     *relations.Type
	paths   []path
	keyOnly bool
}

// path is one relation from an entity in scope, or declared before in the same clause.
type path struct {
	from *relations.CheckedEntity
	rel  *relations.Relation
}

// entities returns the entities of a clause. Hops of throughs become unnamed entities before the
// one they lead to.
func (l *Lowerer) entities(c *relations.CheckedClause) []entity {
	out := make([]entity, 0, len(c.Entities)+2)
	for _, declared := range c.Entities {
		ent := entity{of: declared, typ: declared.Type, paths: make([]path, len(declared.Paths)), keyOnly: l.keyOnly(declared)}
		for i := range declared.Paths {
			at, hops := declared.Paths[i].From, declared.Paths[i].Hops
			for k := range hops[:len(hops)-1] {
				hop := &relations.CheckedEntity{Type: hops[k].To}
				hop.Facts.Followed = []*relations.Relation{hops[k+1].Relation}
				out = append(out, entity{of: hop, typ: hop.Type, paths: []path{{at, hops[k].Relation}}})
				at = hop
			}
			ent.paths[i] = path{at, hops[len(hops)-1].Relation}
		}
		out = append(out, ent)
	}
	return out
}

// solve lowers "some choice of the entities makes every condition true", or that every choice makes
// some condition false. Entities that no condition and no path ties together are solved apart, so
// that each is asked for in the smallest scope.
func (l *Lowerer) solve(entities []entity, conditions []relations.CheckedCondition, e *env, m mode) formula.Node {
	if len(entities) == 0 {
		return l.conditions(conditions, e, m)
	}
	group := make([]int, len(entities)) // the group of each entity: the index of its first member
	for i := range group {
		group[i] = i
	}
	join := func(a, b int) {
		if a, b = group[a], group[b]; a != b {
			for k := range group {
				if group[k] == max(a, b) {
					group[k] = min(a, b)
				}
			}
		}
	}
	for i := range entities {
		for _, p := range entities[i].paths {
			for k := range i {
				if entities[k].of == p.from {
					join(i, k)
				}
			}
		}
	}
	owner := make([]int, len(conditions)) // an entity that the condition mentions, or -1
	for c, cond := range conditions {
		owner[c] = -1
		for i := range entities {
			if mentions(cond, entities[i].of) {
				if owner[c] >= 0 {
					join(owner[c], i)
				}
				owner[c] = i
			}
		}
	}
	var out []formula.Node
	var own []relations.CheckedCondition
	for c, cond := range conditions {
		if owner[c] < 0 {
			own = append(own, cond)
		}
	}
	if len(own) > 0 {
		out = append(out, l.conditions(own, e, m))
	}
	for first := range entities {
		if group[first] != first {
			continue
		}
		var rest []entity
		for i := first + 1; i < len(entities); i++ {
			if group[i] == first {
				rest = append(rest, entities[i])
			}
		}
		var theirs []relations.CheckedCondition
		for c, cond := range conditions {
			if owner[c] >= 0 && group[owner[c]] == first {
				theirs = append(theirs, cond)
			}
		}
		r := reach{Lowerer: l, entity: &entities[first], rest: rest, conditions: theirs, env: e}
		out = append(out, r.lower(m))
	}
	if m == surelyTrue {
		return formula.All(out...)
	}
	return formula.Some(out...)
}

// mentions reports whether a condition speaks of an entity.
func mentions(c relations.CheckedCondition, e *relations.CheckedEntity) bool {
	switch c := c.(type) {
	case *relations.CheckedComparison:
		if f, ok := c.Operand.(*relations.CheckedField); ok && f.Entity == e {
			return true
		}
		return c.Entity == e
	case relations.CheckedExists:
		return c.Entity == e
	case relations.CheckedAny, relations.CheckedConstant, relations.CheckedNone, relations.CheckedSurely:
	}
	for inner := range relations.Nested(c) {
		if clauseMentions(inner, e) {
			return true
		}
	}
	return false
}

func clauseMentions(c *relations.CheckedClause, e *relations.CheckedEntity) bool {
	for _, declared := range c.Entities {
		if slices.ContainsFunc(declared.Paths, func(p relations.CheckedPath) bool { return p.From == e }) {
			return true
		}
	}
	return slices.ContainsFunc(c.Conditions, func(c relations.CheckedCondition) bool { return mentions(c, e) })
}

// keyOnly says whether an entity is answered from the local key (package evaluate, Key only):
// nothing but its key is compared with values, and perhaps Exists is asked of a reference that is
// complete.
func (l *Lowerer) keyOnly(e *relations.CheckedEntity) bool {
	if len(e.Paths) != 1 || len(e.Paths[0].Hops) != 1 {
		return false
	}
	rel, asked := e.Paths[0].Hops[0].Relation, &e.Facts
	if rel.Kind != relations.ReferencesOne && rel.Kind != relations.ReferencesMany ||
		len(rel.Keys) != 1 || rel.Keys[0].Foreign != e.Type.Key || len(rel.Where) > 0 || len(e.Type.Scope) > 0 {
		return false
	}
	if asked.Null || asked.WithField || len(asked.Followed) > 0 || asked.Exists && !l.complete(rel) {
		return false
	}
	for _, f := range asked.Compared {
		if f.Path != e.Type.Key {
			return false
		}
	}
	return asked.Exists || len(asked.Compared) > 0
}
