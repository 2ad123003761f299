package mongoauthz_test

import (
	"context"
	"errors"
	"testing"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
	"github.com/stretchr/testify/require"
)

type person struct{ name string }

func TestAPolicyForATypeRefusesOtherActors(t *testing.T) {
	t.Parallel()
	var asked any
	byValue := mongoauthz.PolicyFor(func(_ context.Context, actor person, _, _ string) (filter.Filter, error) {
		asked = actor
		return allowed, nil
	})
	byPointer := mongoauthz.PolicyFor(func(_ context.Context, actor *person, _, _ string) (filter.Filter, error) {
		asked = actor
		return allowed, nil
	})
	byAny := mongoauthz.PolicyFor(func(_ context.Context, actor any, _, _ string) (filter.Filter, error) {
		asked = actor
		return allowed, nil
	})
	ann := person{"ann"}
	var nobody *person
	for name, tt := range map[string]struct {
		policy mongoauthz.Policy
		actor  any
		asked  any    // what the function got
		text   string // of the error
	}{
		"a value":   {byValue, ann, ann, ""},
		"a pointer": {byPointer, &ann, &ann, ""},
		"a pointer, to value": {byValue, &ann, nil, "mongoauthz: actor: is a *mongoauthz_test.person, and the policy takes a mongoauthz_test.person: " +
			"hand in a mongoauthz_test.person, or make the policy by PolicyFor of the other type"},
		"a value, to pointer": {byPointer, ann, nil, "is a mongoauthz_test.person, and the policy takes a *mongoauthz_test.person"},
		"a text":              {byValue, "ann", nil, "is a string"},
		"nobody, to value":    {byValue, nil, nil, "is a <nil>"},
		"nobody, to pointer":  {byPointer, nil, nobody, ""},
		"nobody, to any":      {byAny, nil, nil, ""},
		"anybody":             {byAny, 7, 7, ""},
	} {
		asked = nil
		az := authorizer(t, tt.policy)
		_, err := az.AuthorizedQuery(t.Context(), tt.actor, "read", "Book")
		if tt.text != "" {
			require.ErrorIs(t, err, mongoauthz.ErrArgument, name)
			require.ErrorContains(t, err, tt.text, name)
		} else {
			require.NoError(t, err, name)
		}
		require.Equal(t, tt.asked, asked, name)
	}
	_, err := mongoauthz.New(database(t), library(t), mongoauthz.PolicyFor[person](nil))
	require.ErrorIs(t, err, mongoauthz.ErrArgument)
}

func TestAnActionThatIsNotDeclaredIsAnError(t *testing.T) {
	t.Parallel()
	az := authorizer(t, answers(allowed), mongoauthz.WithActions("Book", "update", "lend"))
	_, err := az.AuthorizedQuery(t.Context(), "ann", "raed", "Book")
	require.ErrorContains(t, err, `mongoauthz: unknown action "raed" of a Book: it has update, lend; correct the name, or declare the action by WithActions`)
	book := mongoauthz.Document("Book", PublicBook{true})
	for _, err := range []error{
		err,
		az.Authorize(t.Context(), "ann", "raed", book),
		az.Authorize(t.Context(), "ann", "raed", mongoauthz.ID("Book", 1)),
		az.AuthorizeNew(t.Context(), "ann", "raed", book),
		second(az.Explain(t.Context(), "ann", "raed", book)),
		second(mongoauthz.FilterAuthorized(t.Context(), az, "ann", "raed", "Book", []PublicBook{{true}})),
		second(mongoauthz.FindOne[PublicBook](t.Context(), az, "ann", "raed", mongoauthz.ID("Book", 1))),
	} {
		require.ErrorIs(t, err, mongoauthz.ErrUnknownAction)
		unknown, ok := errors.AsType[*mongoauthz.UnknownActionError](err)
		require.True(t, ok)
		require.Equal(t, &mongoauthz.UnknownActionError{Action: "raed", Resource: "Book", Declared: []string{"update", "lend"}}, unknown)
	}
	for _, known := range []string{"lend", "update", "read"} {
		require.NoError(t, az.Authorize(t.Context(), "ann", known, book), known)
	}
	_, err = authorizer(t, answers(allowed)).AuthorizedQuery(t.Context(), "ann", "raed", "Book")
	require.NoError(t, err, "where no actions are declared, all are known")
}
