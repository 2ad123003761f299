package pipeline

import (
	"unicode/utf8"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/mql"
	"github.com/mongoauthz/go-mongoauthz/relations"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// mode says which of the two spellings of a condition is wanted.
type mode bool

const (
	surelyTrue  mode = true
	surelyFalse mode = false
)

// lowerer turns conditions into formulas. The first problem stops it: err is set and the formula is worthless.
type lowerer struct {
	filter *relations.CheckedFilter
	schema *relations.Schema // of the filter
	params []mql.Binding     // of a prepared plan: what its parameters stand for
	known  *known            // of a prepared plan: the schema's own values
	fixed  bool              // a prepared plan would hold a value that is of neither
	err    error
}

// lower lowers a normalised filter, and the scope of its type. Values of params become parameters.
func (l *lowerer) lower(f *relations.CheckedFilter) (formula, error) {
	l.filter, l.schema = f, f.Schema()
	typ := f.Resource().Type
	root := binding{v: &variable{collection: typ.Collection}, typ: typ}
	out := formula{root: root.v, clauses: l.clauses(root)}
	if f.AllowAll() {
		out.clauses = []node{constant(true)}
	}
	out.scope = l.scope(root, surelyTrue)
	out.labels = make([]string, len(out.clauses))
	for i, c := range f.Clauses() {
		out.labels[i] = c.Label
	}
	return out, l.err
}

func (l *lowerer) fail(format string, args ...any) node {
	if l.err == nil {
		l.err = unsupportedf(format, args...)
	}
	return constant(false)
}

// binding is what an entity stands for: a document or element, a document embedded in one, a key alone, or a phantom.
type binding struct {
	v       *variable
	prefix  string // of the entity's fields in v's value: "" or ends in a dot
	typ     *relations.Type
	phantom bool                // an entity that may or may not exist; all that mentions it is unknown
	key     *relations.FieldRef // key only: the entity's key is the value here, in v's value behind prefix; Path "" is v's value itself
}

// env is the entities in scope, innermost first.
type env struct {
	of *relations.CheckedEntity
	binding
	up *env
}

func (e *env) bind(of *relations.CheckedEntity, b binding) *env {
	return &env{of: of, binding: b, up: e}
}

func (e *env) get(of *relations.CheckedEntity) (binding, bool) {
	for ; e != nil; e = e.up {
		if e.of == of {
			return e.binding, true
		}
	}
	return binding{}, false
}

// clauses lowers the clauses of the filter over the root.
func (l *lowerer) clauses(root binding) []node {
	e := (*env)(nil).bind(l.filter.Resource(), root)
	clauses := l.filter.Clauses()
	out := make([]node, len(clauses))
	for i := range clauses {
		out[i] = l.clause(&clauses[i], e, surelyTrue)
	}
	return out
}

func (l *lowerer) clause(c *relations.CheckedClause, e *env, m mode) node {
	if len(c.Entities) == 0 {
		return l.conditions(c.Conditions, e, m)
	}
	return l.solve(l.entities(c), c.Conditions, e, m)
}

// conditions lowers an AND.
func (l *lowerer) conditions(cs []relations.CheckedCondition, e *env, m mode) node {
	if len(cs) == 1 {
		return l.condition(cs[0], e, m)
	}
	out := make([]node, len(cs))
	for i, c := range cs {
		out[i] = l.condition(c, e, m)
	}
	if m == surelyTrue {
		return all(out...)
	}
	return some(out...)
}

func (l *lowerer) condition(c relations.CheckedCondition, e *env, m mode) node {
	switch c := c.(type) {
	case *relations.CheckedComparison:
		return l.comparison(c, e, m)
	case relations.CheckedAny:
		out := make([]node, len(c))
		for i := range c {
			out[i] = l.clause(&c[i], e, m)
		}
		if m == surelyTrue {
			return some(out...)
		}
		return all(out...)
	case relations.CheckedNone:
		return l.clause(c.CheckedClause, e, !m)
	case relations.CheckedSurely: // two values: what is not surely true is false
		n := l.clause(c.CheckedClause, e, surelyTrue)
		if m == surelyTrue {
			return n
		}
		return negate(n)
	case relations.CheckedExists:
		return l.exists(c, e, m)
	case relations.CheckedConstant:
		is := filter.Constant(c)
		return constant(is == filter.True && m == surelyTrue || is == filter.False && m == surelyFalse)
	default:
		return l.fail("condition %T", c)
	}
}

// exists lowers "the entity is there". Of one that is bound it is never false; of one that its key
// answers, that key must lead somewhere.
func (l *lowerer) exists(c relations.CheckedExists, e *env, m mode) node {
	b, ok := e.get(c.Entity)
	switch {
	case !ok:
		return l.fail("entity %q is not in scope", c.Entity.Name)
	case b.phantom || m == surelyFalse:
		return constant(false)
	case b.key == nil || b.key.Path == "":
		return constant(true)
	}
	at := place{ref: ref{b.v, b.prefix + b.key.Path}, steps: b.key.Steps, base: b.prefix}
	return at.guard(test{ref: at.ref, kind: testKey})
}

func (l *lowerer) comparison(c *relations.CheckedComparison, e *env, m mode) node {
	op := c.Op
	if c.Not {
		m = !m
	}
	switch op {
	case filter.Neq:
		op, m = filter.Eq, !m
	case filter.Nin:
		op, m = filter.In, !m
	case filter.IsSet:
		op, m = filter.IsNull, !m
	case filter.Contains:
		op = filter.Eq
	case filter.Intersects:
		op = filter.In
	}
	left, ok := l.place(c.Entity, &c.Field, e)
	if !ok {
		return constant(false)
	}
	switch operand := c.Operand.(type) {
	case nil:
		if op != filter.IsNull {
			return l.fail("%v without an operand", op)
		}
		return left.null(m)
	case *relations.CheckedValue, *relations.CheckedList:
		return l.literal(left, op, operand, m)
	case *relations.CheckedField:
		right, ok := l.place(operand.Entity, &operand.Field, e)
		if !ok {
			return constant(false)
		}
		return l.fields(left, c.Op, op, right, m)
	default:
		return l.fail("operand %T", operand)
	}
}

// null lowers IsNull. A field is missing, too, where a document around it is missing or null.
func (p place) null(m mode) node {
	if m == surelyFalse {
		return p.guard(test{ref: p.ref, kind: testSet})
	}
	n := node(test{ref: p.ref, kind: testNull})
	for i := len(p.steps) - 1; i >= 0; i-- {
		at := ref{p.ref.v, p.base + p.steps[i].Path}
		n = some(test{ref: at, kind: testNull}, documentAt(at, n))
	}
	return n
}

// place is a field of a bound entity: where its value is stored, and which embedded documents must be documents for that.
type place struct {
	ref   ref
	field *relations.Field
	one   bool // an element of a list: it is read as one value, whatever it is
	steps []relations.Step
	base  string // prefix of the steps' paths
}

// place finds a field of an entity. It is not ok where the entity is a phantom.
func (l *lowerer) place(of *relations.CheckedEntity, f *relations.FieldRef, e *env) (place, bool) {
	b, ok := e.get(of)
	if !ok {
		l.fail("entity %q is not in scope", of.Name)
		return place{}, false
	}
	return l.placeOf(b, f)
}

// placeOf is place for a bound entity.
func (l *lowerer) placeOf(b binding, f *relations.FieldRef) (place, bool) {
	switch {
	case b.phantom:
		return place{}, false
	case f.CrossesArray():
		l.fail("%s has no field %q", b.typ.Name, f.Path)
		return place{}, false
	case b.key == nil:
		return place{ref: ref{b.v, b.prefix + f.Path}, field: f.Field, steps: f.Steps, base: b.prefix}, true
	case f.Path != b.typ.Key:
		l.fail("%s is bound by its key only, %q is another field", b.typ.Name, f.Path)
		return place{}, false
	}
	return place{ref: ref{b.v, b.prefix + b.key.Path}, field: f.Field, one: b.key.Path == "", steps: b.key.Steps, base: b.prefix}, true
}

// guard returns n and that every embedded document on the way to the place is one.
func (p place) guard(n node) node {
	for i := len(p.steps) - 1; i >= 0; i-- {
		n = documentAt(ref{p.ref.v, p.base + p.steps[i].Path}, n)
	}
	return n
}

// literal lowers the comparison of a field with a value, or with a list of values (package evaluate, Comparisons).
func (l *lowerer) literal(p place, op filter.Operator, operand relations.CheckedOperand, m mode) node {
	f := p.field
	t := test{ref: p.ref, kind: testFalse, leaf: leaf{op: op, typ: f.Type, list: f.List && !p.one, strict: f.Strict}}
	if m == surelyTrue {
		t.kind = testTrue
	}
	one := false
	switch o := operand.(type) {
	case *relations.CheckedValue:
		if o.Value.Type == bson.TypeNull {
			return constant(false) // rule 3: unknown either way
		}
		if one, t.leaf.value = true, (mql.Value{Literal: o.Value}); !op.Text() { // a text is part of what plans are kept by
			t.leaf.value = l.value(o.Value)
		}
	case *relations.CheckedList:
		values := mql.WithoutNulls(o.Values)
		if len(values) < len(o.Values) && m == surelyFalse {
			return constant(false)
		}
		t.leaf.values = l.list(values)
	default:
		return l.fail("operand %T", operand)
	}
	emptyHolds := m == surelyFalse // what [] makes of the comparison
	switch op {
	case filter.In:
		switch len(t.leaf.values.Values) {
		case 0:
			if m == surelyTrue {
				return constant(false)
			}
		case 1:
			one := t.leaf.values
			t.leaf.op, t.leaf.value = filter.Eq, mql.Value{Literal: one.Values[0], Param: one.Param}
			t.leaf.values = mql.List{}
		}
	case filter.SubsetOf:
		emptyHolds = m == surelyTrue
	case filter.Eq, filter.Lt, filter.Leq, filter.Gt, filter.Geq, filter.StartsWith, filter.EndsWith, filter.ContainsText:
		if !one || op.Text() && t.leaf.value.Literal.Type != bson.TypeString {
			return l.fail("%v with such an operand: the filter has not been checked", op)
		}
		if op.Text() && (!utf8.ValidString(t.leaf.value.Literal.StringValue()) || len(t.leaf.pattern()) > maxPattern) {
			return l.fail("%v with a text that is not UTF-8, or too long for a server's regular expressions", op)
		}
	default:
		return l.fail("operator %v", op)
	}
	if f.AbsentEmpty && emptyHolds {
		return p.guard(some(t, test{ref: p.ref, kind: testNull}))
	}
	if zero, ok := zeroOf(f); ok && !p.one && holds(&t.leaf, zero) == bool(m) {
		return p.guard(some(t, test{ref: p.ref, kind: testMissing}))
	}
	return p.guard(t)
}

// value returns a literal as a leaf of a query: the parameter that stands for it in a prepared plan,
// if there is one. Whether a value of the schema's own equals it is part of what plans are kept by.
func (l *lowerer) value(v bson.RawValue) mql.Value {
	for i := range l.params {
		if p := &l.params[i]; p.List == nil && p.Value.Equal(v) {
			return mql.Value{Literal: v, Param: i + 1}
		}
	}
	l.fixed = l.fixed || l.known != nil && l.known.number(v) == 0
	return mql.Value{Literal: v}
}

// list is value for the values of a list, without nulls.
func (l *lowerer) list(vs []bson.RawValue) mql.List {
	switch len(vs) {
	case 0:
		return mql.List{}
	case 1:
		return mql.ListOf(l.value(vs[0]))
	}
	for i := range l.params {
		if p := &l.params[i]; p.List != nil && mql.EqualValues(p.List, vs) {
			return mql.List{Values: vs, Param: i + 1}
		}
	}
	l.fixed = l.fixed || l.known != nil && l.known.listNumber(vs) == 0
	return mql.List{Values: vs}
}

// fields lowers the comparison of two fields (rule 7).
func (l *lowerer) fields(left place, written, op filter.Operator, right place, m mode) node {
	if written == filter.Contains {
		left, right, op = right, left, filter.In
	}
	switch op {
	case filter.Eq, filter.Lt, filter.Leq, filter.Gt, filter.Geq:
		if left.field.List || right.field.List {
			return l.fail("%v of a list field with a field", op)
		}
	case filter.In:
		if left.field.List || !right.field.List {
			return l.fail("%v needs a field and a list field", written)
		}
	default:
		return l.fail("%v of a field with a field", op)
	}
	if left.field.Type != right.field.Type || left.field.Type == relations.Any {
		return l.fail("%v of fields whose declared types are not one", op)
	}
	p := pair{l: left.ref, r: right.ref, typ: left.field.Type, op: op, truth: bool(m)}
	if left.field.AbsentZero != nil {
		p.lZero = left.field
	}
	if right.field.AbsentZero != nil {
		p.rZero = right.field
	}
	n := node(p)
	if op == filter.In && m == surelyFalse && right.field.AbsentEmpty {
		// [] makes it false, for a value that could be compared.
		typed := node(test{ref: left.ref, kind: testFalse, leaf: leaf{op: filter.In, typ: left.field.Type}})
		if p.lZero != nil {
			typed = some(typed, test{ref: left.ref, kind: testMissing})
		}
		n = some(n, all(typed, test{ref: right.ref, kind: testNull}))
	}
	return left.guard(right.guard(n))
}
