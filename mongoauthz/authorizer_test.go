package mongoauthz_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
	"github.com/mongoauthz/go-mongoauthz/pipeline"
	"github.com/mongoauthz/go-mongoauthz/relations"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

func TestNewRefusesWhatCannotBeUsed(t *testing.T) {
	t.Parallel()
	db, schema, policy := database(t), library(t), answers(denied)
	english := options.Collation{Locale: "en"}
	tests := map[string]struct {
		db     *mongo.Database
		schema *relations.Schema
		policy mongoauthz.Policy
		opts   []mongoauthz.Option
		name   string
	}{
		"no database":              {nil, schema, policy, nil, "db"},
		"no schema":                {db, nil, policy, nil, "schema"},
		"no policy":                {db, schema, nil, nil, "policy"},
		"no function":              {db, schema, mongoauthz.PolicyFunc(nil), nil, "policy"},
		"no option":                {db, schema, policy, []mongoauthz.Option{nil}, "opts"},
		"no parameters' function":  {db, schema, policy, []mongoauthz.Option{mongoauthz.WithParameters(nil)}, "WithParameters"},
		"no logger":                {db, schema, policy, []mongoauthz.Option{mongoauthz.WithLogger(nil)}, "WithLogger"},
		"no time":                  {db, schema, policy, []mongoauthz.Option{mongoauthz.WithTimeLimit(0)}, "WithTimeLimit"},
		"negative time":            {db, schema, policy, []mongoauthz.Option{mongoauthz.WithTimeLimit(-time.Second)}, "WithTimeLimit"},
		"no conditions":            {db, schema, policy, []mongoauthz.Option{mongoauthz.WithLimit(0)}, "WithLimit"},
		"a collation of no locale": {db, schema, policy, []mongoauthz.Option{mongoauthz.WithCollation(options.Collation{Strength: 1})}, "WithCollation"},
		"a stage without its $":    {db, schema, policy, []mongoauthz.Option{mongoauthz.WithStages("lookup")}, "WithStages"},
		"a collation and none":     {db, schema, policy, []mongoauthz.Option{mongoauthz.WithoutCollation(), mongoauthz.WithCollation(english)}, "WithoutCollation"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			az, err := mongoauthz.New(tt.db, tt.schema, tt.policy, tt.opts...)
			require.Nil(t, az)
			require.ErrorIs(t, err, mongoauthz.ErrArgument)
			var bad *mongoauthz.ArgumentError
			require.ErrorAs(t, err, &bad)
			require.Equal(t, tt.name, bad.Name)
		})
	}
}

func TestPolicyIsAskedForTheActorTheActionAndTheType(t *testing.T) {
	t.Parallel()
	type key struct{}
	ctx := context.WithValue(t.Context(), key{}, "here")
	az := authorizer(t, mongoauthz.PolicyFunc(func(ctx context.Context, actor any, action, resource string) (filter.Filter, error) {
		require.Equal(t, "here", ctx.Value(key{}))
		require.Equal(t, []any{7, "update", "Book"}, []any{actor, action, resource})
		return conditional, nil
	}))
	q, err := az.AuthorizedQuery(ctx, 7, "update", "Book")
	require.NoError(t, err)
	require.Equal(t, filter.Conditional, q.Outcome())
	require.Equal(t, "books", q.Collection().Name())
	require.Equal(t, "Book", q.Resource())
}

func TestOutcomesAreNeverSpelledByEmptiness(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		filter   filter.Filter
		outcome  filter.Outcome
		pipeline string
	}{
		"denied":          {denied, filter.Denied, `[{"$match":{"_id":{"$in":[]}}}]`},
		"the zero filter": {filter.Filter{}, filter.Denied, `[{"$match":{"_id":{"$in":[]}}}]`},
		"allowed":         {allowed, filter.Allowed, `[{"$match":{}}]`},
		"conditional":     {conditional, filter.Conditional, `[{"$match":{"public":{"$eq":true}}}]`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			q, err := authorizer(t, answers(tt.filter)).AuthorizedQuery(t.Context(), nil, "read", "Book")
			require.NoError(t, err)
			require.Equal(t, tt.outcome, q.Outcome())
			require.Equal(t, tt.pipeline, text(t, q.Pipeline()))
		})
	}
}

func TestAuthorizedQueryFailsClosed(t *testing.T) {
	t.Parallel()
	gone := errors.New("the policy store is gone")
	fails := mongoauthz.PolicyFunc(func(context.Context, any, string, string) (filter.Filter, error) { return allowed, gone })
	param := answers(filter.For("Book", filter.Where(filter.F("title").Eq(filter.Param("actor.title")))))
	parameters := func(values map[string]any, err error) []mongoauthz.Option {
		return []mongoauthz.Option{mongoauthz.WithParameters(func(context.Context, any) (map[string]any, error) { return values, err })}
	}
	tests := map[string]struct {
		policy   mongoauthz.Policy
		opts     []mongoauthz.Option
		resource string
		is       error
	}{
		"an unknown type":                     {answers(denied), nil, "Bok", mongoauthz.ErrUnknownResource},
		"an empty type":                       {answers(denied), nil, "", mongoauthz.ErrUnknownResource},
		"a type that is only embedded":        {answers(denied), nil, "Chapter", mongoauthz.ErrUnknownResource},
		"an error beside a filter":            {fails, nil, "Book", gone},
		"a filter for another type":           {answers(filter.Allow("Publisher")), nil, "Book", filter.ErrMalformed},
		"a denial for another type":           {answers(filter.Deny("Publisher")), nil, "Book", filter.ErrMalformed},
		"a filter for no type":                {answers(filter.Allow("")), nil, "Book", filter.ErrMalformed},
		"an unknown field":                    {answers(filter.For("Book", filter.Where(filter.F("owner").Eq(1)))), nil, "Book", filter.ErrMalformed},
		"no condition":                        {answers(filter.For("Book", filter.Where(nil))), nil, "Book", filter.ErrMalformed},
		"a parameter and nobody to bind it":   {param, nil, "Book", filter.ErrMalformed},
		"a parameter without a value":         {param, parameters(nil, nil), "Book", filter.ErrMalformed},
		"a parameter of another type":         {param, parameters(map[string]any{"actor.title": 5}, nil), "Book", filter.ErrMalformed},
		"an error beside parameters":          {param, parameters(map[string]any{"actor.title": "x"}, gone), "Book", gone},
		"a scope's parameter without a value": {answers(filter.Allow("Note")), parameters(nil, nil), "Note", filter.ErrMalformed},
		"a scope's parameter that is a regex": {answers(filter.Allow("Note")), parameters(map[string]any{"tenant": 5}, nil), "Note", filter.ErrMalformed},
		"more conditions than the limit": {
			answers(filter.For("Book", filter.Where(filter.F("title").Eq("a"), filter.F("pages").Gt(1)))),
			[]mongoauthz.Option{mongoauthz.WithLimit(1)}, "Book", filter.ErrLimit,
		},
		"a helper prefix that is a path": {answers(conditional), []mongoauthz.Option{mongoauthz.WithHelperPrefix("a.b")}, "Book", pipeline.ErrUnsupported},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			q, err := authorizer(t, tt.policy, tt.opts...).AuthorizedQuery(t.Context(), "ann", "read", tt.resource)
			require.ErrorIs(t, err, tt.is)
			require.Nil(t, q)
		})
	}
}

func TestErrorsSayWhatAndWhere(t *testing.T) {
	t.Parallel()
	_, err := authorizer(t, answers(filter.Allow("Publisher"))).AuthorizedQuery(t.Context(), nil, "read", "Book")
	require.EqualError(t, err, `mongoauthz: authorized query, "read" of "Book": filter: Book: the policy's filter is for resource type "Publisher": return one for the type that was asked for`)

	_, err = authorizer(t, answers(denied)).AuthorizedQuery(t.Context(), nil, "read", "Bok")
	var unknown *mongoauthz.UnknownResourceError
	require.ErrorAs(t, err, &unknown)
	require.Equal(t, "Bok", unknown.Resource)
	require.EqualError(t, err, `mongoauthz: resource type "Bok" is not in the schema: declare it there, or correct the name`)

	_, err = mongoauthz.New(nil, nil, nil)
	require.EqualError(t, err, "mongoauthz: db: is nil")

	_, err = query(t, conditional).Append(nil)
	require.EqualError(t, err, "mongoauthz: stage 1: a stage has one field, its name")

	secret := answers(filter.For("Book", filter.Where(filter.F("pages").Eq("hunter2"))))
	_, err = authorizer(t, secret).AuthorizedQuery(t.Context(), "hunter2", "read", "Book")
	require.ErrorContains(t, err, "pages")
	require.NotContains(t, err.Error(), "hunter2")
}

func TestParametersReachTheFilterAndTheScopes(t *testing.T) {
	t.Parallel()
	type actor struct{ tenant, title string }
	bind := mongoauthz.WithParameters(func(_ context.Context, a any) (map[string]any, error) {
		who := a.(actor)
		return map[string]any{"tenant": who.tenant, "title": who.title, "unused": 1}, nil
	})
	policy := mongoauthz.PolicyFunc(func(_ context.Context, _ any, _, resource string) (filter.Filter, error) {
		if resource == "Note" {
			return filter.Allow("Note"), nil
		}
		return filter.For("Book", filter.Where(filter.F("title").Eq(filter.Param("title")))), nil
	})
	az := authorizer(t, policy, bind)
	for _, who := range []actor{{"t1", "a"}, {"t2", "b"}} {
		q, err := az.AuthorizedQuery(t.Context(), who, "read", "Book")
		require.NoError(t, err)
		require.Equal(t, `[{"$match":{"title":{"$eq":"`+who.title+`"}}}]`, text(t, q.Pipeline()))

		q, err = az.AuthorizedQuery(t.Context(), who, "read", "Note")
		require.NoError(t, err)
		require.Equal(t, `[{"$match":{"tenant":{"$eq":"`+who.tenant+`"}}}]`, text(t, q.Pipeline()))
		require.Equal(t, filter.Allowed, q.Outcome())
	}
}

func TestHelperPrefixIsUsed(t *testing.T) {
	t.Parallel()
	require.Contains(t, text(t, query(t, joined, mongoauthz.WithHelperPrefix("zz")).Pipeline()), `"as":"zz`)
}

func TestAuthorizerNotMadeByNewFails(t *testing.T) {
	t.Parallel()
	var none *mongoauthz.Authorizer
	for _, az := range []*mongoauthz.Authorizer{none, {}} {
		_, err := az.AuthorizedQuery(t.Context(), nil, "read", "Book")
		require.ErrorIs(t, err, mongoauthz.ErrArgument)
		require.ErrorIs(t, az.Verify(t.Context()), mongoauthz.ErrArgument)
		_, err = mongoauthz.Find[Book](t.Context(), az, nil, "read")
		require.ErrorIs(t, err, mongoauthz.ErrArgument)
	}
}

func TestNilContextIsTheBackground(t *testing.T) {
	t.Parallel()
	var none context.Context
	az := authorizer(t, answers(conditional), mongoauthz.WithTimeLimit(time.Second), mongoauthz.WithLogger(slog.New(slog.DiscardHandler)))
	q, err := az.AuthorizedQuery(none, nil, "read", "Book")
	require.NoError(t, err)
	_, err = q.Count(none)
	require.Error(t, err, "no server")
}
