package oso

import (
	"fmt"
	"maps"
	"strings"

	"github.com/mongoauthz/go-mongoauthz/engine/oso/internal/polar"
	"github.com/mongoauthz/go-mongoauthz/filter"
)

// maxRanged bounds the lists of an actor over which a forall, or a not that speaks of the document, ranges: Oso takes time with the square of
// their length, for 500 elements 0.2 seconds, or with a not 1.4, for 3,500 of them 16.
const maxRanged = 500

// ranged are the attributes, and methods by their names with parentheses, that a policy ranges over so.
type ranged struct {
	names map[string]bool
	all   bool // it cannot be told which
}

// newRanged finds them in the text that Oso runs. One that cannot be read has none: Oso says what is wrong with it.
func newRanged(policy string) ranged {
	g := ranged{names: map[string]bool{}}
	rules, err := polar.Parse(policy)
	if err != nil {
		return g
	}
	w := rangedWalk{ranged: &g, known: polar.NewKnown(rules), roots: polar.Roots(rules), under: map[polar.Head]bool{}}
	for before := -1; before < len(w.under); {
		before = len(w.under)
		for i := range rules {
			w.walk(&rules[i], rules[i].Body, w.under[rules[i].Head()])
		}
	}
	return g
}

type rangedWalk struct {
	*ranged
	known polar.Known
	roots map[polar.Place]bool
	under map[polar.Head]bool // the rules that are called where a list is ranged over
}

func (w *rangedWalk) walk(r *polar.Rule, e *polar.Expr, inside bool) {
	if e == nil {
		return
	}
	switch e.Op {
	case "forall":
		inside = true
	case "not":
		inside = inside || !w.closed(r, e, map[string]bool{})
	case polar.Call:
		if inside {
			w.under[polar.Head{Name: e.Name, Arity: len(e.Args)}] = true
		}
	case "in":
		if inside && !w.known.Is(r, e.Args[0]) {
			w.over(r, e.Args[1])
		}
	}
	for _, arg := range e.Args {
		w.walk(r, arg, inside)
	}
}

// closed reports whether an expression speaks of nothing but what is known, and the variables that it binds to that.
func (w *rangedWalk) closed(r *polar.Rule, e *polar.Expr, bound map[string]bool) bool {
	switch e.Op {
	case polar.Variable:
		return bound[e.Name] || w.known.Is(r, e)
	case "in", "=", ":=":
		if left := e.Args[0]; left.Op == polar.Variable && w.closed(r, e.Args[1], bound) {
			bound[left.Name] = true
			return true
		}
	}
	for _, arg := range e.Args {
		in := bound
		if e.Op == "or" || e.Op == "not" { // what is bound there is bound nowhere else
			in = maps.Clone(bound)
		}
		if !w.closed(r, arg, in) {
			return false
		}
	}
	return true
}

// over notes what is ranged over. The lists of the document have no elements yet, and those of the policy's own are as long as they are written.
func (w *rangedWalk) over(r *polar.Rule, list *polar.Expr) {
	if list.Op == polar.List || r.IsRoot(list.Base(), w.roots) {
		return
	}
	if list.Op != polar.Dot && list.Op != polar.Method {
		w.all = true
		return
	}
	for ; list.Op == polar.Dot || list.Op == polar.Method; list = list.Args[0] {
		name := strings.TrimSuffix(list.Name, polar.Elements)
		if list.Op == polar.Method {
			name += "()"
		}
		w.names[name] = true
	}
}

// bound refuses a value that holds a list which is too long to be ranged over.
func (g ranged) bound(class, name string, v any) error {
	if (g.all || g.names[name]) && longest(v) > maxRanged {
		return &filter.LimitError{What: fmt.Sprintf("elements of %s.%s, over which a forall or a not ranges", class, name), Limit: maxRanged}
	}
	return nil
}

// longest returns how long the longest list in a value is.
func longest(v any) (n int) {
	switch v := v.(type) {
	case []any:
		n = len(v)
		for _, e := range v {
			n = max(n, longest(e))
		}
	case map[string]any:
		n = len(v)
		for _, e := range v {
			n = max(n, longest(e))
		}
	}
	return n
}
