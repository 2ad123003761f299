package filter

import (
	"fmt"
	"slices"
	"strings"
)

// And returns the filter that authorizes what f and all the others authorize, such as a token's
// filter beside that of its owner. The filters must be of one resource type; if they are not, Check
// refuses what is returned.
//
// A filter that allows everything adds nothing, and one that denies makes the result deny. The
// labels of the filters stay on their clauses, inside an Any.
func And(f Filter, others ...Filter) Filter {
	all := append([]Filter{f}, others...)
	if other := unlike(all); other != nil {
		return *other
	}
	var parts []Filter
	for _, g := range all {
		switch g.Outcome() {
		case Denied:
			return Deny(f.Resource)
		case Conditional:
			parts = append(parts, g)
		}
	}
	switch len(parts) {
	case 0:
		return Allow(f.Resource)
	case 1:
		return parts[0]
	}
	c := Clause{Label: parts[0].label()}
	for _, g := range parts {
		c.Conditions = append(c.Conditions, Any(g.Clauses))
	}
	return For(f.Resource, c)
}

// Or returns the filter that authorizes what f or one of the others authorizes. The filters must be
// of one resource type; if they are not, Check refuses what is returned.
func Or(f Filter, others ...Filter) Filter {
	all := append([]Filter{f}, others...)
	if other := unlike(all); other != nil {
		return *other
	}
	var clauses []Clause
	for _, g := range all {
		if g.Outcome() == Allowed {
			return Allow(f.Resource)
		}
		clauses = append(clauses, g.Clauses...)
	}
	return For(f.Resource, clauses...)
}

// Except returns the filter that authorizes what f authorizes and g surely does not grant. Where g
// is unknown, say because a document lacks a field that g compares, it does not authorize the
// document. The filters must be of one resource type. If they are not, Check refuses what is
// returned.
func Except(f, g Filter) Filter {
	return f.except(g, None(Where(Any(g.Clauses))))
}

// ExceptSurely returns the filter that authorizes what f authorizes, without what g surely grants.
// It widens on missing data, as [Surely] says: where a document lacks what g compares, g does not
// grant it, and f alone decides. The filters must be of one resource type; if they are not, Check
// refuses what is returned.
func ExceptSurely(f, g Filter) Filter {
	return f.except(g, None(Where(Surely(Where(Any(g.Clauses))))))
}

func (f Filter) except(g Filter, without Condition) Filter {
	if other := unlike([]Filter{f, g}); other != nil {
		return *other
	}
	switch g.Outcome() {
	case Denied:
		return f
	case Allowed:
		return Deny(f.Resource)
	}
	switch f.Outcome() {
	case Denied:
		return f
	case Allowed:
		return For(f.Resource, Where(without))
	}
	c := Where(Any(f.Clauses), without)
	c.Label = f.label()
	return For(f.Resource, c)
}

// Under returns the clause that declares the entity e and asks f of it: the policy of a parent, say
// of the project that a task is in. The entity must exist, also where f allows everything. It must
// be of the resource type of f; if it is not, Check refuses the filter. So it does if f speaks of
// an entity that it does not declare. Entities of f are renamed where they have the name of e.
func Under(e Entity, f Filter) Clause {
	if e.Type != "" && e.Type != f.Resource {
		return Where(Invalid{fmt.Sprintf("a filter for %s under an entity of type %s: both must be of one type",
			word(f.Resource), word(e.Type))})
	}
	if err := f.wellFormed(); err != nil { // of what follows, nothing looks at limits
		return Where(Invalid{"under an entity: " + strings.TrimPrefix(err.Error(), "filter: ")})
	}
	if name, found := stray(f.Clauses, []string{""}); found { // which another entity in sight of the clause could be taken for
		return Where(Invalid{"under an entity: unknown entity " + word(name)})
	}
	e.Type = f.Resource
	c := Some(e).Where(e.Exists())
	c.Label = f.label()
	switch f.Outcome() {
	case Denied:
		return Where(False).As(c.Label)
	case Allowed:
		return c
	}
	u := under{entity: e.Name, other: unused(e.Name, f.Clauses)}
	return c.Where(Any(u.rewriter().filter(f).Clauses))
}

// stray returns the name of an entity that clauses speak of and that is not in sight.
func stray(clauses []Clause, sight []string) (name string, found bool) {
	for i := range clauses {
		c := &clauses[i]
		here := sight[:len(sight):len(sight)]
		for k := range c.Entities {
			here = append(here, c.Entities[k].Name)
		}
		if len(here) > MaxEntities {
			return "", false // Check refuses it
		}
		var spoken []string
		for k := range c.Entities {
			for _, p := range c.Entities[k].Paths {
				spoken = append(spoken, p.From)
			}
		}
		for _, condition := range c.Conditions {
			switch condition := condition.(type) {
			case Comparison:
				spoken = append(spoken, condition.Field.Entity)
				if f, ok := condition.Operand.(Field); ok {
					spoken = append(spoken, f.Entity)
				}
			case Exists:
				spoken = append(spoken, condition.Entity)
			case Constant, Invalid:
			case Any, None, Surely:
				if name, found := stray(Nested(condition), here); found {
					return name, true
				}
			}
		}
		for _, name := range spoken {
			if !slices.Contains(here, name) {
				return name, true
			}
		}
	}
	return "", false
}

// under replaces the resource of a filter by an entity, and the name of that entity, where the
// filter uses it, by another.
type under struct{ entity, other string }

func (u under) name(name *string) bool {
	switch *name {
	case "":
		*name = u.entity
	case u.entity:
		*name = u.other
	default:
		return false
	}
	return true
}

func (u under) rewriter() *rewriter {
	return &rewriter{
		comparison: func(c Comparison) (Comparison, bool) {
			changed := u.name(&c.Field.Entity)
			if f, ok := c.Operand.(Field); ok && u.name(&f.Entity) {
				c.Operand, changed = f, true
			}
			return c, changed
		},
		exists: func(e Exists) (Exists, bool) {
			changed := u.name(&e.Entity)
			return e, changed
		},
		entity: func(e Entity) (Entity, bool) {
			changed := e.Name == u.entity && u.name(&e.Name)
			paths, moved := rewrite(e.Paths, func(in *Path) (Path, bool) {
				p := *in
				moved := u.name(&p.From)
				return p, moved
			})
			e.Paths = paths
			return e, changed || moved
		},
	}
}

// unused returns a name that no entity declared in the clauses has: the one given, with a number.
func unused(name string, clauses []Clause) string {
	names := declaredIn(nil, Any(clauses))
	for i := 2; ; i++ {
		if n := name + itoa(i); !slices.Contains(names, n) {
			return n
		}
	}
}

// unlike returns the filter that Check refuses, if the filters are of several resource types.
func unlike(filters []Filter) *Filter {
	for _, f := range filters[1:] {
		if f.Resource != filters[0].Resource {
			return &Filter{Resource: filters[0].Resource, Clauses: []Clause{Where(Invalid{fmt.Sprintf(
				"filters for %s and for %s are combined: combine filters of one resource type, or ask one of a related entity (Under)",
				word(filters[0].Resource), word(f.Resource))})}}
		}
	}
	for _, f := range filters {
		if f.AllowAll && len(f.Clauses) > 0 {
			return &f // which Check refuses
		}
	}
	return nil
}

// label returns the label of a filter's only clause.
func (f Filter) label() string {
	if len(f.Clauses) == 1 {
		return f.Clauses[0].Label
	}
	return ""
}

// declared appends the names of the entities declared anywhere in a clause.
func declared(names []string, c *Clause) []string {
	for i := range c.Entities {
		names = append(names, c.Entities[i].Name)
	}
	for _, condition := range c.Conditions {
		names = declaredIn(names, condition)
	}
	return names
}

// declaredIn appends the names of the entities declared in the clauses nested in a condition.
func declaredIn(names []string, condition Condition) []string {
	inner := Nested(condition)
	for i := range inner {
		names = declared(names, &inner[i])
	}
	return names
}
