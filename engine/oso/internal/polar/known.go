package polar

// Known says which expressions have a value before the document is looked at: what the actor has, and constants.
type Known struct{ places map[Place]bool }

// NewKnown finds what is known in the rules: the parameters that nobody hands anything of the document.
func NewKnown(rules []Rule) Known {
	k := Known{map[Place]bool{}}
	for i := range rules {
		for at := range rules[i].Params {
			k.places[Place{rules[i].Head(), at}] = true
		}
	}
	k.places[Place{Head{"allow", 3}, 2}], k.places[Place{Head{"allow_field", 4}, 2}] = false, false
	for changed := true; changed; {
		changed = false
		for i := range rules {
			for _, c := range calls(rules[i].Body) {
				for at, a := range c.Args {
					if to := (Place{Head{c.Name, len(c.Args)}, at}); k.places[to] && !k.Is(&rules[i], a) {
						k.places[to], changed = false, true
					}
				}
			}
		}
	}
	return k
}

// Is reports whether an expression in a rule is known.
func (k Known) Is(r *Rule, e *Expr) bool { return k.is(r, e, 0) }

func (k Known) is(r *Rule, e *Expr, depth int) bool {
	switch e.Op {
	case Variable:
		if e.Name == "_" { // another one each time
			return false
		}
		for at, p := range r.Params {
			if p.Value.Op == Variable && p.Value.Name == e.Name {
				return k.places[Place{r.Head(), at}]
			}
		}
		by := binding(r.Body, e.Name)
		for _, f := range fieldsOf(r) { // which come first
			if countIn(f)[e.Name] > 0 {
				if by = nil; f.Args[1].Op == Variable && f.Args[1].Name == e.Name {
					by = f.Args[0]
				}
				break
			}
		}
		return by != nil && depth < 8 && k.is(r, by, depth+1)
	case Call, "forall":
		return false
	}
	for _, a := range e.Args {
		if !k.is(r, a, depth) {
			return false
		}
	}
	return true
}

// binding returns what a variable is first said to be, or to be in; nil if that is not the first that is said of it.
func binding(e *Expr, v string) *Expr {
	if e == nil || countIn(e)[v] == 0 {
		return nil
	}
	if (e.Op == "in" || e.Op == "=" || e.Op == ":=") && e.Args[0].Op == Variable && e.Args[0].Name == v {
		return e.Args[1]
	}
	if e.Op != "and" {
		return nil
	}
	if countIn(e.Args[0])[v] > 0 {
		return binding(e.Args[0], v)
	}
	return binding(e.Args[1], v)
}

// Negations returns how many negations of what is not known a derivation of allow may run, at most, but for those of which nothing is known
// that is wrong with them. Oso repeats under a negation what stands before it, and negates that, too: two or three of them in a row can exhaust
// its stack, which ends the process.
func Negations(rules []Rule) int {
	n := negationCounter{k: NewKnown(rules), rules: map[Head][]*Rule{}, counted: map[*Rule]int{}}
	for i := range rules {
		n.rules[rules[i].Head()] = append(n.rules[rules[i].Head()], &rules[i])
	}
	most := 0
	for _, head := range []Head{{"allow", 3}, {"allow_field", 4}} {
		for _, r := range n.rules[head] {
			most = max(most, n.rule(r))
		}
	}
	if most > 0 && n.circular {
		return tooMany
	}
	return most
}

type negationCounter struct {
	k        Known
	rules    map[Head][]*Rule
	counted  map[*Rule]int // -1 while it is counted
	circular bool          // rules call one another
}

// tooMany is a count beyond every limit.
const tooMany = 1 << 10

func (n *negationCounter) rule(r *Rule) int {
	switch c, ok := n.counted[r]; {
	case ok && c < 0:
		n.circular = true
		return 0
	case ok:
		return c
	}
	n.counted[r] = -1
	n.counted[r] = n.count(r, r.Body)
	return n.counted[r]
}

func (n *negationCounter) count(r *Rule, e *Expr) int {
	if e == nil {
		return 0
	}
	switch e.Op {
	case "and":
		return min(tooMany, n.count(r, e.Args[0])+n.count(r, e.Args[1]))
	case "or":
		return max(n.count(r, e.Args[0]), n.count(r, e.Args[1]))
	case "not", "forall":
		if n.k.Is(r, e) || e.Op == "not" && n.narrow(r, e.Args[0]) {
			return 0
		}
		inner := 1
		for _, a := range e.Args {
			inner += n.count(r, a)
		}
		return min(tooMany, inner)
	case Call:
		most := 0
		for _, c := range n.rules[Head{e.Name, len(e.Args)}] {
			most = max(most, n.rule(c))
		}
		return most
	}
	return 0
}

// narrow reports whether a negation adds one condition and repeats nothing: that a list of the document does not hold a value.
func (n *negationCounter) narrow(r *Rule, e *Expr) bool {
	return e.Op == "in" && e.Args[1].Op == Dot && !n.k.Is(r, e.Args[1]) && (e.Args[0].Op != Variable || n.k.Is(r, e.Args[0])) ||
		e.Op == "matches" && n.k.Is(r, e.Args[1])
}
