package emit

import (
	"slices"

	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/mql"
)

// merger makes the AND of query documents.
type merger struct {
	out     mql.Query
	exprs   mql.Args
	clashes []mql.Query
	room    mql.Query // for the queries among clashes that are one condition
}

func (m *merger) add(q mql.Query) {
	for _, condition := range q {
		switch c := condition.(type) {
		case mql.ExprMatch:
			m.exprs = appendConjuncts(m.exprs, c.Expr)
		case mql.Logic:
			switch {
			case c.Op == mql.Nor && m.addBranches(c):
			case c.Op == mql.And:
				m.clashes = append(m.clashes, c.Of...)
			case m.has(c.Op):
				m.clashes = append(m.clashes, mql.Query{condition})
			default:
				m.out = append(m.out, condition)
			}
		case *mql.Field:
			m.addField(c)
		}
	}
}

// addField adds the condition on a field.
func (m *merger) addField(f *mql.Field) {
	switch i := m.field(f.Path); {
	case i < 0:
		m.out = append(m.out, f)
	case !m.mergeField(i, f):
		if m.clashes == nil {
			m.clashes, m.room = make([]mql.Query, 0, cap(m.out)), make(mql.Query, 0, cap(m.out))
		}
		m.room = append(m.room, f)
		m.clashes = append(m.clashes, m.room[len(m.room)-1:len(m.room):len(m.room)])
	}
}

// has reports whether a condition of that key is there: a document holds each key once.
func (m *merger) has(key string) bool {
	return slices.ContainsFunc(m.out, func(c mql.Condition) bool { return mql.Key(c) == key })
}

// addBranches adds the branches of a $nor to the one that is there, if there is.
func (m *merger) addBranches(nor mql.Logic) bool {
	for i, c := range m.out {
		if have, ok := c.(mql.Logic); ok && have.Op == nor.Op {
			have.Of = slices.Concat(have.Of, nor.Of)
			m.out[i] = have
			return true
		}
	}
	return false
}

// field returns the index of the condition on a path, -1 if there is none.
func (m *merger) field(path string) int {
	return slices.IndexFunc(m.out, func(c mql.Condition) bool {
		f, ok := c.(*mql.Field)
		return ok && f.Path == path
	})
}

// mergeField adds operators to the condition at an index, which is on the same field. It reports
// false where the operators clash.
func (m *merger) mergeField(i int, f *mql.Field) bool {
	have := m.out[i].(*mql.Field)
	merged := slices.Clip(have.Ops)
	for _, op := range f.Ops {
		at := slices.IndexFunc(have.Ops, func(other mql.Op) bool { return other.Name == op.Name })
		if at >= 0 && !mql.EqualArgs(have.Ops[at].Arg, op.Arg) {
			return false
		}
		// $regex and $type belong to one value only where they stand alone; $elemMatch binds its own.
		if at < 0 {
			merged = append(merged, op)
		}
	}
	m.out[i] = &mql.Field{Path: have.Path, Ops: merged}
	return true
}

func (m *merger) query() mql.Query {
	switch len(m.exprs) {
	case 0:
	case 1:
		m.out = append(m.out, mql.ExprMatch{Expr: m.exprs[0]})
	default:
		m.out = append(m.out, mql.ExprMatch{Expr: mql.Call{Op: "$and", Arg: m.exprs}})
	}
	if len(m.clashes) == 1 { // an $and of one would do, but the two belong together
		key := mql.Key(m.clashes[0][0])
		if i := slices.IndexFunc(m.out, func(c mql.Condition) bool { return mql.Key(c) == key }); i >= 0 {
			m.clashes = []mql.Query{{m.out[i]}, m.clashes[0]}
			m.out = slices.Delete(m.out, i, i+1)
		}
	}
	if len(m.clashes) > 0 {
		m.out = append(m.out, mql.Logic{Op: mql.And, Of: m.clashes})
	}
	return m.out
}

// Both returns the AND of two query documents.
func Both(a, b mql.Query) mql.Query {
	if len(b) == 0 {
		return a
	}
	m := merger{out: make(mql.Query, 0, len(a)+len(b))}
	m.add(a)
	m.add(b)
	return m.query()
}

// fewBranches are compared with each other: clauses often ask the same before their joins.
const fewBranches = 32

// AnyQuery returns the OR of query documents, each of the first few once.
func AnyQuery(qs []mql.Query) mql.Query {
	if len(qs) == 1 {
		return qs[0]
	}
	branches := make([]mql.Query, 0, len(qs))
	for _, q := range qs {
		if len(q) == 0 {
			return q
		}
		if len(branches) < fewBranches && slices.ContainsFunc(branches, func(b mql.Query) bool { return mql.Equal(b, q) }) {
			continue
		}
		branches = appendBranches(branches, q)
	}
	if len(branches) == 1 {
		return branches[0]
	}
	return mql.Some(branches...)
}
