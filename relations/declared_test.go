package relations_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

func TestNewRefusesDeclarationsThatCannotHold(t *testing.T) {
	t.Parallel()
	person := relations.Type{Name: "Person", Collection: "people", Fields: []relations.Field{{Name: "_id", Type: relations.String}}}
	book := func(fields []relations.Field, rs ...relations.Relation) []relations.Type {
		fields = append([]relations.Field{{Name: "_id", Type: relations.String}, {Name: "author", Type: relations.String}}, fields...)
		return []relations.Type{person, {Name: "Book", Collection: "books", Fields: fields, Relations: rs}}
	}
	field := func(f relations.Field) []relations.Type { return book([]relations.Field{f}) }
	keys := []relations.KeyPair{{Local: "author", Foreign: "_id"}}
	for name, test := range map[string]struct {
		types          []relations.Type
		field, problem string
	}{
		"absent means zero of a list":     {field(relations.Field{Name: "x", Type: relations.Number, List: true, AbsentZero: 0}), "x", "absent means zero: it is for one value, and the field is a list: declare absent means empty"},
		"absent means zero of a date":     {field(relations.Field{Name: "x", Type: relations.Date, AbsentZero: bson.DateTime(0)}), "x", "absent means zero: it is for numbers, strings and bools, and the field is declared as Date"},
		"absent means zero of any":        {field(relations.Field{Name: "x", Type: relations.AnyType, AbsentZero: 0}), "x", "absent means zero: it is for numbers, strings and bools, and the field is declared as AnyType"},
		"absent means zero of the key":    {[]relations.Type{{Name: "Book", Collection: "books", Key: "code", Fields: []relations.Field{{Name: "code", Type: relations.String, AbsentZero: ""}}}}, "code", "absent means zero: the field is a key, and keys are read as stored"},
		"absent means another type":       {field(relations.Field{Name: "x", Type: relations.Bool, AbsentZero: 0}), "x", "absent means zero: the value is a BSON 32-bit integer, and the field is declared as Bool"},
		"absent means an operand":         {field(relations.Field{Name: "x", Type: relations.Bool, AbsentZero: filter.Param("p")}), "x", "absent means zero: a filter.Param is no value to compare with"},
		"a local key that may be missing": {book([]relations.Field{{Name: "x", Type: relations.String, AbsentZero: ""}}, relations.Relation{Name: "r", Kind: relations.ReferencesOne, Type: "Person", Keys: []relations.KeyPair{{Local: "x"}}}), "r", `key "x" is declared as absent means zero, and keys are read as stored`},
		"a foreign key that may be missing": {book([]relations.Field{{Name: "x", Type: relations.String, AbsentZero: ""}}, relations.Relation{Name: "r", Kind: relations.HasMany, Type: "Book", Keys: []relations.KeyPair{{Foreign: "x"}}}), "r",
			`key "x" of Book is declared as absent means zero, and keys are read as stored`},
		"a required reference": {book(nil, relations.Relation{Name: "r", Kind: relations.ReferencesOne, Type: "Person", Keys: keys, Required: true}), "r", "required is for HasOne: it says that there is a row"},
		"required rows":        {book(nil, relations.Relation{Name: "r", Kind: relations.HasMany, Type: "Book", Keys: []relations.KeyPair{{Foreign: "author"}}, Required: true}), "r", "required is for HasOne: it says that there is a row"},
		"complete rows":        {book(nil, relations.Relation{Name: "r", Kind: relations.HasOne, Type: "Book", Keys: []relations.KeyPair{{Foreign: "author"}}, Complete: true}), "r", "complete is for ReferencesOne and ReferencesMany: it says that no key dangles"},
		"a complete embedded document": {[]relations.Type{{Name: "Box"}, {Name: "Book", Collection: "books", Fields: []relations.Field{{Name: "_id", Type: relations.String}}, Relations: []relations.Relation{{Name: "r", Kind: relations.EmbedsOne, Type: "Box", Complete: true}}}}, "r",
			"complete is for ReferencesOne and ReferencesMany: it says that no key dangles"},
		"a scope with a Surely": {[]relations.Type{{Name: "Book", Collection: "books", Fields: []relations.Field{{Name: "_id", Type: relations.String}},
			Scope: []filter.Condition{filter.None(filter.Where(filter.Surely(filter.Where(filter.F("_id").Eq("x")))))}}}, "",
			"scope, condition 1, clause 1, condition 1: a scope holds no Surely: say by IsNull what holds where a field is missing"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := relations.New(test.types...)
			require.Nil(t, s)
			require.Equal(t, []relations.SchemaError{{Type: "Book", Field: test.field, Problem: test.problem}}, problems(t, err))
		})
	}
}

func TestWhatIsMissingBecomesBSON(t *testing.T) {
	t.Parallel()
	zero := func(f relations.Field) relations.Field {
		s := mustNew(t, relations.Type{Name: "Book", Collection: "books", Fields: []relations.Field{{Name: "_id", Type: relations.String}, f}})
		book, _ := s.Type("Book")
		ref, ok := s.Field(book, f.Name)
		require.True(t, ok)
		return *ref.Field
	}
	for want, f := range map[any]relations.Field{
		false:  {Name: "x", Type: relations.Bool, AbsentZero: false},
		"open": {Name: "x", Type: relations.String, AbsentZero: "open"},
		1.5:    {Name: "x", Type: relations.Number, AbsentZero: 1.5, Strict: true},
	} {
		require.Equal(t, value(t, want), zero(f).AbsentZero)
	}
	require.Nil(t, zero(relations.Field{Name: "x", Type: relations.Bool}).AbsentZero)
}
