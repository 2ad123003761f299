package mql_test

import (
	"fmt"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/mql"
)

// The reader is the inverse of the renderer, for the data that maker makes. Only tests read BSON
// back. A parameter is read as the literals that stood for it.

func readStages(ds []bson.D) []mql.Stage {
	out := make([]mql.Stage, len(ds))
	for i, d := range ds {
		out[i] = readStage(d)
	}
	return out
}

func readStage(d bson.D) mql.Stage {
	switch v := d[0].Value; d[0].Key {
	case "$match":
		return mql.Match{Query: readQuery(v.(bson.D))}
	case "$unwind":
		return mql.Unwind{Path: v.(string)[1:]}
	case "$group":
		fields := v.(bson.D)
		return &mql.Group{ID: readExpr(fields[0].Value), Fields: readObject(fields[1:])}
	case "$project":
		return mql.Project{Fields: readObject(v.(bson.D))}
	case "$unset":
		if name, one := v.(string); one {
			return mql.Unset{name}
		}
		var out mql.Unset
		for _, name := range v.(bson.A) {
			out = append(out, name.(string))
		}
		return out
	case "$limit":
		return mql.Limit(v.(int32))
	case "$unionWith":
		fields := v.(bson.D)
		return mql.UnionWith{Collection: fields[0].Value.(string), Pipeline: readStages(fields[1].Value.([]bson.D))}
	case "$lookup":
		return readLookup(v.(bson.D))
	default:
		panic(fmt.Sprint("stage ", d[0].Key))
	}
}

func readLookup(fields bson.D) mql.Stage {
	l := &mql.Lookup{}
	for _, e := range fields {
		switch e.Key {
		case "from":
			l.From = e.Value.(string)
		case "localField":
			l.LocalField = e.Value.(string)
		case "foreignField":
			l.ForeignField = e.Value.(string)
		case "let":
			l.Let = readObject(e.Value.(bson.D))
		case "pipeline":
			l.Pipeline = readStages(e.Value.([]bson.D))
		case "as":
			l.As = e.Value.(string)
		}
	}
	return l
}

func readQuery(d bson.D) mql.Query {
	out := mql.Query{}
	for _, e := range d {
		switch e.Key {
		case "$expr":
			out = append(out, mql.ExprMatch{Expr: readExpr(e.Value)})
		case mql.And, mql.Or, mql.Nor:
			var of []mql.Query
			for _, q := range e.Value.(bson.A) {
				of = append(of, readQuery(q.(bson.D)))
			}
			out = append(out, mql.Logic{Op: e.Key, Of: of})
		default:
			out = append(out, &mql.Field{Path: e.Key, Ops: readOps(e.Value.(bson.D))})
		}
	}
	return out
}

func readOps(d bson.D) mql.Ops {
	ops := mql.Ops{}
	for _, e := range d {
		ops = append(ops, mql.Is(e.Key, readOperand(e.Key, e.Value)))
	}
	return ops
}

func readOperand(op string, v any) mql.Arg {
	switch v := v.(type) {
	case bson.D:
		if op == "$not" {
			return readOps(v)
		}
		return readQuery(v)
	case bson.A:
		if op == "$nin" && len(v) == 2 && v[1] == nil {
			return mql.Array{readValue(v[0]), mql.Null} // a list of one and null is written alike
		}
		if op == "$nin" {
			return mql.WithNull{List: readList(v[:len(v)-1])}
		}
		return readList(v)
	case string:
		if op == "$regex" {
			return mql.Pattern(v)
		}
	}
	return readValue(v)
}

func readValue(v any) mql.Arg {
	if raw, ok := v.(bson.RawValue); ok {
		return &mql.Value{Literal: raw}
	}
	return mql.Const{Value: v}
}

func readList(a bson.A) mql.List {
	l := mql.List{}
	for _, v := range a {
		l.Values = append(l.Values, v.(bson.RawValue))
	}
	return l
}

func readExpr(v any) mql.Expr {
	switch v := v.(type) {
	case string:
		switch {
		case strings.HasPrefix(v, "$$"):
			return mql.Var(v[2:])
		case strings.HasPrefix(v, "$"):
			return mql.Path(v[1:])
		}
		return mql.Const{Value: v}
	case bson.A:
		args := mql.Args{}
		for _, e := range v {
			args = append(args, readExpr(e))
		}
		return args
	case bson.D:
		if len(v) != 1 || v[0].Key[0] != '$' {
			return readObject(v)
		}
		if v[0].Key == "$literal" {
			if list, ok := v[0].Value.(bson.A); ok {
				return mql.Literal{Of: readList(list)}
			}
			return mql.Literal{Of: readValue(v[0].Value)}
		}
		return mql.Call{Op: v[0].Key, Arg: readExpr(v[0].Value)}
	default:
		return mql.Const{Value: v}
	}
}

func readObject(d bson.D) mql.Object {
	o := mql.Object{}
	for _, e := range d {
		o = append(o, mql.Member{Name: e.Key, Expr: readExpr(e.Value)})
	}
	return o
}
