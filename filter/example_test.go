package filter_test

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/mongoauthz/go-mongoauthz/filter"
)

// What may a patron read? Public books, those of the publisher the patron works for, and those on loan to the patron and not overdue.
func Example() {
	p := filter.Reach("p", "publisher")
	l := filter.Reach("l", "loans")
	f := filter.For("Book",
		filter.Where(filter.F("public").Eq(true)).As("public books"),
		filter.Some(p).Where(p.F("name").Eq(filter.Param("actor.publisher"))).As("own publisher"),
		filter.Some(l).Where(
			l.F("patron_id").Eq(filter.Param("actor.id")),
			filter.Not(l.F("overdue").Eq(true)),
		).As("on loan"),
	)
	fmt.Println(f)
	fmt.Println(f.Outcome(), f.Params())
	// Output:
	// Book where
	//   public = true  (public books)
	//   or publisher p: p.name = $actor.publisher  (own publisher)
	//   or loans l: l.patron_id = $actor.id and l.overdue != true  (on loan)
	// conditional [actor.id actor.publisher]
}

func ExampleFilter_Bind() {
	f := filter.For("Book", filter.Where(filter.F("owner").Eq(filter.Param("actor.id")), filter.F("team").In(filter.Param("actor.teams"))))
	f, err := f.Bind(map[string]any{"actor.id": "alice"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(f)
	// Output: Book where owner = "alice" and team in $actor.teams
}

func ExampleFilter_Redacted() {
	f := filter.For("Book", filter.Where(filter.F("isbn").In([]string{"0-306-40615-2", "0-306-40616-0"})).As("on the desk"))
	fmt.Println(f.Redacted())
	// Output: Book where isbn in ?  (on the desk)
}

func ExampleFilter_MarshalJSON() {
	p := filter.Reach("p", "publisher")
	f := filter.For("Book", filter.Some(p).Where(p.F("founded").Lt(1900)))
	b, err := json.MarshalIndent(f, "", " ")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(string(b))
	// Output:
	// {
	//  "resource": "Book",
	//  "clauses": [
	//   {
	//    "entities": [
	//     {
	//      "name": "p",
	//      "paths": [
	//       {
	//        "relation": "publisher"
	//       }
	//      ]
	//     }
	//    ],
	//    "conditions": [
	//     {
	//      "field": {
	//       "entity": "p",
	//       "path": "founded"
	//      },
	//      "op": "Lt",
	//      "operand": {
	//       "value": {
	//        "$numberInt": "1900"
	//       }
	//      }
	//     }
	//    ]
	//   }
	//  ]
	// }
}

func ExampleFilter_UnmarshalJSON() {
	var f filter.Filter
	err := json.Unmarshal([]byte(`{"resource": "Book", "clauses": [
		{"conditions": [{"field": {"path": "public"}, "op": "Eq", "operand": {"value": true}}]},
		{"conditions": [{"none": {"entities": [{"name": "l", "paths": [{"relation": "loans"}]}], "conditions": [{"exists": "l"}]}}]}
	]}`), &f)
	fmt.Println(f, err)

	err = json.Unmarshal([]byte(`{"resource": "Book", "clauses": [{"conditions": [{"field": {"path": "public"}, "op": "Equals"}]}]}`), &f)
	var m *filter.MalformedError
	if errors.As(err, &m) {
		fmt.Println(m.Where)
		fmt.Println(m.Problem)
	}
	// Output:
	// Book where
	//   public = true
	//   or none(loans l: l exists) <nil>
	// clauses[0].conditions[0].op
	// unknown operator Equals
}

func ExampleNot() {
	l := filter.Reach("l", "loans")
	onLoan := filter.Any{filter.Some(l).Where(l.Exists()), filter.Where(filter.F("reserved").Eq(true))}
	fmt.Println(filter.Not(filter.F("pages").Lt(100)))
	fmt.Println(filter.Not(onLoan))
	// Output:
	// pages not < 100
	// none(((loans l: l exists) or reserved = true))
}

func ExampleAnd() {
	owner := filter.For("Book", filter.Where(filter.F("public").Eq(true)), filter.Where(filter.F("owner").Eq("ann")))
	token := filter.For("Book", filter.Where(filter.F("shelf").In([]string{"a", "b"})))
	fmt.Println(filter.And(owner, token))
	fmt.Println(filter.And(owner, filter.Deny("Book")))
	// Output:
	// Book where (public = true or owner = "ann") and (shelf in ["a", "b"])
	// no Book
}

func ExampleOr() {
	public := filter.For("Book", filter.Where(filter.F("public").Eq(true)))
	own := filter.For("Book", filter.Where(filter.F("owner").Eq("ann")))
	fmt.Println(filter.Or(public, own))
	fmt.Println(filter.Or(public, filter.Allow("Book")))
	// Output:
	// Book where
	//   public = true
	//   or owner = "ann"
	// every Book
}

func ExampleExcept() {
	all := filter.Allow("Book")
	sealed := filter.For("Book", filter.Where(filter.F("sealed").Eq(true)))
	fmt.Println(filter.Except(all, sealed))       // a book without the field is left out
	fmt.Println(filter.ExceptSurely(all, sealed)) // a book without the field stays
	// Output:
	// Book where none((sealed = true))
	// Book where none(surely((sealed = true)))
}

func ExampleUnder() {
	shelf := filter.For("Shelf", filter.Where(filter.F("public").Eq(true)), filter.Where(filter.F("room").Eq("hall")))
	fmt.Println(filter.For("Book", filter.Under(filter.Reach("s", "shelf"), shelf)))
	fmt.Println(filter.For("Book", filter.Under(filter.Reach("s", "shelf"), filter.Allow("Shelf"))))
	// Output:
	// Book where shelf s: s exists and (s.public = true or s.room = "hall")
	// Book where shelf s: s exists
}

func ExampleSurely() {
	suspended := filter.Where(filter.F("suspended").Eq(true))
	fmt.Println(filter.For("Account", filter.Where(filter.None(suspended))))                              // not where the field is missing
	fmt.Println(filter.For("Account", filter.Where(filter.None(filter.Where(filter.Surely(suspended)))))) // where it is missing, too
	// Output:
	// Account where none(suspended = true)
	// Account where none(surely(suspended = true))
}

func ExampleEntity_Exists() {
	p := filter.Reach("p", "publisher")
	fmt.Println(filter.For("Book", filter.Some(p).Where(p.Exists())))
	// Output:
	// Book where publisher p: p exists
}
