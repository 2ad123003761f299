package filter_test

import (
	"encoding/json"
	"math"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/filter"
)

type (
	node      struct{ Next *node }
	pair      struct{ L, R *pair }
	holdsMap  struct{ M map[string]int }
	colour    string
	colours   []string
	byPointer struct{}
	uuid      [16]byte
	panicky   struct{ p *int }
	broken    struct{}
	ordered   []bson.E
	selfMap   map[string]any
)

func (p panicky) MarshalBSONValue() (byte, []byte, error) { _ = *p.p; return 0, nil, nil }

func (*byPointer) MarshalBSONValue() (byte, []byte, error) { return byte(bson.TypeNull), nil, nil }

func (broken) MarshalBSONValue() (byte, []byte, error) { return byte(bson.TypeString), []byte{1}, nil }

func decimal(t *testing.T, s string) bson.Decimal128 {
	d, err := bson.ParseDecimal128(s)
	require.NoError(t, err)
	return d
}

func raw(t *testing.T, v any) bson.Raw {
	b, err := bson.Marshal(v)
	require.NoError(t, err)
	return b
}

func TestValueEncodes(t *testing.T) {
	t.Parallel()
	oid := bson.NewObjectID()
	five := 5
	for name, c := range map[string]struct {
		in   any
		want bson.Type
	}{
		"nil":                     {nil, bson.TypeNull},
		"nil pointer":             {(*int)(nil), bson.TypeNull},
		"nil pointer to a struct": {(*node)(nil), bson.TypeNull},
		"nil value marshaler":     {(*panicky)(nil), bson.TypeNull},
		"pointer to a nil one":    {new(*panicky), bson.TypeNull},
		"nil RawArray":            {bson.RawArray(nil), bson.TypeNull},
		"nil bytes":               {[]byte(nil), bson.TypeNull},
		"nil bson.D":              {bson.D(nil), bson.TypeNull},
		"BSON null":               {bson.Null{}, bson.TypeNull},
		"zero RawValue":           {bson.RawValue{}, bson.TypeNull},
		"string":                  {"$where", bson.TypeString},
		"bool":                    {true, bson.TypeBoolean},
		"small int":               {5, bson.TypeInt32},
		"large int":               {math.MaxInt32 + 1, bson.TypeInt64},
		"pointer":                 {&five, bson.TypeInt32},
		"int64":                   {int64(5), bson.TypeInt64},
		"uint8":                   {uint8(5), bson.TypeInt32},
		"double":                  {5.5, bson.TypeDouble},
		"infinity":                {math.Inf(1), bson.TypeDouble},
		"decimal":                 {decimal(t, "1.50"), bson.TypeDecimal128},
		"time":                    {time.Now(), bson.TypeDateTime},
		"pointer to a time":       {&time.Time{}, bson.TypeDateTime},
		"DateTime":                {bson.DateTime(5), bson.TypeDateTime},
		"ObjectID":                {oid, bson.TypeObjectID},
		"bytes":                   {[]byte{1}, bson.TypeBinary},
		"bson.Binary":             {bson.Binary{Subtype: 4, Data: make([]byte, 16)}, bson.TypeBinary},
		"timestamp":               {bson.Timestamp{T: 1}, bson.TypeTimestamp},
		"URL":                     {url.URL{Host: "x"}, bson.TypeString},
		"bson.D":                  {bson.D{{Key: "$gt", Value: ""}}, bson.TypeEmbeddedDocument},
		"bson.D with a list":      {bson.D{{Key: "a", Value: bson.A{1, nil, bson.D{}}}}, bson.TypeEmbeddedDocument},
		"bson.Raw":                {raw(t, bson.D{{Key: "a", Value: 1}}), bson.TypeEmbeddedDocument},
		"RawValue":                {bson.RawValue{Type: bson.TypeInt32, Value: []byte{1, 0, 0, 0}}, bson.TypeInt32},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := filter.Value(c.in)
			require.NoError(t, err)
			require.Equal(t, c.want, got.Type)
			again, err := filter.Value(got)
			require.NoError(t, err)
			require.True(t, got.Equal(again))
		})
	}
}

func TestValueRefuses(t *testing.T) {
	t.Parallel()
	cyclic := &node{}
	cyclic.Next = cyclic
	bushy := &pair{}
	bushy.L, bushy.R = bushy, bushy
	holder := bson.D{{Key: "secret", Value: nil}}
	holder[0].Value = holder
	self := selfMap{}
	self["x"] = self
	deep := bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: raw(t, bson.D{})}
	for range 101 {
		deep.Value = raw(t, bson.D{{Key: "d", Value: bson.Raw(deep.Value)}})
	}
	in := func(v any) bson.D { return bson.D{{Key: "a", Value: bson.A{bson.D{{Key: "secret", Value: v}}}}} }
	rv := func(t bson.Type, b ...byte) bson.RawValue { return bson.RawValue{Type: t, Value: b} }
	cases := map[string]any{
		"map":                            map[string]int{"secret": 1},
		"bson.M":                         bson.M{"secret": 1},
		"nil map":                        bson.M(nil),
		"pointer to a map":               &bson.M{},
		"map in a bson.D":                in(bson.M{"b": 1}),
		"map in a struct":                holdsMap{},
		"map behind pointers":            in(&[]any{&holdsMap{}}),
		"map that holds itself":          self,
		"pointer to itself":              cyclic,
		"pointers to itself, many":       bushy,
		"bson.D that holds itself":       holder,
		"slice":                          []string{"secret"},
		"bson.A":                         bson.A{1},
		"array":                          [2]int{},
		"RawArray":                       bson.RawArray{5, 0, 0, 0, 0},
		"regular expression":             bson.Regex{Pattern: "secret"},
		"code":                           bson.JavaScript("secret"),
		"code with scope":                bson.CodeWithScope{Code: "secret", Scope: bson.D{}},
		"symbol":                         bson.Symbol("secret"),
		"undefined":                      bson.Undefined{},
		"MinKey":                         bson.MinKey{},
		"MaxKey":                         bson.MaxKey{},
		"DBPointer":                      bson.DBPointer{DB: "secret"},
		"NaN":                            math.NaN(),
		"float32 NaN":                    float32(math.NaN()),
		"decimal NaN":                    decimal(t, "NaN"),
		"regular expression in a bson.D": in(bson.Regex{}),
		"code in a bson.D":               in(bson.JavaScript("")),
		"undefined in a bson.D":          in(bson.Undefined{}),
		"MinKey in a bson.D":             in(bson.MinKey{}),
		"NaN in a bson.D":                in(math.NaN()),
		"decimal NaN in a bson.D":        in(decimal(t, "NaN")),
		"NaN in raw BSON":                raw(t, in(math.NaN())),
		"operand":                        filter.F("secret"),
		"parameter":                      filter.Param("secret"),
		"parameter in a bson.D":          in(filter.Param("secret")),
		"condition":                      filter.F("secret").Eq(1),
		"channel":                        make(chan int),
		"function":                       func() {},
		"function in a bson.D":           in(func() {}),
		"complex":                        complex(1, 2),
		"uint64 too large":               uint64(math.MaxUint64),
		"value marshaler that panics":    panicky{},
		"value marshaler, broken bytes":  broken{},
		"key with a NUL":                 bson.D{{Key: "a\x00b", Value: 1}},
		"too deep":                       deep,
		"raw: too deep for the stack":    deepRaw(1 << 20),
		"raw: unknown type":              rv(0x42),
		"raw: zero type, bytes":          rv(0, 1),
		"raw: short int32":               rv(bson.TypeInt32, 1),
		"raw: long int32":                rv(bson.TypeInt32, 1, 0, 0, 0, 9),
		"raw: null with bytes":           rv(bson.TypeNull, 1),
		"raw: bool of 2":                 rv(bson.TypeBoolean, 2),
		"raw: no bool":                   rv(bson.TypeBoolean),
		"raw: string without its NUL":    rv(bson.TypeString, 2, 0, 0, 0, 'a', 'b'),
		"raw: string of length 0":        rv(bson.TypeString, 0, 0, 0, 0),
		"raw: negative length":           rv(bson.TypeString, 255, 255, 255, 255, 0),
		"raw: huge length":               rv(bson.TypeBinary, 255, 255, 255, 127, 0),
		"raw: short document":            rv(bson.TypeEmbeddedDocument, 5, 0, 0),
		"raw: document beyond its end":   rv(bson.TypeEmbeddedDocument, 12, 0, 0, 0, byte(bson.TypeInt32), 'a', 0, 1, 0, 0, 0, 0, 0),
		"raw: element over the end":      rv(bson.TypeEmbeddedDocument, 8, 0, 0, 0, byte(bson.TypeInt32), 'a', 0, 0),
		"raw: key without its NUL":       rv(bson.TypeEmbeddedDocument, 7, 0, 0, 0, byte(bson.TypeNull), 'a', 0),
		"raw: array":                     rv(bson.TypeArray, 5, 0, 0, 0, 0),
		"raw: bytes of a bson.Raw":       bson.Raw{1, 2, 3},
		"raw: broken inside a bson.D":    in(rv(bson.TypeInt32, 1)),
		"raw: long inside a bson.D":      in(rv(bson.TypeInt32, 1, 0, 0, 0, 9)),
	}
	for name, v := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := filter.Value(v)
			var m *filter.MalformedError
			require.ErrorAs(t, err, &m)
			require.ErrorIs(t, err, filter.ErrMalformed)
			require.NotContains(t, err.Error(), "secret")
		})
	}
}

// A registry may store such a value otherwise: as text, as another number, under other names.
func TestValueRefusesTypesThatARegistryMayEncodeOtherwise(t *testing.T) {
	t.Parallel()
	for name, v := range map[string]any{
		"enum":                      colour("red"),
		"pointer to one":            new(colour),
		"id":                        uuid{},
		"duration":                  time.Second,
		"struct":                    node{},
		"struct without a name":     struct{ A int }{},
		"document of its own":       ordered{{Key: "a", Value: 1}},
		"enum in a bson.D":          bson.D{{Key: "a", Value: colour("red")}},
		"enums in a bson.D":         bson.D{{Key: "a", Value: []colour{"red"}}},
		"no enums in a bson.D":      bson.D{{Key: "a", Value: bson.A{[]any{[]uuid{{}}}}}},
		"marshals by its pointer":   byPointer{},
		"list of a type of its own": bson.D{{Key: "a", Value: colours{"red"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := filter.Value(v)
			var m *filter.MalformedError
			require.ErrorAs(t, err, &m)
			require.Contains(t, m.Problem, "check the filter first (Schema.Check), or convert the value")

			f := filter.For("Book", filter.Where(filter.F("x").Eq(v)))
			_, err = json.Marshal(f)
			require.ErrorIs(t, err, filter.ErrMalformed)
			require.Contains(t, f.String(), "= (", "the type stands for the value")
		})
	}
	_, isList, err := filter.Elements([]colour{"red"})
	require.True(t, isList)
	require.ErrorIs(t, err, filter.ErrMalformed)
	_, err = filter.Value(&byPointer{})
	require.NoError(t, err, "it marshals itself")
}

// deepRaw returns a document of n levels.
func deepRaw(n int) bson.Raw {
	b := []byte(strings.Repeat("\x00\x00\x00\x00\x03a\x00", n) + "\x05\x00\x00\x00\x00" + strings.Repeat("\x00", n))
	for i := range n {
		size := len(b) - 8*i
		copy(b[7*i:], []byte{byte(size), byte(size >> 8), byte(size >> 16), byte(size >> 24)})
	}
	return b
}

func TestValuesSplitsLists(t *testing.T) {
	t.Parallel()
	arr, err := filter.Value(1)
	require.NoError(t, err)
	_, b, err := bson.MarshalValue(bson.A{1, nil})
	require.NoError(t, err)
	for name, c := range map[string]struct {
		in   any
		want int // -1: no list
	}{
		"nil":                {nil, -1},
		"scalar":             {1, -1},
		"string":             {"ab", -1},
		"empty slice":        {[]int{}, 0},
		"nil slice":          {[]int(nil), -1},
		"nil []any":          {[]any(nil), -1},
		"nil RawValues":      {[]bson.RawValue(nil), -1},
		"RawValues":          {[]bson.RawValue{arr, {}}, 2},
		"ints":               {[]int{1, 2}, 2},
		"array":              {[3]string{}, 3},
		"bson.A with a null": {bson.A{1, nil}, 2},
		"UUIDs":              {[][16]byte{{}}, 1},
		"UUID":               {uuid{}, -1},
		"ObjectID":           {bson.NewObjectID(), -1},
		"bytes":              {[]byte{1, 2}, -1},
		"bson.D":             {bson.D{{Key: "a", Value: 1}}, -1},
		"named bson.D":       {ordered{{Key: "a", Value: 1}}, -1},
		"bson.Raw":           {raw(t, bson.D{}), -1},
		"BSON array":         {bson.RawValue{Type: bson.TypeArray, Value: b}, 2},
		"RawArray":           {bson.RawArray(b), 2},
		"pointer to a slice": {&[]int{1}, -1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, isList, err := filter.Elements(c.in)
			require.NoError(t, err)
			require.Equal(t, c.want >= 0, isList)
			if isList {
				require.Len(t, got, c.want)
				require.NotNil(t, got)
			}
		})
	}
}

func TestValuesSaysWhichElementIsRefused(t *testing.T) {
	t.Parallel()
	for name, v := range map[string]any{
		"NaN":        []any{1, math.NaN()},
		"map":        []any{1, bson.M{}},
		"parameter":  []any{1, filter.Param("a")},
		"list":       [][]int{nil, {1}},
		"broken raw": []bson.RawValue{{}, {Type: bson.TypeInt32}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, isList, err := filter.Elements(v)
			require.True(t, isList)
			var m *filter.MalformedError
			require.ErrorAs(t, err, &m)
			require.Equal(t, "element 1", strings.TrimSuffix(m.Where, ":"))
		})
	}
	_, isList, err := filter.Elements(bson.RawValue{Type: bson.TypeArray, Value: []byte{9}})
	require.True(t, isList)
	require.ErrorIs(t, err, filter.ErrMalformed)
}
