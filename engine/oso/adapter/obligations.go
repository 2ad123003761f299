package adapter

import (
	"maps"

	"github.com/mongoauthz/go-mongoauthz/engine/oso/internal/polar"
)

// obligations refuses a rule that follows a relation of which nothing is asked, and one that takes two elements of one relation.
func (g *guard) obligations(f *flat) error {
	for name, n := range g.elements[f.head] {
		if n > 1 {
			return &RefusedError{Construct: "two elements of " + name, Line: f.Line, Problem: "Oso's filter has them as one"}
		}
	}
	for _, s := range g.scopes(f) {
		for _, v := range s.leads() {
			if s.param(v) < 0 && !s.asks(v.Name) || v.Name == "_" {
				return refuse(v, "a relation without a condition on what it leads to", "Oso's filter does not ask whether anything is there")
			}
		}
		for _, e := range s.atoms {
			if err := s.kept(e); err != nil {
				return err
			}
			if name, ok := s.element(e); ok && !(e.Args[0].Op == polar.Variable && s.asks(e.Args[0].Name)) {
				g.exists[name] = true
			}
		}
	}
	return nil
}

// kept refuses a condition that the filter may lose.
func (s scope) kept(e *polar.Expr) error {
	switch e.Op {
	case "=", "!=", "in":
		l, r := e.Args[0], e.Args[1]
		if l.Op == polar.Variable && r.Op == polar.Variable && !s.known(l) && !s.known(r) {
			return refuse(e, "two variables", "what is asked of the one is not followed to the other")
		}
	case polar.Call:
		for i, a := range e.Args {
			if a.Op == polar.Dot && !s.known(a) && (s.related(a) || s.g.typed(e, i)) && !s.g.asked[place{head{e.Name, len(e.Args)}, i}] {
				return refuse(a, "a relation without a condition on what it leads to", "Oso's filter does not ask whether anything is there")
			}
		}
	case polar.Dot:
		if s.g.classes.relations[e.Name] && !s.known(e) {
			return refuse(e, "a relation as a condition", "Oso's filter does not ask whether anything is there")
		}
	case polar.Variable, polar.Constant, polar.Method:
		if !s.known(e) {
			return refuse(e, "a value as a condition", "it is not known to be kept")
		}
	default:
		return refuse(e, "a value as a condition", "it is not known to be kept")
	}
	for _, a := range e.Args {
		if (a.Op == polar.List || a.Op == polar.Method) && !s.known(a) {
			return refuse(a, "a value made of the document's", "it is not known to be kept")
		}
	}
	return nil
}

// element returns the to-many relation of which a condition takes an element.
func (s scope) element(e *polar.Expr) (relation string, ok bool) {
	if e.Op != "in" || e.Args[1].Op != polar.Dot || s.known(e.Args[1]) {
		return "", false
	}
	return e.Args[1].Name, s.g.classes.relations[e.Args[1].Name]
}

// count counts the elements of each to-many relation that one alternative takes, those in the rules it calls included; two are too many.
func (g *guard) count(f *flat) (changed bool) {
	most := g.elements[f.head]
	if most == nil {
		most = map[string]int{}
		g.elements[f.head] = most
	}
	for _, s := range g.scopes(f) {
		n := map[string]int{}
		for _, e := range s.atoms {
			if name, ok := s.element(e); ok {
				n[name]++
			}
			if e.Op == polar.Call {
				for name, more := range g.elements[head{e.Name, len(e.Args)}] {
					n[name] += more
				}
			}
		}
		for name := range maps.Keys(n) {
			if k := min(n[name], 2); k > most[name] {
				most[name], changed = k, true
			}
		}
	}
	return changed
}
