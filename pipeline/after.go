package pipeline

import (
	"math"
	"strings"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/emit"
	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/formula"
	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/mql"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// After returns the query for the documents that follow, in the order of a $sort, one whose sort fields hold the values: what a page reads
// after the last document of the page before. The order's directions are 1 and -1, as int32; values are those of its first fields, missing as
// null, and the last of them has to be one that no two documents share, such as _id.
//
// Comparison operators of the query language keep to the type class of their operand, while a $sort goes on from one class to the next. So the
// query names what follows within the class, and by their types the classes that follow. Each branch of its $or is a range of an index on
// the fields in that order.
//
// A document that holds an array in a field of the order, or on the way to it, has its place by one element, the least or the greatest. The query
// leaves none out that follows, but may have ones that do not.
//
// The error is an [*UnsupportedError]: more values than fields, a direction that is none, or a value that cannot be compared: an array, a
// regular expression, code, and the deprecated types.
func After(order bson.D, values []bson.RawValue) (bson.D, error) {
	return rendered(after(order, values))
}

// rendered writes a query that may have failed.
func rendered(q mql.Query, err error) (bson.D, error) {
	if err != nil {
		return nil, err
	}
	return new(mql.Renderer).Query(q), nil
}

func literal(v bson.RawValue) *mql.Value { return &mql.Value{Literal: v} }

func after(order bson.D, values []bson.RawValue) (mql.Query, error) {
	if len(values) == 0 || len(values) > len(order) {
		return nil, unsupported("%d values for an order of %d fields", len(values), len(order))
	}
	var (
		branches []mql.Query
		equal    mql.Query // in all fields before
	)
	for i, v := range values {
		direction, ok := order[i].Value.(int32)
		if !ok || direction != 1 && direction != -1 {
			return nil, unsupported("a direction that is neither 1 nor -1")
		}
		path, bracket := order[i].Key, bracketOf(v)
		if bracket < 0 {
			return nil, unsupported("a value in the order that cannot be compared")
		}
		for _, op := range beyond(path, v, bracket, direction) {
			branches = append(branches, emit.Both(equal, mql.On(path, op)))
		}
		equal = emit.Both(equal, equals(path, v, bracket))
	}
	if len(branches) == 0 {
		return emit.Nothing, nil
	}
	return emit.AnyQuery(branches), nil
}

// UpTo returns the query for the documents that come, in the order of a $sort, no later than one whose first sort field has the value: a range at
// the order's beginning, for an index on that field. It leaves none out that does. It may have one more that holds an array in the field, or on the way to it.
//
// The error is an [*UnsupportedError], for what [After] refuses, and for null, which no range of an index has alone.
func UpTo(order bson.D, value bson.RawValue) (bson.D, error) {
	return rendered(until(order, value))
}

func until(order bson.D, value bson.RawValue) (mql.Query, error) {
	direction, bracket, err := endOf(order, value)
	if err != nil {
		return nil, err
	}
	path := order[0].Key
	branches := []mql.Query{mql.On(path, upTo(direction, value))}
	for _, op := range beyond(path, value, bracket, -direction) {
		if op.Name != "$gt" && op.Name != "$lt" {
			branches = append(branches, mql.On(path, op))
		}
	}
	if direction > 0 {
		branches = append(branches, nullsByElements(path)...)
	}
	return emit.AnyQuery(branches), nil
}

// nullsByElements returns the queries for the documents in which an array on the way to a dotted path holds something else than documents. A $sort
// takes such an element for one whose field is null, and {path: null} does not match it.
func nullsByElements(path string) (out []mql.Query) {
	for i := range path {
		if path[i] == '.' {
			out = append(out,
				mql.On(path[:i], mql.Is("$elemMatch", mql.Ops{mql.Is("$not", mql.Ops{mql.Is("$type", mql.Const{Value: "object"})})})),
				mql.On(path[:i], mql.Is("$elemMatch", mql.Ops{mql.Is("$type", mql.Const{Value: "array"})})))
		}
	}
	return out
}

// Between returns the query for the documents that follow, in the order of a $sort, one whose sort fields hold the values of after, and come no later than
// one whose first sort field has the value to: [After] and [UpTo] in one, where both ends are of one type class, as a range of an index on the first
// field. It leaves none out that does, of documents whose _id is no array, as in any collection. It may have more that hold an array in a field of the
// order, or on the way to it.
//
// The error is an [*UnsupportedError], for what After and UpTo refuse, and for ends that are not of one type class.
func Between(order bson.D, after []bson.RawValue, to bson.RawValue) (bson.D, error) {
	return rendered(between(order, after, to))
}

func between(order bson.D, from []bson.RawValue, to bson.RawValue) (mql.Query, error) {
	direction, bracket, err := endOf(order, to)
	if err != nil {
		return nil, err
	}
	following, err := after(order, from)
	if err != nil {
		return nil, err
	}
	if bracketOf(from[0]) != bracket || isNaN(from[0]) {
		return nil, unsupported("a range of several type classes")
	}
	path := order[0].Key
	within := mql.On(path, upTo(direction, to), upTo(-direction, from[0]))
	if len(from) == 2 && order[1].Key == "_id" { // which is no array: who does not come before it comes after it
		if before, err := until(order[1:], from[1]); err == nil {
			return append(within, mql.None(emit.Both(equals(path, from[0], bracket), before))...), nil
		}
	}
	return emit.Both(within, following), nil
}

// endOf returns the direction of the order's first field, and the bracket of a value at which a range of it can end.
func endOf(order bson.D, value bson.RawValue) (direction int32, bracket int, err error) {
	if len(order) == 0 {
		return 0, 0, unsupported("an order of no fields")
	}
	direction, ok := order[0].Value.(int32)
	if !ok || direction != 1 && direction != -1 {
		return 0, 0, unsupported("a direction that is neither 1 nor -1")
	}
	bracket = bracketOf(value)
	if bracket < 0 || bracket == minKeyBracket || bracket == nullBracket || bracket == len(brackets)-1 || isNaN(value) {
		return 0, 0, unsupported("a value in the order that is no end of a range")
	}
	return direction, bracket, nil
}

// upTo is the operator for values of a type class that come no later than v.
func upTo(direction int32, v bson.RawValue) mql.Op {
	if direction < 0 {
		return mql.Is("$gte", literal(v))
	}
	return mql.Is("$lte", literal(v))
}

// brackets are the type classes in the order in which a $sort has them, by their $type aliases.
var brackets = [...][]string{
	{"minKey"}, {"undefined"}, nullBracket: {"null"}, numberBracket: {"number"}, {"string", "symbol"}, {"object"}, arrayBracket: {"array"}, {"binData"},
	{"objectId"}, {"bool"}, {"date"}, {"timestamp"}, {"regex"}, {"dbPointer"}, {"javascript"}, {"javascriptWithScope"}, {"maxKey"},
}

const (
	minKeyBracket = 0
	nullBracket   = 2 // missing is null
	numberBracket = 3
	arrayBracket  = 6
)

// bracketOf returns the index in brackets of a value that can be compared, and -1 for any other.
func bracketOf(v bson.RawValue) int {
	alias := formula.Class(v)
	switch {
	case v.Type == 0 || v.Type == bson.TypeNull:
		return nullBracket
	case isNaN(v):
		return numberBracket
	case v.Type == bson.TypeMinKey:
		return minKeyBracket
	case v.Type == bson.TypeMaxKey:
		return len(brackets) - 1
	case alias == "":
		return -1
	}
	if _, err := filter.Value(v); err != nil {
		return -1
	}
	for i, aliases := range brackets {
		if aliases[0] == alias {
			return i
		}
	}
	return -1
}

// beyond returns the alternatives for a field that comes after v, one operator each.
func beyond(path string, v bson.RawValue, bracket int, direction int32) []mql.Op {
	if direction > 0 {
		return above(path, v, bracket)
	}
	return below(path, v, bracket)
}

func above(path string, v bson.RawValue, bracket int) (out []mql.Op) {
	switch {
	case bracket == nullBracket, bracket == len(brackets)-1:
	case bracket == minKeyBracket: // missing is of no type
		out = append(out, mql.Is("$eq", mql.Null))
		if strings.Contains(path, ".") { // see equals
			out = append(out, emit.Absent)
		}
	case isNaN(v): // the least of the numbers, to the sort only
		out = append(out, mql.Is("$gte", mql.Const{Value: math.Inf(-1)}))
	default:
		out = append(out, mql.Is("$gt", literal(v)))
	}
	var types mql.Array
	for _, aliases := range brackets[bracket+1:] {
		types = appendNames(types, aliases)
	}
	if len(types) == 0 {
		return out
	}
	return append(out, mql.Is("$type", types))
}

func below(path string, v bson.RawValue, bracket int) (out []mql.Op) {
	if bracket == minKeyBracket {
		return nil
	}
	if bracket != nullBracket && bracket != len(brackets)-1 && !isNaN(v) {
		out = append(out, mql.Is("$lt", literal(v)))
	}
	if bracket == numberBracket && !isNaN(v) {
		out = append(out, mql.Is("$eq", mql.Const{Value: math.NaN()}))
	}
	var types mql.Array
	for i := bracket - 1; i >= 0; i-- {
		if i != nullBracket {
			types = appendNames(types, brackets[i])
		}
	}
	if len(types) > 0 {
		out = append(out, mql.Is("$type", types))
	}
	switch { // an empty array is below null
	case bracket == nullBracket:
		out = append(out, mql.Is("$eq", mql.Array{}))
	case bracket > arrayBracket:
		out = append(out, mql.Is("$eq", mql.Null))
	default:
		out = append(out, mql.Is("$in", mql.Array{mql.Null, mql.Array{}}))
	}
	if bracket > nullBracket && strings.Contains(path, ".") { // see equals
		out = append(out, emit.Absent)
	}
	return out
}

// equals returns the query for a field that is in the same place as v.
func equals(path string, v bson.RawValue, bracket int) mql.Query {
	isNull := mql.On(path, mql.Is("$eq", mql.Null))
	switch {
	case bracket == nullBracket && strings.Contains(path, "."): // an array on the way, without documents, makes it missing and not null
		return mql.Some(isNull, mql.On(path, emit.Absent))
	case bracket == nullBracket:
		return isNull
	default:
		return mql.On(path, mql.Is("$eq", literal(v)))
	}
}

func appendNames(to mql.Array, names []string) mql.Array {
	for _, name := range names {
		to = append(to, mql.Const{Value: name})
	}
	return to
}

func isNaN(v bson.RawValue) bool {
	switch v.Type {
	case bson.TypeDouble:
		f, ok := v.DoubleOK()
		return ok && math.IsNaN(f)
	case bson.TypeDecimal128:
		f, ok := v.Decimal128OK()
		return ok && f.IsNaN()
	default:
		return false
	}
}
