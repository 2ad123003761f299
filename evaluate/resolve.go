package evaluate

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

// This file turns a checked filter into the form that is decided: names become slots and paths, a through becomes its hops,
// scopes and constants become conditions. Nothing is rewritten beyond that.

// errSchema is what resolving ends with if a schema and a filter that it checked do not fit. It cannot happen.
var errNoEvaluator = errors.New("evaluate: the Evaluator is nil: make it by Prepare")

var errSchema = errors.New("evaluate: the schema lacks what the checked filter names")

func splitPath(path string) []string { return strings.Split(path, ".") }

// resolver resolves the clauses of one filter.
type resolver struct {
	schema  *relations.Schema
	sight   []named // the entities in sight; the first is the resource
	slots   int
	largest int // number of slots in any clause
	ids     int // of conditions
	// byslot holds the entities of the clause being resolved, and where their documents live; the resource's slot is empty.
	byslot []*entity
	reads  map[string]map[string]bool // the paths that are read of joined documents, by collection
	own    map[string]bool            // the paths that are read of the document decided on
}

// named is an entity in sight.
type named struct {
	name string
	typ  *relations.Type
	slot int
	key  *field // the field that answers for the entity, if it is key only
}

func (r *resolver) clause(in *filter.Clause) (*clause, error) {
	defer func(n int) { r.sight = r.sight[:n] }(len(r.sight))
	c := &clause{label: in.Label, conditions: make([][]condition, 1)}
	first := r.slots
	for i := range in.Entities {
		if err := r.declare(c, in, &in.Entities[i]); err != nil {
			return nil, err
		}
	}
	after := r.slots
	for _, source := range in.Conditions {
		condition, err := r.condition(source)
		if err != nil {
			return nil, err
		}
		n := 0 // how many entities of this clause must be chosen before
		condition.mentions(func(slot int) {
			if slot >= first && slot < after {
				n = max(n, slot-first+1)
			}
		})
		c.conditions[n] = append(c.conditions[n], condition)
	}
	return c, nil
}

// mentions calls f with the slot of every entity that a condition speaks of.
func (c *condition) mentions(f func(slot int)) {
	switch {
	case c.comparison != nil:
		f(c.comparison.field.slot)
		if other := c.comparison.operand.field; other != nil {
			f(other.slot)
		}
	case c.exists != nil:
		f(c.exists.slot)
	case c.none != nil:
		c.none.mentions(f)
	case c.surely != nil:
		c.surely.mentions(f)
	default:
		for _, clause := range c.any {
			clause.mentions(f)
		}
	}
}

func (c *clause) mentions(f func(slot int)) {
	for _, e := range c.entities {
		for i := range e.paths {
			f(e.paths[i].from)
		}
	}
	for _, conditions := range c.conditions {
		for i := range conditions {
			conditions[i].mentions(f)
		}
	}
}

// entity returns the entity in sight of that name.
func (r *resolver) entity(name string) (named, bool) {
	i := slices.IndexFunc(r.sight, func(n named) bool { return n.name == name })
	if i < 0 {
		return named{}, false
	}
	return r.sight[i], true
}

func (r *resolver) id() int {
	r.ids++
	return r.ids - 1
}

func (r *resolver) condition(in filter.Condition) (condition, error) {
	out := condition{id: r.id(), about: about{source: in}}
	var err error
	switch in := in.(type) {
	case filter.Comparison:
		if out.comparison, err = r.comparison(in); err == nil {
			r.asks(out.comparison)
		}
	case filter.Exists:
		out.exists, err = r.exists(in)
	case filter.Constant:
		out.constant = in
		if !in.Valid() {
			err = fmt.Errorf("evaluate: %v is no constant", in)
		}
	case filter.None:
		out.none, err = r.clause((*filter.Clause)(&in))
	case filter.Surely:
		out.surely, err = r.clause((*filter.Clause)(&in))
	case filter.Any:
		for i := range in {
			clause, e := r.clause(&in[i])
			if e != nil {
				return out, e
			}
			out.any = append(out.any, clause)
		}
	default:
		err = fmt.Errorf("evaluate: a %T is no condition", in)
	}
	return out, err
}

func (r *resolver) exists(in filter.Exists) (*existence, error) {
	e, ok := r.entity(in.Entity)
	if !ok {
		return nil, errSchema
	}
	x := &existence{slot: e.slot}
	if e.key != nil {
		x.slot = e.key.slot
		if e.key.path != nil {
			x.key = e.key
		}
	}
	return x, nil
}

func (r *resolver) comparison(in filter.Comparison) (*comparison, error) {
	left, err := r.field(in.Field, in.Op)
	if err != nil {
		return nil, err
	}
	c := &comparison{field: left, op: in.Op, not: in.Not}
	switch in.Op {
	case filter.Neq:
		c.op, c.not = filter.Eq, !in.Not
	case filter.Nin:
		c.op, c.not = filter.In, !in.Not
	case filter.IsSet:
		c.op, c.not = filter.IsNull, !in.Not
	case filter.Contains:
		c.op = filter.Eq
	case filter.Intersects:
		c.op = filter.In
	case filter.Eq, filter.Lt, filter.Leq, filter.Gt, filter.Geq, filter.In, filter.IsNull, filter.SubsetOf,
		filter.StartsWith, filter.EndsWith, filter.ContainsText:
	default:
		return nil, fmt.Errorf("evaluate: %v is no operator", in.Op)
	}
	switch o := in.Operand.(type) {
	case nil:
		if !in.Op.Unary() {
			return nil, fmt.Errorf("evaluate: %v needs an operand", in.Op)
		}
	case filter.Literal:
		err = c.operand.literal(o, in.Op.TakesList())
	case filter.Field:
		var right field
		right, err = r.field(o, in.Op)
		c.operand.field = &right
		if in.Op == filter.Contains { // a list contains x: x is in the list
			c.op, c.field, c.operand.field = filter.In, right, &left
		}
	case filter.Param:
		err = &filter.MalformedError{Where: in.Field.Path, Problem: fmt.Sprintf("parameter %q is not bound", string(o))}
	default:
		err = fmt.Errorf("evaluate: a %T is no operand", o)
	}
	return c, err
}

// literal reads a literal in the form that [relations.Schema.Check] gives it.
func (o *operand) literal(l filter.Literal, list bool) error {
	var values []bson.RawValue
	switch v := l.Value.(type) {
	case bson.RawValue:
		o.null, o.value = v.Type == bson.TypeNull, v
		values = []bson.RawValue{v}
		if list && !o.null {
			return errors.New("evaluate: a literal that is no list")
		}
	case []bson.RawValue:
		for _, v := range v {
			if v.Type == bson.TypeNull {
				o.nulls = true
			} else {
				o.values = append(o.values, v)
			}
		}
		values = v
		if !list {
			return errors.New("evaluate: a literal that is a list")
		}
	default:
		return fmt.Errorf("evaluate: a literal that was not checked, a %T", v)
	}
	for _, v := range values {
		if n, ok := size(v.Type, v.Value); !ok || n != len(v.Value) || v.Type == bson.TypeEmbeddedDocument && !wellFormed(v.Value, maxNesting) {
			return &filter.MalformedError{Problem: "malformed BSON value"}
		}
	}
	return nil
}

// field resolves a field of an entity in sight, of which op asks.
func (r *resolver) field(in filter.Field, op filter.Operator) (field, error) {
	e, ok := r.entity(in.Entity)
	if !ok {
		return field{}, errSchema
	}
	name := strings.TrimPrefix(in.Entity+"."+in.Path, ".")
	if e.key != nil {
		f := *e.key
		f.name = name
		return f, nil
	}
	find, reads := r.schema.Field, in.Path
	if op.Unary() {
		// Read by its dotted path, a scalar in a parent's place would come back as a parent that is
		// missing.
		find = r.schema.Presence
		reads, _, _ = strings.Cut(in.Path, ".")
	}
	ref, ok := find(e.typ, in.Path)
	if !ok {
		return field{}, errSchema
	}
	r.read(e.slot, reads)
	f := field{
		slot: e.slot, path: splitPath(in.Path), typ: ref.Type, list: ref.List, absentEmpty: ref.AbsentEmpty, strict: ref.Strict, name: name,
	}
	if ref.AbsentZero != nil {
		if f.zero, ok = ref.AbsentZero.(bson.RawValue); !ok {
			return field{}, errSchema
		}
	}
	return f, nil
}

// read notes a path that is read of the entity in a slot.
func (r *resolver) read(slot int, path string) {
	e := r.byslot[slot]
	if e == nil {
		r.own[path] = true
		return
	}
	if e.collection == "" {
		return // embedded in what is read as a whole
	}
	paths, ok := r.reads[e.collection]
	if !ok {
		paths = map[string]bool{"_id": true}
		r.reads[e.collection] = paths
	}
	paths[path] = true
}

// fields returns what is read of each collection, without the paths that lie inside another.
func (r *resolver) fields() map[string][]string {
	fields := make(map[string][]string, len(r.reads))
	for collection, paths := range r.reads {
		var kept []string
		for path := range paths {
			inside := false
			for i := range path {
				inside = inside || path[i] == '.' && paths[path[:i]]
			}
			if !inside {
				kept = append(kept, path)
			}
		}
		slices.Sort(kept)
		fields[collection] = kept
	}
	return fields
}
