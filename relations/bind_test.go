package relations_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

const hex = "0123456789abcdef01234567"

// tenants is the library where people belong to a tenant, and books may be tagged.
func tenants() []relations.Type {
	types := edit("Person", func(t *relations.Type) {
		t.Scope = []filter.Condition{f("tenant").Eq(filter.Param("tenant")), filter.None(filter.Where(f("deleted").Eq(true)))}
	})
	types[1].Scope = []filter.Condition{filter.Any{filter.Where(f("tags").Intersects(filter.Param("tags"))), filter.Where(f("tags").SubsetOf([]string{}))}}
	return types
}

func TestBindReplacesTheParametersOfScopes(t *testing.T) {
	t.Parallel()
	open := mustNew(t, tenants()...)
	bound, err := open.Bind(map[string]any{"tenant": hex, "tags": []string{"a"}, "unused": func() {}})
	require.NoError(t, err)

	id, err := bson.ObjectIDFromHex(hex)
	require.NoError(t, err)
	typ, _ := bound.Type("Person")
	require.Equal(t, []filter.Condition{f("tenant").Eq(value(t, id)), filter.None(filter.Where(f("deleted").Eq(value(t, true))))}, typ.Scope)
	typ, _ = bound.Type("Book")
	require.Equal(t, []filter.Condition{filter.Any{
		filter.Where(f("tags").Intersects([]bson.RawValue{value(t, "a")})), filter.Where(f("tags").SubsetOf([]bson.RawValue{})),
	}}, typ.Scope)

	require.Equal(t, mustNew(t, tenants()...), open, "the schema itself stays open")
	again, err := bound.Bind(nil)
	require.NoError(t, err)
	require.Same(t, bound, again, "nothing left to bind")
	_, err = bound.Check(filter.Allow("Book"))
	require.NoError(t, err)
}

func TestBindWithoutParametersReturnsTheSchema(t *testing.T) {
	t.Parallel()
	s := mustNew(t, library()...)
	bound, err := s.Bind(map[string]any{"tenant": 1})
	require.NoError(t, err)
	require.Same(t, s, bound)
}

func TestBindRefusesValuesThatDoNotFit(t *testing.T) {
	t.Parallel()
	s, err := mustNew(t, tenants()...).Bind(map[string]any{"tenant": "secret", "tags": "a"})
	require.Nil(t, s)
	require.ErrorIs(t, err, filter.ErrMalformed)
	require.EqualError(t, err, `filter: scope of Book, condition 1, clause 1, condition 1: tags: Intersects takes a list of values: pass a slice
filter: scope of Person, condition 1: tenant: the text is not 24 hexadecimal digits`)
}

func TestCheckRefusesTypesWhoseScopeIsNotBound(t *testing.T) {
	t.Parallel()
	bound, err := mustNew(t, tenants()...).Bind(map[string]any{"tags": []string{}})
	require.NoError(t, err)
	some := func(e ...filter.Entity) filter.Filter {
		return filter.For("Book", filter.Some(e...).Where(e[len(e)-1].Exists()))
	}
	for name, refused := range map[string]filter.Filter{
		"the resource":    filter.Allow("Person"),
		"a reached one":   some(author),
		"a free one":      some(person),
		"behind an array": some(filter.Reach("x", "chapter_authors")),
		"on the way":      filter.For("Publisher", filter.Some(filter.Reach("a", "authors")).Where(filter.Exists{Entity: "a"})),
		"in a None":       book(filter.None(filter.Some(author).Where(author.Exists()))),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := bound.Check(refused)
			require.ErrorIs(t, err, filter.ErrMalformed)
			require.ErrorContains(t, err, `the scope of Person has an unbound parameter "tenant": give it a value by mongoauthz.WithParameters, or Schema.Bind`)
		})
	}
	_, err = bound.Check(filter.For("Book", filter.Some(publisher, chapter).Where(publisher.Exists(), chapter.Exists())))
	require.NoError(t, err, "a filter that meets no such type")
}
