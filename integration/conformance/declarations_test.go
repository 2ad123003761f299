package conformance_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mongoauthz/go-mongoauthz/relations"
)

// A declaration that cannot mean anything is refused, with the type and the field that it is about.
func TestRefusedDeclarations(t *testing.T) {
	t.Parallel()
	user := typ("User", "users", strs("name"), nums("n"), list("codes", relations.String), list("names", relations.String))
	for _, c := range []struct {
		name  string
		types types
		typ   string
		field string
	}{
		{"a relation by keys of unequal types", types{user, typ("A", "a", nums("key"), one("user", "User", "key"))}, "A", "user"},
		{"a relation with two lists on the local side", types{user, typ("A", "a", list("k", relations.String), list("l", relations.String), many("users", "User", "k=_id l=name"))}, "A", "users"},
		{"references one by a list", types{user, typ("A", "a", list("k", relations.String), one("user", "User", "k"))}, "A", "user"},
		{"references many by one value", types{user, typ("A", "a", strs("k"), many("users", "User", "k"))}, "A", "users"},
		{"a local key in an array of documents", types{user, typ("I", "", strs("k")), typ("A", "a", embedsMany("items", "I"), one("user", "User", "items.k"))}, "A", "user"},
		{"a relation by an undeclared key", types{user, typ("A", "a", one("user", "User", "key"))}, "A", "user"},
		{"a relation to an unknown type", types{typ("A", "a", strs("k"), one("user", "User", "k"))}, "A", "user"},
		{"a join with a type that lives in no collection", types{typ("I", "", strs("_id")), typ("A", "a", strs("k"), one("i", "I", "k=_id"))}, "A", "i"},
		{"a through that contains itself", types{user, typ("A", "a", through("x", "x", "x"))}, "A", "x"},
		{"two throughs that contain each other", types{user, typ("A", "a", strs("k"), one("a", "A", "k"), through("x", "a", "y"), through("y", "a", "x"))}, "A", "x"},
		{"a through of one hop", types{user, typ("A", "a", strs("k"), one("user", "User", "k"), through("x", "user"))}, "A", "x"},
		{"a through by an unknown hop", types{user, typ("A", "a", strs("k"), one("user", "User", "k"), through("x", "user", "boss"))}, "A", "x"},
		{"a document that embeds itself", types{typ("A", "a", embedsOne("self", "A"))}, "A", "self"},
		{"documents that embed each other", types{typ("A", "a", embedsOne("i", "I")), typ("I", "", embedsOne("j", "J")), typ("J", "", embedsOne("i", "I"))}, "J", "i"},
		{"a constant that does not fit its field", types{user, typ("A", "a", strs("k"), one("user", "User", "k", far("n", "x")))}, "A", "user"},
		{"a constant of null", types{user, typ("A", "a", strs("k"), one("user", "User", "k", near("k", nil)))}, "A", "user"},
		{"a field with the reserved prefix", types{typ("A", "a", strs("__authz_0"))}, "A", "__authz_0"},
		{"a field that begins with $", types{typ("A", "a", strs("$where"))}, "A", "$where"},
		{"a field with a dot", types{typ("A", "a", strs("a.b"))}, "A", "a.b"},
		{"a field that is a number", types{typ("A", "a", strs("0"))}, "A", "0"},
		{"a field declared twice", types{typ("A", "a", strs("x x"))}, "A", "x"},
		{"a field and a relation of one name", types{typ("A", "a", strs("x"), embedsOne("x", "I")), typ("I", "")}, "A", "x"},
		{"a field of no type", types{typ("A", "a", fields(0, "x"))}, "A", "x"},
		{"absent means empty for one value", types{typ("A", "a", absentEmpty(strs("x")[0]))}, "A", "x"},
		{"two types of one name", types{user, user}, "User", ""},
		{"a scope with a join", types{user, typ("A", "a", strs("k"), one("user", "User", "k"), none(some(root.Reach("u", "user"))))}, "A", ""},
		{"a scope by an undeclared field", types{typ("A", "a", f("tenant").Eq("x"))}, "A", ""},
		{"a scope with a value that does not fit", types{typ("A", "a", bools("deleted"), f("deleted").Eq("no"))}, "A", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := relations.New(c.types...)
			require.ErrorIs(t, err, relations.ErrSchema)
			require.Nil(t, s)
			found := false
			var walk func(error)
			walk = func(err error) {
				if joined, ok := err.(interface{ Unwrap() []error }); ok {
					for _, e := range joined.Unwrap() {
						walk(e)
					}
					return
				}
				var bad *relations.SchemaError
				require.ErrorAs(t, err, &bad)
				require.NotEmpty(t, bad.Problem)
				found = found || bad.Type == c.typ && bad.Field == c.field
			}
			walk(err)
			require.True(t, found, "%v", err)
		})
	}
	t.Run("every problem at once", func(t *testing.T) {
		_, err := relations.New(typ("A", "a", strs("$x 0")), typ("B", "b", embedsOne("b", "B")))
		var joined interface{ Unwrap() []error }
		require.True(t, errors.As(err, &joined))
		require.Len(t, joined.Unwrap(), 3)
	})
}
