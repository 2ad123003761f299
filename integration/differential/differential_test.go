package differential_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/mongoauthz/go-mongoauthz/integration/harness"
)

// filtersPerWorld filters are compared in every world, one world a database's worth of documents.
const filtersPerWorld = 60

// TestThePipelineReturnsExactlyWhatTheEvaluatorAuthorizes compares lists on random worlds. How many is said by -rapid.checks, by
// default as many as CI needs (see TestMain). A failure is made small and printed as a Go test.
func TestThePipelineReturnsExactlyWhatTheEvaluatorAuthorizes(t *testing.T) {
	s := &suite{db: harness.Database(t), compat: harness.Compat(t), seen: map[feature]int{}}
	start := time.Now()
	for once := true; once || time.Since(start) < *fuzzFor; once = false {
		s.check(t)
	}
	s.summary(t, time.Since(start))
	if s.worlds >= 400 { // as many as CI asks for
		s.requireNotHollow(t)
	}
}

func (s *suite) check(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		g := gen{rt}
		w := g.world()
		require.NoError(rt, s.store(w))
		fs := &filters{gen: g, w: w}
		for range filtersPerWorld {
			f := fs.filter()
			err := s.compare(w, f)
			var m *mismatch
			if errors.As(err, &m) {
				m = s.shrink(m)
				t.Logf("%v\n\npaste this:\n\n%s", m, m.test())
			}
			require.NoError(rt, err)
		}
		s.worlds++
	})
}

// TestReproduceRunsAPastedCase keeps what a failure prints compiling and running.
func TestReproduceRunsAPastedCase(t *testing.T) {
	w := rapid.Custom(func(rt *rapid.T) *world { return gen{rt}.world() }).Example(1)
	f := rapid.Custom(func(rt *rapid.T) *mismatch {
		return &mismatch{w: w, f: (&filters{gen: gen{rt}, w: w}).filter(), err: errors.New("none")}
	}).Example(1)
	require.Contains(t, f.test(), "reproduce(t, ")
	reproduce(t, w.types, f.f, texts(w))
}

// reproduce compares one filter on one world: what a pasted case calls.
func reproduce(t *testing.T, types typesLiteral, f filterLiteral, documents map[string][]string) {
	t.Helper()
	w := worldOf(t, types, documents)
	s := &suite{db: harness.Database(t), compat: harness.Compat(t), seen: map[feature]int{}}
	require.NoError(t, s.store(w))
	require.NoError(t, s.compare(w, f))
}

func ctx() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), 20*time.Second) // a server that runs away must not take the machine with it
}
