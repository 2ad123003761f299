package relations_test

import (
	"errors"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

var (
	f         = filter.F
	publisher = filter.Reach("p", "publisher")
	author    = filter.Reach("a", "authors")
	chapter   = filter.Reach("c", "chapters")
	person    = filter.Free("who", "Person")
)

func book(conditions ...filter.Condition) filter.Filter {
	return filter.For("Book", filter.Where(conditions...))
}

func TestCheckRefuses(t *testing.T) {
	t.Parallel()
	some := func(e ...filter.Entity) filter.Filter { return filter.For("Book", filter.Some(e...)) }
	tests := map[string]struct {
		filter         filter.Filter
		where, problem string // no problem: in the words of package filter
	}{
		"a zero filter":                        {filter.Filter{}, "", "unknown resource type: declare it in the schema, or correct the name"},
		"an unknown resource type":             {filter.Allow("Nook"), "Nook", "unknown resource type: declare it in the schema, or correct the name"},
		"a resource type without collection":   {filter.Allow("Chapter"), "Chapter", "the resource type does not live in a collection"},
		"an unknown field":                     {book(f("color").Eq(1)), "Book, clause 1, condition 1: color", "Book declares no such field: declare it, or correct the name"},
		"an empty field":                       {book(f("").Eq(1)), "Book, clause 1, condition 1", "Book declares no such field: declare it, or correct the name"},
		"a relation read as a field":           {book(f("publisher").Eq(1)), "Book, clause 1, condition 1: publisher", "Book declares no such field: declare it, or correct the name"},
		"an embedded document as a field":      {book(f("cover").Eq(nil)), "Book, clause 1, condition 1: cover", "Book declares no such field: declare it, or correct the name"},
		"the absence of an embedded array":     {book(f("chapters").IsNull()), "Book, clause 1, condition 1: chapters", "Book declares no such field: declare it, or correct the name"},
		"the absence of what a path leads to":  {book(f("publisher").IsNull()), "Book, clause 1, condition 1: publisher", "Book declares no such field: declare it, or correct the name"},
		"the absence inside an embedded array": {book(f("chapters.image").IsNull()), "Book, clause 1, condition 1: chapters.image", "the path crosses an array of documents: reach its elements as an entity"},
		"a path through a reference":           {book(f("publisher.name").Eq("x")), "Book, clause 1, condition 1: publisher.name", "Book declares no such field: declare it, or correct the name"},
		"a path through an array":              {book(f("chapters.title").Eq("x")), "Book, clause 1, condition 1: chapters.title", "the path crosses an array of documents: reach its elements as an entity"},
		"an index into a list":                 {book(f("tags.0").Eq("x")), "Book, clause 1, condition 1: tags.0", "Book declares no such field: declare it, or correct the name"},
		"the zero operator":                    {book(filter.Compare(f("title"), 0, "x")), "Book, clause 1, condition 1: title", "an unknown operator, Operator(0)"},
		"an operator beyond the last":          {book(filter.Compare(f("title"), 99, "x")), "Book, clause 1, condition 1: title", "an unknown operator, Operator(99)"},
		"a nil condition":                      {book(f("title").Eq("x"), nil), "Book, clause 1, condition 2", "a nil condition"},
		"a pointer to a condition":             {book(&filter.Comparison{}), "Book, clause 1, condition 1", "a *filter.Comparison is no condition"},
		"a nil operand":                        {book(filter.Comparison{Field: f("title"), Op: filter.Eq}), "Book, clause 1, condition 1: title", "Eq needs an operand"},
		"a pointer to an operand":              {book(filter.Compare(f("title"), filter.Eq, &filter.Literal{})), "Book, clause 1, condition 1: title", "a *filter.Literal is no operand"},
		"an operand where none belongs":        {book(filter.Compare(f("title"), filter.IsNull, nil)), "Book, clause 1, condition 1: title", "IsNull takes no operand"},
		"a parameter inside a literal":         {book(f("title").In([]any{filter.Param("actor.id")})), "Book, clause 1, condition 1: title, element 0", ""},
		"a label in the place":                 {filter.For("Book", filter.Where(filter.True), filter.Where(f("x").IsNull()).As("own")), `Book, clause 2 "own", condition 1: x`, "Book declares no such field: declare it, or correct the name"},
		"an unknown field of an entity":        {filter.For("Book", filter.Some(publisher).Where(publisher.F("city").Eq("x"))), "Book, clause 1, condition 1: p.city", "Publisher declares no such field: declare it, or correct the name"},
		"an unknown field in an Any":           {book(filter.Any{filter.Where(filter.True), filter.Where(f("x").IsNull())}), "Book, clause 1, condition 1, clause 2, condition 1: x", "Book declares no such field: declare it, or correct the name"},
		"an unknown field in a None":           {book(f("title").IsSet(), filter.None(filter.Where(f("x").IsNull()))), "Book, clause 1, condition 2, clause 1, condition 1: x", "Book declares no such field: declare it, or correct the name"},
		"an unknown entity":                    {book(publisher.F("name").Eq("x")), "Book, clause 1, condition 1: p.name", `unknown entity "p"`},
		"an entity of another clause":          {filter.For("Book", filter.Some(publisher).Where(publisher.Exists()), filter.Where(publisher.F("name").Eq("x"))), "Book, clause 2, condition 1: p.name", `unknown entity "p"`},
		"an entity of a nested clause":         {book(filter.None(filter.Some(publisher).Where(publisher.Exists())), publisher.F("name").Eq("x")), "Book, clause 1, condition 2: p.name", `unknown entity "p"`},
		"an entity without name":               {some(filter.Entity{Paths: []filter.Path{{Relation: "publisher"}}}), "Book, clause 1", "an entity without a name"},
		"two entities of one name":             {some(publisher, filter.Reach("p", "editor")), "Book, clause 1, entity p", "the name is taken by another entity in sight"},
		"a name that shadows":                  {filter.For("Book", filter.Some(publisher).Where(filter.None(filter.Some(publisher)))), "Book, clause 1, condition 1, clause 1, entity p", "the name is taken by another entity in sight"},
		"an entity used before declared":       {some(publisher.Reach("b", "books"), publisher), "Book, clause 1, entity b", `reached from an unknown entity "p"`},
		"an entity reached from itself":        {some(filter.Entity{Name: "p", Paths: []filter.Path{{From: "p", Relation: "boss"}}}), "Book, clause 1, entity p", `reached from an unknown entity "p"`},
		"an unknown relation":                  {some(filter.Reach("p", "owner")), "Book, clause 1, entity p", `Book has no relation "owner": declare it, or correct the name`},
		"a field followed as a relation":       {some(filter.Reach("p", "publisher_id")), "Book, clause 1, entity p", `Book has no relation "publisher_id": declare it, or correct the name`},
		"a dotted relation":                    {some(filter.Reach("p", "cover.image")), "Book, clause 1, entity p", `Book has no relation "cover.image": declare it, or correct the name`},
		"a free entity of an unknown type":     {some(filter.Free("x", "Nook")), "Book, clause 1, entity x", `a free entity of an unknown type "Nook"`},
		"a free entity without type":           {some(filter.Free("x", "")), "Book, clause 1, entity x", `a free entity of an unknown type ""`},
		"a free entity of an embedded type":    {some(filter.Free("x", "Chapter")), "Book, clause 1, entity x", "a free entity of a type that does not live in a collection: Chapter"},
		"a reached entity of a wrong type":     {some(filter.Entity{Name: "p", Type: "Person", Paths: publisher.Paths}), "Book, clause 1, entity p", `it is declared as "Person" and reached as Publisher`},
		"paths to different types":             {some(publisher.Via(filter.Entity{}, "editor")), "Book, clause 1, entity p", "its paths lead to different types, Publisher and Person"},
		"an element along two paths":           {some(chapter.Via(filter.Entity{}, "chapters")), "Book, clause 1, entity c", `relation "chapters" leads to embedded documents, which cannot be reached along two paths`},
		"an element through along two paths":   {some(filter.Reach("i", "chapter_images").Via(filter.Entity{}, "chapter_images")), "Book, clause 1, entity i", `relation "chapter_images" leads to embedded documents, which cannot be reached along two paths`},
		"text for a number":                    {book(f("pages").Eq("12")), "Book, clause 1, condition 1: pages", "a BSON string is compared with a Number field: pass a value of the declared type, or correct the declaration"},
		"a number for text":                    {book(f("title").Ne(12)), "Book, clause 1, condition 1: title", "a BSON 32-bit integer is compared with a String field: pass a value of the declared type, or correct the declaration"},
		"a document for text":                  {book(f("title").Eq(bson.D{{Key: "$gt", Value: ""}})), "Book, clause 1, condition 1: title", "a BSON embedded document is compared with a String field: pass a value of the declared type, or correct the declaration"},
		"text for a date":                      {book(f("printed").Lt("yesterday")), "Book, clause 1, condition 1: printed", "the text is not an RFC 3339 date"},
		"hex too short":                        {book(f("_id").Eq("abc")), "Book, clause 1, condition 1: _id", "the text is not 24 hexadecimal digits"},
		"a wrong type among the values":        {book(f("title").In([]any{"a", nil, 3})), "Book, clause 1, condition 1: title, element 2", "a BSON 32-bit integer is compared with a String field: pass a value of the declared type, or correct the declaration"},
		"one value for In":                     {book(f("title").In("a")), "Book, clause 1, condition 1: title", "In takes a list of values: pass a slice"},
		"a list for Eq":                        {book(f("tags").Eq([]string{"a"})), "Book, clause 1, condition 1: tags", ""},
		"a list inside In":                     {book(f("title").In([][]string{{"a"}})), "Book, clause 1, condition 1: title, element 0", ""},
		"NaN":                                  {book(f("pages").Eq(math.NaN())), "Book, clause 1, condition 1: pages", ""},
		"a regular expression":                 {book(f("title").Eq(bson.Regex{Pattern: "a"})), "Book, clause 1, condition 1: title", ""},
		"a map":                                {book(f("size").Eq(bson.M{"$gt": 1})), "Book, clause 1, condition 1: size", ""},
		"malformed BSON":                       {book(f("title").Eq(bson.RawValue{Type: bson.TypeString})), "Book, clause 1, condition 1: title", ""},
		"Contains on one value":                {book(f("title").Contains("a")), "Book, clause 1, condition 1: title", "Contains compares lists, and the field is declared as one value: use Eq or In, or declare a list"},
		"Intersects on one value":              {book(f("title").Intersects([]string{})), "Book, clause 1, condition 1: title", "Intersects compares lists, and the field is declared as one value: use Eq or In, or declare a list"},
		"SubsetOf on one value":                {book(f("title").SubsetOf([]string{})), "Book, clause 1, condition 1: title", "SubsetOf compares lists, and the field is declared as one value: use Eq or In, or declare a list"},
		"text operators on numbers":            {book(f("pages").StartsWith("1")), "Book, clause 1, condition 1: pages", "StartsWith compares text, and the field is declared as Number"},
		"text operators with numbers":          {book(f("extra").ContainsText(1)), "Book, clause 1, condition 1: extra", "ContainsText takes a string: pass one"},
		"order on documents":                   {book(f("size").Lt(bson.D{})), "Book, clause 1, condition 1: size", "Lt does not compare documents"},
		"In on documents":                      {book(f("size").In([]bson.D{})), "Book, clause 1, condition 1: size", "In does not compare documents"},
		"Intersects on documents":              {book(f("sizes").Intersects([]bson.D{})), "Book, clause 1, condition 1: sizes", "Intersects does not compare documents"},
		"text operators on documents":          {book(f("size").EndsWith("1")), "Book, clause 1, condition 1: size", "EndsWith does not compare documents"},
		"order with a document":                {book(f("extra").Gte(bson.D{})), "Book, clause 1, condition 1: extra", "Gte does not compare documents"},
		"In with a document":                   {book(f("extra").Nin([]any{1, bson.D{}})), "Book, clause 1, condition 1: extra, element 1", "Nin does not compare documents"},
		"a field of another type":              {book(f("title").Eq(f("pages"))), "Book, clause 1, condition 1: title", "a String field is compared with pages, a Number field: compare fields of one type, or correct a declaration"},
		"a field of any type":                  {book(f("title").Eq(f("extra"))), "Book, clause 1, condition 1: title", "two fields are compared by a declared type, not by AnyType"},
		"two fields of any type":               {book(f("extra").Eq(f("extra"))), "Book, clause 1, condition 1: extra", "two fields are compared by a declared type, not by AnyType"},
		"a list as field operand of Eq":        {book(f("title").Eq(f("tags"))), "Book, clause 1, condition 1: tags", "Eq of two fields needs one value as the operand"},
		"a list compared with a field":         {book(f("tags").Eq(f("title"))), "Book, clause 1, condition 1: tags", "Eq of two fields needs one value as the field"},
		"In a single field":                    {book(f("title").In(f("subtitle"))), "Book, clause 1, condition 1: subtitle", "In of two fields needs a list as the operand"},
		"a list In a list":                     {book(f("tags").In(f("tags"))), "Book, clause 1, condition 1: tags", "In of two fields needs one value as the field"},
		"Contains a list":                      {book(f("tags").Contains(f("tags"))), "Book, clause 1, condition 1: tags", "Contains of two fields needs one value as the operand"},
		"Intersects of two fields":             {book(f("tags").Intersects(f("tags"))), "Book, clause 1, condition 1: tags", "Intersects does not compare two fields"},
		"StartsWith of two fields":             {book(f("title").StartsWith(f("subtitle"))), "Book, clause 1, condition 1: title", "StartsWith does not compare two fields"},
		"an unknown field operand":             {book(f("title").Eq(f("color"))), "Book, clause 1, condition 1: color", "Book declares no such field: declare it, or correct the name"},
		"a field operand of no entity":         {book(f("title").Eq(publisher.F("name"))), "Book, clause 1, condition 1: p.name", `unknown entity "p"`},
		"a UUID of the older subtype":          {book(f("isbn").Ne(bson.Binary{Subtype: 3, Data: make([]byte, 16)})), "Book, clause 1, condition 1: isbn", "a binary of subtype 3 compared with a field whose documents hold subtype 4: compare a value of the Go type that is stored, or declare the subtype that documents hold"},
		"a clause left zero":                   {filter.For("Book", filter.Where(f("title").Eq("x")), filter.Clause{}), "Book, clause 2", "a clause without a condition: say True if it always holds, or Exists of its entity"},
		"a clause of nothing":                  {filter.For("Book", filter.Where([]filter.Condition(nil)...)), "Book, clause 1", "a clause without a condition: say True if it always holds, or Exists of its entity"},
		"entities without a condition":         {filter.For("Book", filter.Some(publisher).Where([]filter.Condition(nil)...)), "Book, clause 1", "a clause without a condition: say True if it always holds, or Exists of its entity"},
		"a clause left zero in an Any":         {book(filter.Any{filter.Clause{}}), "Book, clause 1, condition 1, clause 1", "a clause without a condition: say True if it always holds, or Exists of its entity"},
		"a None left zero":                     {book(filter.None{}), "Book, clause 1, condition 1, clause 1", "a clause without a condition: say True if it always holds, or Exists of its entity"},
		"a Surely left zero":                   {book(filter.None(filter.Where(filter.Surely{}))), "Book, clause 1, condition 1, clause 1, condition 1, clause 1", "a clause without a condition: say True if it always holds, or Exists of its entity"},
		"an Any of nothing":                    {book(filter.Any{}), "Book, clause 1, condition 1", "an Any without clauses: say False"},
		"an Any of nothing in a None":          {book(filter.None(filter.Where(filter.Any(nil)))), "Book, clause 1, condition 1, clause 1, condition 1", "an Any without clauses: say False"},
		"the zero constant":                    {book(filter.Constant(0)), "Book, clause 1, condition 1", "an unknown constant, Constant(0)"},
		"a constant beyond the last":           {book(filter.True + 1), "Book, clause 1, condition 1", "an unknown constant, Constant(4)"},
		"an invalid condition":                 {book(filter.Invalid{Problem: "out of sorts"}), "Book, clause 1, condition 1", "out of sorts"},
		"filters of two types":                 {filter.And(filter.Allow("Book"), filter.Deny("Person")), "Book, clause 1, condition 1", "filters for Book and for Person are combined: combine filters of one resource type, or ask one of a related entity (Under)"},
		"the mark beside clauses":              {filter.Filter{Resource: "Book", AllowAll: true, Clauses: book(f("title").Eq("x")).Clauses}, "Book", "AllowAll stands beside clauses: use one of them"},
		"under an entity of another type":      {filter.For("Book", filter.Under(publisher, filter.Allow("Person"))), "Book, clause 1, entity p", `it is declared as "Person" and reached as Publisher`},
		"an entity that nothing uses":          {filter.For("Book", filter.Some(publisher).Where(f("title").Eq("x"))), "Book, clause 1, entity p", "nothing uses the entity: compare a field of it, or add its Exists"},
		"an entity unused in a None":           {book(filter.None(filter.Some(publisher).Where(f("title").Eq("x")))), "Book, clause 1, condition 1, clause 1, entity p", "nothing uses the entity: compare a field of it, or add its Exists"},
		"the last of a row unused":             {filter.For("Book", filter.Some(publisher, publisher.Reach("b", "books")).Where(f("title").Eq("x"))), "Book, clause 1, entity b", "nothing uses the entity: compare a field of it, or add its Exists"},
		"the existence of no entity":           {book(filter.Exists{Entity: "p"}), "Book, clause 1, condition 1", `Exists of an unknown entity "p"`},
		"the existence of the resource":        {book(filter.Exists{}), "Book, clause 1, condition 1", "Exists of the resource, which is always there: say True"},
		"text that is no UUID":                 {book(f("isbn").Eq("0af3-x")), "Book, clause 1, condition 1: isbn", "the text is not a UUID"},
	}
	s := mustNew(t, library()...)
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := s.Check(test.filter)
			require.ErrorIs(t, err, filter.ErrMalformed)
			var malformed *filter.MalformedError
			require.ErrorAs(t, err, &malformed)
			require.Equal(t, test.where, malformed.Where)
			if test.problem != "" {
				require.Equal(t, test.problem, malformed.Problem)
			}
			require.Equal(t, malformed, err, "one problem, one error")
			require.Equal(t, filter.Denied, got.Outcome(), "with an error, the filter denies")
		})
	}
}

func TestCheckReportsEveryProblem(t *testing.T) {
	t.Parallel()
	_, err := mustNew(t, library()...).Check(filter.For("Book",
		filter.Where(f("x").Eq(1), f("y").Eq(2)),
		filter.Some(filter.Reach("o", "owner")).Where(filter.Entity{Name: "o"}.F("name").Eq("x"), f("title").Eq(3)),
	))
	require.EqualError(t, err, `filter: Book, clause 1, condition 1: x: Book declares no such field: declare it, or correct the name
filter: Book, clause 1, condition 2: y: Book declares no such field: declare it, or correct the name
filter: Book, clause 2, entity o: Book has no relation "owner": declare it, or correct the name
filter: Book, clause 2, condition 2: title: a BSON 32-bit integer is compared with a String field: pass a value of the declared type, or correct the declaration`)
}

func TestCheckStopsAtFiltersWithoutEnd(t *testing.T) {
	t.Parallel()
	endless := filter.Any{filter.Clause{}}
	endless[0].Conditions = []filter.Condition{endless}
	_, err := mustNew(t, library()...).Check(book(endless))
	require.ErrorIs(t, err, filter.ErrLimit)
	limit, ok := errors.AsType[*filter.LimitError](err)
	require.True(t, ok)
	require.Equal(t, 100, limit.Limit)
}

func TestCheckEndsAtTheLimits(t *testing.T) {
	t.Parallel()
	s := mustNew(t, library()...)
	doubled, deep := filter.Condition(f("title").Eq("x")), filter.Condition(f("title").Eq("x"))
	for range 40 {
		doubled = filter.Any{filter.Where(doubled, doubled)}
	}
	for range 120 {
		deep = filter.None(filter.Where(deep))
	}
	many, entities := make([]filter.Condition, filter.MaxConditions+1), make([]filter.Entity, filter.MaxEntities)
	for i := range many {
		many[i] = f("title").Eq("x")
	}
	for i := range entities {
		entities[i] = filter.Reach(fmt.Sprint("e", i), "publisher")
	}
	for name, in := range map[string]filter.Filter{
		"doubled at each level": book(doubled),
		"nested Nones":          book(deep),
		"many conditions":       book(many...),
		"many clauses":          filter.For("Book", make([]filter.Clause, filter.MaxConditions+1)...),
		"many entities":         filter.For("Book", filter.Some(entities...).Where(entities[0].Exists())),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := s.Check(in)
			require.ErrorIs(t, err, filter.ErrLimit)
			require.Equal(t, filter.Denied, got.Outcome())
		})
	}
	wrong := make([]filter.Condition, 5_000)
	for i := range wrong {
		wrong[i] = f("x").IsNull()
	}
	_, err := s.Check(book(wrong...))
	require.Len(t, err.(interface{ Unwrap() []error }).Unwrap(), 100, "so many problems are reported")
}

func TestCheckWithoutSchema(t *testing.T) {
	t.Parallel()
	for _, s := range []*relations.Schema{nil, {}} {
		_, err := s.Check(filter.Allow("Book"))
		require.ErrorIs(t, err, filter.ErrMalformed)
	}
}

func TestCheckConvertsLiterals(t *testing.T) {
	t.Parallel()
	hex := "0123456789abcdef01234567"
	id, err := bson.ObjectIDFromHex(hex)
	require.NoError(t, err)
	uuid := [16]byte{0xf8, 0x1d, 0x4f, 0xae, 0x7d, 0xec, 0x11, 0xd0, 0xa7, 0x65, 0x00, 0xa0, 0xc9, 0x1e, 0x6b, 0xf6}
	date := time.Date(2026, 11, 22, 3, 4, 5, 678_999_999, time.UTC)
	tests := map[string]struct {
		condition filter.Comparison
		want      any // as filter.Value takes it; a []any is a list
	}{
		"text":                          {f("title").Eq("a"), "a"},
		"text that looks like a path":   {f("title").Eq("$title"), "$title"},
		"text in an Any field":          {f("extra").Eq(hex), hex},
		"a document in an Any field":    {f("extra").Eq(bson.D{{Key: "$gt", Value: ""}}), bson.D{{Key: "$gt", Value: ""}}},
		"a document":                    {f("size").Ne(bson.D{{Key: "b", Value: 1}, {Key: "a", Value: 2}}), bson.D{{Key: "b", Value: 1}, {Key: "a", Value: 2}}},
		"a document in a list":          {f("sizes").Contains(bson.D{}), bson.D{}},
		"an int":                        {f("pages").Eq(5), int32(5)},
		"a double":                      {f("pages").Gte(5.5), 5.5},
		"a decimal":                     {f("pages").Lt(bson.NewDecimal128(0, 5)), bson.NewDecimal128(0, 5)},
		"a timestamp":                   {f("version").Gt(bson.Timestamp{T: 1, I: 2}), bson.Timestamp{T: 1, I: 2}},
		"a bool":                        {f("public").Eq(true), true},
		"an ObjectID":                   {f("_id").Eq(id), id},
		"hex":                           {f("_id").Eq(hex), id},
		"hex in a list":                 {f("_id").In([]string{hex, hex}), []any{id, id}},
		"hex and null in a list":        {f("_id").Nin([]any{hex, nil, id}), []any{id, nil, id}},
		"a date, cut to milliseconds":   {f("printed").Lt(date), date.Truncate(time.Millisecond)},
		"RFC 3339":                      {f("printed").Lt("2026-11-22T05:04:05.678999999+02:00"), date.Truncate(time.Millisecond)},
		"UUID text":                     {f("isbn").Eq("f81d4fae-7dec-11d0-a765-00a0c91e6bf6"), bson.Binary{Subtype: 4, Data: uuid[:]}},
		"UUID text in capitals":         {f("isbn").Eq("F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6"), bson.Binary{Subtype: 4, Data: uuid[:]}},
		"16 bytes":                      {f("isbn").Eq(uuid), bson.Binary{Subtype: 4, Data: uuid[:]}},
		"a slice of 16 bytes":           {f("isbn").Eq(uuid[:]), bson.Binary{Subtype: 4, Data: uuid[:]}},
		"a UUID":                        {f("isbn").Eq(bson.Binary{Subtype: 4, Data: uuid[:]}), bson.Binary{Subtype: 4, Data: uuid[:]}},
		"null":                          {f("_id").Eq(nil), nil},
		"a nil pointer":                 {f("title").StartsWith((*string)(nil)), nil},
		"null for a list":               {f("title").In(nil), nil},
		"a nil slice":                   {f("title").Nin([]string(nil)), nil},
		"a nil slice of raw values":     {f("title").Nin([]bson.RawValue(nil)), nil},
		"no values":                     {f("title").In([]string{}), []any{}},
		"no values, as a BSON array":    {f("title").In(bson.A{}), []any{}},
		"Eq on a list":                  {f("tags").Eq("a"), "a"},
		"order on a list":               {f("tags").Lt("a"), "a"},
		"text operators on a list":      {f("tags").EndsWith("a"), "a"},
		"text operators on any":         {f("extra").StartsWith("a"), "a"},
		"through embedded documents":    {f("cover.image.width").Eq(3), int32(3)},
		"SubsetOf":                      {f("tags").SubsetOf([]string{"a"}), []any{"a"}},
		"Intersects with mixed numbers": {f("extra").In([]any{1, int64(1), "a"}), []any{int32(1), int64(1), "a"}},
	}
	s := mustNew(t, library()...)
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checked, err := s.Check(book(test.condition))
			require.NoError(t, err)
			want := test.condition
			if list, ok := test.want.([]any); ok {
				values := []bson.RawValue{}
				for _, v := range list {
					values = append(values, value(t, v))
				}
				want.Operand = filter.Literal{Value: values}
			} else {
				want.Operand = filter.Literal{Value: value(t, test.want)}
			}
			require.Equal(t, book(want), checked.Filter())

			again, err := s.Check(checked.Filter())
			require.NoError(t, err)
			require.Equal(t, checked, again, "what was checked passes again, as it is")
		})
	}
}

func value(t *testing.T, v any) bson.RawValue {
	t.Helper()
	r, err := filter.Value(v)
	require.NoError(t, err)
	return r
}

func TestCheckFillsInTypes(t *testing.T) {
	t.Parallel()
	boss := author.Reach("b", "boss")
	in := filter.For("Book", filter.Some(publisher, author, boss, person).Where(
		filter.None(filter.Some(boss.Reach("bb", "boss").Via(person, "boss"), filter.Reach("x", "chapter_authors").Via(filter.Entity{}, "editor")).
			Where(filter.Exists{Entity: "bb"}, filter.Exists{Entity: "x"})),
		publisher.Exists(), author.Exists(),
	).As("rule"))
	out, err := mustNew(t, library()...).Check(in)
	require.NoError(t, err)

	types := map[string]string{}
	for _, e := range out.Clauses()[0].Entities {
		types[e.Name] = e.Type.Name
	}
	for _, e := range out.Clauses()[0].Conditions[0].(relations.CheckedNone).Entities {
		types[e.Name] = e.Type.Name
	}
	require.Equal(t, map[string]string{"p": "Publisher", "a": "Person", "b": "Person", "who": "Person", "bb": "Person", "x": "Person"}, types)
	require.Equal(t, "rule", out.Clauses()[0].Label)
	require.Empty(t, in.Clauses[0].Entities[0].Type, "the filter handed in is not changed")
}

func TestCheckComparesFields(t *testing.T) {
	t.Parallel()
	s := mustNew(t, library()...)
	for name, c := range map[string]filter.Condition{
		"inside an entity":       f("title").Eq(f("subtitle")),
		"across entities":        f("editor_id").Ne(person.F("boss_id")),
		"in order":               f("title").Lt(person.F("_id")),
		"through embedded":       f("cover.color").Gte(f("title")),
		"in a list":              person.F("_id").In(f("author_ids")),
		"not in a list":          person.F("_id").Nin(f("author_ids")),
		"contained":              f("author_ids").Contains(person.F("_id")),
		"documents":              f("size").Eq(f("size")),
		"a document in a list":   f("sizes").Contains(f("size")),
		"negated":                filter.Not(f("title").Eq(f("subtitle"))),
		"documents with a value": f("size").Eq(bson.D{}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := s.Check(filter.For("Book", filter.Some(person).Where(person.Exists(), c)))
			require.NoError(t, err)
		})
	}
}

func TestCheckLeavesTheInputAlone(t *testing.T) {
	t.Parallel()
	build := func(id bson.RawValue) filter.Filter {
		publisher := filter.Reach("p", "publisher")
		return filter.For("Book", filter.Some(publisher).Where(publisher.F("_id").In([]bson.RawValue{id}), filter.Any{filter.Where(f("extra").Eq(id))}))
	}
	id := func() bson.RawValue { return value(t, bson.ObjectID{1}) }
	given := id()
	in := build(given)
	checked, err := mustNew(t, library()...).Check(in)
	require.NoError(t, err)
	require.Equal(t, build(id()), in)

	// What happens to the filter handed in does not reach the checked one, nor what happens to one
	// that it returns.
	before := checked.String()
	given.Value[0] = 9
	in.Clauses[0].Entities[0].Paths[0].Relation = "changed"
	in.Clauses[0].Conditions[0] = nil
	in.Clauses[0].Conditions[1].(filter.Any)[0].Label = "changed"
	require.Equal(t, before, checked.String())
	out := checked.Filter()
	out.Clauses[0].Entities[0].Paths[0].Relation = "changed"
	out.Clauses[0].Conditions[0].(filter.Comparison).Operand.(filter.Literal).Value.([]bson.RawValue)[0].Value[0] = 9
	require.Equal(t, before, checked.String())
}
