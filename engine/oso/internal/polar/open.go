package polar

import "maps"

// open tells what is known while a policy runs from what is open: the document asked for, and whatever is not surely made of the actor, the
// action and constants.
type open struct {
	known map[Place]bool
	local map[*Rule]map[string]bool // variables that are no parameters, and known
}

func newOpen(rules []Rule) *open {
	o := &open{map[Place]bool{}, map[*Rule]map[string]bool{}}
	for i := range rules {
		for at := range rules[i].Params {
			o.known[Place{rules[i].Head(), at}] = true
		}
	}
	o.known[Place{Head{"allow", 3}, 2}], o.known[Place{Head{"allow_field", 4}, 2}] = false, false
	for changed := true; changed; {
		changed = false
		for i := range rules {
			o.learn(&rules[i])
			for _, c := range calls(rules[i].Body) {
				for at, a := range c.Args {
					to := Place{Head{c.Name, len(c.Args)}, at}
					if o.known[to] && !o.is(&rules[i], a) {
						o.known[to], changed = false, true
					}
				}
			}
		}
	}
	return o
}

// learn finds the variables of a rule that are equal to, or elements of, what is known.
func (o *open) learn(r *Rule) {
	o.local[r] = map[string]bool{}
	o.bind(r, r.Body)
}

// bind learns from a condition, or from several that hold together. What holds in one alternative only is not known.
func (o *open) bind(r *Rule, e *Expr) {
	for before := -1; before < len(o.local[r]); {
		before = len(o.local[r])
		var walk func(e *Expr)
		walk = func(e *Expr) {
			if e == nil {
				return
			}
			switch e.Op {
			case "and":
				walk(e.Args[0])
				walk(e.Args[1])
			case "=", ":=", "in":
				if e.Args[0].Op == Variable && o.is(r, e.Args[1]) {
					o.local[r][e.Args[0].Name] = true
				}
				if e.Op != "in" && e.Args[1].Op == Variable && o.is(r, e.Args[0]) {
					o.local[r][e.Args[1].Name] = true
				}
			}
		}
		walk(e)
	}
}

// is reports whether an expression is known.
func (o *open) is(r *Rule, e *Expr) bool { return len(o.variables(r, e, map[string]bool{})) == 0 }

// variables returns the open variables of an expression.
func (o *open) variables(r *Rule, e *Expr, in map[string]bool) map[string]bool {
	if e == nil {
		return in
	}
	if e.Op == Variable && !o.variable(r, e.Name) {
		in[e.Name] = true
	}
	for _, a := range e.Args {
		o.variables(r, a, in)
	}
	return in
}

func (o *open) variable(r *Rule, name string) bool {
	for at, p := range r.Params {
		if p.Value.Op == Variable && p.Value.Name == name {
			return o.known[Place{r.Head(), at}]
		}
	}
	return o.local[r][name]
}

// path reports whether an expression is an attribute of what is open.
func (o *open) path(r *Rule, e *Expr) bool { return e.Op == Dot && !o.is(r, e) }

// within calls f with what is known where a condition holds, as under a not.
func (o *open) within(r *Rule, e *Expr, f func() error) error {
	outside := maps.Clone(o.local[r])
	defer func() { o.local[r] = outside }()
	o.bind(r, e)
	return f()
}
