package relations_test

import (
	"reflect"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/relations"
)

func TestTagsDeclareRelations(t *testing.T) {
	t.Parallel()
	typ := typeOf(t, struct {
		_       struct{} `authz:"strict; peers has many T by tenant=tenant, boss.code=code; boss_of references T by boss.code=code"`
		Code    string   `authz:"key"`
		Tenant  string
		Alt     string   `authz:"alt_of references T by code, tenant=tenant where tenant='it''s', n=-5, x=2.5, ok=true near tenant='a;b,c'"`
		Codes   []string `authz:"many references T by code; more references T"`
		Mirror  []string `bson:"-" authz:"twins has one T by alt where ok=false"`
		Ignored string   `authz:""`
	}{})
	require.Equal(t, "code", typ.Key)
	require.Equal(t, []relations.Relation{
		{Name: "peers", Kind: relations.HasMany, Type: "T", Keys: []relations.KeyPair{{Local: "tenant", Foreign: "tenant"}, {Local: "boss.code", Foreign: "code"}}},
		{Name: "boss_of", Kind: relations.ReferencesOne, Type: "T", Keys: []relations.KeyPair{{Local: "boss.code", Foreign: "code"}}},
		{Name: "alt_of", Kind: relations.ReferencesOne, Type: "T", Keys: []relations.KeyPair{{Local: "alt", Foreign: "code"}, {Local: "tenant", Foreign: "tenant"}}, Where: []relations.Constant{
			{Field: "tenant", Value: "it's"}, {Field: "n", Value: -5}, {Field: "x", Value: 2.5}, {Field: "ok", Value: true}, {Near: true, Field: "tenant", Value: "a;b,c"},
		}},
		{Name: "many", Kind: relations.ReferencesMany, Type: "T", Keys: []relations.KeyPair{{Local: "codes", Foreign: "code"}}},
		{Name: "more", Kind: relations.ReferencesMany, Type: "T", Keys: []relations.KeyPair{{Local: "codes"}}},
		{Name: "twins", Kind: relations.HasOne, Type: "T", Keys: []relations.KeyPair{{Foreign: "alt"}}, Where: []relations.Constant{{Field: "ok", Value: false}}},
	}, typ.Relations)
	for _, f := range typ.Fields {
		require.True(t, f.Strict, f.Name)
	}
}

func TestStructsRefused(t *testing.T) {
	t.Parallel()
	type Loop struct {
		L *Loop `bson:",inline"`
	}
	type Image struct{ Height int } // not the other Image
	tests := map[string]struct {
		of   any
		want relations.SchemaError
	}{
		"nil":                         {nil, relations.SchemaError{Type: "T", Problem: "a <nil> is no struct"}},
		"no struct":                   {5, relations.SchemaError{Type: "T", Problem: "a int is no struct"}},
		"a function":                  {struct{ X func() }{}, relations.SchemaError{Type: "T", Field: "x", Problem: `a Go func() has no value type: tag the field with one, or with authz:"-"`}},
		"a regular expression":        {struct{ X bson.Regex }{}, relations.SchemaError{Type: "T", Field: "x", Problem: `a Go bson.Regex has no value type: tag the field with one, or with authz:"-"`}},
		"lists in a list":             {struct{ X [][]int }{}, relations.SchemaError{Type: "T", Field: "x", Problem: `a Go [][]int has no value type: tag the field with one, or with authz:"-"`}},
		"a value that encodes itself": {struct{ X encoded }{}, relations.SchemaError{Type: "T", Field: "x", Problem: `a Go relations_test.encoded has no value type: tag the field with one, or with authz:"-"`}},
		"two fields of one key": {struct {
			A, a, B string `bson:"x"`
		}{}, relations.SchemaError{Type: "T", Problem: `two fields of the struct have the key "x"`}},
		"a struct inlined in itself": {Loop{}, relations.SchemaError{Type: "T", Problem: "a Go relations_test.Loop is inlined in itself"}},
		"an inlined number": {struct {
			X int `bson:",inline"`
		}{}, relations.SchemaError{Type: "T", Problem: "a Go int cannot be inlined"}},
		"two Go structs of one name": {struct {
			A Cover
			B Image
		}{}, relations.SchemaError{Type: "Cover", Field: "image", Problem: `a Go relations_test.Image would be a second type "Image": declare it with a name of its own`}},
		"a field tag on no field": {struct {
			_ int `authz:"hex"`
		}{}, relations.SchemaError{Type: "T", Field: "_", Problem: "authz tag: speaks of a field, and the driver stores none here"}},
		"a field tag on a document": {struct {
			X Cover `authz:"strict"`
		}{}, relations.SchemaError{Type: "T", Field: "x", Problem: "authz tag: speaks of one value, and documents are embedded here"}},
		"constants on a field": {struct {
			X int `authz:"where y=1"`
		}{}, relations.SchemaError{Type: "T", Field: "x", Problem: "authz tag: constants belong to a relation"}},
		"two keys": {struct {
			X, Y int `authz:"key"`
		}{}, relations.SchemaError{Type: "T", Field: "y", Problem: "authz tag: the key of the type is x"}},
		"a reference on no field": {struct {
			_ int `authz:"r references T"`
		}{}, relations.SchemaError{Type: "T", Field: "r", Problem: "authz tag: stands on no field, so that the local key must be said: by local=foreign"}},
		"a reference on a document": {struct {
			X Cover `authz:"r references T"`
		}{}, relations.SchemaError{Type: "T", Field: "r", Problem: "authz tag: stands on no field, so that the local key must be said: by local=foreign"}},
	}
	for text, problem := range map[string]string{
		"text":                        `an unknown declaration "text"`,
		"omitempty":                   `an unknown declaration "omitempty"`,
		"hex; -":                      "- stands alone",
		"hex; uuid":                   `"uuid" is declared besides another of its kind`,
		"any; string":                 `"string" is declared besides another of its kind`,
		"key;key":                     `"key" is declared besides another of its kind`,
		"hex;":                        "found the end instead of a declaration",
		";":                           `found ";" instead of a declaration`,
		"hex strict":                  `found "strict" instead of references, has or through`,
		"=":                           `found "=" instead of a declaration`,
		"'secret'":                    "found a quoted text instead of a declaration",
		"'where'":                     "found a quoted text where the declaration could end",
		"r references":                "found the end instead of a type",
		"r references T by":           "found the end instead of a field",
		"r references T by a=":        "found the end instead of a field",
		"r references T by a,":        "found the end instead of a field",
		"r references T T":            `found "T" where the declaration could end`,
		"r references T where":        "found the end instead of a field",
		"r references T where a":      "found the end instead of =",
		"r references T where a=":     "found the end instead of a value",
		"r references T where a=b":    "a value that is no number, true or false: texts stand in single quotes",
		"r references T where a=NaN":  "a value that is no number, true or false: texts stand in single quotes",
		"r references T where a=-inf": "a value that is no number, true or false: texts stand in single quotes",
		"r references T where a='b":   "a quoted text without end",
		"r references T where a=;":    `found ";" instead of a value`,
		"r has T by x":                `found "T" instead of one or many`,
		"r has many":                  "found the end instead of a type",
		"r has many T":                "found the end instead of by and the keys",
		"r has many T by":             "found the end instead of a field",
		"r through":                   "found the end instead of a relation",
		"r through a,":                "found the end instead of a relation",
		"r embeds T":                  `found "embeds" instead of references, has or through`,
	} {
		of := reflect.New(reflect.StructOf([]reflect.StructField{{Name: "X", Type: reflect.TypeFor[string](), Tag: authzTag(text)}})).Interface()
		tests["the tag "+text] = struct {
			of   any
			want relations.SchemaError
		}{of, relations.SchemaError{Type: "T", Field: "x", Problem: "authz tag: " + problem}}
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			types, err := relations.TypesOf(relations.Struct{Of: test.of, Name: "T"})
			require.Nil(t, types)
			require.Equal(t, []relations.SchemaError{test.want}, problems(t, err))

			s, err := relations.FromStructs(relations.Struct{Of: test.of, Name: "T"})
			require.Nil(t, s)
			require.ErrorIs(t, err, relations.ErrSchema)
		})
	}
}

func authzTag(text string) reflect.StructTag {
	return reflect.StructTag("authz:" + strconv.Quote(text))
}
