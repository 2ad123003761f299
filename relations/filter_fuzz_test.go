package relations_test

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	. "github.com/mongoauthz/go-mongoauthz/filter"
)

// hostileNames are seeds for what stands in a filter by name, or as a value.
var hostileNames = []string{
	"a", "", "actor.id", "$where", "a\nb", "x  (label)", "\xff", "\u202e", `"`, "none(a)", "é", "a = 1 or b", strings.Repeat("x", 300), "…",
}

// FuzzText writes filters as text. No name breaks a line, two values look alike when redacted, and
// the text of a filter is that of the filter read from its JSON.
func FuzzText(f *testing.F) {
	r := rand.New(rand.NewPCG(5, 6))
	for i, name := range hostileNames {
		f.Add(randomBytes(r), name, hostileNames[len(hostileNames)-1-i])
	}
	f.Fuzz(func(t *testing.T, b []byte, name, value string) {
		named := func(value string) Filter {
			filter := (&maker{bytes: b}).filter()
			filter.AllowAll, filter.Resource = false, name
			entity := Reach(name, "ref")
			own := Some(entity).Where(entity.F(name).Eq(value), F(name).In([]string{value}), F("b").Eq(Param(name))).As(name)
			filter.Clauses = append(filter.Clauses, own)
			return filter
		}
		one := named(value)
		text := one.String()
		require.Equal(t, text, named(value).String())
		lines := 1
		if len(one.Clauses) > 1 {
			lines += len(one.Clauses)
		}
		require.Len(t, strings.Split(text, "\n"), lines)
		require.Equal(t, one.Redacted(), named(value+"x").Redacted(), "it shows a value")
		require.Equal(t, one.Redacted(), one.LogValue().String())

		js, err := json.Marshal(one)
		if err != nil {
			require.ErrorIs(t, err, ErrMalformed)
			return
		}
		var read Filter
		if err := json.Unmarshal(js, &read); name == "" {
			require.ErrorIs(t, err, ErrMalformed) // a field or a relation without a name
			return
		} else {
			require.NoError(t, err)
		}
		require.Equal(t, text, read.String())
		require.Equal(t, one.Redacted(), read.Redacted())
	})
}

// FuzzBind binds parameters of filters. What is bound has no such parameter any more and is a value,
// whatever it looks like; other parameters stay; a second binding changes nothing; and the filter
// that was bound is as it was.
func FuzzBind(f *testing.F) {
	r := rand.New(rand.NewPCG(9, 10))
	for i, name := range hostileNames {
		f.Add(randomBytes(r), name, hostileNames[len(hostileNames)-1-i])
	}
	f.Fuzz(func(t *testing.T, b []byte, name, value string) {
		filter := (&maker{bytes: b}).filter()
		filter.AllowAll = false
		other := name + "x"
		filter.Clauses = append(filter.Clauses, Where(
			F("a").Eq(Param(name)), None(Where(Any{Where(F("b").Eq(Param(other)), F("b").Lt(Param(name)))})), Surely(Where(F("a").Ne(Param(name)))),
		))
		before := filter.String()
		require.Equal(t, []string{name, other}, filter.Params())

		bound, err := filter.Bind(map[string]any{name: value, "unused" + other: 1})
		require.NoError(t, err)
		require.Equal(t, []string{other}, bound.Params())
		require.Equal(t, before, filter.String(), "the filter itself is bound")
		last := bound.Clauses[len(bound.Clauses)-1].Conditions
		require.Equal(t, F("a").Eq(value), last[0])

		again, err := bound.Bind(map[string]any{name: "another"})
		require.NoError(t, err)
		require.Equal(t, bound, again)
		all, err := bound.Bind(map[string]any{other: []any{value, Param(name)}[:1]})
		require.NoError(t, err)
		require.Empty(t, all.Params())
		for _, operand := range []any{Param(name), F(name), Literal{Value: value}, True} {
			_, err := filter.Bind(map[string]any{name: operand})
			require.ErrorIs(t, err, ErrMalformed, "a %T is no value", operand)
		}
	})
}
