package relations_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

// days returns a registry that stores a time as a day, a text that is no RFC 3339.
func days() *bson.Registry {
	r := bson.NewRegistry()
	of := reflect.TypeFor[time.Time]()
	r.RegisterTypeEncoder(of, bson.ValueEncoderFunc(
		func(_ bson.EncodeContext, w bson.ValueWriter, v reflect.Value) error {
			return w.WriteString(v.Interface().(time.Time).UTC().Format(time.DateOnly))
		}))
	r.RegisterTypeDecoder(of, bson.ValueDecoderFunc(
		func(_ bson.DecodeContext, r bson.ValueReader, v reflect.Value) error {
			text, err := r.ReadString()
			if err != nil {
				return err
			}
			t, err := time.Parse(time.DateOnly, text)
			v.Set(reflect.ValueOf(t))
			return err
		}))
	return r
}

func TestATextIsConvertedToWhatIsStoredOrIsStoredSoAlready(t *testing.T) {
	t.Parallel()
	s, err := relations.Encoding{Registry: days()}.FromStructs(relations.Struct{
		Name: "T", Collection: "t", Of: struct {
			At time.Time `authz:"rfc3339"`
		}{}})
	require.NoError(t, err)
	for _, v := range []any{
		time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), "2026-01-02T03:04:05Z", "2026-01-02T23:30:00-00:00", "2026-01-02",
	} {
		checked, err := s.Check(filter.For("T", filter.Where(filter.F("at").Eq(v))))
		require.NoError(t, err)
		require.Equal(t, `T where at = "2026-01-02"`, checked.String())
		again, err := s.Check(checked.Filter())
		require.NoError(t, err)
		require.Equal(t, checked, again)
	}
	for _, v := range []any{"tomorrow", "2026-13-02", "2026-1-2", 5} {
		_, err := s.Check(filter.For("T", filter.Where(filter.F("at").Ne(v))))
		require.ErrorIs(t, err, filter.ErrMalformed, "%v", v)
	}
}

// readsText reads itself from a text, and is stored as a number.
type readsText struct{ n int64 }

func (r *readsText) UnmarshalText(b []byte) error { r.n = int64(len(b)); return nil }

func (r readsText) MarshalBSONValue() (byte, []byte, error) {
	t, b, err := bson.MarshalValue(r.n)
	return byte(t), b, err
}

// panics reads itself from no text.
type panics struct{}

func (*panics) UnmarshalText([]byte) error { panic("secret") }

func (panics) MarshalBSONValue() (byte, []byte, error) { panic("secret") }

func TestAGoTypeThatReadsItselfFromAText(t *testing.T) {
	t.Parallel()
	s, err := relations.FromStructs(relations.Struct{Name: "T", Collection: "t", Of: struct {
		X readsText `authz:"uuid"`
	}{}})
	require.NoError(t, err)
	checked, err := s.Check(filter.For("T", filter.Where(filter.F("x").Eq("01234567-89ab-4def-8123-456789abcdef"))))
	require.NoError(t, err)
	require.Equal(t, "T where x = 36", checked.String())

	_, err = relations.FromStructs(relations.Struct{Name: "T", Collection: "t", Of: struct {
		X panics `authz:"uuid"`
	}{}})
	require.Equal(t, []relations.SchemaError{{Type: "T", Field: "x",
		Problem: `a Go relations_test.panics has no value type: tag the field with one, or with authz:"-"`}}, problems(t, err))
	_, err = mustNew(t, relations.Type{Name: "T"}).Marshal(struct{ X panics }{})
	require.EqualError(t, err, "a method of the value panics")
}
