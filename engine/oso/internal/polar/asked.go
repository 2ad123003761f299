package polar

import "slices"

// Relations says where an attribute of that name leads, and whether it leads there in every class that has it.
type Relations func(attr string) (to Leads, all bool)

// Leads says where an attribute leads.
type Leads int

// Attributes lead nowhere, to a dictionary that may lack a key, to a document embedded that may be nil, or to one elsewhere that has to be there when the
// attribute is read.
const (
	Nowhere Leads = iota
	Keys
	Embedded
	Elsewhere
)

// Asked says of which relations a rule asks something. That a relation leads to a document is lost where it is bound, or handed to a rule, and
// nothing is asked of it: Oso drops it there, whereas it fails for a document in hand.
type Asked struct {
	relations Relations
	known     Known
	rules     map[Head][]*Rule
	of        map[*Rule][]bool // the parameters of which a rule asks something in whatever way it holds
	open      map[Place]bool   // the parameters that come from the document, whoever calls
	roots     map[Place]bool
}

// NewAsked finds what rules ask.
func NewAsked(rules []Rule, relations Relations) *Asked {
	a := &Asked{relations, NewKnown(rules), map[Head][]*Rule{}, map[*Rule][]bool{}, map[Place]bool{}, Roots(rules)}
	for i := range rules {
		r := &rules[i]
		a.of[r] = make([]bool, len(r.Params))
		a.rules[r.Head()] = append(a.rules[r.Head()], r)
		for at := range r.Params {
			a.open[Place{r.Head(), at}] = r.Head() != Head{"allow_request", 2} && (r.Head() != Head{"allow", 3} && r.Head() != Head{"allow_field", 4} || at == 2)
		}
	}
	for changed := true; changed; {
		changed = false
		for i := range rules {
			for _, c := range calls(rules[i].Body) {
				for at, arg := range c.Args {
					if to := (Place{Head{c.Name, len(c.Args)}, at}); a.open[to] && !a.isOpen(&rules[i], arg, 0) {
						a.open[to], changed = false, true
					}
				}
			}
			for at, of := range a.of[&rules[i]] {
				if !of && a.parameter(&rules[i], at) {
					a.of[&rules[i]][at], changed = true, true
				}
			}
		}
	}
	return a
}

// parameter reports whether a rule asks something of a parameter, as far as is known of those that it calls.
func (a *Asked) parameter(r *Rule, at int) bool {
	p := r.Params[at]
	return p.Class != "" || p.Value.Op == Constant || p.Value.Op == Variable && a.any(r, append(fieldsOf(r), r.Body), p.Value)
}

// fieldsOf returns what the head of a rule asks of attributes.
func fieldsOf(r *Rule) (all []*Expr) {
	for _, p := range r.Params {
		all = append(all, p.Fields...)
	}
	return all
}

// isOpen reports whether an expression is a path from the document.
func (a *Asked) isOpen(r *Rule, e *Expr, depth int) bool {
	base := e.Base()
	if base.Op != Variable || depth > maxDots {
		return false
	}
	for at, p := range r.Params {
		if p.Value.Op == Variable && p.Value.Name == base.Name {
			return a.open[Place{r.Head(), at}]
		}
	}
	by, in := r.stands(base.Name, nil, "=", ":=")
	by = append(by, in...)
	for _, b := range by {
		if !a.isOpen(r, b, depth+1) {
			return false
		}
	}
	return len(by) > 0
}

// stands returns what a variable may stand for, or be in, as far as the rule tells by operators besides in, but for what one condition says.
func (r *Rule) stands(v string, but *Expr, by ...string) (to, in []*Expr) {
	is := func(e *Expr) bool { return e.Op == Variable && e.Name == v }
	var pattern func(path, e *Expr)
	pattern = func(path, e *Expr) {
		for _, f := range e.Args {
			if f.Op != Attribute {
				continue
			}
			path := &Expr{Op: Dot, Name: f.Name, Args: []*Expr{path}, Line: f.Line}
			if is(f.Args[0]) {
				to = append(to, path)
			}
			pattern(path, f.Args[0])
		}
	}
	var walk func(e *Expr)
	walk = func(e *Expr) {
		if e == nil || e == but {
			return
		}
		if slices.Contains(by, e.Op) {
			for i, side := range e.Args {
				if is(side) && !is(e.Args[1-i]) {
					to = append(to, e.Args[1-i])
				}
			}
		}
		switch e.Op {
		case "in":
			switch list := e.Args[1]; {
			case is(e.Args[0]) && list.Op == List:
				to = append(to, list.Args...)
			case is(e.Args[0]):
				in = append(in, list)
			}
		case "matches":
			pattern(e.Args[0], e.Args[1])
		}
		for _, arg := range e.Args {
			walk(arg)
		}
	}
	for _, f := range append(fieldsOf(r), r.Body) {
		walk(f)
	}
	return to, in
}

// any reports whether one of some conditions asks something of what a path leads to.
func (a *Asked) any(r *Rule, conditions []*Expr, path *Expr) bool {
	for _, e := range conditions {
		if e != nil && a.asks(r, e, path) {
			return true
		}
	}
	return false
}

// asks reports whether a condition asks something of what a path leads to, in whatever way it holds.
func (a *Asked) asks(r *Rule, e, path *Expr) bool {
	switch e.Op {
	case "and":
		return a.asks(r, e.Args[0], path) || a.asks(r, e.Args[1], path)
	case "or":
		return a.asks(r, e.Args[0], path) && a.asks(r, e.Args[1], path)
	case "not":
		n := e.Args[0]
		return n.Op == "in" && from(n.Args[1], path) || opposites[n.Op] != "" && a.asks(r, n, path)
	case Dot:
		return from(e, path)
	case "matches":
		return from(e.Args[0], path)
	case "=", ":=":
		for i, side := range e.Args {
			to := e.Args[1-i]
			if from(side, path) && (a.known.Is(r, to) || side.Op == Dot && to.Op == Dot && differ(side, to)) {
				return true
			}
		}
		return false
	case "==", "!=", "<", "<=", ">", ">=":
		for i, side := range e.Args {
			to := e.Args[1-i]
			if from(side, path) && (a.known.Is(r, to) || to.Op == Dot && differ(side, to)) {
				return true
			}
		}
		return false
	case "in":
		return from(e.Args[1], path) || from(e.Args[0], path) && a.known.Is(r, e.Args[1])
	case Call:
		for at, arg := range e.Args {
			if from(arg, path) && a.called(e, at) {
				return true
			}
		}
	}
	return false
}

// differ reports whether two terms are sure not to be one, of which Oso would drop that it equals itself.
func differ(a, b *Expr) bool {
	return a.Op != b.Op || a.Name != b.Name || a.Op == Dot && a.Base().Name == b.Base().Name && !(from(a, b) && from(b, a))
}

// called reports whether all rules that a call may choose ask something of an argument.
func (a *Asked) called(call *Expr, at int) bool {
	for _, r := range a.rules[Head{call.Name, len(call.Args)}] {
		if chosen(r, call) && !a.of[r][at] {
			return false
		}
	}
	return true
}

// chosen reports whether a rule may be meant by a call, as far as constants tell.
func chosen(r *Rule, call *Expr) bool {
	for at, p := range r.Params {
		if p.Value.Op == Constant && call.Args[at].Op == Constant && p.Value.Name != call.Args[at].Name {
			return false
		}
	}
	return true
}

// from reports whether an expression is a path, or goes on from where it leads.
func from(e, path *Expr) bool {
	switch {
	case e.Op != path.Op && e.Op != Dot:
		return false
	case e.Op == path.Op && e.Name == path.Name && (e.Op == Variable || e.Op == Dot && from(e.Args[0], path.Args[0]) && from(path.Args[0], e.Args[0])):
		return true
	}
	return e.Op == Dot && from(e.Args[0], path)
}

// lost returns the relations of which neither a condition, which is no and, or or not, nor one of those that hold beside it asks anything. What a rule
// asks that is called under a not is asked in some ways only in which the not holds.
func (a *Asked) lost(r *Rule, e *Expr, beside []*Expr, negated bool) (paths []*Expr) {
	self := e
	if negated {
		self = &Expr{Op: "not", Args: []*Expr{e}}
	}
	lost := func(of *Expr, as *Expr) {
		for _, path := range a.related(r, of) {
			if !a.asks(r, self, path) && !a.any(r, beside, path) && !(as != nil && (typed(r, as) || a.any(r, beside, as))) {
				paths = append(paths, path)
			}
		}
	}
	switch e.Op {
	case "=", ":=":
		for i, side := range e.Args {
			var as *Expr
			if side.Op == Variable && !a.known.Is(r, side) {
				as = side
			}
			lost(e.Args[1-i], as)
		}
	case "matches":
		lost(e.Args[0], nil)
		a.pattern(r, e.Args[0], e.Args[1], lost)
	default:
		lost(e, nil)
	}
	return paths
}

// typed reports whether the head of a rule asks a variable to be of a class.
func typed(r *Rule, v *Expr) bool {
	for _, p := range r.Params {
		if p.Value.Op == Variable && p.Value.Name == v.Name && v.Name != "_" {
			return p.Class != ""
		}
	}
	return false
}

// pattern finds what the attributes of a pattern bind.
func (a *Asked) pattern(r *Rule, e, pattern *Expr, lost func(of, as *Expr)) {
	for _, f := range pattern.Args {
		if f.Op != Attribute {
			continue
		}
		path := &Expr{Op: Dot, Name: f.Name, Args: []*Expr{e}, Line: f.Line}
		switch value := f.Args[0]; {
		case value.Op == Variable && !a.known.Is(r, value):
			lost(path, value)
		case value.Op == Pattern:
			a.pattern(r, path, value, lost)
		}
	}
}

// related returns the paths in an expression, as far as the last document on them that may not be there: those to what is known but are none.
func (a *Asked) related(r *Rule, e *Expr) (paths []*Expr) {
	if e.Op == Dot {
		for p := e; p.Op == Dot; p = p.Args[0] {
			if to, _ := a.relations(p.Name); (to == Elsewhere || to == Embedded && p != e) && !a.known.Is(r, p) {
				return []*Expr{p}
			}
		}
		if base := e.Base(); base.Op == Variable && !a.known.Is(r, base) && !a.there(r, base, 0) {
			return []*Expr{base}
		}
	}
	for _, arg := range e.Args {
		paths = append(paths, a.related(r, arg)...)
	}
	return paths
}

// there reports whether a variable is sure not to stand for an embedded document that is nil.
func (a *Asked) there(r *Rule, v *Expr, depth int) bool {
	if depth > maxDots || v.Name == "_" { // which is but of a class, in a head
		return v.Name == "_"
	}
	sure := func(r *Rule, e *Expr) bool {
		if e.Op == Dot {
			to, _ := a.relations(e.Name)
			return to != Embedded
		}
		return e.Op != Variable && e.Op != List || e.Op == Variable && a.there(r, e, depth+1)
	}
	for at, p := range r.Params {
		if p.Value.Op != Variable || p.Value.Name != v.Name {
			continue
		}
		if p.Class != "" || a.roots[Place{r.Head(), at}] {
			return true
		}
		for _, rules := range a.rules {
			for _, caller := range rules {
				for _, c := range calls(caller.Body) {
					if c.Name == r.Name && len(c.Args) == len(r.Params) && !sure(caller, c.Args[at]) {
						return false
					}
				}
			}
		}
		return true
	}
	by, in := r.stands(v.Name, nil, "=", ":=")
	for _, b := range by {
		if !sure(r, b) {
			return false
		}
	}
	return len(by)+len(in) > 0
}
