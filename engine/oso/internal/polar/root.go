package polar

// Place is a parameter of the rules of a head.
type Place struct {
	Head
	At int
}

// Roots returns the parameters that stand for the document asked for and for nothing else, whoever calls their rule: the third of allow, and
// what it is handed on to.
func Roots(rules []Rule) map[Place]bool {
	root := map[Place]bool{}
	for i := range rules {
		for at := range rules[i].Params {
			root[Place{rules[i].Head(), at}] = true
		}
	}
	allow := Head{"allow", 3}
	root[Place{allow, 0}], root[Place{allow, 1}] = false, false
	for _, at := range []int{0, 1, 3} {
		root[Place{Head{"allow_field", 4}, at}] = false
	}
	for changed := true; changed; {
		changed = false
		for i := range rules {
			r := &rules[i]
			for _, c := range calls(r.Body) {
				for at, a := range c.Args {
					to := Place{Head{c.Name, len(c.Args)}, at}
					if root[to] && !r.IsRoot(a, root) {
						root[to], changed = false, true
					}
				}
			}
		}
	}
	return root
}

// IsRoot reports whether e is a parameter of r that is among the roots.
func (r *Rule) IsRoot(e *Expr, roots map[Place]bool) bool {
	for at, p := range r.Params {
		if e.Op == Variable && p.Value.Op == Variable && p.Value.Name == e.Name {
			return roots[Place{r.Head(), at}]
		}
	}
	return false
}

// calls returns the calls in an expression.
func calls(e *Expr) (all []*Expr) {
	if e == nil {
		return nil
	}
	if e.Op == Call {
		all = append(all, e)
	}
	for _, a := range e.Args {
		all = append(all, calls(a)...)
	}
	return all
}
