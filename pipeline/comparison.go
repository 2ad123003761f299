package pipeline

import (
	"regexp"
	"strings"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/mql"
	"github.com/mongoauthz/go-mongoauthz/relations"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// leaf is a comparison with a literal on a declared field.
type leaf struct {
	op     filter.Operator // Eq, Lt, Leq, Gt, Geq, In, SubsetOf, StartsWith, EndsWith, ContainsText
	typ    relations.ValueType
	list   bool
	strict bool
	value  mql.Value
	values mql.List // In and SubsetOf, without nulls
}

func (l leaf) equal(m leaf) bool {
	return l.op == m.op && l.typ == m.typ && l.list == m.list && l.strict == m.strict && l.value.Equal(m.value) && l.values.Equal(m.values)
}

// among returns the values one of which the leaf asks for. It is not ok for another leaf.
func (l leaf) among() (values mql.List, ok bool) {
	switch l.op {
	case filter.Eq:
		return mql.ListOf(l.value), true
	case filter.In:
		return l.values, true
	default:
		return mql.List{}, false
	}
}

// maxPattern is how long a regular expression the server takes, in bytes.
const maxPattern = 32_764

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

// zeroOf returns what a missing field counts as; false if it counts as nothing.
func zeroOf(f *relations.Field) (bson.RawValue, bool) {
	if f == nil || f.AbsentZero == nil {
		return bson.RawValue{}, false
	}
	v, ok := f.AbsentZero.(bson.RawValue)
	return v, ok
}
