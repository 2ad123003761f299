package pipeline

import (
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// query spells n as a query document over the value of v, whose fields are behind base.
// In a level's own document everything can be said; inside an $elemMatch only what plain allows.
func (l *level) query(n node, v *variable, base string) bson.D {
	switch n := n.(type) {
	case constant:
		if n {
			return bson.D{}
		}
		return nothing()
	case and:
		return l.queryAnd(n, v, base)
	case or:
		return d("$or", l.alternatives(n, v, base))
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
		return nothing()
	}
}

func (l *level) queryExpr(n node, v *variable) bson.D {
	if v != l.v {
		l.fail("an expression inside $elemMatch")
		return nothing()
	}
	return d("$expr", l.expr(n))
}

// queryAnd merges the conjuncts into one document where their keys allow, in their order; expressions become one.
func (l *level) queryAnd(n and, v *variable, base string) bson.D {
	m := merger{out: make(bson.D, 0, len(n))}
	for _, c := range n {
		m.add(l.query(c, v, base))
	}
	return m.query()
}

// queryNot spells NOT n.
func (l *level) queryNot(n node, v *variable, base string) bson.D {
	if v == l.v && l.readsOuter(n) { // FerretDB refuses a $nor around an $expr with variables
		return d("$expr", l.expr(not{n}))
	}
	switch n := n.(type) {
	case exists:
		if as, q := l.whole(n); q != nil {
			return d(as, d("$not", q))
		}
		if l.isJoin(n) {
			return d(l.lookup(n)+".0", absent)
		}
		switch domain := n.domain.(type) {
		case elements:
			if domain.array.v == v && plainElements(n) {
				path := base + domain.array.path
				if n.body == constant(true) {
					return d(path, d("$not", d("$elemMatch", typeObject)))
				}
				return d(path, d("$not", d("$elemMatch", l.query(n.body, n.v, ""))))
			}
		case keys:
			if ops := noKey(n); ops != nil && domain.list.v == v {
				return d(base+domain.list.path, d("$not", d("$elemMatch", ops)))
			}
		}
	case *among:
		return l.queryAmong(n, v, false)
	case or:
		return d("$nor", l.alternatives(n, v, base))
	}
	q := l.query(n, v, base)
	if len(q) == 1 && q[0].Key == "$expr" {
		return d("$expr", l.expr(not{n}))
	}
	return d("$nor", bson.A{q})
}

// alternatives spells the branches of an OR. What is spelled as an $or itself joins them.
func (l *level) alternatives(n or, v *variable, base string) bson.A {
	branches := make(bson.A, 0, len(n))
	for _, m := range n {
		q := l.query(m, v, base)
		if len(q) == 1 && q[0].Key == "$or" {
			branches = append(branches, q[0].Value.(bson.A)...)
		} else {
			branches = append(branches, q)
		}
	}
	return branches
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
			}
		}
		return false
	}
	return any(n)
}

// isID says that a test is of a stored document's _id, which is never an array.
func (t test) isID() bool { return t.ref.v.collection != "" && t.ref.path == "_id" }

func (l *level) queryTest(t test, path string) bson.D {
	switch t.kind {
	case testTrue, testFalse:
		q, err := t.leaf.query(path, t.kind == testTrue)
		if err != nil && l.err == nil {
			l.err = err
		}
		return q
	case testNull:
		return d(path, bson.D{{Key: "$eq", Value: null}, notArray()})
	case testMissing:
		return d(path, absent)
	case testSet:
		if t.isID() {
			return d(path, notNull)
		}
		return d("$nor", bson.A{d(path, bson.D{{Key: "$eq", Value: null}, notArray()})})
	case testKey:
		if t.isID() {
			return d(path, notNull)
		}
		return d(path, isKey)
	case testDocument:
		return d(path, bson.D{{Key: "$type", Value: "object"}, notArray()})
	case testOne:
		return d(path, bson.D{notArray()})
	case testList:
		return d(path, bson.D{{Key: "$type", Value: "array"}, {Key: "$ne", Value: null}})
	case testDocs:
		return d(path, bson.D{{Key: "$type", Value: "array"}, {Key: "$not", Value: d("$elemMatch", d("$not", typeObject))}})
	case testEmpty:
		return d(path, d("$size", int32(0)))
	default:
		l.fail("test %d", t.kind)
		return nothing()
	}
}

// queryExists spells "some element", "some key" or "some document" as a query.
func (l *level) queryExists(n exists, v *variable, base string) bson.D {
	if l.isJoin(n) {
		if v != l.v {
			l.fail("a join inside $elemMatch")
			return nothing()
		}
		if as, q := l.whole(n); q != nil {
			return d(as, q)
		}
		return d(l.lookup(n)+".0", present)
	}
	switch domain := n.domain.(type) {
	case elements:
		if domain.array.v == v && plainElements(n) {
			if n.body == constant(true) {
				return d(base+domain.array.path, d("$elemMatch", typeObject))
			}
			return d(base+domain.array.path, d("$elemMatch", l.query(n.body, n.v, "")))
		}
	case keys:
		if q := someKey(n, base+domain.list.path); q != nil && domain.list.v == v {
			return q
		}
	}
	return l.queryExpr(n, v)
}
