package polar

import (
	"maps"
	"strings"
)

// same finds comparisons of a term with itself, which Oso drops: with them goes what they ask of the way to the term, and under a not the
// whole comparison, whatever it says.
type same struct {
	rules []Rule
	paths map[Place]map[string]bool // what callers hand on, as spelled
	open  *open
}

// maxDots bounds what is followed of rules that call themselves.
const maxDots = 12

func newSame(rules []Rule, o *open) *same {
	s := &same{rules, map[Place]map[string]bool{}, o}
	for at := range 4 {
		self := map[string]bool{"#" + string(rune('0'+at)): true}
		s.paths[Place{Head{"allow", 3}, at}], s.paths[Place{Head{"allow_field", 4}, at}] = maps.Clone(self), self
	}
	for changed := true; changed; {
		changed = false
		for i := range rules {
			r := &rules[i]
			for _, c := range calls(r.Body) {
				for at, a := range c.Args {
					place := Place{Head{c.Name, len(c.Args)}, at}
					if s.paths[place] == nil {
						s.paths[place] = map[string]bool{}
					}
					before := len(s.paths[place])
					maps.Copy(s.paths[place], s.spelled(r, a, nil, 0))
					changed = changed || len(s.paths[place]) > before
				}
			}
		}
	}
	return s
}

// spelled returns how a term may be spelled from the actor, the action and the document on; nothing for constants. What the condition but says of
// variables is left out.
func (s *same) spelled(r *Rule, e, but *Expr, depth int) map[string]bool {
	out := map[string]bool{}
	switch {
	case depth > maxDots:
	case e.Op == Dot:
		for p := range s.spelled(r, e.Args[0], but, depth+1) {
			if strings.Count(p, ".") < maxDots {
				out[p+"."+e.Name] = true
			}
		}
	case e.Op == Variable:
		for at, p := range r.Params {
			if p.Value.Op == Variable && p.Value.Name == e.Name {
				return s.paths[Place{r.Head(), at}]
			}
		}
		by, _ := r.stands(e.Name, but)
		for _, by := range by {
			maps.Copy(out, s.spelled(r, by, but, depth+1))
		}
		if len(out) == 0 {
			out[r.Name+"#"+e.Name] = true
		}
	}
	return out
}

// check refuses comparisons that may be of a term with itself. Those that bind a variable, in no negation, are none.
func (s *same) check(r *Rule, e *Expr, negated bool) error {
	if e == nil {
		return nil
	}
	if (e.Op == "=" || e.Op == "==" || e.Op == "!=") && (negated || e.Args[0].Op == Dot && e.Args[1].Op == Dot) && !s.open.is(r, e) {
		right := s.spelled(r, e.Args[1], e, 0)
		for p := range s.spelled(r, e.Args[0], e, 0) {
			if right[p] {
				return &Error{Construct: e.Op, Line: e.Line, Problem: "it may compare an attribute with itself, which Oso drops"}
			}
		}
	}
	for _, a := range e.Args {
		if err := s.check(r, a, negated || e.Op == "not" || e.Op == "forall"); err != nil {
			return err
		}
	}
	return nil
}

// under returns the rules that are called under a not, by whatever way.
func under(rules []Rule) map[Head]bool {
	called := map[Head]bool{}
	var walk func(e *Expr, negated bool)
	walk = func(e *Expr, negated bool) {
		if e == nil {
			return
		}
		if e.Op == Call && negated {
			called[Head{e.Name, len(e.Args)}] = true
		}
		for _, a := range e.Args {
			walk(a, negated || e.Op == "not" || e.Op == "forall")
		}
	}
	for before := -1; before < len(called); {
		before = len(called)
		for i := range rules {
			walk(rules[i].Body, called[rules[i].Head()])
		}
	}
	return called
}
