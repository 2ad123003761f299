package emit

import (
	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/formula"
	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/mql"
)

// addKeyLookup adds the $lookup and returns its helper field: an array of one document with the
// keys k, or, of several outer references, of a document for each group. Of no outer reference it
// is empty unless the graph exists.
func (s *Scope) addKeyLookup(n *formula.KeyLookup) string {
	stages := n.Query.Stages[:len(n.Query.Stages):len(n.Query.Stages)]
	switch n.Query.Outer {
	case 0:
		stages = append(stages, ProjectID)
	case 1:
		gathered := mql.Object{{Name: "k", Expr: mql.Call{Op: "$addToSet", Arg: mql.Path("_id")}}}
		stages = append(stages, &mql.Group{ID: mql.Null, Fields: gathered})
	}
	return s.add(&mql.Lookup{From: n.Query.Collection, Pipeline: stages})
}

func (s *Scope) queryKeyLookup(n *formula.KeyLookup, v *formula.Variable, truth bool) mql.Query {
	switch {
	case len(n.Outer) > 0 || v != s.Var:
		if truth {
			return s.queryExpr(n, v)
		}
		return s.queryExpr(formula.Not{Of: n}, v)
	case truth:
		return mql.On(s.addKeyLookup(n)+".0", Present)
	default:
		return mql.On(s.addKeyLookup(n)+".0", Absent)
	}
}

func (s *Scope) exprKeyLookup(n *formula.KeyLookup) mql.Expr {
	as := s.addKeyLookup(n)
	switch len(n.Outer) {
	case 0:
		return mql.Fn("$ne", mql.Path(as), mql.Args{})
	case 1:
		found := mql.Fn("$arrayElemAt", mql.Path(as+".k"), mql.Const{Value: int32(0)})
		return s.exprOuterRef(n.Outer[0], mql.Fn("$ifNull", found, mql.Args{}))
	}
	const name = "g"
	conds := make(mql.Args, len(n.Outer))
	for i, t := range n.Outer {
		if i < len(n.Outer)-1 {
			conds[i] = s.exprOuterRef(t, wrapped(mql.Var(name+"._id."+formula.GroupKey(i))))
			continue
		}
		conds[i] = s.exprOuterRef(t, mql.Call{Op: "$reduce", Arg: mql.Object{ // values, or arrays of values
			{Name: "input", Expr: mql.Var(name + ".s")}, {Name: "initialValue", Expr: mql.Args{}},
			{Name: "in", Expr: mql.Fn("$concatArrays", mql.Var("value"), wrapped(mql.Var("this")))},
		}})
	}
	return anyOf(mql.Path(as), name, mql.Call{Op: "$and", Arg: conds})
}

// exprOuterRef is the expression "the value outside is, or holds, one of the keys".
func (s *Scope) exprOuterRef(t formula.OuterRef, keys mql.Expr) mql.Expr {
	x := s.value(t.Outside)
	switch {
	case t.Typed:
		return mql.Call{Op: "$and", Arg: append(comparable(x, t.Type, true), mql.Fn("$in", x, keys))}
	case t.List:
		const k = mql.Var("k")
		key := mql.Fn("$and", isSet(k), negated(isArray(k)), mql.Fn("$in", k, keys))
		return anyOf(wrapped(x), "k", key)
	default:
		return mql.Fn("$in", x, keys)
	}
}
