package relations_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

// FuzzCheck checks filters read from JSON. A refused filter is no filter; an accepted one is
// accepted again as it is, stays what it was in JSON, and what it normalises to is accepted.
func FuzzCheck(f *testing.F) {
	schema, err := relations.New(library()...)
	require.NoError(f, err)
	e := filter.Reach("e", "publisher")
	c := filter.Reach("c", "chapters")
	for _, seed := range []filter.Filter{
		filter.Deny("Book"), filter.Allow("Book"), filter.Deny("Nothing"), {},
		filter.For("Book", filter.Where(filter.True)),
		filter.For("Book", filter.Where(filter.F("title").Eq("x"), filter.F("tags").Contains("y"))),
		filter.For("Book", filter.Where(filter.F("_id").In([]any{1, nil}), filter.F("title").StartsWith("\x00"))),
		filter.For("Book", filter.Some(e).Where(e.F("_id").Eq(1), filter.None(filter.Some(c).Where(c.Exists())))),
		filter.For("Book", filter.Some(e).Where(filter.Any{filter.Where(e.Exists()), filter.Where(filter.Surely(filter.Where(e.F("name").Ne("z"))))})),
		filter.For("Book", filter.Some(filter.Free("g", "Publisher")).Where(filter.Free("g", "Publisher").F("_id").Eq(filter.F("_id")))),
		filter.For("Book", filter.Where(filter.F("title").Eq(filter.Param("actor.title")))),
		filter.For("Book", filter.Where(filter.F("title").Eq(5)), filter.Some(e).Where(filter.True)),
	} {
		js, err := json.Marshal(seed)
		require.NoError(f, err)
		f.Add(js)
	}
	f.Fuzz(func(t *testing.T, js []byte) {
		var given filter.Filter
		if json.Unmarshal(js, &given) != nil {
			return
		}
		checked, err := schema.Check(given)
		if err != nil {
			require.Nil(t, checked, "a refused filter denies")
			return
		}
		again, err := schema.Check(checked.Filter())
		require.NoError(t, err)
		require.Equal(t, checked.Filter(), again.Filter())

		written, err := json.Marshal(checked.Filter())
		require.NoError(t, err)
		var read filter.Filter
		require.NoError(t, json.Unmarshal(written, &read))
		fromJSON, err := schema.Check(read)
		require.NoError(t, err)
		require.Equal(t, checked.String(), fromJSON.String())

		normal, err := checked.Normalize(1000)
		if err == nil {
			_, err = schema.Check(normal.Filter())
		}
		if err != nil {
			require.ErrorIs(t, err, filter.ErrLimit)
		}
	})
}
