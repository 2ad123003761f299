package pipeline

import (
	"math"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// bundle is reads that one run of stages serves: each begins on its own, and from where they have the same to do they go on together, their
// rows told apart by r.
type bundle struct {
	reads  []int
	heads  [][]bson.D // up to a $group, which sets r
	stages []bson.D   // what follows
}

// bundles puts together the reads whose stages end alike, from a $group on to which they come with the same fields.
func bundles(reads []read) []bundle {
	var out []bundle
next:
	for i, read := range reads {
		if read.ties == 1 {
			for b := range out {
				first := reads[out[b].reads[0]]
				if first.ties != 1 {
					continue
				}
				at, shared := len(first.stages)-len(out[b].stages), len(out[b].stages)
				if out[b].heads == nil { // it is alone yet
					if shared = common(first.stages, read.stages); shared == 0 {
						continue
					}
					at = len(first.stages) - shared
				} else if common(first.stages, read.stages) < shared || !sameFields(first.stages[at-1], read.stages, shared) {
					continue
				}
				if out[b].heads == nil {
					out[b].heads = [][]bson.D{first.stages[:at]}
					out[b].stages = first.stages[at:]
				}
				out[b].reads = append(out[b].reads, i)
				out[b].heads = append(out[b].heads, read.stages[:len(read.stages)-shared])
				continue next
			}
		}
		out = append(out, bundle{reads: []int{i}, stages: read.stages})
	}
	return out
}

// common returns how many stages at the end of a and b are equal, and behind a $group by the same fields in both; 0 unless a $lookup is
// among them.
func common(a, b []bson.D) int {
	n, best, joins := 0, 0, false
	for n < len(a)-1 && n < len(b)-1 && equalValue(a[len(a)-1-n], b[len(b)-1-n]) {
		joins = joins || a[len(a)-1-n][0].Key == "$lookup"
		n++
		if joins && sameFields(a[len(a)-1-n], b, n) {
			best = n
		}
	}
	return best
}

// sameFields reports whether a stage and the one before the last n of others are $group stages by the same fields.
func sameFields(stage bson.D, others []bson.D, n int) bool {
	if n >= len(others) {
		return false
	}
	as, bs := groupFields(stage), groupFields(others[len(others)-1-n])
	if as == nil || len(as) != len(bs) {
		return false
	}
	for i := range as {
		if as[i].Key != bs[i].Key {
			return false
		}
	}
	return true
}

// groupFields returns the fields by which a stage groups, nil if it is no such stage.
func groupFields(stage bson.D) bson.D {
	if stage[0].Key != "$group" {
		return nil
	}
	fields, _ := stage[0].Value.(bson.D)[0].Value.(bson.D)
	return fields
}

// write returns the stages of a bundle, to run on the collection of its first read: rows with r, the read, and k, the key.
func (b *bundle) write(reads []read, limit int) []bson.D {
	if b.heads == nil {
		return reads[b.reads[0]].write(b.reads[0], limit)
	}
	var out []bson.D
	for i, head := range b.heads {
		stages := make([]bson.D, 0, len(head)+len(b.stages)+4)
		for _, s := range head {
			stages = append(stages, copyValue(s).(bson.D))
		}
		tell(stages[len(stages)-1], literal(int32(b.reads[i])))
		if i == 0 {
			out = stages
			continue
		}
		out = append(out, d("$unionWith", bson.D{{Key: "coll", Value: reads[b.reads[i]].collection}, {Key: "pipeline", Value: stages}}))
	}
	for _, s := range b.stages {
		s = copyValue(s).(bson.D)
		tell(s, "$_id.r")
		out = append(out, s)
	}
	return append(out, d("$limit", int32(min(len(b.reads)*limit, math.MaxInt32-1)+1)),
		d("$project", bson.D{{Key: "_id", Value: int32(0)}, {Key: "r", Value: "$_id.r"}, {Key: "k", Value: "$_id.k"}}))
}

// tell makes a $group keep rows of different reads apart, in the copy of a stage.
func tell(stage bson.D, r any) {
	if stage[0].Key != "$group" {
		return
	}
	id := &stage[0].Value.(bson.D)[0]
	fields, ok := id.Value.(bson.D)
	if !ok { // the last one, by the key alone
		fields = bson.D{{Key: "k", Value: id.Value}}
	}
	id.Value = append(fields, bson.E{Key: "r", Value: r})
}

// write returns the stages of one read: rows with r, the read, and k, the key; of several ties, k and s are groups of keys.
func (r *read) write(i, limit int) []bson.D {
	stages := make([]bson.D, 0, len(r.stages)+3)
	for _, s := range r.stages {
		stages = append(stages, copyValue(s).(bson.D))
	}
	if r.ties > 0 {
		stages = append(stages, d("$limit", int32(min(limit, math.MaxInt32-1)+1)))
	}
	fields := bson.D{{Key: "_id", Value: int32(0)}, {Key: "r", Value: literal(int32(i))}, {Key: "k", Value: "$_id"}}
	if r.ties > 1 {
		fields = append(fields, bson.E{Key: "s", Value: int32(1)}, bson.E{Key: "n", Value: int32(1)})
	}
	return append(stages, d("$project", fields))
}
