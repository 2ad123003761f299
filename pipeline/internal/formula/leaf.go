package formula

import (
	"regexp"
	"strings"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/mql"
	"github.com/mongoauthz/go-mongoauthz/relations"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// Leaf is a comparison with a literal on a declared field.
type Leaf struct {
	Op     filter.Operator // Eq, Lt, Lte, Gt, Gte, In, SubsetOf, StartsWith, EndsWith, ContainsText
	Type   relations.ValueType
	List   bool
	Strict bool
	Value  mql.Value
	Values mql.List // In and SubsetOf, without nulls
}

func (l Leaf) equal(m Leaf) bool {
	return l.Op == m.Op && l.Type == m.Type && l.List == m.List && l.Strict == m.Strict && l.Value.Equal(m.Value) && l.Values.Equal(m.Values)
}

// Among returns the values one of which the leaf asks for. It is not ok for another leaf.
func (l Leaf) Among() (values mql.List, ok bool) {
	switch l.Op {
	case filter.Eq:
		return mql.ListOf(l.Value), true
	case filter.In:
		return l.Values, true
	default:
		return mql.List{}, false
	}
}

// MaxPattern is how long a regular expression the server takes, in bytes.
const MaxPattern = 32_764

// Pattern returns the regular expression that matches strings as a text operator asks. Every
// special character of the needle is escaped one by one, since \Q…\E can be broken out of. The end
// is \z, since $ also matches before a final newline.
func (l Leaf) Pattern() mql.Pattern {
	needle := strings.ReplaceAll(regexp.QuoteMeta(l.Value.Literal.StringValue()), "\x00", `\x00`)
	switch l.Op {
	case filter.StartsWith:
		needle = "^" + needle
	case filter.EndsWith:
		needle += `\z`
	}
	return mql.Pattern(needle)
}

// Alias returns the $type alias of a declared type; AnyType has none.
func Alias(t relations.ValueType) string {
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

// Class returns the $type alias of a value's type class.
func Class(v bson.RawValue) string {
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

// ZeroOf returns what a missing field counts as; false if it counts as nothing.
func ZeroOf(f *relations.Field) (bson.RawValue, bool) {
	if f == nil || f.AbsentZero == nil {
		return bson.RawValue{}, false
	}
	v, ok := f.AbsentZero.(bson.RawValue)
	return v, ok
}
