package mql

import "go.mongodb.org/mongo-driver/v2/bson"

// A Renderer writes typed data as BSON documents of the driver. What it returns shares nothing with
// the data, nor with what it returned before, but for the bytes of one parameter in several places.
type Renderer struct {
	Bindings []Binding // what the parameters stand for
	Hide     bool      // write "?" in the place of every value: for logs

	boxed  []any    // the bindings of one value, each put into an interface once
	fields []bson.E // room for documents
	items  []any    // room for arrays
	bytes  []byte   // room for the bytes of values
}

// Hidden stands in the place of a value that is not shown.
const Hidden = "?"

// The sizes of the rooms that a Renderer takes at once.
const (
	someFields = 32
	someBytes  = 256
)

// document returns an empty document with room for n fields.
func (r *Renderer) document(n int) bson.D {
	if n == 0 {
		return bson.D{} // never nil, which the driver writes as null
	}
	if n > len(r.fields) {
		r.fields = make([]bson.E, max(n, someFields))
	}
	out := r.fields[:n:n]
	r.fields = r.fields[n:]
	return out
}

// one returns the document of one field.
func (r *Renderer) one(key string, value any) bson.D {
	out := r.document(1)
	out[0] = bson.E{Key: key, Value: value}
	return out
}

// array returns an array of n nulls.
func (r *Renderer) array(n int) bson.A {
	if n == 0 {
		return bson.A{}
	}
	if n > someFields {
		return make(bson.A, n)
	}
	if n > len(r.items) {
		r.items = make([]any, someFields)
	}
	out := r.items[:n:n]
	r.items = r.items[n:]
	return out
}

// Query writes a query document.
func (r *Renderer) Query(q Query) bson.D {
	out := r.document(len(q))
	for i, c := range q {
		switch c := c.(type) {
		case *Field:
			out[i] = bson.E{Key: c.Path, Value: r.ops(c.Ops)}
		case Logic:
			out[i] = bson.E{Key: c.Op, Value: r.queries(c.Of)}
		case ExprMatch:
			out[i] = bson.E{Key: "$expr", Value: r.expr(c.Expr)}
		}
	}
	return out
}

func (r *Renderer) queries(qs []Query) bson.A {
	out := r.array(len(qs))
	for i, q := range qs {
		out[i] = r.Query(q)
	}
	return out
}

func (r *Renderer) ops(ops Ops) bson.D {
	out := r.document(len(ops))
	for i, op := range ops {
		out[i] = bson.E{Key: op.Name, Value: r.arg(op.Arg)}
	}
	return out
}

func (r *Renderer) arg(a Arg) any {
	switch a := a.(type) {
	case *Value:
		return r.value(a)
	case List:
		return r.list(a, false)
	case WithNull:
		return r.list(a.List, true)
	case Const:
		return a.Value
	case Pattern:
		if r.Hide {
			return Hidden
		}
		return string(a)
	case Array:
		out := r.array(len(a))
		for i, e := range a {
			out[i] = r.arg(e)
		}
		return out
	case Ops:
		return r.ops(a)
	case Query:
		return r.Query(a)
	}
	return nil
}

func (r *Renderer) value(v *Value) any {
	switch {
	case r.Hide:
		return Hidden
	case v.Param == 0:
		return r.own(v.Literal)
	}
	if r.boxed == nil {
		r.boxed = make([]any, len(r.Bindings))
	}
	if r.boxed[v.Param-1] == nil {
		r.boxed[v.Param-1] = r.own(r.Bindings[v.Param-1].Value)
	}
	return r.boxed[v.Param-1]
}

// own returns a value with bytes of its own.
func (r *Renderer) own(v bson.RawValue) bson.RawValue {
	n := len(v.Value)
	if n == 0 {
		return v
	}
	if n > len(r.bytes) {
		r.bytes = make([]byte, max(n, someBytes))
	}
	copy(r.bytes, v.Value)
	v.Value, r.bytes = r.bytes[:n:n], r.bytes[n:]
	return v
}

func (r *Renderer) list(l List, withNull bool) bson.A {
	values := l.bound(r.Bindings)
	if r.Hide && len(values) > 0 {
		return bson.A{Hidden}
	}
	n := 0
	for _, v := range values {
		n += len(v.Value)
	}
	if n > len(r.bytes) {
		r.bytes = make([]byte, max(n, someBytes))
	}
	out := r.array(len(values) + count(withNull))
	for i, v := range values {
		out[i] = r.own(v)
	}
	return out
}

func count(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

func (r *Renderer) expr(e Expr) any {
	switch e := e.(type) {
	case Path:
		return "$" + string(e)
	case Var:
		return "$$" + string(e)
	case Const:
		return e.Value
	case Literal:
		return r.one("$literal", r.arg(e.Of))
	case Call:
		return r.one(e.Op, r.expr(e.Arg))
	case Args:
		out := r.array(len(e))
		for i, arg := range e {
			out[i] = r.expr(arg)
		}
		return out
	case Object:
		return r.Object(e)
	}
	return nil
}

// Object writes a document of expressions.
func (r *Renderer) Object(o Object) bson.D {
	out := r.document(len(o))
	for i, m := range o {
		out[i] = bson.E{Key: m.Name, Value: r.expr(m.Expr)}
	}
	return out
}

// Stages writes a pipeline.
func (r *Renderer) Stages(stages []Stage) []bson.D {
	out := make([]bson.D, len(stages))
	for i, s := range stages {
		out[i] = r.Stage(s)
	}
	return out
}

// Stage writes one stage.
func (r *Renderer) Stage(s Stage) bson.D {
	switch s := s.(type) {
	case Match:
		return r.one("$match", r.Query(s.Query))
	case *Lookup:
		return r.one("$lookup", r.lookup(s))
	case Unwind:
		return r.one("$unwind", "$"+s.Path)
	case *Group:
		out := r.document(1 + len(s.Fields))
		out[0] = bson.E{Key: "_id", Value: r.expr(s.ID)}
		for i, m := range s.Fields {
			out[i+1] = bson.E{Key: m.Name, Value: r.expr(m.Expr)}
		}
		return r.one("$group", out)
	case Project:
		return r.one("$project", r.Object(s.Fields))
	case Unset:
		if len(s) == 1 {
			return r.one("$unset", s[0])
		}
		names := r.array(len(s))
		for i := range s {
			names[i] = s[i]
		}
		return r.one("$unset", names)
	case Limit:
		return r.one("$limit", int32(s))
	case UnionWith:
		return r.one("$unionWith", bson.D{
			{Key: "coll", Value: s.Collection}, {Key: "pipeline", Value: r.Stages(s.Pipeline)},
		})
	}
	return nil
}

func (r *Renderer) lookup(l *Lookup) bson.D {
	out := make(bson.D, 0, 6)
	out = append(out, bson.E{Key: "from", Value: l.From})
	if l.LocalField != "" {
		out = append(out, bson.E{Key: "localField", Value: l.LocalField}, bson.E{Key: "foreignField", Value: l.ForeignField})
	}
	if len(l.Let) > 0 {
		out = append(out, bson.E{Key: "let", Value: r.Object(l.Let)})
	}
	if l.Pipeline != nil {
		out = append(out, bson.E{Key: "pipeline", Value: r.Stages(l.Pipeline)})
	}
	return append(out, bson.E{Key: "as", Value: l.As})
}
