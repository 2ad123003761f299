package casemgmt

import (
	"errors"
	"strconv"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/evaluate"
)

// ErrID is returned by [ParseID] for a text that is no id.
var ErrID = errors.New(`an id is a number, 24 hexadecimal digits, or a name of up to 128 letters, digits, and . _ @ : - (in double quotes if it looks like one of the others)`)

// ParseID returns the id that a text in a path or a query stands for: a number if it is one, an ObjectID if it has 24 hexadecimal digits, else the
// text itself. A text in double quotes is always a text. The error is [ErrID].
func ParseID(text string) (bson.RawValue, error) {
	name, quoted := strings.CutPrefix(text, `"`)
	if quoted {
		name, quoted = strings.CutSuffix(name, `"`)
		if !quoted {
			return bson.RawValue{}, ErrID
		}
	} else if looksLikeNumber(text) {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return bson.RawValue{}, ErrID
		}
		return rawValue(n), nil
	} else if oid, err := bson.ObjectIDFromHex(text); err == nil {
		return rawValue(oid), nil
	}
	if len(name) == 0 || len(name) > 128 || strings.Trim(name, nameBytes) != "" {
		return bson.RawValue{}, ErrID
	}
	return rawValue(name), nil
}

// FormatID returns the text that [ParseID] makes the id of; the empty text if there is none.
func FormatID(id bson.RawValue) string {
	var text string
	switch id.Type {
	case bson.TypeInt32, bson.TypeInt64:
		text = strconv.FormatInt(id.AsInt64(), 10)
	case bson.TypeDouble:
		if f := id.Double(); f == float64(int64(f)) {
			text = strconv.FormatInt(int64(f), 10)
		}
	case bson.TypeObjectID:
		text = id.ObjectID().Hex()
	case bson.TypeString:
		text = id.StringValue()
		if _, err := bson.ObjectIDFromHex(text); err == nil || looksLikeNumber(text) {
			text = `"` + text + `"`
		}
	default:
		return ""
	}
	if parsed, err := ParseID(text); err != nil || !evaluate.Equal(parsed, id) {
		return ""
	}
	return text
}

const nameBytes = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._@:-"

func looksLikeNumber(text string) bool {
	digits := strings.TrimPrefix(text, "-")
	return digits != "" && strings.Trim(digits, "0123456789") == "" && len(digits) < 24
}

func rawValue(v any) bson.RawValue {
	t, data, err := bson.MarshalValue(v)
	if err != nil {
		return bson.RawValue{}
	}
	return bson.RawValue{Type: t, Value: data}
}

// isKey reports whether a value can be an id here. What MongoDB would read as a pattern cannot, nor null or what holds others.
func isKey(v bson.RawValue) bool {
	switch v.Type {
	case bson.TypeInt32, bson.TypeInt64, bson.TypeDouble, bson.TypeDecimal128, bson.TypeString, bson.TypeObjectID, bson.TypeBinary:
		return v.Validate() == nil
	default:
		return false
	}
}

// keys returns the ids in a field: those in its list, or the one that stands there alone.
func keys(doc bson.Raw, field string) []bson.RawValue {
	v, err := doc.LookupErr(field)
	if err != nil {
		return nil
	}
	if isKey(v) {
		return []bson.RawValue{v}
	}
	list, ok := v.ArrayOK()
	if !ok {
		return nil
	}
	values, err := list.Values()
	if err != nil {
		return nil
	}
	ids := values[:0]
	for _, id := range values {
		if isKey(id) {
			ids = append(ids, id)
		}
	}
	return ids
}
