package relations

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/mongoauthz/go-mongoauthz/filter"
)

// This file checks the entities that clauses declare: their names, their types, and the relations
// by which they are reached.

func (c *checker) exists(in filter.Exists) {
	e := c.lookup(in.Entity)
	switch {
	case c.scope:
		c.fail(in.Entity, "Exists in a scope, which speaks of its own type only")
	case in.Entity == "":
		c.fail("", "Exists of the resource, which is always there: say True")
	case e == nil:
		c.fail("", fmt.Sprintf("Exists of an unknown entity %q", in.Entity))
	case e.only != "" && !e.exists:
		c.fail(in.Entity, "the entity stands for comparisons of its field "+e.only+" only")
	default:
		e.used = true
	}
}

func (c *checker) entities(in []filter.Entity) []filter.Entity {
	if len(in) == 0 {
		return nil
	}
	if c.scope {
		c.fail("", "a scope declares no entities")
		return nil
	}
	out := make([]filter.Entity, len(in))
	for i := range in {
		out[i] = c.entity(in[i])
	}
	c.at[len(c.at)-1].entity = ""
	return out
}

func (c *checker) entity(e filter.Entity) filter.Entity {
	c.at[len(c.at)-1].entity = e.Name
	if e.Name == "" {
		c.fail("", "an entity without a name")
	} else if c.lookup(e.Name) != nil {
		c.fail("", "the name is taken by another entity in sight")
	}
	t := c.reached(e)
	if t == nil {
		// Errors about everything that speaks of this entity would only repeat this one.
		c.visible = append(c.visible, visible{name: e.Name, used: true})
		return e
	}
	c.visible = append(c.visible, visible{
		name: e.Name, typ: t, only: c.standing(t, &e.Standing), exists: e.Standing.Exists, decided: e.Standing.Decided,
	})
	e.Type = t.Name
	e.Paths = slices.Clone(e.Paths)
	return e
}

// standing checks the names that a standing holds, and returns the only field that conditions may
// compare; "" for no such promise.
func (c *checker) standing(t *Type, s *filter.Standing) string {
	for _, name := range s.Compared {
		if _, crosses, ok := c.s.lookup(t, name); !ok || crosses {
			c.fail(name, "the entity's standing names a field that "+t.Name+" does not declare")
		}
	}
	for _, name := range s.Followed {
		if _, ok := t.Relation(name); !ok {
			c.fail("", fmt.Sprintf("the entity's standing names a relation that %s does not have, %q", t.Name, name))
		}
	}
	if !s.Decided || s.Field == "" {
		return ""
	}
	if _, crosses, ok := c.s.lookup(t, s.Field); !ok || crosses {
		c.fail(s.Field, "the entity's standing names a field that "+t.Name+" does not declare")
	}
	return s.Field
}

// reached returns the type of an entity, or nil if there is an error.
func (c *checker) reached(e filter.Entity) *Type {
	if len(e.Paths) == 0 {
		t, ok := c.s.Type(e.Type)
		switch {
		case !ok:
			c.fail("", fmt.Sprintf("a free entity of an unknown type %q", e.Type))
			return nil
		case t.Collection == "":
			c.fail("", "a free entity of a type that does not live in a collection: "+t.Name)
			return nil
		}
		c.meets(t)
		return t
	}
	var to *Type
	for _, p := range e.Paths {
		t := c.follow(p, len(e.Paths) > 1)
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
	if e.Type != "" && e.Type != to.Name {
		c.fail("", "it is declared as "+strconv.Quote(e.Type)+" and reached as "+to.Name)
		return nil
	}
	return to
}

// follow returns the type a path leads to, or nil if there is an error.
func (c *checker) follow(p filter.Path, several bool) *Type {
	from := c.lookup(p.From)
	if from == nil {
		c.fail("", fmt.Sprintf("reached from an unknown entity %q", p.From))
		return nil
	}
	from.used = true
	if from.typ == nil {
		return nil // reported where that entity is declared
	}
	if from.only != "" {
		c.fail("", fmt.Sprintf("reached from entity %q, of which only one field may be compared", p.From))
		return nil
	}
	r, ok := from.typ.Relation(p.Relation)
	if !ok {
		c.fail("", fmt.Sprintf("%s has no relation %q", from.typ.Name, p.Relation))
		return nil
	}
	if several && c.s.lastHop(from.typ, r).Kind.Embedded() {
		c.fail("", fmt.Sprintf("relation %q leads to embedded documents, which cannot be reached along two paths", p.Relation))
		return nil
	}
	c.meetsHops(from.typ, r)
	t, _ := c.s.Type(r.Type)
	return t
}

// meets reports the parameter left unbound in the scope of a type that the filter meets.
func (c *checker) meets(t *Type) {
	if p, ok := c.s.unbound[t.Name]; ok {
		c.fail("", fmt.Sprintf("the scope of %s has an unbound parameter %q", t.Name, string(p)))
	}
}

// meetsHops is meets for every type that a relation passes.
func (c *checker) meetsHops(t *Type, r *Relation) {
	if len(c.s.unbound) == 0 {
		return
	}
	if r.Kind != Through {
		if t, ok := c.s.Type(r.Type); ok {
			c.meets(t)
		}
		return
	}
	for _, name := range r.Through {
		hop, ok := t.Relation(name)
		if !ok {
			return
		}
		c.meetsHops(t, hop)
		if t, ok = c.s.Type(hop.Type); !ok {
			return
		}
	}
}

// lastHop returns the relation that a through ends with, and any other relation itself. The schema
// is a validated one.
func (s *Schema) lastHop(t *Type, r *Relation) *Relation {
	for r.Kind == Through {
		var hop *Relation
		for _, name := range r.Through {
			if hop != nil {
				t, _ = s.Type(hop.Type)
			}
			hop, _ = t.Relation(name)
		}
		r = hop
	}
	return r
}
