package relations

import (
	"bytes"
	"slices"
	"strconv"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/filter"
)

// Filter returns the filter in the words of package filter: with types filled in and literals
// converted. It is a copy, and passes Check again. Where two entities in sight have one name, as
// [CheckedFilter.Expand] may leave them, the later one gets a number after its name. It denies for
// the zero CheckedFilter.
func (f *CheckedFilter) Filter() filter.Filter {
	if f == nil || f.root == nil {
		return filter.Filter{}
	}
	w := writer{sight: []sighted{{entity: f.root}}}
	return filter.Filter{Resource: f.root.Type.Name, AllowAll: f.allowAll, Clauses: w.clauses(f.clauses)}
}

// writer turns checked clauses into those of package filter.
type writer struct{ sight []sighted }

// sighted is an entity in sight, and the name it has.
type sighted struct {
	entity *CheckedEntity
	name   string
}

func (w *writer) name(e *CheckedEntity) string {
	for _, s := range w.sight {
		if s.entity == e {
			return s.name
		}
	}
	return e.Name // not in sight: no checked filter has that
}

func (w *writer) taken(name string) bool {
	return slices.ContainsFunc(w.sight, func(s sighted) bool { return s.name == name })
}

func (w *writer) clauses(in []CheckedClause) []filter.Clause {
	if len(in) == 0 {
		return nil
	}
	out := make([]filter.Clause, len(in))
	for i := range in {
		out[i] = w.clause(&in[i])
	}
	return out
}

func (w *writer) clause(in *CheckedClause) filter.Clause {
	outer := len(w.sight)
	out := filter.Clause{Label: in.Label}
	for _, e := range in.Entities {
		out.Entities = append(out.Entities, w.entity(e))
	}
	out.Conditions = w.conditions(in.Conditions)
	w.sight = w.sight[:outer]
	return out
}

func (w *writer) entity(e *CheckedEntity) filter.Entity {
	name := e.Name
	for i := 2; w.taken(name); i++ {
		name = e.Name + strconv.Itoa(i)
	}
	out := filter.Entity{Name: name, Type: e.Type.Name}
	for i := range e.Paths {
		p := &e.Paths[i]
		out.Paths = append(out.Paths, filter.Path{From: w.name(p.From), Relation: p.Relation.Name})
	}
	w.sight = append(w.sight, sighted{e, name})
	return out
}

func (w *writer) conditions(in []CheckedCondition) []filter.Condition {
	if len(in) == 0 {
		return nil
	}
	out := make([]filter.Condition, len(in))
	for i := range in {
		out[i] = w.condition(in[i])
	}
	return out
}

func (w *writer) condition(in CheckedCondition) filter.Condition {
	switch c := in.(type) {
	case *CheckedComparison:
		return filter.Comparison{Field: w.field(c.Entity, &c.Field), Op: c.Op, Not: c.Not, Operand: w.operand(c.Operand)}
	case CheckedExists:
		return filter.Exists{Entity: w.name(c.Entity)}
	case CheckedConstant:
		return filter.Constant(c)
	case CheckedAny:
		return filter.Any(w.clauses(c))
	case CheckedNone:
		return filter.None(w.clause(c.CheckedClause))
	case CheckedSurely:
		return filter.Surely(w.clause(c.CheckedClause))
	default:
		return filter.Invalid{Problem: "no condition"}
	}
}

func (w *writer) field(e *CheckedEntity, f *FieldRef) filter.Field {
	return filter.Field{Entity: w.name(e), Path: f.Path}
}

func (w *writer) operand(o CheckedOperand) filter.Operand {
	switch o := o.(type) {
	case *CheckedValue:
		return filter.Literal{Value: own(o.Value)}
	case *CheckedList:
		values := make([]bson.RawValue, len(o.Values))
		for i := range values {
			values[i] = own(o.Values[i])
		}
		return filter.Literal{Value: values}
	case *CheckedField:
		return w.field(o.Entity, &o.Field)
	case *CheckedParam:
		return o.Name
	default:
		return nil
	}
}

// own returns a value that shares no bytes with v.
func own(v bson.RawValue) bson.RawValue {
	return bson.RawValue{Type: v.Type, Value: bytes.Clone(v.Value)}
}
