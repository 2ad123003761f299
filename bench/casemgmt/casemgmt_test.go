package casemgmt_test

import (
	"slices"
	"testing"

	"github.com/mongoauthz/go-mongoauthz/bench/casemgmt"
)

func TestUsersSeeTheirShare(t *testing.T) {
	t.Parallel()
	w := casemgmt.New(5_000)
	for user, want := range map[string]struct{ documents, logs int }{
		"p05":              {3, 300},
		"p50":              {25, 2_500},
		"p100":             {51, 5_000 + casemgmt.FixedLogs},
		casemgmt.FixedUser: {1, casemgmt.FixedLogs},
	} {
		if got := len(w.Visible(user)); got != want.documents {
			t.Errorf("%s sees %d documents, not %d", user, got, want.documents)
		}
		if got := w.For(user).Count(); got != int64(want.logs) {
			t.Errorf("%s sees %d logs, not %d", user, got, want.logs)
		}
	}
}

func TestPagesAreNewestFirstWithoutGaps(t *testing.T) {
	t.Parallel()
	a := casemgmt.New(2_000).For("p50")
	var all []casemgmt.Log
	for skip := 0; ; skip += 300 {
		page := a.Page(skip, 300)
		if len(page) == 0 {
			break
		}
		all = append(all, page...)
	}
	if int64(len(all)) != a.Count() {
		t.Fatalf("%d logs on the pages, not %d", len(all), a.Count())
	}
	if !slices.IsSortedFunc(all, func(a, b casemgmt.Log) int { return b.Date.Compare(a.Date) }) {
		t.Error("not newest first")
	}
}
