package conformance_test

import (
	"testing"

	"github.com/mongoauthz/go-mongoauthz/filter"
)

// kleene is a world where a and b are true (1), false (0) and unknown (missing), in every combination.
func kleene(rules ...rule) world {
	return world{
		types: types{typ("Doc", "docs", nums("a b"))},
		docs: docs{"docs": `
			{"_id": "tt", "a": 1, "b": 1}
			{"_id": "tf", "a": 1, "b": 0}
			{"_id": "tu", "a": 1}
			{"_id": "ft", "a": 0, "b": 1}
			{"_id": "ff", "a": 0, "b": 0}
			{"_id": "fu", "a": 0}
			{"_id": "ut", "b": 1}
			{"_id": "uf", "b": 0}
			{"_id": "uu"}
		`},
		rules: rules,
	}
}

func TestThreeValues(t *testing.T) {
	a, b := f("a").Eq(1), f("b").Eq(1)
	every := "tt tf tu ft ff fu ut uf uu"
	kleene(
		rule{name: "a clause is the AND of its conditions", when: when(a, b), holds: "tt", not: "tf", none: "tf ft ff fu uf"},
		rule{name: "Any is the OR of its clauses", when: when(either(when(a), when(b))), holds: "tt tf tu ft ut", none: "ff"},
		rule{name: "Not is the NOT of a comparison", when: when(not(a)), holds: "ft ff fu", none: "tt tf tu"},
		rule{name: "None is the NOT of a clause", when: when(none(when(a, b))), holds: "tf ft ff fu uf", none: "tt"},
		rule{name: "None of None is the clause", when: when(none(when(none(when(a, b))))), holds: "tt", none: "tf ft ff fu uf"},
		rule{name: "None of an Any", when: when(none(when(either(when(a), when(b))))), holds: "ff", none: "tt tf tu ft ut"},
		rule{name: "Any of Nones", when: when(either(when(none(when(a))), when(none(when(b))))), holds: "tf ft ff fu uf", none: "tt"},
		rule{name: "a comparison or its negation is not always true", when: when(either(when(a), when(not(a)))), holds: "tt tf tu ft ff fu"},
		rule{name: "a comparison and its negation is not always false", when: when(a, not(a)), not: "tt tf tu", none: "tt tf tu ft ff fu"},
		rule{name: "True is true", when: when(filter.True), holds: every},
		rule{name: "Unknown is neither", when: when(filter.Unknown)},
		rule{name: "False is false", when: when(filter.False), none: every},
		rule{name: "Surely is true where its clause is, and otherwise false", when: when(filter.Surely(when(a))), holds: "tt tf tu", none: "ft ff fu ut uf uu"},
		rule{name: "an Any with True is true", when: when(either(when(a), when(filter.True))), holds: every},
		rule{name: "None of True is false", when: when(none(when(filter.True))), none: every},
		rule{name: "a false condition beside an unknown one is false", when: when(filter.False, b), not: "", none: every},
	).everywhere(t)
}

func TestAFilterAuthorizesIfOneOfItsClausesIsTrue(t *testing.T) {
	t.Parallel()
	s := kleene().store(t)
	a, b := f("a").Eq(1), f("b").Eq(1)
	for _, c := range []struct {
		name    string
		clauses []filter.Clause
		want    string
	}{
		{"no clause: denied", nil, ""},
		{"one that always holds: allowed", []filter.Clause{when(filter.True)}, "tt tf tu ft ff fu ut uf uu"},
		{"one that always holds, beside others: allowed", []filter.Clause{when(a), when(filter.True)}, "tt tf tu ft ff fu ut uf uu"},
		{"one clause", []filter.Clause{when(a)}, "tt tf tu"},
		{"two clauses", []filter.Clause{when(a), when(b)}, "tt tf tu ft ut"},
		{"clauses that can never be true are left out", []filter.Clause{when(f("a").In([]int{})), when(b, f("a").Eq(nil))}, ""},
		{"a clause that holds beside one that is unknown", []filter.Clause{when(a, b), when(not(b))}, "tt tf ff uf"},
		{"the same clause twice", []filter.Clause{when(a), when(a)}, "tt tf tu"},
		{"a clause that implies another", []filter.Clause{when(a), when(a, b)}, "tt tf tu"},
	} {
		t.Run(c.name, func(t *testing.T) { s.require(t, filter.For("Doc", c.clauses...), c.want) })
	}
}

func TestEntitiesInNestedClauses(t *testing.T) {
	p := filter.Reach("p", "publisher")
	l := filter.Reach("l", "loans")
	grant := p.Reach("g", "grants")
	world{
		types: types{
			typ("Book", "books", strs("publisher_id state"), one("publisher", "Publisher", "publisher_id"), hasMany("loans", "Loan", "=book_id")),
			typ("Publisher", "publishers", strs("name"), hasMany("grants", "Grant", "=publisher_id")),
			typ("Loan", "loans", strs("book_id state patron")),
			typ("Grant", "grants", strs("publisher_id user")),
		},
		docs: docs{
			"publishers": `
				{"_id": "px", "name": "x"}
				{"_id": "py", "name": "y"}
			`,
			"grants": `
				{"_id": "1", "publisher_id": "px", "user": "me"}
				{"_id": "2", "publisher_id": "py", "user": "you"}
				{"_id": "3", "publisher_id": "unsaid"}
			`,
			"loans": `
				{"_id": "1", "book_id": "x-late", "state": "late", "patron": "me"}
				{"_id": "2", "book_id": "y-late", "state": "late", "patron": "you"}
				{"_id": "3", "book_id": "x-fine", "state": "fine", "patron": "me"}
				{"_id": "4", "book_id": "x-mixed", "state": "fine", "patron": "me"}
				{"_id": "5", "book_id": "x-mixed", "state": "late", "patron": "you"}
				{"_id": "6", "book_id": "x-unsaid", "patron": "me"}
			`,
			"books": `
				{"_id": "x-late", "publisher_id": "px", "state": "late"}
				{"_id": "y-late", "publisher_id": "py", "state": "fine"}
				{"_id": "x-fine", "publisher_id": "px", "state": "fine"}
				{"_id": "x-mixed", "publisher_id": "px", "state": "fine"}
				{"_id": "x-unsaid", "publisher_id": "px", "state": "fine"}
				{"_id": "x-alone", "publisher_id": "px"}
				{"_id": "keyless", "state": "fine"}
				{"_id": "dangling", "publisher_id": "nobody", "state": "late"}
			`,
		},
		rules: []rule{
			{
				name:  "None of a join: nothing surely or perhaps there",
				when:  when(none(some(l).Where(l.F("state").Eq("late")))),
				holds: "x-fine x-alone keyless dangling", none: "x-late y-late x-mixed",
			}, {
				name:  "None inside an entity's clause speaks of that entity",
				when:  some(p).Where(p.F("name").Eq("x"), none(some(grant).Where(grant.F("user").Eq("me")))),
				holds: "", not: "x-late x-fine x-mixed x-unsaid x-alone", none: "x-late y-late x-fine x-mixed x-unsaid x-alone",
			}, {
				name:  "None over a chain",
				when:  when(none(some(p, grant).Where(grant.F("user").Eq("me")))),
				holds: "y-late", none: "x-late x-fine x-mixed x-unsaid x-alone",
			}, {
				name:  "Any of two joins, each for itself",
				when:  when(either(some(p).Where(p.F("name").Eq("y")), some(l).Where(l.F("state").Eq("fine")))),
				holds: "y-late x-fine x-mixed", not: "x-late x-alone", none: "x-late x-alone",
			}, {
				name:  "an entity of the outer clause in a nested None",
				when:  some(l).Where(l.F("patron").Eq("me"), none(when(l.F("state").Eq("fine")))),
				holds: "x-late", not: "x-fine x-mixed", none: "y-late x-fine x-mixed x-alone keyless dangling",
			}, {
				name:  "Any of alternatives on one entity",
				when:  some(l).Where(either(when(l.F("state").Eq("late")), when(l.F("patron").Eq("you")))),
				holds: "x-late y-late x-mixed", not: "x-fine x-mixed", none: "x-fine x-alone keyless dangling",
			}, {
				name:  "a comparison of a row with the root, negated",
				when:  some(l).Where(l.F("state").Ne(f("state"))),
				holds: "y-late x-mixed", not: "x-late x-fine x-mixed", none: "x-late x-fine x-alone keyless dangling",
			},
		},
	}.check(t)
}
