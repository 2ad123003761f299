package relations_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

// facts writes what a filter asks of an entity as a test reads it.
func facts(e *relations.CheckedEntity) string {
	s := ""
	for _, f := range e.Facts.Compared {
		s += " compared:" + f.Path
	}
	for _, r := range e.Facts.Followed {
		s += " followed:" + r.Name
	}
	if e.Facts.Null {
		s += " null"
	}
	if e.Facts.Exists {
		s += " exists"
	}
	if e.Facts.WithField {
		s += " with-field"
	}
	return s
}

func TestCheckRecordsWhatIsAskedOfAnEntity(t *testing.T) {
	t.Parallel()
	p := filter.Reach("p", "publisher")
	books, who := p.Reach("b", "books"), p.Reach("w", "authors")
	id := p.F("_id").Eq(hex)
	s := mustNew(t, library()...)
	for name, c := range map[string]struct {
		clause filter.Clause
		want   string // of p
	}{
		"one comparison":                  {filter.Some(p).Where(id), " compared:_id"},
		"a negated one":                   {filter.Some(p).Where(filter.Not(id)), " compared:_id"},
		"several, other operators":        {filter.Some(p).Where(p.F("_id").Gt(filter.Param("x")), f("title").Eq("a"), p.F("_id").In([]string{hex})), " compared:_id"},
		"a null operand":                  {filter.Some(p).Where(p.F("_id").Eq(nil)), " compared:_id"},
		"in an Any":                       {filter.Some(p).Where(filter.Any{filter.Where(id), filter.Where(f("title").Eq("a"))}), " compared:_id"},
		"in a None in an Any":             {filter.Some(p).Where(filter.Any{filter.Where(filter.None(filter.Where(id)))}), " compared:_id"},
		"in a Surely":                     {filter.Some(p).Where(filter.Surely(filter.Where(id))), " compared:_id"},
		"two fields":                      {filter.Some(p).Where(id, p.F("name").Eq("a")), " compared:_id compared:name"},
		"another field, nested":           {filter.Some(p).Where(id, filter.None(filter.Where(p.F("name").Eq("a")))), " compared:_id compared:name"},
		"the first field again":           {filter.Some(p).Where(id, p.F("name").Eq("a"), id), " compared:_id compared:name"},
		"existence":                       {filter.Some(p).Where(p.Exists()), " exists"},
		"existence beside a comparison":   {filter.Some(p).Where(id, p.Exists()), " compared:_id exists"},
		"existence, nested":               {filter.Some(p).Where(id, filter.None(filter.Where(filter.Surely(filter.Where(p.Exists()))))), " compared:_id exists"},
		"IsNull":                          {filter.Some(p).Where(p.F("_id").IsNull()), " null"},
		"IsSet, nested":                   {filter.Some(p).Where(id, filter.Any{filter.Where(p.F("_id").IsSet())}), " compared:_id null"},
		"compared with a field":           {filter.Some(p).Where(p.F("_id").Eq(f("_id"))), " compared:_id with-field"},
		"another field compared with it":  {filter.Some(p).Where(id, f("title").Eq(p.F("name"))), " compared:_id compared:name with-field"},
		"another compared with it nested": {filter.Some(p).Where(filter.Any{filter.Where(f("title").Eq(p.F("name")))}), " compared:name with-field"},
		"two of its fields":               {filter.Some(p).Where(p.F("name").Lt(p.F("name"))), " compared:name with-field"},
		"an entity reached from it":       {filter.Some(p, books).Where(id, books.Exists()), " compared:_id followed:books"},
		"one reached from it, nested":     {filter.Some(p).Where(id, filter.None(filter.Some(books).Where(books.Exists()))), " compared:_id followed:books"},
		"by a through":                    {filter.Some(p, who, books).Where(who.Exists(), books.Exists()), " followed:books"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checked, err := s.Check(filter.For("Book", filter.Where(filter.None(c.clause))))
			require.NoError(t, err)
			require.Equal(t, c.want, facts(checked.Clauses()[0].Conditions[0].(relations.CheckedNone).Entities[0]))
		})
	}
}

func TestCheckTellsEntitiesOfTheSameNameApart(t *testing.T) {
	t.Parallel()
	p := publisher
	checked, err := mustNew(t, library()...).Check(filter.For("Book",
		filter.Some(p).Where(p.F("_id").Eq(hex)), filter.Some(p).Where(p.F("name").Eq("a")),
		filter.Where(filter.Any{filter.Some(p).Where(p.Exists()), filter.Some(p).Where(p.F("name").IsNull())})))
	require.NoError(t, err)
	clauses := checked.Clauses()
	require.Equal(t, " compared:_id", facts(clauses[0].Entities[0]))
	require.Equal(t, " compared:name", facts(clauses[1].Entities[0]))
	alternatives := clauses[2].Conditions[0].(relations.CheckedAny)
	require.Equal(t, " exists", facts(alternatives[0].Entities[0]))
	require.Equal(t, " null", facts(alternatives[1].Entities[0]))
}

func TestCheckFollowsThroughs(t *testing.T) {
	t.Parallel()
	x := filter.Reach("x", "chapter_authors")
	s := mustNew(t, library()...)
	checked, err := s.Check(filter.For("Book", filter.Some(x).Where(x.Exists())))
	require.NoError(t, err)
	path := checked.Clauses()[0].Entities[0].Paths[0]
	require.Same(t, checked.Resource(), path.From)
	require.Equal(t, "chapter_authors", path.Relation.Name)
	var hops []string
	for _, h := range path.Hops {
		hops = append(hops, h.From.Name+"."+h.Relation.Name+" "+h.To.Name)
	}
	require.Equal(t, []string{"Book.chapters Chapter", "Chapter.author Person"}, hops)
}

func TestTheZeroCheckedFilterDenies(t *testing.T) {
	t.Parallel()
	for _, f := range []*relations.CheckedFilter{nil, {}} {
		require.Equal(t, filter.Denied, f.Outcome())
		require.Equal(t, filter.Denied, f.Filter().Outcome())
		for _, rewrite := range []func(int) (*relations.CheckedFilter, error){f.Normalize, f.Expand} {
			out, err := rewrite(0)
			require.NoError(t, err)
			require.Equal(t, filter.Denied, out.Outcome())
		}
		bound, err := f.Bind(map[string]any{"x": 1})
		require.NoError(t, err)
		require.Equal(t, filter.Denied, bound.Outcome())
	}
}

func TestCheckedFiltersAreBoundLater(t *testing.T) {
	t.Parallel()
	s := mustNew(t, library()...)
	open, err := s.Check(filter.For("Book",
		filter.Some(publisher).Where(publisher.F("_id").Eq(filter.Param("id")), filter.None(filter.Where(f("title").In(filter.Param("titles"))))).As("own"),
		filter.Where(f("printed").Lt(filter.Param("day"))),
	))
	require.NoError(t, err)
	require.Equal(t, []string{"day", "id", "titles"}, open.Params())
	require.EqualError(t, open.Unbound(), `filter: Book, clause 1 "own", condition 1: p._id: parameter "id" is not bound: give it a value by mongoauthz.WithParameters, or Bind
filter: Book, clause 1 "own", condition 2, clause 1, condition 1: title: parameter "titles" is not bound: give it a value by mongoauthz.WithParameters, or Bind
filter: Book, clause 2, condition 1: printed: parameter "day" is not bound: give it a value by mongoauthz.WithParameters, or Bind`)
	require.ErrorIs(t, open.Unbound(), filter.ErrMalformed)

	half, err := open.Bind(map[string]any{"id": hex, "titles": []string{"a"}, "other": func() {}})
	require.NoError(t, err)
	require.Equal(t, []string{"day"}, half.Params())
	require.Len(t, open.Params(), 3, "the filter itself stays open")

	bound, err := half.Bind(map[string]any{"day": "2026-11-22T03:04:05Z"})
	require.NoError(t, err)
	require.Empty(t, bound.Params())
	require.NoError(t, bound.Unbound())
	params := map[string]any{"id": hex, "titles": []string{"a"}, "day": "2026-11-22T03:04:05Z"}
	written, err := open.Filter().Bind(params)
	require.NoError(t, err)
	at, err := s.Check(written)
	require.NoError(t, err)
	require.Equal(t, at.String(), bound.String(), "values are converted as literals are")
	again, err := bound.Bind(nil)
	require.NoError(t, err)
	require.Same(t, bound, again)

	normal, err := open.Normalize(0)
	require.NoError(t, err)
	normal, err = normal.Bind(params)
	require.NoError(t, err)
	want, err := at.Normalize(0)
	require.NoError(t, err)
	require.Equal(t, want.String(), normal.String())
	require.False(t, normal.AsWritten())
}

func TestBindOfACheckedFilterRefusesValuesThatDoNotFit(t *testing.T) {
	t.Parallel()
	open, err := mustNew(t, library()...).Check(book(f("_id").Eq(filter.Param("id")), f("title").In(filter.Param("titles")), f("pages").Lt(filter.Param("n"))))
	require.NoError(t, err)
	bound, err := open.Bind(map[string]any{"id": "secret", "titles": []any{"a", 1}, "n": filter.F("secret")})
	require.Nil(t, bound)
	require.ErrorIs(t, err, filter.ErrMalformed)
	require.EqualError(t, err, `filter: Book, clause 1, condition 1: _id: the text is not 24 hexadecimal digits
filter: Book, clause 1, condition 2: title, element 1: a BSON 32-bit integer is compared with a String field: pass a value of the declared type, or correct the declaration
filter: Book, clause 1, condition 3: pages: a filter.Field is no value to compare with`)
}

func ExampleCheckedFilter_Bind() {
	schema, err := relations.New(relations.Type{Name: "Book", Collection: "books", Fields: []relations.Field{
		{Name: "owner_id", Type: relations.ObjectID, Convert: relations.FromHex},
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	open, err := schema.Check(filter.For("Book", filter.Where(filter.F("owner_id").Eq(filter.Param("actor.id")))))
	if err != nil {
		fmt.Println(err)
		return
	}
	bound, err := open.Bind(map[string]any{"actor.id": "0123456789abcdef01234567"})
	fmt.Println(bound, err)
	_, err = open.Bind(map[string]any{"actor.id": "alice"})
	fmt.Println(err)
	fmt.Println(open.Unbound())
	// Output:
	// Book where owner_id = ObjectID(0123456789abcdef01234567) <nil>
	// filter: Book, clause 1, condition 1: owner_id: the text is not 24 hexadecimal digits
	// filter: Book, clause 1, condition 1: owner_id: parameter "actor.id" is not bound: give it a value by mongoauthz.WithParameters, or Bind
}
