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

// each ends the name of an attribute that is a list, where it is ranged over so: elsewhere the list may be as long as it is.
const each = "__each"

// ranged are the attributes, and methods by their names with parentheses, that a policy ranges over so, where the text could not say it.
type ranged struct {
	names map[string]bool
	all   bool // it cannot be told which
}

// newRanged finds them in the text that Oso runs, and returns it with the lists of the actor named that are ranged over. A text that cannot be read has none:
// Oso says what is wrong with it. Whether an attribute of a class is a list is for isList to say.
func newRanged(policy string, isList func(class, attr string) bool) (ranged, string) {
	g := ranged{names: map[string]bool{}}
	rules, err := polar.Parse(policy)
	if err != nil {
		return g, policy
	}
	w := rangedWalk{
		ranged: &g, known: polar.NewKnown(rules), roots: polar.Roots(rules), under: map[polar.Head]bool{}, isList: isList, named: map[*polar.Expr]bool{},
	}
	for before := -1; before < len(w.under); {
		before = len(w.under)
		for i := range rules {
			w.walk(&rules[i], rules[i].Body, w.under[rules[i].Head()])
		}
	}
	text, ok := w.name(policy, rules)
	if !ok {
		for e := range w.named {
			g.names[e.Args[1].Name] = true
		}
	}
	return g, text
}

type rangedWalk struct {
	*ranged
	known polar.Known
	roots map[polar.Place]bool
	under map[polar.Head]bool // the rules that are called where a list is ranged over

	isList func(class, attr string) bool
	named  map[*polar.Expr]bool // those that range over a list u.Attr, of a parameter with a class
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
			w.over(r, e)
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
func (w *rangedWalk) over(r *polar.Rule, in *polar.Expr) {
	list := in.Args[1]
	if list.Op == polar.List || r.IsRoot(list.Base(), w.roots) {
		return
	}
	if list.Op == polar.Dot && w.known.Is(r, list) && w.isList(classOf(r, list.Args[0]), list.Name) {
		w.named[in] = true
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

// classOf returns the class that the head of a rule asks of a variable.
func classOf(r *polar.Rule, e *polar.Expr) string {
	for _, p := range r.Params {
		if e.Op == polar.Variable && p.Value.Op == polar.Variable && p.Value.Name == e.Name {
			return p.Class
		}
	}
	return ""
}

// name returns the policy with each after the lists to be named. It finds them by counting: the words "in" of a text are the expressions in its order.
func (w *rangedWalk) name(policy string, rules []polar.Rule) (text string, ok bool) {
	var all []*polar.Expr
	for i := range rules {
		if rules[i].To > 0 { // others stand for a resource block
			all = appendIns(all, rules[i].Body)
		}
	}
	var out strings.Builder
	done, found := 0, 0
	dotted := false // behind a dot, it is an attribute
	for i := 0; i < len(policy); {
		switch c := policy[i]; {
		case c == '"':
			i, dotted = behindString(policy, i), false
		case c == '#' || behindBlanks(policy, i) > i:
			i = behindBlanks(policy, i)
		case behindName(policy, i) == i:
			i, dotted = i+1, c == '.'
		default:
			word := policy[i:behindName(policy, i)]
			i += len(word)
			if is := word == "in" && !dotted; !is {
				dotted = false
				continue
			}
			if found == len(all) {
				return policy, false
			}
			in := all[found]
			if found++; !w.named[in] {
				continue
			}
			base := behindBlanks(policy, i)
			dot := behindBlanks(policy, behindName(policy, base))
			if !strings.HasPrefix(policy[dot:], ".") {
				return policy, false
			}
			attr := behindBlanks(policy, dot+1)
			i = behindName(policy, attr)
			if !strings.HasPrefix(policy[base:], in.Args[1].Args[0].Name) || policy[attr:i] != in.Args[1].Name {
				return policy, false
			}
			out.WriteString(policy[done:i] + each)
			done = i
		}
	}
	if found != len(all) {
		return policy, false
	}
	return out.String() + policy[done:], true
}

// appendIns appends the expressions "x in list" in the order in which they are written.
func appendIns(all []*polar.Expr, e *polar.Expr) []*polar.Expr {
	if e == nil {
		return all
	}
	for i, arg := range e.Args {
		if e.Op == "in" && i == 1 {
			all = append(all, e)
		}
		all = appendIns(all, arg)
	}
	return all
}

// bound refuses a value that holds a list which is too long to be ranged over.
func (g ranged) bound(class, name string, v any, named bool) error {
	if (named || g.all || g.names[name]) && longest(v) > maxRanged {
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
