package filter_test

import (
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"
)

func FuzzNormalize(f *testing.F) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		f.Add(randomBytes(r))
	}
	f.Fuzz(func(t *testing.T, b []byte) { requireSameMeaning(t, b) })
}

func TestRewritingKeepsTheMeaning(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	var changed, documents, authorized int
	const filters = 5_000
	for range filters {
		f, normal, d, a := requireSameMeaning(t, randomBytes(r))
		documents, authorized = documents+d, authorized+a
		if !reflect.DeepEqual(f.Decide(), normal) {
			changed++
		}
	}
	t.Logf("%d filters, %d changed; %d documents, %d authorized", filters, changed, documents, authorized)
	require.Greater(t, changed, filters/4, "the filters are hollow")
	require.Greater(t, authorized, documents/5, "the filters authorize nothing")
	require.Less(t, authorized, documents*4/5, "the filters authorize everything")
}

func randomBytes(r *rand.Rand) []byte {
	b := make([]byte, 300)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}
