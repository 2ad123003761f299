package relations_test

import (
	"testing"
	"time"

	"github.com/mongoauthz/go-mongoauthz/relations"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
)

func TestATextNamesAValueOfTheDeclaredType(t *testing.T) {
	t.Parallel()
	s, err := relations.New()
	require.NoError(t, err)
	hex, uuid := "0102030405060708090a0b0c", "00010203-0405-0607-0809-0a0b0c0d0e0f"
	id, err := bson.ObjectIDFromHex(hex)
	require.NoError(t, err)
	bytes := []byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}
	for _, tt := range []struct {
		field relations.Field
		text  string
		want  any // nil: no value
	}{
		{relations.Field{Type: relations.String}, hex, hex},
		{relations.Field{Type: relations.String}, `{"$gt": ""}`, `{"$gt": ""}`},
		{relations.Field{Type: relations.String}, "", ""},
		{relations.Field{Type: relations.AnyType}, "5", "5"},
		{relations.Field{Type: relations.ObjectID}, hex, id},
		{relations.Field{Type: relations.ObjectID}, hex[1:], nil},
		{relations.Field{Type: relations.ObjectID}, hex + "\n", nil},
		{relations.Field{Type: relations.Number}, "5", int64(5)},
		{relations.Field{Type: relations.Number}, "-9223372036854775808", int64(-9223372036854775808)},
		{relations.Field{Type: relations.Number}, "9223372036854775808", nil},
		{relations.Field{Type: relations.Number}, "05", nil},
		{relations.Field{Type: relations.Number}, "+5", nil},
		{relations.Field{Type: relations.Number}, "-0", nil},
		{relations.Field{Type: relations.Number}, "2.5", 2.5},
		{relations.Field{Type: relations.Number}, "1e3", 1000.0},
		{relations.Field{Type: relations.Number}, "1e999", nil},
		{relations.Field{Type: relations.Number}, "0x10", nil},
		{relations.Field{Type: relations.Number}, "1_000", nil},
		{relations.Field{Type: relations.Number}, "NaN", nil},
		{relations.Field{Type: relations.Number}, "Infinity", nil},
		{relations.Field{Type: relations.Number}, "", nil},
		{relations.Field{Type: relations.Bool}, "true", true},
		{relations.Field{Type: relations.Bool}, "false", false},
		{relations.Field{Type: relations.Bool}, "True", nil},
		{relations.Field{Type: relations.Bool}, "maybe", nil},
		{relations.Field{Type: relations.Date}, "1970-01-01T00:00:00.007Z", time.UnixMilli(7).UTC()},
		{relations.Field{Type: relations.Date}, "yesterday", nil},
		{relations.Field{Type: relations.Binary}, uuid, bson.Binary{Subtype: 4, Data: bytes}},
		{relations.Field{Type: relations.Binary, Subtype: new(byte(3))}, uuid, bson.Binary{Subtype: 3, Data: bytes}},
		{relations.Field{Type: relations.Binary}, "AAEC", nil},
		{relations.Field{Type: relations.Timestamp}, "7", nil},
		{relations.Field{Type: relations.Document}, "{}", nil},
		{relations.Field{Type: relations.ObjectID, Convert: relations.FromHex}, hex, id},
		{relations.Field{Type: relations.ObjectID, Convert: relations.FromHex}, "x", nil},
	} {
		v, ok := s.FromText(&tt.field, tt.text)
		require.Equal(t, tt.want != nil, ok, "%v %q", tt.field.Type, tt.text)
		if ok {
			typ, raw, err := bson.MarshalValue(tt.want)
			require.NoError(t, err)
			require.Equal(t, bson.RawValue{Type: typ, Value: raw}, bson.RawValue{Type: v.Type, Value: v.Value}, "%v %q", tt.field.Type, tt.text)
		}
	}
}
