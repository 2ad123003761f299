package relations

import (
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/filter"
)

// Normalize returns a filter that authorizes the same documents, in fewer and simpler words: Ne
// and Nin become Eq and In with Not, double negations go, as do clauses and conditions that
// constants decide (a comparison with null, In with no values), those that are there twice, clauses
// implied by a weaker one (whose conditions, up to the names of entities, are among theirs), and an
// Any or a None that only wraps one clause. A filter that constants make true allows everything. A
// dropped clause's label is lost. What is left keeps the written order, and every entity its facts.
//
// Parameters stay, and count as values not known. Whether conditions contradict each other is not
// asked.
//
// The error is a [*filter.LimitError] if the filter has more than limit conditions, counted in all
// its clauses (where a clause counts for as many as it has entities if these are more, and for one
// at least; a limit of 0 or less is [filter.DefaultLimit], and [filter.MaxConditions] holds
// besides).
func (f *CheckedFilter) Normalize(limit int) (*CheckedFilter, error) {
	if limit <= 0 {
		limit = filter.DefaultLimit
	}
	if err := f.within(limit); err != nil || f == nil {
		return nil, err
	}
	out := *f
	out.rewritten = true
	if f.allowAll {
		return &out, nil
	}
	n := normalizer{steps: 1 << 22}
	var v verdict
	out.clauses, v = n.alternatives(f.clauses, true)
	out.allowAll = v == holds
	return &out, nil
}

// within returns an error if the filter has more conditions than limit.
func (f *CheckedFilter) within(limit int) error {
	if f == nil {
		return nil
	}
	limit = min(limit, filter.MaxConditions)
	left := limit
	var count func(c *CheckedClause) bool
	count = func(c *CheckedClause) bool {
		if left -= max(1, len(c.Entities), len(c.Conditions)); left < 0 {
			return false
		}
		for _, condition := range c.Conditions {
			for inner := range Nested(condition) {
				if !count(inner) {
					return false
				}
			}
		}
		return true
	}
	for i := range f.clauses {
		if !count(&f.clauses[i]) {
			return &filter.LimitError{What: "conditions", Limit: limit}
		}
	}
	return nil
}

// verdict is what is known of a condition or clause before there is a document.
type verdict uint8

const (
	open  verdict = iota
	holds         // it may be taken for true
	fails         // it may be taken for false
)

// normalizer rewrites clauses. Since the connectives are monotone but for None, which swaps true
// and false, only one question is ever asked of a place in a filter: outside of None (and inside
// two of them) whether it is surely true, inside one whether it is surely false. That is what truth
// says. Where it is set, what can never be true may be taken for false; elsewhere, what can never
// be false for true.
type normalizer struct {
	steps int // left for telling which entity corresponds to which
}

// alternatives normalises an OR of clauses. There are none unless the verdict is open.
func (n *normalizer) alternatives(in []CheckedClause, truth bool) ([]CheckedClause, verdict) {
	out := make([]CheckedClause, 0, len(in))
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
func onlyAny(c *CheckedClause) (CheckedAny, bool) {
	if len(c.Entities) != 0 || len(c.Conditions) != 1 {
		return nil, false
	}
	a, ok := c.Conditions[0].(CheckedAny)
	return a, ok
}

func (n *normalizer) clause(in *CheckedClause, truth bool) (CheckedClause, verdict) {
	out := CheckedClause{Label: in.Label, Entities: in.Entities, Conditions: make([]CheckedCondition, 0, len(in.Conditions))}
	for _, condition := range in.Conditions {
		var v verdict
		if out.Conditions, v = n.condition(out.Conditions, condition, truth); v == fails {
			return CheckedClause{}, fails
		}
	}
	if len(out.Conditions) == 0 {
		if len(out.Entities) == 0 {
			return out, holds
		}
		out.Conditions = append(out.Conditions, CheckedConstant(filter.True)) // what is left is that the entities exist
	}
	out.Conditions = distinct(out.Conditions)
	return out, open
}

// condition appends what is left of a condition to a clause's conditions; nothing if it holds.
func (n *normalizer) condition(to []CheckedCondition, in CheckedCondition, truth bool) ([]CheckedCondition, verdict) {
	switch c := in.(type) {
	case *CheckedComparison:
		neverTrue, neverFalse := c.constant()
		switch {
		case truth && neverTrue:
			return to, fails
		case !truth && neverFalse:
			return to, holds
		}
		return append(to, c.canonical()), open
	case CheckedAny:
		alternatives, v := n.alternatives(c, truth)
		switch {
		case v != open:
			return to, v
		case len(alternatives) == 1 && len(alternatives[0].Entities) == 0:
			return append(to, alternatives[0].Conditions...), open
		}
		return append(to, CheckedAny(alternatives)), open
	case CheckedNone:
		inner, v := n.clause(c.CheckedClause, !truth)
		switch v {
		case holds:
			return to, fails
		case fails:
			return to, holds
		}
		return appendNone(to, &inner), open
	case CheckedConstant:
		switch {
		case c == CheckedConstant(filter.True), c == CheckedConstant(filter.Unknown) && !truth:
			return to, holds
		default:
			return to, fails
		}
	case CheckedSurely: // whatever is asked of it, its clause is asked whether it is surely true
		inner, v := n.clause(c.CheckedClause, true)
		if v != open {
			return to, v
		}
		return append(to, CheckedSurely{&inner}), open
	case CheckedExists:
	}
	return append(to, in), open
}

// appendNone appends the negation of a normalised clause. Each of its forms is exact in three
// values.
func appendNone(to []CheckedCondition, c *CheckedClause) []CheckedCondition {
	if len(c.Entities) != 0 || len(c.Conditions) != 1 {
		return append(to, CheckedNone{c})
	}
	switch inner := c.Conditions[0].(type) {
	case *CheckedComparison:
		negated := *inner
		switch inner.Op {
		case filter.IsNull:
			negated.Op = filter.IsSet
		case filter.IsSet:
			negated.Op = filter.IsNull
		default:
			negated.Not = !inner.Not
		}
		return append(to, &negated)
	case CheckedAny:
		for i := range inner {
			to = appendNone(to, &inner[i])
		}
		return to
	case CheckedNone:
		if len(inner.Entities) == 0 {
			return append(to, inner.Conditions...)
		}
		return append(to, CheckedAny{*inner.CheckedClause})
	case CheckedExists, CheckedConstant, CheckedSurely:
	}
	return append(to, CheckedNone{c})
}

// canonical returns a comparison with its operator in its one form.
func (c *CheckedComparison) canonical() *CheckedComparison {
	var op filter.Operator
	switch {
	case c.Op == filter.Ne:
		op = filter.Eq
	case c.Op == filter.Nin:
		op = filter.In
	case c.Op == filter.IsNull && c.Not:
		op = filter.IsSet
	case c.Op == filter.IsSet && c.Not:
		op = filter.IsNull
	default:
		return c
	}
	out := *c
	out.Op, out.Not = op, !c.Not
	return &out
}

// constant says what a comparison can never be, whatever the document.
func (c *CheckedComparison) constant() (neverTrue, neverFalse bool) {
	switch o := c.Operand.(type) {
	case *CheckedValue:
		neverTrue = o.Value.Type == bson.TypeNull
		neverFalse = neverTrue
	case *CheckedList:
		nulls := 0
		for i := range o.Values {
			if o.Values[i].Type == bson.TypeNull {
				nulls++
			}
		}
		// A null adds an unknown to the OR of In and to the AND of SubsetOf. SubsetOf is true for
		// an empty list, whatever the values.
		neverTrue, neverFalse = c.Op != filter.SubsetOf && nulls == len(o.Values), nulls > 0
	case *CheckedField, *CheckedParam: // nothing is known
	}
	if c.Not != (c.Op == filter.Nin) {
		neverTrue, neverFalse = neverFalse, neverTrue
	}
	return neverTrue, neverFalse
}
