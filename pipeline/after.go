package pipeline

import (
	"math"
	"strings"

	"github.com/mongoauthz/go-mongoauthz/filter"
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
// regular expression, code, a MinKey, and the deprecated types.
func After(order bson.D, values []bson.RawValue) (bson.D, error) {
	if len(values) == 0 || len(values) > len(order) {
		return nil, unsupported("%d values for an order of %d fields", len(values), len(order))
	}
	var (
		branches []bson.D
		equal    bson.D // in all fields before
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
		for _, q := range beyond(path, v, bracket, direction) {
			branches = append(branches, both(equal, q))
		}
		equal = both(equal, equals(path, v, bracket))
	}
	if len(branches) == 0 {
		return nothing(), nil
	}
	return anyQuery(branches), nil
}

// UpTo returns the query for the documents that come, in the order of a $sort, no later than one whose first sort field has the value: a range at
// the order's beginning, for an index on that field. It leaves none out that does. It may have one more that holds an array in the field, or on the way to it.
//
// The error is an [*UnsupportedError], for what [After] refuses, and for null, which no range of an index has alone.
func UpTo(order bson.D, value bson.RawValue) (bson.D, error) {
	direction, bracket, err := endOf(order, value)
	if err != nil {
		return nil, err
	}
	path := order[0].Key
	branches := []bson.D{{{Key: path, Value: bson.D{upTo(direction, value)}}}}
	for _, q := range beyond(path, value, bracket, -direction) {
		if ops, isOps := q[0].Value.(bson.D); !isOps || ops[0].Key != "$gt" && ops[0].Key != "$lt" {
			branches = append(branches, q)
		}
	}
	return anyQuery(branches), nil
}

// Between returns the query for the documents that follow, in the order of a $sort, one whose sort fields hold the values of after, and come no later than
// one whose first sort field has the value to: [After] and [UpTo] in one, where both ends are of one type class, as a range of an index on the first
// field. It leaves none out that does, of documents whose _id is no array, as in any collection. It may have more that hold an array in a field of the
// order, or on the way to it.
//
// The error is an [*UnsupportedError], for what After and UpTo refuse, and for ends that are not of one type class.
func Between(order bson.D, after []bson.RawValue, to bson.RawValue) (bson.D, error) {
	direction, bracket, err := endOf(order, to)
	if err != nil {
		return nil, err
	}
	following, err := After(order, after)
	if err != nil {
		return nil, err
	}
	if bracketOf(after[0]) != bracket || isNaN(after[0]) {
		return nil, unsupported("a range of several type classes")
	}
	path := order[0].Key
	within := d(path, bson.D{upTo(direction, to), upTo(-direction, after[0])})
	if len(after) == 2 && order[1].Key == "_id" { // which is no array: who does not come before it comes after it
		if before, err := UpTo(order[1:], after[1]); err == nil {
			return append(within, bson.E{Key: "$nor", Value: bson.A{both(equals(path, after[0], bracket), before)}}), nil
		}
	}
	return both(within, following), nil
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
	if bracket < 0 || bracket == nullBracket || isNaN(value) {
		return 0, 0, unsupported("a value in the order that is no end of a range")
	}
	return direction, bracket, nil
}

// upTo is the operator for values of a type class that come no later than v.
func upTo(direction int32, v bson.RawValue) bson.E {
	if direction < 0 {
		return bson.E{Key: "$gte", Value: v}
	}
	return bson.E{Key: "$lte", Value: v}
}

// brackets are the type classes in the order in which a $sort has them, by their $type aliases.
var brackets = [...][]string{
	{"minKey"}, {"undefined"}, nullBracket: {"null"}, numberBracket: {"number"}, {"string", "symbol"}, {"object"}, arrayBracket: {"array"}, {"binData"},
	{"objectId"}, {"bool"}, {"date"}, {"timestamp"}, {"regex"}, {"dbPointer"}, {"javascript"}, {"javascriptWithScope"}, {"maxKey"},
}

const (
	nullBracket   = 2 // missing is null
	numberBracket = 3
	arrayBracket  = 6
)

// bracketOf returns the index in brackets of a value that can be compared, and -1 for any other.
func bracketOf(v bson.RawValue) int {
	alias := class(v)
	switch {
	case v.Type == 0 || v.Type == bson.TypeNull:
		return nullBracket
	case isNaN(v):
		return numberBracket
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

// beyond returns the alternatives for a field that comes after v.
func beyond(path string, v bson.RawValue, bracket int, direction int32) []bson.D {
	var (
		out   []bson.D
		types bson.A
	)
	add := func(ops any) { out = append(out, d(path, ops)) }
	if direction > 0 {
		switch {
		case bracket == nullBracket:
		case isNaN(v): // the least of the numbers, to the sort only
			add(d("$gte", math.Inf(-1)))
		default:
			add(d("$gt", v))
		}
		for _, aliases := range brackets[bracket+1:] {
			types = appendNames(types, aliases)
		}
	} else {
		if bracket != nullBracket && !isNaN(v) {
			add(d("$lt", v))
		}
		if bracket == numberBracket && !isNaN(v) {
			add(d("$eq", math.NaN()))
		}
		for i := bracket - 1; i >= 0; i-- {
			if i != nullBracket {
				types = appendNames(types, brackets[i])
			}
		}
	}
	if len(types) > 0 {
		add(d("$type", types))
	}
	if direction < 0 { // an empty array is below null
		switch {
		case bracket == nullBracket:
			add(d("$eq", bson.A{}))
		case bracket > arrayBracket:
			add(d("$eq", null))
		default:
			add(d("$in", bson.A{null, bson.A{}}))
		}
		if bracket > nullBracket && strings.Contains(path, ".") { // see equals
			add(absent)
		}
	}
	return out
}

// equals returns the query for a field that is in the same place as v.
func equals(path string, v bson.RawValue, bracket int) bson.D {
	switch {
	case bracket == nullBracket && strings.Contains(path, "."): // an array on the way, without documents, makes it missing and not null
		return d("$or", bson.A{d(path, d("$eq", null)), d(path, absent)})
	case bracket == nullBracket:
		return d(path, d("$eq", null))
	default:
		return d(path, d("$eq", v))
	}
}

func appendNames(to bson.A, names []string) bson.A {
	for _, name := range names {
		to = append(to, name)
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
