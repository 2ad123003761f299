package relations

import (
	"fmt"
	"strings"

	"github.com/mongoauthz/go-mongoauthz/filter"
)

// maxProblems is how many problems of one filter are reported.
const maxProblems = 100

// Check resolves a filter, which is what the compiler and the evaluator take: every name is known
// to the schema, every entity has its type, every through is followed, and every literal is
// converted as its field declares. The filter handed in is not changed, and shares no memory with
// the result.
//
// A parameter of f may stay unbound. [CheckedFilter.Bind] binds it later, and who compiles or
// prepares a filter that has one gets an error ([CheckedFilter.Unbound]).
//
// The errors, all of them joined, are [*filter.MalformedError], which names the clause, the
// condition and the field: unknown types, relations, fields, operators and entities, values that do
// not fit their field, clauses that say nothing, entities that nothing uses, and a parameter left
// unbound in the scope of a type that f meets. A filter beyond [filter.MaxDepth],
// [filter.MaxConditions] or [filter.MaxEntities] gives a [*filter.LimitError]. A hundred errors are
// reported. With an error the filter returned denies.
func (s *Schema) Check(f filter.Filter) (*CheckedFilter, error) {
	var room struct { // one piece of memory
		visible [4]visible
		at      [2]step
	}
	c := checker{s: s, place: f.Resource, visible: room.visible[:0], at: room.at[:0]}
	t, ok := s.Type(f.Resource)
	switch {
	case !ok:
		c.fail("", "unknown resource type: declare it in the schema, or correct the name")
		return nil, c.err()
	case t.Collection == "":
		c.fail("", "the resource type does not live in a collection")
		return nil, c.err()
	}
	c.meets(t)
	var out struct { // one piece of memory
		filter CheckedFilter
		root   CheckedEntity
	}
	out.root.Type = t
	c.visible = append(c.visible, visible{entity: &out.root})
	if f.AllowAll && len(f.Clauses) > 0 {
		c.fail("", "AllowAll stands beside clauses: use one of them")
	}
	clauses := c.clauses(f.Clauses)
	if err := c.err(); err != nil {
		return nil, err
	}
	out.filter = CheckedFilter{schema: s, root: &out.root, allowAll: f.AllowAll, open: c.unbound != "", clauses: clauses}
	return &out.filter, nil
}

// checker walks a filter, or a scope, and resolves it.
type checker struct {
	s       *Schema
	place   string         // what every error's place begins with
	visible []visible      // the entities in sight; the first is the resource
	at      []step         // the clauses we are in, outermost first
	scope   bool           // a scope: it declares no entities
	params  map[string]any // bound on the way; scope only
	unbound filter.Param   // a parameter that stayed
	errs    []error

	conditionsSeen int
	over           bool // a limit was reached
}

// visible is an entity in sight. Its type is nil if there is an error about its declaration.
type visible struct {
	entity *CheckedEntity
	used   bool // by a condition, or by a path
}

type step struct {
	clause, condition int // counted from 1; 0 for none
	label, entity     string
}

func (c *checker) clauses(in []filter.Clause) []CheckedClause {
	if len(in) == 0 {
		return nil
	}
	if len(c.at) >= filter.MaxDepth {
		c.exceeds("levels of nested conditions", filter.MaxDepth)
		return nil
	}
	out := make([]CheckedClause, 0, min(len(in), filter.MaxConditions))
	for i := range in {
		if c.conditionsSeen += max(1, len(in[i].Entities), len(in[i].Conditions)); c.conditionsSeen > filter.MaxConditions {
			c.exceeds("conditions", filter.MaxConditions)
			return nil
		}
		if len(c.visible)+len(in[i].Entities) > filter.MaxEntities {
			c.exceeds("entities in sight", filter.MaxEntities)
			return nil
		}
		if out = append(out, c.clause(i+1, &in[i])); c.over {
			return nil
		}
	}
	return out
}

// exceeds records the limit that a filter is beyond. Then nothing more of it is looked at.
func (c *checker) exceeds(what string, limit int) {
	if !c.over {
		c.over = true
		c.errs = append(c.errs, &filter.LimitError{What: what, Limit: limit})
	}
}

func (c *checker) clause(n int, in *filter.Clause) CheckedClause {
	outer, errs := len(c.visible), len(c.errs)
	c.at = append(c.at, step{clause: n, label: in.Label})
	out := CheckedClause{Label: in.Label, Entities: c.entities(in.Entities), Conditions: c.conditions(in.Conditions)}
	switch {
	case len(c.errs) > errs: // what a clause asks may be among the errors
	case len(in.Conditions) == 0:
		c.fail("", "a clause without a condition: say True if it always holds, or Exists of its entity")
	default:
		c.unused(c.visible[outer:])
	}
	c.at = c.at[:len(c.at)-1]
	c.visible = c.visible[:outer]
	return out
}

// unused refuses entities of the clause that no condition names, and from which no other entity is
// reached.
func (c *checker) unused(entities []visible) {
	here := &c.at[len(c.at)-1]
	for i := range entities {
		if e := &entities[i]; !e.used {
			here.entity = e.entity.Name
			c.fail("", "nothing uses the entity: compare a field of it, or add its Exists")
		}
	}
	here.entity = ""
}

func (c *checker) conditions(in []filter.Condition) []CheckedCondition {
	if len(in) == 0 {
		return nil
	}
	n := 0
	for _, condition := range in {
		if _, ok := condition.(filter.Comparison); ok {
			n++
		}
	}
	room := make([]resolved, n)
	here := &c.at[len(c.at)-1]
	out := make([]CheckedCondition, len(in))
	for i, condition := range in {
		here.condition = i + 1
		out[i] = c.condition(condition, &room)
		here = &c.at[len(c.at)-1] // at may have grown
	}
	here.condition = 0
	return out
}

// resolved is the room for a comparison and its operand, of which a clause has many.
type resolved struct {
	comparison CheckedComparison
	value      CheckedValue
}

// condition resolves a condition, and takes room for it if it is a comparison. It returns nil if
// there is an error.
func (c *checker) condition(in filter.Condition, room *[]resolved) CheckedCondition {
	switch condition := in.(type) {
	case filter.Comparison:
		here := &(*room)[0]
		*room = (*room)[1:]
		if c.comparison(&condition, here) {
			return &here.comparison
		}
	case filter.Any:
		if len(condition) == 0 {
			c.fail("", "an Any without clauses: say False")
		}
		return CheckedAny(c.clauses(condition))
	case filter.None:
		return CheckedNone{c.nested(filter.Clause(condition))}
	case filter.Surely:
		if !c.scope {
			return CheckedSurely{c.nested(filter.Clause(condition))}
		}
		c.fail("", "a scope holds no Surely: say by IsNull what holds where a field is missing")
	case filter.Exists:
		return c.exists(condition)
	case filter.Constant:
		if !condition.Valid() {
			c.fail("", "an unknown constant, "+condition.String())
		}
		return CheckedConstant(condition)
	case filter.Invalid:
		c.fail("", condition.Problem)
	case nil:
		c.fail("", "a nil condition")
	default:
		c.fail("", fmt.Sprintf("a %T is no condition", in))
	}
	return nil
}

// nested checks the clause of a None or a Surely.
func (c *checker) nested(in filter.Clause) *CheckedClause {
	out := c.clauses([]filter.Clause{in})
	if len(out) == 0 { // nested too deep
		return &CheckedClause{}
	}
	return &out[0]
}

// lookup returns the entity in sight by that name; nil if there is none.
func (c *checker) lookup(name string) *visible {
	for i := range c.visible {
		if c.visible[i].entity.Name == name {
			return &c.visible[i]
		}
	}
	return nil
}

// where returns the place where the checker is.
func (c *checker) where() string {
	var b strings.Builder
	b.WriteString(c.place)
	for _, s := range c.at {
		if s.clause > 0 {
			fmt.Fprintf(&b, ", clause %d", s.clause)
		}
		if s.label != "" {
			fmt.Fprintf(&b, " %q", s.label)
		}
		if s.entity != "" {
			fmt.Fprintf(&b, ", entity %s", s.entity)
		}
		if s.condition > 0 {
			fmt.Fprintf(&b, ", condition %d", s.condition)
		}
	}
	return b.String()
}

// fail records a problem at the place where the checker is; subject is the field spoken of, if any.
func (c *checker) fail(subject, problem string) {
	if len(c.errs) >= maxProblems {
		return
	}
	where := c.where()
	if subject != "" {
		where += ": " + subject
	}
	c.errs = append(c.errs, &filter.MalformedError{Where: where, Problem: problem})
}

func (c *checker) err() error { return joined(c.errs) }
