package polar

import (
	"maps"
	"slices"
)

// unified finds what Oso unifies and drops, although it may be false: two variables that both stand for something of the document,
//
//	x = d.A and y = d.B and x = y
//
// an attribute, or such a variable, in a list with something of the document (d.A in [d.B]), and a variable that stands twice in the head of a rule. A
// comparison by == is kept.
type unified struct {
	known  Known
	rules  map[Head][]*Rule
	places map[Place]bound
	roots  map[Place]bool
	report func(e *Expr, construct, problem string)
}

// bound says whether a variable stands for something already.
type bound int

const (
	unseen bound = iota
	fresh        // for nothing
	maybe        // for something, or for nothing
)

// markUnified marks the conditions that are dropped, and reports those and what else is.
func markUnified(rules []Rule, report func(e *Expr, construct, problem string)) {
	u := &unified{known: NewKnown(rules), rules: map[Head][]*Rule{}, places: map[Place]bound{}, roots: Roots(rules), report: func(*Expr, string, string) {}}
	for i := range rules {
		u.rules[rules[i].Head()] = append(u.rules[rules[i].Head()], &rules[i])
	}
	for _, first := range []Head{{"allow", 3}, {"allow_field", 4}, {"allow_request", 2}} {
		for at := range first.Arity {
			u.places[Place{first, at}] = maybe
		}
	}
	for before := map[Place]bound(nil); !maps.Equal(before, u.places); {
		before = maps.Clone(u.places)
		u.all(rules)
	}
	u.report = report
	u.all(rules)
}

func (u *unified) all(rules []Rule) {
	for i := range rules {
		r, seen := &rules[i], map[string]bool{}
		for at, p := range r.Params {
			if u.places[Place{r.Head(), at}] == maybe || p.Value.Op != Variable {
				maps.Copy(seen, variables(p.Value))
			}
		}
		u.head(r)
		for _, field := range fieldsOf(r) {
			u.walk(r, field, seen, false)
		}
		if r.Body != nil {
			u.walk(r, r.Body, seen, false)
		}
	}
}

// head reports variables that stand in a head twice.
func (u *unified) head(r *Rule) {
	params, fields := map[string]int{}, map[string]int{}
	for at, p := range r.Params {
		for v, n := range countIn(p.Value) {
			if v != "_" && !u.known.places[Place{r.Head(), at}] {
				params[v] += n
			}
		}
		for _, f := range p.Fields {
			if v := f.Args[1]; v.Op == Variable {
				fields[v.Name]++
			} else if !u.known.Is(r, v) {
				u.report(&Expr{Line: r.Line}, r.Name, "an attribute in the head of the rule is more than a variable or what is known")
			}
		}
	}
	for at, p := range r.Params {
		if u.roots[Place{r.Head(), at}] && p.Value.Op == Variable && countHeads(r)[p.Value.Name] > 1 && u.further(r, p.Value.Name, nil, 0) {
			u.report(&Expr{Line: r.Line}, r.Name, "the document stands in the head of the rule twice: compare two by ==")
		}
	}
	for v, n := range params {
		if n+fields[v] > 1 {
			u.report(&Expr{Line: r.Line}, r.Name, "Oso drops that a variable stands in the head of the rule twice: compare two by ==")
		}
	}
}

// countHeads counts the variables that are parameters of a rule.
func countHeads(r *Rule) map[string]int {
	n := map[string]int{}
	for _, p := range r.Params {
		if p.Value.Op == Variable && p.Value.Name != "_" {
			n[p.Value.Name]++
		}
	}
	return n
}

// walk goes through an expression as it is evaluated. What was seen before may stand for something. One that is negated by itself binds nothing.
func (u *unified) walk(r *Rule, e *Expr, seen map[string]bool, negated bool) {
	switch e.Op {
	case "and":
		u.walk(r, e.Args[0], seen, false)
		u.walk(r, e.Args[1], seen, false)
		return
	case "or", "not", "forall":
		before := maps.Clone(seen)
		for _, arg := range e.Args {
			branch := before
			if e.Op == "or" {
				branch = maps.Clone(before)
			}
			u.walk(r, arg, branch, e.Op == "not")
			maps.Copy(seen, branch)
		}
		return
	case "=", ":=":
		left, right := u.stands(r, e.Args[0], seen), u.stands(r, e.Args[1], seen)
		switch same := e.Args[0].Op == Variable && e.Args[1].Op == Variable && e.Args[0].Name == e.Args[1].Name; {
		case same && !left && !u.known.Is(r, e.Args[0]):
			u.report(e, e.Op, "a variable that stands for nothing yet is compared")
		case same: // which says nothing
		case left && right:
			u.drops(e)
		case !negated && left && u.brings(r, e.Args[1]) && u.further(r, e.Args[0].Name, e, 0):
			u.asks(e)
		case !negated && right && u.brings(r, e.Args[0]) && u.further(r, e.Args[1].Name, e, 0):
			u.asks(e)
		}
		if !u.takesApart(r, e.Args[0], e.Args[1], seen) && !u.takesApart(r, e.Args[1], e.Args[0], seen) {
			u.lists(r, e, e.Args)
		}
	case "in":
		list := e.Args[1]
		if !negated && u.brings(r, list) && u.stands(r, e.Args[0], seen) && u.further(r, e.Args[0].Name, e, 0) {
			u.asks(e)
		} else if list.Op == List {
			of := u.stands(r, e.Args[0], seen) || e.Args[0].Op == Dot && !u.known.Is(r, e.Args[0])
			if of && !u.known.Is(r, list) {
				u.drops(e)
			}
			u.lists(r, e, list.Args)
		}
		u.lists(r, e, e.Args[:1])
	case Call:
		for at, arg := range e.Args {
			state := maybe
			if arg.Op == Variable && !seen[arg.Name] {
				state = fresh
			}
			place := Place{Head{e.Name, len(e.Args)}, at}
			u.places[place] = max(u.places[place], state)
		}
		u.lists(r, e, e.Args)
	case "==", "!=", "<", "<=", ">", ">=":
		for _, side := range e.Args {
			if side.Op == Variable && !seen[side.Name] && !u.known.Is(r, side) {
				u.report(e, e.Op, "a variable that stands for nothing yet is compared")
			}
		}
		u.lists(r, e, e.Args)
	default:
		u.lists(r, e, e.Args)
	}
	maps.Copy(seen, variables(e))
}

func (u *unified) drops(e *Expr) {
	e.dropped = true
	u.report(e, e.Op, "it may compare two things of the document, which Oso drops")
}

func (u *unified) asks(e *Expr) {
	e.dropped = true
	u.report(e, e.Op, "what else is asked may be answered by what the actor brings, and not by what is stored")
}

// brings reports whether an expression may be a document that the actor brings, or a list of them.
func (u *unified) brings(r *Rule, e *Expr) bool {
	if e.Op == List {
		return slices.ContainsFunc(e.Args, func(of *Expr) bool { return u.brings(r, of) })
	}
	return e.Op != Constant && e.Op != Fraction && u.known.Is(r, e)
}

// further reports whether more may be asked of a variable than what it is equal to.
func (u *unified) further(r *Rule, v string, but *Expr, depth int) bool {
	if depth > maxDots {
		return true
	}
	is := func(e *Expr) bool { return e.Op == Variable && e.Name == v }
	var asked func(e *Expr) bool
	asked = func(e *Expr) bool {
		if e == nil || e == but {
			return false
		}
		switch e.Op {
		case Dot, Method, "matches", Call, List:
			if slices.ContainsFunc(e.Args, is) {
				return true
			}
		case "=", ":=", "==", "in": // by another name
			named := func(of *Expr) bool { return of.Op == Variable && !is(of) && !u.known.Is(r, of) }
			if slices.ContainsFunc(e.Args, is) && slices.ContainsFunc(e.Args, func(of *Expr) bool { return named(of) || of.Op == List && slices.ContainsFunc(of.Args, named) }) {
				return true
			}
		}
		return slices.ContainsFunc(e.Args, asked)
	}
	if asked(r.Body) || slices.ContainsFunc(fieldsOf(r), asked) {
		return true
	}
	for at, p := range r.Params {
		if !is(p.Value) {
			continue
		}
		for _, rules := range u.rules {
			for _, caller := range rules {
				for _, c := range calls(caller.Body) {
					if c.Name == r.Name && len(c.Args) == len(r.Params) && c.Args[at].Op == Variable && u.further(caller, c.Args[at].Name, c, depth+1) {
						return true
					}
				}
			}
		}
	}
	return false
}

// stands reports whether an expression is a variable that may stand for something of the document.
func (u *unified) stands(r *Rule, e *Expr, seen map[string]bool) bool {
	return e.Op == Variable && e.Name != "_" && seen[e.Name] && !u.known.Is(r, e)
}

// takesApart reports whether the elements of a list that is known, or an attribute, are given names that stand for nothing yet.
func (u *unified) takesApart(r *Rule, names, list *Expr, seen map[string]bool) bool {
	if u.known.Is(r, list) {
		return true
	}
	return names.Op == List && list.Op == Dot && !slices.ContainsFunc(names.Args, func(e *Expr) bool { return e.Op != Variable || seen[e.Name] })
}

// lists reports lists that hold something of the document: Oso unifies their elements.
func (u *unified) lists(r *Rule, e *Expr, args []*Expr) {
	for _, arg := range args {
		if arg.Op == List && !u.known.Is(r, arg) {
			u.report(e, e.Op, "a list holds something of the document, which Oso may drop: compare it by itself")
		}
		u.lists(r, e, arg.Args)
	}
}

// compared returns a condition that is dropped as one that is not.
func (w *rewriter) compared(e *Expr) *Expr {
	if e.Op != "in" {
		return &Expr{Op: "==", Args: e.Args, Line: e.Line}
	}
	if e.Args[1].Op != List {
		element := w.variable("some")
		return &Expr{Op: "and", Line: e.Line, Args: []*Expr{
			{Op: "in", Args: []*Expr{element, e.Args[1]}, Line: e.Line}, {Op: "==", Args: []*Expr{e.Args[0], element}, Line: e.Line},
		}}
	}
	var one *Expr
	for _, element := range e.Args[1].Args {
		equal := &Expr{Op: "==", Args: []*Expr{e.Args[0], element}, Line: e.Line}
		if one == nil {
			one = equal
		} else {
			one = &Expr{Op: "or", Args: []*Expr{one, equal}, Line: e.Line}
		}
	}
	return one
}

// checkUnified refuses what Oso drops.
func checkUnified(rules []Rule) (err error) {
	markUnified(rules, func(e *Expr, construct, problem string) {
		err = firstOf(err, &Error{Construct: construct, Line: e.Line, Problem: problem})
	})
	return err
}
