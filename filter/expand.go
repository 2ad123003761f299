package filter

import "slices"

// Expand returns the flat disjunctive normal form of f: a filter that authorizes the same
// documents, in whose clauses no [Any] is left outside of [None] and [Surely]. A clause with an Any
// becomes one clause for each of its alternatives, whose entities become the clause's (under
// another name where theirs is taken) and whose label it takes unless it has its own. A None or
// Surely is a condition like a comparison, and stays as it is. [Standing] is decided first.
//
// The errors are a [*LimitError] if this gives more than limit clauses (a limit of 0 or less is
// [DefaultLimit]) or a million conditions, if f itself has more conditions than limit and
// DefaultLimit, or is nested deeper than [MaxDepth]; and a [*MalformedError] for a condition or an
// operand that is none, and for an entity that is asked where it is not declared.
func (f Filter) Expand(limit int) (Filter, error) {
	if limit <= 0 {
		limit = DefaultLimit
	}
	if err := f.wellFormed(max(limit, DefaultLimit)); err != nil {
		return Filter{}, err
	}
	if name, found := stray(f.Clauses, []string{""}); found { // an alternative may declare one of that name
		return Filter{}, malformed("", "unknown entity "+word(name)+": declare it in the clause, or in one around it")
	}
	f = f.Decide()
	x := expander{limit: limit, left: maxExpanded}
	var out []Clause
	for i := range f.Clauses {
		x.names = declared(nil, &f.Clauses[i])
		flat, err := x.clause(&f.Clauses[i])
		if err == nil && len(out)+len(flat) > limit {
			err = x.tooMany()
		}
		if err != nil {
			return Filter{}, err
		}
		out = append(out, flat...)
	}
	return Filter{Resource: f.Resource, AllowAll: f.AllowAll, Clauses: out}, nil
}

// maxExpanded bounds the conditions copied: clauses that share a long list of them are few, but large.
const maxExpanded = 1_000_000

type expander struct {
	limit int
	left  int      // conditions that may still be copied
	names []string // of all entities declared in the clause of the filter that is being expanded
}

// copies counts conditions copied.
func (x *expander) copies(n int) error {
	if x.left -= n; x.left < 0 {
		return &LimitError{What: "conditions", Limit: maxExpanded}
	}
	return nil
}

func (x *expander) tooMany() error { return &LimitError{What: "clauses", Limit: x.limit} }

// clause returns the clauses that c becomes.
func (x *expander) clause(c *Clause) ([]Clause, error) {
	flat := []Clause{{Label: c.Label, Entities: slices.Clip(c.Entities)}}
	for i, condition := range c.Conditions {
		a, ok := condition.(Any)
		if !ok {
			if err := x.copies(len(flat)); err != nil {
				return nil, err
			}
			for i := range flat {
				flat[i].Conditions = append(flat[i].Conditions, condition)
			}
			continue
		}
		var alternatives []Clause
		for i := range a {
			inner, err := x.clause(&a[i])
			if err != nil {
				return nil, err
			}
			if alternatives = append(alternatives, inner...); len(alternatives) > x.limit {
				return nil, x.tooMany()
			}
		}
		if len(flat)*len(alternatives) > x.limit {
			return nil, x.tooMany()
		}
		product := make([]Clause, 0, len(flat)*len(alternatives))
		for _, left := range flat {
			for _, right := range alternatives {
				if err := x.copies(len(left.Conditions) + len(right.Conditions)); err != nil {
					return nil, err
				}
				product = append(product, x.join(left, right, c.Conditions[i+1:]))
			}
		}
		flat = product
	}
	return flat, nil
}

// join returns the AND of two flat clauses, to which other conditions will be added. The entities of b are renamed where their names are taken.
func (x *expander) join(a, b Clause, others []Condition) Clause {
	if len(b.Entities) != 0 || len(a.Entities) != 0 {
		b = x.rename(b, a, others)
	}
	label := a.Label
	if label == "" {
		label = b.Label
	}
	return Clause{label, slices.Concat(a.Entities, b.Entities), slices.Concat(a.Conditions, b.Conditions)}
}

// rename returns b with new names for the entities that may not be called as they are once b is part of a: those that become
// entities of a, if a or a None in it or in the other conditions declares the name; those declared in its own Nones, if a has an
// entity of that name.
func (x *expander) rename(b, a Clause, others []Condition) Clause {
	taken := declared(nil, &a)
	for _, c := range others {
		if _, isAny := c.(Any); !isAny {
			taken = declaredIn(taken, c)
		}
	}
	inNones := declared(nil, &Clause{Conditions: b.Conditions})
	names := map[string]string{}
	rename := func(name string) {
		if _, done := names[name]; done {
			return
		}
		for i := 2; ; i++ {
			n := name + itoa(i)
			if !slices.Contains(x.names, n) && !slices.Contains(taken, n) && !slices.Contains(inNones, n) && !has(b.Entities, n) {
				names[name], taken = n, append(taken, n)
				return
			}
		}
	}
	for _, e := range b.Entities {
		if slices.Contains(taken, e.Name) {
			rename(e.Name)
		}
	}
	for _, name := range inNones {
		if has(a.Entities, name) {
			rename(name)
		}
	}
	if len(names) == 0 {
		return b
	}
	change := func(name *string) bool {
		n, ok := names[*name]
		if ok {
			*name = n
		}
		return ok
	}
	r := rewriter{
		entity: func(e Entity, _ *Clause) (Entity, bool) {
			changed := change(&e.Name)
			paths, moved := rewrite(e.Paths, func(in *Path) (Path, bool) {
				p := *in
				moved := change(&p.From)
				return p, moved
			})
			e.Paths = paths
			return e, changed || moved
		},
		comparison: func(c Comparison) (Comparison, bool) {
			changed := change(&c.Field.Entity)
			if f, ok := c.Operand.(Field); ok && change(&f.Entity) {
				c.Operand, changed = f, true
			}
			return c, changed
		},
		exists: func(e Exists) (Exists, bool) {
			changed := change(&e.Entity)
			return e, changed
		},
	}
	out, _ := r.clause(&b)
	return out
}

func has(entities []Entity, name string) bool {
	return slices.ContainsFunc(entities, func(e Entity) bool { return e.Name == name })
}

// declared appends the names of the entities declared anywhere in a clause.
func declared(names []string, c *Clause) []string {
	for i := range c.Entities {
		names = append(names, c.Entities[i].Name)
	}
	for _, condition := range c.Conditions {
		names = declaredIn(names, condition)
	}
	return names
}

// declaredIn appends the names of the entities declared in the clauses nested in a condition.
func declaredIn(names []string, condition Condition) []string {
	inner := Nested(condition)
	for i := range inner {
		names = declared(names, &inner[i])
	}
	return names
}
