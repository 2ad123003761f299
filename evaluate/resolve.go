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

// This file turns a checked filter into the form that is decided: entities become slots and paths,
// a hop of a through an entity of its own, scopes and constants become conditions. Nothing is
// rewritten beyond that.

var errNoEvaluator = errors.New("evaluate: the Evaluator is nil or zero: make it by Prepare")

// errSchema is what resolving ends with if a schema and a filter that it checked do not fit. It
// cannot happen.
var errSchema = errors.New("evaluate: the schema lacks what the checked filter names")

func splitPath(path string) []string { return strings.Split(path, ".") }

// resolver resolves the clauses of one filter.
type resolver struct {
	filter  *relations.CheckedFilter
	schema  *relations.Schema
	sight   []named // the entities in sight; the first is the resource
	slots   int
	largest int // number of slots in any clause
	ids     int // of conditions
	// byslot holds the entities of the clause being resolved, and where their documents live; the
	// resource's slot is empty.
	byslot []*entity
	reads  map[string]map[string]bool // the paths that are read of joined documents, by collection
	own    map[string]bool            // the paths that are read of the document decided on
	paths  map[string]bool            // the same, with what is read of its embedded documents
	tops   []string                   // the first names of those that are compared, as far as a decision has room
}

// named is an entity in sight.
type named struct {
	entity *relations.CheckedEntity
	slot   int
	key    *field // the field that answers for the entity, if it is key only
}

func (r *resolver) clause(in *relations.CheckedClause) (*clause, error) {
	defer func(n int) { r.sight = r.sight[:n] }(len(r.sight))
	c := &clause{label: in.Label, conditions: make([][]condition, 1)}
	first := r.slots
	for _, e := range in.Entities {
		if err := r.declare(c, e); err != nil {
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

// named returns what an entity in sight stands for.
func (r *resolver) named(e *relations.CheckedEntity) (named, bool) {
	i := slices.IndexFunc(r.sight, func(n named) bool { return n.entity == e })
	if i < 0 {
		return named{}, false
	}
	return r.sight[i], true
}

func (r *resolver) id() int {
	r.ids++
	return r.ids - 1
}

func (r *resolver) condition(in relations.CheckedCondition) (condition, error) {
	out := condition{id: r.id(), about: about{source: in}}
	var err error
	switch in := in.(type) {
	case *relations.CheckedComparison:
		out.comparison, err = r.comparison(in)
	case relations.CheckedExists:
		out.exists, err = r.exists(in)
	case relations.CheckedConstant:
		out.constant = filter.Constant(in)
		if !out.constant.Valid() {
			err = fmt.Errorf("evaluate: %v is no constant", out.constant)
		}
	case relations.CheckedNone:
		out.none, err = r.clause(in.CheckedClause)
	case relations.CheckedSurely:
		out.surely, err = r.clause(in.CheckedClause)
	case relations.CheckedAny:
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

func (r *resolver) exists(in relations.CheckedExists) (*existence, error) {
	e, ok := r.named(in.Entity)
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

func (r *resolver) comparison(in *relations.CheckedComparison) (*comparison, error) {
	left, err := r.field(in.Entity, in.Field, in.Op)
	if err != nil {
		return nil, err
	}
	c := &comparison{field: left, op: in.Op, not: in.Not}
	switch in.Op {
	case filter.Ne:
		c.op, c.not = filter.Eq, !in.Not
	case filter.Nin:
		c.op, c.not = filter.In, !in.Not
	case filter.IsSet:
		c.op, c.not = filter.IsNull, !in.Not
	case filter.Contains:
		c.op = filter.Eq
	case filter.Intersects:
		c.op = filter.In
	case filter.Eq, filter.Lt, filter.Lte, filter.Gt, filter.Gte, filter.In, filter.IsNull, filter.SubsetOf,
		filter.StartsWith, filter.EndsWith, filter.ContainsText:
	default:
		return nil, fmt.Errorf("evaluate: %v is no operator", in.Op)
	}
	switch o := in.Operand.(type) {
	case nil:
		if !in.Op.Unary() {
			return nil, fmt.Errorf("evaluate: %v needs an operand", in.Op)
		}
	case *relations.CheckedValue:
		c.operand.null, c.operand.value = o.Value.Type == bson.TypeNull, o.Value
	case *relations.CheckedList:
		c.operand.list(o.Values)
	case *relations.CheckedField:
		var right field
		right, err = r.field(o.Entity, o.Field, in.Op)
		c.operand.field = &right
		if in.Op == filter.Contains { // a list contains x: x is in the list
			c.op, c.field, c.operand.field = filter.In, right, &left
		}
	case *relations.CheckedParam: // PrepareChecked refuses it
		err = fmt.Errorf("evaluate: parameter %q is not bound", o.Name)
	default:
		err = fmt.Errorf("evaluate: a %T is no operand", o)
	}
	return c, err
}

// list takes in the values of a list.
func (o *operand) list(values []bson.RawValue) {
	for _, v := range values {
		if v.Type == bson.TypeNull {
			o.nulls = true
		} else {
			o.values = append(o.values, v)
		}
	}
}

// field resolves a field of an entity in sight, of which op asks.
func (r *resolver) field(of *relations.CheckedEntity, ref relations.FieldRef, op filter.Operator) (field, error) {
	e, ok := r.named(of)
	if !ok {
		return field{}, errSchema
	}
	name := strings.TrimPrefix(of.Name+"."+ref.Path, ".")
	if e.key != nil {
		f := *e.key
		f.name = name
		return f, nil
	}
	reads := ref.Path
	if op.Unary() {
		// Read by its dotted path, a scalar in a parent's place would come back as a parent that is
		// missing.
		reads, _, _ = strings.Cut(ref.Path, ".")
	}
	r.read(e.slot, reads)
	r.asks(e.slot, ref.Path)
	f := field{
		slot: e.slot, path: splitPath(ref.Path), typ: ref.Type, list: ref.List, absentEmpty: ref.AbsentEmpty, strict: ref.Strict, name: name,
	}
	if e.slot == 0 {
		f.top = r.top(f.path[0])
	}
	if ref.AbsentZero != nil {
		if f.zero, ok = ref.AbsentZero.(bson.RawValue); !ok {
			return field{}, errSchema
		}
	}
	return f, nil
}

// maxTops is for how many fields of the document a decision has room, so that it reads the document
// once. Others are looked up in it.
const maxTops = 8

// top returns the number of the first name of a path that is compared of the document, from 1; 0 if
// there is no room for it.
func (r *resolver) top(name string) int {
	if i := slices.Index(r.tops, name); i >= 0 {
		return i + 1
	}
	if len(r.tops) == maxTops {
		return 0
	}
	r.tops = append(r.tops, name)
	return len(r.tops)
}

// asks notes the whole path that is asked of the entity in a slot, if that is the document decided
// on, or embedded in it.
func (r *resolver) asks(slot int, path string) {
	if e := r.byslot[slot]; e == nil {
		r.paths[path] = true
	} else if e.inside != "" {
		r.paths[e.inside+"."+path] = true
	}
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
