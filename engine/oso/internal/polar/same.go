package polar

import (
	"maps"
	"slices"
	"strconv"
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

// maxExact is how many attributes are told apart of what is handed on. What is longer is any path that ends so: rules that call themselves on several
// relations have no end of them.
const maxExact = 3

// shortened returns the spelling of what is handed on.
func shortened(path string) string {
	if strings.Count(path, ".") <= maxExact {
		return path
	}
	return "*" + path[strings.LastIndexByte(path, '.'):]
}

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
					for path := range s.spelled(r, a, c) {
						s.paths[place][shortened(path)] = true
					}
					changed = changed || len(s.paths[place]) > before
				}
			}
		}
	}
	return s
}

// spelled returns how a term may be spelled from the actor, the action and the document on; nothing for constants. What the condition but says of
// variables is left out. A variable is a spelling of its own, too.
func (s *same) spelled(r *Rule, e, but *Expr) map[string]bool {
	out := map[string]bool{}
	s.spell(r, e, but, "", map[string]bool{}, out)
	return out
}

func (s *same) spell(r *Rule, e, but *Expr, dots string, seen, out map[string]bool) {
	for ; e.Op == Dot; e = e.Args[0] {
		dots = "." + e.Name + dots
	}
	if e.Op != Variable || strings.Count(dots, ".") > maxDots {
		return
	}
	name := r.Name + "#" + e.Name + "#" + strconv.Itoa(len(r.Params)) + dots
	if seen[name] {
		return
	}
	seen[name], out[name] = true, true
	for at, p := range r.Params {
		if p.Value.Op == Variable && p.Value.Name == e.Name {
			for path := range s.paths[Place{r.Head(), at}] {
				if strings.Count(path, ".")+strings.Count(dots, ".") <= maxDots {
					out[path+dots] = true
				}
			}
		}
	}
	by, _ := r.stands(e.Name, but, "=", ":=", "==")
	for _, by := range by {
		s.spell(r, by, but, dots, seen, out)
	}
	for _, c := range calls(r.Body) { // which may find it
		for at, arg := range c.Args {
			if c == but || arg.Op != Variable || arg.Name != e.Name {
				continue
			}
			for i := range s.rules {
				if q := &s.rules[i]; q.Head() == (Head{c.Name, len(c.Args)}) && q.Params[at].Value.Op == Variable {
					by, _ := q.stands(q.Params[at].Value.Name, nil, "=", ":=", "==")
					for _, by := range by {
						s.spell(q, by, nil, dots, seen, out)
					}
				}
			}
		}
	}
}

// check refuses comparisons that may be of a term with itself. Those that bind a variable, in no negation, are none.
func (s *same) check(r *Rule, e *Expr, negated bool) error {
	if e == nil {
		return nil
	}
	both := e.Args
	if (e.Op == "=" || e.Op == "==" || e.Op == "!=") && (negated || e.Op != "=" || both[0].Op == Dot && both[1].Op == Dot) && !s.open.is(r, both[0]) && !s.open.is(r, both[1]) && s.one(r, e) {
		return &Error{Construct: e.Op, Line: e.Line, Problem: "it may compare an attribute with itself, which Oso drops, or never ends at"}
	}
	for _, a := range e.Args {
		if err := s.check(r, a, negated || e.Op == "not" || e.Op == "forall"); err != nil {
			return err
		}
	}
	return nil
}

// one reports whether both sides of a comparison may be one term.
func (s *same) one(r *Rule, e *Expr) bool {
	left, right := parameter(r, e.Args[0]), parameter(r, e.Args[1])
	if left < 0 || right < 0 {
		return intersect(s.spelled(r, e.Args[0], e), s.spelled(r, e.Args[1], e))
	}
	for i := range s.rules { // what one call hands on
		caller := &s.rules[i]
		for _, c := range calls(caller.Body) {
			if c.Name == r.Name && len(c.Args) == len(r.Params) && intersect(s.spelled(caller, c.Args[left], c), s.spelled(caller, c.Args[right], c)) {
				return true
			}
		}
	}
	return false
}

// intersect reports whether two sets of spellings have one term in common.
func intersect(a, b map[string]bool) bool {
	ends := func(p, q string) bool { return p[0] == '*' && strings.HasSuffix(q, p[1:]) }
	for p := range a {
		for q := range b {
			if p == q || ends(p, q) || ends(q, p) {
				return true
			}
		}
	}
	return false
}

// parameter returns which parameter an expression is; -1 if it is none.
func parameter(r *Rule, e *Expr) int {
	return slices.IndexFunc(r.Params, func(p Param) bool { return e.Op == Variable && p.Value.Op == Variable && p.Value.Name == e.Name })
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
