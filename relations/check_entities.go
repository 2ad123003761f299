package relations

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/mongoauthz/go-mongoauthz/filter"
)

// This file checks the entities that clauses declare: their names, their types, and the relations
// by which they are reached.

func (c *checker) exists(in filter.Exists) CheckedCondition {
	e := c.lookup(in.Entity)
	switch {
	case c.scope:
		c.fail(in.Entity, "Exists in a scope, which speaks of its own type only")
	case in.Entity == "":
		c.fail("", "Exists of the resource, which is always there: say True")
	case e == nil:
		c.fail("", fmt.Sprintf("Exists of an unknown entity %q", in.Entity))
	default:
		e.used = true
		e.entity.Facts.Exists = true
		return CheckedExists{e.entity}
	}
	return nil
}

func (c *checker) entities(in []filter.Entity) []*CheckedEntity {
	if len(in) == 0 {
		return nil
	}
	if c.scope {
		c.fail("", "a scope declares no entities")
		return nil
	}
	declared := make([]CheckedEntity, len(in))
	out := make([]*CheckedEntity, len(in))
	for i := range in {
		out[i] = &declared[i]
		c.entity(&declared[i], &in[i])
	}
	c.at[len(c.at)-1].entity = ""
	return out
}

// entity resolves an entity and brings it into sight.
func (c *checker) entity(e *CheckedEntity, in *filter.Entity) {
	c.at[len(c.at)-1].entity = in.Name
	if in.Name == "" {
		c.fail("", "an entity without a name")
	} else if c.lookup(in.Name) != nil {
		c.fail("", "the name is taken by another entity in sight")
	}
	e.Name = in.Name
	e.Type = c.reached(e, in)
	// Errors about everything that speaks of an entity without a type would only repeat one.
	c.visible = append(c.visible, visible{entity: e, used: e.Type == nil})
}

// reached resolves the paths of an entity and returns its type, or nil if there is an error.
func (c *checker) reached(e *CheckedEntity, in *filter.Entity) *Type {
	if len(in.Paths) == 0 {
		t, ok := c.s.Type(in.Type)
		switch {
		case !ok:
			c.fail("", fmt.Sprintf("a free entity of an unknown type %q", in.Type))
			return nil
		case t.Collection == "":
			c.fail("", "a free entity of a type that does not live in a collection: "+t.Name)
			return nil
		}
		c.meets(t)
		return t
	}
	var to *Type
	e.Paths = make([]CheckedPath, len(in.Paths))
	for i := range in.Paths {
		t := c.follow(&e.Paths[i], &in.Paths[i], len(in.Paths) > 1)
		switch {
		case t == nil:
			return nil
		case to == nil:
			to = t
		case to != t:
			c.fail("", "its paths lead to different types, "+to.Name+" and "+t.Name)
			return nil
		}
	}
	if in.Type != "" && in.Type != to.Name {
		c.fail("", "it is declared as "+strconv.Quote(in.Type)+" and reached as "+to.Name)
		return nil
	}
	return to
}

// follow resolves a path and returns the type it leads to, or nil if there is an error.
func (c *checker) follow(p *CheckedPath, in *filter.Path, several bool) *Type {
	from := c.lookup(in.From)
	if from == nil {
		c.fail("", fmt.Sprintf("reached from an unknown entity %q", in.From))
		return nil
	}
	from.used = true
	if from.entity.Type == nil {
		return nil // reported where that entity is declared
	}
	r, ok := from.entity.Type.Relation(in.Relation)
	if !ok {
		c.fail("", fmt.Sprintf("%s has no relation %q: declare it, or correct the name", from.entity.Type.Name, in.Relation))
		return nil
	}
	p.From, p.Relation, p.Hops = from.entity, r, c.s.hops(from.entity.Type, r, nil)
	last := &p.Hops[len(p.Hops)-1]
	if several && last.Relation.Kind.Embedded() {
		c.fail("", fmt.Sprintf("relation %q leads to embedded documents, which cannot be reached along two paths", in.Relation))
		return nil
	}
	if len(c.s.unbound) > 0 {
		for i := range p.Hops {
			c.meets(p.Hops[i].To)
		}
	}
	from.entity.Facts.follow(p.Hops[0].Relation)
	return last.To
}

// meets reports the parameter left unbound in the scope of a type that the filter meets.
func (c *checker) meets(t *Type) {
	if p, ok := c.s.unbound[t.Name]; ok {
		c.fail("", fmt.Sprintf("the scope of %s has an unbound parameter %q: give it a value by mongoauthz.WithParameters, or Schema.Bind", t.Name, string(p)))
	}
}

// hops appends the relations that a relation of a type stands for: itself, or those that a through
// follows. The schema is a valid one.
func (s *Schema) hops(from *Type, r *Relation, out []Hop) []Hop {
	if r.Kind != Through {
		to, _ := s.Type(r.Type)
		return append(out, Hop{Relation: r, From: from, To: to})
	}
	for _, name := range r.Through {
		next, _ := from.Relation(name)
		out = s.hops(from, next, out)
		from = out[len(out)-1].To
	}
	return out
}

// follow notes a relation by which another entity is reached.
func (f *EntityFacts) follow(r *Relation) {
	if !slices.Contains(f.Followed, r) {
		f.Followed = append(f.Followed, r)
	}
}

// compare notes a comparison of a field by op, with a field or with a value.
func (f *EntityFacts) compare(ref *FieldRef, op filter.Operator, withField bool) {
	f.WithField = f.WithField || withField
	switch {
	case op.Unary():
		f.Null = true
	case !f.compares(ref.Path):
		f.Compared = append(f.Compared, *ref)
	}
}

func (f *EntityFacts) compares(path string) bool {
	return slices.ContainsFunc(f.Compared, func(c FieldRef) bool { return c.Path == path })
}
