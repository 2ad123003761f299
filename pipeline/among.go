package pipeline

import (
	"go.mongodb.org/mongo-driver/v2/bson"
)

// among says that what is outside is among the keys of a core, which one $lookup brings that depends on no document: the server
// reads them once, where joins inside joins would run for each document.
type among struct {
	ties []tie
	read read
}

func (*among) node() {}

// inRow is from how many documents in a row on keys are read once: joins as deep inside joins cost more for each document than
// to look for its key in an array, which may be long.
const inRow = 3

// once returns n with the cores of so many documents in a row that values narrow as keys that are read once.
func (s *source) once(n node) node {
	if score(n, s.root) == scoreID {
		return n
	}
	return replace(n, func(e exists) (node, bool) {
		c, ok := coreOf(e)
		if !ok || len(c.vars) < inRow {
			return e, true
		}
		start, score := c.start()
		if score < scoreBound {
			return e, true
		}
		stages, err := c.gather(start, s.prefix, 0)
		if err != nil {
			return e, true
		}
		return &among{c.ties, read{start.collection, stages, len(c.ties)}}, true
	})
}

// keys adds the $lookup and returns its helper field: an array of one document with the keys k, or, of several ties, of a document
// for each group. Of no tie it is empty unless the core exists.
func (l *level) keys(n *among) string {
	stages := n.read.stages[:len(n.read.stages):len(n.read.stages)]
	switch n.read.ties {
	case 0:
		stages = append(stages, projectID)
	case 1:
		stages = append(stages, d("$group", bson.D{{Key: "_id", Value: null}, {Key: "k", Value: d("$addToSet", "$_id")}}))
	}
	return l.add(Join{From: n.read.collection, Pipeline: stages})
}

func (l *level) queryAmong(n *among, v *variable, truth bool) bson.D {
	if len(n.ties) > 0 || v != l.v {
		if truth {
			return l.queryExpr(n, v)
		}
		return l.queryExpr(not{n}, v)
	}
	if as := l.keys(n) + ".0"; truth {
		return d(as, present)
	} else {
		return d(as, absent)
	}
}

func (l *level) exprAmong(n *among) any {
	as := "$" + l.keys(n)
	switch len(n.ties) {
	case 0:
		return d("$ne", bson.A{as, bson.A{}})
	case 1:
		return l.exprTie(n.ties[0], d("$ifNull", bson.A{d("$arrayElemAt", bson.A{as + ".k", int32(0)}), bson.A{}}))
	}
	const name = "g"
	conds := make(bson.A, len(n.ties))
	for i, t := range n.ties {
		if i < len(n.ties)-1 {
			conds[i] = l.exprTie(t, wrapped("$$"+name+"._id."+groupKey(i)))
			continue
		}
		s := "$$" + name + ".s" // values, or arrays of values
		conds[i] = l.exprTie(t, d("$reduce", bson.D{
			{Key: "input", Value: s}, {Key: "initialValue", Value: bson.A{}},
			{Key: "in", Value: d("$concatArrays", bson.A{"$$value", wrapped("$$this")})},
		}))
	}
	return anyOf(as, name, d("$and", conds))
}

// exprTie is the expression "the value outside is, or holds, one of the keys".
func (l *level) exprTie(t tie, keys any) any {
	x := l.value(t.outside)
	switch {
	case t.typed:
		return d("$and", append(comparable(x, t.typ, true), d("$in", bson.A{x, keys})))
	case t.list:
		key := bson.A{isSet("$$k"), d("$not", bson.A{isArray("$$k")}), d("$in", bson.A{"$$k", keys})}
		return anyOf(wrapped(x), "k", d("$and", key))
	default:
		return d("$in", bson.A{x, keys})
	}
}
