package pipeline_test

import (
	"fmt"
	"testing"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/pipeline"
)

// BenchmarkCompile measures Check, Normalize and the compilation of a filter, by clauses × conditions × joins.
func BenchmarkCompile(b *testing.B) {
	schema := library(b)
	for _, size := range []struct{ clauses, conditions, joins int }{
		{1, 1, 0}, {1, 5, 0}, {3, 2, 0}, {3, 2, 1}, {3, 2, 3}, {10, 3, 0}, {10, 3, 10}, {100, 5, 0}, {100, 5, 100}, {1, 10_000, 0}, {10_000, 1, 0},
	} {
		f := filterOf(size.clauses, size.conditions, size.joins)
		b.Run(fmt.Sprintf("clauses=%d/conditions=%d/joins=%d", size.clauses, size.conditions, size.joins), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := pipeline.Compile(schema, f); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkCached measures a plan that is kept for the shape of the filter.
func BenchmarkCached(b *testing.B) {
	schema := library(b)
	for _, size := range []struct{ clauses, conditions, joins int }{{1, 1, 0}, {1, 5, 0}, {3, 2, 0}, {3, 2, 1}, {3, 2, 3}, {10, 3, 0}, {10, 3, 10}} {
		f, err := schema.Check(filterOf(size.clauses, size.conditions, size.joins))
		if err != nil {
			b.Fatal(err)
		}
		cache := pipeline.NewCache(schema, 0)
		b.Run(fmt.Sprintf("clauses=%d/conditions=%d/joins=%d", size.clauses, size.conditions, size.joins), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := cache.Compile(f); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkStages measures handing out a fresh copy of the stages.
func BenchmarkStages(b *testing.B) {
	plan, err := pipeline.Compile(library(b), filterOf(3, 2, 1))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		plan.Stages()
	}
}

// filterOf makes a filter over Book whose clauses differ, so that nothing folds; the first joins of them each ask for another publisher.
func filterOf(clauses, conditions, joins int) filter.Filter {
	f := filter.Filter{Resource: "Book"}
	for i := range clauses {
		c := filter.Where(filter.F("owner").Eq(fmt.Sprint("owner", i)))
		if i < joins {
			p := filter.Reach("p", "publisher")
			c = filter.Some(p).Where(p.F("name").Eq(fmt.Sprint("name", i)))
		}
		for k := 1; k < conditions; k++ {
			c = c.Where(filter.F("pages").Gt(i*conditions + k))
		}
		f.Clauses = append(f.Clauses, c)
	}
	return f
}
