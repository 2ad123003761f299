package emit

import (
	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/formula"
	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/mql"
	"github.com/mongoauthz/go-mongoauthz/relations"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// This file is the table of leaf spellings as aggregation expressions, and the expressions that it
// is made of.

func text(s string) mql.Const { return mql.Const{Value: s} }

func boolean(b bool) mql.Const { return mql.Const{Value: b} }

func both2(a, b mql.Expr) mql.Expr { return mql.Fn("$and", a, b) }

func negated(e mql.Expr) mql.Expr { return mql.Fn("$not", e) }

func cond(of, then, otherwise mql.Expr) mql.Expr { return mql.Fn("$cond", of, then, otherwise) }

// isType is the expression "e is of that type".
func isType(e mql.Expr, typ string) mql.Expr {
	if typ == "number" {
		return mql.Call{Op: "$isNumber", Arg: e}
	}
	return mql.Fn("$eq", mql.Call{Op: "$type", Arg: e}, text(typ))
}

// isNull is the expression "e is missing or null". (e ≤ null would be true of MinKey as well.)
func isNull(e mql.Expr) mql.Expr {
	return mql.Fn("$in", mql.Call{Op: "$type", Arg: e}, mql.Args{text("missing"), text("null")})
}

// isMissing is the expression "e is missing". ($ifNull takes null for missing.)
func isMissing(e mql.Expr) mql.Expr {
	return mql.Fn("$eq", mql.Call{Op: "$type", Arg: e}, text("missing"))
}

func isSet(e mql.Expr) mql.Expr { return negated(isNull(e)) }

func isArray(e mql.Expr) mql.Expr { return mql.Fn("$isArray", e) }

// arrayOr is the expression "e if it is an array, else the empty array".
func arrayOr(e mql.Expr) mql.Expr { return cond(isArray(e), e, mql.Args{}) }

// wrapped is the expression "e if it is an array, else the array of e alone".
func wrapped(e mql.Expr) mql.Expr { return cond(isArray(e), e, mql.Args{e}) }

// mapped is the expression "of the elements of input, each named, what in says".
func mapped(input mql.Expr, name string, in mql.Expr) mql.Expr {
	return mql.Call{Op: "$map", Arg: mql.Object{{Name: "input", Expr: input}, {Name: "as", Expr: text(name)}, {Name: "in", Expr: in}}}
}

func anyOf(input mql.Expr, name string, in mql.Expr) mql.Expr {
	return mql.Fn("$anyElementTrue", mapped(input, name, in))
}

func allOf(input mql.Expr, name string, in mql.Expr) mql.Expr {
	return mql.Fn("$allElementsTrue", mapped(input, name, in))
}

// is is the expression that e is of the type of the leaf, and more.
func (l spelling) is(e mql.Expr, more ...mql.Expr) mql.Expr {
	typ := formula.Alias(l.Type)
	if l.Op.Ordered() && typ == "" {
		typ = formula.Class(l.Value.Literal)
	}
	first := isSet(e)
	if typ != "" {
		first = isType(e, typ)
	}
	if len(more) == 0 {
		return first
	}
	return mql.Fn("$and", append([]mql.Expr{first}, more...)...)
}

// literal is the leaf's value as an expression.
func (l spelling) literal() mql.Literal {
	return mql.Literal{Of: &l.Value}
}

// elementExpr is the expression that tests one value e. A declared type excludes arrays; for AnyType,
// where an array must not count, the caller says so.
func (l spelling) elementExpr(e mql.Expr, truth bool) (mql.Expr, error) {
	switch l.Op {
	case filter.Eq:
		equal := mql.Fn("$eq", e, l.literal())
		switch {
		case truth && l.symbols():
			return l.is(e, equal), nil
		case truth:
			return equal, nil
		}
		return l.is(e, mql.Fn("$ne", e, l.literal())), nil
	case filter.In, filter.SubsetOf:
		in := mql.Fn("$in", e, mql.Literal{Of: l.Values})
		switch {
		case truth && l.symbols():
			return l.is(e, in), nil
		case truth:
			return in, nil
		case len(l.Values.Values) == 0:
			return l.is(e), nil
		}
		return l.is(e, negated(in)), nil
	case filter.Lt, filter.Lte, filter.Gt, filter.Gte:
		op, opposite := orderOperator(l.Op)
		if !truth {
			op = opposite
		}
		compare := mql.Fn(op, e, l.literal())
		if formula.Class(l.Value.Literal) == "number" && (op == "$lt" || op == "$lte") { // NaN is below all numbers
			return l.is(e, mql.Fn("$ne", e, nan), compare), nil
		}
		return l.is(e, compare), nil
	case filter.StartsWith, filter.EndsWith, filter.ContainsText:
		match := matches(e, mql.Literal{Of: l.Leaf.Pattern()})
		if !truth { // see isText
			match = both2(matches(e, text("^")), negated(match))
		}
		return cond(isType(e, "string"), match, boolean(false)), nil
	default:
		return nil, formula.Unsupported("operator %v in an expression", l.Op)
	}
}

func matches(e, pattern mql.Expr) mql.Expr {
	return mql.Call{Op: "$regexMatch", Arg: mql.Object{{Name: "input", Expr: e}, {Name: "regex", Expr: pattern}}}
}

// expr spells a comparison of the value x as an aggregation expression.
func (l spelling) expr(x mql.Expr, truth bool) (mql.Expr, error) {
	const name = "x"
	of, err := l.elementExpr(mql.Var(name), truth)
	if err != nil {
		return nil, err
	}
	switch {
	case l.Op == filter.SubsetOf && truth:
		return cond(isArray(x), allOf(arrayOr(x), name, of), boolean(false)), nil
	case l.Op == filter.SubsetOf:
		return anyOf(arrayOr(x), name, of), nil
	case truth && l.Strict && l.List:
		return anyOf(arrayOr(x), name, of), nil
	case truth && !l.Strict:
		return anyOf(wrapped(x), name, of), nil
	case l.List:
		return cond(isArray(x), allOf(arrayOr(x), name, of), boolean(false)), nil
	}
	one, err := l.elementExpr(x, truth)
	if err != nil || formula.Alias(l.Type) != "" {
		return one, err
	}
	return both2(negated(isArray(x)), one), nil
}

// nan is a NaN as an expression.
var nan = mql.Literal{Of: &mql.Value{Literal: bson.RawValue{Type: bson.TypeDouble, Value: []byte{0, 0, 0, 0, 0, 0, 0xf8, 0x7f}}}}

// comparisonExpr is the operator of a field-to-field comparison and which sides must not be NaN,
// below all numbers there.
func comparisonExpr(op filter.Operator, truth bool) (name string, left, right bool, ok bool) {
	if op == filter.Eq {
		return "$eq", true, false, truth
	}
	is, opposite := orderOperator(op)
	if !truth {
		is = opposite
	}
	return is, is == "$lt" || is == "$lte", is == "$gt" || is == "$gte", is != ""
}

// differ is the expression "a and b, both of that type, are not equal". NaN equals nothing, itself
// included.
func differ(a, b mql.Expr, typ relations.ValueType) mql.Expr {
	ne := mql.Fn("$ne", a, b)
	if typ != relations.Number {
		return ne
	}
	return mql.Fn("$or", ne, mql.Fn("$eq", a, nan))
}

// orZero is the expression "e, or where it is missing the value that it counts as then".
func orZero(e mql.Expr, f *relations.Field) mql.Expr {
	zero, ok := formula.ZeroOf(f)
	if !ok {
		return e
	}
	return cond(isMissing(e), mql.Literal{Of: &mql.Value{Literal: zero}}, e)
}

// comparable is the expressions "e is a value of that type", and no NaN where that is asked.
func comparable(e mql.Expr, typ relations.ValueType, notNaN bool) mql.Args {
	out := mql.Args{isType(e, formula.Alias(typ))}
	if notNaN && typ == relations.Number {
		out = append(out, mql.Fn("$ne", e, nan))
	}
	return out
}
