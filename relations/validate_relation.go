package relations

import (
	"fmt"
	"slices"
	"strconv"
)

func (v *validator) relation(t *Type, r *Relation) {
	if !r.Kind.valid() {
		v.fail(t, r.Name, "an unknown kind, %s", r.Kind)
		return
	}
	if r.AbsentEmpty && r.Kind != EmbedsMany {
		v.fail(t, r.Name, "absent means empty is for EmbedsMany")
	}
	if r.Required && r.Kind != HasOne {
		v.fail(t, r.Name, "required is for HasOne: it says that there is a row")
	}
	if r.Complete && r.Kind != ReferencesOne && r.Kind != ReferencesMany {
		v.fail(t, r.Name, "complete is for ReferencesOne and ReferencesMany: it says that no key dangles")
	}
	if r.Kind == Through {
		v.through(t, r)
		return
	}
	if len(r.Through) > 0 {
		v.fail(t, r.Name, "%s goes through no other relations", r.Kind)
	}
	to, ok := v.s.Type(r.Type)
	if !ok {
		v.fail(t, r.Name, "leads to an unknown type %q", r.Type)
	}
	switch {
	case r.Kind.Embedded() && len(r.Keys) > 0:
		v.fail(t, r.Name, "%s joins by no keys", r.Kind)
	case !r.Kind.Embedded() && len(r.Keys) == 0:
		v.fail(t, r.Name, "%s needs the keys it joins by", r.Kind)
	}
	if !ok {
		return
	}
	if !r.Kind.Embedded() {
		if to.Collection == "" {
			v.fail(t, r.Name, "%s joins a collection, and %s lives in none", r.Kind, to.Name)
		}
		v.pairs(t, to, r)
	}
	for _, c := range r.Where {
		v.constant(t, r, c)
	}
}

// pairs checks the fields that a relation joins by.
func (v *validator) pairs(t, to *Type, r *Relation) {
	lists, known := 0, true
	for _, pair := range r.Keys {
		local, crosses, ok := v.s.lookup(t, pair.Local)
		switch {
		case !ok:
			known = false
			v.fail(t, r.Name, "%s", v.s.noKey(t, pair.Local))
		case crosses:
			v.fail(t, r.Name, "key %q crosses an array of documents: declare the relation on their type", pair.Local)
		case local.List:
			lists++
		case local.AbsentZero != nil:
			v.fail(t, r.Name, "key %q is declared as absent means zero, and keys are read as stored", pair.Local)
		}
		foreign, _, found := v.s.lookup(to, pair.Foreign)
		switch {
		case !found:
			v.fail(t, r.Name, "%s", v.s.noKey(to, pair.Foreign))
		case foreign.AbsentZero != nil:
			v.fail(t, r.Name, "key %q of %s is declared as absent means zero, and keys are read as stored", pair.Foreign, to.Name)
		case ok && local.Type != foreign.Type:
			v.fail(t, r.Name, "key %q is declared as %s, and %q of %s as %s", pair.Local, local.Type, pair.Foreign, to.Name, foreign.Type)
		case ok && !sameSubtype(local, foreign):
			v.fail(t, r.Name,
				"key %q holds binaries of subtype %d, and %q of %s of subtype %d: none are equal",
				pair.Local, *local.Subtype, pair.Foreign, to.Name, *foreign.Subtype)
		}
	}
	switch {
	case lists > 0 && r.Kind != ReferencesMany:
		v.fail(t, r.Name, "%s joins by single keys, and a list is declared on the local side", r.Kind)
	case lists > 1:
		v.fail(t, r.Name, "more than one list on the local side")
	case lists == 0 && r.Kind == ReferencesMany && known && len(r.Keys) > 0:
		v.fail(t, r.Name, "ReferencesMany joins by a list of keys, and none is declared on the local side")
	}
}

// noKey says that a relation joins by what is no field.
func (s *Schema) noKey(t *Type, path string) string {
	problem := fmt.Sprintf("key %q is not a declared field of %s", path, t.Name)
	if ref, ok := s.Presence(t, path); ok && !ref.CrossesArray() {
		return problem + ", but an embedded document: to join by it as a whole, declare a Document " +
			"field (tag the struct document); to join by what it holds, name a field of it"
	}
	return problem
}

func (v *validator) through(t *Type, r *Relation) {
	if len(r.Keys) > 0 {
		v.fail(t, r.Name, "Through joins by no keys of its own")
	}
	if len(r.Where) > 0 {
		v.fail(t, r.Name, "Through has no constants of its own: they belong to the relations it follows")
	}
	if len(r.Through) < 2 {
		v.fail(t, r.Name, "Through follows two relations or more")
		return
	}
	to, problem := v.s.leadsTo(t, r, nil)
	switch {
	case problem != "":
		v.fail(t, r.Name, "%s", problem)
	case to != r.Type:
		v.fail(t, r.Name, "is declared to lead to %q, and leads to %s", r.Type, to)
	}
}

// maxNestedThroughs bounds how deep throughs follow throughs: the relations they come to may double at every level.
const maxNestedThroughs = 8

// leadsTo returns the name of the type that a relation leads to; for a through, by following its hops, whatever type it declares.
// The problem, "" if there is none, says why it cannot be followed. inside are the throughs being followed.
func (s *Schema) leadsTo(t *Type, r *Relation, inside []*Relation) (to, problem string) {
	if r.Kind != Through {
		return r.Type, ""
	}
	switch {
	case slices.Contains(inside, r):
		return "", "the relation contains itself"
	case len(inside) >= maxNestedThroughs:
		return "", "throughs nested too deep"
	}
	inside = append(inside, r)
	if len(r.Through) == 0 {
		return "", "Through follows two relations or more"
	}
	for i, name := range r.Through {
		if i > 0 {
			next, ok := s.Type(to)
			if !ok {
				return "", "hop " + strconv.Quote(r.Through[i-1]) + " leads to an unknown type " + strconv.Quote(to)
			}
			t = next
		}
		hop, ok := t.Relation(name)
		if !ok {
			return "", t.Name + " has no relation " + strconv.Quote(name) + ": declare it, or correct the name"
		}
		if to, problem = s.leadsTo(t, hop, inside); problem != "" {
			return "", problem
		}
	}
	if _, ok := s.Type(to); !ok {
		return "", "leads to an unknown type " + strconv.Quote(to)
	}
	return to, ""
}
