package relations_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

type (
	status int      // stored as its name
	guid   [16]byte // stored as subtype 4
	legacy [16]byte // stored as subtype 3, in another order
	named  string   // stored as an ObjectID
	money  struct{ Cents int64 }
	tagset []string // stored as one text
	fussy  struct{ Text string }
	flag   bool
	asked  bool // with an IsZero of its own
)

func (s status) String() string { return [...]string{"draft", "published"}[s%2] }

func (m money) MarshalBSONValue() (byte, []byte, error) {
	t, b, err := bson.MarshalValue(fmt.Sprintf("EUR %d.%02d", m.Cents/100, m.Cents%100))
	return byte(t), b, err
}

// MarshalBSONValue writes a number or a text.
func (f fussy) MarshalBSONValue() (byte, []byte, error) {
	t, b, err := bson.MarshalValue(f.Text)
	if f.Text == "" {
		t, b, err = bson.MarshalValue(0)
	}
	return byte(t), b, err
}

func (a asked) IsZero() bool { return bool(a) }

// ownRegistry returns a registry of an application that stores much in its own way.
func ownRegistry() *bson.Registry {
	r := bson.NewRegistry()
	register := func(t reflect.Type, write func(bson.ValueWriter, reflect.Value) error) {
		r.RegisterTypeEncoder(t, bson.ValueEncoderFunc(
			func(_ bson.EncodeContext, w bson.ValueWriter, v reflect.Value) error { return write(w, v) }))
	}
	register(reflect.TypeFor[status](), func(w bson.ValueWriter, v reflect.Value) error {
		return w.WriteString(v.Interface().(status).String())
	})
	register(reflect.TypeFor[guid](), func(w bson.ValueWriter, v reflect.Value) error {
		g := v.Interface().(guid)
		return w.WriteBinaryWithSubtype(g[:], bson.TypeBinaryUUID)
	})
	register(reflect.TypeFor[legacy](), func(w bson.ValueWriter, v reflect.Value) error {
		g := v.Interface().(legacy)
		g[0], g[1], g[2], g[3] = g[3], g[2], g[1], g[0]
		return w.WriteBinaryWithSubtype(g[:], bson.TypeBinaryUUIDOld)
	})
	register(reflect.TypeFor[named](), func(w bson.ValueWriter, v reflect.Value) error {
		id, err := bson.ObjectIDFromHex(v.String())
		if err != nil {
			return err
		}
		return w.WriteObjectID(id)
	})
	register(reflect.TypeFor[time.Time](), func(w bson.ValueWriter, v reflect.Value) error {
		return w.WriteString(v.Interface().(time.Time).UTC().Format(time.RFC3339))
	})
	register(reflect.TypeFor[tagset](), func(w bson.ValueWriter, v reflect.Value) error {
		return w.WriteString(strings.Join(v.Interface().(tagset), ","))
	})
	return r
}

type stored struct {
	ID     named    `bson:"_id" authz:"hex"`
	Status status   `bson:",omitempty" authz:"absent zero"`
	Was    []status `authz:"absent empty"`
	Owner  guid     `authz:"uuid"`
	Old    legacy   `authz:"uuid"`
	Plain  [16]byte `authz:"uuid"`
	Any    bson.Binary
	Price  money
	At     time.Time `authz:"rfc3339"`
	Times  []*time.Time
	Tags   tagset
	None   tagset
}

func storedSchema(t *testing.T) *relations.Schema {
	t.Helper()
	s, err := relations.Encoding{Registry: ownRegistry()}.FromStructs(
		relations.Struct{Of: stored{}, Name: "T", Collection: "t"})
	require.NoError(t, err)
	return s
}

func TestValueTypesAreThoseTheEncoderWrites(t *testing.T) {
	t.Parallel()
	fields := map[string]relations.Field{}
	typ, _ := storedSchema(t).Type("T")
	for _, f := range typ.Fields {
		fields[f.Name] = f
	}
	subtype := func(b byte) *byte { return &b }
	draft := value(t, "draft")
	require.Equal(t, map[string]relations.Field{
		"_id":    {Name: "_id", Type: relations.ObjectID, Convert: relations.FromHex},
		"status": {Name: "status", Type: relations.String, AbsentZero: draft},
		"was":    {Name: "was", Type: relations.String, List: true, AbsentEmpty: true},
		"owner":  {Name: "owner", Type: relations.Binary, Convert: relations.FromUUID, Subtype: subtype(4)},
		"old": {Name: "old", Type: relations.Binary, Convert: relations.FromUUID, Subtype: subtype(3),
			Go: reflect.TypeFor[legacy]()},
		"plain": {Name: "plain", Type: relations.Binary, Convert: relations.FromUUID, Subtype: subtype(0)},
		"any":   {Name: "any", Type: relations.Binary},
		"price": {Name: "price", Type: relations.String},
		"at": {Name: "at", Type: relations.String, Convert: relations.FromRFC3339,
			Go: reflect.TypeFor[time.Time]()},
		"times": {Name: "times", Type: relations.String, List: true},
		"tags":  {Name: "tags", Type: relations.String},
		"none":  {Name: "none", Type: relations.String},
	}, fields)
}

// A literal of the application's own type is what a document would hold, and so is a text that the
// conversion of its field accepts.
func TestLiteralsAreWhatADocumentHolds(t *testing.T) {
	t.Parallel()
	s := storedSchema(t)
	id := bson.NewObjectID()
	const text = "01234567-89ab-4def-8123-456789abcdef"
	uuid := [16]byte{0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0x4d, 0xef, 0x81, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef}
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	doc := stored{ID: named(id.Hex()), Status: 1, Was: []status{1}, Owner: uuid, Old: uuid, Plain: uuid,
		Price: money{1250}, At: at, Times: []*time.Time{&at}, Tags: tagset{"a", "b"}}
	raw, err := s.Marshal(doc)
	require.NoError(t, err)
	f := filter.F
	for name, c := range map[string]filter.Comparison{
		"id":                     f("_id").Eq(doc.ID),
		"id as text":             f("_id").Eq(id.Hex()),
		"id as an ObjectID":      f("_id").Eq(id),
		"enum":                   f("status").Eq(doc.Status),
		"enum behind a pointer":  f("status").Eq(&doc.Status),
		"enum as text":           f("status").Eq("published"),
		"uuid":                   f("owner").Eq(doc.Owner),
		"uuid as text":           f("owner").Eq(text),
		"uuid as bytes":          f("owner").Eq(uuid),
		"legacy uuid":            f("old").Eq(doc.Old),
		"legacy uuid as text":    f("old").Eq(text),
		"legacy uuid as bytes":   f("old").Eq(uuid),
		"generic uuid":           f("plain").Eq(uuid),
		"generic uuid as text":   f("plain").Eq(text),
		"money":                  f("price").Eq(doc.Price),
		"time":                   f("at").Eq(doc.At),
		"time as text":           f("at").Eq("2026-01-02T03:04:05Z"),
		"time as text elsewhere": f("at").Eq("2026-01-02T05:04:05+02:00"),
		"slice stored as text":   f("tags").Eq(doc.Tags),
		"nil slice":              f("none").Eq(doc.None),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checked, err := s.Check(filter.For("T", filter.Where(c)))
			require.NoError(t, err)
			got := checked.Clauses()[0].Conditions[0].(*relations.CheckedComparison).Operand.(*relations.CheckedValue).Value
			require.Equal(t, raw.Lookup(c.Field.Path).String(), got.String())

			again, err := s.Check(checked.Filter())
			require.NoError(t, err, "what was checked passes again")
			require.Equal(t, checked, again)
			_, err = checked.Filter().MarshalJSON()
			require.NoError(t, err, "and serializes")
		})
	}
	lists, err := s.Check(filter.For("T", filter.Where(
		f("status").In([]status{0, 1}), f("times").Contains(at), f("was").Intersects([]status{1}))))
	require.NoError(t, err)
	require.Equal(t, `T where status in ["draft", "published"] and times contains "2026-01-02T03:04:05Z"`+
		` and was intersects ["published"]`, lists.String())
}

type level uint8

// The driver stores a []byte as binary, and a slice of a type like it as an array.
func TestASliceOfAByteOfItsOwnIsAList(t *testing.T) {
	t.Parallel()
	s, err := relations.FromStructs(relations.Struct{Name: "T", Collection: "t", Of: struct{ X []level }{}})
	require.NoError(t, err)
	checked, err := s.Check(filter.For("T", filter.Where(filter.F("x").Intersects([]level{1, 2}))))
	require.NoError(t, err)
	require.Equal(t, "T where x intersects [1, 2]", checked.String())
	require.ErrorIs(t, justErr(s.Value([]level{1})), filter.ErrMalformed)
}

func justErr(_ bson.RawValue, err error) error { return err }

func TestAnOwnTypeInAnUncheckedFilterIsAnErrorInJSON(t *testing.T) {
	t.Parallel()
	f := filter.For("T", filter.Where(filter.F("status").Eq(status(1))))
	_, err := f.MarshalJSON()
	require.ErrorIs(t, err, filter.ErrMalformed)
	require.ErrorContains(t, err, "check the filter first")
	require.Contains(t, f.String(), "(relations_test.status)")
}

// A binary of another subtype is equal to nothing stored: "owner != u" would be true of everything.
func TestABinaryOfAnotherSubtypeIsAnError(t *testing.T) {
	t.Parallel()
	s := storedSchema(t)
	for _, c := range []filter.Comparison{
		filter.F("owner").Ne(bson.Binary{Subtype: 3, Data: make([]byte, 16)}),
		filter.F("plain").Ne(guid{}),
		filter.F("old").Nin([]guid{{}}),
		filter.F("owner").Ne(filter.F("plain")),
	} {
		_, err := s.Check(filter.For("T", filter.Where(c)))
		require.ErrorIs(t, err, filter.ErrMalformed)
		require.ErrorContains(t, err, "subtype")
	}
	_, err := s.Check(filter.For("T", filter.Where(filter.F("any").Eq(guid{}))))
	require.NoError(t, err)
}

func TestScopesConstantsAndParametersAreEncodedTheSameWay(t *testing.T) {
	t.Parallel()
	e := relations.Encoding{Registry: ownRegistry()}
	typ := relations.Type{
		Name: "T", Collection: "t", Scope: []filter.Condition{filter.F("status").Eq(filter.Param("status"))},
		Fields: []relations.Field{
			{Name: "_id", Type: relations.String},
			{Name: "status", Type: relations.String, AbsentZero: status(1)},
		},
		Relations: []relations.Relation{{Name: "peers", Kind: relations.HasMany, Type: "T",
			Keys: []relations.KeyPair{{Foreign: "_id"}}, Where: []relations.Constant{{Field: "status", Value: status(1)}}}},
	}
	s, err := e.New(typ)
	require.NoError(t, err)
	require.Equal(t, e, s.Encoding())
	declared, _ := s.Type("T")
	require.Equal(t, value(t, "published"), declared.Fields[1].AbsentZero)
	require.Equal(t, value(t, "published"), declared.Relations[0].Where[0].Value)
	bound, err := s.Bind(map[string]any{"status": status(0)})
	require.NoError(t, err)
	require.Equal(t, e, bound.Encoding())
	declared, _ = bound.Type("T")
	require.Equal(t, filter.Literal{Value: value(t, "draft")}, declared.Scope[0].(filter.Comparison).Operand)

	_, err = relations.New(typ)
	require.ErrorContains(t, err, "the value is a BSON 32-bit integer, and the field is declared as String")
	require.False(t, s.Equal(bound))
}

// The driver remembers the fields of a struct by its type alone, whatever the options were.
func TestMakingASchemaDoesNotChangeWhatTheClientWrites(t *testing.T) {
	t.Parallel()
	type page struct {
		DeletedAt string `json:"deleted_at"`
		Inner     *struct {
			ParentID string `json:"parent_id"`
		}
	}
	r := ownRegistry()
	s, err := relations.Encoding{Registry: r, UseJSONStructTags: true}.FromStructs(
		relations.Struct{Of: page{}, Name: "T", Collection: "t"})
	require.NoError(t, err)
	doc := page{Inner: &struct {
		ParentID string `json:"parent_id"`
	}{}}
	raw, err := s.Marshal(&doc)
	require.NoError(t, err)
	require.Equal(t, `{"deleted_at": "","inner": {"parent_id": ""}}`, raw.String())
	client := bson.NewEncoder(bson.NewDocumentWriter(new(strings.Builder)))
	client.SetRegistry(r)
	var out strings.Builder
	client.Reset(bson.NewDocumentWriter(&out))
	require.NoError(t, client.Encode(&doc))
	require.Equal(t, `{"deletedat": "","inner": {"parentid": ""}}`, bson.Raw(out.String()).String())
}

// label writes itself by its pointer; without an address it is a string like any other.
type label string

func (l *label) MarshalBSONValue() (byte, []byte, error) {
	t, b, err := bson.MarshalValue("pointer " + string(*l))
	return byte(t), b, err
}

func TestAValueWithoutAnAddressIsEncodedByTheRegistry(t *testing.T) {
	type note struct{ Of label }
	r := bson.NewRegistry()
	r.RegisterKindEncoder(reflect.String, bson.ValueEncoderFunc(
		func(_ bson.EncodeContext, w bson.ValueWriter, v reflect.Value) error {
			return w.WriteString("registry " + v.String())
		}))
	s, err := relations.Encoding{Registry: r}.FromStructs(relations.Struct{Of: note{}, Collection: "notes"})
	require.NoError(t, err)

	for want, document := range map[string]any{"registry x": note{"x"}, "pointer x": &note{"x"}} {
		raw, err := s.Marshal(document)
		require.NoError(t, err)
		require.Equal(t, want, raw.Lookup("of").StringValue())
	}
}

type (
	ring struct {
		Next *ring
		Any  any
		Up   *ring `bson:"-"`
	}
	loop *loop
)

func TestADocumentThatHoldsItselfIsAnError(t *testing.T) {
	s, err := relations.New()
	require.NoError(t, err)
	byPointer, byInterface, above := &ring{}, &ring{}, &ring{}
	byPointer.Next, byInterface.Any, above.Up = byPointer, byInterface, above
	inMap := bson.M{}
	inMap["x"] = bson.A{inMap}
	var pointer loop
	pointer = &pointer
	doubled := bson.D{}
	for range 60 {
		doubled = bson.D{{Key: "a", Value: doubled}, {Key: "b", Value: doubled}}
	}
	for name, document := range map[string]any{
		"by a pointer": byPointer, "by an interface": byInterface, "in a map": inMap, "a pointer": pointer,
		"inside another": bson.D{{Key: "x", Value: ring{Next: byPointer}}}, "doubled": doubled,
	} {
		t.Run(name, func(t *testing.T) {
			_, err := s.Marshal(document)
			require.ErrorContains(t, err, "holds itself")
		})
	}

	// What the driver does not store may lead back.
	raw, err := s.Marshal(ring{Next: above, Any: ring{}})
	require.NoError(t, err)
	require.NoError(t, raw.Validate())
}

type nameable interface{ Name() string }

type member struct{ Group nameable }

func (m *member) Name() string { return "m" }

func TestWhatTheRegistryEncodesItselfMayLeadBack(t *testing.T) {
	r := bson.NewRegistry()
	r.RegisterTypeEncoder(reflect.TypeFor[nameable](), bson.ValueEncoderFunc(
		func(_ bson.EncodeContext, w bson.ValueWriter, v reflect.Value) error {
			return w.WriteString(v.Interface().(nameable).Name())
		}))
	m := &member{}
	m.Group = m
	s, err := relations.Encoding{Registry: r}.FromStructs(relations.Struct{Of: m, Collection: "members"})
	require.NoError(t, err)
	raw, err := s.Marshal(m)
	require.NoError(t, err)
	require.Equal(t, "m", raw.Lookup("group").StringValue())
}
