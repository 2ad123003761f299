package polar

// exist returns a condition that asks of relations, which are lost, that there is a document. It ends the rewriting where that might not be what the policy says.
func (w *rewriter) exist(r *Rule, lost []*Expr, beside *Expr) *Expr {
	if len(lost) > 0 && beside == nil {
		panic(errRewrite)
	}
	for _, path := range lost {
		all := true
		if path.Op == Dot {
			_, all = w.asked.relations(path.Name)
		}
		if !all || !w.asked.isOpen(r, path, 0) || path.Base().Name == "_" {
			panic(errRewrite)
		}
		there := &Expr{Op: "!=", Args: []*Expr{path, {Op: Constant, Name: "nil"}}, Line: beside.Line}
		beside = &Expr{Op: "and", Args: []*Expr{there, beside}, Line: beside.Line}
	}
	return beside
}

// due reports whether something in the body of a rule is to be rewritten.
func (w *rewriter) due(r *Rule) bool {
	is := negates(r.Body) || len(w.lostInHead(r)) > 0
	if r.Body != nil {
		each(r.Body, fieldsOf(r), false, func(e *Expr, beside []*Expr, negated bool) {
			is = is || e.dropped || len(w.asked.lost(r, e, beside, negated)) > 0
		})
	}
	return is
}

func (w *rewriter) lostInHead(r *Rule) (paths []*Expr) {
	fields := fieldsOf(r)
	for i, field := range fields {
		beside := append([]*Expr{r.Body}, fields...)
		beside[i+1] = nil
		paths = append(paths, w.asked.lost(r, field, beside, false)...)
	}
	return paths
}

// there returns the negation of a condition, which asks of the relations in it to lead to a document where nothing else is asked of them.
func (w *rewriter) there(e, negation *Expr, s scope) *Expr {
	var lost []*Expr
	for _, path := range w.asked.related(s.rule, e) {
		if !s.local(path.Base().Name, e) && !w.asked.asks(s.rule, negation, path) {
			lost = append(lost, path)
		}
	}
	return w.exist(s.rule, lost, negation)
}
