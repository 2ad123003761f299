package lower

import (
	"unicode/utf8"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/formula"
	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/mql"
	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/slab"
	"github.com/mongoauthz/go-mongoauthz/relations"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// mode says which of the two spellings of a condition is wanted.
type mode bool

const (
	surelyTrue  mode = true
	surelyFalse mode = false
)

// Lowerer turns conditions into formulas. The first problem stops it: err is set and the formula is
// worthless.
type Lowerer struct {
	filter       *relations.CheckedFilter
	schema       *relations.Schema // of the filter
	Params       []mql.Binding     // of a prepared plan: what its parameters stand for
	Known        *Known            // of a prepared plan: the schema's own values
	UnknownValue bool              // a prepared plan would hold a value that is of neither
	tests        slab.Of[formula.Test]
	err          error
}

// Lower lowers a normalised filter, and the scope of its type. Values of params become parameters.
func (l *Lowerer) Lower(f *relations.CheckedFilter) (formula.Formula, error) {
	l.filter, l.schema = f, f.Schema()
	typ := f.Resource().Type
	root := binding{v: &formula.Variable{Collection: typ.Collection}, typ: typ}
	out := formula.Formula{Root: root.v, Clauses: l.clauses(root)}
	if f.AllowAll() {
		out.Clauses = []formula.Node{formula.Constant(true)}
	}
	out.Scope = l.scope(root, surelyTrue)
	out.Labels = make([]string, len(out.Clauses))
	for i, c := range f.Clauses() {
		out.Labels[i] = c.Label
	}
	return out, l.err
}

func (l *Lowerer) fail(format string, args ...any) formula.Node {
	if l.err == nil {
		l.err = formula.Unsupported(format, args...)
	}
	return formula.Constant(false)
}

// binding is what an entity stands for: a document or element, a document embedded in one, a key
// alone, or a phantom.
type binding struct {
	v       *formula.Variable
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
func (l *Lowerer) clauses(root binding) []formula.Node {
	e := (*env)(nil).bind(l.filter.Resource(), root)
	clauses := l.filter.Clauses()
	out := make([]formula.Node, len(clauses))
	for i := range clauses {
		out[i] = l.clause(&clauses[i], e, surelyTrue)
	}
	return out
}

func (l *Lowerer) clause(c *relations.CheckedClause, e *env, m mode) formula.Node {
	if len(c.Entities) == 0 {
		return l.conditions(c.Conditions, e, m)
	}
	return l.solve(l.entities(c), c.Conditions, e, m)
}

// conditions lowers an AND.
func (l *Lowerer) conditions(cs []relations.CheckedCondition, e *env, m mode) formula.Node {
	if len(cs) == 1 {
		return l.condition(cs[0], e, m)
	}
	l.tests.Reserve(len(cs))
	out := make([]formula.Node, len(cs))
	for i, c := range cs {
		out[i] = l.condition(c, e, m)
	}
	if m == surelyTrue {
		return formula.All(out...)
	}
	return formula.Some(out...)
}

func (l *Lowerer) condition(c relations.CheckedCondition, e *env, m mode) formula.Node {
	switch c := c.(type) {
	case *relations.CheckedComparison:
		return l.comparison(c, e, m)
	case relations.CheckedAny:
		out := make([]formula.Node, len(c))
		for i := range c {
			out[i] = l.clause(&c[i], e, m)
		}
		if m == surelyTrue {
			return formula.Some(out...)
		}
		return formula.All(out...)
	case relations.CheckedNone:
		return l.clause(c.CheckedClause, e, !m)
	case relations.CheckedSurely: // two values: what is not surely true is false
		n := l.clause(c.CheckedClause, e, surelyTrue)
		if m == surelyTrue {
			return n
		}
		return formula.Negate(n)
	case relations.CheckedExists:
		return l.exists(c, e, m)
	case relations.CheckedConstant:
		is := filter.Constant(c)
		return formula.Constant(is == filter.True && m == surelyTrue || is == filter.False && m == surelyFalse)
	default:
		return l.fail("condition %T", c)
	}
}

// exists lowers "the entity is there". Of one that is bound it is never false; of one that its key
// answers, that key must lead somewhere.
func (l *Lowerer) exists(c relations.CheckedExists, e *env, m mode) formula.Node {
	b, ok := e.get(c.Entity)
	switch {
	case !ok:
		return l.fail("entity %q is not in scope", c.Entity.Name)
	case b.phantom || m == surelyFalse:
		return formula.Constant(false)
	case b.key == nil || b.key.Path == "":
		return formula.Constant(true)
	}
	at := place{ref: formula.Ref{Var: b.v, Path: b.prefix + b.key.Path}, steps: b.key.Steps, base: b.prefix}
	return at.guard(&formula.Test{Ref: at.ref, Kind: formula.IsKey})
}

func (l *Lowerer) comparison(c *relations.CheckedComparison, e *env, m mode) formula.Node {
	op := c.Op
	if c.Not {
		m = !m
	}
	switch op {
	case filter.Ne:
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
		return formula.Constant(false)
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
			return formula.Constant(false)
		}
		return l.fields(left, c.Op, op, right, m)
	case *relations.CheckedParam:
		return l.fail("operand %T", operand)
	default:
		return l.fail("operand %T", operand)
	}
}

// null lowers IsNull. A field is missing, too, where a document around it is missing or null.
func (p place) null(m mode) formula.Node {
	if m == surelyFalse {
		return p.guard(&formula.Test{Ref: p.ref, Kind: formula.IsSet})
	}
	n := formula.Node(&formula.Test{Ref: p.ref, Kind: formula.IsNull})
	for i := len(p.steps) - 1; i >= 0; i-- {
		at := formula.Ref{Var: p.ref.Var, Path: p.base + p.steps[i].Path}
		n = formula.Some(&formula.Test{Ref: at, Kind: formula.IsNull}, formula.DocumentAt(at, n))
	}
	return n
}

// place is a field of a bound entity: where its value is stored, and which embedded documents must
// be documents for that.
type place struct {
	ref   formula.Ref
	field *relations.Field
	one   bool // an element of a list: it is read as one value, whatever it is
	steps []relations.Step
	base  string // prefix of the steps' paths
}

// place finds a field of an entity. It is not ok where the entity is a phantom.
func (l *Lowerer) place(of *relations.CheckedEntity, f *relations.FieldRef, e *env) (place, bool) {
	b, ok := e.get(of)
	if !ok {
		l.fail("entity %q is not in scope", of.Name)
		return place{}, false
	}
	return l.placeOf(b, f)
}

// placeOf is place for a bound entity.
func (l *Lowerer) placeOf(b binding, f *relations.FieldRef) (place, bool) {
	switch {
	case b.phantom:
		return place{}, false
	case f.CrossesArray():
		l.fail("%s has no field %q", b.typ.Name, f.Path)
		return place{}, false
	case b.key == nil:
		return place{ref: formula.Ref{Var: b.v, Path: b.prefix + f.Path}, field: f.Field, steps: f.Steps, base: b.prefix}, true
	case f.Path != b.typ.Key:
		l.fail("%s is bound by its key only, %q is another field", b.typ.Name, f.Path)
		return place{}, false
	}
	return place{ref: formula.Ref{Var: b.v, Path: b.prefix + b.key.Path}, field: f.Field, one: b.key.Path == "", steps: b.key.Steps, base: b.prefix}, true
}

// guard returns n and that every embedded document on the way to the place is one.
func (p place) guard(n formula.Node) formula.Node {
	for i := len(p.steps) - 1; i >= 0; i-- {
		n = formula.DocumentAt(formula.Ref{Var: p.ref.Var, Path: p.base + p.steps[i].Path}, n)
	}
	return n
}

// literal lowers the comparison of a field with a value, or with a list of values (package
// evaluate, Comparisons).
func (l *Lowerer) literal(p place, op filter.Operator, operand relations.CheckedOperand, m mode) formula.Node {
	f := p.field
	t := l.tests.New(formula.Test{Ref: p.ref, Kind: formula.SurelyFalse, Leaf: formula.Leaf{Op: op, Type: f.Type, List: f.List && !p.one, Strict: f.Strict}})
	if m == surelyTrue {
		t.Kind = formula.SurelyTrue
	}
	one := false
	switch o := operand.(type) {
	case *relations.CheckedValue:
		if o.Value.Type == bson.TypeNull {
			return formula.Constant(false) // rule 3: unknown either way
		}
		if one, t.Leaf.Value = true, (mql.Value{Literal: o.Value}); !op.Text() { // a text is part of what plans are kept by
			t.Leaf.Value = l.value(o.Value)
		}
	case *relations.CheckedList:
		values := mql.WithoutNulls(o.Values)
		if len(values) < len(o.Values) && m == surelyFalse {
			return formula.Constant(false)
		}
		t.Leaf.Values = l.list(values)
	case *relations.CheckedField, *relations.CheckedParam:
		return l.fail("operand %T", operand)
	default:
		return l.fail("operand %T", operand)
	}
	emptyHolds := m == surelyFalse // what [] makes of the comparison
	switch op {
	case filter.In:
		switch len(t.Leaf.Values.Values) {
		case 0:
			if m == surelyTrue {
				return formula.Constant(false)
			}
		case 1:
			one := t.Leaf.Values
			t.Leaf.Op, t.Leaf.Value = filter.Eq, mql.Value{Literal: one.Values[0], Param: one.Param}
			t.Leaf.Values = mql.List{}
		}
	case filter.SubsetOf:
		emptyHolds = m == surelyTrue
	case filter.Eq, filter.Lt, filter.Lte, filter.Gt, filter.Gte, filter.StartsWith, filter.EndsWith, filter.ContainsText:
		if !one || op.Text() && t.Leaf.Value.Literal.Type != bson.TypeString {
			return l.fail("%v with such an operand: the filter has not been checked", op)
		}
		if op.Text() && (!utf8.ValidString(t.Leaf.Value.Literal.StringValue()) || len(t.Leaf.Pattern()) > formula.MaxPattern) {
			return l.fail("%v with a text that is not UTF-8, or too long for a server's regular expressions", op)
		}
	default:
		return l.fail("operator %v", op)
	}
	if f.AbsentEmpty && emptyHolds {
		return p.guard(formula.Some(t, &formula.Test{Ref: p.ref, Kind: formula.IsNull}))
	}
	if zero, ok := formula.ZeroOf(f); ok && !p.one && holds(&t.Leaf, zero) == bool(m) {
		return p.guard(formula.Some(t, &formula.Test{Ref: p.ref, Kind: formula.IsMissing}))
	}
	return p.guard(t)
}

// value returns a literal as a leaf of a query: the parameter that stands for it in a prepared
// plan, if there is one. Whether a value of the schema's own equals it is part of what plans are
// kept by.
func (l *Lowerer) value(v bson.RawValue) mql.Value {
	for i := range l.Params {
		if p := &l.Params[i]; p.List == nil && p.Value.Equal(v) {
			return mql.Value{Literal: v, Param: i + 1}
		}
	}
	l.UnknownValue = l.UnknownValue || l.Known != nil && l.Known.number(v) == 0
	return mql.Value{Literal: v}
}

// list is value for the values of a list, without nulls.
func (l *Lowerer) list(vs []bson.RawValue) mql.List {
	switch len(vs) {
	case 0:
		return mql.List{}
	case 1:
		return mql.ListOf(l.value(vs[0]))
	}
	for i := range l.Params {
		if p := &l.Params[i]; p.List != nil && mql.EqualValues(p.List, vs) {
			return mql.List{Values: vs, Param: i + 1}
		}
	}
	l.UnknownValue = l.UnknownValue || l.Known != nil && l.Known.listNumber(vs) == 0
	return mql.List{Values: vs}
}

// fields lowers the comparison of two fields (rule 7).
func (l *Lowerer) fields(left place, written, op filter.Operator, right place, m mode) formula.Node {
	if written == filter.Contains {
		left, right, op = right, left, filter.In
	}
	switch op {
	case filter.Eq, filter.Lt, filter.Lte, filter.Gt, filter.Gte:
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
	if left.field.Type != right.field.Type || left.field.Type == relations.AnyType {
		return l.fail("%v of fields whose declared types are not one", op)
	}
	p := formula.Pair{L: left.ref, R: right.ref, Type: left.field.Type, Op: op, Truth: bool(m)}
	if left.field.AbsentZero != nil {
		p.LZero = left.field
	}
	if right.field.AbsentZero != nil {
		p.RZero = right.field
	}
	n := formula.Node(p)
	if op == filter.In && m == surelyFalse && right.field.AbsentEmpty {
		// [] makes it false, for a value that could be compared.
		typed := formula.Node(&formula.Test{Ref: left.ref, Kind: formula.SurelyFalse, Leaf: formula.Leaf{Op: filter.In, Type: left.field.Type}})
		if p.LZero != nil {
			typed = formula.Some(typed, &formula.Test{Ref: left.ref, Kind: formula.IsMissing})
		}
		n = formula.Some(n, formula.All(typed, &formula.Test{Ref: right.ref, Kind: formula.IsNull}))
	}
	return left.guard(right.guard(n))
}
