package pipeline

import (
	"math"
	"slices"
	"strconv"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/mql"
)

// gatherer writes the pipeline that reads the keys of a core: it starts from one of its documents and follows the links, either way.
// Here rows do multiply; whenever a document has given what later stages need of it, equal rows become one.
type gatherer struct {
	core   *core
	rows   *level // what is known of the variables behind: values in the rows
	stages []mql.Stage
	behind []*variable
	used   []bool // links that a $lookup has followed
	asked  []bool // conditions that stand in a stage
}

// gather returns the stages, on the collection of the core's start. With a limit, so many groups of keys and one more are made.
func (c *core) gather(start *variable, prefix string, limit int) ([]mql.Stage, error) {
	g := &gatherer{core: c, rows: &level{prefix: prefix, rows: map[ref]string{}}, used: make([]bool, len(c.links)), asked: make([]bool, len(c.conds))}
	g.begin(start)
	for len(g.behind) < len(c.vars) {
		if g.rows.err != nil {
			return nil, g.rows.err
		}
		if !g.step() {
			return nil, unsupportedf("documents that cannot be reached from the side of the values")
		}
	}
	g.end(limit)
	return g.stages, g.rows.err
}

func (g *gatherer) add(stages ...mql.Stage) { g.stages = append(g.stages, stages...) }

// begin reads the documents of the first variable.
func (g *gatherer) begin(v *variable) {
	g.behind = append(g.behind, v)
	own := &level{prefix: g.rows.prefix, v: v, collection: v.collection}
	g.add(conditions(own, all(g.complete()...))...)
	g.failed(own)
	for _, r := range g.live() {
		g.rows.rows[r] = own.path(r.path)
	}
	if len(g.core.vars) > 1 {
		g.group()
	}
}

func (g *gatherer) failed(l *level) {
	if l.err != nil && g.rows.err == nil {
		g.rows.err = l.err
	}
}

// hop is a way to a variable that is not behind yet.
type hop struct {
	v       *variable
	link    int // followed forward or backward; -1: a comparison of two fields
	forward bool
	rank    int
}

// next chooses the hop to the variable that should leave the fewest rows: one that the filter's values narrow, one that is found by
// its _id, one from which others can be.
func (g *gatherer) next() (best hop, ok bool) {
	best.rank = math.MinInt
	for i, k := range g.core.links {
		from, to := g.isBehind(k.local.v), g.isBehind(k.to)
		h := hop{link: i, forward: from}
		switch {
		case from == to:
			continue
		case from:
			h.v = k.to
		case len(k.foreign.Steps) > 0 || k.list && k.foreign.Path != "_id":
			continue // what the document behind holds cannot be followed backward
		default:
			h.v = k.local.v
		}
		h.rank = 10*g.core.score(h.v) + 2*g.leadsOn(h.v)
		if h.forward && k.foreign.Path == "_id" {
			h.rank += 5
		}
		if h.rank > best.rank {
			best, ok = h, true
		}
	}
	if ok {
		return best, true
	}
	for _, c := range g.core.conds {
		if p, isPair := c.node.(pair); isPair && p.op == filter.Eq && p.truth && g.isBehind(p.l.v) != g.isBehind(p.r.v) {
			v := p.r.v
			if g.isBehind(v) {
				v = p.l.v
			}
			return hop{v: v, link: -1}, true
		}
	}
	return best, false
}

// leadsOn counts the variables ahead whose keys v holds.
func (g *gatherer) leadsOn(v *variable) (n int) {
	for _, k := range g.core.links {
		if k.local.v == v && !g.isBehind(k.to) {
			n++
		}
	}
	return n
}

func (g *gatherer) isBehind(v *variable) bool { return slices.Contains(g.behind, v) }

// step joins the next variable to the rows.
func (g *gatherer) step() bool {
	h, ok := g.next()
	if !ok {
		return false
	}
	g.behind = append(g.behind, h.v)
	j := &mql.Lookup{From: h.v.collection, As: g.rows.prefix}
	sub := &level{prefix: g.rows.prefix, v: h.v, up: g.rows, depth: 1, collection: h.v.collection}
	body := g.followed(j, h, sub)
	for i, k := range g.core.links {
		if !g.used[i] && g.isBehind(k.local.v) && g.isBehind(k.to) {
			g.used[i] = true
			h := held{key: k.joinKey}
			if k.to != sub.v {
				h.of = k.to
				if len(k.foreign.Steps) > 0 {
					return false
				}
			}
			body = append(body, h)
		}
	}
	body = append(body, g.complete()...)
	if h.link < 0 {
		g.compared(j, h.v, body)
	}
	if g.toOne(h) && j.ForeignField == "_id" && !joins(all(body...)) {
		g.whole(h.v, j, all(body...))
	} else {
		g.project(j, sub, conditions(sub, all(body...)))
	}
	if len(g.behind) < len(g.core.vars) {
		g.group()
	}
	return true
}

// followed makes a lookup follow the link of a hop, and returns what the link asks besides.
func (g *gatherer) followed(j *mql.Lookup, h hop, sub *level) (body []node) {
	if h.link < 0 {
		return nil
	}
	k := g.core.links[h.link]
	g.used[h.link] = true
	if !h.forward {
		j.LocalField, j.ForeignField = g.rows.rows[ref{k.to, k.foreign.Path}], sub.path(k.local.path)
		return nil
	}
	j.LocalField, j.ForeignField = g.rows.rows[k.local], k.foreign.Path
	if k.list && k.foreign.Path != "_id" { // null elements join null
		body = append(body, held{key: k.joinKey})
	}
	return body
}

// compared makes a lookup find the documents of v by a comparison of two fields.
func (g *gatherer) compared(j *mql.Lookup, v *variable, body []node) {
	for _, n := range body {
		if p, ok := n.(pair); ok && p.op == filter.Eq && p.truth && p.l.v != p.r.v {
			if p.l.v == v {
				p.l, p.r = p.r, p.l
			}
			j.LocalField, j.ForeignField = g.rows.rows[p.l], p.r.path
			return
		}
	}
}

// project adds a lookup that brings the fields of sub's document that later stages read, or that
// only asks whether there is such a document.
func (g *gatherer) project(j *mql.Lookup, sub *level, stages []mql.Stage) {
	g.failed(sub)
	for _, let := range sub.lets {
		if let.ref.v != sub.v {
			j.Let = append(j.Let, mql.Member{Name: let.name, Expr: mql.Path(g.rows.rows[let.ref])})
		}
	}
	fields := mql.Object{{Name: "_id", Expr: mql.Const{Value: int32(0)}}}
	for _, r := range g.live() {
		if r.v == sub.v {
			name := "f" + strconv.Itoa(len(fields)-1)
			fields = append(fields, mql.Member{Name: name, Expr: mql.Path(r.path)})
			g.rows.rows[r] = j.As + "." + name
		}
	}
	if len(fields) == 1 {
		j.Pipeline = append(stages, limitOne, projectID)
		g.add(j, mql.Match{Query: mql.On(j.As+".0", present)}, mql.Unset{j.As})
		return
	}
	j.Pipeline = append(stages, mql.Project{Fields: fields})
	g.add(j, mql.Unwind{Path: j.As})
}

// toOne reports whether a row has one key to follow, as declared.
func (g *gatherer) toOne(h hop) bool {
	if h.link < 0 {
		return false
	}
	k := g.core.links[h.link]
	if h.forward {
		return !k.list
	}
	return k.foreign.Field != nil && !k.foreign.List
}

// whole joins the documents that rows have the _id of by the plain equality, which servers run fastest, and keeps those for which n holds.
func (g *gatherer) whole(v *variable, j *mql.Lookup, n node) {
	l := &level{prefix: g.rows.prefix, v: v, base: j.As + ".", collection: v.collection, rows: g.rows.rows}
	g.add(j, mql.Unwind{Path: j.As})
	g.add(conditions(l, n)...)
	g.failed(l)
	for _, r := range g.live() {
		if r.v == v {
			g.rows.rows[r] = l.path(r.path)
		}
	}
}

// complete returns the conditions all of whose variables are behind, and that no stage has.
func (g *gatherer) complete() (out []node) {
	for i, c := range g.core.conds {
		if g.asked[i] {
			continue
		}
		ok := true
		for _, v := range c.vars {
			ok = ok && g.isBehind(v)
		}
		if ok {
			g.asked[i] = true
			out = append(out, c.node)
		}
	}
	return out
}

// live returns the refs behind that what comes later reads, in a stable order.
func (g *gatherer) live() (out []ref) {
	add := func(r ref) bool {
		if g.isBehind(r.v) && !slices.Contains(out, r) {
			out = append(out, r)
		}
		return true
	}
	for _, t := range g.core.ties {
		add(t.at)
	}
	for i, k := range g.core.links {
		if !g.used[i] {
			add(k.local)
			add(ref{k.to, k.foreign.Path})
		}
	}
	for i, c := range g.core.conds {
		if !g.asked[i] {
			refs(c.node, add)
		}
	}
	return out
}

// group makes equal rows one, of what is live.
func (g *gatherer) group() {
	live := g.live()
	if len(live) == 0 {
		return
	}
	id := make(mql.Object, 0, len(live))
	for i, r := range live {
		name := "k" + strconv.Itoa(i)
		id = append(id, mql.Member{Name: name, Expr: mql.Path(g.rows.rows[r])})
		g.rows.rows[r] = "_id." + name
	}
	g.add(&mql.Group{ID: id})
}

// end makes the rows what is read: one key each, or one group of keys.
func (g *gatherer) end(limit int) {
	ties := g.core.ties
	if len(ties) == 0 {
		g.add(limitOne)
		return
	}
	if len(ties) > 1 && len(g.core.vars) > 1 {
		g.group()
	}
	last := g.rows.rows[ties[len(ties)-1].at]
	if len(ties) == 1 {
		if ties[0].at.path != "_id" && !ties[0].typed {
			g.add(mql.Unwind{Path: last}, mql.Match{Query: mql.On(last, isKey...)})
		}
		if last != "_id" { // of the only variable: no two are equal
			g.add(&mql.Group{ID: mql.Path(last)})
		}
		return
	}
	id := make(mql.Object, 0, len(ties)-1)
	for i, t := range ties[:len(ties)-1] {
		id = append(id, mql.Member{Name: groupKey(i), Expr: mql.Path(g.rows.rows[t.at])})
	}
	if limit > 0 {
		g.add(mql.Limit(limit + 1))
	}
	g.add(&mql.Group{ID: id, Fields: mql.Object{
		{Name: "s", Expr: mql.Call{Op: "$addToSet", Arg: mql.Path(last)}},
		{Name: "n", Expr: mql.Call{Op: "$sum", Arg: mql.Const{Value: int32(1)}}},
	}})
}

// groupKey names what a group has of a tie that is not the last.
func groupKey(tie int) string { return "k" + strconv.Itoa(tie) }
