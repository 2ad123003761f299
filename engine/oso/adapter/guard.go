package adapter

import (
	"errors"

	"github.com/mongoauthz/go-mongoauthz/engine/oso/internal/polar"
)

// guard reads a policy for what Oso's filter loses without a trace: relations that are followed and of which then nothing is asked, so that
// nothing of the filter says that something must be there, and two elements of one relation, which become one.
//
// It tells three sorts of variables apart. Known ones have a value while the policy runs: the actor, the action, and what is made of them.
// The root is the document asked for. All others stand for something that a relation leads to, or may do so.
type guard struct {
	classes *classes
	exists  map[string]bool // the to-many relations of which some rule asks only that there is something
	order   []*flat
	rules   map[head][]*flat

	// What holds for the parameters of all rules of a head. Known and root follow from the calls, asked from the rules.
	known, root map[place]bool
	asked       map[place]bool // a condition on it is in the filter, whatever rule and alternative is taken
	bound       map[place]bool // a rule makes it stand for what a relation leads to, and leaves to its caller to ask something of it
	elements    map[head]map[string]int
}

type head struct {
	called string
	arity  int
}

type place struct {
	head
	at int
}

// flat is a rule with its alternatives, each a list of conditions.
type flat struct {
	polar.Rule
	head
	alternatives [][]*polar.Expr
	index        map[string]int // of the parameters that are variables
}

// maxAlternatives bounds the alternatives of one rule.
const maxAlternatives = 1000

// check refuses a policy whose filters could lose something. It returns the to-many relations of which some rule asks only that there is
// something: a filter of several clauses does not say which of them it belongs to.
func check(policy string, cs *classes) (exists map[string]bool, err error) {
	rules, err := polar.Parse(policy)
	if err == nil {
		err = lossless(rules)
	}
	if err == nil {
		err = polar.Check(policy) // and comparisons with itself
	}
	var problem *polar.Error
	if errors.As(err, &problem) {
		return nil, &RefusedError{Construct: problem.Construct, Line: problem.Line, Problem: problem.Problem}
	}
	if err != nil {
		return nil, err
	}
	g := &guard{
		classes: cs, exists: map[string]bool{}, rules: map[head][]*flat{}, known: map[place]bool{}, root: map[place]bool{},
		asked: map[place]bool{}, bound: map[place]bool{}, elements: map[head]map[string]int{},
	}
	for _, r := range rules {
		f, err := flatten(r)
		if err != nil {
			return nil, err
		}
		g.order = append(g.order, f)
		g.rules[f.head] = append(g.rules[f.head], f)
		for i := range f.Params {
			at := place{f.head, i}
			g.known[at], g.root[at], g.asked[at] = true, true, true
		}
	}
	if err := g.each((*guard).names); err != nil {
		return nil, err
	}
	for i := range 3 {
		at := place{head{"allow", 3}, i}
		g.known[at], g.root[at] = i < 2, i == 2
	}
	for g.step((*guard).sorts) || g.step((*guard).ask) || g.step((*guard).bind) || g.step((*guard).count) {
	}
	return g.exists, g.each((*guard).obligations)
}

func (g *guard) each(f func(*guard, *flat) error) error {
	for _, r := range g.order {
		if err := f(g, r); err != nil {
			return err
		}
	}
	return nil
}

// step applies f to all rules, and reports whether something changed.
func (g *guard) step(f func(*guard, *flat) bool) (changed bool) {
	for _, r := range g.order {
		changed = f(g, r) || changed
	}
	return changed
}

func refuse(e *polar.Expr, construct, problem string) error {
	return &RefusedError{Construct: construct, Line: e.Line, Problem: problem}
}

func flatten(r polar.Rule) (*flat, error) {
	f := &flat{Rule: r, head: head{r.Name, len(r.Params)}, alternatives: [][]*polar.Expr{nil}, index: map[string]int{}}
	for i, p := range r.Params {
		if p.Value.Op == polar.Variable && p.Value.Name != "_" {
			f.index[p.Value.Name] = i
		}
		f.alternatives[0] = append(f.alternatives[0], p.Fields...)
	}
	if r.Body == nil {
		return f, nil
	}
	body, err := alternatives(r.Body)
	if err != nil {
		return nil, err
	}
	fields := f.alternatives[0]
	f.alternatives = nil
	for _, a := range body {
		f.alternatives = append(f.alternatives, append(fields[:len(fields):len(fields)], a...))
	}
	return f, nil
}

func alternatives(e *polar.Expr) ([][]*polar.Expr, error) {
	if e.Op != "and" && e.Op != "or" {
		return [][]*polar.Expr{{e}}, nil
	}
	left, err := alternatives(e.Args[0])
	if err != nil {
		return nil, err
	}
	right, err := alternatives(e.Args[1])
	if err != nil {
		return nil, err
	}
	if e.Op == "or" {
		return append(left, right...), nil
	}
	if len(left)*len(right) > maxAlternatives {
		return nil, refuse(e, "or", "a rule has too many alternatives")
	}
	var all [][]*polar.Expr
	for _, l := range left {
		for _, r := range right {
			all = append(all, append(l[:len(l):len(l)], r...))
		}
	}
	return all, nil
}

// names refuses attributes that no class has, and those whose values Oso changes on the way.
func (g *guard) names(f *flat) error {
	for i, p := range f.Params {
		if _, builtin := builtins[p.Class]; builtin && !(f.Name == "allow" && i < 2) {
			return refuse(p.Value, "a parameter of class "+p.Class, lost["matches"])
		}
		if p.Value.Op != polar.Variable && p.Value.Op != polar.Constant {
			return refuse(p.Value, "a parameter", "only variables and constants are known to be kept")
		}
	}
	var walk func(e *polar.Expr, top bool) error
	walk = func(e *polar.Expr, top bool) error {
		if e.Op == polar.Dot || e.Op == polar.Method {
			if why := g.classes.attribute(e.Name, e.Op == polar.Method); why != "" {
				return refuse(e, "."+e.Name, why)
			}
		}
		if !top && (e.Op == polar.Call || e.Op == "and" || e.Op == "or" || e.Op == "=" || e.Op == "!=" || e.Op == "in") {
			return refuse(e, "an expression as a value", "only values, variables and dots are known to be kept")
		}
		for _, a := range e.Args {
			if err := walk(a, false); err != nil {
				return err
			}
		}
		return nil
	}
	for _, a := range f.alternatives {
		for _, e := range a {
			if err := walk(e, true); err != nil {
				return err
			}
		}
	}
	return nil
}

// scope is what is known of the variables of one alternative.
type scope struct {
	g     *guard
	f     *flat
	atoms []*polar.Expr
	vars  map[string]bool // known ones that are no parameters
}

func (g *guard) scopes(f *flat) []scope {
	var all []scope
	for _, atoms := range f.alternatives {
		s := scope{g, f, atoms, map[string]bool{}}
		for changed := true; changed; {
			changed = false
			for _, e := range atoms {
				if e.Op != "=" && e.Op != "in" {
					continue
				}
				changed = s.learn(e.Args[0], e.Args[1]) || e.Op == "=" && s.learn(e.Args[1], e.Args[0]) || changed
			}
		}
		all = append(all, s)
	}
	return all
}

// learn makes the variable v known if it is equal to, or an element of, what is known.
func (s scope) learn(v, by *polar.Expr) bool {
	if v.Op != polar.Variable || s.vars[v.Name] || s.param(v) >= 0 || !s.known(by) {
		return false
	}
	s.vars[v.Name] = true
	return true
}

func (s scope) param(e *polar.Expr) int {
	if i, ok := s.f.index[e.Name]; ok {
		return i
	}
	return -1
}

// known reports whether an expression has a value while the policy runs.
func (s scope) known(e *polar.Expr) bool {
	switch e.Op {
	case polar.Constant:
		return true
	case polar.Variable:
		if i := s.param(e); i >= 0 {
			return s.g.known[place{s.f.head, i}]
		}
		return s.vars[e.Name]
	case polar.Dot, polar.Method, polar.List:
		for _, a := range e.Args {
			if !s.known(a) {
				return false
			}
		}
		return true
	default:
		return false
	}
}

func (s scope) isRoot(e *polar.Expr) bool {
	i := s.param(e)
	return e.Op == polar.Variable && i >= 0 && s.g.root[place{s.f.head, i}]
}

// free reports whether e is a variable that stands for neither something known nor the root.
func (s scope) free(e *polar.Expr) bool { return e.Op == polar.Variable && !s.known(e) && !s.isRoot(e) }

// base returns what stands before all dots.
func base(e *polar.Expr) *polar.Expr {
	for e.Op == polar.Dot {
		e = e.Args[0]
	}
	return e
}

// related reports whether e is what a relation leads to, or an attribute of that.
func (s scope) related(e *polar.Expr) bool {
	if e.Op != polar.Dot || s.known(e) {
		return false
	}
	if !s.isRoot(base(e)) {
		return true
	}
	for ; e.Op == polar.Dot; e = e.Args[0] {
		if s.g.classes.relations[e.Name] {
			return true
		}
	}
	return false
}
