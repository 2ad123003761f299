package relations

import (
	"errors"
	"fmt"
	"slices"

	"github.com/mongoauthz/go-mongoauthz/filter"
)

// Bind returns the filter with the parameters in params replaced by values, which are converted and
// checked as literals are. Parameters that are not in params stay, and names that the filter does
// not use are ignored.
//
// The errors, joined, are [*filter.MalformedError], as those of [Schema.Check] for a literal.
func (f *CheckedFilter) Bind(params map[string]any) (*CheckedFilter, error) {
	if f == nil || !f.open {
		return f, nil
	}
	b := binder{schema: f.schema, params: params}
	clauses, _ := mapper(b.comparison).clauses(f.clauses)
	if err := joined(b.errs); err != nil {
		return nil, err
	}
	bound := *f
	bound.clauses, bound.open = clauses, b.open
	return &bound, nil
}

// binder puts values where parameters stand.
type binder struct {
	schema *Schema
	params map[string]any
	open   bool // a parameter stayed
	errs   []error
}

func (b *binder) comparison(in *CheckedComparison) *CheckedComparison {
	p, ok := in.Operand.(*CheckedParam)
	if !ok {
		return in
	}
	v, ok := b.params[string(p.Name)]
	if !ok {
		b.open = true
		return in
	}
	c := checker{s: b.schema, place: p.where}
	out := *in
	out.Operand = c.literal(in, v, new(CheckedValue))
	if room := maxProblems - len(b.errs); len(c.errs) > 0 && room > 0 {
		b.errs = append(b.errs, c.errs[:min(room, len(c.errs))]...)
	}
	return &out
}

// Params returns the names of the parameters that are not bound, sorted, each once.
func (f *CheckedFilter) Params() []string {
	var names []string
	f.params(func(_ *CheckedComparison, p *CheckedParam) { names = append(names, string(p.Name)) })
	slices.Sort(names)
	return slices.Compact(names)
}

// Unbound returns nil if every parameter is bound. Otherwise it returns the errors of a back end
// that was given the filter, joined: a [*filter.MalformedError] for each place of a parameter.
func (f *CheckedFilter) Unbound() error {
	var errs []error
	f.params(func(c *CheckedComparison, p *CheckedParam) {
		if len(errs) < maxProblems {
			problem := fmt.Sprintf("parameter %q is not bound: give it a value by mongoauthz.WithParameters, or Bind", string(p.Name))
			errs = append(errs, &filter.MalformedError{Where: p.where + ": " + c.name(), Problem: problem})
		}
	})
	return joined(errs)
}

func (f *CheckedFilter) params(visit func(*CheckedComparison, *CheckedParam)) {
	if f == nil || !f.open {
		return
	}
	mapper(func(c *CheckedComparison) *CheckedComparison {
		if p, ok := c.Operand.(*CheckedParam); ok {
			visit(c, p)
		}
		return c
	}).clauses(f.clauses)
}

// mapper returns another comparison for one, or the same. What holds no comparison that changed is
// shared with the input.
type mapper func(*CheckedComparison) *CheckedComparison

func (m mapper) clauses(in []CheckedClause) (out []CheckedClause, changed bool) {
	out = in
	for i := range in {
		conditions, ok := m.conditions(in[i].Conditions)
		if !ok {
			continue
		}
		if !changed {
			out, changed = slices.Clone(in), true
		}
		out[i].Conditions = conditions
	}
	return out, changed
}

func (m mapper) conditions(in []CheckedCondition) (out []CheckedCondition, changed bool) {
	out = in
	for i := range in {
		c, ok := m.condition(in[i])
		if !ok {
			continue
		}
		if !changed {
			out, changed = slices.Clone(in), true
		}
		out[i] = c
	}
	return out, changed
}

func (m mapper) condition(in CheckedCondition) (CheckedCondition, bool) {
	switch c := in.(type) {
	case *CheckedComparison:
		out := m(c)
		return out, out != c
	case CheckedAny:
		out, changed := m.clauses(c)
		return CheckedAny(out), changed
	case CheckedNone:
		out, changed := m.clause(c.CheckedClause)
		return CheckedNone{out}, changed
	case CheckedSurely:
		out, changed := m.clause(c.CheckedClause)
		return CheckedSurely{out}, changed
	case CheckedExists, CheckedConstant: // they hold no comparison
	}
	return in, false
}

func (m mapper) clause(in *CheckedClause) (*CheckedClause, bool) {
	conditions, changed := m.conditions(in.Conditions)
	if !changed {
		return in, false
	}
	return &CheckedClause{Label: in.Label, Entities: in.Entities, Conditions: conditions}, true
}

// joined returns one error as it is, and several joined.
func joined(errs []error) error {
	if len(errs) == 1 {
		return errs[0]
	}
	return errors.Join(errs...)
}
