package main

import (
	"math/rand/v2"
	"testing"
	"time"
)

func TestMedian(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		times []time.Duration
		want  float64
	}{
		{nil, 0},
		{[]time.Duration{3e6}, 3},
		{[]time.Duration{9e6, 1e6, 2e6}, 2},
		{[]time.Duration{9e6, 1e6, 2e6, 4e6}, 3},
	} {
		if got := median(c.times); got != c.want {
			t.Errorf("median of %v is %v, not %v", c.times, got, c.want)
		}
	}
}

func TestIntervalHoldsTheTrueRatioAboutAsOftenAsItSays(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4))
	draw := func(scale float64) []time.Duration {
		times := make([]time.Duration, 15)
		for i := range times {
			times[i] = time.Duration(scale * (10 + random.NormFloat64()) * 1e6)
		}
		return times
	}
	const trials = 60
	held := 0
	for range trials {
		if r := compare(draw(2), draw(1), true); r.low <= 2 && 2 <= r.high {
			held++
		}
	}
	if held < trials*85/100 {
		t.Errorf("the interval held the ratio in %d of %d trials", held, trials)
	}
}

func TestPairedRunsCancelWhatSlowsBoth(t *testing.T) {
	t.Parallel()
	a, b := make([]time.Duration, 15), make([]time.Duration, 15)
	for i := range a {
		b[i] = time.Duration(i+1) * time.Millisecond
		a[i] = 2 * b[i]
	}
	if r := compare(a, b, true); r != (ratio{2, 2, 2}) {
		t.Errorf("%v", r)
	}
	if r := compare(a, b, false); r.high-r.low < 0.5 {
		t.Errorf("%v is narrower than the runs allow", r)
	}
}
