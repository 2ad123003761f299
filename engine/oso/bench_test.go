package oso_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"testing"

	"github.com/mongoauthz/go-mongoauthz/engine/oso"
	"github.com/stretchr/testify/require"
)

// BenchmarkOso is Oso's own time, with what is read of the actor.
func BenchmarkOso(b *testing.B) {
	for _, p := range benchmarked {
		b.Run(p.Name, func(b *testing.B) {
			e := engine(b, p.Policy)
			ann := users(b)[0]
			b.ReportAllocs()
			for b.Loop() {
				if _, err := oso.Partials(e, &ann, "read", "Doc"); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkTranslation is the time from Oso's answer to the filter.
func BenchmarkTranslation(b *testing.B) {
	for _, p := range benchmarked {
		b.Run(p.Name, func(b *testing.B) {
			translate, err := oso.Partials(engine(b, p.Policy), users(b)[0], "read", "Doc")
			require.NoError(b, err)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := translate(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkFilter is both, without the cache.
func BenchmarkFilter(b *testing.B) {
	for _, p := range benchmarked {
		b.Run(p.Name, func(b *testing.B) {
			e := engine(b, p.Policy, oso.WithCache(0))
			ann := users(b)[0]
			b.ReportAllocs()
			for b.Loop() {
				if _, err := read(e, &ann); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkCacheHit is what an engine takes that has the filter already.
func BenchmarkCacheHit(b *testing.B) {
	for _, p := range benchmarked {
		b.Run(p.Name, func(b *testing.B) {
			e := engine(b, p.Policy)
			ann := users(b)[0]
			b.ReportAllocs()
			for b.Loop() {
				if _, err := read(e, &ann); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

var queries = flag.Int("queries", 800, "how many filters TestNativeMemoryIsFlat asks for")

// resident returns how much memory the process has, native memory included, in KB.
func resident(t *testing.T) int {
	runtime.GC()
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Skip("no /proc to tell how much memory the process has: ", err)
	}
	_, rest, ok := bytes.Cut(b, []byte("VmRSS:"))
	require.True(t, ok)
	kb, err := strconv.Atoi(string(bytes.Fields(rest)[0]))
	require.NoError(t, err)
	return kb
}

// TestNativeMemoryIsFlat asks for many filters, and looks at how much the process has grown. The ends that leak nothing are
// those of success, of a limit, of a context and of a look-up; an attribute that an actor lacks is Oso's own failure, of which it keeps about 20 KB.
func TestNativeMemoryIsFlat(t *testing.T) {
	ann := users(t)[0]
	policy := benchmarked[3].Policy + `allow(u: User, "limit", d: Doc) if (d.Public or d.Title = u.Name) and (d.Level = 1 or d.Level = 2);
		allow(u: User, "cancel", d: Doc) if u.team.Name = d.Title; allow(u: User, "fail", d: Doc) if d.Title = u.Missing;`
	e := engine(t, policy, oso.WithCache(0), oso.WithAlternatives(3), oso.WithConcurrency(1))
	for action, allowed := range map[string]float64{"read": 0.5, "limit": 0.5, "cancel": 0.5, "fail": 40} {
		ask := func(n int) {
			for range n {
				_, err := e.Filter(context.Background(), &ann, action, "Doc")
				require.Equal(t, action == "read", err == nil, fmt.Sprint(err))
			}
		}
		n := *queries
		if action == "fail" {
			n = min(n, 300)
		}
		ask(n/4 + 100)
		before := resident(t)
		ask(n)
		grown := resident(t) - before
		t.Logf("%s: %d filters, %d KB more of %d KB", action, n, grown, before)
		require.Less(t, float64(grown), allowed*float64(n)+4096, action)
	}
}
