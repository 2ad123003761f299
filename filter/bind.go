package filter

import "slices"

// Bind returns f with the parameters in params replaced by literals. Parameters that are not in
// params stay, and names in params that f does not use are ignored. Values are taken as they are
// (see [Value]); they are checked with the filter.
//
// The errors are a [*MalformedError] for a condition or an operand of this package as a parameter's
// value, since values are data, and a [*LimitError] for a filter beyond [MaxDepth] or
// [MaxConditions].
func (f Filter) Bind(params map[string]any) (Filter, error) {
	var err error
	r := rewriter{comparison: func(c Comparison) (Comparison, bool) {
		p, ok := c.Operand.(Param)
		if !ok {
			return c, false
		}
		v, ok := params[string(p)]
		if !ok {
			return c, false
		}
		switch v.(type) {
		case Operand, Condition:
			err = malformed("parameter "+string(p), "a condition or operand is no value")
			return c, false
		}
		c.Operand = Literal{Value: v}
		return c, true
	}}
	bound := r.filter(f)
	if err == nil {
		err = r.over
	}
	if err != nil {
		return Filter{}, err
	}
	return bound, nil
}

// Params returns the names of the parameters of f that are not bound, sorted, each once. Those
// beyond [MaxDepth] and [MaxConditions] are left out: such a filter is refused wherever it is used.
func (f Filter) Params() []string {
	var names []string
	r := rewriter{comparison: func(c Comparison) (Comparison, bool) {
		if p, ok := c.Operand.(Param); ok {
			names = append(names, string(p))
		}
		return c, false
	}}
	r.filter(f)
	slices.Sort(names)
	return slices.Compact(names)
}
