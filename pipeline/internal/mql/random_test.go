package mql_test

import (
	"fmt"
	"math/rand/v2"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/mql"
)

// marker begins every text that a generated value holds.
const marker = "secret"

// maker makes random typed data. Depth bounds it.
type maker struct {
	*rand.Rand
	bindings []mql.Binding
}

func newMaker(seed uint64) *maker {
	m := &maker{Rand: rand.New(rand.NewPCG(seed, 7))}
	for range 1 + m.IntN(4) {
		if m.IntN(2) == 0 {
			m.bindings = append(m.bindings, mql.Binding{Value: m.raw()})
		} else {
			m.bindings = append(m.bindings, mql.Binding{List: []bson.RawValue{m.raw(), m.raw()}})
		}
	}
	return m
}

func (m *maker) raw() bson.RawValue {
	var v any
	switch m.IntN(4) {
	case 0:
		v = int32(m.IntN(1000))
	case 1:
		v = bson.D{{Key: "$a", Value: marker}}
	default:
		v = fmt.Sprint(marker, m.IntN(1000))
	}
	t, b, err := bson.MarshalValue(v)
	if err != nil {
		panic(err)
	}
	return bson.RawValue{Type: t, Value: b}
}

func (m *maker) name(prefix string) string { return fmt.Sprint(prefix, m.IntN(5)) }

func (m *maker) value() *mql.Value {
	for i, b := range m.bindings {
		if b.List == nil && m.IntN(3) == 0 {
			return &mql.Value{Param: i + 1}
		}
	}
	return &mql.Value{Literal: m.raw()}
}

func (m *maker) list() mql.List {
	switch m.IntN(4) {
	case 0:
		return mql.List{Param: 1 + m.IntN(len(m.bindings))}
	case 1:
		return mql.Union(mql.List{Param: 1 + m.IntN(len(m.bindings))}, mql.List{Values: []bson.RawValue{m.raw(), m.raw()}})
	default:
		values := make([]bson.RawValue, m.IntN(40))
		for i := range values {
			values[i] = m.raw()
		}
		return mql.List{Values: values}
	}
}

func (m *maker) query(depth int) mql.Query {
	var q mql.Query
	for range m.IntN(4) {
		switch kind := m.IntN(6); {
		case kind == 0 && depth > 0:
			of := make([]mql.Query, 1+m.IntN(3))
			for i := range of {
				of[i] = m.query(depth - 1)
			}
			q = append(q, mql.Logic{Op: []string{mql.And, mql.Or, mql.Nor}[m.IntN(3)], Of: of})
		case kind == 1:
			q = append(q, mql.ExprMatch{Expr: m.expr(depth)})
		default:
			q = append(q, &mql.Field{Path: m.name("a."), Ops: m.ops(depth)})
		}
	}
	return q
}

func (m *maker) ops(depth int) mql.Ops {
	ops := make(mql.Ops, m.IntN(3))
	for i := range ops {
		ops[i] = m.op(depth)
	}
	return ops
}

func (m *maker) op(depth int) mql.Op {
	kinds := 6
	if depth > 0 {
		kinds = 8
	}
	switch m.IntN(kinds) {
	case 0:
		return mql.Is("$eq", mql.Const{Value: []any{nil, true, int32(3), "string"}[m.IntN(4)]})
	case 1:
		return mql.Is("$in", m.list())
	case 2:
		return mql.Is("$nin", mql.WithNull{List: m.list()})
	case 3:
		return mql.Is("$regex", mql.Pattern(m.name(marker)))
	case 4:
		return mql.Is("$nin", mql.Array{m.value(), mql.Null})
	case 5:
		return mql.Is("$gt", m.value())
	case 6:
		return mql.Is("$not", m.ops(depth-1))
	default:
		return mql.Is("$elemMatch", m.query(depth-1))
	}
}

func (m *maker) expr(depth int) mql.Expr {
	kinds := 5
	if depth > 0 {
		kinds = 8
	}
	switch m.IntN(kinds) {
	case 0:
		return mql.Path(m.name("p."))
	case 1:
		return mql.Var(m.name("v"))
	case 2:
		return mql.Const{Value: []any{nil, false, int32(1), "x"}[m.IntN(4)]}
	case 3:
		return mql.Literal{Of: m.value()}
	case 4:
		return mql.Literal{Of: m.list()}
	case 5:
		return mql.Call{Op: "$type", Arg: m.expr(depth - 1)}
	case 6:
		args := make(mql.Args, m.IntN(4))
		for i := range args {
			args[i] = m.expr(depth - 1)
		}
		return mql.Call{Op: "$and", Arg: args}
	default:
		return mql.Call{Op: "$map", Arg: m.object(depth - 1)}
	}
}

func (m *maker) object(depth int) mql.Object {
	o := make(mql.Object, 1+m.IntN(3))
	for i := range o {
		o[i] = mql.Member{Name: fmt.Sprint("m", i), Expr: m.expr(depth)}
	}
	return o
}

func (m *maker) stages(depth int) []mql.Stage {
	stages := make([]mql.Stage, 1+m.IntN(4))
	for i := range stages {
		stages[i] = m.stage(depth)
	}
	return stages
}

func (m *maker) stage(depth int) mql.Stage {
	kinds := 7
	if depth > 0 {
		kinds = 9
	}
	switch m.IntN(kinds) {
	case 0:
		return mql.Unwind{Path: m.name("u.")}
	case 1:
		return &mql.Group{ID: m.expr(depth), Fields: m.object(depth)}
	case 2:
		return mql.Project{Fields: m.object(depth)}
	case 3:
		return mql.Unset{"x", "y"}[:1+m.IntN(2)]
	case 4:
		return mql.Limit(1 + m.IntN(100))
	case 5:
		return &mql.Lookup{From: m.name("c"), LocalField: "l", ForeignField: "f", As: "as"}
	case 6:
		return mql.Match{Query: m.query(3)}
	case 7:
		return mql.UnionWith{Collection: m.name("c"), Pipeline: m.stages(depth - 1)}
	default:
		return &mql.Lookup{From: m.name("c"), Let: m.object(depth - 1), Pipeline: m.stages(depth - 1), As: "as"}
	}
}
