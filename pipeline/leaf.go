package pipeline

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/relations"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// This file is the table of leaf spellings: each comparison surely true and surely false, as operators of a query document and
// as an aggregation expression. It follows package evaluate; what each guard keeps out is said beside it.

func d(key string, value any) bson.D { return bson.D{{Key: key, Value: value}} }

// notArray is the operator document "not an array".
func notArray() bson.E { return bson.E{Key: "$not", Value: typeArray} }

// isText is the operator that holds for strings in UTF-8 only: matching any other fails, which a $not would take for "no match".
var isText = bson.E{Key: "$regex", Value: "^"}

// maxPattern is how long a regular expression the server takes, in bytes.
const maxPattern = 32_764

// Parts that never change. A plan shares them; Stages copies.
var (
	typeArray  any = bson.D{{Key: "$type", Value: "array"}}
	typeObject any = bson.D{{Key: "$type", Value: "object"}}
	notNull    any = bson.D{{Key: "$ne", Value: null}}
	absent     any = bson.D{{Key: "$exists", Value: false}}
	present    any = bson.D{{Key: "$exists", Value: true}}
	isKey      any = bson.D{{Key: "$ne", Value: null}, notArray()}
	limitOne       = bson.D{{Key: "$limit", Value: int32(1)}}
	projectID      = bson.D{{Key: "$project", Value: bson.D{{Key: "_id", Value: int32(1)}}}}
)

// null is the null of an operator document.
var null any

// alias returns the $type alias of a declared type; Any has none.
func alias(t relations.ValueType) string {
	switch t {
	case relations.Number:
		return "number"
	case relations.String:
		return "string"
	case relations.Bool:
		return "bool"
	case relations.ObjectID:
		return "objectId"
	case relations.Date:
		return "date"
	case relations.Binary:
		return "binData"
	case relations.Timestamp:
		return "timestamp"
	case relations.Document:
		return "object"
	default:
		return ""
	}
}

// class returns the $type alias of a value's type class.
func class(v bson.RawValue) string {
	switch v.Type {
	case bson.TypeInt32, bson.TypeInt64, bson.TypeDouble, bson.TypeDecimal128:
		return "number"
	case bson.TypeString:
		return "string"
	case bson.TypeBoolean:
		return "bool"
	case bson.TypeObjectID:
		return "objectId"
	case bson.TypeDateTime:
		return "date"
	case bson.TypeBinary:
		return "binData"
	case bson.TypeTimestamp:
		return "timestamp"
	case bson.TypeEmbeddedDocument:
		return "object"
	default:
		return ""
	}
}

// orderOperator returns the query operator of an ordered comparison, and of its opposite.
func orderOperator(op filter.Operator) (is, opposite string) {
	switch op {
	case filter.Lt:
		return "$lt", "$gte"
	case filter.Leq:
		return "$lte", "$gt"
	case filter.Gt:
		return "$gt", "$lte"
	case filter.Geq:
		return "$gte", "$lt"
	default:
		return "", ""
	}
}

// pattern returns the regular expression that matches strings as a text operator asks; every special character of the needle
// is escaped one by one, since \Q…\E can be broken out of, and the end is \z, since $ also matches before a final newline.
func (l leaf) pattern() string {
	needle := strings.ReplaceAll(regexp.QuoteMeta(l.value.StringValue()), "\x00", `\x00`)
	switch l.op {
	case filter.StartsWith:
		return "^" + needle
	case filter.EndsWith:
		return needle + `\z`
	default:
		return needle
	}
}

// element returns the operators that test one value, no array: surely true or surely false.
// Every spelling excludes an array by itself, or one is set and the caller must.
func (l leaf) element(truth bool) (ops bson.D, one bool, err error) {
	typ := alias(l.typ)
	ofType := func(e ...bson.E) bson.D {
		if typ == "" {
			return e
		}
		return append(bson.D{{Key: "$type", Value: typ}}, e...)
	}
	switch l.op {
	case filter.Eq:
		switch {
		case truth && l.symbols():
			return ofType(bson.E{Key: "$eq", Value: l.value}), false, nil
		case truth:
			return d("$eq", l.value), false, nil
		case typ != "":
			return ofType(bson.E{Key: "$ne", Value: l.value}), true, nil
		case l.value.Type == bson.TypeEmbeddedDocument: // $nin refuses a document whose first key begins with $
			return nil, true, nil
		default:
			return d("$nin", bson.A{l.value, null}), true, nil
		}
	case filter.In:
		switch {
		case truth && l.symbols():
			return ofType(bson.E{Key: "$in", Value: array(l.values, false)}), false, nil
		case truth:
			return d("$in", array(l.values, false)), false, nil
		case typ == "" && len(l.values) == 0:
			return d("$ne", null), true, nil
		case typ == "":
			return d("$nin", array(l.values, true)), true, nil
		case len(l.values) == 0:
			return ofType(), true, nil
		default:
			return ofType(bson.E{Key: "$nin", Value: array(l.values, false)}), true, nil
		}
	case filter.Lt, filter.Leq, filter.Gt, filter.Geq:
		is, opposite := orderOperator(l.op)
		if truth && l.symbols() {
			return ofType(bson.E{Key: is, Value: l.value}), false, nil
		}
		if truth {
			return d(is, l.value), false, nil
		}
		if l.typ == relations.String { // a stored symbol orders among strings, and is none
			return ofType(bson.E{Key: opposite, Value: l.value}), true, nil
		}
		return d(opposite, l.value), true, nil
	case filter.StartsWith, filter.EndsWith, filter.ContainsText:
		if truth { // a pattern also equals a stored regex: hence the type
			return bson.D{{Key: "$type", Value: "string"}, {Key: "$regex", Value: l.pattern()}}, true, nil
		}
		return bson.D{{Key: "$type", Value: "string"}, isText, {Key: "$not", Value: d("$regex", l.pattern())}}, true, nil
	default:
		return nil, false, unsupported("operator %v on a value", l.op)
	}
}

func array(vs []bson.RawValue, withNull bool) bson.A {
	out := make(bson.A, 0, len(vs)+1)
	for _, v := range vs {
		out = append(out, v)
	}
	if withNull {
		out = append(out, null)
	}
	return out
}

// query spells a comparison on a path as a query document.
func (l leaf) query(path string, truth bool) (bson.D, error) {
	if l.op == filter.SubsetOf {
		return l.subsetQuery(path, truth), nil
	}
	ops, one, err := l.element(truth)
	if err != nil {
		return nil, err
	}
	if ops == nil { // Any ≠ a document
		ne := d("$ne", l.value)
		if l.list {
			ne = append(bson.D{{Key: "$type", Value: "array"}}, ne...)
		} else {
			ne = append(ne, notArray())
		}
		return d("$and", bson.A{d(path, ne), d(path, d("$ne", null))}), nil
	}
	text := l.op.Text()
	switch {
	case truth && l.list && l.strict:
		return d(path, d("$elemMatch", ops)), nil
	case truth && l.strict:
		return d(path, append(ops, notArray())), nil
	case truth && text:
		return d("$or", bson.A{d(path, append(ops, notArray())), d(path, d("$elemMatch", ops[:2:2]))}), nil
	case truth:
		return d(path, ops), nil
	case l.list && text:
		return d("$and", bson.A{
			d(path, d("$type", "array")),
			d(path, d("$not", d("$regex", l.pattern()))),
			d(path, d("$not", d("$elemMatch", d("$not", bson.D{{Key: "$type", Value: "string"}, isText})))),
		}), nil
	case l.list && l.typ == relations.Any && !l.op.Ordered():
		return d(path, append(bson.D{{Key: "$type", Value: "array"}}, ops...)), nil
	case l.list:
		return d(path, bson.D{{Key: "$type", Value: "array"}, {Key: "$not", Value: d("$elemMatch", d("$not", ops))}}), nil
	case text:
		return d("$and", bson.A{d(path, ops), d(path, bson.D{notArray()})}), nil
	case one:
		return d(path, append(ops, notArray())), nil
	default:
		return d(path, ops), nil
	}
}

func (l leaf) subsetQuery(path string, truth bool) bson.D {
	if truth && l.symbols() {
		return d(path, bson.D{{Key: "$type", Value: "array"}, {Key: "$not", Value: d("$elemMatch", d("$not", bson.D{{Key: "$type", Value: "string"}, {Key: "$in", Value: array(l.values, false)}}))}})
	}
	if truth {
		return d(path, bson.D{{Key: "$type", Value: "array"}, {Key: "$not", Value: d("$elemMatch", d("$nin", array(l.values, false)))}})
	}
	if l.typ == relations.Any {
		return d(path, d("$elemMatch", d("$nin", array(l.values, true))))
	}
	return d(path, d("$elemMatch", bson.D{{Key: "$type", Value: alias(l.typ)}, {Key: "$nin", Value: array(l.values, false)}}))
}

// isType is the expression "e is of that type".
func isType(e any, typ string) any {
	if typ == "number" {
		return d("$isNumber", e)
	}
	return d("$eq", bson.A{d("$type", e), typ})
}

// isNull is the expression "e is missing or null". (e ≤ null would be true of MinKey as well.)
func isNull(e any) bson.D { return d("$in", bson.A{d("$type", e), bson.A{"missing", "null"}}) }

// isMissing is the expression "e is missing". ($ifNull takes null for missing.)
func isMissing(e any) bson.D { return d("$eq", bson.A{d("$type", e), "missing"}) }

func isSet(e any) bson.D { return d("$not", bson.A{isNull(e)}) }

func literal(v any) bson.D { return d("$literal", v) }

func isArray(e any) bson.D { return d("$isArray", bson.A{e}) }

// wrapped is the expression "e if it is an array, else the array of e alone".
func wrapped(e any) bson.D { return d("$cond", bson.A{isArray(e), e, bson.A{e}}) }

// mapped is the expression "of the elements of input, each named, what in says".
func mapped(input any, name string, in any) bson.D {
	return d("$map", bson.D{{Key: "input", Value: input}, {Key: "as", Value: name}, {Key: "in", Value: in}})
}

func anyOf(input any, name string, in any) bson.D {
	return d("$anyElementTrue", bson.A{mapped(input, name, in)})
}

func allOf(input any, name string, in any) bson.D {
	return d("$allElementsTrue", bson.A{mapped(input, name, in)})
}

// symbols says whether a stored symbol must be kept out of a comparison that is true: it compares as the string, but is none.
func (l leaf) symbols() bool { return l.strict && l.typ == relations.String }

// elementExpr is the expression that tests one value e. A declared type excludes arrays; for Any, where an array must not count,
// the caller says so.
func (l leaf) elementExpr(e any, truth bool) (any, error) {
	is := func(more ...any) any {
		typ := alias(l.typ)
		if l.op.Ordered() && typ == "" {
			typ = class(l.value)
		}
		var conds bson.A
		if typ == "" {
			conds = bson.A{isSet(e)}
		} else {
			conds = bson.A{isType(e, typ)}
		}
		if conds = append(conds, more...); len(conds) == 1 {
			return conds[0]
		}
		return d("$and", conds)
	}
	switch l.op {
	case filter.Eq:
		if equal := d("$eq", bson.A{e, literal(l.value)}); truth && l.symbols() {
			return is(equal), nil
		} else if truth {
			return equal, nil
		}
		return is(d("$ne", bson.A{e, literal(l.value)})), nil
	case filter.In, filter.SubsetOf:
		in := d("$in", bson.A{e, literal(array(l.values, false))})
		if truth && l.symbols() {
			return is(in), nil
		} else if truth {
			return in, nil
		}
		if len(l.values) == 0 {
			return is(), nil
		}
		return is(d("$not", bson.A{in})), nil
	case filter.Lt, filter.Leq, filter.Gt, filter.Geq:
		op, opposite := orderOperator(l.op)
		if !truth {
			op = opposite
		}
		compare := d(op, bson.A{e, literal(l.value)})
		if class(l.value) == "number" && (op == "$lt" || op == "$lte") { // NaN is below all numbers
			return is(d("$ne", bson.A{e, nan}), compare), nil
		}
		return is(compare), nil
	case filter.StartsWith, filter.EndsWith, filter.ContainsText:
		var match any = d("$regexMatch", bson.D{{Key: "input", Value: e}, {Key: "regex", Value: literal(l.pattern())}})
		if !truth { // see isText
			match = d("$and", bson.A{d("$regexMatch", bson.D{{Key: "input", Value: e}, {Key: "regex", Value: "^"}}), d("$not", bson.A{match})})
		}
		return d("$cond", bson.A{isType(e, "string"), match, false}), nil
	default:
		return nil, unsupported("operator %v in an expression", l.op)
	}
}

// expr spells a comparison of the value x as an aggregation expression.
func (l leaf) expr(x any, truth bool) (any, error) {
	const name = "x"
	of, err := l.elementExpr("$$"+name, truth)
	if err != nil {
		return nil, err
	}
	elements := d("$cond", bson.A{isArray(x), x, bson.A{}})
	switch {
	case l.op == filter.SubsetOf && truth:
		return d("$cond", bson.A{isArray(x), allOf(elements, name, of), false}), nil
	case l.op == filter.SubsetOf:
		return anyOf(elements, name, of), nil
	case truth && l.strict && l.list:
		return anyOf(elements, name, of), nil
	case truth && !l.strict:
		return anyOf(wrapped(x), name, of), nil
	case l.list:
		return d("$cond", bson.A{isArray(x), allOf(elements, name, of), false}), nil
	}
	one, err := l.elementExpr(x, truth)
	if err != nil || alias(l.typ) != "" {
		return one, err
	}
	return d("$and", bson.A{d("$not", bson.A{isArray(x)}), one}), nil
}

// nan is a NaN as an expression.
var nan = literal(bson.RawValue{Type: bson.TypeDouble, Value: []byte{0, 0, 0, 0, 0, 0, 0xf8, 0x7f}})

func unsupported(format string, args ...any) error {
	return &UnsupportedError{Problem: fmt.Sprintf(format, args...)}
}
