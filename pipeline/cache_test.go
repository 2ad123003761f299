package pipeline_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/pipeline"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

func TestCachedPlansAreThoseCompiledAnew(t *testing.T) {
	t.Parallel()
	type of struct {
		schema *relations.Schema
		filter filter.Filter
	}
	var cases []of
	lib, management := library(t), caseManagement(t)
	for _, c := range goldenCases() {
		cases = append(cases, of{lib, c.filter})
	}
	for _, c := range resolutionCases() {
		cases = append(cases, of{management, c.filter})
	}
	r := newRedrawer(t, 1)
	hits, compiled := 0, 0
	for _, c := range cases {
		cache := pipeline.NewCache(c.schema, 0)
		checked, err := c.schema.Check(c.filter)
		if err != nil {
			continue
		}
		first := checked.Filter()
		for range 30 {
			f, err := c.schema.Check(r.filter(first))
			if err != nil {
				continue // an operator that takes no such value
			}
			hit, _ := cache.Keeps(f)
			want, errWant := pipeline.CompileChecked(f)
			got, errGot := cache.Compile(f)
			require.Equal(t, errWant, errGot)
			compiled++
			if hit {
				require.NoError(t, errGot)
				hits++
			}
			if errGot == nil {
				samePlan(t, r, c.schema, want, got)
			}
		}
	}
	require.Greater(t, hits, compiled/4)
	t.Logf("%d of %d plans were kept", hits, compiled)
}

// scoped is a schema with a parameter in a scope.
func scoped(tb testing.TB) *relations.Schema {
	tb.Helper()
	s, err := relations.New(
		relations.Type{
			Name: "Note", Collection: "notes",
			Fields:    []relations.Field{{Name: "_id", Type: relations.Number}, {Name: "tenant", Type: relations.String}, {Name: "kind", Type: relations.String}, {Name: "folder_id", Type: relations.Number}},
			Relations: []relations.Relation{{Name: "folder", Kind: relations.ReferencesOne, Type: "Folder", Keys: []relations.KeyPair{{Local: "folder_id"}}, Where: []relations.Constant{{Field: "kind", Value: "notes"}}}},
			Scope:     []filter.Condition{filter.F("tenant").Eq(filter.Param("tenant")), filter.F("kind").In([]string{"a", "b"})},
		},
		relations.Type{
			Name: "Folder", Collection: "folders",
			Fields: []relations.Field{{Name: "_id", Type: relations.Number}, {Name: "tenant", Type: relations.String}, {Name: "kind", Type: relations.String}, {Name: "name", Type: relations.String}},
			Scope:  []filter.Condition{filter.F("tenant").Eq(filter.Param("tenant"))},
		},
	)
	require.NoError(tb, err)
	return s
}

func TestCachedPlansHaveTheValuesBoundInScopes(t *testing.T) {
	t.Parallel()
	open := scoped(t)
	cache := pipeline.NewCache(open, 0)
	folder := filter.Reach("f", "folder")
	filters := func(value string) []filter.Filter {
		return []filter.Filter{
			filter.Allow("Note"),
			filter.For("Note", filter.Where(filter.F("tenant").Eq(value))),
			filter.For("Note", filter.Where(filter.F("kind").In([]string{"a", value}))),
			filter.For("Note", filter.Some(folder).Where(folder.F("name").Eq(value), folder.F("kind").Eq(value))),
			filter.For("Note", filter.Where(filter.None(filter.Some(folder).Where(folder.F("tenant").Eq(value))))),
		}
	}
	r := newRedrawer(t, 2)
	hits := 0
	for range 5 {
		for _, tenant := range []any{"t", "u", "notes", "a", nil} {
			s, err := open.Bind(map[string]any{"tenant": tenant})
			require.NoError(t, err)
			for _, value := range []string{"t", "v", "notes", "b"} {
				for _, f := range filters(value) {
					f, err := s.Check(f)
					require.NoError(t, err)
					if hit, _ := cache.Keeps(f); hit {
						hits++
					}
					want, err := pipeline.CompileChecked(f)
					require.NoError(t, err)
					got, err := cache.Compile(f)
					require.NoError(t, err)
					samePlan(t, r, s, want, got)
				}
			}
		}
	}
	require.Greater(t, hits, 400)
}

// The compiler makes one list of what several clauses compare one field with, in an order of its own.
func TestCachedPlansHaveTheListsThatClausesBecome(t *testing.T) {
	t.Parallel()
	s := library(t)
	cache := pipeline.NewCache(s, 0)
	owner, title := filter.F("owner"), filter.F("title")
	r := newRedrawer(t, 3)
	hits := 0
	for range 300 {
		v := func() string { return string(rune('a' + r.IntN(4))) }
		var f filter.Filter
		switch r.IntN(4) {
		case 0:
			f = filter.For("Book", filter.Where(owner.Eq(v())), filter.Where(owner.Eq(v())), filter.Where(owner.Eq(v())))
		case 1:
			f = filter.For("Book", filter.Where(owner.Eq(v()), title.Eq("x")), filter.Where(owner.In([]string{v()}), title.Eq("x")), filter.Where(title.Eq(v())))
		case 2:
			f = filter.For("Book", filter.Where(owner.Eq(v())), filter.Where(owner.In([]string{v(), v()})))
		default: // whether the third becomes one with the first two depends on its list
			f = filter.For("Book", filter.Where(owner.Eq(v()), title.Eq("x")), filter.Where(owner.Eq(v()), title.Eq("x")), filter.Where(owner.In([]string{v(), v()}), title.Eq("y")))
		}
		checked, err := s.Check(f)
		require.NoError(t, err)
		if hit, _ := cache.Keeps(checked); hit {
			hits++
		}
		want, err := pipeline.CompileChecked(checked)
		require.NoError(t, err)
		got, err := cache.Compile(checked)
		require.NoError(t, err)
		samePlan(t, r, s, want, got)
	}
	require.Greater(t, hits, 100)
}

func TestCacheTellsShapesApart(t *testing.T) {
	t.Parallel()
	s := library(t)
	where := func(c ...filter.Condition) filter.Filter { return filter.For("Book", filter.Where(c...)) }
	owner, tags, extra := filter.F("owner"), filter.F("tags"), filter.F("extra")
	paper, err := relations.New(relations.Type{
		Name: "Paper", Collection: "papers", Fields: []relations.Field{{Name: "_id", Type: relations.String}, {Name: "kind", Type: relations.String}},
		Scope: []filter.Condition{filter.F("kind").In([]string{"a", "b"})},
	})
	require.NoError(t, err)
	tests := map[string]struct {
		first, second filter.Filter
		same          bool
	}{
		"other values":                {where(owner.Eq("a")), where(owner.Eq("b")), true},
		"lists of two and of three":   {where(tags.Intersects([]string{"a", "b"})), where(tags.Intersects([]string{"c", "d", "e"})), true},
		"a list of one":               {where(tags.Intersects([]string{"a", "b"})), where(tags.Intersects([]string{"c"})), false},
		"an empty list":               {where(tags.Intersects([]string{"a", "b"})), where(tags.Intersects([]string{})), false},
		"a null in a list":            {where(tags.Intersects([]any{"a", "b"})), where(tags.Intersects([]any{"a", "b", nil})), false},
		"lists that are equal":        {where(tags.Intersects([]string{"a", "b"}), filter.F("labels").Intersects([]string{"c", "d"})), where(tags.Intersects([]string{"a", "b"}), filter.F("labels").Intersects([]string{"a", "b"})), false},
		"where the nulls are":         {where(tags.Intersects([]any{"a", "b", nil})), where(tags.Intersects([]any{"a", nil, "b"})), false},
		"a null":                      {where(owner.Eq("a")), where(owner.Eq(nil)), false},
		"another type":                {where(extra.Eq("a")), where(extra.Eq(1)), false},
		"types in a list":             {where(extra.In([]any{"a", "b"})), where(extra.In([]any{"a", bson.ObjectID{}})), false},
		"values that are equal":       {where(owner.Eq("a"), filter.F("title").Eq("b")), where(owner.Eq("a"), filter.F("title").Eq("a")), false},
		"a value that the schema has": {filter.For("Draft", filter.Where(filter.F("kind").Eq("a"))), filter.For("Draft", filter.Where(filter.F("kind").Eq("draft"))), false},
		"another text":                {where(owner.StartsWith("a")), where(owner.StartsWith("b")), false},
		"another label":               {filter.For("Book", filter.Where(owner.Eq("a")).As("x")), filter.For("Book", filter.Where(owner.Eq("a")).As("y")), false},
		"another operator":            {where(owner.Lt("a")), where(owner.Lte("a")), false},
		"a negation":                  {where(owner.Lt("a")), where(filter.Not(owner.Lt("a"))), false},
		"another field":               {where(owner.Eq("a")), where(filter.F("title").Eq("a")), false},
		"an Any and a None":           {where(filter.Any{filter.Where(owner.Eq("a"))}), where(filter.None(filter.Where(owner.Eq("a")))), false},
		"a list that the schema has": {
			filter.For("Paper", filter.Where(filter.F("kind").In([]string{"a", "c"}))), filter.For("Paper", filter.Where(filter.F("kind").In([]string{"a", "b"}))), false,
		},
		"labels that run into one another": {
			filter.For("Book", filter.Where(owner.Eq("a")).As("x"), filter.Where(tags.Contains("a")).As("yz")),
			filter.For("Book", filter.Where(owner.Eq("a")).As("xy"), filter.Where(tags.Contains("a")).As("z")), false,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := s
			if tt.first.Resource == "Paper" {
				s = paper
			}
			cache := pipeline.NewCache(s, 0)
			first, err := s.Check(tt.first)
			require.NoError(t, err)
			second, err := s.Check(tt.second)
			require.NoError(t, err)
			_, err = cache.Compile(first)
			require.NoError(t, err)
			kept, _ := cache.Keeps(first)
			require.True(t, kept)
			kept, _ = cache.Keeps(second)
			require.Equal(t, tt.same, kept)
		})
	}
}

func TestCacheKeepsNeitherErrorsNorWhatWasRewritten(t *testing.T) {
	t.Parallel()
	s := library(t)
	cache := pipeline.NewCache(s, 0)
	publisher := filter.Reach("p", "publisher")
	for name, f := range map[string]filter.Filter{
		"a parameter that is not bound":   filter.For("Book", filter.Where(filter.F("owner").Eq(filter.Param("x")))),
		"a shape that cannot be compiled": filter.For("Book", filter.Where(filter.F("owner").StartsWith(strings.Repeat("a", 1<<16)))),
	} {
		checked, err := s.Check(f)
		require.NoError(t, err, name)
		_, errWant := pipeline.CompileChecked(checked)
		_, err = cache.Compile(checked)
		require.Error(t, err, name)
		require.Equal(t, errWant, err, name)
	}
	// Normalised, it has the conditions of another filter, and other facts.
	checked, err := s.Check(filter.For("Book", filter.Some(publisher).Where(publisher.F("_id").Eq("a"), filter.Any{filter.Where(filter.True), filter.Where(publisher.F("name").Eq("a"))})))
	require.NoError(t, err)
	normal, err := checked.Normalize(0)
	require.NoError(t, err)
	want, err := pipeline.CompileChecked(checked)
	require.NoError(t, err)
	got, err := cache.Compile(normal)
	require.NoError(t, err)
	require.Equal(t, want.Stages(), got.Stages())
	_, err = cache.Compile(nil)
	require.ErrorIs(t, err, filter.ErrMalformed)
	hit, plans := cache.Keeps(normal)
	require.False(t, hit)
	require.Zero(t, plans)
}

func TestCacheIsBounded(t *testing.T) {
	t.Parallel()
	s := library(t)
	const most = 10
	cache := pipeline.NewCache(s, most)
	kept := func(label string) bool {
		f, err := s.Check(filter.For("Book", filter.Where(filter.F("owner").Eq("a")).As(label)))
		require.NoError(t, err)
		hit, plans := cache.Keeps(f)
		require.LessOrEqual(t, plans, most)
		_, err = cache.Compile(f)
		require.NoError(t, err)
		return hit
	}
	kept("often")
	for i := range 10 * most {
		require.False(t, kept(fmt.Sprint("once ", i)))
		require.True(t, kept("often"))
	}
	var many filter.Filter
	many.Resource = "Book"
	for i := range 200 {
		many.Clauses = append(many.Clauses, filter.Where(filter.F("owner").Eq(fmt.Sprint(i))))
	}
	checked, err := s.Check(many)
	require.NoError(t, err)
	_, err = cache.Compile(checked)
	require.NoError(t, err)
	hit, _ := cache.Keeps(checked)
	require.False(t, hit, "too large to be kept")
}

func TestCacheServesManyAtOnce(t *testing.T) {
	t.Parallel()
	s := caseManagement(t)
	cache := pipeline.NewCache(s, 2)
	checked, err := s.Check(resolutionCases()[0].filter)
	require.NoError(t, err)
	first := checked.Filter()
	var wg sync.WaitGroup
	for i := range 8 {
		r := newRedrawer(t, uint64(i))
		wg.Go(func() {
			for range 30 {
				f, err := s.Check(r.filter(first))
				if err != nil {
					t.Error(err)
					continue
				}
				want, errWant := pipeline.CompileChecked(f)
				got, errGot := cache.Compile(f)
				if errWant != nil || errGot != nil {
					t.Error(errWant, errGot)
					continue
				}
				samePlan(t, r, s, want, got)
			}
		})
	}
	wg.Wait()
}

// FuzzCachedPlans compiles filters read from JSON, and the same with other values.
func FuzzCachedPlans(f *testing.F) {
	schema := library(f)
	for _, c := range goldenCases() {
		js, err := json.Marshal(c.filter)
		require.NoError(f, err)
		f.Add(js, uint64(1))
	}
	f.Fuzz(func(t *testing.T, js []byte, seed uint64) {
		var flt filter.Filter
		if json.Unmarshal(js, &flt) != nil {
			return
		}
		first, err := schema.Check(flt)
		if err != nil {
			return
		}
		cache, r := pipeline.NewCache(schema, 0), newRedrawer(t, seed)
		for checked := first; err == nil; checked, err = schema.Check(r.filter(first.Filter())) {
			want, errWant := pipeline.CompileChecked(checked)
			got, errGot := cache.Compile(checked)
			require.Equal(t, errWant, errGot)
			if errWant == nil {
				samePlan(t, r, schema, want, got)
			}
			if r.IntN(8) == 0 {
				return
			}
		}
	})
}

func ExampleCache() {
	schema := bookSchema()
	cache := pipeline.NewCache(schema, 0)
	for _, country := range []string{"NZ", "PT"} {
		publisher := filter.Reach("p", "publisher")
		f, err := schema.Check(filter.For("Book", filter.Some(publisher).Where(publisher.F("country").Eq(country))))
		if err != nil {
			fmt.Println(err)
			return
		}
		plan, err := cache.Compile(f) // compiled once, for both
		if err != nil {
			fmt.Println(err)
			return
		}
		printStages(plan.Stages()[2:3])
	}
	// Output:
	// {"$match":{"publisher_id":{"$ne":null,"$not":{"$type":"array"}},"__authz_0":{"$elemMatch":{"country":{"$eq":"NZ"}}}}}
	// {"$match":{"publisher_id":{"$ne":null,"$not":{"$type":"array"}},"__authz_0":{"$elemMatch":{"country":{"$eq":"PT"}}}}}
}

func TestAPlanInALogShowsNoValues(t *testing.T) {
	t.Parallel()
	s := library(t)
	f, err := s.Check(filter.For("Book", filter.Where(filter.F("owner").Eq("SECRET"))))
	require.NoError(t, err)
	p, err := pipeline.NewCache(s, 0).Compile(f)
	require.NoError(t, err)
	var out bytes.Buffer
	slog.New(slog.NewTextHandler(&out, nil)).Info("compiled", "plan", p)
	text := out.String() + fmt.Sprintf("%v %s", p, p)
	require.NotContains(t, text, "SECRET")
	require.NotContains(t, text, "83 69 67 82 69 84", "its bytes")
	require.Contains(t, text, "owner")
}

func TestACacheKeepsItsOwnOptions(t *testing.T) {
	t.Parallel()
	s, opts := library(t), []pipeline.Option{pipeline.WithLimit(1)}
	cache := pipeline.NewCache(s, 0, opts...)
	opts[0] = pipeline.WithLimit(1000)
	f, err := s.Check(filter.For("Book", filter.Where(filter.F("owner").Eq("a"), filter.F("title").Eq("b"))))
	require.NoError(t, err)
	_, err = cache.Compile(f)
	require.ErrorIs(t, err, filter.ErrLimit)
}
