package adapter

import (
	"github.com/mongoauthz/go-mongoauthz/engine/oso/internal/polar"
)

// asks reports whether the alternative has a condition on the variable that is in every filter made of it.
func (s scope) asks(name string) bool {
	is := func(e *polar.Expr) bool { return e.Op == polar.Variable && e.Name == name }
	of := func(e *polar.Expr) bool { return e.Op == polar.Dot && is(base(e)) }
	for _, e := range s.atoms {
		switch e.Op {
		case polar.Dot:
			if of(e) {
				return true
			}
		case "=", "!=", "in":
			for i, a := range e.Args {
				o := e.Args[1-i]
				if of(a) || is(a) && !s.related(o) && o.Op != polar.Variable || is(a) && o.Op == polar.Variable && s.known(o) {
					return true
				}
			}
		case polar.Call:
			for i, a := range e.Args {
				if is(a) && s.g.asked[place{head{e.Name, len(e.Args)}, i}] || of(a) {
					return true
				}
			}
		}
	}
	return false
}

// sorts takes from the callee's parameters what the caller's arguments are not.
func (g *guard) sorts(f *flat) (changed bool) {
	for _, s := range g.scopes(f) {
		for _, e := range s.atoms {
			if e.Op != polar.Call {
				continue
			}
			for i, a := range e.Args {
				at := place{head{e.Name, len(e.Args)}, i}
				if g.known[at] && !s.known(a) {
					g.known[at], changed = false, true
				}
				if g.root[at] && !s.isRoot(a) {
					g.root[at], changed = false, true
				}
			}
		}
	}
	return changed
}

// ask finds the parameters of which not every rule and alternative asks something.
func (g *guard) ask(f *flat) (changed bool) {
	for i, p := range f.Params {
		at := place{f.head, i}
		if !g.asked[at] || p.Value.Op == polar.Constant {
			continue
		}
		for _, s := range g.scopes(f) {
			if !s.asks(p.Value.Name) {
				g.asked[at], changed = false, true
				break
			}
		}
	}
	return changed
}

// bind finds the parameters that stand for what a relation leads to because a rule says so.
func (g *guard) bind(f *flat) (changed bool) {
	for _, s := range g.scopes(f) {
		for _, v := range s.leads() {
			if i := s.param(v); i >= 0 && !s.asks(v.Name) && !g.bound[place{f.head, i}] {
				g.bound[place{f.head, i}], changed = true, true
			}
		}
	}
	return changed
}

// leads returns the free variables that stand for what a relation leads to, with the conditions that say so.
func (s scope) leads() (vars []*polar.Expr) {
	for _, e := range s.atoms {
		switch e.Op {
		case "=", "!=":
			for i, a := range e.Args {
				if s.free(a) && s.related(e.Args[1-i]) {
					vars = append(vars, a)
				}
			}
		case polar.Call:
			for i, a := range e.Args {
				if s.free(a) && (s.g.bound[place{head{e.Name, len(e.Args)}, i}] || s.g.typed(e, i)) {
					vars = append(vars, a)
				}
			}
		}
	}
	return vars
}

// typed reports whether a rule that is called asks for the class of an argument, which the filter does not.
func (g *guard) typed(e *polar.Expr, i int) bool {
	for _, r := range g.rules[head{e.Name, len(e.Args)}] {
		if r.Params[i].Class != "" {
			return true
		}
	}
	return false
}
