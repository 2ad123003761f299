package differential_test

import (
	"fmt"
	"regexp"
	"strings"
)

// policy is a random policy: rules that allow, and those that they call.
type policy struct{ allow, helpers []written }

// written is a rule.
type written struct {
	head string
	body node
}

// node is a condition: and, or, not, some (an element: its list, and what is asked of it), call (of a helper), or one without others in it.
type node struct {
	op   string
	text string
	of   []node
}

func (n node) String() string {
	switch n.op {
	case "and", "or":
		return "(" + n.of[0].String() + " " + n.op + " " + n.of[1].String() + ")"
	case "some":
		return "(" + n.text + " and " + n.of[0].String() + ")"
	case "not":
		return "not (" + n.of[0].String() + ")"
	default:
		return n.text
	}
}

func (w written) String() string { return rule(w.head, w.body.String()) }

func (p policy) String() string {
	var lines []string
	for _, w := range append(p.allow[:len(p.allow):len(p.allow)], p.helpers...) {
		lines = append(lines, w.String())
	}
	return strings.Join(lines, "\n")
}

// alone returns the policy with one of the rules that allow.
func (p policy) alone(i int) policy { return policy{p.allow[i : i+1], p.helpers} }

// maxVariants bounds the variants of one rule.
const maxVariants = 120

// variants returns one of the rules that allow as policies, one for each way in which it may hold, without an or, and with a not in front of
// single conditions only. It returns nil if there are too many.
func (p policy) variants(i int) (all []string) {
	v := variants{p: p, names: map[string][]string{}}
	for _, h := range p.helpers {
		v.rules = append(v.rules, h.String())
	}
	for _, body := range v.ways(p.allow[i].body, true) {
		all = append(all, rule(p.allow[i].head, body))
	}
	if v.many || len(all) > maxVariants {
		return nil
	}
	for i := range all {
		all[i] += "\n" + strings.Join(v.rules, "\n")
	}
	return all
}

type variants struct {
	p     policy
	rules []string
	names map[string][]string // of the variants of a helper, holding and not
	many  bool
}

// ways returns the ways in which a condition holds, or does not.
func (v *variants) ways(n node, holds bool) []string {
	switch {
	case n.op == "not":
		return v.ways(n.of[0], !holds)
	case n.op == "and" && holds, n.op == "or" && !holds:
		return v.cross(v.ways(n.of[0], holds), v.ways(n.of[1], holds))
	case n.op == "and", n.op == "or":
		return append(v.ways(n.of[0], holds), v.ways(n.of[1], holds)...)
	case n.op == "some" && holds:
		return v.cross(v.ways(leaf(n.text), true), v.ways(n.of[0], true))
	case n.op == "call":
		name, args, _ := strings.Cut(n.text, "(")
		var calls []string
		for _, one := range v.helper(name, holds) {
			calls = append(calls, one+"("+args)
		}
		return calls
	case holds:
		return []string{n.String()}
	default:
		return []string{"not (" + n.String() + ")"}
	}
}

// helper returns the names of the variants of a helper, and adds them to the rules.
func (v *variants) helper(name string, holds bool) []string {
	key := fmt.Sprintf("%s_%t", name, holds)
	if _, ok := v.names[key]; ok {
		return v.names[key]
	}
	var head string
	var bodies []string
	for _, h := range v.p.helpers {
		if of, _, _ := strings.Cut(h.head, "("); of != name {
			continue
		}
		switch ways := v.ways(h.body, holds); {
		case holds:
			bodies = append(bodies, ways...)
		case head == "":
			bodies = ways
		default:
			bodies = v.cross(bodies, ways)
		}
		head = h.head
	}
	_, params, _ := strings.Cut(head, "(")
	for i, body := range bodies {
		one := fmt.Sprintf("%s_%d", key, i)
		v.names[key] = append(v.names[key], one)
		v.rules = append(v.rules, rule(one+"("+params, body))
	}
	return v.names[key]
}

func (v *variants) cross(left, right []string) (all []string) {
	if len(left)*len(right) > maxVariants {
		v.many = true
		return nil
	}
	for _, l := range left {
		for _, r := range right {
			all = append(all, l+" and "+r)
		}
	}
	return all
}

// helpers are rules that conditions call, with the parameters they take.
var helpers = []string{"mine(u: User, d: Doc)", "fine(d: Doc)", "led(u: User, t: Team)", "odd(t: Team)", "known(x: User)", "same(a, b)", "any(x, d: Doc)", "find(d: Doc, e)"}

func (r random) policy(plain bool) policy {
	var p policy
	for _, h := range helpers {
		for range 1 + r.IntN(2) {
			g := grammar{random: r, d: strings.Contains(h, "d:"), u: strings.Contains(h, "u:"), t: strings.Contains(h, "t:"),
				x: strings.Contains(h, "(x"), ab: strings.Contains(h, "(a"), helper: true, plain: plain}
			body := g.condition(1)
			if strings.HasPrefix(h, "find") {
				body = node{op: "and", of: []node{{text: choose(r, "e = d.Owner", "d.Editor = e", "e = d.Team.Lead")}, body}}
			}
			p.helpers = append(p.helpers, written{h, body})
		}
	}
	for range 1 + r.IntN(3) {
		g := grammar{random: r, d: true, u: true, plain: plain}
		head := choose(r, `allow(u: User, "read", d: Doc)`, `allow(u: User, "read", d: Doc)`, `allow(u, "read", d: Doc)`, `allow(u: User, "read", d: Doc{A: true})`)
		p.allow = append(p.allow, written{head, g.condition(2 + r.IntN(2))})
	}
	return p
}

var names = regexp.MustCompile(`"[^"]*"|\.?\b[a-z]\w*\b`)

// rule returns a rule in which variables that stand alone are marked, as Polar wants it.
func rule(head, body string) string {
	text := head + " if " + body + ";"
	count := map[string]int{}
	for _, n := range names.FindAllString(text, -1) {
		count[n]++
	}
	return names.ReplaceAllStringFunc(text, func(n string) string {
		if len(n) <= 2 && n[0] != '.' && n[0] != '"' && n != "if" && n != "in" && n != "or" && count[n] == 1 {
			return "_" + n
		}
		return n
	})
}

// grammar makes conditions over the variables in sight.
type grammar struct {
	random
	d, u, t, x bool // the document, the actor, a team, a user
	ab         bool // two values
	i, l       int  // items and lines
	s, n, e    int  // names for texts, numbers and users
	helper     bool // in a helper, which calls none
	negated    bool
	plain      bool // only what Oso's own filter can keep
}

func (g grammar) condition(depth int) node {
	if depth > 0 {
		switch n := g.IntN(100); {
		case n < 25:
			return node{op: "and", of: []node{g.condition(depth - 1), g.condition(depth - 1)}}
		case n < 42:
			return node{op: "or", of: []node{g.condition(depth - 1), g.condition(depth - 1)}}
		case n < 54 && !g.plain:
			g.negated = true
			return node{op: "not", of: []node{g.condition(depth - 1)}}
		case n < 68 && g.d && (!g.negated || g.chance(10)):
			return g.element(depth)
		case n < 82 && g.d && !g.plain && (!g.negated || g.chance(10)):
			return g.named(depth)
		}
	}
	return g.leaf()
}

// element asks something of an element of a to-many relation, or of an embedded list.
func (g grammar) element(depth int) node {
	var v, in string
	if g.plain || g.chance(50) {
		g.i++
		v, in = fmt.Sprintf("i%d", g.i), "d.Items"
	} else {
		g.l++
		v, in = fmt.Sprintf("l%d", g.l), "d.L"
	}
	own := node{text: choose(g.random, v+".N "+g.order()+" "+g.number(), v+".Q "+g.equal()+" "+g.string(), v+".UserID = "+g.string(), v+".User.N "+g.order()+" "+g.number())}
	if g.chance(50) {
		own = node{op: "and", of: []node{own, g.condition(depth - 1)}}
	}
	return node{op: "some", text: v + " in " + in, of: []node{own}}
}

// named gives something a name, and asks something of it, perhaps in one alternative only.
func (g grammar) named(depth int) node {
	var is, asked string
	switch g.IntN(4) {
	case 0:
		is = g.string()
		g.s++
		asked = fmt.Sprintf("s%d %s %s", g.s, g.equal(), g.string())
		is = fmt.Sprintf("s%d = %s", g.s, is)
	case 1:
		is = g.number()
		g.n++
		asked = fmt.Sprintf("n%d %s %s", g.n, g.order(), g.number())
		is = fmt.Sprintf("%s = n%d", is, g.n)
	default:
		g.e++
		e := fmt.Sprintf("e%d", g.e)
		asked = choose(g.random, e+".N = "+g.number(), e+".S = "+g.string(), e+" != nil", e+" = d.Editor")
		if is = e + " = " + choose(g.random, "d.Owner", "d.Editor", "d.Team.Lead"); !g.helper && g.chance(50) {
			is = "find(d, " + e + ")"
			asked = choose(g.random, asked, "any("+e+", d)", "known("+e+")")
		}
	}
	return node{op: "some", text: is, of: []node{{op: choose(g.random, "and", "or"), of: []node{leaf(asked), g.condition(depth - 1)}}}}
}

func (g grammar) order() string {
	if g.plain {
		return g.equal()
	}
	return choose(g.random, "=", "=", "!=", "<", "<=", ">", ">=")
}

func (g grammar) equal() string { return choose(g.random, "=", "=", "!=") }

func (g grammar) leaf() node {
	var leaves []func() string
	add := func(when bool, weight int, f func() string) {
		for range weight {
			if when {
				leaves = append(leaves, f)
			}
		}
	}
	add(true, 4, func() string { return g.number() + " " + g.order() + " " + g.number() })
	add(true, 4, func() string { return g.string() + " " + g.equal() + " " + g.string() })
	add(g.d, 1, func() string {
		return choose(g.random, "d.A", "d.A = true", "d.B = true", "d.B != true", "d.A != d.B", "d.A = false")
	})
	add(g.d, 2, func() string { return g.string() + " in d.T" })
	add(g.d, 1, func() string { return g.number() + " in d.M" })
	add(g.d && g.u, 1, func() string { return choose(g.random, "d.Q", "d.S", "d.OwnerID") + " in u.T" })
	add(true, 1, func() string { return g.string() + ` in ["x", "y", ` + choose(g.random, "nil", `""`) + "]" })
	add(g.d, 1, func() string { return "d.N in [" + choose(g.random, "", "1", "1, 2, 3") + "]" })
	add(g.d && !g.plain, 1, func() string {
		return choose(g.random, "d.Editor matches User", "d.Team matches Team{N: 1}", "d.Q matches String", "d matches Doc{A: true}")
	})
	add(g.d && g.u, 1, func() string { return choose(g.random, "d.Owner = u", "d.Editor != u", "u in d.Team.Members") })
	add(g.d && !g.helper, 2, func() string {
		return choose(g.random, "fine(d)", "odd(d.Team)", "known(d.Owner)", "known(d.Team.Lead)", "any(d.Editor, d)", "any(d.Team.Lead, d)")
	})
	add(g.d && !g.helper && !g.plain, 1, func() string { return "same(" + g.string() + ", " + g.string() + ")" })
	add(g.d && !g.plain, 1, func() string { return g.string() + " in [" + g.string() + ", " + g.string() + "]" })
	add(g.ab, 6, func() string { return "a " + g.equal() + " b" })
	add(g.s > 1, 2, func() string { return "s1 " + g.equal() + " s2" })
	add(g.e > 1, 2, func() string { return choose(g.random, "e1 = e2", "e1 != e2", "e1.N < e2.N") })
	add(g.d && g.u && !g.helper, 2, func() string { return choose(g.random, "mine(u, d)", "led(u, d.Team)") })
	return leaf(choose(g.random, leaves...)())
}

// leaf returns a condition without others in it.
func leaf(text string) node {
	for _, h := range helpers {
		if name, _, _ := strings.Cut(h, "("); strings.HasPrefix(text, name+"(") {
			return node{op: "call", text: text}
		}
	}
	return node{text: text}
}

// number returns a number: a path to one, or a constant.
func (g grammar) number() string {
	of := []string{"1", "0", "2", "-1"}
	if g.d {
		if !g.plain {
			of = append(of, "d.E.N", "d.F.N")
		}
		of = append(of, "d.N", "d.N", "d.P", "d.P", "d.Team.N", "d.Owner.N", "d.Editor.P", "d.Team.Lead.N")
	}
	if g.u {
		of = append(of, "u.N", "u.P")
	}
	if g.t {
		of = append(of, "t.N", "t.N", "t.Lead.N")
	}
	if g.x {
		of = append(of, "x.N", "x.P", "x.Team.N")
	}
	for i := range g.n {
		of = append(of, fmt.Sprintf("n%d", i+1), fmt.Sprintf("n%d", i+1))
	}
	for i := range g.e {
		of = append(of, fmt.Sprintf("e%d.N", i+1), fmt.Sprintf("e%d.Team.N", i+1))
	}
	return choose(g.random, of...)
}

// string returns a text: a path to one, or a constant.
func (g grammar) string() string {
	of := []string{`"x"`, `"y"`, `"u1"`, `""`, "nil"}
	if g.d {
		if !g.plain {
			of = append(of, "d.E.Q", "d.F.Q")
		}
		of = append(of, "d.S", "d.Q", "d.Q", "d.OwnerID", "d.EditorID", "d.Owner.ID", "d.Owner.S", "d.Team.Q", "d.Team.LeadID", "d.ID")
	}
	if g.u {
		of = append(of, "u.ID", "u.ID", "u.S", "u.TeamID")
	}
	if g.t {
		of = append(of, "t.Q", "t.LeadID", "t.LeadID", "t.ID")
	}
	if g.x {
		of = append(of, "x.S", "x.ID", "x.TeamID")
	}
	if g.ab {
		of = append(of, "a", "b", "a", "b")
	}
	for i := range g.s {
		of = append(of, fmt.Sprintf("s%d", i+1), fmt.Sprintf("s%d", i+1))
	}
	for i := range g.e {
		of = append(of, fmt.Sprintf("e%d.S", i+1), fmt.Sprintf("e%d.ID", i+1))
	}
	return choose(g.random, of...)
}
