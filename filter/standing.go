package filter

import (
	"slices"
	"strings"
)

// Decide returns f with the [Standing] of every entity that has none yet, decided from f as it is
// written. What is decided stays, so that deciding a filter again, or one that was rewritten since,
// changes nothing. What lies beyond [MaxDepth] and [MaxConditions] stays undecided: such a filter
// is refused wherever it is used.
//
// An entity's Field is the one field that all comparisons with the entity compare, those in clauses
// nested in its own included, provided that there is a comparison, the entity is reached along
// exactly one path, none of the comparisons is IsNull or IsSet or has a field on both sides, and no
// entity is reached from it. Otherwise it is "". Exists says whether [Exists] is asked of it, under
// the same provisions, but that there need not be a comparison.
func (f Filter) Decide() Filter {
	r := rewriter{entity: func(e Entity, declaredIn *Clause) (Entity, bool) {
		if e.Standing.Decided {
			return e, false
		}
		e.Standing = standing(e, declaredIn)
		return e, true
	}}
	return r.filter(f)
}

func standing(e Entity, declaredIn *Clause) Standing {
	if len(e.Paths) != 1 || e.Name == "" {
		return Standing{Decided: true}
	}
	a := asked{of: e.Name}
	a.clause(declaredIn, false)
	if a.joined {
		a.field, a.Standing.Exists = "", false
	}
	a.Standing.Decided, a.Standing.Field = true, a.field
	return a.Standing
}

// asked gathers what a clause asks of the entity of that name.
type asked struct {
	Standing
	of     string
	field  string // the field compared
	joined bool   // it does not stand for that field
	seen   visits
}

func (a *asked) clause(c *Clause, nested bool) {
	if !a.seen.enter(c) {
		a.joined = true
		return
	}
	defer a.seen.leave()
	for i := range c.Entities {
		for _, p := range c.Entities[i].Paths {
			if p.From == a.of {
				a.joined = true
				if nested {
					a.Followed = add(a.Followed, p.Relation)
				}
			}
		}
	}
	for _, condition := range c.Conditions {
		switch condition := condition.(type) {
		case Comparison:
			a.comparison(&condition, nested)
		case Exists:
			a.Standing.Exists = a.Standing.Exists || condition.Entity == a.of
		case Constant:
		case Any, None, Surely:
			inner := Nested(condition)
			for i := range inner {
				a.clause(&inner[i], true)
			}
		default:
			a.joined = true // whatever it is, it may ask anything
		}
	}
}

func (a *asked) comparison(c *Comparison, nested bool) {
	other, twoFields := c.Operand.(Field)
	if c.Field.Entity == a.of {
		a.joined = a.joined || twoFields || c.Op.Unary() || a.field != "" && a.field != c.Field.Path
		a.field = c.Field.Path
		a.compared(c.Field.Path, c.Op, nested)
	}
	if twoFields && other.Entity == a.of {
		a.joined = true
		a.compared(other.Path, c.Op, nested)
	}
}

// compared notes a comparison with one of the entity's own fields, made in a nested clause: a rewriting may move it away from the entity.
func (a *asked) compared(path string, op Operator, nested bool) {
	switch {
	case !nested:
	case op.Unary(): // of a dotted field too: it is missing where its parent is
		a.Null = true
	case strings.Contains(path, "."):
	default:
		a.Compared = add(a.Compared, path)
	}
}

func add(names []string, name string) []string {
	if slices.Contains(names, name) {
		return names
	}
	return append(names, name)
}

// equal reports whether two entities of these standings are answered alike.
func (s *Standing) equal(t *Standing) bool {
	return s.Decided == t.Decided && s.Field == t.Field && s.Exists == t.Exists && s.Null == t.Null &&
		slices.Equal(s.Compared, t.Compared) && slices.Equal(s.Followed, t.Followed)
}
