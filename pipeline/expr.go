package pipeline

import (
	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/mql"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

// expr spells n as an aggregation expression.
func (l *level) expr(n node) mql.Expr {
	switch n := n.(type) {
	case constant:
		return boolean(bool(n))
	case and:
		out := make(mql.Args, 0, len(n))
		for _, m := range n {
			out = appendConjuncts(out, l.expr(m))
		}
		return mql.Call{Op: "$and", Arg: out}
	case or:
		out := make(mql.Args, len(n))
		for i, m := range n {
			out[i] = l.expr(m)
		}
		return mql.Call{Op: "$or", Arg: out}
	case not:
		if e, ok := n.of.(exists); ok && l.isJoin(e) {
			return mql.Fn("$eq", mql.Path(l.lookup(e)), mql.Args{})
		} else if ok {
			return l.exprExists(e, false)
		}
		return negated(l.expr(n.of))
	case test:
		return l.exprTest(n)
	case pair:
		return l.exprPair(n)
	case held:
		return l.exprHeld(n)
	case *among:
		return l.exprAmong(n)
	case exists:
		return l.exprExists(n, true)
	default:
		l.fail("formula %T", n)
		return boolean(false)
	}
}

// appendConjuncts adds an expression to those of an $and; of another $and, its own.
func appendConjuncts(to mql.Args, e mql.Expr) mql.Args {
	if call, ok := e.(mql.Call); ok && call.Op == "$and" {
		return append(to, call.Arg.(mql.Args)...)
	}
	return append(to, e)
}

func (l *level) exprTest(t test) mql.Expr {
	x := l.value(t.ref)
	switch t.kind {
	case testTrue, testFalse:
		s := spelling{t.leaf}
		spell := s.expr
		if t.ref.path == "" && t.ref.v.collection == "" { // an element of a list of keys: one value
			spell = s.elementExpr
		}
		e, err := spell(x, t.kind == testTrue)
		if err != nil && l.err == nil {
			l.err = err
		}
		return e
	case testNull:
		return isNull(x)
	case testMissing:
		return isMissing(x)
	case testSet:
		return isSet(x)
	case testKey:
		return isKeyExpr(x)
	case testDocument:
		return isType(x, "object")
	case testOne:
		return negated(isArray(x))
	case testList:
		return cond(isArray(x), negated(mql.Fn("$in", mql.Null, x)), boolean(false))
	case testDocs:
		return cond(isArray(x), allOf(arrayOr(x), "x", isType(mql.Var("x"), "object")), boolean(false))
	case testEmpty:
		return mql.Fn("$eq", x, mql.Args{})
	default:
		l.fail("test %d", t.kind)
		return boolean(false)
	}
}

// isKeyExpr is the expression "e can be a key": it is neither missing, null nor an array.
func isKeyExpr(e mql.Expr) mql.Expr { return both2(isSet(e), negated(isArray(e))) }

func (l *level) exprPair(p pair) mql.Expr {
	left, right := orZero(l.value(p.l), p.lZero), orZero(l.value(p.r), p.rZero)
	if alias(p.typ) == "" {
		l.fail("a comparison of fields without a declared type")
		return boolean(false)
	}
	if p.op == filter.In {
		return exprPairIn(p, left, right)
	}
	if p.op == filter.Eq && !p.truth {
		conds := comparable(left, p.typ, false)
		if p.l != p.r {
			conds = append(conds, comparable(right, p.typ, false)...)
		}
		return mql.Call{Op: "$and", Arg: append(conds, differ(left, right, p.typ))}
	}
	op, notNaNLeft, notNaNRight, ok := comparisonExpr(p.op, p.truth)
	if !ok {
		l.fail("%v of a field with a field", p.op)
		return boolean(false)
	}
	conds := comparable(left, p.typ, notNaNLeft)
	if p.l == p.r {
		conds = comparable(left, p.typ, notNaNLeft || notNaNRight)
	} else {
		conds = append(conds, comparable(right, p.typ, notNaNRight)...)
	}
	return mql.Call{Op: "$and", Arg: append(conds, mql.Fn(op, left, right))}
}

// exprPairIn is exprPair for "left is an element of the list right".
func exprPairIn(p pair, left, right mql.Expr) mql.Expr {
	conds := comparable(left, p.typ, p.truth)
	element := comparable(mql.Var("x"), p.typ, false)
	switch {
	case p.truth && p.typ == relations.String: // a symbol in the list equals the string, but is none
		equal := append(element, mql.Fn("$eq", mql.Var("x"), left))
		conds = append(conds, anyOf(arrayOr(right), "x", mql.Call{Op: "$and", Arg: equal}))
	case p.truth:
		conds = append(conds, mql.Fn("$in", left, arrayOr(right)))
	default:
		differs := append(element, differ(mql.Var("x"), left, p.typ))
		conds = append(conds, cond(isArray(right), allOf(arrayOr(right), "x", mql.Call{Op: "$and", Arg: differs}), boolean(false)))
	}
	return mql.Call{Op: "$and", Arg: conds}
}

// exprHeld spells what a $lookup's localField and foreignField say, for keys that they cannot serve.
func (l *level) exprHeld(h held) mql.Expr {
	key := l.value(h.key.local)
	holds := l.exprHolds
	if h.of != nil {
		holds = func(key mql.Expr, foreign relations.FieldRef) mql.Expr {
			return mql.Fn("$in", key, wrapped(l.value(ref{h.of, foreign.Path})))
		}
	}
	if !h.key.list {
		return holds(key, h.key.foreign)
	}
	const k = mql.Var("k")
	return anyOf(wrapped(key), "k", mql.Call{Op: "$and", Arg: appendConjuncts(mql.Args{isSet(k), negated(isArray(k))}, holds(k, h.key.foreign))})
}

// exprHolds is the expression "some value at the foreign path is, or holds, the key", whatever arrays the path crosses.
func (l *level) exprHolds(key mql.Expr, foreign relations.FieldRef) mql.Expr {
	if foreign.Path == "_id" {
		return mql.Fn("$eq", key, mql.Path(l.path("_id")))
	}
	var build func(at func(path string) mql.Expr, rest string, steps []relations.Step, done int) mql.Expr
	build = func(at func(path string) mql.Expr, rest string, steps []relations.Step, done int) mql.Expr {
		if len(steps) == 0 {
			return mql.Fn("$in", key, wrapped(at(rest)))
		}
		seg := steps[0].Path[done:]
		name := "f" + string(rune('0'+len(foreign.Steps)-len(steps)))
		element := func(path string) mql.Expr { return mql.Var(name + "." + path) }
		inner := build(element, rest[len(seg)+1:], steps[1:], done+len(seg)+1)
		return anyOf(wrapped(at(seg)), name, both2(negated(isArray(mql.Var(name))), inner))
	}
	document := func(path string) mql.Expr { return mql.Path(l.path(path)) }
	return build(document, foreign.Path, foreign.Steps, 0)
}

// exprExists spells that some element makes the body true, or that none does.
func (l *level) exprExists(n exists, truth bool) mql.Expr {
	if l.isJoin(n) {
		return mql.Fn("$ne", mql.Path(l.lookup(n)), mql.Args{})
	}
	name, done := l.name(n.v)
	defer done()
	e := mql.Var(name)
	var input mql.Expr
	var in mql.Args // what an element must be
	switch domain := n.domain.(type) {
	case elements:
		input = arrayOr(l.value(domain.array))
		if !domain.docsOnly && !forces(n.body, n.v, "") {
			in = mql.Args{isType(e, "object")}
		} else if !domain.docsOnly { // a path through a nested array would read its elements
			in = mql.Args{negated(isArray(e))}
		}
	case keys:
		input = wrapped(l.value(domain.list))
		in = mql.Args{isSet(e), negated(isArray(e))}
	default:
		l.fail("domain %T", n.domain)
		return boolean(false)
	}
	if truth {
		if n.body != constant(true) || in == nil {
			in = appendConjuncts(in, l.expr(n.body))
		}
		return anyOf(input, name, conjunction(in))
	}
	none := l.expr(negate(n.body))
	switch {
	case in != nil && none == mql.Expr(boolean(false)):
		none = negated(conjunction(in))
	case in != nil:
		none = mql.Fn("$or", negated(conjunction(in)), none)
	}
	return allOf(input, name, none)
}

func conjunction(es mql.Args) mql.Expr {
	if len(es) == 1 {
		return es[0]
	}
	return mql.Call{Op: "$and", Arg: es}
}
