package differential_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	gooso "github.com/osohq/go-oso"
	"github.com/stretchr/testify/require"

	"github.com/mongoauthz/go-mongoauthz/engine/oso/adapter"
	"github.com/mongoauthz/go-mongoauthz/integration/harness"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
)

// The adapter sees Oso's own filters, from which much is missing. What it does not refuse must be what Oso allows.
func TestRandomPoliciesListThroughTheAdapterWhatOsoAllows(t *testing.T) {
	var sum tally
	why := map[string]int{}
	var opts []mongoauthz.Option
	if !harness.Has(t, harness.Collation) {
		opts = append(opts, mongoauthz.WithoutCollation())
	}
	for n := range *worlds {
		r := random{rand.New(rand.NewPCG(*seed, uint64(n)+1<<32))}
		w := r.world()
		db, _ := store(t, r, w)
		for range *policies {
			p := r.policy(true)
			a, err := adapter.New(adapter.Config{Database: db, Structs: structs(), Policy: p.String(), Options: opts})
			var refused *adapter.RefusedError
			if errors.As(err, &refused) {
				sum.refused += len(w.users)
				why[refused.Construct] += len(w.users)
				continue
			}
			require.NoError(t, err, p)
			o, err := gooso.NewOso()
			require.NoError(t, err)
			require.NoError(t, a.Register(o))
			o.SetDataFilteringAdapter(a)
			require.NoError(t, o.LoadString(p.String()), p)
			var alone []*gooso.Oso
			for i := range p.allow {
				alone = append(alone, load(t, w, p.alone(i).String()))
			}
			for _, u := range w.users {
				through(t, w, &o, alone, p, u, &sum, why)
			}
		}
		require.NoError(t, db.Drop(t.Context()))
	}
	t.Logf("%d lists compared, %d of them neither empty nor everything; %d refused, %d failed; %d documents left out",
		sum.lists, sum.some, sum.refused, sum.wrong, sum.unknown)
	for _, k := range slices.SortedFunc(keys(why), func(a, b string) int { return why[b] - why[a] }) {
		t.Logf("refused %d times: %s", why[k], k)
	}
	require.Greater(t, sum.lists*8, sum.lists+sum.refused+sum.wrong, "the adapter refuses too much")
	require.Greater(t, sum.some*5, sum.lists, "most lists say nothing")
}

func through(t *testing.T, w *world, o *gooso.Oso, alone []*gooso.Oso, p policy, u User, sum *tally, why map[string]int) {
	t.Helper()
	rows, err := resources(o, u)
	var refused *adapter.RefusedError
	if errors.As(err, &refused) {
		sum.refused++
		why[refused.Problem]++
		return
	}
	if err != nil { // of Oso's own, such as a relation of the actor that leads nowhere
		sum.wrong++
		return
	}
	var got []string
	for _, r := range rows {
		got = append(got, r.(Doc).ID)
	}
	allowed, _, unknown := judged(t, w, alone, p, u)
	sum.lists++
	sum.unknown += len(unknown)
	if n := len(got); n > 0 && n < len(w.docs) {
		sum.some++
	}
	for _, d := range w.docs {
		if slices.Contains(unknown, d.ID) {
			continue
		}
		require.Equal(t, slices.Contains(allowed, d.ID), slices.Contains(got, d.ID), "Oso's answer, and the adapter's, on %s\n%s\nfor %s\n%s",
			show(d), p, show(u), strings.Join(related(w), "\n"))
	}
}

func resources(o *gooso.Oso, u User) (rows []any, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	return o.AuthorizedResources(u, "read", "Doc")
}
