package evaluate_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mongoauthz/go-mongoauthz/evaluate"
	"github.com/mongoauthz/go-mongoauthz/filter"
)

// BenchmarkDecide decides about a document in hand, none of whose clauses but the last is true.
func BenchmarkDecide(b *testing.B) {
	s := thing(b)
	document := doc(b, `{"_id": 1, "n": 7, "s": "open", "b": false, "d": `+date("1000")+`, "ns": [1, 2, 3], "in": {"n": 1}, "title": "a title", "body": "some text that no filter speaks of"}`)
	for _, clauses := range []int{1, 3, 10} {
		for _, conditions := range []int{1, 3} {
			b.Run(fmt.Sprintf("clauses=%d/conditions=%d", clauses, conditions), func(b *testing.B) {
				var f filter.Filter
				f.Resource = "Thing"
				for i := range clauses {
					c := []filter.Condition{filter.F("s").Eq("open"), filter.F("ns").Contains(3), filter.F("n").Eq(7 - (clauses - 1 - i))}
					f.Clauses = append(f.Clauses, filter.Where(c[3-conditions:]...))
				}
				e, err := evaluate.Prepare(s, f)
				require.NoError(b, err)
				d, err := e.Decide(context.Background(), document, nil)
				require.NoError(b, err)
				require.Equal(b, clauses-1, d.Clause)
				b.ReportAllocs()
				for b.Loop() {
					_, _ = e.Decide(context.Background(), document, nil)
				}
			})
		}
	}
}

// BenchmarkDecideWithOneRelatedDocument finds it in a collection of one.
func BenchmarkDecideWithOneRelatedDocument(b *testing.B) {
	e, err := evaluate.Prepare(orders(b), filter.For("Order", some("firm", is("name", "acme"))))
	require.NoError(b, err)
	memory := world{"firms": {`{"_id": 1, "name": "acme"}`}}.memory(b)
	document := doc(b, `{"_id": 1, "firm_id": 1}`)
	b.ReportAllocs()
	for b.Loop() {
		_, _ = e.Decide(context.Background(), document, memory)
	}
}

func BenchmarkPrepare(b *testing.B) {
	s := orders(b)
	f := filter.For("Order", filter.Where(filter.F("kind").Eq("open")), filter.Where(filter.F("max").Lt(3)), some("firm", is("name", "acme")))
	b.ReportAllocs()
	for b.Loop() {
		_, _ = evaluate.Prepare(s, f)
	}
}
