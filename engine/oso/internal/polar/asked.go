package polar

// Relations says where an attribute of that name leads, and whether it leads there in every class that has it.
type Relations func(attr string) (to Leads, all bool)

// Leads says where an attribute leads.
type Leads int

// Attributes lead nowhere, to a document embedded that may be nil, or to one elsewhere that has to be there when the attribute is read.
const (
	Nowhere Leads = iota
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
}

// NewAsked finds what rules ask.
func NewAsked(rules []Rule, relations Relations) *Asked {
	a := &Asked{relations, NewKnown(rules), map[Head][]*Rule{}, map[*Rule][]bool{}, map[Place]bool{}}
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
	by := ranges(r.Body, base.Name)
	for _, b := range by {
		if !a.isOpen(r, b, depth+1) {
			return false
		}
	}
	return len(by) > 0
}

// ranges returns what a variable is said to be, or to be in.
func ranges(e *Expr, v string) (all []*Expr) {
	all = bindings(e, nil, v)
	var walk func(e *Expr)
	walk = func(e *Expr) {
		if e.Op == "in" && e.Args[0].Op == Variable && e.Args[0].Name == v {
			all = append(all, e.Args[1])
		}
		for _, arg := range e.Args {
			walk(arg)
		}
	}
	if e != nil {
		walk(e)
	}
	return all
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
		op := e.Args[0].Op
		return (op == "in" || opposites[op] != "") && a.asks(r, e.Args[0], path)
	case Dot:
		return from(e, path)
	case "matches":
		return from(e.Args[0], path)
	case "=", ":=":
		for i, side := range e.Args {
			to := e.Args[1-i]
			if from(side, path) && (a.known.Is(r, to) || side.Op == Dot && to.Op == Dot) {
				return true
			}
		}
		return false
	case "==", "!=", "<", "<=", ">", ">=":
		return from(e.Args[0], path) && a.decided(r, e.Args[1]) || from(e.Args[1], path) && a.decided(r, e.Args[0])
	case "in":
		return from(e.Args[1], path) || from(e.Args[0], path) && a.decided(r, e.Args[1])
	case Call:
		for at, arg := range e.Args {
			if from(arg, path) && a.called(e, at) {
				return true
			}
		}
	}
	return false
}

// decided reports whether a comparison with an expression binds nothing.
func (a *Asked) decided(r *Rule, e *Expr) bool { return e.Op == Dot || a.known.Is(r, e) }

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
	lost := func(e *Expr, as ...*Expr) {
		for _, path := range a.related(r, e) {
			if !a.any(r, beside, path) && !(len(as) > 0 && (typed(r, as[0]) || a.any(r, beside, as[0]))) {
				paths = append(paths, path)
			}
		}
	}
	inLists := func(e *Expr) {
		if e.Op != Dot && e.Op != Method { // which are compared
			lost(e)
		}
	}
	switch e.Op {
	case "=", ":=":
		for i, side := range e.Args {
			if to := e.Args[1-i]; side.Op == Variable && !a.known.Is(r, side) {
				lost(to, side)
			} else {
				inLists(to)
			}
		}
	case "in":
		inLists(e.Args[0])
		inLists(e.Args[1]) // which is made whole before anything is found in it
	case "matches":
		a.pattern(r, e.Args[0], e.Args[1], lost)
	case Call:
		for at, arg := range e.Args {
			if arg.Op != Dot || negated || !a.called(e, at) {
				lost(arg)
			}
		}
	default:
		for _, arg := range e.Args {
			inLists(arg)
		}
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
func (a *Asked) pattern(r *Rule, e, pattern *Expr, lost func(e *Expr, as ...*Expr)) {
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
	if e.Op == Dot || e.Op == Method {
		for p := e; p.Op == Dot || p.Op == Method; p = p.Args[0] {
			if to, _ := a.relations(p.Name); (to == Elsewhere || to == Embedded && p != e) && p.Op == Dot && !a.known.Is(r, p) {
				return []*Expr{p}
			}
		}
		if base := e.Base(); base.Op == Variable && !typed(r, base) && !a.known.Is(r, base) && a.mayBeNil(r, base, 0) {
			return []*Expr{base}
		}
	}
	for _, arg := range e.Args {
		paths = append(paths, a.related(r, arg)...)
	}
	return paths
}

// mayBeNil reports whether a variable may stand for an embedded document that may be nil.
func (a *Asked) mayBeNil(r *Rule, v *Expr, depth int) bool {
	by := func(r *Rule, e *Expr) bool {
		if e.Op == Dot {
			to, _ := a.relations(e.Name)
			return to == Embedded
		}
		return e.Op == Variable && a.mayBeNil(r, e, depth+1)
	}
	if depth > maxDots {
		return true
	}
	for _, b := range bindings(r.Body, nil, v.Name) {
		if by(r, b) {
			return true
		}
	}
	for at, p := range r.Params {
		if p.Value.Op != Variable || p.Value.Name != v.Name || v.Name == "_" {
			continue
		}
		for _, rules := range a.rules {
			for _, caller := range rules {
				for _, c := range calls(caller.Body) {
					if c.Name == r.Name && len(c.Args) == len(r.Params) && by(caller, c.Args[at]) {
						return true
					}
				}
			}
		}
	}
	return false
}

// each calls f with the conditions in an expression that are no and, or or not, those that hold beside each, and whether it is negated.
func each(e *Expr, beside []*Expr, negated bool, f func(e *Expr, beside []*Expr, negated bool)) {
	switch e.Op {
	case "and", "forall":
		for i, arg := range e.Args {
			each(arg, append(append(beside[:len(beside):len(beside)], e.Args[:i]...), e.Args[i+1:]...), negated || e.Op == "forall", f)
		}
	case "or", "not":
		for _, arg := range e.Args {
			each(arg, beside, negated || e.Op == "not", f)
		}
	default:
		f(e, beside, negated)
	}
}

// Check refuses a relation of which an alternative asks nothing.
func (a *Asked) Check() error {
	for _, rules := range a.rules {
		for _, r := range rules {
			var err error
			for i, field := range fieldsOf(r) {
				beside := append([]*Expr{r.Body}, fieldsOf(r)...)
				beside[i+1] = nil
				err = firstOf(err, a.refuse(field, a.lost(r, field, beside, false)))
			}
			if r.Body != nil {
				each(r.Body, fieldsOf(r), false, func(e *Expr, beside []*Expr, negated bool) {
					err = firstOf(err, a.refuse(e, a.lost(r, e, beside, negated)))
				})
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func firstOf(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

func (a *Asked) refuse(e *Expr, lost []*Expr) error {
	if len(lost) == 0 {
		return nil
	}
	name := lost[0].Name
	if lost[0].Op == Dot {
		name = "." + name
	}
	return &Error{Construct: name, Line: e.Line, Problem: "an alternative asks nothing of the relation, and Oso drops it there: ask it to be unlike nil"}
}
