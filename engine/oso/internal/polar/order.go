package polar

// ordering is a comparison by order that Oso may hold against another one. It takes b < a for a >= b, and b > a for a <= b, and where it has the one
// already it drops the other:
//
//	d.N >= 3 and 3 < d.N     is read as d.N >= 3
type ordering struct {
	e    *Expr
	op   string
	rule *Rule
}

// orderings returns the comparisons by order that are not known. Those under a not are there as their opposites, too.
func orderings(rules []Rule, k Known) (all []ordering) {
	for i := range rules {
		r := &rules[i]
		var walk func(e *Expr, negated bool)
		walk = func(e *Expr, negated bool) {
			if _, is := mirrors[e.Op]; is && !k.Is(r, e) {
				all = append(all, ordering{e, e.Op, r})
				if negated {
					all = append(all, ordering{e, opposites[e.Op], r})
				}
			}
			for _, arg := range e.Args {
				walk(arg, negated || e.Op == "not" || e.Op == "forall")
			}
		}
		if r.Body != nil {
			walk(r.Body, false)
		}
	}
	return all
}

// mirrors are the operators that say the same with the sides changed.
var mirrors = map[string]string{"<": ">", "<=": ">=", ">": "<", ">=": "<="}

// mistaken returns a comparison by order that Oso may drop for another one; nil if there is none.
func mistaken(rules []Rule) *Expr {
	a := NewAsked(rules, func(string) (Leads, bool) { return Nowhere, true })
	for all := orderings(rules, a.known); len(all) > 0; all = all[1:] {
		for _, other := range all {
			one := all[0]
			if other.op == opposites[one.op] && a.maybeOne(one, 0, other, 1) && a.maybeOne(one, 1, other, 0) &&
				(a.maybeOpen(one, 0, other, 1) || a.maybeOpen(one, 1, other, 0)) {
				return other.e
			}
		}
	}
	return nil
}

// maybeOne reports whether a side of one comparison may be the same term as that of another.
func (a *Asked) maybeOne(one ordering, side int, other ordering, otherSide int) bool {
	x, y := one.e.Args[side], other.e.Args[otherSide]
	switch {
	case x.Op == Constant && y.Op == Constant:
		return x.Name == y.Name
	case x.Op == Dot && y.Op == Dot:
		return x.Name == y.Name
	case x.Op == Dot && a.isOpen(one.rule, x, 0) && a.known.Is(other.rule, y), y.Op == Dot && a.isOpen(other.rule, y, 0) && a.known.Is(one.rule, x):
		return false
	}
	return true
}

// maybeOpen reports whether neither side is known, as one of a comparison has to be that Oso keeps.
func (a *Asked) maybeOpen(one ordering, side int, other ordering, otherSide int) bool {
	return !a.known.Is(one.rule, one.e.Args[side]) && !a.known.Is(other.rule, other.e.Args[otherSide])
}

// mirrored returns an expression in which what is greater stands on the right.
func mirrored(e *Expr) *Expr {
	out := *e
	out.Args = make([]*Expr, len(e.Args))
	for i, arg := range e.Args {
		out.Args[i] = mirrored(arg)
	}
	if e.Op == ">" || e.Op == ">=" {
		out.Op, out.Args[0], out.Args[1] = mirrors[e.Op], out.Args[1], out.Args[0]
	}
	return &out
}

// greater reports whether an expression has a comparison that mirrored changes.
func greater(e *Expr) bool {
	if e == nil || e.Op == ">" || e.Op == ">=" {
		return e != nil
	}
	for _, arg := range e.Args {
		if greater(arg) {
			return true
		}
	}
	return false
}
