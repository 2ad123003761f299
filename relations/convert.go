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
		return AnyType, true
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

// apply converts a value that is not null, for a field without a Go type. The problem, "" if there
// is none, does not quote the value. What a conversion does not speak of is returned as it is, for
// the check of its type to judge.
func (f *Field) apply(v bson.RawValue) (_ bson.RawValue, problem string) {
	p, problem := f.Convert.parse(v)
	switch {
	case problem != "":
		return v, problem
	case p == nil:
		return v, ""
	}
	switch p := p.(type) {
	case bson.ObjectID:
		return bson.RawValue{Type: bson.TypeObjectID, Value: p[:]}, ""
	case uuid:
		subtype := bson.TypeBinaryUUID
		if f.Subtype != nil {
			subtype = *f.Subtype
		}
		return p.value(subtype), ""
	case time.Time:
		b := binary.LittleEndian.AppendUint64(nil, uint64(p.UnixMilli()))
		return bson.RawValue{Type: bson.TypeDateTime, Value: b}, ""
	default:
		return v, ""
	}
}

// uuid is the parsed form of a UUID.
type uuid [16]byte

func (u uuid) value(subtype byte) bson.RawValue {
	b := []byte{16, 0, 0, 0, subtype}
	if subtype == bson.TypeBinaryBinaryOld { // which says its length again
		b = []byte{20, 0, 0, 0, subtype, 16, 0, 0, 0}
	}
	return bson.RawValue{Type: bson.TypeBinary, Value: append(b, u[:]...)}
}

// parse reads a value as the conversion does: an ObjectID, a uuid or a time; nil for a value that
// the conversion does not speak of.
func (c Conversion) parse(v bson.RawValue) (parsed any, problem string) {
	switch {
	case c == FromHex && v.Type == bson.TypeString:
		id, err := bson.ObjectIDFromHex(v.StringValue())
		if err != nil {
			return nil, "the text is not 24 hexadecimal digits"
		}
		return id, ""
	case c == FromUUID && v.Type == bson.TypeString:
		id, ok := parseUUID(v.StringValue())
		if !ok {
			return nil, "the text is not a UUID"
		}
		return uuid(id), ""
	case c == FromUUID && v.Type == bson.TypeBinary:
		// A Go [16]byte arrives as subtype 0. Other subtypes were chosen by the caller.
		if subtype, id := v.Binary(); subtype == bson.TypeBinaryGeneric && len(id) == 16 {
			return uuid(id), ""
		}
	case c == FromRFC3339 && v.Type == bson.TypeString:
		t, err := time.Parse(time.RFC3339Nano, v.StringValue())
		if err != nil {
			return nil, "the text is not an RFC 3339 date"
		}
		return t, ""
	}
	return nil, ""
}

// parseUUID reads the form 8-4-4-4-12.
func parseUUID(s string) ([]byte, bool) {
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return nil, false
	}
	id, err := hex.DecodeString(strings.ReplaceAll(s, "-", ""))
	return id, err == nil && len(id) == 16
}
