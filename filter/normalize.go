package filter

// DefaultLimit is the limit of [Filter.Normalize] and [Filter.Expand] where none is given.
const DefaultLimit = 10_000

// Normalize returns a filter that authorizes the same documents, in fewer and simpler words: Neq
// and Nin become Eq and In with Not, double negations go, as do clauses and conditions that
// constants decide (a comparison with null, In with no values), those that are there twice, clauses
// implied by a weaker one (whose conditions, up to the names of entities, are among theirs), and an
// Any or a None that only wraps one clause. A filter that constants make true is returned as
// [Allow]. A dropped clause's label is lost. What is left keeps the written order, and [Standing]
// is decided first.
//
// Parameters stay, and count as values not known. An operand that is no value is left for others to refuse. Whether conditions
// contradict each other is not asked.
//
// The errors are a [*LimitError] if the filter has more than limit conditions, counted in all its
// clauses (where a clause counts for as many as it has entities if these are more, and for one at
// least; a limit of 0 or less is [DefaultLimit], and [MaxConditions] holds besides), or is nested
// deeper than [MaxDepth], and a [*MalformedError] for a condition or an operand that is none.
func (f Filter) Normalize(limit int) (Filter, error) {
	if limit <= 0 {
		limit = DefaultLimit
	}
	if err := f.wellFormed(limit); err != nil {
		return Filter{}, err
	}
	if f.AllowAll {
		return f, nil
	}
	n := normalizer{steps: 1 << 22}
	clauses, v := n.alternatives(f.Decide().Clauses, true)
	switch v {
	case holds:
		return Allow(f.Resource), nil
	case fails:
		return Deny(f.Resource), nil
	}
	return Filter{Resource: f.Resource, Clauses: clauses}, nil
}

// verdict is what is known of a condition or clause before there is a document.
type verdict uint8

const (
	open  verdict = iota
	holds         // it may be taken for true
	fails         // it may be taken for false
)

// normalizer rewrites clauses. Since the connectives are monotone but for None, which swaps true and false, only one question is ever asked of
// a place in a filter: outside of None (and inside two of them) whether it is surely true, inside one whether it is surely false.
// That is what truth says. Where it is set, what can never be true may be taken for false; elsewhere, what can never be false for true.
type normalizer struct {
	steps int // left for telling which entity corresponds to which
}

// alternatives normalises an OR of clauses. There are none unless the verdict is open.
func (n *normalizer) alternatives(in []Clause, truth bool) ([]Clause, verdict) {
	out := make([]Clause, 0, len(in))
	for i := range in {
		c, v := n.clause(&in[i], truth)
		switch v {
		case fails:
			continue
		case holds:
			return nil, holds
		}
		if inner, ok := onlyAny(&c); ok {
			for _, alternative := range inner {
				if alternative.Label == "" {
					alternative.Label = c.Label
				}
				out = append(out, alternative)
			}
			continue
		}
		out = append(out, c)
	}
	if len(out) == 0 {
		return nil, fails
	}
	return n.withoutImplied(out), open
}

// onlyAny returns the Any that is all there is to a clause.
func onlyAny(c *Clause) (Any, bool) {
	if len(c.Entities) != 0 || len(c.Conditions) != 1 {
		return nil, false
	}
	a, ok := c.Conditions[0].(Any)
	return a, ok
}

func (n *normalizer) clause(in *Clause, truth bool) (Clause, verdict) {
	out := Clause{Label: in.Label, Entities: in.Entities, Conditions: make([]Condition, 0, len(in.Conditions))}
	for _, condition := range in.Conditions {
		var v verdict
		if out.Conditions, v = n.condition(out.Conditions, condition, truth); v == fails {
			return Clause{}, fails
		}
	}
	if len(out.Conditions) == 0 {
		if len(out.Entities) == 0 {
			return out, holds
		}
		out.Conditions = append(out.Conditions, True) // what is left is that the entities exist
	}
	out.Conditions = distinct(out.Conditions)
	return out, open
}

// condition appends what is left of a condition to a clause's conditions; nothing if it holds.
func (n *normalizer) condition(to []Condition, in Condition, truth bool) ([]Condition, verdict) {
	switch c := in.(type) {
	case Comparison:
		neverTrue, neverFalse := constant(&c)
		switch {
		case truth && neverTrue:
			return to, fails
		case !truth && neverFalse:
			return to, holds
		case canonical(&c):
			return append(to, in), open
		}
		return append(to, c), open
	case Any:
		alternatives, v := n.alternatives(c, truth)
		switch {
		case v != open:
			return to, v
		case len(alternatives) == 1 && len(alternatives[0].Entities) == 0:
			return append(to, alternatives[0].Conditions...), open
		}
		return append(to, Any(alternatives)), open
	case None:
		inner, v := n.clause((*Clause)(&c), !truth)
		switch v {
		case holds:
			return to, fails
		case fails:
			return to, holds
		}
		return appendNone(to, inner), open
	case Constant:
		switch {
		case c == True, c == Unknown && !truth:
			return to, holds
		default:
			return to, fails
		}
	case Surely: // whatever is asked of it, its clause is asked whether it is surely true
		inner, v := n.clause((*Clause)(&c), true)
		if v != open {
			return to, v
		}
		return append(to, Surely(inner)), open
	}
	return append(to, in), open // Exists; wellFormed refuses all others
}

// appendNone appends the negation of a normalised clause. Each of its forms is exact in three values.
func appendNone(to []Condition, c Clause) []Condition {
	if len(c.Entities) != 0 || len(c.Conditions) != 1 {
		return append(to, None(c))
	}
	switch inner := c.Conditions[0].(type) {
	case Comparison:
		switch inner.Op {
		case IsNull:
			inner.Op = IsSet
		case IsSet:
			inner.Op = IsNull
		default:
			inner.Not = !inner.Not
		}
		return append(to, inner)
	case Any:
		for _, alternative := range inner {
			to = appendNone(to, alternative)
		}
		return to
	case None:
		if len(inner.Entities) == 0 {
			return append(to, inner.Conditions...)
		}
		return append(to, Any{Clause(inner)})
	}
	return append(to, None(c))
}

// canonical brings the operator of a comparison into its one form, and reports whether it was in it.
func canonical(c *Comparison) bool {
	switch {
	case c.Op == Neq:
		c.Op, c.Not = Eq, !c.Not
	case c.Op == Nin:
		c.Op, c.Not = In, !c.Not
	case c.Op == IsNull && c.Not:
		c.Op, c.Not = IsSet, false
	case c.Op == IsSet && c.Not:
		c.Op, c.Not = IsNull, false
	default:
		return true
	}
	return false
}
