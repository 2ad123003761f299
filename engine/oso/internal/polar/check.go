package polar

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
