package filter_test

import (
	"fmt"
	"strconv"
	"testing"

	. "github.com/mongoauthz/go-mongoauthz/filter"
)

// typical is what a policy leaves open: three clauses, one join.
func typical() Filter {
	p := Reach("p", "publisher")
	return Check(For("Book",
		Where(F("public").Eq(true)).As("public books"),
		Some(p).Where(p.F("name").Eq("Springer"), F("state").In([]string{"draft", "final"})).As("own publisher"),
		Where(F("owner").Eq("alice"), F("deleted").Neq(true)).As("own"),
	))
}

func BenchmarkDecide(b *testing.B) {
	f := typical()
	b.ReportAllocs()
	for b.Loop() {
		f.Decide()
	}
}

func BenchmarkNormalizeTypical(b *testing.B) {
	f := typical()
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
			f := Filter{Resource: "Book"}
			for i := range clauses {
				p := Reach("p", "publisher")
				c := Some(p).Where(p.F("name").Eq(i))
				for j := range conditions - 1 {
					c = c.Where(F("f" + strconv.Itoa(j)).Eq(i * j))
				}
				f.Clauses = append(f.Clauses, c)
			}
			f = Check(f)
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
