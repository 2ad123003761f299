package casemgmt

import (
	"encoding/base64"
	"encoding/json"
	"math"
	"net/http"
	"strconv"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// writeJSON answers with v.
func writeJSON(w http.ResponseWriter, status int, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "no-store") // it is for one actor, now
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n')) // what if nobody reads it?
	return nil
}

// document is a stored document as JSON: its fields in their order, an ObjectID as its digits, a date as RFC 3339, and what
// JSON has nothing for as Extended JSON.
type document bson.Raw

// MarshalJSON returns the document.
func (d document) MarshalJSON() ([]byte, error) {
	return appendValue(nil, bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: d})
}

func appendValue(out []byte, v bson.RawValue) ([]byte, error) {
	switch v.Type {
	case bson.TypeEmbeddedDocument:
		return appendElements(out, v.Document(), true)
	case bson.TypeArray:
		return appendElements(out, bson.Raw(v.Array()), false)
	case bson.TypeString:
		return appendText(out, v.StringValue())
	case bson.TypeObjectID:
		return appendText(out, v.ObjectID().Hex())
	case bson.TypeDateTime:
		return appendText(out, v.Time().UTC().Format(time.RFC3339Nano))
	case bson.TypeBinary:
		_, data := v.Binary()
		return appendText(out, base64.StdEncoding.EncodeToString(data))
	case bson.TypeDecimal128:
		return appendText(out, v.Decimal128().String())
	case bson.TypeInt32, bson.TypeInt64:
		return strconv.AppendInt(out, v.AsInt64(), 10), nil
	case bson.TypeDouble:
		if f := v.Double(); !math.IsNaN(f) && !math.IsInf(f, 0) {
			return strconv.AppendFloat(out, f, 'g', -1, 64), nil
		}
		return append(out, "null"...), nil
	case bson.TypeBoolean:
		return strconv.AppendBool(out, v.Boolean()), nil
	case bson.TypeNull, bson.TypeUndefined:
		return append(out, "null"...), nil
	default: // one odd value must not keep a whole list from being shown
		if text := v.String(); json.Valid([]byte(text)) {
			return append(out, text...), nil // Extended JSON
		}
		return append(out, "null"...), nil
	}
}

func appendElements(out []byte, doc bson.Raw, named bool) ([]byte, error) {
	elements, err := doc.Elements()
	if err != nil {
		return nil, err
	}
	brackets := "[]"
	if named {
		brackets = "{}"
	}
	out = append(out, brackets[0])
	for i, e := range elements {
		if i > 0 {
			out = append(out, ',')
		}
		if named {
			if out, err = appendText(out, e.Key()); err != nil {
				return nil, err
			}
			out = append(out, ':')
		}
		if out, err = appendValue(out, e.Value()); err != nil {
			return nil, err
		}
	}
	return append(out, brackets[1]), nil
}

func appendText(out []byte, text string) ([]byte, error) {
	quoted, err := json.Marshal(text)
	return append(out, quoted...), err
}
