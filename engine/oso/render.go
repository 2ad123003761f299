package oso

import (
	"fmt"
	"strings"

	"github.com/mongoauthz/go-mongoauthz/engine/oso/internal/polar"
	"github.com/osohq/go-oso/types"
)

var infix = map[types.OperatorVariant]string{
	types.OperatorUnify{}: "=", types.OperatorEq{}: "==", types.OperatorNeq{}: "!=", types.OperatorLt{}: "<", types.OperatorLeq{}: "<=",
	types.OperatorGt{}: ">", types.OperatorGeq{}: ">=", types.OperatorIn{}: "in", types.OperatorIsa{}: "matches", types.OperatorAnd{}: "and",
	types.OperatorOr{}: "or", types.OperatorAdd{}: "+", types.OperatorSub{}: "-", types.OperatorMul{}: "*", types.OperatorDiv{}: "/",
	types.OperatorMod{}: "mod", types.OperatorRem{}: "rem",
}

// render writes a part of a partial result as Polar would, with a ? for each value.
func render(x any) string {
	switch x := x.(type) {
	case types.Variable:
		return string(x)
	case types.ValuePattern:
		if p, ok := x.PatternVariant.(types.PatternInstance); ok && len(p.Fields.Fields) == 0 {
			return string(p.Tag)
		}
		return "{?}"
	case types.Expression:
		args := make([]string, len(x.Args))
		for i, a := range x.Args {
			args[i] = render(a)
		}
		op := x.Operator.OperatorVariant
		if _, ok := op.(types.OperatorDot); ok && len(x.Args) == 2 {
			if name, ok := x.Args[1].(string); ok {
				return args[0] + "." + strings.TrimSuffix(name, polar.Negated)
			}
			return args[0] + ".(?)"
		}
		if _, ok := op.(types.OperatorNot); ok && len(args) == 1 {
			return "not " + args[0]
		}
		if sign, ok := infix[op]; ok && len(args) > 1 {
			return "(" + strings.Join(args, " "+sign+" ") + ")"
		}
		return strings.TrimPrefix(fmt.Sprintf("%T", op), "types.Operator") + "(" + strings.Join(args, ", ") + ")"
	default:
		return "?"
	}
}

// construct is render without the outermost parentheses.
func construct(x any) string {
	s := render(x)
	if strings.HasPrefix(s, "(") && strings.HasSuffix(s, ")") {
		return s[1 : len(s)-1]
	}
	return s
}
