package relations_test

import (
	"encoding/json"
	"net/url"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

type publisherDoc struct {
	ID   bson.ObjectID `bson:"_id" authz:"hex; books has many Book by publisher_id"`
	Name string
	_    struct{} `authz:"authors through books, authors"`
}

type bookDoc struct {
	ID          bson.ObjectID `bson:"_id" authz:"hex; grants has many Grant by resource_id where resource_type='book' near public=false"`
	Title       string
	Subtitle    *string `bson:"subtitle,omitempty"`
	Pages       int
	Public      bool
	Printed     time.Time `authz:"rfc3339"`
	ISBN        [16]byte  `authz:"uuid"`
	Version     bson.Timestamp
	Size        bson.D
	Extra       any
	Tags        []string `bson:",omitempty"`
	Sizes       []bson.Raw
	PublisherID bson.ObjectID `bson:"publisher_id" authz:"hex; publisher references Publisher"`
	AuthorIDs   []string      `bson:"author_ids" authz:"authors references Person"`
	EditorID    string        `bson:"editor_id" authz:"editor references Person"`
	Cover       *Cover
	Chapters    []Chapter `bson:"chapters,omitempty" authz:"chapter_authors through chapters, author; chapter_images through chapters, image"`
}

type personDoc struct {
	ID      string        `bson:"_id"`
	Tenant  bson.ObjectID `authz:"hex"`
	Deleted bool
	BossID  string `bson:"boss_id" authz:"boss references Person"`
}

type Grant struct {
	ID           bson.ObjectID `bson:"_id"`
	ResourceType string        `bson:"resource_type"`
	ResourceID   bson.ObjectID `bson:"resource_id"`
	PersonID     string        `bson:"person_id"`
}

type Cover struct {
	Color string
	Image Image
}

type Image struct{ Width float64 }

type Chapter struct {
	Title    string
	AuthorID string `bson:"author_id" authz:"author references Person"`
	Image    Image
}

func TestStructsAndHandGiveEqualSchemas(t *testing.T) {
	t.Parallel()
	s, err := relations.FromStructs(
		relations.Struct{Of: bookDoc{}, Name: "Book", Collection: "books"},
		relations.Struct{Of: (*publisherDoc)(nil), Name: "Publisher", Collection: "publishers"},
		relations.Struct{Of: personDoc{}, Name: "Person", Collection: "people"},
		relations.Struct{Of: Grant{}, Collection: "grants"},
	)
	require.NoError(t, err)
	hand := library()
	for _, typ := range hand {
		for i := range typ.Fields {
			if f := &typ.Fields[i]; f.Name == "isbn" { // the driver stores a Go [16]byte as the generic subtype
				f.Subtype = new(bson.TypeBinaryGeneric)
			}
		}
	}
	requireEqual(t, mustNew(t, hand...), s)
}

// requireEqual requires that two schemas declare the same.
func requireEqual(t *testing.T, want, got *relations.Schema) {
	t.Helper()
	withoutGo := func(s *relations.Schema) (types []relations.Type) {
		for typ := range s.Types() {
			types = append(types, *typ)
		}
		return declared(types)
	}
	require.Equal(t, withoutGo(want), withoutGo(got))
	require.True(t, want.Equal(got))
}

// declared returns types without the structs that they were read from.
func declared(types []relations.Type) []relations.Type {
	types = slices.Clone(types)
	for i := range types {
		types[i].Go = nil
	}
	return types
}

// typeOf returns the type declared by a struct of its own, as TypesOf gives it.
func typeOf(t *testing.T, of any) relations.Type {
	t.Helper()
	types, err := relations.TypesOf(relations.Struct{Of: of, Name: "T", Collection: "t"})
	require.NoError(t, err)
	return types[0]
}

type (
	text    string
	bits    []byte
	pairs   []bson.E
	encoded struct{}
	whole   struct{}
	base    struct {
		ID      string `bson:"_id"`
		Created time.Time
		Note    string
	}
	deeper struct {
		base `bson:",inline"` // not exported, so the driver leaves it out
		Base base             `bson:",inline"`
		Note int
	}
)

func (encoded) MarshalBSONValue() (byte, []byte, error) { return byte(bson.TypeNull), nil, nil }
func (*whole) MarshalBSON() ([]byte, error)             { return []byte{5, 0, 0, 0, 0}, nil }

var bsonTypes = map[relations.ValueType][]bson.Type{
	relations.String: {bson.TypeString}, relations.Bool: {bson.TypeBoolean}, relations.Date: {bson.TypeDateTime}, relations.ObjectID: {bson.TypeObjectID},
	relations.Number: {bson.TypeInt32, bson.TypeInt64, bson.TypeDouble, bson.TypeDecimal128}, relations.Binary: {bson.TypeBinary},
	relations.Timestamp: {bson.TypeTimestamp}, relations.Document: {bson.TypeEmbeddedDocument},
}

func TestGoTypesGiveValueTypes(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		of   any // a struct with one field X
		want relations.Field
	}{
		{struct{ X string }{}, relations.Field{Type: relations.String}},
		{struct{ X text }{}, relations.Field{Type: relations.String}},
		{struct{ X **string }{}, relations.Field{Type: relations.String}},
		{struct{ X url.URL }{}, relations.Field{Type: relations.String}},
		{struct{ X bool }{}, relations.Field{Type: relations.Bool}},
		{struct{ X int8 }{}, relations.Field{Type: relations.Number}},
		{struct{ X uint64 }{}, relations.Field{Type: relations.Number}},
		{struct{ X float32 }{}, relations.Field{Type: relations.Number}},
		{struct{ X bson.Decimal128 }{}, relations.Field{Type: relations.Number}},
		{struct{ X json.Number }{}, relations.Field{Type: relations.Number}},
		{struct{ X time.Duration }{}, relations.Field{Type: relations.Number}},
		{struct{ X time.Time }{}, relations.Field{Type: relations.Date}},
		{struct{ X *time.Time }{}, relations.Field{Type: relations.Date}},
		{struct{ X bson.DateTime }{}, relations.Field{Type: relations.Date}},
		{struct{ X bson.ObjectID }{}, relations.Field{Type: relations.ObjectID}},
		{struct{ X bson.Binary }{}, relations.Field{Type: relations.Binary}},
		{struct{ X []byte }{}, relations.Field{Type: relations.Binary, Subtype: new(byte)}},
		{struct{ X bits }{}, relations.Field{Type: relations.Binary, Subtype: new(byte)}},
		{struct{ X [16]byte }{}, relations.Field{Type: relations.Binary, Subtype: new(byte)}},
		{struct{ X bson.Timestamp }{}, relations.Field{Type: relations.Timestamp}},
		{struct{ X any }{}, relations.Field{Type: relations.AnyType}},
		{struct{ X error }{}, relations.Field{Type: relations.AnyType}},
		{struct{ X bson.RawValue }{}, relations.Field{Type: relations.AnyType}},
		{struct{ X bson.D }{}, relations.Field{Type: relations.Document}},
		{struct{ X pairs }{}, relations.Field{Type: relations.Document}},
		{struct{ X [2]bson.E }{}, relations.Field{Type: relations.Document}},
		{struct{ X bson.M }{}, relations.Field{Type: relations.Document}},
		{struct{ X bson.Raw }{}, relations.Field{Type: relations.Document}},
		{struct{ X whole }{}, relations.Field{Type: relations.Document}},
		{struct {
			X Image `authz:"document"`
		}{}, relations.Field{Type: relations.Document}},
		{struct {
			X []Image `authz:"document"`
		}{}, relations.Field{Type: relations.Document, List: true}},
		{struct {
			X encoded `authz:"string"`
		}{}, relations.Field{Type: relations.String}},
		{struct {
			X string `authz:"any; strict"`
		}{}, relations.Field{Type: relations.AnyType, Strict: true}},
		{struct {
			X [][]float64 `authz:"any"`
		}{}, relations.Field{Type: relations.AnyType, List: true}},
		{struct{ X []string }{}, relations.Field{Type: relations.String, List: true}},
		{struct{ X [3]int }{}, relations.Field{Type: relations.Number, List: true}},
		{struct{ X *[]*string }{}, relations.Field{Type: relations.String, List: true}},
		{struct{ X [][]byte }{}, relations.Field{Type: relations.Binary, Subtype: new(byte), List: true}},
		{struct{ X []bson.ObjectID }{}, relations.Field{Type: relations.ObjectID, List: true}},
		{struct{ X []any }{}, relations.Field{Type: relations.AnyType, List: true}},
		{struct{ X bson.A }{}, relations.Field{Type: relations.AnyType, List: true}},
		{struct{ X []bson.M }{}, relations.Field{Type: relations.Document, List: true}},
		{struct {
			X []string `bson:",omitempty"`
		}{}, relations.Field{Type: relations.String, List: true, AbsentEmpty: true}},
		{struct {
			X *[]string `bson:",omitempty"`
		}{}, relations.Field{Type: relations.String, List: true, AbsentEmpty: true}},
		{struct {
			X string `bson:",omitempty"`
		}{}, relations.Field{Type: relations.String, OmitEmpty: true}},
		{struct {
			X []byte `bson:",omitempty"`
		}{}, relations.Field{Type: relations.Binary, OmitEmpty: true, Subtype: new(byte)}},
	} {
		of := reflect.TypeOf(test.of).Field(0)
		t.Run(of.Type.String()+" "+string(of.Tag), func(t *testing.T) {
			t.Parallel()
			test.want.Name = "x"
			require.Equal(t, []relations.Field{test.want}, typeOf(t, test.of).Fields)

			if stored, err := bson.Marshal(test.of); err == nil { // an empty Raw cannot be stored
				value, err := bson.Raw(stored).LookupErr("x")
				if err == nil && value.Type != bson.TypeNull && test.want.Type != relations.AnyType && of.Tag == "" {
					want := bsonTypes[test.want.Type]
					if test.want.List {
						want = []bson.Type{bson.TypeArray}
					}
					require.Contains(t, want, value.Type, "what the driver stores")
				}
			}
		})
	}
}

func TestBSONTagsNameTheFields(t *testing.T) {
	t.Parallel()
	names := func(of any) (names []string) {
		typ := typeOf(t, of)
		defer func() { requireKeys(t, of, names) }()
		for _, f := range typ.Fields {
			names = append(names, f.Name)
		}
		for _, r := range typ.Relations {
			names = append(names, r.Name)
		}
		return names
	}
	require.Equal(t, []string{"mixedcase", "named", "bare"}, names(reflect.Zero(reflect.StructOf([]reflect.StructField{
		{Name: "MixedCase", Type: reflect.TypeFor[string]()},
		{Name: "Other", Type: reflect.TypeFor[string](), Tag: `bson:"named,minsize"`},
		{Name: "Bare", Type: reflect.TypeFor[string](), Tag: `bare`},
		{Name: "Skipped", Type: reflect.TypeFor[string](), Tag: `bson:"-"`},
		{Name: "hidden", Type: reflect.TypeFor[string](), PkgPath: "relations_test"},
	})).Interface()))
	require.Equal(t, []string{"_id", "created", "note"}, names(deeper{}), "inlined, the less deep one wins, as with the driver")
	require.Equal(t, relations.Number, typeOf(t, deeper{}).Fields[2].Type)
	require.Equal(t, []string{"x"}, names(struct {
		X    int
		Rest map[string]any `bson:",inline"`
	}{}))
	require.Equal(t, []string{"cover"}, names(struct{ Cover }{}), "embedded in Go, but not inlined")
}

// requireKeys requires that the driver stores the keys.
func requireKeys(t *testing.T, of any, keys []string) {
	t.Helper()
	stored, err := bson.Marshal(of)
	require.NoError(t, err)
	elements, err := bson.Raw(stored).Elements()
	require.NoError(t, err)
	var got []string
	for _, e := range elements {
		got = append(got, e.Key())
	}
	require.ElementsMatch(t, got, keys)
}

func TestAFieldTaggedDashIsNotDeclared(t *testing.T) {
	t.Parallel()
	require.Equal(t, []relations.Field{{Name: "x", Type: relations.Number}}, typeOf(t, struct {
		X     int
		Y     chan int `authz:"-"`
		*base `bson:",inline" authz:"-"`
		Base  *base `bson:",inline" authz:"-"`
	}{}).Fields)
}

func TestEmbeddedStructsGiveTypes(t *testing.T) {
	t.Parallel()
	type Node struct {
		Children []*Node `bson:"children,omitempty"`
		Box      struct{ Width int }
		Cover    Cover `authz:"where color='red'"`
	}
	types, err := relations.TypesOf(relations.Struct{Of: Node{}}, relations.Struct{Of: Cover{}, Name: "Jacket"})
	require.NoError(t, err)
	require.Equal(t, []relations.Type{
		{Name: "Node", Relations: []relations.Relation{
			{Name: "children", Kind: relations.EmbedsMany, Type: "Node", AbsentEmpty: true},
			{Name: "box", Kind: relations.EmbedsOne, Type: "NodeBox"},
			{Name: "cover", Kind: relations.EmbedsOne, Type: "Jacket", Where: []relations.Constant{{Field: "color", Value: "red"}}},
		}},
		{Name: "Jacket", Fields: []relations.Field{{Name: "color", Type: relations.String}}, Relations: []relations.Relation{{Name: "image", Kind: relations.EmbedsOne, Type: "Image"}}},
		{Name: "NodeBox", Fields: []relations.Field{{Name: "width", Type: relations.Number}}},
		{Name: "Image", Fields: []relations.Field{{Name: "width", Type: relations.Number}}},
	}, declared(types))
}

func TestStructsReportEveryProblem(t *testing.T) {
	t.Parallel()
	type Pet struct{ Name string }
	_, err := relations.TypesOf(
		relations.Struct{Name: "Nothing"},
		relations.Struct{Of: Pet{}, Name: "Cat"},
		relations.Struct{Of: Pet{}, Name: "Dog"},
		relations.Struct{Name: "Owner", Of: struct {
			Pet Pet
			X   chan int
			Y   int `authz:"hey; hex"`
		}{}},
	)
	require.Equal(t, []relations.SchemaError{
		{Type: "Nothing", Problem: "a <nil> is no struct"},
		{Type: "Owner", Field: "pet", Problem: "a Go relations_test.Pet is declared as several types: Cat, Dog"},
		{Type: "Owner", Field: "x", Problem: `a Go chan int has no value type: tag the field with one, or with authz:"-"`},
		{Type: "Owner", Field: "y", Problem: `authz tag: an unknown declaration "hey"`},
	}, problems(t, err))
}

func TestOneStructMayBeSeveralTypes(t *testing.T) {
	t.Parallel()
	type Pet struct {
		ID   string `bson:"_id"`
		Kind string
	}
	fields := []relations.Field{{Name: "_id", Type: relations.String}, {Name: "kind", Type: relations.String}}
	scope := func(kind string) []filter.Condition { return []filter.Condition{filter.F("kind").Eq(kind)} }
	s, err := relations.FromStructs(
		relations.Struct{Of: Pet{}, Name: "Cat", Collection: "pets", Scope: scope("cat")},
		relations.Struct{Of: Pet{}, Name: "Dog", Collection: "pets", Scope: scope("dog"), Key: "kind"},
	)
	require.NoError(t, err)
	requireEqual(t, mustNew(t,
		relations.Type{Name: "Cat", Collection: "pets", Fields: fields, Scope: scope("cat")},
		relations.Type{Name: "Dog", Collection: "pets", Fields: fields, Scope: scope("dog"), Key: "kind"},
	), s)
}

// endless is a pointer to a pointer, and so on.
type endless *endless

func TestAPointerToItselfIsNoValue(t *testing.T) {
	type book struct{ Next endless }
	_, err := relations.TypesOf(relations.Struct{Of: book{}, Collection: "books"})
	require.ErrorContains(t, err, "has no value type")

	_, err = relations.TypesOf(relations.Struct{Of: endless(nil), Collection: "books"})
	require.ErrorContains(t, err, "is no struct")
}
