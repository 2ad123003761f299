package differential_test

import (
	"fmt"
	"regexp"
	"strings"
)

// policy is a random policy: rules that allow, and those that they call.
type policy struct {
	allow   []string
	helpers []string
}

func (p policy) String() string { return strings.Join(append(p.allow, p.helpers...), "\n") }

// alone returns the policy with one of the rules that allow.
func (p policy) alone(i int) policy { return policy{p.allow[i : i+1], p.helpers} }

// helpers are rules that conditions call, with the parameters they take.
var helpers = []string{"mine(u: User, d: Doc)", "fine(d: Doc)", "led(u: User, t: Team)", "odd(t: Team)", "known(x: User)"}

func (r random) policy(plain bool) policy {
	var p policy
	for _, h := range helpers {
		for range 1 + r.IntN(2) {
			p.helpers = append(p.helpers, rule(h, grammar{random: r, d: strings.Contains(h, "d:"), u: strings.Contains(h, "u:"), t: strings.Contains(h, "t:"),
				x: strings.Contains(h, "x:"), helper: true, plain: plain}.condition(1)))
		}
	}
	for range 1 + r.IntN(3) {
		g := grammar{random: r, d: true, u: true, plain: plain}
		p.allow = append(p.allow, rule(choose(r, `allow(u: User, "read", d: Doc)`, `allow(u: User, "read", d: Doc)`, `allow(u, "read", d: Doc)`, `allow(u: User, "read", d: Doc{A: true})`),
			g.condition(2+r.IntN(2))))
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
	i, l       int  // items and lines
	helper     bool // in a helper, which calls none
	negated    bool
	plain      bool // only what Oso's own filter can keep
}

func (g grammar) condition(depth int) string {
	if depth > 0 {
		switch n := g.IntN(100); {
		case n < 25:
			return "(" + g.condition(depth-1) + " and " + g.condition(depth-1) + ")"
		case n < 42:
			return "(" + g.condition(depth-1) + " or " + g.condition(depth-1) + ")"
		case n < 54 && !g.plain:
			g.negated = true
			return "not (" + g.condition(depth-1) + ")"
		case n < 68 && g.d && (!g.negated || g.chance(10)):
			return g.element(depth)
		}
	}
	return g.leaf()
}

// element asks something of an element of a to-many relation, or of an embedded list.
func (g grammar) element(depth int) string {
	if g.plain || g.chance(50) {
		g.i++
		return fmt.Sprintf("(i%d in d.Items and %s)", g.i, g.of(fmt.Sprintf("i%d", g.i), depth))
	}
	g.l++
	return fmt.Sprintf("(l%d in d.L and %s)", g.l, g.of(fmt.Sprintf("l%d", g.l), depth))
}

func (g grammar) of(v string, depth int) string {
	own := choose(g.random, v+".N "+g.order()+" "+g.number(), v+".Q "+g.equal()+" "+g.string(), v+".UserID = "+g.string(), v+".User.N "+g.order()+" "+g.number())
	if g.chance(50) {
		return own
	}
	return own + " and " + g.condition(depth-1)
}

func (g grammar) order() string {
	if g.plain {
		return g.equal()
	}
	return choose(g.random, "=", "=", "!=", "<", "<=", ">", ">=")
}

func (g grammar) equal() string { return choose(g.random, "=", "=", "!=") }

func (g grammar) leaf() string {
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
		return choose(g.random, "fine(d)", "odd(d.Team)", "known(d.Owner)", "known(d.Team.Lead)")
	})
	add(g.d && g.u && !g.helper, 2, func() string { return choose(g.random, "mine(u, d)", "led(u, d.Team)") })
	return choose(g.random, leaves...)()
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
	return choose(g.random, of...)
}
