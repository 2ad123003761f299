package emit

import (
	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/formula"
	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/mql"
	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/slab"
	"github.com/mongoauthz/go-mongoauthz/relations"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// This file is the table of leaf spellings in query language: each comparison surely true and
// surely false, as operators of a query document. It follows package evaluate; what each guard
// keeps out is said beside it.

// Operators that stand in many queries.
var (
	ofType   = func(alias string) mql.Op { return mql.Is("$type", mql.Const{Value: alias}) }
	notArray = mql.Is("$not", mql.Ops{ofType("array")})
	notNull  = mql.Is("$ne", mql.Null)
	Absent   = mql.Is("$exists", mql.Const{Value: false})
	Present  = mql.Is("$exists", mql.Const{Value: true})
	IsKey    = mql.Ops{notNull, notArray}
	isNil    = mql.Ops{mql.Is("$eq", mql.Null), notArray}
	object   = mql.Ops{ofType("object")}

	// isText holds for strings in UTF-8 only: matching any other fails, which a $not would take for
	// "no match".
	isText = mql.Is("$regex", mql.Const{Value: "^"})
)

// orderOperator returns the query operator of an ordered comparison, and of its opposite.
func orderOperator(op filter.Operator) (is, opposite string) {
	switch op {
	case filter.Lt:
		return "$lt", "$gte"
	case filter.Lte:
		return "$lte", "$gt"
	case filter.Gt:
		return "$gt", "$lte"
	case filter.Gte:
		return "$gte", "$lt"
	default:
		return "", ""
	}
}

// spelling is a leaf that is being spelled.
type spelling struct {
	*formula.Leaf
	room *slab.Of[mql.Op] // nil: none is reserved
}

// symbols says whether a stored symbol must be kept out of a comparison that is true: it compares
// as the string, but is none.
func (l spelling) symbols() bool { return l.Strict && l.Type == relations.String }

// typed returns operators with the declared type before them, if one is declared.
func (l spelling) typed(ops ...mql.Op) mql.Ops {
	typ := formula.Alias(l.Type)
	if typ == "" {
		return ops
	}
	out := make(mql.Ops, 0, len(ops)+2) // often with notArray besides
	return append(append(out, ofType(typ)), ops...)
}

// compare returns the operator with the leaf's value.
func (l spelling) compare(operator string) mql.Ops { return l.one(operator, &l.Value) }

// one returns an operator alone.
func (l spelling) one(operator string, arg mql.Arg) mql.Ops {
	op := mql.Is(operator, arg)
	if l.room == nil {
		return mql.Ops{op}
	}
	return l.room.One(op)
}

// element returns the operators that test one value, no array: surely true or surely false.
// Every spelling excludes an array by itself, or one is set and the caller must.
func (l spelling) element(truth bool) (ops mql.Ops, one bool, err error) {
	switch l.Op {
	case filter.Eq:
		ops, one = l.equalElement(truth)
	case filter.In:
		ops, one = l.inElement(truth)
	case filter.Lt, filter.Lte, filter.Gt, filter.Gte:
		is, opposite := orderOperator(l.Op)
		switch {
		case truth && l.symbols():
			return l.typed(l.compare(is)...), false, nil
		case truth:
			return l.compare(is), false, nil
		case l.Type == relations.String: // a stored symbol orders among strings, and is none
			return l.typed(l.compare(opposite)...), true, nil
		default:
			return l.compare(opposite), true, nil
		}
	case filter.StartsWith, filter.EndsWith, filter.ContainsText:
		matches := mql.Is("$regex", l.Leaf.Pattern())
		if truth { // a pattern also equals a stored regex: hence the type
			return mql.Ops{ofType("string"), matches}, true, nil
		}
		return mql.Ops{ofType("string"), isText, mql.Is("$not", mql.Ops{matches})}, true, nil
	default:
		return nil, false, formula.Unsupported("operator %v on a value", l.Op)
	}
	return ops, one, nil
}

// equalElement is element for Eq. There are no operators for "no document that …", which takes two
// conditions.
func (l spelling) equalElement(truth bool) (ops mql.Ops, one bool) {
	switch {
	case truth && l.symbols():
		return l.typed(l.compare("$eq")...), false
	case truth:
		return l.compare("$eq"), false
	case formula.Alias(l.Type) != "":
		return l.typed(l.compare("$ne")...), true
	case l.Value.Literal.Type == bson.TypeEmbeddedDocument: // $nin refuses a document whose first key begins with $
		return nil, true
	default:
		return mql.Ops{mql.Is("$nin", mql.Array{&l.Value, mql.Null})}, true
	}
}

func (l spelling) inElement(truth bool) (ops mql.Ops, one bool) {
	none := len(l.Values.Values) == 0
	switch {
	case truth && l.symbols():
		return l.typed(mql.Is("$in", l.Values)), false
	case truth:
		return l.one("$in", l.Values), false
	case formula.Alias(l.Type) == "" && none:
		return mql.Ops{notNull}, true
	case formula.Alias(l.Type) == "":
		return mql.Ops{mql.Is("$nin", mql.WithNull{List: l.Values})}, true
	case none:
		return l.typed(), true
	default:
		return l.typed(mql.Is("$nin", l.Values)), true
	}
}

// query spells a comparison on a path as a query document.
func (l spelling) query(path string, truth bool) (mql.Query, error) {
	ops, err := l.ops(truth)
	if err != nil || ops != nil {
		return mql.Query{&mql.Field{Path: path, Ops: ops}}, err
	}
	on := func(ops ...mql.Op) mql.Query { return mql.On(path, ops...) }
	if !l.Op.Text() { // AnyType ≠ a document
		ne := l.compare("$ne")
		if l.List {
			return mql.All(on(ofType("array"), ne[0]), on(notNull)), nil
		}
		return mql.All(on(ne[0], notArray), on(notNull)), nil
	}
	ops, _, err = l.element(truth)
	switch {
	case truth:
		return mql.Some(on(append(ops[:2:2], notArray)...), on(mql.Is("$elemMatch", ops))), err
	case l.List:
		noText := mql.Is("$elemMatch", mql.Ops{mql.Is("$not", mql.Ops{ofType("string"), isText})})
		return mql.All(
			on(ofType("array")),
			on(mql.Is("$not", mql.Ops{mql.Is("$regex", l.Leaf.Pattern())})),
			on(mql.Is("$not", mql.Ops{noText})),
		), err
	default:
		return mql.All(on(ops...), on(notArray)), err
	}
}

// ops spells a comparison as operators on one path. It returns nil for one that takes several
// conditions.
func (l spelling) ops(truth bool) (mql.Ops, error) {
	if l.Op == filter.SubsetOf {
		return l.subsetOps(truth), nil
	}
	ops, one, err := l.element(truth)
	if err != nil || ops == nil {
		return nil, err
	}
	text := l.Op.Text()
	switch {
	case truth && l.List && l.Strict:
		return mql.Ops{mql.Is("$elemMatch", ops)}, nil
	case truth && l.Strict:
		return append(ops, notArray), nil
	case text:
		return nil, nil
	case truth:
		return ops, nil
	case l.List && l.Type == relations.AnyType && !l.Op.Ordered():
		return append(mql.Ops{ofType("array")}, ops...), nil
	case l.List:
		return mql.Ops{ofType("array"), noElement(mql.Is("$not", ops))}, nil
	case one:
		return append(ops, notArray), nil
	default:
		return ops, nil
	}
}

// noElement is the operator "no element meets what the operators ask".
func noElement(ops ...mql.Op) mql.Op {
	return mql.Is("$not", mql.Ops{mql.Is("$elemMatch", mql.Ops(ops))})
}

func (l spelling) subsetOps(truth bool) mql.Ops {
	switch {
	case truth && l.symbols():
		allowed := mql.Ops{ofType("string"), mql.Is("$in", l.Values)}
		return mql.Ops{ofType("array"), noElement(mql.Is("$not", allowed))}
	case truth:
		return mql.Ops{ofType("array"), noElement(mql.Is("$nin", l.Values))}
	case l.Type == relations.AnyType:
		return mql.Ops{mql.Is("$elemMatch", mql.Ops{mql.Is("$nin", mql.WithNull{List: l.Values})})}
	default:
		return mql.Ops{mql.Is("$elemMatch", l.typed(mql.Is("$nin", l.Values)))}
	}
}
