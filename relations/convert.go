package relations

import (
	"encoding/binary"
	"encoding/hex"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// target is the value type a conversion leads to; false for a value that is no conversion.
func (c Conversion) target() (ValueType, bool) {
	switch c {
	case NoConversion:
		return Any, true
	case FromHex:
		return ObjectID, true
	case FromUUID:
		return Binary, true
	case FromRFC3339:
		return Date, true
	default:
		return 0, false
	}
}

// apply converts a value that is not null. The problem, empty if there is none, does not quote the value.
// What a conversion does not speak of is returned as it is, for the check of its type to judge.
func (c Conversion) apply(v bson.RawValue) (_ bson.RawValue, problem string) {
	switch {
	case c == FromHex && v.Type == bson.TypeString:
		id, err := bson.ObjectIDFromHex(v.StringValue())
		if err != nil {
			return v, "the text is not 24 hexadecimal digits"
		}
		return bson.RawValue{Type: bson.TypeObjectID, Value: id[:]}, ""
	case c == FromUUID && v.Type == bson.TypeString:
		id, ok := parseUUID(v.StringValue())
		if !ok {
			return v, "the text is not a UUID"
		}
		return uuidValue(id), ""
	case c == FromUUID && v.Type == bson.TypeBinary:
		// A Go [16]byte arrives as subtype 0. Other subtypes were chosen by the caller.
		if subtype, id := v.Binary(); subtype == bson.TypeBinaryGeneric && len(id) == 16 {
			return uuidValue(id), ""
		}
		return v, ""
	case c == FromRFC3339 && v.Type == bson.TypeString:
		t, err := time.Parse(time.RFC3339Nano, v.StringValue())
		if err != nil {
			return v, "the text is not an RFC 3339 date"
		}
		return bson.RawValue{Type: bson.TypeDateTime, Value: binary.LittleEndian.AppendUint64(nil, uint64(t.UnixMilli()))}, ""
	default:
		return v, ""
	}
}

// parseUUID reads the form 8-4-4-4-12.
func parseUUID(s string) ([]byte, bool) {
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return nil, false
	}
	id, err := hex.DecodeString(strings.ReplaceAll(s, "-", ""))
	return id, err == nil && len(id) == 16
}

func uuidValue(id []byte) bson.RawValue {
	b := append(make([]byte, 0, 21), 16, 0, 0, 0, bson.TypeBinaryUUID)
	return bson.RawValue{Type: bson.TypeBinary, Value: append(b, id...)}
}
