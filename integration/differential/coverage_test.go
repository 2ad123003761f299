package differential_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/relations"
	"github.com/stretchr/testify/require"
)

// feature is something a filter can have, as it stands or under an odd number of negations.
type feature struct {
	name    string
	negated bool
}

func (f feature) String() string {
	if f.negated {
		return "negated " + f.name
	}
	return f.name
}

// features are those that a run must have seen often enough.
func features() (fs []feature) {
	names := []string{
		"Any", "free", "field to field", "two entities", "two paths", "scope", "Exists", "Surely", "absent means zero", "absent means zero, field to field",
		"IsNull of a dotted field", "IsSet of a dotted field", "numbers field to field", "required", "complete", "complete, existence",
	}
	for c := filter.False; c.Valid(); c++ {
		names = append(names, "constant "+c.String())
	}
	for _, k := range []relations.Kind{relations.EmbedsOne, relations.EmbedsMany, relations.ReferencesOne, relations.ReferencesMany, relations.HasOne, relations.HasMany} {
		names = append(names, "near constant of "+k.String())
	}
	for op := filter.Eq; op.Valid(); op++ {
		names = append(names, op.String())
	}
	for k := relations.EmbedsOne; !strings.HasPrefix(k.String(), "Kind("); k++ { // all that have a name
		names = append(names, k.String())
	}
	for _, n := range names {
		fs = append(fs, feature{n, false}, feature{n, true})
	}
	return append(fs, feature{"None", false})
}

// count notes each feature that a filter has, once.
func (s *suite) count(w *world, f filter.Filter) {
	seen := map[feature]bool{}
	typ, _ := w.schema.Type(f.Resource)
	c := counter{w: w, seen: seen}
	for i := range f.Clauses {
		c.clause(&f.Clauses[i], map[string]*relations.Type{"": typ}, false)
	}
	if len(typ.Scope) > 0 {
		seen[feature{"scope", false}] = true
	}
	if f.AllowAll {
		seen[feature{"AllowAll", false}] = true
	}
	for f := range seen {
		s.seen[f]++
	}
}

type counter struct {
	w    *world
	seen map[feature]bool
}

func (c *counter) note(name string, negated bool) { c.seen[feature{name, negated}] = true }

func (c *counter) clause(in *filter.Clause, outer map[string]*relations.Type, negated bool) {
	types := map[string]*relations.Type{}
	for name, t := range outer {
		types[name] = t
	}
	if len(in.Entities) > 1 {
		c.note("two entities", negated)
	}
	for _, e := range in.Entities {
		if len(e.Paths) == 0 {
			c.note("free", negated)
			types[e.Name], _ = c.w.schema.Type(e.Type)
		}
		if len(e.Paths) > 1 {
			c.note("two paths", negated)
		}
		for _, p := range e.Paths {
			rel, _ := types[p.From].Relation(p.Relation)
			c.relation(rel, negated)
			if rel.Complete && len(e.Paths) == 1 && slices.Contains(in.Conditions, filter.Condition(e.Exists())) {
				c.note("complete, existence", negated)
			}
			types[e.Name], _ = c.w.schema.Type(rel.Type)
		}
		if len(types[e.Name].Scope) > 0 {
			c.note("scope", negated)
		}
	}
	for _, cond := range in.Conditions {
		switch cond := cond.(type) {
		case filter.Comparison:
			c.comparison(cond, types, negated != cond.Not)
		case filter.Exists:
			c.note("Exists", negated)
		case filter.Constant:
			c.note("constant "+cond.String(), negated)
		case filter.Surely:
			c.note("Surely", negated)
			c.clause((*filter.Clause)(&cond), types, negated)
		case filter.Any:
			c.note("Any", negated)
			for i := range cond {
				c.clause(&cond[i], types, negated)
			}
		case filter.None:
			c.note("None", negated)
			c.clause((*filter.Clause)(&cond), types, !negated)
		}
	}
}

func (c *counter) relation(r *relations.Relation, negated bool) {
	c.note(r.Kind.String(), negated)
	if r.Required {
		c.note("required", negated)
	}
	if r.Complete {
		c.note("complete", negated)
	}
	if slices.ContainsFunc(r.Where, func(k relations.Constant) bool { return k.Near }) {
		c.note("near constant of "+r.Kind.String(), negated)
	}
}

func (c *counter) comparison(in filter.Comparison, types map[string]*relations.Type, negated bool) {
	c.note(in.Op.String(), negated)
	if in.Op.Unary() && strings.Contains(in.Field.Path, ".") {
		c.note(in.Op.String()+" of a dotted field", negated)
		return
	}
	left, ok := c.w.schema.Field(types[in.Field.Entity], in.Field.Path)
	if !ok || in.Op.Unary() {
		return
	}
	if left.AbsentZero != nil {
		c.note("absent means zero", negated)
	}
	operand, ok := in.Operand.(filter.Field)
	if !ok {
		return
	}
	c.note("field to field", negated)
	if left.Type == relations.Number {
		c.note("numbers field to field", negated)
	}
	if right, ok := c.w.schema.Field(types[operand.Entity], operand.Path); ok && (left.AbsentZero != nil || right.AbsentZero != nil) {
		c.note("absent means zero, field to field", negated)
	}
}

// summary prints what was compared, and at which rate.
func (s *suite) summary(t *testing.T, took time.Duration) {
	t.Logf("%d list comparisons over %d worlds in %v (%.0f a second): %d neither empty nor everything, %d also as find, count and pages",
		s.compared, s.worlds, took.Round(time.Second), float64(s.compared)/took.Seconds(), s.mixed, s.tenths)
	t.Logf("with the keys read first: %d comparisons, %d neither empty nor everything, %d with groups of keys, %d in which a join stayed (%d for a key that is no mere value, %d for more keys than may be), %d left out as too deep",
		s.resolved.compared, s.resolved.mixed, s.resolved.groups, s.resolved.kept, s.resolved.noMereValue, s.resolved.tooMany, s.resolved.tooDeep)
	t.Logf("seen least in those neither empty nor everything: %s", s.rarest(5))
	if s.compat {
		t.Logf("left out on the compatible server, by name: %d filters whose joins nest too deep for its planner's memory", s.tooDeep)
	}
}

// rarest names the features seen least.
func (s *suite) rarest(n int) string {
	all := features()
	slices.SortStableFunc(all, func(a, b feature) int { return s.seen[a] - s.seen[b] })
	var out []string
	for _, f := range all[:n] {
		out = append(out, fmt.Sprintf("%v %d", f, s.seen[f]))
	}
	return strings.Join(out, ", ")
}

// requireNotHollow guards against a run that compares nothing of interest.
func (s *suite) requireNotHollow(t *testing.T) {
	require.GreaterOrEqual(t, s.compared, 10_000)
	require.GreaterOrEqual(t, s.mixed*4, s.compared, "a quarter of the comparisons must be neither empty nor everything")
	for _, f := range features() {
		require.GreaterOrEqual(t, s.seen[f], 100, "comparisons neither empty nor everything that have %v", f)
	}
}
