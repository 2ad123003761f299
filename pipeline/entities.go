package pipeline

import (
	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

// entity is an entity of a clause, or an unnamed hop of a through relation, with its paths resolved to single relations.
type entity struct {
	name    string
	typ     *relations.Type
	paths   []path
	keyOnly bool
	asked   filter.Standing // what the filter as written asks of it
}

// path is one relation from an entity in scope, or declared before in the same clause.
type path struct {
	from string
	rel  *relations.Relation
}

// entities resolves the entities of a clause: through relations become their hops, unnamed entities of the same clause.
func (l *lowerer) entities(c *filter.Clause, e *env) []entity {
	out := make([]entity, 0, len(c.Entities)+2)
	typeOf := func(name string) *relations.Type {
		for i := range out {
			if out[i].name == name {
				return out[i].typ
			}
		}
		b, ok := e.get(name)
		if !ok {
			l.fail("entity %q is not in scope", name)
			return nil
		}
		return b.typ
	}
	for i := range c.Entities {
		declared := &c.Entities[i]
		typ, ok := l.schema.Type(declared.Type)
		if !ok {
			l.fail("resource type %q", declared.Type)
			return nil
		}
		ent := entity{name: declared.Name, typ: typ, paths: make([]path, 0, len(declared.Paths)), asked: declared.Standing}
		for j, p := range declared.Paths {
			from := typeOf(p.From)
			if l.err != nil {
				return nil
			}
			hops, ok := hops(l.schema, from, p.Relation, nil)
			if !ok {
				l.fail("%s has no relation %q", from.Name, p.Relation)
				return nil
			}
			at := p.From
			for k, rel := range hops[:len(hops)-1] {
				hop := entity{name: hopName(declared.Name, j, k), paths: []path{{at, rel}}}
				if hop.typ, ok = l.schema.Type(rel.Type); !ok {
					l.fail("resource type %q", rel.Type)
					return nil
				}
				out = append(out, hop)
				at = hop.name
			}
			ent.paths = append(ent.paths, path{at, hops[len(hops)-1]})
			if len(hops) == 1 && len(declared.Paths) == 1 {
				ent.keyOnly = l.keyOnly(declared.Standing, hops[0], typ)
			}
		}
		out = append(out, ent)
	}
	return out
}

// hopName names an unnamed entity as no entity of a filter can be named.
func hopName(entity string, path, hop int) string {
	return string([]byte{0, byte(path), byte(hop)}) + entity
}

// hops returns the relations that a relation stands for: itself, or the relations of a through in a row.
func hops(s *relations.Schema, from *relations.Type, relation string, out []*relations.Relation) ([]*relations.Relation, bool) {
	rel, ok := from.Relation(relation)
	if !ok || rel.Kind != relations.Through {
		return append(out, rel), ok
	}
	for _, name := range rel.Through {
		if out, ok = hops(s, from, name, out); !ok {
			return nil, false
		}
		if from, ok = s.Type(out[len(out)-1].Type); !ok {
			return nil, false
		}
	}
	return out, len(out) > 0
}

// solve lowers "some choice of the entities makes every condition true", or that every choice makes some condition false.
// Entities that no condition and no path ties together are solved apart, so that each is asked for in the smallest scope.
func (l *lowerer) solve(entities []entity, conditions []filter.Condition, e *env, m mode) node {
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
				if entities[k].name == p.from {
					join(i, k)
				}
			}
		}
	}
	owner := make([]int, len(conditions)) // an entity that the condition mentions, or -1
	for c, cond := range conditions {
		owner[c] = -1
		for i := range entities {
			if mentions(cond, entities[i].name) {
				if owner[c] >= 0 {
					join(owner[c], i)
				}
				owner[c] = i
			}
		}
	}
	var out []node
	var own []filter.Condition
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
		var theirs []filter.Condition
		for c, cond := range conditions {
			if owner[c] >= 0 && group[owner[c]] == first {
				theirs = append(theirs, cond)
			}
		}
		r := reach{lowerer: l, entity: &entities[first], rest: rest, conditions: theirs, env: e}
		out = append(out, r.lower(m))
	}
	if m == surelyTrue {
		return all(out...)
	}
	return some(out...)
}

// mentions reports whether a condition speaks of an entity.
func mentions(c filter.Condition, name string) bool {
	switch c := c.(type) {
	case filter.Comparison:
		if f, ok := c.Operand.(filter.Field); ok && f.Entity == name {
			return true
		}
		return c.Field.Entity == name
	case filter.Exists:
		return c.Entity == name
	case filter.Any:
		for i := range c {
			if clauseMentions(&c[i], name) {
				return true
			}
		}
	case filter.None:
		return clauseMentions((*filter.Clause)(&c), name)
	case filter.Surely:
		return clauseMentions((*filter.Clause)(&c), name)
	}
	return false
}

func clauseMentions(c *filter.Clause, name string) bool {
	for i := range c.Entities {
		for _, p := range c.Entities[i].Paths {
			if p.From == name {
				return true
			}
		}
	}
	for _, cond := range c.Conditions {
		if mentions(cond, name) {
			return true
		}
	}
	return false
}

// keyOnly says whether an entity of that standing is answered from the local key (package evaluate, Key only).
func (l *lowerer) keyOnly(s filter.Standing, rel *relations.Relation, target *relations.Type) bool {
	if rel.Kind != relations.ReferencesOne && rel.Kind != relations.ReferencesMany ||
		len(rel.Keys) != 1 || rel.Keys[0].Foreign != target.Key || len(rel.Where) > 0 || len(target.Scope) > 0 {
		return false
	}
	if s.Exists && !l.complete(rel) {
		return false
	}
	return s.Decided && (s.Field == target.Key || s.Field == "" && s.Exists)
}
