package oso

import (
	"maps"
	"slices"

	"github.com/mongoauthz/go-mongoauthz/filter"
)

// clause returns the clause of an AND. The entities in visible are declared already. It is empty if
// it asks nothing but that some of these exist.
//
// An entity of which nothing else is asked has to exist. One of which more is asked exists by that.
// So one that is compared by its key only is still answered from the field that refers to it.
func clause(parts []formula, visible map[*entity]bool) filter.Clause {
	var c filter.Clause
	visible = maps.Clone(visible)
	var declare func(e *entity)
	declare = func(e *entity) {
		if e.name == "" || visible[e] {
			return
		}
		visible[e] = true
		for _, p := range e.paths {
			declare(p.from)
		}
		c.Entities = append(c.Entities, e.declare())
	}
	for _, p := range parts {
		if l, ok := p.(leaf); ok {
			for _, e := range l.entities {
				declare(e)
			}
		}
	}
	for _, p := range parts {
		switch p := p.(type) {
		case leaf:
			if p.condition != nil {
				c.Conditions = append(c.Conditions, p.condition)
			}
		case some:
			if ways := anyOf(p, visible); len(ways) > 0 {
				c.Conditions = append(c.Conditions, ways)
			}
		case all:
			if inner := clause(p, visible); len(inner.Conditions) > 0 {
				c.Conditions = append(c.Conditions, filter.Any{inner})
			}
		}
	}
	for _, e := range c.Entities {
		if !uses(&c, e.Name) {
			c.Conditions = append(c.Conditions, e.Exists())
		}
	}
	return c
}

// anyOf returns the Any of an OR. There are none if one of them asks nothing: then all of the OR
// asks nothing.
func anyOf(or some, visible map[*entity]bool) filter.Any {
	if len(or) == 0 {
		return filter.Any{filter.Where(filter.False)}
	}
	ways := make(filter.Any, 0, len(or))
	for _, way := range or {
		if l, ok := way.(leaf); ok && l.seen(visible) {
			if inner, ok := l.condition.(filter.Any); ok {
				ways = append(ways, inner...)
				continue
			}
		}
		inner := clause(asAll(way), visible)
		if len(inner.Conditions) == 0 {
			return nil
		}
		ways = append(ways, inner)
	}
	return ways
}

// uses reports whether a clause, with all that is nested in it, asks something of an entity or
// reaches another from it.
func uses(c *filter.Clause, name string) bool {
	for _, e := range c.Entities {
		if slices.ContainsFunc(e.Paths, func(p filter.Path) bool { return p.From == name }) {
			return true
		}
	}
	for _, condition := range c.Conditions {
		switch condition := condition.(type) {
		case filter.Comparison:
			other, _ := condition.Operand.(filter.Field)
			if condition.Field.Entity == name || other.Entity == name {
				return true
			}
		case filter.Exists:
			if condition.Entity == name {
				return true
			}
		case filter.Constant, filter.Invalid:
		case filter.Any, filter.None, filter.Surely:
			for _, inner := range filter.Nested(condition) {
				if uses(&inner, name) {
					return true
				}
			}
		}
	}
	return false
}

// seen reports whether all entities of the leaf are visible.
func (l leaf) seen(visible map[*entity]bool) bool {
	return !slices.ContainsFunc(l.entities, func(e *entity) bool { return e.name != "" && !visible[e] })
}

func asAll(f formula) []formula {
	if a, ok := f.(all); ok {
		return a
	}
	return []formula{f}
}

// declare returns the entity as a filter declares it.
func (e *entity) declare() filter.Entity {
	d := filter.Entity{Name: e.name, Paths: make([]filter.Path, len(e.paths))}
	for i, p := range e.paths {
		d.Paths[i] = filter.Path{From: p.from.name, Relation: p.relation}
	}
	return d
}
