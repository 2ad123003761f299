package mql

import "slices"

// Equal reports whether two queries are the same data, in the same order. Parameters are equal to
// themselves only.
func Equal(a, b Query) bool { return slices.EqualFunc(a, b, equalConditions) }

func equalConditions(a, b Condition) bool {
	switch a := a.(type) {
	case *Field:
		b, ok := b.(*Field)
		return ok && a.Path == b.Path && EqualArgs(a.Ops, b.Ops)
	case Logic:
		b, ok := b.(Logic)
		return ok && a.Op == b.Op && slices.EqualFunc(a.Of, b.Of, Equal)
	case ExprMatch:
		b, ok := b.(ExprMatch)
		return ok && EqualExprs(a.Expr, b.Expr)
	default:
		return false
	}
}

// EqualArgs reports whether two arguments are the same data.
func EqualArgs(a, b Arg) bool {
	switch a := a.(type) {
	case *Value:
		b, ok := b.(*Value)
		return ok && a.Equal(*b)
	case List:
		b, ok := b.(List)
		return ok && a.Equal(b)
	case WithNull:
		b, ok := b.(WithNull)
		return ok && a.List.Equal(b.List)
	case Const:
		b, ok := b.(Const)
		return ok && a == b
	case Pattern:
		b, ok := b.(Pattern)
		return ok && a == b
	case Array:
		b, ok := b.(Array)
		return ok && slices.EqualFunc(a, b, EqualArgs)
	case Ops:
		b, ok := b.(Ops)
		return ok && slices.EqualFunc(a, b, func(a, b Op) bool {
			return a.Name == b.Name && EqualArgs(a.Arg, b.Arg)
		})
	case Query:
		b, ok := b.(Query)
		return ok && Equal(a, b)
	default:
		return false
	}
}

// EqualExprs reports whether two expressions are the same data.
func EqualExprs(a, b Expr) bool {
	switch a := a.(type) {
	case Path:
		b, ok := b.(Path)
		return ok && a == b
	case Var:
		b, ok := b.(Var)
		return ok && a == b
	case Const:
		b, ok := b.(Const)
		return ok && a == b
	case Literal:
		b, ok := b.(Literal)
		return ok && EqualArgs(a.Of, b.Of)
	case Call:
		b, ok := b.(Call)
		return ok && a.Op == b.Op && EqualExprs(a.Arg, b.Arg)
	case Args:
		b, ok := b.(Args)
		return ok && slices.EqualFunc(a, b, EqualExprs)
	case Object:
		b, ok := b.(Object)
		return ok && equalObjects(a, b)
	default:
		return false
	}
}

func equalObjects(a, b Object) bool {
	return slices.EqualFunc(a, b, func(a, b Member) bool {
		return a.Name == b.Name && EqualExprs(a.Expr, b.Expr)
	})
}

// EqualStages reports whether two pipelines are the same data.
func EqualStages(a, b []Stage) bool { return slices.EqualFunc(a, b, EqualStage) }

// EqualStage reports whether two stages are the same data.
func EqualStage(a, b Stage) bool {
	switch a := a.(type) {
	case Match:
		b, ok := b.(Match)
		return ok && Equal(a.Query, b.Query)
	case *Lookup:
		b, ok := b.(*Lookup)
		return ok && a.As == b.As && a.Finds(b)
	case Unwind:
		b, ok := b.(Unwind)
		return ok && a == b
	case *Group:
		b, ok := b.(*Group)
		return ok && EqualExprs(a.ID, b.ID) && equalObjects(a.Fields, b.Fields)
	case Project:
		b, ok := b.(Project)
		return ok && equalObjects(a.Fields, b.Fields)
	case Unset:
		b, ok := b.(Unset)
		return ok && slices.Equal(a, b)
	case Limit:
		b, ok := b.(Limit)
		return ok && a == b
	case UnionWith:
		b, ok := b.(UnionWith)
		return ok && a.Collection == b.Collection && EqualStages(a.Pipeline, b.Pipeline)
	default:
		return false
	}
}

// Finds reports whether two lookups find the same, wherever they put it.
func (l *Lookup) Finds(m *Lookup) bool {
	return l.From == m.From && l.LocalField == m.LocalField && l.ForeignField == m.ForeignField &&
		(l.Pipeline == nil) == (m.Pipeline == nil) && equalObjects(l.Let, m.Let) && EqualStages(l.Pipeline, m.Pipeline)
}
