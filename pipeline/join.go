package pipeline

import (
	"strconv"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/mql"
)

// The ends of a sub-pipeline that asks whether something is there.
var (
	limitOne  = mql.Limit(1)
	projectID = mql.Project{Fields: mql.Object{{Name: "_id", Expr: mql.Const{Value: int32(1)}}}}
)

// lookup adds the join for n, or finds the one that is equal, and returns its helper field.
func (l *level) lookup(n exists) string {
	sub := &level{prefix: l.prefix, v: n.v, up: l, depth: l.depth + 1, collection: n.v.collection}
	j := &mql.Lookup{}
	body := n.body
	switch domain := n.domain.(type) {
	case joined:
		body = l.lookupKeys(j, n, domain)
	case elements:
		j.Pipeline = sub.carry(j, domain.array, arrayOr)
		body = documentAt(ref{v: n.v}, body)
	case keys:
		j.Pipeline = sub.carry(j, domain.list, wrapped)
		body = all(test{ref: ref{v: n.v}, kind: testKey}, body)
	default:
		l.fail("a join over %T", n.domain)
		return l.prefix
	}
	j.Pipeline = append(j.Pipeline, conditions(sub, body)...)
	if sub.err != nil && l.err == nil {
		l.err = sub.err
	}
	j.Pipeline = append(j.Pipeline, limitOne, projectID)
	for _, let := range sub.lets {
		if let.ref.v != sub.v {
			j.Let = append(j.Let, mql.Member{Name: let.name, Expr: l.value(let.ref)})
		}
	}
	return l.add(j)
}

// lookupKeys gives a join the equality that one of its keys can be, and returns the body with what
// the others say.
func (l *level) lookupKeys(j *mql.Lookup, n exists, domain joined) node {
	body := n.body
	j.From = n.v.collection
	equality := l.equality(domain)
	if equality >= 0 {
		k := domain[equality]
		j.LocalField, j.ForeignField = l.path(k.local.path), k.foreign.Path
		if k.list && k.foreign.Path == "_id" { // null elements, [] and a missing list join a null _id
			body = all(test{ref: ref{n.v, "_id"}, kind: testSet}, body)
		}
	} else {
		j.LocalField, j.ForeignField = l.tied(n)
	}
	for i, k := range domain {
		if i != equality || k.list && k.foreign.Path != "_id" {
			body = all(held{key: k}, body)
		}
	}
	return body
}

// conditions returns the stages that keep the level's documents for which n holds.
func conditions(l *level, n node) []mql.Stage {
	prefilter, joins, match := l.stages(n)
	var out []mql.Stage
	if len(prefilter) > 0 {
		out = append(out, mql.Match{Query: prefilter})
	}
	for _, j := range joins {
		out = append(out, j)
	}
	if len(match) > 0 {
		out = append(out, mql.Match{Query: match})
	}
	return out
}

// whole adds the plain equality join for a document with one _id and conditions on itself alone, and returns the helper field and
// what it must match. Servers run this form fastest, and clauses with other conditions share it. The query is nil for another join.
func (l *level) whole(n exists) (as string, q mql.Query) {
	domain, ok := n.domain.(joined)
	if !ok || len(domain) != 1 || domain[0].list || domain[0].foreign.Path != "_id" || domain[0].local.v != l.v || n.body == constant(true) || !plain(n.body, n.v) {
		return "", nil
	}
	as = l.add(&mql.Lookup{From: n.v.collection, LocalField: l.path(domain[0].local.path), ForeignField: "_id"})
	return as, l.query(n.body, n.v, "")
}

// add adds a join, unless an equal one is there, and returns its helper field.
func (l *level) add(j *mql.Lookup) string {
	for _, have := range l.joins {
		if have.Finds(j) {
			return have.As
		}
	}
	j.As = l.prefix + "_" + strconv.Itoa(len(l.joins))
	l.joins = append(l.joins, j)
	return j.As
}

// carry makes the level's documents of the elements of an array: the document they stand in is looked up once more, and the array
// unwound. So what can be said of a document can be said of an element. The array is the looked-up document's own, or that of an
// enclosing document, whose variable is seen here; only that of an element which is carried itself has to be brought along.
func (l *level) carry(j *mql.Lookup, array ref, expr func(mql.Expr) mql.Expr) (head []mql.Stage) {
	l.collection, l.base = l.up.collection, "e."
	j.From, j.LocalField, j.ForeignField = l.collection, "_id", "_id"
	value := l.up.value(array)
	if array.v == l.up.v && l.up.base != "" {
		const name = "array"
		l.lets = append(l.lets, let{ref: ref{v: l.v}, name: name})
		j.Let = mql.Object{{Name: name, Expr: value}}
		value = mql.Var(name)
	}
	return []mql.Stage{mql.Project{Fields: mql.Object{{Name: "e", Expr: expr(value)}}}, mql.Unwind{Path: "e"}}
}

// equality chooses the key that localField and foreignField serve: one of this level's document, first of all one whose foreign
// path crosses an array. -1 if there is none.
func (l *level) equality(keys joined) int {
	best := -1
	for i, k := range keys {
		if k.local.v == l.v && (best < 0 || k.foreign.CrossesArray() && !keys[best].foreign.CrossesArray()) {
			best = i
		}
	}
	return best
}

// tied returns the fields of a comparison that ties a joined document to this level's by equality: the join finds a superset of what
// the comparison, which stays, lets through, and finds it by an index.
func (l *level) tied(n exists) (local, foreign string) {
	for _, c := range conjuncts(n.body) {
		if p, ok := c.(pair); ok && p.op == filter.Eq && p.truth && p.lZero == nil && p.rZero == nil {
			if p.l.v == n.v {
				p.l, p.r = p.r, p.l
			}
			if p.l.v == l.v && p.r.v == n.v {
				return l.path(p.l.path), p.r.path
			}
		}
	}
	return "", ""
}
