package relations_test

import (
	"fmt"
	"testing"

	. "github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

// typical is what a policy leaves open: three clauses, one join.
func typical(b *testing.B) *relations.CheckedFilter {
	p := Reach("p", "publisher")
	return checkB(b, For("B",
		Where(F("a").Eq(true)).As("public books"),
		Some(p).Where(p.F("name").Eq("Springer"), F("b").In([]string{"draft", "final"})).As("own publisher"),
		Where(F("c").Eq("alice"), F("d").Ne(true)).As("own"),
	))
}

func BenchmarkNormalizeTypical(b *testing.B) {
	f := typical(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := f.Normalize(0); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkNormalize(b *testing.B) {
	for _, clauses := range []int{1, 3, 10, 100, 1000} {
		for _, conditions := range []int{1, 3, 10} {
			in := Deny("B")
			for i := range clauses {
				p := Reach("p", "publisher")
				c := Some(p).Where(p.F("name").Eq(i))
				for j := range conditions - 1 {
					c = c.Where(F("a").Eq(i*1000 + j))
				}
				in.Clauses = append(in.Clauses, c)
			}
			f := checkB(b, in)
			b.Run(fmt.Sprintf("clauses=%d/conditions=%d", clauses, conditions), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if _, err := f.Normalize(0); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
