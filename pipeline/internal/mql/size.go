package mql

import "go.mongodb.org/mongo-driver/v2/bson"

// The sizes below are those of BSON: a field is its type, its name, a NUL and its value; a document
// or an array is its length, its fields and a NUL; an element's name is its index.
const (
	ofDocument = 5
	ofField    = 2
	ofIndex    = 2 + 6
)

// Size returns about how many bytes a pipeline is in BSON, with what the parameters stand for: no
// fewer than it is, but for arrays of a million elements and more.
func Size(stages []Stage, bindings []Binding) int {
	s := sizer{bindings}
	return s.stages(stages)
}

type sizer struct{ bindings []Binding }

func (s sizer) stages(stages []Stage) int {
	n := ofDocument
	for _, stage := range stages {
		n += ofIndex + 2*ofDocument + 16 + s.stage(stage)
	}
	return n
}

func (s sizer) stage(stage Stage) int {
	switch stage := stage.(type) {
	case Match:
		return s.query(stage.Query)
	case *Lookup:
		names := 64 + len(stage.From) + len(stage.LocalField) + len(stage.ForeignField) + len(stage.As)
		return names + s.object(stage.Let) + s.stages(stage.Pipeline)
	case Unwind:
		return ofDocument + len(stage.Path)
	case *Group:
		return ofDocument + s.expr(stage.ID) + s.object(stage.Fields)
	case Project:
		return s.object(stage.Fields)
	case Unset:
		n := ofDocument
		for _, name := range stage {
			n += ofIndex + ofDocument + len(name)
		}
		return n
	case Limit:
		return 4
	case UnionWith:
		return 2*ofDocument + 16 + len(stage.Collection) + s.stages(stage.Pipeline)
	}
	return 0
}

func (s sizer) query(q Query) int {
	n := ofDocument
	for _, c := range q {
		switch c := c.(type) {
		case *Field:
			n += ofField + len(c.Path) + s.arg(c.Ops)
		case Logic:
			n += ofField + len(c.Op) + ofDocument
			for _, of := range c.Of {
				n += ofIndex + s.query(of)
			}
		case ExprMatch:
			n += ofField + len("$expr") + s.expr(c.Expr)
		}
	}
	return n
}

func (s sizer) arg(a Arg) int {
	switch a := a.(type) {
	case *Value:
		if a.Param > 0 {
			return len(s.bindings[a.Param-1].Value.Value)
		}
		return len(a.Literal.Value)
	case List:
		return s.values(a.bound(s.bindings))
	case WithNull:
		return ofIndex + s.values(a.List.bound(s.bindings))
	case Const:
		return constant(a)
	case Pattern:
		return ofDocument + len(a)
	case Array:
		n := ofDocument
		for _, e := range a {
			n += ofIndex + s.arg(e)
		}
		return n
	case Ops:
		n := ofDocument
		for _, op := range a {
			n += ofField + len(op.Name) + s.arg(op.Arg)
		}
		return n
	case Query:
		return s.query(a)
	}
	return 0
}

func constant(c Const) int {
	if text, ok := c.Value.(string); ok {
		return ofDocument + len(text)
	}
	return 8
}

func (s sizer) values(values []bson.RawValue) int {
	n := ofDocument
	for _, v := range values {
		n += ofIndex + len(v.Value)
	}
	return n
}

func (s sizer) expr(e Expr) int {
	switch e := e.(type) {
	case Path:
		return ofDocument + 1 + len(e)
	case Var:
		return ofDocument + 2 + len(e)
	case Const:
		return constant(e)
	case Literal:
		return ofDocument + ofField + len("$literal") + s.arg(e.Of)
	case Call:
		return ofDocument + ofField + len(e.Op) + s.expr(e.Arg)
	case Args:
		n := ofDocument
		for _, arg := range e {
			n += ofIndex + s.expr(arg)
		}
		return n
	case Object:
		return s.object(e)
	}
	return 0
}

func (s sizer) object(o Object) int {
	n := ofDocument
	for _, m := range o {
		n += ofField + len(m.Name) + s.expr(m.Expr)
	}
	return n
}
