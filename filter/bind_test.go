package filter_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	. "github.com/mongoauthz/go-mongoauthz/filter"
)

// nested is a filter that holds the conditions at every kind of place.
func nested(conditions ...Condition) Filter {
	p := Reach("p", "publisher")
	return For("Book",
		Where(conditions...),
		Some(p).Where(p.F("name").Eq(1), Any{Where(conditions...), Where(None(Where(conditions...)))}),
		Where(None(Some(Reach("l", "loan")).Where(conditions...))),
	)
}

func TestBindReplacesTheParametersGivenEverywhere(t *testing.T) {
	t.Parallel()
	f := nested(F("a").Eq(Param("x")), F("b").In(Param("y")), F("c").Eq(F("d")), F("e").IsNull())
	require.Equal(t, []string{"x", "y"}, f.Params())

	g, err := f.Bind(map[string]any{"x": "$gt", "z": 1})
	require.NoError(t, err)
	require.Equal(t, nested(F("a").Eq("$gt"), F("b").In(Param("y")), F("c").Eq(F("d")), F("e").IsNull()), g)
	require.Equal(t, []string{"y"}, g.Params())

	h, err := g.Bind(map[string]any{"y": []int{1}, "x": 2})
	require.NoError(t, err)
	require.Equal(t, nested(F("a").Eq("$gt"), F("b").In([]int{1}), F("c").Eq(F("d")), F("e").IsNull()), h)
	require.Empty(t, h.Params())

	require.Equal(t, nested(F("a").Eq(Param("x")), F("b").In(Param("y")), F("c").Eq(F("d")), F("e").IsNull()), f, "the input is untouched")
}

func TestBindTakesNullAsAValue(t *testing.T) {
	t.Parallel()
	g, err := For("Book", Where(F("team").Eq(Param("team")))).Bind(map[string]any{"team": nil})
	require.NoError(t, err)
	require.Equal(t, For("Book", Where(F("team").Eq(nil))), g)
}

func TestBindRefusesOperandsAndConditionsAsValues(t *testing.T) {
	t.Parallel()
	for _, v := range []any{F("secret"), Param("secret"), Literal{Value: "secret"}, F("secret").IsNull(), Any{}, None{}} {
		f, err := nested(F("a").Eq(Param("x"))).Bind(map[string]any{"x": v})
		require.ErrorIs(t, err, ErrMalformed)
		require.Contains(t, err.Error(), "parameter x")
		require.NotContains(t, err.Error(), "secret")
		require.Equal(t, Denied, f.Outcome())
	}
}
