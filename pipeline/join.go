package pipeline

import (
	"bytes"
	"strconv"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/filter"
)

// Join is a $lookup of the plan. It finds at most one document: with a Pipeline, one that meets the conditions there, of which only
// _id is kept; without, the whole document with that _id, on which the decision has conditions. One without LocalField and Let depends on no
// document, and may find keys: k in one document, or groups of them.
type Join struct {
	As           string   // the helper field
	From         string   // the collection
	LocalField   string   // with ForeignField the equality of the join; "" where the sub-pipeline alone joins
	ForeignField string   //
	Let          bson.D   // values of the outer document that the sub-pipeline reads
	Pipeline     []bson.D // the conditions on the joined document, $limit 1, $project _id; nil for the plain equality
}

// Stage returns the $lookup stage.
func (j *Join) Stage() bson.D {
	out := make(bson.D, 0, 6)
	out = append(out, bson.E{Key: "from", Value: j.From})
	if j.LocalField != "" {
		out = append(out, bson.E{Key: "localField", Value: j.LocalField}, bson.E{Key: "foreignField", Value: j.ForeignField})
	}
	if len(j.Let) > 0 {
		out = append(out, bson.E{Key: "let", Value: j.Let})
	}
	if j.Pipeline != nil {
		out = append(out, bson.E{Key: "pipeline", Value: j.Pipeline})
	}
	out = append(out, bson.E{Key: "as", Value: j.As})
	return d("$lookup", out)
}

// lookup adds the join for n, or finds the one that is equal, and returns its helper field.
func (l *level) lookup(n exists) string {
	sub := &level{prefix: l.prefix, v: n.v, up: l, depth: l.depth + 1, collection: n.v.collection}
	var j Join
	body := n.body
	var head []bson.D
	switch domain := n.domain.(type) {
	case joined:
		j.From = n.v.collection
		equality := l.equality(domain)
		if equality >= 0 {
			k := domain[equality]
			j.LocalField, j.ForeignField = l.path(k.local.path), k.foreign.Path
			if k.list && k.foreign.Path == "_id" { // null elements, [] and a missing list join a null _id
				body = all(test{ref: ref{n.v, "_id"}, kind: testSet}, body)
			}
		}
		if equality < 0 {
			j.LocalField, j.ForeignField = l.tied(n)
		}
		for i, k := range domain {
			if i != equality || k.list && k.foreign.Path != "_id" {
				body = all(held{key: k}, body)
			}
		}
	case elements:
		head = sub.carry(&j, domain.array, func(array any) any { return d("$cond", bson.A{isArray(array), array, bson.A{}}) })
		body = documentAt(ref{v: n.v}, body)
	case keys:
		head = sub.carry(&j, domain.list, func(list any) any { return wrapped(list) })
		body = all(test{ref: ref{v: n.v}, kind: testKey}, body)
	default:
		l.fail("a join over %T", n.domain)
		return l.prefix
	}
	prefilter, joins, match := sub.stages(body)
	if sub.err != nil && l.err == nil {
		l.err = sub.err
	}
	j.Pipeline = make([]bson.D, 0, len(head)+len(joins)+4)
	j.Pipeline = append(j.Pipeline, head...)
	if len(prefilter) > 0 {
		j.Pipeline = append(j.Pipeline, d("$match", prefilter))
	}
	for i := range joins {
		j.Pipeline = append(j.Pipeline, joins[i].Stage())
	}
	if len(match) > 0 {
		j.Pipeline = append(j.Pipeline, d("$match", match))
	}
	j.Pipeline = append(j.Pipeline, limitOne, projectID)
	for _, let := range sub.lets {
		if let.ref.v != sub.v {
			j.Let = append(j.Let, bson.E{Key: let.name, Value: l.value(let.ref)})
		}
	}
	return l.add(j)
}

// whole adds the plain equality join for a document with one _id and conditions on itself alone, and returns the helper field and
// what it must match. Servers run this form fastest, and clauses with other conditions share it. The query is nil for another join.
func (l *level) whole(n exists) (as string, q bson.D) {
	domain, ok := n.domain.(joined)
	if !ok || len(domain) != 1 || domain[0].list || domain[0].foreign.Path != "_id" || domain[0].local.v != l.v || n.body == constant(true) || !plain(n.body, n.v) {
		return "", nil
	}
	as = l.add(Join{From: n.v.collection, LocalField: l.path(domain[0].local.path), ForeignField: "_id"})
	return as, d("$elemMatch", l.query(n.body, n.v, ""))
}

// add adds a join, unless an equal one is there, and returns its helper field.
func (l *level) add(j Join) string {
	for i := range l.joins {
		if l.joins[i].equal(&j) {
			return l.joins[i].As
		}
	}
	j.As = l.prefix + "_" + strconv.Itoa(len(l.joins))
	l.joins = append(l.joins, j)
	return j.As
}

// carry makes the level's documents of the elements of an array: the document they stand in is looked up once more, and the array
// unwound. So what can be said of a document can be said of an element. The array is the looked-up document's own, or that of an
// enclosing document, whose variable is seen here; only that of an element which is carried itself has to be brought along.
func (l *level) carry(j *Join, array ref, expr func(any) any) (head []bson.D) {
	l.collection, l.base = l.up.collection, "e."
	j.From, j.LocalField, j.ForeignField = l.collection, "_id", "_id"
	value := l.up.value(array)
	if array.v == l.up.v && l.up.base != "" {
		const name = "array"
		l.lets = append(l.lets, let{ref: ref{v: l.v}, name: name})
		j.Let = d(name, value)
		value = "$$" + name
	}
	return []bson.D{d("$project", d("e", expr(value))), d("$unwind", "$e")}
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
	conjuncts, ok := n.body.(and)
	if !ok {
		conjuncts = and{n.body}
	}
	for _, c := range conjuncts {
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

func (j *Join) equal(k *Join) bool {
	if j.From != k.From || j.LocalField != k.LocalField || j.ForeignField != k.ForeignField || len(j.Pipeline) != len(k.Pipeline) || !equalValue(j.Let, k.Let) {
		return false
	}
	for i := range j.Pipeline {
		if !equalValue(j.Pipeline[i], k.Pipeline[i]) {
			return false
		}
	}
	return true
}

// equalValue reports whether two parts of a pipeline are the same.
func equalValue(a, b any) bool {
	switch a := a.(type) {
	case bson.D:
		b, ok := b.(bson.D)
		if !ok || len(a) != len(b) {
			return false
		}
		for i := range a {
			if a[i].Key != b[i].Key || !equalValue(a[i].Value, b[i].Value) {
				return false
			}
		}
		return true
	case bson.A:
		b, ok := b.(bson.A)
		if !ok || len(a) != len(b) {
			return false
		}
		for i := range a {
			if !equalValue(a[i], b[i]) {
				return false
			}
		}
		return true
	case []bson.D:
		b, ok := b.([]bson.D)
		if !ok || len(a) != len(b) {
			return false
		}
		for i := range a {
			if !equalValue(a[i], b[i]) {
				return false
			}
		}
		return true
	case bson.RawValue:
		b, ok := b.(bson.RawValue)
		return ok && a.Type == b.Type && bytes.Equal(a.Value, b.Value)
	default: // strings, int32, bool and nil; anything uncomparable would be a mistake of ours, and is not shared
		switch b.(type) {
		case bson.D, bson.A, []bson.D, bson.RawValue:
			return false
		}
		return a == b
	}
}
