package main

import (
	"math/rand/v2"
	"slices"
	"time"
)

// median returns the median of times, in milliseconds; that of none is 0.
func median(times []time.Duration) float64 {
	if len(times) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(times))
	n := len(sorted)
	return float64(sorted[(n-1)/2]+sorted[n/2]) / 2 / float64(time.Millisecond)
}

// ratio is a ratio of two medians, with its 95 percent interval.
type ratio struct{ value, low, high float64 }

const resamples = 10_000

// compare returns the ratio of the medians of a and b with the percentile bootstrap's interval. Runs of one round are drawn together if
// paired, so that what slowed a whole round does not count.
func compare(a, b []time.Duration, paired bool) ratio {
	random := rand.New(rand.NewPCG(1, 2)) // the same report from the same times
	ratios := make([]float64, 0, resamples)
	x, y := make([]time.Duration, len(a)), make([]time.Duration, len(b))
	for range resamples {
		for i := range x {
			from := random.IntN(len(a))
			if x[i] = a[from]; paired {
				y[i] = b[from]
			}
		}
		if !paired {
			for i := range y {
				y[i] = b[random.IntN(len(b))]
			}
		}
		ratios = append(ratios, median(x)/median(y))
	}
	slices.Sort(ratios)
	return ratio{median(a) / median(b), ratios[resamples*25/1000], ratios[resamples*975/1000-1]}
}
