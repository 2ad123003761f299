package pipeline

import (
	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/relations"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// expr spells n as an aggregation expression.
func (l *level) expr(n node) any {
	switch n := n.(type) {
	case constant:
		return bool(n)
	case and:
		out := make(bson.A, 0, len(n))
		for _, m := range n {
			out = appendConjuncts(out, l.expr(m))
		}
		return d("$and", out)
	case or:
		out := make(bson.A, len(n))
		for i, m := range n {
			out[i] = l.expr(m)
		}
		return d("$or", out)
	case not:
		if e, ok := n.of.(exists); ok && l.isJoin(e) {
			return d("$eq", bson.A{"$" + l.lookup(e), bson.A{}})
		} else if ok {
			return l.exprExists(e, false)
		}
		return d("$not", bson.A{l.expr(n.of)})
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
		return false
	}
}

// appendConjuncts adds an expression to those of an $and; of another $and, its own.
func appendConjuncts(to bson.A, e any) bson.A {
	if q, ok := e.(bson.D); ok && len(q) == 1 && q[0].Key == "$and" {
		return append(to, q[0].Value.(bson.A)...)
	}
	return append(to, e)
}

func (l *level) exprTest(t test) any {
	x := l.value(t.ref)
	switch t.kind {
	case testTrue, testFalse:
		var e any
		var err error
		if t.ref.path == "" && t.ref.v.collection == "" { // an element of a list of keys: one value
			e, err = t.leaf.elementExpr(x, t.kind == testTrue)
		} else {
			e, err = t.leaf.expr(x, t.kind == testTrue)
		}
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
		return d("$and", bson.A{isSet(x), d("$not", bson.A{isArray(x)})})
	case testDocument:
		return isType(x, "object")
	case testOne:
		return d("$not", bson.A{isArray(x)})
	case testList:
		return d("$cond", bson.A{isArray(x), d("$not", bson.A{d("$in", bson.A{null, x})}), false})
	case testDocs:
		return d("$cond", bson.A{isArray(x), allOf(d("$cond", bson.A{isArray(x), x, bson.A{}}), "x", isType("$$x", "object")), false})
	case testEmpty:
		return d("$eq", bson.A{x, bson.A{}})
	default:
		l.fail("test %d", t.kind)
		return false
	}
}

func (l *level) exprPair(p pair) any {
	left, right := orZero(l.value(p.l), p.lZero), orZero(l.value(p.r), p.rZero)
	if alias(p.typ) == "" {
		l.fail("a comparison of fields without a declared type")
		return false
	}
	if p.op == filter.In {
		elements := d("$cond", bson.A{isArray(right), right, bson.A{}})
		conds := comparable(left, p.typ, true)
		if p.truth && p.typ == relations.String { // a symbol in the list equals the string, but is none
			return d("$and", append(conds, anyOf(elements, "x", d("$and", append(comparable("$$x", p.typ, false), d("$eq", bson.A{"$$x", left}))))))
		}
		if p.truth {
			return d("$and", append(conds, d("$in", bson.A{left, elements})))
		}
		conds = comparable(left, p.typ, false)
		differs := d("$and", append(comparable("$$x", p.typ, false), differ("$$x", left, p.typ)))
		return d("$and", append(conds, d("$cond", bson.A{isArray(right), allOf(elements, "x", differs), false})))
	}
	if p.op == filter.Eq && !p.truth {
		conds := comparable(left, p.typ, false)
		if p.l != p.r {
			conds = append(conds, comparable(right, p.typ, false)...)
		}
		return d("$and", append(conds, differ(left, right, p.typ)))
	}
	op, notNaNLeft, notNaNRight, ok := comparisonExpr(p.op, p.truth)
	if !ok {
		l.fail("%v of a field with a field", p.op)
		return false
	}
	conds := comparable(left, p.typ, notNaNLeft)
	if p.l == p.r {
		conds = comparable(left, p.typ, notNaNLeft || notNaNRight)
	} else {
		conds = append(conds, comparable(right, p.typ, notNaNRight)...)
	}
	return d("$and", append(conds, d(op, bson.A{left, right})))
}

// held says that the foreign value of a join is, or holds, its key.
type held struct {
	key joinKey
	of  *variable // whose foreign field it is; nil: that of the level's own document
}

func (held) node() {}

// exprHeld spells what a $lookup's localField and foreignField say, for keys that they cannot serve.
func (l *level) exprHeld(h held) any {
	key := l.value(h.key.local)
	holds := l.exprHolds
	if h.of != nil {
		holds = func(key any, foreign relations.FieldRef) any {
			return d("$in", bson.A{key, wrapped(l.value(ref{h.of, foreign.Path}))})
		}
	}
	if !h.key.list {
		return holds(key, h.key.foreign)
	}
	isKey := bson.A{isSet("$$k"), d("$not", bson.A{isArray("$$k")})}
	return anyOf(wrapped(key), "k", d("$and", appendConjuncts(isKey, holds("$$k", h.key.foreign))))
}

// exprHolds is the expression "some value at the foreign path is, or holds, the key", whatever arrays the path crosses.
func (l *level) exprHolds(key any, foreign relations.FieldRef) any {
	if foreign.Path == "_id" {
		return d("$eq", bson.A{key, "$" + l.path("_id")})
	}
	at, rest := "$"+l.path(""), foreign.Path
	if at == "$" {
		at = ""
	}
	var build func(at, rest string, steps []relations.Step, done int) any
	build = func(at, rest string, steps []relations.Step, done int) any {
		sep := "."
		if at == "" {
			at, sep = "$", ""
		}
		if len(steps) == 0 {
			return d("$in", bson.A{key, wrapped(at + sep + rest)})
		}
		seg := steps[0].Path[done:]
		name := "f" + string(rune('0'+len(foreign.Steps)-len(steps)))
		inner := build("$$"+name, rest[len(seg)+1:], steps[1:], done+len(seg)+1)
		return anyOf(wrapped(at+sep+seg), name, d("$and", bson.A{d("$not", bson.A{isArray("$$" + name)}), inner}))
	}
	return build(at, rest, foreign.Steps, 0)
}

// exprExists spells that some element makes the body true, or that none does.
func (l *level) exprExists(n exists, truth bool) any {
	if l.isJoin(n) {
		return d("$ne", bson.A{"$" + l.lookup(n), bson.A{}})
	}
	var input any
	var isOne func(e any) any
	switch domain := n.domain.(type) {
	case elements:
		x := l.value(domain.array)
		input = d("$cond", bson.A{isArray(x), x, bson.A{}})
		if !domain.docsOnly && !forces(n.body, n.v, "") {
			isOne = func(e any) any { return isType(e, "object") }
		} else if !domain.docsOnly { // a path through a nested array would read its elements
			isOne = func(e any) any { return d("$not", bson.A{isArray(e)}) }
		}
	case keys:
		input = wrapped(l.value(domain.list))
		isOne = func(e any) any {
			return d("$and", bson.A{isSet(e), d("$not", bson.A{isArray(e)})})
		}
	default:
		l.fail("domain %T", n.domain)
		return false
	}
	name, done := l.name(n.v)
	defer done()
	e := "$$" + name
	var in bson.A
	if isOne != nil {
		in = appendConjuncts(in, isOne(e))
	}
	if truth {
		if n.body != constant(true) || in == nil {
			in = appendConjuncts(in, l.expr(n.body))
		}
		return anyOf(input, name, conjunction(in))
	}
	none := l.expr(negate(n.body))
	switch {
	case in != nil && none == false:
		none = d("$not", bson.A{conjunction(in)})
	case in != nil:
		none = d("$or", bson.A{d("$not", bson.A{conjunction(in)}), none})
	}
	return allOf(input, name, none)
}

func conjunction(es bson.A) any {
	if len(es) == 1 {
		return es[0]
	}
	return d("$and", es)
}

// comparisonExpr is the operator of a field-to-field comparison and which sides must not be NaN, below all numbers there.
func comparisonExpr(op filter.Operator, truth bool) (name string, left, right bool, ok bool) {
	if op == filter.Eq {
		return "$eq", true, false, truth
	}
	is, opposite := orderOperator(op)
	if !truth {
		is = opposite
	}
	return is, is == "$lt" || is == "$lte", is == "$gt" || is == "$gte", is != ""
}

// differ is the expression "a and b, both of that type, are not equal". NaN equals nothing, itself
// included.
func differ(a, b any, typ relations.ValueType) any {
	ne := d("$ne", bson.A{a, b})
	if typ != relations.Number {
		return ne
	}
	return d("$or", bson.A{ne, d("$eq", bson.A{a, nan})})
}

// orZero is the expression "e, or where it is missing the value that it counts as then".
func orZero(e any, f *relations.Field) any {
	zero, ok := zeroOf(f)
	if !ok {
		return e
	}
	return d("$cond", bson.A{isMissing(e), literal(zero), e})
}

// comparable is the expressions "e is a value of that type", and no NaN where that is asked.
func comparable(e any, typ relations.ValueType, notNaN bool) bson.A {
	out := bson.A{isType(e, alias(typ))}
	if notNaN && typ == relations.Number {
		out = append(out, d("$ne", bson.A{e, nan}))
	}
	return out
}
