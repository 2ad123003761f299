package conformance_test

import (
	"math"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/relations"
)

// The ids of the values below, by what they are.
const (
	fives     = "5-int 5-long 5-double 5-decimal "
	below     = "0 minus-zero minus-inf tenth-double tenth-decimal "
	above     = "6 inf two53-double two53plus1-long "
	nans      = "nan decimal-nan "
	strings5  = "text-5 text-a text-b hex "
	booleans  = "true false "
	dates     = "date-1 date-2 "
	stamps    = "ts-1 ts-2 "
	objectIDs = "oid-1 oid-2 "
	binaries  = "uuid legacy generic short "
	documents = "doc doc-long doc-more doc-turned doc-empty doc-op "
	others    = "regex minkey maxkey code "
	arrays    = "array-5 array-6 array-56 array-empty array-null array-array array-a array-a-null array-doc "
)

var (
	oid1 = bson.ObjectID{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}
	uuid = bson.Binary{Subtype: 4, Data: []byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}}
	p1   = bson.D{{Key: "p", Value: 1}}
)

// values is a collection with a value of every kind, and types that declare it differently.
func values(rules ...rule) world {
	v := func(t relations.ValueType) relations.Field { return relations.Field{Name: "v", Type: t} }
	return world{
		types: types{
			typ("Number", "values", v(relations.Number)),
			typ("String", "values", v(relations.String)),
			typ("Bool", "values", v(relations.Bool)),
			typ("ObjectID", "values", v(relations.ObjectID)),
			typ("Date", "values", v(relations.Date)),
			typ("Binary", "values", v(relations.Binary)),
			typ("Timestamp", "values", v(relations.Timestamp)),
			typ("Document", "values", v(relations.Document)),
			typ("Any", "values", v(relations.AnyType)),
			typ("StrictNumber", "values", strict(v(relations.Number))),
			typ("StrictAny", "values", strict(v(relations.AnyType))),
			typ("Numbers", "values", list("v", relations.Number)),
			typ("Strings", "values", list("v", relations.String)),
			typ("Documents", "values", list("v", relations.Document)),
			typ("Anys", "values", list("v", relations.AnyType)),
			typ("StrictNumbers", "values", strict(list("v", relations.Number))),
		},
		docs: docs{"values": `
			{"_id": "5-int", "v": 5}
			{"_id": "5-long", "v": {"$numberLong": "5"}}
			{"_id": "5-double", "v": {"$numberDouble": "5.0"}}
			{"_id": "5-decimal", "v": {"$numberDecimal": "5.0"}}
			{"_id": "0", "v": 0}
			{"_id": "minus-zero", "v": {"$numberDouble": "-0.0"}}
			{"_id": "minus-inf", "v": {"$numberDouble": "-Infinity"}}
			{"_id": "tenth-double", "v": {"$numberDouble": "0.1"}}
			{"_id": "tenth-decimal", "v": {"$numberDecimal": "0.1"}}
			{"_id": "6", "v": 6}
			{"_id": "inf", "v": {"$numberDouble": "Infinity"}}
			{"_id": "two53-double", "v": {"$numberDouble": "9007199254740992.0"}}
			{"_id": "two53plus1-long", "v": {"$numberLong": "9007199254740993"}}
			{"_id": "nan", "v": {"$numberDouble": "NaN"}}
			{"_id": "decimal-nan", "v": {"$numberDecimal": "NaN"}}
			{"_id": "text-5", "v": "5"}
			{"_id": "text-a", "v": "a"}
			{"_id": "text-b", "v": "b"}
			{"_id": "hex", "v": "0102030405060708090a0b0c"}
			{"_id": "true", "v": true}
			{"_id": "false", "v": false}
			{"_id": "date-1", "v": {"$date": {"$numberLong": "1000"}}}
			{"_id": "date-2", "v": {"$date": {"$numberLong": "2000"}}}
			{"_id": "ts-1", "v": {"$timestamp": {"t": 1, "i": 1}}}
			{"_id": "ts-2", "v": {"$timestamp": {"t": 1, "i": 2}}}
			{"_id": "oid-1", "v": {"$oid": "0102030405060708090a0b0c"}}
			{"_id": "oid-2", "v": {"$oid": "0202030405060708090a0b0c"}}
			{"_id": "uuid", "v": {"$uuid": "00010203-0405-0607-0809-0a0b0c0d0e0f"}}
			{"_id": "legacy", "v": {"$binary": {"base64": "AAECAwQFBgcICQoLDA0ODw==", "subType": "03"}}}
			{"_id": "generic", "v": {"$binary": {"base64": "AAECAwQFBgcICQoLDA0ODw==", "subType": "00"}}}
			{"_id": "short", "v": {"$binary": {"base64": "/w==", "subType": "04"}}}
			{"_id": "doc", "v": {"p": 1}}
			{"_id": "doc-long", "v": {"p": {"$numberLong": "1"}}}
			{"_id": "doc-more", "v": {"p": 1, "q": 2}}
			{"_id": "doc-turned", "v": {"q": 2, "p": 1}}
			{"_id": "doc-empty", "v": {}}
			{"_id": "doc-op", "v": {"$gt": 1}}
			{"_id": "regex", "v": {"$regularExpression": {"pattern": "a", "options": ""}}}
			{"_id": "minkey", "v": {"$minKey": 1}}
			{"_id": "maxkey", "v": {"$maxKey": 1}}
			{"_id": "code", "v": {"$code": "5"}}
			{"_id": "missing"}
			{"_id": "null", "v": null}
			{"_id": "array-5", "v": [5]}
			{"_id": "array-6", "v": [6]}
			{"_id": "array-56", "v": [5, 6]}
			{"_id": "array-empty", "v": []}
			{"_id": "array-null", "v": [null]}
			{"_id": "array-array", "v": [[5]]}
			{"_id": "array-a", "v": ["a"]}
			{"_id": "array-a-null", "v": ["a", null]}
			{"_id": "array-doc", "v": [{"p": 1}]}
		`},
		rules: rules,
	}
}

func TestComparisonsOfOneValueByItsDeclaredType(t *testing.T) {
	v := f("v")
	values(
		rule{
			name: "numbers are equal by value, whatever their type; only a number can be different", of: "Number",
			when: when(v.Eq(5)), holds: fives + "array-5 array-56", none: below + above + nans,
		}, rule{
			name: "Ne is Not Eq", of: "Number",
			when: when(v.Ne(5)), holds: below + above + nans, none: fives + "array-5 array-56",
		}, rule{
			name: "zeros are equal whatever their sign", of: "Number",
			when: when(v.Eq(0)), holds: "0 minus-zero",
			none: fives + above + nans + "minus-inf tenth-double tenth-decimal",
		}, rule{
			name: "numbers compare exactly: 2^53+1 is not the double 2^53", of: "Number",
			when: when(v.Eq(int64(1)<<53 + 1)), holds: "two53plus1-long", none: fives + below + "6 inf two53-double " + nans,
		}, rule{
			name: "numbers compare exactly: the decimal 0.1 is not the double 0.1", of: "Number",
			when: when(v.Gt(0.1)), holds: fives + above + "array-5 array-6 array-56",
			none: below,
		}, rule{
			name: "order exists inside one type class only, and NaN has none", of: "Number",
			when: when(v.Lt(5)), holds: below, none: fives + above,
		}, rule{
			name: "an array stored for one value satisfies a positive comparison by one element, and never fails one", of: "Number",
			when: when(v.Gte(6)), holds: above + "array-6 array-56", none: fives + below,
		}, rule{
			name: "two positive comparisons may be satisfied by two elements, as MongoDB reads it", of: "Number",
			when: when(v.Lt(6), v.Gt(5)), holds: "array-56", not: fives + below,
			none: fives + below + above,
		}, rule{
			name: "infinity is a number", of: "Number",
			when: when(v.Eq(math.Inf(1))), holds: "inf", none: fives + below + nans + "6 two53-double two53plus1-long",
		}, rule{
			name: "In is the OR of equalities", of: "Number",
			when: when(v.In([]any{5, 0})), holds: fives + "0 minus-zero array-5 array-56",
			none: above + nans + "minus-inf tenth-double tenth-decimal",
		}, rule{
			name: "strings are equal to strings only, and a stored pattern is none", of: "String",
			when: when(v.Eq("a")), holds: "text-a array-a array-a-null", none: "text-5 text-b hex",
		}, rule{
			name: "strings are ordered among strings", of: "String",
			when: when(v.Lt("b")), holds: "text-5 text-a hex array-a array-a-null", none: "text-b",
		}, rule{
			name: "booleans never equal numbers", of: "Bool",
			when: when(v.Eq(true)), holds: "true", none: "false",
		}, rule{
			name: "booleans are ordered among booleans", of: "Bool",
			when: when(v.Lt(true)), holds: "false", none: "true",
		}, rule{
			name: "a hex string is not different from any ObjectID", of: "ObjectID",
			when: when(v.Ne(oid1)), holds: "oid-2", none: "oid-1",
		}, rule{
			name: "ObjectIDs are ordered among ObjectIDs", of: "ObjectID",
			when: when(v.Lte(oid1)), holds: "oid-1", none: "oid-2",
		}, rule{
			name: "dates are equal to dates only", of: "Date",
			when: when(v.Eq(time.UnixMilli(1000))), holds: "date-1", none: "date-2",
		}, rule{
			name: "dates and timestamps are two type classes", of: "Date",
			when: when(v.Lt(time.UnixMilli(2000))), holds: "date-1", none: "date-2",
		}, rule{
			name: "timestamps are equal to timestamps only", of: "Timestamp",
			when: when(v.Eq(bson.Timestamp{T: 1, I: 1})), holds: "ts-1", none: "ts-2",
		}, rule{
			name: "timestamps are ordered among timestamps", of: "Timestamp",
			when: when(v.Gt(bson.Timestamp{T: 1, I: 1})), holds: "ts-2", none: "ts-1",
		}, rule{
			name: "binary values are equal with their subtype only", of: "Binary",
			when: when(v.Eq(uuid)), holds: "uuid", none: "legacy generic short",
		}, rule{
			name: "documents are equal with the same fields in the same order; their numbers by value", of: "Document",
			when: when(v.Eq(p1)), holds: "doc doc-long array-doc", none: "doc-more doc-turned doc-empty doc-op",
		}, rule{
			name: "a document may be given as raw BSON", of: "Document",
			when: when(v.Eq(bson.Raw("\x0c\x00\x00\x00\x10p\x00\x01\x00\x00\x00\x00"))), holds: "doc doc-long array-doc", none: "doc-more doc-turned doc-empty doc-op",
		}, rule{
			name: "a document may be given as a struct, whose fields have an order", of: "Document",
			when: when(v.Eq(struct{ Q, P int }{2, 1})), holds: "doc-turned", none: "doc doc-long doc-more doc-empty doc-op",
		}, rule{
			name: "bytes are binary of subtype 0", of: "Binary",
			when: when(v.Eq(uuid.Data)), holds: "generic", none: "uuid legacy short",
		}, rule{
			name: "a document with an operator's name is a value", of: "Document",
			when: when(v.Eq(bson.D{{Key: "$gt", Value: 1}})), holds: "doc-op", none: "doc doc-long doc-more doc-turned doc-empty",
		},
	).everywhere(t)
}

func TestComparisonsOfAFieldDeclaredAny(t *testing.T) {
	v := f("v")
	set := fives + below + above + nans + strings5 + booleans + dates + stamps + objectIDs + binaries + documents + others
	values(
		rule{
			name: "equality across types is false", of: "Any",
			when: when(v.Eq(5)), holds: fives + "array-5 array-56", none: without(set, fives),
		}, rule{
			name: "a string equals the same string", of: "Any",
			when: when(v.Eq("a")), holds: "text-a array-a array-a-null", none: without(set, "text-a"),
		}, rule{
			name: "a document equals the same document", of: "Any",
			when: when(v.Eq(p1)), holds: "doc doc-long array-doc", none: without(set, "doc doc-long"),
		}, rule{
			name: "a document with an operator's name is a value", of: "Any",
			when: when(v.Eq(bson.D{{Key: "$gt", Value: 1}})), holds: "doc-op", none: without(set, "doc-op"),
		}, rule{
			name: "In compares across types", of: "Any",
			when: when(v.In([]any{5, "a", true})), holds: fives + "text-a true array-5 array-56 array-a array-a-null",
			none: without(set, fives+"text-a true"),
		}, rule{
			name: "order across types is unknown", of: "Any",
			when: when(v.Lt(5)), holds: below, none: fives + above,
		}, rule{
			name: "text operators apply to strings only", of: "Any",
			when: when(v.StartsWith("a")), holds: "text-a array-a array-a-null", none: "text-5 text-b hex",
		}, rule{
			name: "strict: an array is unknown in every comparison", of: "StrictAny",
			when: when(v.Eq(5)), holds: fives, none: without(set, fives),
		},
	).everywhere(t)
}

func TestComparisonsOfAFieldDeclaredStrict(t *testing.T) {
	v := f("v")
	values(
		rule{
			name: "a value of another type or shape is unknown in every comparison", of: "StrictNumber",
			when: when(v.Eq(5)), holds: fives, none: below + above + nans,
		}, rule{
			name: "by order too", of: "StrictNumber",
			when: when(v.Gt(5)), holds: above, none: fives + below,
		}, rule{
			name: "In too", of: "StrictNumber",
			when: when(v.In([]int{5, 6})), holds: fives + "6", none: below + nans + "inf two53-double two53plus1-long",
		}, rule{
			name: "a list: one value stored is unknown, and so is what an element of another type does not decide", of: "StrictNumbers",
			when: when(v.Contains(5)), holds: "array-5 array-56", none: "array-6 array-empty",
		}, rule{
			name: "IsNull reads what is stored", of: "StrictNumber",
			when: when(v.IsNull()), holds: "missing null",
			none: fives + below + above + nans + strings5 + booleans + dates + stamps + objectIDs + binaries + documents + others + arrays,
		},
	).everywhere(t)
}

func TestBinaryOrder(t *testing.T) {
	values(
		rule{
			name: "binary values are ordered by length, then subtype, then bytes", of: "Binary",
			when: when(f("v").Lt(uuid)), holds: "legacy generic short", none: "uuid",
		},
	).everywhere(t)
}
