package relations_test

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/relations"
)

func TestJSONTagsNameTheFieldsWhereTheClientUsesThem(t *testing.T) {
	t.Parallel()
	type base struct {
		Note string `json:"note,omitempty"`
	}
	type memo struct {
		ID        string    `bson:"_id" json:"id"`
		DeletedAt time.Time `json:"deleted_at"`
		Draft     bool      `json:",omitempty"`
		Secret    string    `json:"-"`
		Both      string    `bson:"bson_name" json:"json_name,omitempty"`
		Base      base      `json:",inline"`
	}
	names := func(e relations.Encoding) map[string]bool {
		types, err := e.TypesOf(relations.Struct{Of: memo{}, Name: "T", Collection: "t"})
		require.NoError(t, err)
		omitted := map[string]bool{}
		for _, f := range types[0].Fields {
			omitted[f.Name] = f.OmitEmpty || f.AbsentZero != nil
		}
		for _, r := range types[0].Relations {
			omitted[r.Name+"."] = false
		}
		return omitted
	}
	require.Equal(t, map[string]bool{
		"_id": false, "deleted_at": false, "draft": true, "bson_name": false, "note": true,
	}, names(relations.Encoding{UseJSONStructTags: true}))
	require.Equal(t, map[string]bool{
		"_id": false, "deletedat": false, "draft": false, "secret": false, "bson_name": false, "base.": false,
	}, names(relations.Encoding{}))
}

func TestWhatIsLeftOutIsDeclared(t *testing.T) {
	t.Parallel()
	type part struct{ X int }
	no := value(t, false)
	for name, c := range map[string]struct {
		of   any // a struct with a field X
		e    relations.Encoding
		want relations.Field
	}{
		"bool": {struct{ X bool }{}, relations.Encoding{}, relations.Field{}},
		"bool, omitempty": {struct {
			X bool `bson:",omitempty"`
		}{}, relations.Encoding{}, relations.Field{AbsentZero: no}},
		"named bool, omitempty": {struct {
			X flag `bson:",omitempty"`
		}{}, relations.Encoding{}, relations.Field{AbsentZero: no}},
		"bool, OmitEmpty": {struct{ X bool }{}, relations.Encoding{OmitEmpty: true}, relations.Field{AbsentZero: no}},
		"pointer to a bool": {struct {
			X *bool `bson:",omitempty"`
		}{}, relations.Encoding{}, relations.Field{}},
		"bool with an IsZero": {struct {
			X asked `bson:",omitempty"`
		}{}, relations.Encoding{}, relations.Field{OmitEmpty: true}},
		"bool in an interface": {struct {
			X any `bson:",omitempty"`
		}{}, relations.Encoding{}, relations.Field{}},
		"bool in an interface with methods": {struct {
			X fmt.Stringer `bson:",omitempty"`
		}{}, relations.Encoding{}, relations.Field{OmitEmpty: true}},
		"number, omitempty": {struct {
			X int `bson:",omitempty"`
		}{}, relations.Encoding{}, relations.Field{OmitEmpty: true}},
		"number, absent zero": {struct {
			X int8 `bson:",omitempty" authz:"absent zero"`
		}{}, relations.Encoding{}, relations.Field{AbsentZero: value(t, int32(0))}},
		"text, absent zero without omitempty": {struct {
			X string `authz:"absent zero"`
		}{}, relations.Encoding{}, relations.Field{AbsentZero: value(t, "")}},
		"bool, required": {struct {
			X bool `authz:"required"`
		}{}, relations.Encoding{}, relations.Field{Required: true}},
		"time, omitempty": {struct {
			X time.Time `bson:",omitempty"`
		}{}, relations.Encoding{}, relations.Field{OmitEmpty: true}},
		"array of bytes, omitempty": {struct {
			X [4]byte `bson:",omitempty"`
		}{}, relations.Encoding{}, relations.Field{}},
		"list":                  {struct{ X []int }{}, relations.Encoding{}, relations.Field{}},
		"list, NilSliceAsEmpty": {struct{ X []int }{}, relations.Encoding{NilSliceAsEmpty: true}, relations.Field{}},
		"list, OmitEmpty":       {struct{ X []int }{}, relations.Encoding{OmitEmpty: true}, relations.Field{AbsentEmpty: true}},
		"list, absent empty": {struct {
			X []int `authz:"absent empty"`
		}{}, relations.Encoding{}, relations.Field{AbsentEmpty: true}},
		"pointer to a list, OmitEmpty": {struct{ X *[]int }{}, relations.Encoding{OmitEmpty: true}, relations.Field{AbsentEmpty: true}},
		"struct as a whole, omitempty": {struct {
			X part `bson:",omitempty" authz:"document"`
		}{}, relations.Encoding{}, relations.Field{}},
		"struct as a whole, OmitZeroStruct": {struct {
			X part `bson:",omitempty" authz:"document"`
		}{}, relations.Encoding{OmitZeroStruct: true}, relations.Field{OmitEmpty: true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			types, err := c.e.TypesOf(relations.Struct{Of: c.of, Name: "T", Collection: "t"})
			require.NoError(t, err)
			got := types[0].Fields[0]
			require.Equal(t, c.want, relations.Field{
				AbsentEmpty: got.AbsentEmpty, AbsentZero: got.AbsentZero, OmitEmpty: got.OmitEmpty, Required: got.Required,
			})
			_, err = c.e.New(types...)
			require.NoError(t, err)
		})
	}
}

func TestABoolThatIsAKeyIsReadAsStored(t *testing.T) {
	t.Parallel()
	type other struct {
		ID bool `bson:"_id"`
		On bool `bson:",omitempty"`
	}
	type kept struct {
		ID    bool `bson:"_id,omitempty"`
		Local bool `bson:",omitempty" authz:"other references Other"`
		Our   bool `bson:",omitempty" authz:"others has many Other by on"`
		Free  bool `bson:",omitempty"`
	}
	s, err := relations.FromStructs(
		relations.Struct{Of: kept{}, Name: "T", Collection: "t"}, relations.Struct{Of: other{}, Name: "Other", Collection: "o"})
	require.NoError(t, err)
	derived := map[string]bool{}
	for typ := range s.Types() {
		for _, f := range typ.Fields {
			derived[typ.Name+"."+f.Name] = f.AbsentZero != nil
		}
	}
	require.Equal(t, map[string]bool{
		"T._id": false, "T.local": false, "T.our": false, "T.free": true, "Other._id": false, "Other.on": false,
	}, derived)
}

func TestTagsAreRefusedWithAReason(t *testing.T) {
	t.Parallel()
	type part struct{ X int }
	for problem, of := range map[string]any{
		"absent zero: it is for one value, and the field is a list: tag it absent empty": struct {
			X []int `authz:"absent zero"`
		}{},
		"absent zero: a Go *int that is nil holds no value, not its zero value: hold it by value": struct {
			X *int `authz:"absent zero"`
		}{},
		"absent zero: a Go interface {} that is nil holds no value, not its zero value: hold it by value": struct {
			X any `authz:"absent zero"`
		}{},
		"absent zero: a Go relations_test.asked has an IsZero, which the driver asks what to leave out, so that a " +
			"missing field may be another value than the zero one: leave out omitempty, or the method": struct {
			X asked `bson:",omitempty" authz:"absent zero"`
		}{},
		"absent empty is for lists: a value can be absent zero": struct {
			X int `authz:"absent empty"`
		}{},
		"a key is one value, and a document is embedded here: tag it document, too, to compare it as a whole": struct {
			X part `authz:"key"`
		}{},
		"speaks of one value, and documents are embedded here": struct {
			X part `authz:"absent empty"`
		}{},
		"speaks of a field, and the driver stores none here": struct {
			X int `bson:"-" authz:"required"`
		}{},
	} {
		_, err := relations.TypesOf(relations.Struct{Of: of, Name: "T"})
		require.Len(t, problems(t, err), 1)
		require.Equal(t, "authz tag: "+problem, problems(t, err)[0].Problem)
	}
	_, err := relations.TypesOf(relations.Struct{Name: "T", Of: struct{ X fussy }{}})
	require.Equal(t, []relations.SchemaError{{Type: "T", Field: "x", Problem: `a Go relations_test.fussy is stored ` +
		`as Number or String: tag the field with one, or with authz:"-"`}}, problems(t, err))
	_, err = relations.FromStructs(relations.Struct{Name: "T", Collection: "t", Of: struct {
		ID int `bson:"_id,omitempty" authz:"absent zero"`
	}{}})
	require.Equal(t, []relations.SchemaError{{Type: "T", Field: "_id",
		Problem: "absent means zero: the field is a key, and keys are read as stored"}}, problems(t, err))
	_, err = relations.Encoding{ErrorOnInlineDuplicates: true}.TypesOf(relations.Struct{Name: "T", Of: deeper{}})
	require.Equal(t, []relations.SchemaError{{Type: "T", Problem: `two fields of the struct have the key "note"`}}, problems(t, err))
}

func TestTagsDeclareRequiredAndComplete(t *testing.T) {
	t.Parallel()
	typ := typeOf(t, struct {
		_     struct{} `authz:"profile has one T by owner where kind='a' required"`
		Owner string   `authz:"required; strict; boss references T by owner complete; required references T"`
		Kind  string
	}{})
	require.True(t, typ.Fields[0].Required)
	require.True(t, typ.Fields[0].Strict)
	require.Equal(t, []relations.Relation{
		{Name: "profile", Kind: relations.HasOne, Type: "T", Keys: []relations.KeyPair{{Foreign: "owner"}},
			Where: []relations.Constant{{Field: "kind", Value: "a"}}, Required: true},
		{Name: "boss", Kind: relations.ReferencesOne, Type: "T", Keys: []relations.KeyPair{{Local: "owner", Foreign: "owner"}}, Complete: true},
		{Name: "required", Kind: relations.ReferencesOne, Type: "T", Keys: []relations.KeyPair{{Local: "owner"}}},
	}, typ.Relations)
}

var goTime = reflect.TypeFor[time.Time]()

type compound struct {
	Tenant string
	N      int
}

func TestAKeyThatIsADocument(t *testing.T) {
	t.Parallel()
	type whole struct {
		ID     compound `bson:"_id" authz:"document"`
		Parent compound `authz:"document; over references Whole"`
	}
	type parts struct {
		ID compound `bson:"_id"`
	}
	type child struct {
		ID     string   `bson:"_id"`
		Parent compound `authz:"document; over references Parts"`
	}
	of := func(structs ...relations.Struct) (*relations.Schema, error) { return relations.FromStructs(structs...) }
	s, err := of(relations.Struct{Of: whole{}, Name: "Whole", Collection: "w"})
	require.NoError(t, err)
	typ, _ := s.Type("Whole")
	require.Equal(t, relations.Document, typ.Fields[0].Type)

	s, err = of(relations.Struct{Of: parts{}, Name: "Parts", Collection: "p"})
	require.NoError(t, err, "nobody refers to it")
	typ, _ = s.Type("Parts")
	_, ok := s.Field(typ, "_id.tenant")
	require.True(t, ok)

	_, err = of(relations.Struct{Of: parts{}, Name: "Parts", Collection: "p"}, relations.Struct{Of: child{}, Name: "Child", Collection: "c"})
	require.Equal(t, []relations.SchemaError{{Type: "Child", Field: "over", Problem: `key "_id" is not a declared field of Parts, ` +
		"but an embedded document: to join by it as a whole, declare a Document field (tag the struct document); " +
		"to join by what it holds, name a field of it"}}, problems(t, err))

	_, err = relations.New(relations.Type{Name: "A", Collection: "a"}, relations.Type{Name: "B", Collection: "b",
		Fields:    []relations.Field{{Name: "a_id", Type: relations.String}},
		Relations: []relations.Relation{{Name: "a", Kind: relations.ReferencesOne, Type: "A", Keys: []relations.KeyPair{{Local: "a_id"}}}}})
	require.Equal(t, []relations.SchemaError{{Type: "B", Field: "a", Problem: `key "_id" is not a declared field of A`}}, problems(t, err))
}

func TestHandDeclaredFieldsAreValidated(t *testing.T) {
	t.Parallel()
	for problem, f := range map[string]relations.Field{
		"OmitEmpty says that nothing is declared for its zero value, and AbsentZero is": {Name: "x", Type: relations.Bool, AbsentZero: false, OmitEmpty: true},
		"a subtype is for Binary, and the field is declared as Bool":                    {Name: "x", Type: relations.Bool, Subtype: new(byte)},
		"a Go type is for fields with a conversion":                                     {Name: "x", Type: relations.String, Go: goTime},
		"a Go time.Time is stored as a BSON UTC datetime, and the field is declared as String": {
			Name: "x", Type: relations.String, Go: goTime, Convert: relations.FromRFC3339},
		"no time.Time can be made of the text": {Name: "x", Type: relations.ObjectID, Go: goTime, Convert: relations.FromHex},
	} {
		_, err := relations.New(relations.Type{Name: "T", Fields: []relations.Field{f}})
		require.Equal(t, []relations.SchemaError{{Type: "T", Field: "x", Problem: problem}}, problems(t, err))
	}
	s := mustNew(t, relations.Type{Name: "T", Fields: []relations.Field{
		{Name: "a", Type: relations.Binary, Convert: relations.FromUUID}, {Name: "b", Type: relations.Number, OmitEmpty: true}}})
	typ, _ := s.Type("T")
	require.Equal(t, byte(bson.TypeBinaryUUID), *typ.Fields[0].Subtype)
	require.True(t, typ.Fields[1].OmitEmpty)
}

// hidden is stored as its opposite, if it has an address.
type hidden bool

func (h *hidden) MarshalBSONValue() (byte, []byte, error) {
	t, b, err := bson.MarshalValue(!bool(*h))
	return byte(t), b, err
}

func TestAZeroThatIsEncodedInTwoWaysIsNotWhatAMissingFieldIs(t *testing.T) {
	type note struct {
		Hidden hidden `bson:",omitempty"`
	}
	types, err := relations.TypesOf(relations.Struct{Of: note{}, Collection: "notes"})
	require.NoError(t, err)
	require.Nil(t, types[0].Fields[0].AbsentZero)
	require.True(t, types[0].Fields[0].OmitEmpty)

	type asked struct {
		Hidden hidden `bson:",omitempty" authz:"absent zero"`
	}
	_, err = relations.TypesOf(relations.Struct{Of: asked{}, Collection: "notes"})
	require.ErrorContains(t, err, "encoded in two ways")
}
