package filter

// rewriter changes parts of a filter. It copies what it changes and what that is in, and shares the
// rest with the input. What it does not know it leaves as it is: to refuse it is for those who give
// it a meaning. What lies beyond the limits of a filter is left as it is, too, and over says so.
type rewriter struct {
	visits
	comparison func(Comparison) (Comparison, bool) // nil: leave them
	exists     func(Exists) (Exists, bool)         // nil: leave them
	entity     func(Entity) (Entity, bool)         // nil: leave them
}

func (r *rewriter) filter(f Filter) Filter {
	f.Clauses, _ = r.clauses(f.Clauses)
	return f
}

func (r *rewriter) clauses(in []Clause) ([]Clause, bool) { return rewrite(in, r.clause) }

func (r *rewriter) clause(in *Clause) (Clause, bool) {
	if !r.enter(in) {
		return *in, false
	}
	defer r.leave()
	out := *in
	var entities, conditions bool
	if r.entity != nil && len(in.Entities) != 0 {
		out.Entities, entities = rewrite(in.Entities, func(e *Entity) (Entity, bool) { return r.entity(*e) })
	}
	out.Conditions, conditions = rewrite(in.Conditions, r.condition)
	return out, entities || conditions
}

func (r *rewriter) condition(in *Condition) (Condition, bool) {
	switch c := (*in).(type) {
	case Comparison:
		if r.comparison == nil {
			return nil, false
		}
		if out, changed := r.comparison(c); changed {
			return out, true
		}
	case Any:
		if out, changed := r.clauses(c); changed {
			return Any(out), true
		}
	case None:
		if out, changed := r.clause((*Clause)(&c)); changed {
			return None(out), true
		}
	case Surely:
		if out, changed := r.clause((*Clause)(&c)); changed {
			return Surely(out), true
		}
	case Exists:
		if r.exists == nil {
			return nil, false
		}
		if out, changed := r.exists(c); changed {
			return out, true
		}
	case Constant, Invalid:
	}
	return nil, false
}

// rewrite returns in with f applied to each element, and whether one changed; if none did, in itself.
func rewrite[T any](in []T, f func(*T) (T, bool)) ([]T, bool) {
	out := in
	changed := false
	for i := range in {
		v, ok := f(&in[i])
		if !ok {
			continue
		}
		if !changed {
			out, changed = append([]T(nil), in...), true
		}
		out[i] = v
	}
	return out, changed
}
