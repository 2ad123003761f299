package keyquery

import (
	"math"
	"slices"
	"strconv"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/emit"
	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/formula"
	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/mql"
)

// builder writes the pipeline that reads the keys of a join graph: it starts from one of its
// documents and follows the links, either way. Here rows do multiply; whenever a document has given
// what later stages need of it, equal rows become one.
type builder struct {
	graph  *joinGraph
	rows   *emit.Scope // what is known of the variables behind: values in the rows
	stages []mql.Stage
	behind []*formula.Variable
	used   []bool // links that a $lookup has followed
	asked  []bool // conditions that stand in a stage
}

// Query returns the stages, on the collection of the graph's start. With a limit, so many groups of
// keys and one more are made.
func (g *joinGraph) Query(start *formula.Variable, prefix string, limit int) ([]mql.Stage, error) {
	b := &builder{graph: g, rows: &emit.Scope{Prefix: prefix, Rows: map[formula.Ref]string{}}, used: make([]bool, len(g.links)), asked: make([]bool, len(g.conds))}
	b.begin(start)
	for len(b.behind) < len(g.Vars) {
		if b.rows.Err != nil {
			return nil, b.rows.Err
		}
		if !b.step() {
			return nil, formula.Unsupported("documents that cannot be reached from the side of the values")
		}
	}
	b.end(limit)
	return b.stages, b.rows.Err
}

func (b *builder) add(stages ...mql.Stage) { b.stages = append(b.stages, stages...) }

// begin reads the documents of the first variable.
func (b *builder) begin(v *formula.Variable) {
	b.behind = append(b.behind, v)
	own := &emit.Scope{Prefix: b.rows.Prefix, Var: v, Collection: v.Collection}
	b.add(emit.Conditions(own, formula.All(b.complete()...))...)
	b.failed(own)
	for _, r := range b.live() {
		b.rows.Rows[r] = own.Path(r.Path)
	}
	if len(b.graph.Vars) > 1 {
		b.group()
	}
}

func (b *builder) failed(l *emit.Scope) {
	if l.Err != nil && b.rows.Err == nil {
		b.rows.Err = l.Err
	}
}

// hop is a way to a variable that is not behind yet.
type hop struct {
	v       *formula.Variable
	link    int // followed forward or backward; -1: a comparison of two fields
	forward bool
	rank    int
}

// next chooses the hop to the variable that should leave the fewest rows: one that the filter's
// values narrow, one that is found by its _id, one from which others can be.
func (b *builder) next() (best hop, ok bool) {
	best.rank = math.MinInt
	for i, k := range b.graph.links {
		from, to := b.isBehind(k.Local.Var), b.isBehind(k.to)
		h := hop{link: i, forward: from}
		switch {
		case from == to:
			continue
		case from:
			h.v = k.to
		case len(k.Foreign.Steps) > 0 || k.List && k.Foreign.Path != "_id":
			continue // what the document behind holds cannot be followed backward
		default:
			h.v = k.Local.Var
		}
		h.rank = 10*b.graph.score(h.v) + 2*b.leadsOn(h.v)
		if h.forward && k.Foreign.Path == "_id" {
			h.rank += 5
		}
		if h.rank > best.rank {
			best, ok = h, true
		}
	}
	if ok {
		return best, true
	}
	for _, c := range b.graph.conds {
		if p, isPair := c.Node.(formula.Pair); isPair && p.Op == filter.Eq && p.Truth && b.isBehind(p.L.Var) != b.isBehind(p.R.Var) {
			v := p.R.Var
			if b.isBehind(v) {
				v = p.L.Var
			}
			return hop{v: v, link: -1}, true
		}
	}
	return best, false
}

// leadsOn counts the variables ahead whose keys v holds.
func (b *builder) leadsOn(v *formula.Variable) (n int) {
	for _, k := range b.graph.links {
		if k.Local.Var == v && !b.isBehind(k.to) {
			n++
		}
	}
	return n
}

func (b *builder) isBehind(v *formula.Variable) bool { return slices.Contains(b.behind, v) }

// step joins the next variable to the rows.
func (b *builder) step() bool {
	h, ok := b.next()
	if !ok {
		return false
	}
	b.behind = append(b.behind, h.v)
	j := &mql.Lookup{From: h.v.Collection, As: b.rows.Prefix}
	sub := &emit.Scope{Prefix: b.rows.Prefix, Var: h.v, Outer: b.rows, Depth: 1, Collection: h.v.Collection}
	body := b.followed(j, h, sub)
	for i, k := range b.graph.links {
		if !b.used[i] && b.isBehind(k.Local.Var) && b.isBehind(k.to) {
			b.used[i] = true
			h := formula.HoldsKey{Key: k.JoinKey}
			if k.to != sub.Var {
				h.Of = k.to
				if len(k.Foreign.Steps) > 0 {
					return false
				}
			}
			body = append(body, h)
		}
	}
	body = append(body, b.complete()...)
	if h.link < 0 {
		b.compared(j, h.v, body)
	}
	if b.toOne(h) && j.ForeignField == "_id" && !formula.Joins(formula.All(body...)) {
		b.whole(h.v, j, formula.All(body...))
	} else {
		b.project(j, sub, emit.Conditions(sub, formula.All(body...)))
	}
	if len(b.behind) < len(b.graph.Vars) {
		b.group()
	}
	return true
}

// followed makes a lookup follow the link of a hop, and returns what the link asks besides.
func (b *builder) followed(j *mql.Lookup, h hop, sub *emit.Scope) (body []formula.Node) {
	if h.link < 0 {
		return nil
	}
	k := b.graph.links[h.link]
	b.used[h.link] = true
	if !h.forward {
		j.LocalField, j.ForeignField = b.rows.Rows[formula.Ref{Var: k.to, Path: k.Foreign.Path}], sub.Path(k.Local.Path)
		return nil
	}
	j.LocalField, j.ForeignField = b.rows.Rows[k.Local], k.Foreign.Path
	if k.List && k.Foreign.Path != "_id" { // null elements join null
		body = append(body, formula.HoldsKey{Key: k.JoinKey})
	}
	return body
}

// compared makes a lookup find the documents of v by a comparison of two fields.
func (b *builder) compared(j *mql.Lookup, v *formula.Variable, body []formula.Node) {
	for _, n := range body {
		if p, ok := n.(formula.Pair); ok && p.Op == filter.Eq && p.Truth && p.L.Var != p.R.Var {
			if p.L.Var == v {
				p.L, p.R = p.R, p.L
			}
			j.LocalField, j.ForeignField = b.rows.Rows[p.L], p.R.Path
			return
		}
	}
}

// project adds a lookup that brings the fields of sub's document that later stages read, or that
// only asks whether there is such a document.
func (b *builder) project(j *mql.Lookup, sub *emit.Scope, stages []mql.Stage) {
	b.failed(sub)
	for _, let := range sub.Lets {
		if let.Ref.Var != sub.Var {
			j.Let = append(j.Let, mql.Member{Name: let.Name, Expr: mql.Path(b.rows.Rows[let.Ref])})
		}
	}
	fields := mql.Object{{Name: "_id", Expr: mql.Const{Value: int32(0)}}}
	for _, r := range b.live() {
		if r.Var == sub.Var {
			name := "f" + strconv.Itoa(len(fields)-1)
			fields = append(fields, mql.Member{Name: name, Expr: mql.Path(r.Path)})
			b.rows.Rows[r] = j.As + "." + name
		}
	}
	if len(fields) == 1 {
		j.Pipeline = append(stages, emit.LimitOne, emit.ProjectID)
		b.add(j, mql.Match{Query: mql.On(j.As+".0", emit.Present)}, mql.Unset{j.As})
		return
	}
	j.Pipeline = append(stages, mql.Project{Fields: fields})
	b.add(j, mql.Unwind{Path: j.As})
}

// toOne reports whether a row has one key to follow, as declared.
func (b *builder) toOne(h hop) bool {
	if h.link < 0 {
		return false
	}
	k := b.graph.links[h.link]
	if h.forward {
		return !k.List
	}
	return k.Foreign.Field != nil && !k.Foreign.List
}

// whole joins the documents that rows have the _id of by the plain equality, which servers run
// fastest, and keeps those for which n holds.
func (b *builder) whole(v *formula.Variable, j *mql.Lookup, n formula.Node) {
	l := &emit.Scope{Prefix: b.rows.Prefix, Var: v, Base: j.As + ".", Collection: v.Collection, Rows: b.rows.Rows}
	b.add(j, mql.Unwind{Path: j.As})
	b.add(emit.Conditions(l, n)...)
	b.failed(l)
	for _, r := range b.live() {
		if r.Var == v {
			b.rows.Rows[r] = l.Path(r.Path)
		}
	}
}

// complete returns the conditions all of whose variables are behind, and that no stage has.
func (b *builder) complete() (out []formula.Node) {
	for i, c := range b.graph.conds {
		if b.asked[i] {
			continue
		}
		ok := true
		for _, v := range c.vars {
			ok = ok && b.isBehind(v)
		}
		if ok {
			b.asked[i] = true
			out = append(out, c.Node)
		}
	}
	return out
}

// live returns the refs behind that what comes later reads, in a stable order.
func (b *builder) live() (out []formula.Ref) {
	add := func(r formula.Ref) bool {
		if b.isBehind(r.Var) && !slices.Contains(out, r) {
			out = append(out, r)
		}
		return true
	}
	for _, t := range b.graph.Outer {
		add(t.At)
	}
	for i, k := range b.graph.links {
		if !b.used[i] {
			add(k.Local)
			add(formula.Ref{Var: k.to, Path: k.Foreign.Path})
		}
	}
	for i, c := range b.graph.conds {
		if !b.asked[i] {
			formula.Refs(c.Node, add)
		}
	}
	return out
}

// group makes equal rows one, of what is live.
func (b *builder) group() {
	live := b.live()
	if len(live) == 0 {
		return
	}
	id := make(mql.Object, 0, len(live))
	for i, r := range live {
		name := "k" + strconv.Itoa(i)
		id = append(id, mql.Member{Name: name, Expr: mql.Path(b.rows.Rows[r])})
		b.rows.Rows[r] = "_id." + name
	}
	b.add(&mql.Group{ID: id})
}

// end makes the rows what is read: one key each, or one group of keys.
func (b *builder) end(limit int) {
	ties := b.graph.Outer
	if len(ties) == 0 {
		b.add(emit.LimitOne)
		return
	}
	if len(ties) > 1 && len(b.graph.Vars) > 1 {
		b.group()
	}
	last := b.rows.Rows[ties[len(ties)-1].At]
	if len(ties) == 1 {
		if ties[0].At.Path != "_id" && !ties[0].Typed {
			b.add(mql.Unwind{Path: last}, mql.Match{Query: mql.On(last, emit.IsKey...)})
		}
		if last != "_id" { // of the only variable: no two are equal
			b.add(&mql.Group{ID: mql.Path(last)})
		}
		return
	}
	id := make(mql.Object, 0, len(ties)-1)
	for i, t := range ties[:len(ties)-1] {
		id = append(id, mql.Member{Name: formula.GroupKey(i), Expr: mql.Path(b.rows.Rows[t.At])})
	}
	if limit > 0 {
		b.add(mql.Limit(limit + 1))
	}
	b.add(&mql.Group{ID: id, Fields: mql.Object{
		{Name: "s", Expr: mql.Call{Op: "$addToSet", Arg: mql.Path(last)}},
		{Name: "n", Expr: mql.Call{Op: "$sum", Arg: mql.Const{Value: int32(1)}}},
	}})
}
