package keyquery

import (
	"math"

	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/formula"
	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/mql"
)

// batch is reads that one run of stages serves: each begins on its own, and from where they have
// the same to do they go on together, their rows told apart by r.
type batch struct {
	queries []int
	heads   [][]mql.Stage // up to a $group, which sets r
	stages  []mql.Stage   // what follows
}

// batches puts together the reads whose stages end alike, from a $group on to which they come with
// the same fields.
func batches(reads []formula.KeyQuery) []batch {
	var out []batch
next:
	for i, read := range reads {
		if read.Outer == 1 {
			for b := range out {
				if out[b].join(reads, i) {
					continue next
				}
			}
		}
		out = append(out, batch{queries: []int{i}, stages: read.Stages})
	}
	return out
}

// join adds a read to a batch, if it ends as the batch does.
func (b *batch) join(reads []formula.KeyQuery, i int) bool {
	first, read := reads[b.queries[0]], reads[i]
	if first.Outer != 1 {
		return false
	}
	shared := common(first.Stages, read.Stages)
	if b.heads == nil { // it is alone yet
		if shared == 0 {
			return false
		}
		at := len(first.Stages) - shared
		b.heads, b.stages = [][]mql.Stage{first.Stages[:at]}, first.Stages[at:]
	} else if at := len(first.Stages) - len(b.stages); shared < len(b.stages) || !sameFields(first.Stages[at-1], read.Stages, len(b.stages)) {
		return false
	}
	b.queries = append(b.queries, i)
	b.heads = append(b.heads, read.Stages[:len(read.Stages)-len(b.stages)])
	return true
}

// common returns how many stages at the end of a and b are equal, and behind a $group by the same
// fields in both; 0 unless a $lookup is among them.
func common(a, b []mql.Stage) int {
	n, best, joins := 0, 0, false
	for n < len(a)-1 && n < len(b)-1 && mql.EqualStage(a[len(a)-1-n], b[len(b)-1-n]) {
		_, isJoin := a[len(a)-1-n].(*mql.Lookup)
		joins = joins || isJoin
		n++
		if joins && sameFields(a[len(a)-1-n], b, n) {
			best = n
		}
	}
	return best
}

// sameFields reports whether a stage and the one before the last n of others are $group stages by
// the same fields.
func sameFields(stage mql.Stage, others []mql.Stage, n int) bool {
	if n >= len(others) {
		return false
	}
	as, bs := groupFields(stage), groupFields(others[len(others)-1-n])
	if as == nil || len(as) != len(bs) {
		return false
	}
	for i := range as {
		if as[i].Name != bs[i].Name {
			return false
		}
	}
	return true
}

// groupFields returns the fields by which a stage groups, nil if it is no such stage.
func groupFields(stage mql.Stage) mql.Object {
	group, ok := stage.(*mql.Group)
	if !ok {
		return nil
	}
	fields, _ := group.ID.(mql.Object)
	return fields
}

// write returns the stages of a batch, to run on the collection of its first read: rows with r, the
// read, and k, the key.
func (b *batch) write(reads []formula.KeyQuery, limit int) []mql.Stage {
	if b.heads == nil {
		return write(&reads[b.queries[0]], b.queries[0], limit)
	}
	var out []mql.Stage
	for i, head := range b.heads {
		stages := make([]mql.Stage, 0, len(head)+len(b.stages)+4)
		stages = append(stages, head...)
		last := len(stages) - 1
		stages[last] = keepApart(stages[last], mql.Literal{Of: mql.Const{Value: int32(b.queries[i])}})
		if i == 0 {
			out = stages
			continue
		}
		out = append(out, mql.UnionWith{Collection: reads[b.queries[i]].Collection, Pipeline: stages})
	}
	for _, s := range b.stages {
		out = append(out, keepApart(s, mql.Path("_id.r")))
	}
	most := min(len(b.queries)*limit, math.MaxInt32-1) + 1
	return append(out, mql.Limit(most), mql.Project{Fields: mql.Object{
		{Name: "_id", Expr: mql.Const{Value: int32(0)}}, {Name: "r", Expr: mql.Path("_id.r")}, {Name: "k", Expr: mql.Path("_id.k")},
	}})
}

// keepApart returns a stage, which keeps rows of different reads apart if it is a $group.
func keepApart(stage mql.Stage, r mql.Expr) mql.Stage {
	group, ok := stage.(*mql.Group)
	if !ok {
		return stage
	}
	fields, ok := group.ID.(mql.Object)
	if !ok { // the last one, by the key alone
		fields = mql.Object{{Name: "k", Expr: group.ID}}
	}
	id := append(fields[:len(fields):len(fields)], mql.Member{Name: "r", Expr: r})
	return &mql.Group{ID: id, Fields: group.Fields}
}

// write returns the stages of one read: rows with r, the read, and k, the key; of several outer
// references, k and s are groups of keys.
func write(r *formula.KeyQuery, i, limit int) []mql.Stage {
	stages := r.Stages[:len(r.Stages):len(r.Stages)]
	if r.Outer > 0 {
		stages = append(stages, mql.Limit(min(limit, math.MaxInt32-1)+1))
	}
	fields := mql.Object{
		{Name: "_id", Expr: mql.Const{Value: int32(0)}}, {Name: "r", Expr: mql.Literal{Of: mql.Const{Value: int32(i)}}}, {Name: "k", Expr: mql.Path("_id")},
	}
	if r.Outer > 1 {
		one := mql.Const{Value: int32(1)}
		fields = append(fields, mql.Member{Name: "s", Expr: one}, mql.Member{Name: "n", Expr: one})
	}
	return append(stages, mql.Project{Fields: fields})
}
