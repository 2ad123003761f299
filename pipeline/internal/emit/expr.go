package emit

import (
	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/formula"
	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/mql"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

// expr spells n as an aggregation expression.
func (s *Scope) expr(n formula.Node) mql.Expr {
	switch n := n.(type) {
	case formula.Constant:
		return boolean(bool(n))
	case formula.And:
		out := make(mql.Args, 0, len(n))
		for _, m := range n {
			out = appendConjuncts(out, s.expr(m))
		}
		return mql.Call{Op: "$and", Arg: out}
	case formula.Or:
		out := make(mql.Args, len(n))
		for i, m := range n {
			out[i] = s.expr(m)
		}
		return mql.Call{Op: "$or", Arg: out}
	case formula.Not:
		if e, ok := n.Of.(formula.Exists); ok && s.isJoin(e) {
			return mql.Fn("$eq", mql.Path(s.lookup(e)), mql.Args{})
		} else if ok {
			return s.exprExists(e, false)
		}
		return negated(s.expr(n.Of))
	case *formula.Test:
		return s.exprTest(n)
	case formula.Pair:
		return s.exprPair(n)
	case formula.HoldsKey:
		return s.exprHoldsKey(n)
	case *formula.KeyLookup:
		return s.exprKeyLookup(n)
	case formula.Exists:
		return s.exprExists(n, true)
	default:
		s.fail("formula %T", n)
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

func (s *Scope) exprTest(t *formula.Test) mql.Expr {
	x := s.value(t.Ref)
	switch t.Kind {
	case formula.SurelyTrue, formula.SurelyFalse:
		leaf := spelling{Leaf: &t.Leaf}
		spell := leaf.expr
		if t.Ref.Path == "" && t.Ref.Var.Collection == "" { // an element of a list of keys: one value
			spell = leaf.elementExpr
		}
		e, err := spell(x, t.Kind == formula.SurelyTrue)
		if err != nil && s.Err == nil {
			s.Err = err
		}
		return e
	case formula.IsNull:
		return isNull(x)
	case formula.IsMissing:
		return isMissing(x)
	case formula.IsSet:
		return isSet(x)
	case formula.IsKey:
		return isKeyExpr(x)
	case formula.IsDocument:
		return isType(x, "object")
	case formula.IsNoArray:
		return negated(isArray(x))
	case formula.IsListWithoutNull:
		return cond(isArray(x), negated(mql.Fn("$in", mql.Null, x)), boolean(false))
	case formula.IsListOfDocuments:
		return cond(isArray(x), allOf(arrayOr(x), "x", isType(mql.Var("x"), "object")), boolean(false))
	case formula.IsEmptyList:
		return mql.Fn("$eq", x, mql.Args{})
	default:
		s.fail("test %d", t.Kind)
		return boolean(false)
	}
}

// isKeyExpr is the expression "e can be a key": it is neither missing, null nor an array.
func isKeyExpr(e mql.Expr) mql.Expr { return both2(isSet(e), negated(isArray(e))) }

func (s *Scope) exprPair(p formula.Pair) mql.Expr {
	left, right := orZero(s.value(p.L), p.LZero), orZero(s.value(p.R), p.RZero)
	if formula.Alias(p.Type) == "" {
		s.fail("a comparison of fields without a declared type")
		return boolean(false)
	}
	if p.Op == filter.In {
		return exprPairIn(p, left, right)
	}
	if p.Op == filter.Eq && !p.Truth {
		conds := comparable(left, p.Type, false)
		if p.L != p.R {
			conds = append(conds, comparable(right, p.Type, false)...)
		}
		return mql.Call{Op: "$and", Arg: append(conds, differ(left, right, p.Type))}
	}
	op, notNaNLeft, notNaNRight, ok := comparisonExpr(p.Op, p.Truth)
	if !ok {
		s.fail("%v of a field with a field", p.Op)
		return boolean(false)
	}
	conds := comparable(left, p.Type, notNaNLeft)
	if p.L == p.R {
		conds = comparable(left, p.Type, notNaNLeft || notNaNRight)
	} else {
		conds = append(conds, comparable(right, p.Type, notNaNRight)...)
	}
	return mql.Call{Op: "$and", Arg: append(conds, mql.Fn(op, left, right))}
}

// exprPairIn is exprPair for "left is an element of the list right".
func exprPairIn(p formula.Pair, left, right mql.Expr) mql.Expr {
	conds := comparable(left, p.Type, p.Truth)
	element := comparable(mql.Var("x"), p.Type, false)
	switch {
	case p.Truth && p.Type == relations.String: // a symbol in the list equals the string, but is none
		equal := append(element, mql.Fn("$eq", mql.Var("x"), left))
		conds = append(conds, anyOf(arrayOr(right), "x", mql.Call{Op: "$and", Arg: equal}))
	case p.Truth:
		conds = append(conds, mql.Fn("$in", left, arrayOr(right)))
	default:
		differs := append(element, differ(mql.Var("x"), left, p.Type))
		conds = append(conds, cond(isArray(right), allOf(arrayOr(right), "x", mql.Call{Op: "$and", Arg: differs}), boolean(false)))
	}
	return mql.Call{Op: "$and", Arg: conds}
}

// exprHoldsKey spells what a $lookup's localField and foreignField say, for keys that they cannot
// serve.
func (s *Scope) exprHoldsKey(h formula.HoldsKey) mql.Expr {
	key := s.value(h.Key.Local)
	holds := s.exprHolds
	if h.Of != nil {
		holds = func(key mql.Expr, foreign relations.FieldRef) mql.Expr {
			return mql.Fn("$in", key, wrapped(s.value(formula.Ref{Var: h.Of, Path: foreign.Path})))
		}
	}
	if !h.Key.List {
		return holds(key, h.Key.Foreign)
	}
	const k = mql.Var("k")
	return anyOf(wrapped(key), "k", mql.Call{Op: "$and", Arg: appendConjuncts(mql.Args{isSet(k), negated(isArray(k))}, holds(k, h.Key.Foreign))})
}

// exprHolds is the expression "some value at the foreign path is, or holds, the key", whatever
// arrays the path crosses.
func (s *Scope) exprHolds(key mql.Expr, foreign relations.FieldRef) mql.Expr {
	if foreign.Path == "_id" {
		return mql.Fn("$eq", key, mql.Path(s.Path("_id")))
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
	document := func(path string) mql.Expr { return mql.Path(s.Path(path)) }
	return build(document, foreign.Path, foreign.Steps, 0)
}

// exprExists spells that some element makes the body true, or that none does.
func (s *Scope) exprExists(n formula.Exists, truth bool) mql.Expr {
	if s.isJoin(n) {
		return mql.Fn("$ne", mql.Path(s.lookup(n)), mql.Args{})
	}
	name, done := s.name(n.Var)
	defer done()
	e := mql.Var(name)
	var input mql.Expr
	var in mql.Args // what an element must be
	switch domain := n.Domain.(type) {
	case formula.Elements:
		input = arrayOr(s.value(domain.Array))
		if !domain.DocsOnly && !formula.Forces(n.Body, n.Var, "") {
			in = mql.Args{isType(e, "object")}
		} else if !domain.DocsOnly { // a path through a nested array would read its elements
			in = mql.Args{negated(isArray(e))}
		}
	case formula.Keys:
		input = wrapped(s.value(domain.List))
		in = mql.Args{isSet(e), negated(isArray(e))}
	case formula.Joined:
		s.fail("domain %T", n.Domain)
		return boolean(false)
	default:
		s.fail("domain %T", n.Domain)
		return boolean(false)
	}
	if truth {
		if n.Body != formula.Constant(true) || in == nil {
			in = appendConjuncts(in, s.expr(n.Body))
		}
		return anyOf(input, name, conjunction(in))
	}
	none := s.expr(formula.Negate(n.Body))
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
