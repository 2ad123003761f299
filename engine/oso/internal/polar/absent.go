package polar

import "slices"

// Negated ends the name of an attribute of the document that is compared under a not. Where an embedded document on the way to it is nil, the comparison
// does not hold, so that the not does; of one that is written so, such as d.Box.Size != 3, neither the one nor the other can be said.
const Negated = "__negated"

// opposite returns the negation of a comparison by the opposite operator. It holds, too, where there is nothing to compare.
func (w *rewriter) opposite(e *Expr, op string, args []*Expr, s scope) *Expr {
	out := &Expr{Op: op, Line: e.Line, Args: slices.Clone(args)}
	for i, arg := range args {
		out.Args[i] = w.perhaps(arg, s)
		if to := args[1-i]; out.Args[i] != arg && (op == "=" || op == "==") && to.Op == Variable && !w.known.Is(s.rule, to) {
			panic(errRewrite) // Oso puts what a variable equals in its place elsewhere, where no not is
		}
	}
	return out
}

// perhaps marks an attribute of the document behind an embedded document that may be nil.
func (w *rewriter) perhaps(e *Expr, s scope) *Expr {
	if e.Op != Dot || !w.mayBeNil(e.Args[0], s, false, 0) || w.known.Is(s.rule, e) {
		return e
	}
	if to, _ := w.asked.relations(e.Name); to == Elsewhere {
		return e // the relation has to keep its name
	}
	marked := *e
	marked.Name += Negated
	return &marked
}

// mayBeNil reports whether an embedded document that may be nil is on a path from the document, or was found behind it.
func (w *rewriter) mayBeNil(e *Expr, s scope, found bool, depth int) bool {
	for ; e.Op == Dot; e = e.Args[0] {
		to, _ := w.asked.relations(e.Name)
		found = found || to == Embedded
	}
	if e.Op != Variable || depth > maxDots {
		return false
	}
	if s.rule.IsRoot(e, w.roots) {
		return found
	}
	by := binding(s.rule.Body, e.Name)
	return by != nil && w.mayBeNil(by, s, found, depth+1)
}

// inKeys reports whether a path leads through a dictionary, or through what a method returns, which may be one.
func (w *rewriter) inKeys(e *Expr, s scope, depth int) bool {
	for ; e.Op == Dot; e = e.Args[0] {
		if to, _ := w.asked.relations(e.Name); to == Keys {
			return true
		}
	}
	if e.Op != Variable || depth == maxDots {
		return e.Op == Method
	}
	by := binding(s.rule.Body, e.Name)
	return by != nil && w.inKeys(by, s, depth+1)
}

// unless returns the negation of a condition, which holds, too, where the actor lacks what it reads: the key of a dictionary.
func (w *rewriter) unless(e, negation *Expr, s scope) *Expr {
	for _, path := range w.perhapsMissing(e, s) {
		there := &Expr{Op: "=", Args: []*Expr{path, path}, Line: e.Line}
		negation = &Expr{Op: "or", Args: []*Expr{{Op: "not", Args: []*Expr{there}, Line: e.Line}, negation}, Line: e.Line}
	}
	return negation
}

func (w *rewriter) perhapsMissing(e *Expr, s scope) (paths []*Expr) {
	if e.Op == Dot {
		if w.known.Is(s.rule, e) && w.inKeys(e.Args[0], s, 0) {
			return []*Expr{e}
		}
		return nil
	}
	for _, arg := range e.Args {
		paths = append(paths, w.perhapsMissing(arg, s)...)
	}
	return paths
}
