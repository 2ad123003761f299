package pipeline

import (
	"strconv"
	"strings"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/relations"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// level is one pipeline being written: the root's, or the sub-pipeline of a $lookup.
type level struct {
	prefix     string    // of helper fields
	v          *variable // the document that flows through it
	base       string    // where v's value is in that document: "" or ends in a dot
	collection string    // the collection the document is of
	up         *level    // the pipeline that the $lookup stands in
	depth      int
	lets       []let   // of the $lookup
	names      []named // element variables bound by the expression being written, innermost last
	joins      []Join
	err        error
}

// let is a variable of a $lookup: a value of the enclosing document.
type let struct {
	ref  ref
	name string
}

type named struct {
	v    *variable
	name string
}

func (l *level) fail(format string, args ...any) {
	if l.err == nil {
		l.err = unsupported(format, args...)
	}
}

// nothing is the query that selects nothing, without a scan.
func nothing() bson.D { return d("_id", d("$in", bson.A{})) }

// stages writes the pipeline that keeps the documents for which n holds: a prefilter where there are joins, the joins, the match.
func (l *level) stages(n node) (prefilter bson.D, joins []Join, match bson.D) {
	match = l.query(n, l.v, l.base)
	if len(l.joins) > 0 {
		prefilter = l.query(withoutJoins(n), l.v, l.base)
	}
	return prefilter, l.joins, match
}

// withoutJoins returns what n says without the joins: a weaker formula.
func withoutJoins(n node) node {
	switch n := n.(type) {
	case and:
		out := make([]node, len(n))
		for i, m := range n {
			out[i] = withoutJoins(m)
		}
		return all(out...)
	case or:
		out := make([]node, len(n))
		for i, m := range n {
			out[i] = withoutJoins(m)
		}
		return some(out...)
	case exists:
		if _, ok := n.domain.(joined); ok {
			return constant(true)
		}
		if joins(n) {
			n.body = withoutJoins(n.body)
		}
		return n
	default:
		if joins(n) {
			return constant(true)
		}
		return n
	}
}

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
		branches := make(bson.A, len(n))
		for i, m := range n {
			branches[i] = l.query(m, v, base)
		}
		return d("$or", branches)
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

// merger makes the AND of query documents.
type merger struct {
	out            bson.D
	exprs, clashes bson.A
}

func (m *merger) add(q bson.D) {
	for _, e := range q {
		switch {
		case e.Key == "$expr":
			m.exprs = appendConjuncts(m.exprs, e.Value)
		case e.Key == "$nor" && appendTo(m.out, e):
		case e.Key == "$and":
			m.clashes = append(m.clashes, e.Value.(bson.A)...)
		case !mergeKey(&m.out, e):
			m.clashes = append(m.clashes, bson.D{e})
		}
	}
}

func (m *merger) query() bson.D {
	switch len(m.exprs) {
	case 0:
	case 1:
		m.out = append(m.out, bson.E{Key: "$expr", Value: m.exprs[0]})
	default:
		m.out = append(m.out, bson.E{Key: "$expr", Value: d("$and", m.exprs)})
	}
	if len(m.clashes) == 1 { // an $and of one would do, but the two belong together
		for i, e := range m.out {
			if e.Key == m.clashes[0].(bson.D)[0].Key {
				m.clashes = append(bson.A{bson.D{e}}, m.clashes...)
				m.out = append(m.out[:i], m.out[i+1:]...)
				break
			}
		}
	}
	if len(m.clashes) > 0 {
		m.out = append(m.out, bson.E{Key: "$and", Value: m.clashes})
	}
	return m.out
}

// appendTo adds the branches of a $nor to the one that is there, if there is.
func appendTo(q bson.D, e bson.E) bool {
	for i := range q {
		if q[i].Key == e.Key {
			have := q[i].Value.(bson.A)
			q[i].Value = append(have[:len(have):len(have)], e.Value.(bson.A)...)
			return true
		}
	}
	return false
}

// mergeKey adds a condition to a query document. It reports false where the key is taken and the operators clash.
func mergeKey(dst *bson.D, e bson.E) bool {
	for i := range *dst {
		have := &(*dst)[i]
		if have.Key != e.Key {
			continue
		}
		a, okA := have.Value.(bson.D)
		b, okB := e.Value.(bson.D)
		if e.Key[0] == '$' || !okA || !okB {
			return false
		}
		merged := a[:len(a):len(a)]
		for _, op := range b {
			clash := false
			for _, other := range a {
				if other.Key == op.Key {
					if !equalValue(other.Value, op.Value) {
						return false
					}
					clash = true
				}
			}
			// $regex and $type belong to one value only where they stand alone; $elemMatch binds its own.
			if !clash {
				merged = append(merged, op)
			}
		}
		have.Value = merged
		return true
	}
	*dst = append(*dst, e)
	return true
}

// queryNot spells NOT n.
func (l *level) queryNot(n node, v *variable, base string) bson.D {
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
	case or:
		branches := make(bson.A, len(n))
		for i, m := range n {
			branches[i] = l.query(m, v, base)
		}
		return d("$nor", branches)
	}
	q := l.query(n, v, base)
	if len(q) == 1 && q[0].Key == "$expr" {
		return d("$expr", l.expr(not{n}))
	}
	return d("$nor", bson.A{q})
}

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
	case testSet:
		if path == "_id" {
			return d(path, notNull)
		}
		return d("$nor", bson.A{d(path, bson.D{{Key: "$eq", Value: null}, notArray()})})
	case testKey:
		if path == "_id" { // never an array
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

// isJoin says whether n becomes a $lookup: a document of a collection, or an element from which one must be looked up.
func (l *level) isJoin(n exists) bool {
	if _, ok := n.domain.(joined); ok {
		return true
	}
	return dependentJoin(n)
}

// dependentJoin reports whether a join inside n reads an element that n, or something inside it, binds.
func dependentJoin(n exists) bool {
	var bound []*variable
	walk(n, func(m node) bool {
		if e, ok := m.(exists); ok && e.v.collection == "" {
			bound = append(bound, e.v)
		}
		return true
	})
	isFree := func(r ref) bool {
		for _, v := range bound {
			if r.v == v {
				return false
			}
		}
		return true
	}
	return !walk(n, func(m node) bool {
		e, ok := m.(exists)
		if !ok {
			return true
		}
		if _, ok := e.domain.(joined); !ok {
			return true
		}
		return refs(e, isFree)
	})
}

// plain reports whether n can be said inside an $elemMatch over v: it speaks of v and what is embedded in it only.
func plain(n node, v *variable) bool {
	switch n := n.(type) {
	case constant:
		return bool(n)
	case test:
		return n.ref.v == v
	case and:
		for _, m := range n {
			if !plain(m, v) {
				return false
			}
		}
		return true
	case or:
		for _, m := range n {
			if !plain(m, v) {
				return false
			}
		}
		return true
	case not:
		if e, ok := n.of.(exists); ok {
			if d, ok := e.domain.(keys); ok {
				return d.list.v == v && noKey(e) != nil
			}
		}
		return plain(n.of, v)
	case exists:
		switch d := n.domain.(type) {
		case elements:
			return d.array.v == v && plainElements(n)
		case keys:
			return d.list.v == v && someKey(n, "k") != nil
		}
	}
	return false
}

// plainElements reports whether "some element" can be an $elemMatch. That also offers nested arrays as documents, so the body
// must need a field inside the element, unless the array is known to hold documents only.
func plainElements(n exists) bool {
	return plain(n.body, n.v) && (n.body == constant(true) || n.domain.(elements).docsOnly || forces(n.body, n.v, ""))
}

// someKey spells "some key of the list" where every condition is a list of operators; nil where it is not.
func someKey(n exists, path string) bson.D {
	tests, ok := n.body.(and)
	if !ok {
		tests = and{n.body}
	}
	ops := bson.D{}
	for _, m := range tests {
		t, ok := m.(test)
		if !ok || t.ref.v != n.v || t.kind != testTrue && t.kind != testFalse {
			return nil
		}
		es, one, err := t.leaf.element(t.kind == testTrue)
		if err != nil || es == nil {
			return nil
		}
		if one && alias(t.leaf.typ) == "" && t.kind == testFalse {
			es = append(es, notArray())
		}
		if len(tests) == 1 && t.kind == testTrue && (t.leaf.op == filter.Eq || t.leaf.op == filter.In) {
			return d(path, es)
		}
		for _, e := range es {
			if !addOperator(&ops, e) {
				return nil
			}
		}
	}
	if len(ops) == 0 {
		return nil
	}
	alone := ops[:len(ops):len(ops)]
	if !addOperator(&alone, notArray()) {
		return nil
	}
	return d("$or", bson.A{d(path, d("$elemMatch", ops)), d(path, alone)})
}

func addOperator(ops *bson.D, e bson.E) bool {
	for _, have := range *ops {
		if have.Key == e.Key {
			return equalValue(have.Value, e.Value)
		}
	}
	*ops = append(*ops, e)
	return true
}

// noKey spells the element of the $elemMatch that no key of a known list may match, where it is one: a value that is neither
// an array nor surely false. Nested arrays are no keys.
func noKey(n exists) bson.D {
	negated, ok := n.body.(not)
	if !ok {
		return nil
	}
	t, ok := negated.of.(test)
	if !ok || t.ref.v != n.v || t.kind != testFalse || t.leaf.op != filter.Eq && t.leaf.op != filter.In || alias(t.leaf.typ) == "" {
		return nil
	}
	ops, _, err := t.leaf.element(false)
	if err != nil || ops == nil {
		return nil
	}
	ops[0].Value = bson.A{ops[0].Value, "array"}
	return d("$not", ops)
}

// name returns a fresh name for an element variable of the expression being written.
func (l *level) name(v *variable) (string, func()) {
	name := "e" + strconv.Itoa(len(l.names))
	l.names = append(l.names, named{v, name})
	return name, func() { l.names = l.names[:len(l.names)-1] }
}

// path returns a field path of the level's document.
func (l *level) path(path string) string { return strings.TrimSuffix(l.base+path, ".") }

// value spells a ref as an expression.
func (l *level) value(r ref) any {
	if r.v == l.v {
		return "$" + l.path(r.path)
	}
	for i := len(l.names) - 1; i >= 0; i-- {
		if l.names[i].v == r.v {
			if r.path == "" {
				return "$$" + l.names[i].name
			}
			return "$$" + l.names[i].name + "." + r.path
		}
	}
	return "$$" + l.outer(r)
}

// outer returns the name of the let variable that brings a value of an enclosing document here.
func (l *level) outer(r ref) string {
	at := l
	for ; at.up != nil; at = at.up {
		if at.up.v == r.v {
			break
		}
	}
	if at.up == nil {
		l.fail("a value that no enclosing document holds")
		return "missing"
	}
	for _, have := range at.lets {
		if have.ref == r {
			return have.name
		}
	}
	name := "v" + strconv.Itoa(len(at.lets))
	if at.depth > 1 { // seen in nested pipelines too, so the depth keeps names apart
		name += "_" + strconv.Itoa(at.depth)
	}
	at.lets = append(at.lets, let{r, name})
	return name
}

// comparisonExpr is the operator of a field-to-field comparison and which sides must not be NaN, below all numbers there.
func comparisonExpr(op filter.Operator, truth bool) (name string, left, right bool, ok bool) {
	if op == filter.Eq {
		if truth {
			return "$eq", true, false, true
		}
		return "$ne", true, true, true
	}
	is, opposite := orderOperator(op)
	if !truth {
		is = opposite
	}
	return is, is == "$lt" || is == "$lte", is == "$gt" || is == "$gte", is != ""
}

// comparable is the expressions "e is a value of that type", and no NaN where that is asked.
func comparable(e any, typ relations.ValueType, notNaN bool) bson.A {
	out := bson.A{isType(e, alias(typ))}
	if notNaN && typ == relations.Number {
		out = append(out, d("$ne", bson.A{e, nan}))
	}
	return out
}
