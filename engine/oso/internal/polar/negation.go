package polar

import (
	"errors"
	"maps"
)

// Check refuses what Oso's partial evaluation gets wrong, of which nothing is to be seen in its results: negations, comparisons with itself, and
// what it unifies and drops (see unified).
//
// Measured with go-oso v0.27.3: where what is negated has a choice (an or, a rule with several definitions, an element of a list) behind a
// condition, the second alternative loses that condition; where a rule that is called has a choice in its body, alternatives are lost; and
// where a rule that is called, or a negation beside a condition, reads an attribute of the actor, a condition is added. So
//
//	not (d.A = true and (d.B = true or d.C = true))          is read as   (not A or not B) and not C
//	not x(d);  x(d) if y(d);  y(d) if …B…;  y(d) if …C…;     is read as   not B
//
// which grants too little or, negated twice or with a rule, too much. What is let through are negations of conditions without a choice, of
// alternatives that stand first, and calls of rules without choices that read nothing but the document. A forall(a, b) is not (a and not b).
//
// Comparisons that may be of an attribute with itself are refused as well: under a not Oso drops them, whether they hold or not.
//
// The error is an [*Error], also for a text that cannot be read.
func Check(policy string) error {
	rules, err := Parse(policy)
	if err != nil {
		return err
	}
	n := &negations{rules: map[Head][]*Rule{}, roots: Roots(rules), open: newOpen(rules)}
	for i := range rules {
		n.rules[rules[i].Head()] = append(n.rules[rules[i].Head()], &rules[i])
	}
	same, negated := newSame(rules, n.open), under(rules)
	for i := range rules {
		r := &rules[i]
		if r.Body == nil {
			continue
		}
		if err := n.walk(r, r.Body); err != nil {
			return err
		}
		if err := apart(r.Body, heads(r), count(r)); err != nil {
			return err
		}
		if err := same.check(r, r.Body, negated[r.Head()]); err != nil {
			return err
		}
	}
	if e := mistaken(rules); e != nil {
		return &Error{Construct: e.Op, Line: e.Line, Problem: "Oso may drop it for another comparison by order, of the same with the sides changed"}
	}
	return checkUnified(rules)
}

// apart refuses a negation that is the first to speak of a variable which stands elsewhere too: there it is another one, and for Oso the same.
func apart(e *Expr, bound map[string]bool, counts map[string]int) error {
	switch e.Op {
	case "and":
		if err := apart(e.Args[0], bound, counts); err != nil {
			return err
		}
		behind := maps.Clone(bound)
		maps.Copy(behind, variables(e.Args[0]))
		return apart(e.Args[1], behind, counts)
	case "or":
		return errors.Join(apart(e.Args[0], bound, counts), apart(e.Args[1], bound, counts))
	case "not", "forall":
		for v, n := range countIn(e) {
			if !bound[v] && v != "_" && n < counts[v] {
				return refuse(e, "a variable that stands under a not first, and behind it, too")
			}
		}
	}
	return nil
}

type negations struct {
	rules map[Head][]*Rule
	roots map[Place]bool
	open  *open
}

func refuse(e *Expr, problem string) error {
	return &Error{Construct: "not", Line: e.Line, Problem: "Oso's partial evaluation gets wrong " + problem}
}

// walk checks each negation in an expression.
func (n *negations) walk(r *Rule, e *Expr) error {
	switch e.Op {
	case "not":
		if err := n.negated(r, e.Args[0]); err != nil {
			return err
		}
	case "forall":
		if len(e.Args) != 2 {
			return refuse(e, "a forall of other than two")
		}
		inner := &Expr{Op: "not", Args: e.Args[1:], Line: e.Line}
		if err := n.negated(r, &Expr{Op: "and", Args: []*Expr{e.Args[0], inner}, Line: e.Line}); err != nil {
			return err
		}
	}
	for _, a := range e.Args {
		if err := n.walk(r, a); err != nil {
			return err
		}
	}
	return nil
}

// negated checks what stands under a not.
func (n *negations) negated(r *Rule, e *Expr) error {
	return n.open.within(r, e, func() error { return n.operand(r, e) })
}

func (n *negations) operand(r *Rule, e *Expr) error {
	open := n.open.variables(r, e, map[string]bool{})
	if len(open) == 0 {
		return nil // which is evaluated as it stands
	}
	if len(open) > 1 && !atoms(e) {
		return refuse(e, "conditions on two variables, the document being one, under a not")
	}
	if e.Op != Call {
		if len(calls(e)) > 0 && !n.own(r, e) {
			return refuse(e, "a rule beside what reads more than the document, under a not")
		}
		if n.choice(r, e) && !n.leaves(r, e) {
			return refuse(e, "an alternative that may hold whatever the document is, under a not")
		}
		return n.sequence(r, e, false, false)
	}
	for _, c := range n.candidates(e) {
		if !n.simple(c, c.Body, map[*Rule]bool{c: true}) {
			return refuse(e, "the negation of a rule that has alternatives in its body, or reads more than the document")
		}
		if !n.leaves(c, c.Body) && !fields(c) {
			return refuse(e, "the negation of a rule that asks nothing of the document")
		}
	}
	return nil
}

// atoms reports whether an expression is a condition without others in it, or an or of such.
func atoms(e *Expr) bool {
	switch e.Op {
	case "or":
		return atoms(e.Args[0]) && atoms(e.Args[1])
	case "and", "not", "forall", Call:
		return false
	default:
		return true
	}
}

// fields reports whether the head of a rule has a pattern with attributes.
func fields(r *Rule) bool {
	for _, p := range r.Params {
		if len(p.Fields) > 0 {
			return true
		}
	}
	return false
}

// choice reports whether what is asked may hold in several ways.
func (n *negations) choice(r *Rule, e *Expr) bool {
	switch e.Op {
	case "or":
		return true
	case "in":
		return n.open.is(r, e.Args[1])
	case Call:
		return len(n.candidates(e)) > 1
	case "and":
		return n.choice(r, e.Args[0]) || n.choice(r, e.Args[1])
	default:
		return false
	}
}

// leaves reports whether something is asked of the document in whatever way an expression holds.
func (n *negations) leaves(r *Rule, e *Expr) bool {
	if e == nil {
		return false
	}
	switch e.Op {
	case "and":
		return n.leaves(r, e.Args[0]) || n.leaves(r, e.Args[1])
	case "or":
		return n.leaves(r, e.Args[0]) && n.leaves(r, e.Args[1])
	case "=", "==", "!=", "<", "<=", ">", ">=", "in":
		return n.open.path(r, e.Args[0]) || n.open.path(r, e.Args[1])
	case Dot:
		return n.open.path(r, e)
	case "matches":
		return !n.open.is(r, e.Args[0]) && len(e.Args[1].Args) > 0
	case Call:
		for _, c := range n.candidates(e) {
			if !fields(c) && !(n.simple(c, c.Body, map[*Rule]bool{c: true}) && n.leaves(c, c.Body)) {
				return false
			}
		}
		return true
	case "not":
		return n.firm(r, e.Args[0])
	default:
		return false
	}
}

// firm reports whether nothing in an expression is decided before the document is known.
func (n *negations) firm(r *Rule, e *Expr) bool {
	switch e.Op {
	case "and", "or", "not":
		for _, a := range e.Args {
			if !n.firm(r, a) {
				return false
			}
		}
		return true
	case "in":
		return n.open.path(r, e.Args[1]) || n.open.path(r, e.Args[0]) && e.Args[1].Op == List && len(e.Args[1].Args) > 0
	case "=", "==", "!=", "<", "<=", ">", ">=", Dot:
		return n.leaves(r, e)
	default:
		return false
	}
}

// sequence checks what stands under a not and is no call alone; behind says that a condition stands before it, beside that one stands before
// or after it.
func (n *negations) sequence(r *Rule, e *Expr, behind, beside bool) error {
	switch e.Op {
	case "and":
		if err := n.sequence(r, e.Args[0], behind, true); err != nil {
			return err
		}
		return n.sequence(r, e.Args[1], true, true)
	case "or":
		if behind {
			return refuse(e, "alternatives behind a condition, under a not")
		}
		if err := n.sequence(r, e.Args[0], false, beside); err != nil {
			return err
		}
		return n.sequence(r, e.Args[1], false, beside)
	case "in":
		if !behind && e.Args[0].Op == Variable && n.open.is(r, e.Args[1]) {
			return nil // a choice that stands first
		}
		if behind && !n.rooted(r, e.Args[0]) && !n.rooted(r, e.Args[1]) {
			return refuse(e, "an element of a list behind a condition, under a not")
		}
	case Call:
		cs := n.candidates(e)
		if len(cs) > 1 || len(cs) == 1 && !n.simple(cs[0], cs[0].Body, map[*Rule]bool{cs[0]: true}) {
			return refuse(e, "the negation of a rule that has alternatives, or reads more than the document, and of something else")
		}
	case "not", "forall":
		if (beside || e.Op == "forall" || n.choice(r, e.Args[0])) && !n.own(r, e) {
			return refuse(e, "a negation that reads more than the document, beside a condition or of alternatives, under a not")
		}
	}
	return nil
}

// candidates returns the rules that a call may choose: those whose constants are not other ones than the call's.
func (n *negations) candidates(e *Expr) (all []*Rule) {
	for _, r := range n.rules[Head{e.Name, len(e.Args)}] {
		fits := true
		for i, p := range r.Params {
			a := e.Args[i]
			fits = fits && (a.Op != Constant || p.Value.Op != Constant || a.Name == p.Value.Name)
		}
		if fits {
			all = append(all, r)
		}
	}
	return all
}

// simple reports whether the body of a rule has no choice, and reads nothing but the document, and that in comparisons.
func (n *negations) simple(r *Rule, e *Expr, seen map[*Rule]bool) bool {
	if e == nil {
		return true
	}
	switch e.Op {
	case "and":
		return n.simple(r, e.Args[0], seen) && n.simple(r, e.Args[1], seen)
	case "or", Dot, Method:
		return false
	case "in":
		return n.rooted(r, e.Args[1]) && (e.Args[0].Op != Variable || n.rooted(r, e.Args[0])) && n.own(r, e)
	case Call:
		cs := n.candidates(e)
		if len(cs) > 1 {
			return false
		}
		for _, c := range cs {
			if seen[c] {
				return false
			}
			seen[c] = true
			if !n.simple(c, c.Body, seen) {
				return false
			}
			delete(seen, c)
		}
		fallthrough
	default:
		return n.own(r, e) // the operand of a not is checked by itself
	}
}

// rooted reports whether e is an attribute of the document asked for, at any depth.
func (n *negations) rooted(r *Rule, e *Expr) bool { return e.Op == Dot && r.IsRoot(e.Base(), n.roots) }

// own reports whether a condition reads attributes of the document only, in comparisons, and takes no element of a list.
func (n *negations) own(r *Rule, e *Expr) bool {
	switch e.Op {
	case Dot, Method:
		return false
	case "and", "or", "not", "forall":
		for _, a := range e.Args {
			if !n.own(r, a) {
				return false
			}
		}
		return true
	case "in":
		if !n.rooted(r, e.Args[1]) {
			return false
		}
	case Call:
		for _, c := range n.candidates(e) {
			if c.Body != nil && !n.simple(c, c.Body, map[*Rule]bool{c: true}) {
				return false
			}
		}
	}
	for _, a := range e.Args {
		if !n.reads(r, a) {
			return false
		}
	}
	return true
}

// reads reports whether a value is made of constants, variables and attributes of the document.
func (n *negations) reads(r *Rule, e *Expr) bool {
	if e.Op == Method {
		return false
	}
	if e.Op == Dot {
		return n.rooted(r, e)
	}
	for _, a := range e.Args {
		if !n.reads(r, a) {
			return false
		}
	}
	return true
}
