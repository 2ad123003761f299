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
	"github.com/mongoauthz/go-mongoauthz/integration/harness"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// benchmarked are policies from the cheapest to the most expensive.
var benchmarked = []struct{ name, policy string }{
	{"everything", `allow(_, "read", _: Doc);`},
	{"one field", `allow(u: User, "read", d: Doc) if d.Title = u.Name;`},
	{"three relations", `allow(u: User, "read", d: Doc) if d.owner.team.Name = u.Name and d.editor.Name = u.Name and d.Public;`},
	{"three rules", `allow(u: User, "read", d: Doc) if d.Public and d.Title = u.Name; allow(u: User, "read", d: Doc) if d.owner = u; allow(u: User, "read", d: Doc) if i in d.Items and i.Kind = u.Name;`},
	{"roles and relations", `actor User {} resource Doc { permissions = ["read"]; roles = ["reader", "owner"]; relations = {team: Team}; "read" if "reader"; "reader" if "owner"; "reader" if "member" on "team"; }
		resource Team { roles = ["member"]; } allow(a, b, c) if has_permission(a, b, c); has_role(u: User, "owner", d: Doc) if d.owner = u; has_role(u: User, "member", t: Team) if u in t.users;
		has_relation(t: Team, "team", d: Doc) if d.team = t;`},
}

// BenchmarkOso is Oso's own time, with what is read of the actor.
func BenchmarkOso(b *testing.B) {
	for _, p := range benchmarked {
		b.Run(p.name, func(b *testing.B) {
			e := engine(b, p.policy)
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
		b.Run(p.name, func(b *testing.B) {
			translate, err := oso.Partials(engine(b, p.policy), users(b)[0], "read", "Doc")
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
		b.Run(p.name, func(b *testing.B) {
			e := engine(b, p.policy, oso.WithCache(0))
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
		b.Run(p.name, func(b *testing.B) {
			e := engine(b, p.policy)
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

// BenchmarkServer is the whole of an authorized list of 48 documents.
func BenchmarkServer(b *testing.B) {
	db := harness.Database(b)
	load(b, db)
	for _, p := range benchmarked {
		b.Run(p.name, func(b *testing.B) {
			e := engine(b, p.policy, oso.WithCache(0))
			az, err := mongoauthz.New(db, schema(b), e, options(b)...)
			require.NoError(b, err)
			ann := users(b)[0]
			for b.Loop() {
				q, err := az.AuthorizedQuery(context.Background(), ann, "read", "Doc")
				require.NoError(b, err)
				var found []bson.Raw
				require.NoError(b, q.All(context.Background(), &found))
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
	policy := benchmarked[3].policy + `allow(u: User, "limit", d: Doc) if (d.Public or d.Title = u.Name) and (d.Level = 1 or d.Level = 2);
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
