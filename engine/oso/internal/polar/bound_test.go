package polar_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mongoauthz/go-mongoauthz/engine/oso/internal/polar"
)

func TestRelationsThatAnAlternativeAsksNothingOfAreRefused(t *testing.T) {
	t.Parallel()
	for body, refused := range map[string]bool{
		`e = d.editor and (e.Name = "ann" or d.Public = true);`: true,
		`(d.Public = true or e.Name = "ann") and d.editor = e;`: true,
		`e = d.editor and e.Name = "ann";`:                      false,
		`e = d.editor and (e.Name = "ann" or e.Name = "bob");`:  false,
		`(e = d.editor and e.Name = "ann") or d.Public = true;`: false,
		`t = d.Title and (t = "a" or d.Public = true);`:         false,
	} {
		rules, err := polar.Parse(head + body)
		require.NoError(t, err, body)
		err = polar.CheckBound(rules, func(attr string) bool { return attr == "editor" })
		require.Equal(t, refused, err != nil, body)
	}
}
