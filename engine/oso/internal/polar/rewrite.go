package polar

import (
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Rewrite returns the policy with its negations brought into a form that Oso gets right where that can be done: a negation of several conditions
// becomes negations of each, and a rule that is called under a not is written out there. What a rule says of a document and an actor in hand does not
// change by it; Oso makes more alternatives of it. Variables of the document are compared by ==, and relations that Oso would drop asked to lead to a document. The negations left, and what is asked of
// relations, are still to be checked. Whether an attribute of a class is a list is for isList to say.
//
// The error says that something in the text cannot be written anew; then the text has to stay as it is.
func Rewrite(policy string, isList func(class, attr string) bool, relations Relations) (rewritten string, err error) {
	rules, err := Parse(policy)
	if err != nil {
		return "", err
	}
	if strings.Contains(policy, `\`) {
		return "", errRewrite // what is escaped is not kept
	}
	markUnified(rules, func(*Expr, string, string) {})
	w := &rewriter{policy: policy, isList: isList, known: NewKnown(rules), roots: Roots(rules), asked: NewAsked(rules, relations), rules: map[Head][]*Rule{}}
	for i := range rules {
		w.rules[rules[i].Head()] = append(w.rules[rules[i].Head()], &rules[i])
	}
	defer func() {
		if p := recover(); p != nil {
			refused, ok := p.(error)
			if !ok || !errors.Is(refused, errRewrite) {
				panic(p)
			}
			rewritten, err = "", errRewrite
		}
	}()
	var out strings.Builder
	done, mirror := 0, mistaken(rules) != nil
	for i := range rules {
		r := &rules[i]
		if r.To == 0 || !w.due(r) && !(mirror && greater(r.Body)) {
			continue
		}
		w.writable(r)
		own := *r
		own.Body = w.separate(r.Body, heads(r), count(r))
		body := w.positive(own.Body, scope{rule: &own, counts: count(&own)}, fieldsOf(r), 0)
		body = w.exist(r, w.lostInHead(r), body)
		if mirror {
			body = mirrored(body)
		}
		left := variables(body)
		for _, p := range r.Params { // a variable that is used once only is an error
			if v := p.Value; v.Op == Variable && variables(r.Body)[v.Name] && !left[v.Name] {
				body = &Expr{Op: "and", Args: []*Expr{body, {Op: "=", Args: []*Expr{v, v}}}}
			}
		}
		out.WriteString(policy[done:r.From] + written(body))
		done = r.To
	}
	out.WriteString(policy[done:])
	return out.String(), nil
}

var errRewrite = errors.New("the text cannot be written anew")

type rewriter struct {
	isList func(class, attr string) bool
	policy string
	known  Known
	roots  map[Place]bool
	asked  *Asked
	rules  map[Head][]*Rule
	fresh  int

	inlines int
}

// writable ends the rewriting if a rule has what is not kept of it: that a variable is the rest of a list.
func (w *rewriter) writable(r *Rule) {
	if strings.Contains(w.policy[r.From:r.To], "*") {
		panic(errRewrite)
	}
}

// scope is the rule that an expression stands in.
type scope struct {
	rule   *Rule
	counts map[string]int // how often a variable stands in the rule, its head included
}

// maxInlined bounds how deep rules are written out in one another, and maxInlines how many calls are.
const (
	maxInlined = 8
	maxInlines = 500
)

// positive returns the expression with its negations, and what Oso drops, rewritten; what holds beside it is not asked for again.
func (w *rewriter) positive(e *Expr, s scope, beside []*Expr, depth int) *Expr {
	switch e.Op {
	case "and", "or":
		left, right := beside, beside
		if e.Op == "and" {
			left, right = append(beside[:len(beside):len(beside)], e.Args[1]), append(beside[:len(beside):len(beside)], e.Args[0])
		}
		return &Expr{Op: e.Op, Line: e.Line, Args: []*Expr{w.positive(e.Args[0], s, left, depth), w.positive(e.Args[1], s, right, depth)}}
	case "not":
		return w.negative(e.Args[0], s, depth)
	}
	lost := w.asked.lost(s.rule, e, beside, false)
	if e.dropped {
		e = w.compared(e)
	}
	return w.exist(s.rule, lost, e)
}

// negative returns the negation of the expression.
func (w *rewriter) negative(e *Expr, s scope, depth int) *Expr {
	atom := func() *Expr { return w.there(e, &Expr{Op: "not", Args: []*Expr{e}, Line: e.Line}, s) }
	switch e.Op {
	case "and":
		for v := range variables(e.Args[0]) {
			if variables(e.Args[1])[v] && s.local(v, e) {
				return atom() // one says of it what the other binds it to
			}
		}
		second := w.negative(e.Args[1], s, depth)
		if aboutNil(e.Args[0]) { // which may keep the second from reading an attribute of nil
			second = &Expr{Op: "and", Line: e.Line, Args: []*Expr{w.positive(e.Args[0], s, nil, depth), second}}
		}
		return &Expr{Op: "or", Line: e.Line, Args: []*Expr{w.negative(e.Args[0], s, depth), second}}
	case "or":
		return &Expr{Op: "and", Line: e.Line, Args: []*Expr{w.negative(e.Args[0], s, depth), w.negative(e.Args[1], s, depth)}}
	case "not":
		for v := range variables(e.Args[0]) {
			if s.local(v, e) {
				return atom()
			}
		}
		return w.positive(e.Args[0], s, nil, depth)
	case Call:
		return w.there(e, w.inlined(e, s, depth), s)
	case "matches":
		if fields := e.Args[1].Args; e.Args[1].Op == Pattern && len(fields) > 0 {
			whole := &Expr{Op: "matches", Args: []*Expr{e.Args[0], {Op: Pattern, Name: e.Args[1].Name}}, Line: e.Line}
			for _, f := range fields {
				is := &Expr{Op: "=", Args: []*Expr{{Op: Dot, Name: f.Name, Args: e.Args[:1], Line: e.Line}, f.Args[0]}, Line: e.Line}
				whole = &Expr{Op: "and", Args: []*Expr{whole, is}, Line: e.Line}
			}
			return w.negative(whole, s, depth)
		}
	}
	if w.known.Is(s.rule, e) {
		return atom()
	}
	for v := range variables(e) {
		if s.local(v, e) {
			return atom() // which the condition binds
		}
	}
	if opposite := opposites[e.Op]; opposite != "" {
		return w.unless(e, w.opposite(e, opposite, e.Args, s), s)
	}
	if e.Op == Dot || e.Op == Variable { // which is neither true nor false, Oso fails
		return w.opposite(e, "=", []*Expr{e, {Op: Constant, Name: "false"}}, s)
	}
	if e.Op == "in" && e.Args[1].Op == List && e.Args[1].Name != Dictionary && len(e.Args[1].Args) > 0 {
		var none *Expr
		for _, value := range e.Args[1].Args {
			differs := w.opposite(e, "!=", []*Expr{e.Args[0], value}, s)
			if none == nil {
				none = differs
			} else {
				none = &Expr{Op: "and", Args: []*Expr{none, differs}, Line: e.Line}
			}
		}
		return w.unless(e, none, s)
	}
	if list := e.Args; e.Op == "in" && list[1].Op == Dot && w.known.Is(s.rule, list[1]) && w.isList(s.class(list[1].Args[0]), list[1].Name) && !strings.HasSuffix(list[1].Name, Elements) {
		elements := *list[1]
		elements.Name += Elements
		return w.unless(e, w.opposite(e, "!=", []*Expr{list[0], &elements}, s), s)
	}
	return atom()
}

// Elements ends the name of an attribute that stands for the elements of a list, rather than for the list: what is not equal to it is none of them.
const Elements = "__elements"

// opposites are the operators that say what a not says of others.
var opposites = map[string]string{"=": "!=", "==": "!=", "!=": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}

func aboutNil(e *Expr) bool {
	return e.Op == Constant && e.Name == "nil" || slices.ContainsFunc(e.Args, aboutNil)
}

// local reports whether a variable stands nowhere in the rule but in an expression.
func (s scope) local(v string, e *Expr) bool { return countIn(e)[v] == s.counts[v] }

// inlined returns the negation of a call: that none of the rules holds.
func (w *rewriter) inlined(e *Expr, s scope, depth int) *Expr {
	if w.inlines++; depth == maxInlined || w.inlines > maxInlines {
		panic(errRewrite)
	}
	var result *Expr
	for _, r := range w.rules[Head{e.Name, len(e.Args)}] {
		w.writable(r)
		matches, possible, with := w.match(r, e, s)
		if !possible {
			continue
		}
		body := matches
		if r.Body != nil {
			body = append(body, replaced(w.separate(r.Body, heads(r), count(r)), with))
		}
		one := &Expr{Op: Constant, Name: "false"}
		if len(body) > 0 {
			whole := body[0]
			for _, b := range body[1:] {
				whole = &Expr{Op: "and", Args: []*Expr{whole, b}, Line: e.Line}
			}
			inner := scope{rule: s.rule, counts: maps.Clone(s.counts)}
			for v, n := range countIn(whole) {
				if _, known := s.counts[v]; !known {
					inner.counts[v] = n
				} else {
					inner.counts[v] += n + 1 // the caller's: never local here
				}
			}
			one = w.negative(whole, inner, depth+1)
		}
		if result == nil {
			result = one
		} else {
			result = &Expr{Op: "and", Args: []*Expr{result, one}, Line: e.Line}
		}
	}
	if result == nil { // there is no rule for it
		return &Expr{Op: "=", Args: []*Expr{{Op: Constant, Name: "1"}, {Op: Constant, Name: "1"}}}
	}
	if result.Op == Constant {
		return &Expr{Op: "=", Args: []*Expr{{Op: Constant, Name: "1"}, {Op: Constant, Name: "2"}}}
	}
	return result
}

// match returns what the head of a rule asks of a call's arguments, and what stands for the rule's variables.
func (w *rewriter) match(r *Rule, e *Expr, s scope) (matches []*Expr, possible bool, with map[string]*Expr) {
	with = map[string]*Expr{}
	for i, p := range r.Params {
		arg := e.Args[i]
		if arg.Op != Variable && arg.Op != Constant && arg.Op != Dot || arg.Name == "_" && arg.Op == Variable {
			panic(errRewrite)
		}
		switch {
		case p.Value.Op == Variable && (with[p.Value.Name] != nil || arg.Op == Variable && s.counts[arg.Name] < 2):
			panic(errRewrite) // one variable twice, or one that the call would bind
		case p.Value.Op == Variable:
			if p.Value.Name != "_" {
				with[p.Value.Name] = arg
			}
		case p.Value.Op == Constant && arg.Op == Constant:
			if p.Value.Name != arg.Name {
				return nil, false, nil
			}
		case p.Value.Op == Constant:
			matches = append(matches, &Expr{Op: "=", Args: []*Expr{arg, p.Value}, Line: e.Line})
		default:
			panic(errRewrite)
		}
		if p.Class != "" && s.class(arg) != p.Class {
			matches = append(matches, &Expr{Op: "matches", Args: []*Expr{arg, {Op: Pattern, Name: p.Class}}, Line: e.Line})
		}
	}
	own := variables(r.Body)
	for _, f := range fieldsOf(r) {
		maps.Copy(own, variables(f))
	}
	for v := range own {
		if with[v] == nil && v != "_" {
			with[v] = w.variable(v)
		}
	}
	for i, p := range r.Params {
		for _, f := range p.Fields {
			if p.Value.Name == "_" && variables(f.Args[1])["_"] {
				panic(errRewrite)
			}
			f = replaced(f, with)
			f.Args[0] = &Expr{Op: Dot, Name: f.Args[0].Name, Args: []*Expr{e.Args[i]}, Line: e.Line}
			matches = append(matches, f)
		}
	}
	return matches, true, with
}

// class returns the class that the head of the rule asks of a variable.
func (s scope) class(e *Expr) string {
	for _, p := range s.rule.Params {
		if e.Op == Variable && p.Value.Op == Variable && p.Value.Name == e.Name {
			return p.Class
		}
	}
	return ""
}

// replaced returns the expression with others in place of variables.
func replaced(e *Expr, with map[string]*Expr) *Expr {
	if e.Op == Variable && with[e.Name] != nil {
		return with[e.Name]
	}
	out := *e
	out.Args = make([]*Expr, len(e.Args))
	for i, a := range e.Args {
		out.Args[i] = replaced(a, with)
	}
	return &out
}

// variable returns a variable that stands nowhere in the policy.
func (w *rewriter) variable(like string) *Expr {
	for {
		w.fresh++
		if name := like + "_" + strconv.Itoa(w.fresh); !strings.Contains(w.policy, name) {
			return &Expr{Op: Variable, Name: name}
		}
	}
}

// heads returns the variables in the head of a rule.
func heads(r *Rule) map[string]bool {
	bound := map[string]bool{}
	for _, p := range r.Params {
		maps.Copy(bound, variables(p.Value))
		for _, f := range p.Fields {
			maps.Copy(bound, variables(f))
		}
	}
	return bound
}
