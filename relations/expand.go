package relations

import (
	"slices"

	"github.com/mongoauthz/go-mongoauthz/filter"
)

// Expand returns the flat disjunctive normal form of f: a filter that authorizes the same
// documents, in whose clauses no [CheckedAny] is left outside of None and Surely. A clause with an
// Any becomes one clause for each of its alternatives, whose entities become the clause's and whose
// label it takes unless it has its own. Two entities of a clause may then have one name; they stay
// two. A None or Surely is a condition like a comparison, and stays as it is, and so do the facts
// of entities.
//
// The error is a [*filter.LimitError] if this gives more than limit clauses (a limit of 0 or less
// is [filter.DefaultLimit]) or a million conditions, or if f itself has more conditions than limit
// and [filter.DefaultLimit].
func (f *CheckedFilter) Expand(limit int) (*CheckedFilter, error) {
	if limit <= 0 {
		limit = filter.DefaultLimit
	}
	if err := f.within(max(limit, filter.DefaultLimit)); err != nil || f == nil {
		return nil, err
	}
	x := expander{limit: limit, left: maxExpanded}
	var clauses []CheckedClause
	for i := range f.clauses {
		flat, err := x.clause(&f.clauses[i])
		if err == nil && len(clauses)+len(flat) > limit {
			err = x.tooMany()
		}
		if err != nil {
			return nil, err
		}
		clauses = append(clauses, flat...)
	}
	out := *f
	out.rewritten, out.clauses = true, clauses
	return &out, nil
}

// maxExpanded bounds the conditions copied: clauses that share a long list of them are few, but
// large.
const maxExpanded = 1_000_000

type expander struct {
	limit int
	left  int // conditions that may still be copied
}

// copies counts conditions copied.
func (x *expander) copies(n int) error {
	if x.left -= n; x.left < 0 {
		return &filter.LimitError{What: "conditions", Limit: maxExpanded}
	}
	return nil
}

func (x *expander) tooMany() error { return &filter.LimitError{What: "clauses", Limit: x.limit} }

// clause returns the clauses that c becomes.
func (x *expander) clause(c *CheckedClause) ([]CheckedClause, error) {
	flat := []CheckedClause{{Label: c.Label, Entities: slices.Clip(c.Entities)}}
	for _, condition := range c.Conditions {
		a, ok := condition.(CheckedAny)
		if !ok {
			if err := x.copies(len(flat)); err != nil {
				return nil, err
			}
			for i := range flat {
				flat[i].Conditions = append(flat[i].Conditions, condition)
			}
			continue
		}
		alternatives, err := x.alternatives(a)
		if err != nil {
			return nil, err
		}
		if len(flat)*len(alternatives) > x.limit {
			return nil, x.tooMany()
		}
		product := make([]CheckedClause, 0, len(flat)*len(alternatives))
		for i := range flat {
			for k := range alternatives {
				if err := x.copies(len(flat[i].Conditions) + len(alternatives[k].Conditions)); err != nil {
					return nil, err
				}
				product = append(product, join(&flat[i], &alternatives[k]))
			}
		}
		flat = product
	}
	return flat, nil
}

// alternatives returns the clauses that those of an Any become.
func (x *expander) alternatives(a CheckedAny) ([]CheckedClause, error) {
	var out []CheckedClause
	for i := range a {
		flat, err := x.clause(&a[i])
		if err != nil {
			return nil, err
		}
		if out = append(out, flat...); len(out) > x.limit {
			return nil, x.tooMany()
		}
	}
	return out, nil
}

// join returns the AND of two flat clauses.
func join(a, b *CheckedClause) CheckedClause {
	label := a.Label
	if label == "" {
		label = b.Label
	}
	return CheckedClause{
		Label:      label,
		Entities:   slices.Concat(a.Entities, b.Entities),
		Conditions: slices.Concat(a.Conditions, b.Conditions),
	}
}
