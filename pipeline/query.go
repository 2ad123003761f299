package pipeline

import (
	"slices"
	"strings"

	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/mql"
)

// query spells n as a query document over the value of v, whose fields are behind base.
// In a level's own document everything can be said; inside an $elemMatch only what plain allows.
func (l *level) query(n node, v *variable, base string) mql.Query {
	switch n := n.(type) {
	case constant:
		if n {
			return nil
		}
		return nothing
	case and:
		return l.queryAnd(n, v, base)
	case or:
		return mql.Some(l.alternatives(n, v, base)...)
	case not:
		return l.queryNot(n.of, v, base)
	case test:
		if n.ref.v != v {
			return l.queryExpr(n, v)
		}
		return l.queryTest(n, strings.TrimSuffix(base+n.ref.path, "."))
	case pair, held:
		return l.queryExpr(n, v)
	case exists:
		return l.queryExists(n, v, base)
	case *among:
		return l.queryAmong(n, v, true)
	default:
		l.fail("formula %T", n)
		return nothing
	}
}

func (l *level) queryExpr(n node, v *variable) mql.Query {
	if v != l.v {
		l.fail("an expression inside $elemMatch")
		return nothing
	}
	return mql.Query{mql.ExprMatch{Expr: l.expr(n)}}
}

// queryAnd merges the conjuncts into one document where their keys allow, in their order; expressions become one.
func (l *level) queryAnd(n and, v *variable, base string) mql.Query {
	m := merger{out: make(mql.Query, 0, len(n))}
	for _, c := range n {
		m.add(l.query(c, v, base))
	}
	return m.query()
}

// without is the operator "no element does".
func without(arg mql.Arg) mql.Op { return mql.Is("$not", mql.Ops{mql.Is("$elemMatch", arg)}) }

// queryNot spells NOT n.
func (l *level) queryNot(n node, v *variable, base string) mql.Query {
	if v == l.v && l.readsOuter(n) { // FerretDB refuses a $nor around an $expr with variables
		return mql.Query{mql.ExprMatch{Expr: l.expr(not{n})}}
	}
	switch n := n.(type) {
	case exists:
		if as, q := l.whole(n); q != nil {
			return mql.On(as, without(q))
		}
		if l.isJoin(n) {
			return mql.On(l.lookup(n)+".0", absent)
		}
		switch domain := n.domain.(type) {
		case elements:
			if domain.array.v == v && plainElements(n) {
				return mql.On(base+domain.array.path, without(l.elementQuery(n)))
			}
		case keys:
			if ops := noKey(n); ops != nil && domain.list.v == v {
				return mql.On(base+domain.list.path, without(ops))
			}
		case joined:
		}
	case *among:
		return l.queryAmong(n, v, false)
	case or:
		return mql.None(l.alternatives(n, v, base)...)
	}
	q := l.query(n, v, base)
	if _, ok := mql.Alone[mql.ExprMatch](q); ok {
		return mql.Query{mql.ExprMatch{Expr: l.expr(not{n})}}
	}
	return mql.None(q)
}

// elementQuery spells the body of "some element" for an $elemMatch.
func (l *level) elementQuery(n exists) mql.Arg {
	if n.body == constant(true) {
		return object
	}
	return l.query(n.body, n.v, "")
}

// alternatives spells the branches of an OR. What is spelled as an $or itself joins them.
func (l *level) alternatives(n or, v *variable, base string) []mql.Query {
	branches := make([]mql.Query, 0, len(n))
	for _, m := range n {
		branches = appendBranches(branches, l.query(m, v, base))
	}
	return branches
}

// appendBranches adds a query to the branches of an $or; of another $or, its own.
func appendBranches(to []mql.Query, q mql.Query) []mql.Query {
	if inner, ok := mql.Alone[mql.Logic](q); ok && inner.Op == mql.Or {
		return append(to, inner.Of...)
	}
	return append(to, q)
}

// readsOuter reports whether n, spelled as an expression, reads a variable of the $lookup that the level is in.
func (l *level) readsOuter(n node) bool {
	if l.up == nil {
		return false
	}
	bound := []*variable{l.v}
	reads := func(r ref) bool { return !slices.Contains(bound, r.v) }
	var any func(n node) bool
	any = func(n node) bool {
		switch n := n.(type) {
		case and:
			return slices.ContainsFunc(n, any)
		case or:
			return slices.ContainsFunc(n, any)
		case not:
			return any(n.of)
		case test:
			return reads(n.ref)
		case pair:
			return reads(n.l) || reads(n.r)
		case held:
			return reads(n.key.local) || n.of != nil
		case exists:
			if l.isJoin(n) {
				return false
			}
			bound = append(bound, n.v)
			switch d := n.domain.(type) {
			case elements:
				return reads(d.array) || any(n.body)
			case keys:
				return reads(d.list) || any(n.body)
			case joined:
			}
		}
		return false
	}
	return any(n)
}

func (l *level) queryTest(t test, path string) mql.Query {
	switch t.kind {
	case testTrue, testFalse:
		q, err := spelling{t.leaf}.query(path, t.kind == testTrue)
		if err != nil && l.err == nil {
			l.err = err
		}
		return q
	case testNull:
		return mql.On(path, isNil...)
	case testMissing:
		return mql.On(path, absent)
	case testSet:
		if t.isID() {
			return mql.On(path, notNull)
		}
		return mql.None(mql.On(path, isNil...))
	case testKey:
		if t.isID() {
			return mql.On(path, notNull)
		}
		return mql.On(path, isKey...)
	case testDocument:
		return mql.On(path, ofType("object"), notArray)
	case testOne:
		return mql.On(path, notArray)
	case testList:
		return mql.On(path, ofType("array"), notNull)
	case testDocs:
		return mql.On(path, ofType("array"), without(mql.Ops{mql.Is("$not", object)}))
	case testEmpty:
		return mql.On(path, mql.Is("$size", mql.Const{Value: int32(0)}))
	default:
		l.fail("test %d", t.kind)
		return nothing
	}
}

// queryExists spells "some element", "some key" or "some document" as a query.
func (l *level) queryExists(n exists, v *variable, base string) mql.Query {
	if l.isJoin(n) {
		if v != l.v {
			l.fail("a join inside $elemMatch")
			return nothing
		}
		if as, q := l.whole(n); q != nil {
			return mql.On(as, mql.Is("$elemMatch", q))
		}
		return mql.On(l.lookup(n)+".0", present)
	}
	switch domain := n.domain.(type) {
	case elements:
		if domain.array.v == v && plainElements(n) {
			return mql.On(base+domain.array.path, mql.Is("$elemMatch", l.elementQuery(n)))
		}
	case keys:
		if q := someKey(n, base+domain.list.path); q != nil && domain.list.v == v {
			return q
		}
	case joined:
	}
	return l.queryExpr(n, v)
}
