package pipeline

import (
	"regexp"
	"strings"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/mql"
	"github.com/mongoauthz/go-mongoauthz/relations"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// This file is the table of leaf spellings in query language: each comparison surely true and surely
// false, as operators of a query document. It follows package evaluate; what each guard keeps out
// is said beside it.

// Operators that stand in many queries.
var (
	ofType   = func(alias string) mql.Op { return mql.Is("$type", mql.Const{Value: alias}) }
	notArray = mql.Is("$not", mql.Ops{ofType("array")})
	notNull  = mql.Is("$ne", mql.Null)
	absent   = mql.Is("$exists", mql.Const{Value: false})
	present  = mql.Is("$exists", mql.Const{Value: true})
	isKey    = mql.Ops{notNull, notArray}
	isNil    = mql.Ops{mql.Is("$eq", mql.Null), notArray}
	object   = mql.Ops{ofType("object")}

	// isText holds for strings in UTF-8 only: matching any other fails, which a $not would take for
	// "no match".
	isText = mql.Is("$regex", mql.Const{Value: "^"})
)

// maxPattern is how long a regular expression the server takes, in bytes.
const maxPattern = 32_764

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

// pattern returns the regular expression that matches strings as a text operator asks. Every special
// character of the needle is escaped one by one, since \Q…\E can be broken out of. The end is \z,
// since $ also matches before a final newline.
func (l leaf) pattern() mql.Pattern {
	needle := strings.ReplaceAll(regexp.QuoteMeta(l.value.Literal.StringValue()), "\x00", `\x00`)
	switch l.op {
	case filter.StartsWith:
		needle = "^" + needle
	case filter.EndsWith:
		needle += `\z`
	}
	return mql.Pattern(needle)
}

// symbols says whether a stored symbol must be kept out of a comparison that is true: it compares as
// the string, but is none.
func (l leaf) symbols() bool { return l.strict && l.typ == relations.String }

// typed returns operators with the declared type before them, if one is declared.
func (l leaf) typed(ops ...mql.Op) mql.Ops {
	typ := alias(l.typ)
	if typ == "" {
		return ops
	}
	return append(mql.Ops{ofType(typ)}, ops...)
}

// element returns the operators that test one value, no array: surely true or surely false.
// Every spelling excludes an array by itself, or one is set and the caller must.
func (l leaf) element(truth bool) (ops mql.Ops, one bool, err error) {
	switch l.op {
	case filter.Eq:
		ops, one = l.equalElement(truth)
	case filter.In:
		ops, one = l.inElement(truth)
	case filter.Lt, filter.Leq, filter.Gt, filter.Geq:
		is, opposite := orderOperator(l.op)
		switch {
		case truth && l.symbols():
			return l.typed(mql.Is(is, l.value)), false, nil
		case truth:
			return mql.Ops{mql.Is(is, l.value)}, false, nil
		case l.typ == relations.String: // a stored symbol orders among strings, and is none
			return l.typed(mql.Is(opposite, l.value)), true, nil
		default:
			return mql.Ops{mql.Is(opposite, l.value)}, true, nil
		}
	case filter.StartsWith, filter.EndsWith, filter.ContainsText:
		matches := mql.Is("$regex", l.pattern())
		if truth { // a pattern also equals a stored regex: hence the type
			return mql.Ops{ofType("string"), matches}, true, nil
		}
		return mql.Ops{ofType("string"), isText, mql.Is("$not", mql.Ops{matches})}, true, nil
	default:
		return nil, false, unsupported("operator %v on a value", l.op)
	}
	return ops, one, nil
}

// equalElement is element for Eq. There are no operators for "no document that …", which takes two
// conditions.
func (l leaf) equalElement(truth bool) (ops mql.Ops, one bool) {
	switch {
	case truth && l.symbols():
		return l.typed(mql.Is("$eq", l.value)), false
	case truth:
		return mql.Ops{mql.Is("$eq", l.value)}, false
	case alias(l.typ) != "":
		return l.typed(mql.Is("$ne", l.value)), true
	case l.value.Literal.Type == bson.TypeEmbeddedDocument: // $nin refuses a document whose first key begins with $
		return nil, true
	default:
		return mql.Ops{mql.Is("$nin", mql.Array{l.value, mql.Null})}, true
	}
}

func (l leaf) inElement(truth bool) (ops mql.Ops, one bool) {
	none := len(l.values.Values) == 0
	switch {
	case truth && l.symbols():
		return l.typed(mql.Is("$in", l.values)), false
	case truth:
		return mql.Ops{mql.Is("$in", l.values)}, false
	case alias(l.typ) == "" && none:
		return mql.Ops{notNull}, true
	case alias(l.typ) == "":
		return mql.Ops{mql.Is("$nin", mql.WithNull{List: l.values})}, true
	case none:
		return l.typed(), true
	default:
		return l.typed(mql.Is("$nin", l.values)), true
	}
}

// query spells a comparison on a path as a query document.
func (l leaf) query(path string, truth bool) (mql.Query, error) {
	if l.op == filter.SubsetOf {
		return l.subsetQuery(path, truth), nil
	}
	ops, one, err := l.element(truth)
	if err != nil {
		return nil, err
	}
	on := func(ops ...mql.Op) mql.Query { return mql.On(path, ops...) }
	if ops == nil { // Any ≠ a document
		ne := mql.Is("$ne", l.value)
		if l.list {
			return mql.All(on(ofType("array"), ne), on(notNull)), nil
		}
		return mql.All(on(ne, notArray), on(notNull)), nil
	}
	text := l.op.Text()
	switch {
	case truth && l.list && l.strict:
		return on(mql.Is("$elemMatch", ops)), nil
	case truth && l.strict:
		return on(append(ops, notArray)...), nil
	case truth && text:
		return mql.Some(on(append(ops[:2:2], notArray)...), on(mql.Is("$elemMatch", ops))), nil
	case truth:
		return on(ops...), nil
	case l.list && text:
		noText := mql.Is("$elemMatch", mql.Ops{mql.Is("$not", mql.Ops{ofType("string"), isText})})
		return mql.All(
			on(ofType("array")),
			on(mql.Is("$not", mql.Ops{mql.Is("$regex", l.pattern())})),
			on(mql.Is("$not", mql.Ops{noText})),
		), nil
	case l.list && l.typ == relations.Any && !l.op.Ordered():
		return on(append(mql.Ops{ofType("array")}, ops...)...), nil
	case l.list:
		return on(ofType("array"), noElement(mql.Is("$not", ops))), nil
	case text:
		return mql.All(on(ops...), on(notArray)), nil
	case one:
		return on(append(ops, notArray)...), nil
	default:
		return on(ops...), nil
	}
}

// noElement is the operator "no element meets what the operators ask".
func noElement(ops ...mql.Op) mql.Op {
	return mql.Is("$not", mql.Ops{mql.Is("$elemMatch", mql.Ops(ops))})
}

func (l leaf) subsetQuery(path string, truth bool) mql.Query {
	switch {
	case truth && l.symbols():
		allowed := mql.Ops{ofType("string"), mql.Is("$in", l.values)}
		return mql.On(path, ofType("array"), noElement(mql.Is("$not", allowed)))
	case truth:
		return mql.On(path, ofType("array"), noElement(mql.Is("$nin", l.values)))
	case l.typ == relations.Any:
		return mql.On(path, mql.Is("$elemMatch", mql.Ops{mql.Is("$nin", mql.WithNull{List: l.values})}))
	default:
		return mql.On(path, mql.Is("$elemMatch", l.typed(mql.Is("$nin", l.values))))
	}
}
