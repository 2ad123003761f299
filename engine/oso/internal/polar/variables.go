package polar

import (
	"maps"
	"slices"
)

// separate renames the variables that a negation is the first to speak of: they are its own, whatever stands behind it under the same name.
// What is bound before, and in some alternatives only, may or may not be; that is not written anew.
func (w *rewriter) separate(e *Expr, bound map[string]bool, counts map[string]int) *Expr {
	switch e.Op {
	case "and":
		left := w.separate(e.Args[0], bound, counts)
		if negates(e.Args[1]) {
			of := negated(e.Args[1])
			maps.DeleteFunc(of, func(v string, _ bool) bool { return bound[v] || v == "_" })
			if partly(left, of) {
				panic(errRewrite)
			}
		}
		behind := maps.Clone(bound)
		maps.Copy(behind, variables(left))
		return &Expr{Op: e.Op, Line: e.Line, Args: []*Expr{left, w.separate(e.Args[1], behind, counts)}}
	case "or":
		return &Expr{Op: e.Op, Line: e.Line, Args: []*Expr{w.separate(e.Args[0], bound, counts), w.separate(e.Args[1], bound, counts)}}
	case "not", "forall":
		with := map[string]*Expr{}
		for v, n := range countIn(e) {
			if bound[v] || v == "_" || n == counts[v] {
				continue
			}
			if with[v] = w.variable(v); n == 1 { // which Oso wants to be named so
				with[v].Name = "_" + with[v].Name
			}
		}
		return replaced(e, with)
	}
	return e
}

// negated returns the variables under the negations in an expression.
func negated(e *Expr) map[string]bool {
	if e.Op == "not" || e.Op == "forall" {
		return variables(e)
	}
	all := map[string]bool{}
	for _, a := range e.Args {
		maps.Copy(all, negated(a))
	}
	return all
}

// partly reports whether one of the variables stands in some of the alternatives of an expression only.
func partly(e *Expr, of map[string]bool) bool {
	if e.Op == "or" {
		left, right := variables(e.Args[0]), variables(e.Args[1])
		for v := range of {
			if left[v] != right[v] {
				return true
			}
		}
	}
	return slices.ContainsFunc(e.Args, func(a *Expr) bool { return partly(a, of) })
}

func negates(e *Expr) bool {
	return e != nil && (e.Op == "not" || slices.ContainsFunc(e.Args, negates))
}

func variables(e *Expr) map[string]bool {
	found := map[string]bool{}
	for v := range countIn(e) {
		found[v] = true
	}
	return found
}

// count counts the variables of a rule.
func count(r *Rule) map[string]int {
	n := countIn(r.Body)
	for _, p := range r.Params {
		for v, k := range countIn(p.Value) {
			n[v] += k
		}
	}
	return n
}

func countIn(e *Expr) map[string]int {
	n := map[string]int{}
	var walk func(e *Expr)
	walk = func(e *Expr) {
		if e.Op == Variable {
			n[e.Name]++
		}
		for _, a := range e.Args {
			walk(a)
		}
	}
	if e != nil {
		walk(e)
	}
	return n
}
