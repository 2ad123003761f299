package oso_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mongoauthz/go-mongoauthz/engine/oso"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

// loop is a Go type that is a pointer to itself.
type loop *loop

func TestPointersToThemselvesEndInAnError(t *testing.T) {
	t.Parallel()
	var l loop
	l = &l
	_, err := oso.New(schema(t), `allow(_, _, _);`, oso.WithClass("Loop", l))
	require.ErrorContains(t, err, "is no struct")
	_, err = oso.New(schema(t), `allow(_, _, _);`, oso.WithStructs(relations.Struct{Of: l, Name: "Loop"}))
	require.ErrorContains(t, err, "is no struct")

	for _, actor := range []any{l, map[string]any{"name": l}} {
		_, err = read(engine(t, `allow(_: Dictionary, "read", _: Doc);`), actor)
		require.ErrorContains(t, err, "holds itself")
	}
}
