package differential_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// TestRewritingKeepsTheMeaning decides by random filters as they were written, and by what
// rewriting makes of them. It needs no server.
func TestRewritingKeepsTheMeaning(t *testing.T) {
	t.Parallel()
	mixed := 0
	rapid.Check(t, func(rt *rapid.T) {
		g := gen{rt}
		w := g.world()
		fs := &filters{gen: g, w: w}
		for range 4 {
			f := fs.filter()
			want, err := authorized(t.Context(), w, f)
			require.NoError(rt, err)
			require.NoError(rt, sameMeaning(t.Context(), w, f, want))
			if typ, _ := w.schema.Type(f.Resource); len(want) > 0 && len(want) < len(w.docs[typ.Collection]) {
				mixed++
			}
		}
	})
	require.Positive(t, mixed)
}
