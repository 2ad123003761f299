package relations_test

import (
	"errors"
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

// problems returns the schema errors of err, each of which must match the sentinel.
func problems(t *testing.T, err error) []relations.SchemaError {
	t.Helper()
	require.ErrorIs(t, err, relations.ErrSchema)
	joined, ok := err.(interface{ Unwrap() []error })
	require.True(t, ok, "several problems are joined")
	var out []relations.SchemaError
	for _, e := range joined.Unwrap() {
		require.ErrorIs(t, e, relations.ErrSchema)
		schemaError, ok := errors.AsType[*relations.SchemaError](e)
		require.True(t, ok)
		out = append(out, *schemaError)
	}
	return out
}

// edit returns the library with a change to one type.
func edit(name string, change func(t *relations.Type)) []relations.Type {
	types := library()
	for i := range types {
		if types[i].Name == name {
			change(&types[i])
		}
	}
	return types
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	// Each change is one to Book.
	withField := func(f relations.Field) func(t *relations.Type) {
		return func(t *relations.Type) { t.Fields = append(t.Fields, f) }
	}
	withRelation := func(r relations.Relation) func(t *relations.Type) {
		return func(t *relations.Type) { t.Relations = append(t.Relations, r) }
	}
	withScope := func(c ...filter.Condition) func(t *relations.Type) {
		return func(t *relations.Type) { t.Scope = c }
	}
	references := func(local, foreign string) relations.Relation {
		return relations.Relation{Name: "r", Kind: relations.ReferencesOne, Type: "Person", Keys: []relations.KeyPair{{Local: local, Foreign: foreign}}}
	}
	through := func(typ string, hops ...string) relations.Relation {
		return relations.Relation{Name: "r", Kind: relations.Through, Type: typ, Through: hops}
	}
	constant := func(c relations.Constant) relations.Relation {
		r := references("editor_id", "")
		r.Where = []relations.Constant{c}
		return r
	}
	f := filter.F

	tests := map[string]struct {
		change func(t *relations.Type)
		want   relations.SchemaError // of Book, if Type is empty
	}{
		"a collection name that begins with $":   {func(t *relations.Type) { t.Collection = "$cmd" }, relations.SchemaError{Problem: "a collection name begins with $"}},
		"a Go type that is no struct":            {func(t *relations.Type) { t.Go = reflect.TypeFor[*struct{}]() }, relations.SchemaError{Problem: "the Go type of its documents is no struct: *struct {}"}},
		"a collection name with NUL":             {func(t *relations.Type) { t.Collection = "a\x00b" }, relations.SchemaError{Problem: "a collection name holds NUL"}},
		"a reserved collection name":             {func(t *relations.Type) { t.Collection = "__authz_x" }, relations.SchemaError{Problem: "a collection name has the reserved prefix __authz"}},
		"a field without name":                   {withField(relations.Field{Type: relations.String}), relations.SchemaError{Problem: "a field name that is empty"}},
		"a field name with NUL":                  {withField(relations.Field{Name: "a\x00", Type: relations.String}), relations.SchemaError{Field: "a\x00", Problem: "a field name that holds NUL"}},
		"a field name that begins with $":        {withField(relations.Field{Name: "$ref", Type: relations.String}), relations.SchemaError{Field: "$ref", Problem: "a field name that begins with $"}},
		"a field name with a dot":                {withField(relations.Field{Name: "a.b", Type: relations.String}), relations.SchemaError{Field: "a.b", Problem: "a field name that holds a dot"}},
		"a field name that is a number":          {withField(relations.Field{Name: "12", Type: relations.String}), relations.SchemaError{Field: "12", Problem: "a field name that is a number, which MongoDB reads as an index"}},
		"a reserved field name":                  {withField(relations.Field{Name: "__authz", Type: relations.String}), relations.SchemaError{Field: "__authz", Problem: "a field name that has the reserved prefix __authz"}},
		"a reserved relation name":               {withRelation(relations.Relation{Name: "__authz0", Kind: relations.EmbedsOne, Type: "Image"}), relations.SchemaError{Field: "__authz0", Problem: "a relation name that has the reserved prefix __authz"}},
		"a relation name with a dot":             {withRelation(relations.Relation{Name: "a.b", Kind: relations.EmbedsOne, Type: "Image"}), relations.SchemaError{Field: "a.b", Problem: "a relation name that holds a dot"}},
		"two fields of one name":                 {withField(relations.Field{Name: "title", Type: relations.String}), relations.SchemaError{Field: "title", Problem: "the field is declared twice"}},
		"two relations of one name":              {withRelation(relations.Relation{Name: "cover", Kind: relations.EmbedsOne, Type: "Image"}), relations.SchemaError{Field: "cover", Problem: "the relation is declared twice"}},
		"a field and a relation of one name":     {withField(relations.Field{Name: "cover", Type: relations.Document}), relations.SchemaError{Field: "cover", Problem: "a field and a relation have one name"}},
		"a field without type":                   {withField(relations.Field{Name: "x"}), relations.SchemaError{Field: "x", Problem: "an unknown value type, ValueType(0)"}},
		"a field of an unknown type":             {withField(relations.Field{Name: "x", Type: 99}), relations.SchemaError{Field: "x", Problem: "an unknown value type, ValueType(99)"}},
		"one value that is empty when absent":    {withField(relations.Field{Name: "x", Type: relations.String, AbsentEmpty: true}), relations.SchemaError{Field: "x", Problem: "absent means empty is for lists"}},
		"an unknown conversion":                  {withField(relations.Field{Name: "x", Type: relations.String, Convert: 99}), relations.SchemaError{Field: "x", Problem: "an unknown conversion, Conversion(99)"}},
		"hex to text":                            {withField(relations.Field{Name: "x", Type: relations.String, Convert: relations.FromHex}), relations.SchemaError{Field: "x", Problem: "FromHex gives a value of type ObjectID, and the field is declared as String"}},
		"UUID to anything":                       {withField(relations.Field{Name: "x", Type: relations.AnyType, Convert: relations.FromUUID}), relations.SchemaError{Field: "x", Problem: "FromUUID gives a value of type Binary, and the field is declared as AnyType"}},
		"RFC 3339 to a timestamp":                {withField(relations.Field{Name: "x", Type: relations.Timestamp, Convert: relations.FromRFC3339}), relations.SchemaError{Field: "x", Problem: "FromRFC3339 gives a value of type Date, and the field is declared as Timestamp"}},
		"a relation without kind":                {withRelation(relations.Relation{Name: "r", Type: "Person"}), relations.SchemaError{Field: "r", Problem: "an unknown kind, Kind(0)"}},
		"a relation of an unknown kind":          {withRelation(relations.Relation{Name: "r", Type: "Person", Kind: 99}), relations.SchemaError{Field: "r", Problem: "an unknown kind, Kind(99)"}},
		"a relation to an unknown type":          {withRelation(relations.Relation{Name: "r", Kind: relations.EmbedsOne, Type: "Nook"}), relations.SchemaError{Field: "r", Problem: `leads to an unknown type "Nook"`}},
		"one document that is empty when absent": {withRelation(relations.Relation{Name: "r", Kind: relations.EmbedsOne, Type: "Image", AbsentEmpty: true}), relations.SchemaError{Field: "r", Problem: "absent means empty is for EmbedsMany"}},
		"embedding by keys":                      {withRelation(relations.Relation{Name: "r", Kind: relations.EmbedsMany, Type: "Image", Keys: []relations.KeyPair{{Local: "_id", Foreign: "_id"}}}), relations.SchemaError{Field: "r", Problem: "EmbedsMany joins by no keys"}},
		"embedding through":                      {withRelation(relations.Relation{Name: "r", Kind: relations.EmbedsMany, Type: "Image", Through: []string{"cover", "image"}}), relations.SchemaError{Field: "r", Problem: "EmbedsMany goes through no other relations"}},
		"referring without keys":                 {withRelation(relations.Relation{Name: "r", Kind: relations.ReferencesOne, Type: "Person"}), relations.SchemaError{Field: "r", Problem: "ReferencesOne needs the keys it joins by"}},
		"referring to an embedded type":          {withRelation(relations.Relation{Name: "r", Kind: relations.ReferencesOne, Type: "Chapter", Keys: []relations.KeyPair{{Local: "title", Foreign: "title"}}}), relations.SchemaError{Field: "r", Problem: "ReferencesOne joins a collection, and Chapter lives in none"}},
		"a local key that is no field":           {withRelation(references("x", "_id")), relations.SchemaError{Field: "r", Problem: `key "x" is not a declared field of Book`}},
		"a foreign key that is no field":         {withRelation(references("title", "x")), relations.SchemaError{Field: "r", Problem: `key "x" is not a declared field of Person`}},
		"a local key left out":                   {withRelation(references("", "_id")), relations.SchemaError{Field: "r", Problem: `key "" is not a declared field of Book`}},
		"a local key inside an array":            {withRelation(references("chapters.author_id", "_id")), relations.SchemaError{Field: "r", Problem: `key "chapters.author_id" crosses an array of documents: declare the relation on their type`}},
		"keys of unequal types":                  {withRelation(references("pages", "_id")), relations.SchemaError{Field: "r", Problem: `key "pages" is declared as Number, and "_id" of Person as String`}},
		"keys, one of any type":                  {withRelation(references("extra", "_id")), relations.SchemaError{Field: "r", Problem: `key "extra" is declared as AnyType, and "_id" of Person as String`}},
		"referring to one by a list":             {withRelation(references("author_ids", "_id")), relations.SchemaError{Field: "r", Problem: "ReferencesOne joins by single keys, and a list is declared on the local side"}},
		"referring to many by one key": {withRelation(relations.Relation{Name: "r", Kind: relations.ReferencesMany, Type: "Person", Keys: []relations.KeyPair{{Local: "editor_id"}}}),
			relations.SchemaError{Field: "r", Problem: "ReferencesMany joins by a list of keys, and none is declared on the local side"}},
		"two lists on the local side": {withRelation(relations.Relation{Name: "r", Kind: relations.ReferencesMany, Type: "Person", Keys: []relations.KeyPair{{Local: "author_ids"}, {Local: "tags"}}}),
			relations.SchemaError{Field: "r", Problem: "more than one list on the local side"}},
		"having many by a list": {withRelation(relations.Relation{Name: "r", Kind: relations.HasMany, Type: "Person", Keys: []relations.KeyPair{{Local: "tags", Foreign: "boss_id"}}}),
			relations.SchemaError{Field: "r", Problem: "HasMany joins by single keys, and a list is declared on the local side"}},
		"having one without the foreign key": {withRelation(relations.Relation{Name: "r", Kind: relations.HasOne, Type: "Person", Keys: []relations.KeyPair{{Local: "title"}}}),
			relations.SchemaError{Field: "r", Problem: `key "" is not a declared field of Person`}},
		"a constant of an unknown near field":  {withRelation(constant(relations.Constant{Near: true, Field: "x", Value: 1})), relations.SchemaError{Field: "r", Problem: `constant "x": Book declares no such field: declare it, or correct the name`}},
		"a constant of an unknown far field":   {withRelation(constant(relations.Constant{Field: "title", Value: "x"})), relations.SchemaError{Field: "r", Problem: `constant "title": Person declares no such field: declare it, or correct the name`}},
		"a constant of a wrong type":           {withRelation(constant(relations.Constant{Field: "deleted", Value: "no"})), relations.SchemaError{Field: "r", Problem: `constant "deleted": a BSON string is compared with a Bool field: pass a value of the declared type, or correct the declaration`}},
		"a constant that cannot be converted":  {withRelation(constant(relations.Constant{Field: "tenant", Value: "no"})), relations.SchemaError{Field: "r", Problem: `constant "tenant": the text is not 24 hexadecimal digits`}},
		"a constant list":                      {withRelation(constant(relations.Constant{Near: true, Field: "tags", Value: "x"})), relations.SchemaError{Field: "r", Problem: `constant "tags": a constant is compared with one value, and the field is a list`}},
		"a constant inside an array":           {withRelation(constant(relations.Constant{Near: true, Field: "chapters.title", Value: "x"})), relations.SchemaError{Field: "r", Problem: `constant "chapters.title": a constant is compared with one value, and the field is a list`}},
		"a constant null":                      {withRelation(constant(relations.Constant{Field: "deleted"})), relations.SchemaError{Field: "r", Problem: `constant "deleted": null is equal to nothing`}},
		"a constant document":                  {withRelation(constant(relations.Constant{Near: true, Field: "extra", Value: bson.D{}})), relations.SchemaError{Field: "r", Problem: `constant "extra": a constant is a scalar`}},
		"a constant that is an operand":        {withRelation(constant(relations.Constant{Field: "deleted", Value: filter.Param("p")})), relations.SchemaError{Field: "r"}},
		"a through of one hop":                 {withRelation(through("Person", "editor")), relations.SchemaError{Field: "r", Problem: "Through follows two relations or more"}},
		"a through of no hops":                 {withRelation(through("Person")), relations.SchemaError{Field: "r", Problem: "Through follows two relations or more"}},
		"a through of an unknown hop":          {withRelation(through("Person", "owner", "boss")), relations.SchemaError{Field: "r", Problem: `Book has no relation "owner": declare it, or correct the name`}},
		"a through whose hops do not match":    {withRelation(through("Person", "publisher", "boss")), relations.SchemaError{Field: "r", Problem: `Publisher has no relation "boss": declare it, or correct the name`}},
		"a through that leads elsewhere":       {withRelation(through("Publisher", "editor", "boss")), relations.SchemaError{Field: "r", Problem: `is declared to lead to "Publisher", and leads to Person`}},
		"a through that contains itself":       {withRelation(through("Person", "r", "boss")), relations.SchemaError{Field: "r", Problem: "the relation contains itself"}},
		"a through with keys":                  {withRelation(relations.Relation{Name: "r", Kind: relations.Through, Through: []string{"editor", "boss"}, Keys: []relations.KeyPair{{}}}), relations.SchemaError{Field: "r", Problem: "Through joins by no keys of its own"}},
		"a through with constants":             {withRelation(relations.Relation{Name: "r", Kind: relations.Through, Through: []string{"editor", "boss"}, Where: []relations.Constant{{}}}), relations.SchemaError{Field: "r", Problem: "Through has no constants of its own: they belong to the relations it follows"}},
		"a document that holds itself":         {withRelation(relations.Relation{Name: "r", Kind: relations.EmbedsOne, Type: "Book"}), relations.SchemaError{Field: "r", Problem: "a document would hold itself without end: Book embeds Book"}},
		"a scope with an unknown field":        {withScope(f("title").IsSet(), f("x").Eq(1)), relations.SchemaError{Problem: "scope, condition 2: x: Book declares no such field: declare it, or correct the name"}},
		"a scope that speaks of others":        {withScope(filter.Reach("p", "publisher").F("name").Eq("x")), relations.SchemaError{Problem: "scope, condition 1: p.name: a scope speaks of its own type only"}},
		"a scope that compares others":         {withScope(f("title").Eq(filter.Reach("p", "publisher").F("name"))), relations.SchemaError{Problem: "scope, condition 1: p.name: a scope speaks of its own type only"}},
		"a scope that joins":                   {withScope(filter.None(filter.Some(filter.Reach("p", "publisher")))), relations.SchemaError{Problem: "scope, condition 1, clause 1: a scope declares no entities"}},
		"a scope with a free entity":           {withScope(filter.Any{filter.Some(filter.Free("p", "Person"))}), relations.SchemaError{Problem: "scope, condition 1, clause 1: a scope declares no entities"}},
		"a scope over elements":                {withScope(f("chapters.title").Eq("x")), relations.SchemaError{Problem: "scope, condition 1: chapters.title: the path crosses an array of documents: reach its elements as an entity"}},
		"a scope with a value of a wrong type": {withScope(filter.Any{filter.Where(f("pages").Eq("x"))}), relations.SchemaError{Problem: "scope, condition 1, clause 1, condition 1: pages: a BSON string is compared with a Number field: pass a value of the declared type, or correct the declaration"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := relations.New(edit("Book", test.change)...)
			require.Nil(t, s)
			if test.want.Type == "" {
				test.want.Type = "Book"
			}
			got := problems(t, err)
			require.Len(t, got, 1)
			if test.want.Problem == "" { // in the words of package filter
				test.want.Problem = got[0].Problem
			}
			require.Equal(t, test.want, got[0])
		})
	}
}

func TestNewRefusesTypes(t *testing.T) {
	t.Parallel()
	embeds := func(name, other string) relations.Type {
		return relations.Type{Name: name, Relations: []relations.Relation{{Name: "r", Kind: relations.EmbedsOne, Type: other}}}
	}
	id := []relations.Field{{Name: "_id", Type: relations.String}}
	boss := relations.Relation{Name: "boss", Kind: relations.ReferencesOne, Type: "A", Keys: []relations.KeyPair{{Local: "_id"}}}
	through := func(name string, hops ...string) relations.Relation {
		return relations.Relation{Name: name, Kind: relations.Through, Type: "A", Through: hops}
	}
	tests := map[string]struct {
		types []relations.Type
		want  []relations.SchemaError
	}{
		"without a name":              {[]relations.Type{{}}, []relations.SchemaError{{Problem: "a type without a name"}}},
		"declared twice":              {[]relations.Type{{Name: "A"}, {Name: "A"}}, []relations.SchemaError{{Type: "A", Problem: "the type is declared twice"}}},
		"with a key that is no field": {[]relations.Type{{Name: "A", Key: "x"}}, []relations.SchemaError{{Type: "A", Field: "x", Problem: "the key is not a declared field"}}},
		"with a key that is a list": {[]relations.Type{{Name: "A", Key: "x", Fields: []relations.Field{{Name: "x", Type: relations.String, List: true}}}},
			[]relations.SchemaError{{Type: "A", Field: "x", Problem: "the key is a list"}}},
		"with a key inside an array": {
			[]relations.Type{{Name: "A", Key: "x._id", Fields: id, Relations: []relations.Relation{{Name: "x", Kind: relations.EmbedsMany, Type: "A"}}}},
			[]relations.SchemaError{{Type: "A", Field: "x._id", Problem: "the key is a list"}},
		},
		"two that hold each other": {[]relations.Type{embeds("A", "B"), embeds("B", "A")}, []relations.SchemaError{{Type: "B", Field: "r", Problem: "a document would hold itself without end: A embeds B embeds A"}}},
		"throughs that contain each other": {
			[]relations.Type{{Name: "A", Collection: "a", Fields: id, Relations: []relations.Relation{boss, through("x", "y", "boss"), through("y", "boss", "x")}}},
			[]relations.SchemaError{{Type: "A", Field: "x", Problem: "the relation contains itself"}, {Type: "A", Field: "y", Problem: "the relation contains itself"}},
		},
		"throughs of throughs without measure": {
			[]relations.Type{{Name: "A", Collection: "a", Fields: id, Relations: []relations.Relation{boss,
				through("b", "boss", "boss"), through("c", "b", "b"), through("d", "c", "c"), through("e", "d", "d"), through("f", "e", "e"),
				through("g", "f", "f"), through("h", "g", "g"), through("i", "h", "h"), through("j", "i", "i"),
			}}},
			[]relations.SchemaError{{Type: "A", Field: "j", Problem: "throughs nested too deep"}},
		},
		"every problem at once": {
			[]relations.Type{
				{Name: "A", Collection: "$a", Fields: []relations.Field{{Name: "_id"}, {Name: "x", Type: relations.Bool, AbsentEmpty: true}}, Relations: []relations.Relation{{Name: "x", Kind: relations.HasOne}}},
				{Name: "A", Scope: []filter.Condition{nil, filter.F("x").IsNull()}},
			},
			[]relations.SchemaError{
				{Type: "A", Problem: "a collection name begins with $"},
				{Type: "A", Field: "_id", Problem: "an unknown value type, ValueType(0)"},
				{Type: "A", Field: "x", Problem: "absent means empty is for lists"},
				{Type: "A", Field: "x", Problem: "a field and a relation have one name"},
				{Type: "A", Field: "x", Problem: `leads to an unknown type ""`},
				{Type: "A", Field: "x", Problem: "HasOne needs the keys it joins by"},
				{Type: "A", Problem: "the type is declared twice"},
				{Type: "A", Problem: "scope, condition 1: a nil condition"},
				{Type: "A", Problem: "scope, condition 2: x: A declares no such field: declare it, or correct the name"},
			},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := relations.New(test.types...)
			require.Nil(t, s)
			require.Equal(t, test.want, problems(t, err))
		})
	}
}

func TestNewAccepts(t *testing.T) {
	t.Parallel()
	id := relations.Field{Name: "_id", Type: relations.String}
	tests := map[string][]relations.Type{
		"nothing":     nil,
		"the library": library(),
		"two types on one collection": {
			{Name: "Cat", Collection: "pets", Fields: []relations.Field{id, {Name: "kind", Type: relations.String}}, Scope: []filter.Condition{filter.F("kind").Eq("cat")}},
			{Name: "Dog", Collection: "pets", Fields: []relations.Field{id, {Name: "kind", Type: relations.String}}, Scope: []filter.Condition{filter.F("kind").Eq("dog")}},
		},
		"a tree of embedded documents": {{Name: "Node", Relations: []relations.Relation{{Name: "children", Kind: relations.EmbedsMany, Type: "Node"}}}},
		"a type in a collection, and embedded": {{Name: "Node", Collection: "nodes", Fields: []relations.Field{id}, Relations: []relations.Relation{
			{Name: "children", Kind: relations.EmbedsMany, Type: "Node"}, {Name: "parents", Kind: relations.HasMany, Type: "Node", Keys: []relations.KeyPair{{Foreign: "children._id"}}},
		}}},
		"several key pairs, one a list, and a foreign list": {{Name: "A", Collection: "a", Key: "n",
			Fields: []relations.Field{{Name: "n", Type: relations.AnyType}, {Name: "ids", Type: relations.AnyType, List: true}, {Name: "tenant", Type: relations.String}},
			Relations: []relations.Relation{
				{Name: "r", Kind: relations.ReferencesMany, Type: "A", Keys: []relations.KeyPair{{Local: "ids"}, {Local: "tenant", Foreign: "tenant"}}},
				{Name: "s", Kind: relations.HasOne, Type: "A", Keys: []relations.KeyPair{{Foreign: "ids"}}},
			}}},
		"a scope with everything it may have": edit("Book", func(t *relations.Type) {
			t.Scope = []filter.Condition{
				filter.F("cover.image.width").Gt(3), filter.Any{filter.Where(filter.F("title").Eq(filter.F("subtitle")))},
				filter.None(filter.Where(filter.F("publisher_id").Eq(filter.Param("tenant")))), filter.F("tags").In(filter.Param("tags")),
			}
		}),
	}
	for name, types := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := relations.New(types...)
			require.NoError(t, err)
			require.NoError(t, s.Validate())
		})
	}
}

func TestNewFillsIn(t *testing.T) {
	t.Parallel()
	s := mustNew(t, library()...)
	typ, ok := s.Type("Publisher")
	require.True(t, ok)
	require.Equal(t, "_id", typ.Key)
	books, _ := typ.Relation("books")
	require.Equal(t, []relations.KeyPair{{Local: "_id", Foreign: "publisher_id"}}, books.Keys)
	authors, _ := typ.Relation("authors")
	require.Equal(t, "Person", authors.Type, "the type a through leads to")

	typ, _ = s.Type("Book")
	publisher, _ := typ.Relation("publisher")
	require.Equal(t, []relations.KeyPair{{Local: "publisher_id", Foreign: "_id"}}, publisher.Keys)
	grants, _ := typ.Relation("grants")
	require.Equal(t, []relations.Constant{{Field: "resource_type", Value: value(t, "book")}, {Near: true, Field: "public", Value: value(t, false)}}, grants.Where)
}

func TestNewCopies(t *testing.T) {
	t.Parallel()
	types := library()
	s := mustNew(t, types...)
	require.Equal(t, library(), types, "New leaves its arguments alone")
	types[1].Fields[0].Type = relations.Number
	types[1].Relations[0].Keys[0].Local = "changed"
	types[1].Relations[7].Where[0].Field = "changed"
	types[1].Relations[5].Through[0] = "changed"
	require.Equal(t, mustNew(t, library()...), s)
}

func TestSchemasThatDeclareTheSameAreEqual(t *testing.T) {
	t.Parallel()
	types := library()
	types[0], types[3] = types[3], types[0]
	book := &types[1]
	book.Fields[1], book.Fields[4] = book.Fields[4], book.Fields[1]
	book.Relations[1], book.Relations[4] = book.Relations[4], book.Relations[1]
	book.Scope = []filter.Condition{}
	s := mustNew(t, types...)
	require.True(t, s.Equal(mustNew(t, library()...)))
	require.Equal(t, mustNew(t, library()...), s)
	require.False(t, s.Equal(mustNew(t, edit("Book", func(t *relations.Type) { t.Fields[1].Strict = true })...)))

	var names []string
	for typ := range s.Types() {
		names = append(names, typ.Name)
	}
	require.Equal(t, []string{"Book", "Chapter", "Cover", "Grant", "Image", "Person", "Publisher"}, names)
}
