package pipeline

import "github.com/mongoauthz/go-mongoauthz/pipeline/internal/mql"

// keys adds the $lookup and returns its helper field: an array of one document with the keys k, or, of several ties, of a document
// for each group. Of no tie it is empty unless the core exists.
func (l *level) keys(n *among) string {
	stages := n.read.stages[:len(n.read.stages):len(n.read.stages)]
	switch n.read.ties {
	case 0:
		stages = append(stages, projectID)
	case 1:
		gathered := mql.Object{{Name: "k", Expr: mql.Call{Op: "$addToSet", Arg: mql.Path("_id")}}}
		stages = append(stages, &mql.Group{ID: mql.Null, Fields: gathered})
	}
	return l.add(&mql.Lookup{From: n.read.collection, Pipeline: stages})
}

func (l *level) queryAmong(n *among, v *variable, truth bool) mql.Query {
	switch {
	case len(n.ties) > 0 || v != l.v:
		if truth {
			return l.queryExpr(n, v)
		}
		return l.queryExpr(not{n}, v)
	case truth:
		return mql.On(l.keys(n)+".0", present)
	default:
		return mql.On(l.keys(n)+".0", absent)
	}
}

func (l *level) exprAmong(n *among) mql.Expr {
	as := l.keys(n)
	switch len(n.ties) {
	case 0:
		return mql.Fn("$ne", mql.Path(as), mql.Args{})
	case 1:
		found := mql.Fn("$arrayElemAt", mql.Path(as+".k"), mql.Const{Value: int32(0)})
		return l.exprTie(n.ties[0], mql.Fn("$ifNull", found, mql.Args{}))
	}
	const name = "g"
	conds := make(mql.Args, len(n.ties))
	for i, t := range n.ties {
		if i < len(n.ties)-1 {
			conds[i] = l.exprTie(t, wrapped(mql.Var(name+"._id."+groupKey(i))))
			continue
		}
		conds[i] = l.exprTie(t, mql.Call{Op: "$reduce", Arg: mql.Object{ // values, or arrays of values
			{Name: "input", Expr: mql.Var(name + ".s")}, {Name: "initialValue", Expr: mql.Args{}},
			{Name: "in", Expr: mql.Fn("$concatArrays", mql.Var("value"), wrapped(mql.Var("this")))},
		}})
	}
	return anyOf(mql.Path(as), name, mql.Call{Op: "$and", Arg: conds})
}

// exprTie is the expression "the value outside is, or holds, one of the keys".
func (l *level) exprTie(t tie, keys mql.Expr) mql.Expr {
	x := l.value(t.outside)
	switch {
	case t.typed:
		return mql.Call{Op: "$and", Arg: append(comparable(x, t.typ, true), mql.Fn("$in", x, keys))}
	case t.list:
		const k = mql.Var("k")
		key := mql.Fn("$and", isSet(k), negated(isArray(k)), mql.Fn("$in", k, keys))
		return anyOf(wrapped(x), "k", key)
	default:
		return mql.Fn("$in", x, keys)
	}
}
