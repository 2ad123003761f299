package differential_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	gooso "github.com/osohq/go-oso"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/mongoauthz/go-mongoauthz/engine/oso"
	"github.com/mongoauthz/go-mongoauthz/evaluate"
	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/integration/harness"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

var (
	seed     = flag.Uint64("seed", 1, "the seed of the random policies and documents")
	worlds   = flag.Int("worlds", 8, "how many worlds")
	policies = flag.Int("policies", 14, "how many policies each")

	mismatches = flag.Int("mismatches", 3, "after how many mismatches to give up")
)

func TestMain(m *testing.M) { os.Exit(harness.Main(m)) }

// tally counts what was compared.
type tally struct {
	lists, some    int // lists that were compared, and those neither empty nor everything
	refused, wrong int // lists that the engine refused, or on which Oso fails as a whole
	unknown        int // documents left out
	swallowed      int // documents that Oso allows because it takes an attribute of nil for a condition that does not hold
	mismatches     int
}

func TestRandomPoliciesListWhatOsoAllows(t *testing.T) {
	schema, err := relations.FromStructs(structs()...)
	require.NoError(t, err)
	var sum tally
	why := map[string]int{}
	for n := range *worlds {
		r := random{rand.New(rand.NewPCG(*seed, uint64(n)))}
		w := r.world()
		db, memory := store(t, r, w)
		for range *policies {
			p := r.policy(false)
			compare(t, schema, w, db, memory, p, &sum, why)
		}
		require.NoError(t, db.Drop(t.Context()))
	}
	t.Logf("%d lists compared, %d of them neither empty nor everything; %d refused, %d failed; %d documents left out, %d denied for an attribute of nil under a not",
		sum.lists, sum.some, sum.refused, sum.wrong, sum.unknown, sum.swallowed)
	for _, k := range slices.SortedFunc(keys(why), func(a, b string) int { return why[b] - why[a] }) {
		t.Logf("refused %d times: %s", why[k], k)
	}
	total := sum.lists + sum.refused + sum.wrong
	require.Less(t, sum.swallowed*20, sum.lists, "too much is denied")
	require.Greater(t, sum.some*5, sum.lists, "most lists say nothing")
	require.Less(t, sum.refused*2, total, "the engine refuses too much")
	require.Less(t, sum.wrong*4, total, "too much fails")
}

func keys(m map[string]int) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

func store(t *testing.T, r random, w *world) (*mongo.Database, evaluate.Memory) {
	t.Helper()
	db, memory := harness.Database(t), evaluate.Memory{}
	insert := func(collection string, v any) {
		d, err := r.stored(v)
		require.NoError(t, err)
		_, err = db.Collection(collection).InsertOne(t.Context(), d)
		require.NoError(t, err)
		require.NoError(t, memory.Insert(collection, d))
	}
	for _, v := range w.users {
		insert("users", v)
	}
	for _, v := range w.teams {
		insert("teams", v)
	}
	for _, v := range w.docs {
		insert("docs", v)
	}
	for _, v := range w.items {
		insert("items", v)
	}
	return db, memory
}

func compare(t *testing.T, schema *relations.Schema, w *world, db *mongo.Database, memory evaluate.Memory, p policy, sum *tally, why map[string]int) {
	t.Helper()
	engine, err := oso.New(schema, p.String(), oso.WithStructs(structs()...), oso.WithFetcher(memory))
	var unsupported *oso.UnsupportedError
	if errors.As(err, &unsupported) {
		sum.refused += len(w.users)
		why[unsupported.Problem] += len(w.users)
		return
	}
	require.NoError(t, err, p)
	var alone []*gooso.Oso
	for i := range p.allow {
		alone = append(alone, load(t, w, p.alone(i).String()))
	}
	for _, u := range w.users {
		f, err := engine.Filter(t.Context(), u, "read", "Doc")
		if errors.As(err, &unsupported) {
			sum.refused++
			why[unsupported.Problem]++
			continue
		}
		if errors.Is(err, filter.ErrLimit) {
			sum.refused++
			why["too many alternatives"]++
			continue
		}
		allowed, apart, unknown := judged(t, w, alone, p, u)
		if errors.Is(err, oso.ErrEngine) {
			sum.wrong++
			continue
		}
		require.NoError(t, err, "%s\nfor %+v", p, u)
		sum.lists++
		sum.unknown += len(unknown)
		got := inProcess(t, schema, f, memory)
		require.Equal(t, got, listed(t, schema, f, db), "the server and the evaluator do not agree\n%s\nfor %s: %s", p, u.ID, f)
		if n := len(got); n > 0 && n < len(w.docs) {
			sum.some++
		}
		for _, d := range w.docs {
			if slices.Contains(unknown, d.ID) {
				continue
			}
			want, is := slices.Contains(allowed, d.ID), slices.Contains(got, d.ID)
			if want && !is && (swallowed(p, d) || slices.Contains(apart, d.ID) && guarded.MatchString(p.String())) {
				sum.swallowed++
				continue
			}
			if want != is {
				sum.mismatches++
				t.Errorf("the engine says %t and Oso %t\n%s\n%s\nfor %s\n%s\n%s", is, want, show(d), p, show(u), f, strings.Join(related(w), "\n"))
				if sum.mismatches >= *mismatches {
					t.FailNow()
				}
			}
		}
	}
}

// swallowed reports whether a policy reads an attribute of an embedded document that is nil under a not. Oso takes that for a condition that
// does not hold, and elsewhere for a failure; the engine denies both times.
func swallowed(p policy, d Doc) bool {
	return d.F == nil && strings.Contains(p.String(), "not ") && strings.Contains(p.String(), "d.F.")
}

// guarded finds a not over conditions of which one is about nil: what stands behind that one is asked only where it holds, so that it may keep Oso
// from reading what is not there.
var guarded = regexp.MustCompile(`not \(.*\bnil\b`)

// judged returns the documents that Oso allows, those of them that it allows only if a rule is taken apart, and those of which nobody knows what it would have said. A rule that fails on a document may
// hold in another way than the one that Oso tried first, so it is taken apart. An element that fails takes the others with it, which cannot be.
func judged(t *testing.T, w *world, alone []*gooso.Oso, p policy, u User) (allowed, byParts, unknown []string) {
	t.Helper()
	apart := map[int][]*gooso.Oso{}
	for _, d := range w.docs {
		yes, whole, open := false, false, false
		for i, o := range alone {
			ok, err := ask(o, u, d)
			if err == nil {
				yes, whole = yes || ok, whole || ok
				continue
			}
			if apart[i] == nil {
				for _, text := range p.variants(i) {
					apart[i] = append(apart[i], load(t, w, text))
				}
			}
			open = open || len(apart[i]) == 0 || w.ragged(d) && strings.Contains(p.alone(i).String(), ".User.")
			for _, o := range apart[i] {
				ok, err := ask(o, u, d)
				yes = yes || ok && err == nil
			}
		}
		switch {
		case yes:
			if allowed = append(allowed, d.ID); !whole {
				byParts = append(byParts, d.ID)
			}
		case open:
			unknown = append(unknown, d.ID)
		}
	}
	return allowed, byParts, unknown
}

func load(t *testing.T, w *world, text string) *gooso.Oso {
	t.Helper()
	o, err := gooso.NewOso()
	require.NoError(t, err)
	for name, of := range map[string]any{"User": User{}, "Team": Team{}, "Doc": Doc{}, "Part": Part{}, "Line": Line{}, "Item": Item{}} {
		require.NoError(t, o.RegisterClassWithNameAndFields(reflect.TypeOf(of), nil, name, led[name]))
	}
	o.SetDataFilteringAdapter(w)
	require.NoError(t, o.LoadString(text), text)
	return &o
}

// ask asks Oso, which may fail or panic.
func ask(o *gooso.Oso, u User, d Doc) (ok bool, err error) {
	defer func() {
		if r := recover(); r != nil {
			ok, err = false, fmt.Errorf("panic: %v", r)
		}
	}()
	return o.IsAllowed(u, "read", d)
}

func inProcess(t *testing.T, schema *relations.Schema, f filter.Filter, memory evaluate.Memory) (ids []string) {
	t.Helper()
	e, err := evaluate.Prepare(schema, f)
	require.NoError(t, err, f)
	decisions, err := e.DecideAll(t.Context(), memory["docs"], memory)
	require.NoError(t, err)
	for i, d := range decisions {
		if d.Authorized() {
			ids = append(ids, memory["docs"][i].Lookup("_id").StringValue())
		}
	}
	return slices.Sorted(slices.Values(ids))
}

func listed(t *testing.T, schema *relations.Schema, f filter.Filter, db *mongo.Database) (ids []string) {
	t.Helper()
	var opts []mongoauthz.Option
	if !harness.Has(t, harness.Collation) {
		opts = append(opts, mongoauthz.WithoutCollation())
	}
	az, err := mongoauthz.New(db, schema, mongoauthz.PolicyFunc(func(context.Context, any, string, string) (filter.Filter, error) { return f, nil }), opts...)
	require.NoError(t, err)
	q, err := az.AuthorizedQuery(t.Context(), nil, "read", "Doc")
	require.NoError(t, err, f)
	var rows []Doc
	require.NoError(t, q.All(t.Context(), &rows), f)
	for _, r := range rows {
		ids = append(ids, r.ID)
	}
	return slices.Sorted(slices.Values(ids))
}
