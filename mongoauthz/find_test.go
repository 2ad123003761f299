package mongoauthz_test

import (
	"context"
	"testing"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
)

type (
	Book       struct{ Title string }
	Volume     struct{ Title string }
	Tome       struct{ Title string }
	Box[T any] struct{ In T }
)

func (Volume) ResourceType() string { return "Book" }
func (*Tome) ResourceType() string  { return "Book" }

func TestAuthorizedResourcesKnowTheirTypeByName(t *testing.T) {
	t.Parallel()
	var asked string
	az := authorizer(t, mongoauthz.PolicyFunc(func(_ context.Context, _ any, _, resource string) (filter.Filter, error) {
		asked = resource
		return filter.Filter{}, context.Canceled // far enough
	}))
	for name, get := range map[string]func() error{
		"a struct":                      resources[Book](az),
		"a pointer":                     resources[*Book](az),
		"a type that says so":           resources[Volume](az),
		"a pointer to one that says so": resources[*Volume](az),
		"a type whose pointer says so":  resources[Tome](az),
		"a pointer that says so":        resources[*Tome](az),
	} {
		t.Run(name, func(t *testing.T) {
			asked = ""
			require.ErrorIs(t, get(), context.Canceled)
			require.Equal(t, "Book", asked)
		})
	}
	for name, get := range map[string]func() error{
		"a type not in the schema": resources[bson.D](az),
		"a type without a name":    resources[map[string]any](az),
		"a type of types":          resources[Box[Book]](az),
		"a pointer to a pointer":   resources[**Book](az),
		"anything":                 resources[any](az),
	} {
		t.Run(name, func(t *testing.T) {
			asked = ""
			require.ErrorIs(t, get(), mongoauthz.ErrUnknownResource)
			require.Empty(t, asked)
		})
	}
}

func resources[T any](az *mongoauthz.Authorizer) func() error {
	return func() error {
		_, err := mongoauthz.Find[T](context.Background(), az, nil, "read")
		return err
	}
}
