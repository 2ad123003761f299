package conformance_test

import (
	"testing"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

func TestFieldToFieldInsideOneEntity(t *testing.T) {
	a, b, s, l, e := f("a"), f("b"), f("s"), f("l"), f("e")
	world{
		types: types{
			typ("Doc", "docs", nums("a b"), strs("s u"), list("l", relations.Number), absentEmpty(list("e", relations.Number)), embedsOne("home", "Home")),
			typ("Home", "", nums("a"), strs("s")),
		},
		docs: docs{"docs": `
			{"_id": "equal", "a": 5, "b": 5, "s": "x", "u": "x", "l": [5, 6], "e": [5], "home": {"a": 5, "s": "x"}}
			{"_id": "equal-types", "a": 5, "b": {"$numberLong": "5"}, "s": "$u", "u": "$u", "l": [{"$numberDouble": "5.0"}], "e": [], "home": {"a": {"$numberDecimal": "5"}}}
			{"_id": "less", "a": 5, "b": 6, "s": "u", "u": "x", "l": [6], "e": [6], "home": {"a": 6, "s": "u"}}
			{"_id": "greater", "a": 6, "b": 5, "s": "$u", "u": "x", "l": [], "home": {"a": 5, "s": "$s"}}
			{"_id": "left-missing", "b": 5, "u": "x", "l": [5], "e": [5], "home": {"a": 5}}
			{"_id": "right-missing", "a": 5, "s": "x", "e": null}
			{"_id": "both-missing"}
			{"_id": "both-null", "a": null, "b": null, "s": null, "u": null, "l": null, "home": {"a": null}}
			{"_id": "equal-texts", "a": "5", "b": "5", "l": ["5"], "home": {"a": "5"}}
			{"_id": "other-type", "a": 5, "b": "6", "l": [6, "5"], "home": {"a": "6"}}
			{"_id": "equal-arrays", "a": [5], "b": [5], "s": ["x"], "u": ["x"], "l": [[5]], "home": {"a": [5]}}
			{"_id": "array-and-value", "a": [5], "b": 5, "l": [5], "home": {"a": 5}}
			{"_id": "value-and-array", "a": 5, "b": [5], "l": 5, "home": [{"a": 5}]}
			{"_id": "nans", "a": {"$numberDouble": "NaN"}, "b": {"$numberDouble": "NaN"}, "l": [{"$numberDouble": "NaN"}], "home": {"a": {"$numberDouble": "NaN"}}}
			{"_id": "nan-and-value", "a": {"$numberDouble": "NaN"}, "b": 5, "l": [5]}
			{"_id": "value-and-nan", "a": 5, "b": {"$numberDouble": "NaN"}, "l": [6, {"$numberDouble": "NaN"}]}
			{"_id": "value-and-null-element", "a": 5, "l": [6, null]}
		`},
		rules: []rule{
			{
				name:  "Eq: both values must be of the declared type; two absent values or arrays are not equal, and NaN equals nothing",
				when:  when(a.Eq(b)),
				holds: "equal equal-types", none: "less greater nans nan-and-value value-and-nan",
			}, {
				name:  "Ne is Not Eq",
				when:  when(a.Ne(b)),
				holds: "less greater nans nan-and-value value-and-nan", none: "equal equal-types",
			},
			{name: "Lt", when: when(a.Lt(b)), holds: "less", none: "equal equal-types greater"},
			{name: "Lte", when: when(a.Lte(b)), holds: "less equal equal-types", none: "greater"},
			{name: "Gt", when: when(a.Gt(b)), holds: "greater", none: "equal equal-types less"},
			{name: "Gte", when: when(a.Gte(b)), holds: "greater equal equal-types", none: "less"},
			{
				name:  "values are compared, never the text of a path",
				when:  when(s.Eq(f("u"))),
				holds: "equal equal-types", none: "less greater",
			}, {
				name:  "a value that is the text of a path is a value",
				when:  when(s.Eq("$u")),
				holds: "equal-types greater", none: "equal less right-missing",
			}, {
				name:  "a field of an embedded document, guarded",
				when:  when(a.Eq(f("home.a"))),
				holds: "equal equal-types", none: "less greater nans",
			}, {
				name:  "a field with itself: equal where it is a value of its type, but for NaN",
				when:  when(a.Eq(a)),
				holds: "equal equal-types less greater right-missing other-type value-and-array value-and-nan value-and-null-element", none: "nans nan-and-value",
			}, {
				name:  "In: a value in a list field; an element of another type or null leaves it open, and NaN is no element's equal",
				when:  when(a.In(l)),
				holds: "equal equal-types", none: "less greater nans nan-and-value value-and-nan",
			}, {
				name:  "Contains is the same from the other side",
				when:  when(l.Contains(a)),
				holds: "equal equal-types", none: "less greater nans nan-and-value value-and-nan",
			}, {
				name:  "Nin is Not In",
				when:  when(a.Nin(l)),
				holds: "less greater nans nan-and-value value-and-nan", none: "equal equal-types",
			}, {
				name:  "In a list that is empty where it is absent",
				when:  when(a.In(e)),
				holds: "equal", none: "equal-types less greater right-missing other-type value-and-array value-and-nan value-and-null-element nans nan-and-value",
			},
		},
	}.everywhere(t)
}

func TestFieldToFieldAcrossEntities(t *testing.T) {
	p := filter.Reach("p", "publisher")
	l := filter.Reach("l", "loans")
	m := filter.Reach("m", "loans")
	item := filter.Reach("item", "items")
	other := filter.Reach("other", "items")
	world{
		types: types{
			typ("Book", "books", strs("publisher_id owner"), nums("due"), list("owners", relations.String),
				one("publisher", "Publisher", "publisher_id"), hasMany("loans", "Loan", "=book_id"), embedsMany("items", "Item")),
			typ("Publisher", "publishers", strs("contact"), list("contacts", relations.String)),
			typ("Loan", "loans", strs("book_id patron"), nums("due")),
			typ("Item", "", strs("owner"), nums("qty")),
		},
		docs: docs{
			"publishers": `
				{"_id": "px", "contact": "x", "contacts": ["x", "y"]}
				{"_id": "py", "contact": "y", "contacts": ["y"]}
				{"_id": "bare"}
				{"_id": "nulls", "contact": null, "contacts": [null]}
			`,
			"loans": `
				{"_id": "1", "book_id": "x", "patron": "x", "due": 1}
				{"_id": "2", "book_id": "x", "patron": "y", "due": 2}
				{"_id": "3", "book_id": "y", "patron": "x", "due": 1}
				{"_id": "4", "book_id": "ownerless"}
				{"_id": "5", "book_id": "null-owner", "patron": null, "due": null}
				{"_id": "6", "book_id": "list-owner", "patron": "x", "due": 1}
			`,
			"books": `
				{"_id": "x", "publisher_id": "px", "owner": "x", "due": 2, "owners": ["x", "z"], "items": [{"owner": "x", "qty": 1}, {"owner": "y", "qty": 2}]}
				{"_id": "y", "publisher_id": "py", "owner": "z", "due": 1, "owners": ["z"], "items": [{"owner": "x", "qty": 1}]}
				{"_id": "ownerless", "publisher_id": "bare", "items": [{}]}
				{"_id": "null-owner", "publisher_id": "nulls", "owner": null, "due": null, "owners": null, "items": [{"owner": null}]}
				{"_id": "list-owner", "publisher_id": "px", "owner": ["x"], "due": [1], "owners": [["x"]], "items": [{"owner": ["x"], "qty": 1}]}
				{"_id": "alone", "owner": "x", "due": 1, "owners": [], "items": []}
			`,
		},
		rules: []rule{
			{
				name:  "a joined document with the root",
				when:  some(p).Where(p.F("contact").Eq(f("owner"))),
				holds: "x", not: "y", none: "y",
			}, {
				name:  "the root with a list of a joined document",
				when:  some(p).Where(f("owner").In(p.F("contacts"))),
				holds: "x", not: "y", none: "y",
			}, {
				name:  "a list of the root with a joined document",
				when:  some(p).Where(f("owners").Contains(p.F("contact"))),
				holds: "x", not: "y", none: "y",
			}, {
				name:  "some row with the root",
				when:  some(l).Where(l.F("patron").Eq(f("owner"))),
				holds: "x", not: "x y", none: "y alone",
			}, {
				name:  "some row with the root, by order",
				when:  some(l).Where(l.F("due").Lt(f("due"))),
				holds: "x", not: "x y", none: "y alone",
			}, {
				name:  "two rows with each other",
				when:  some(l, m).Where(l.F("due").Lt(m.F("due"))),
				holds: "x", not: "x y list-owner", none: "y list-owner alone",
			}, {
				name:  "some element with the root",
				when:  some(item).Where(item.F("owner").Eq(f("owner"))),
				holds: "x", not: "x y", none: "y alone",
			}, {
				name:  "two elements with each other",
				when:  some(item, other).Where(item.F("qty").Lt(other.F("qty"))),
				holds: "x", not: "x y list-owner", none: "y list-owner alone",
			}, {
				name:  "an element with a row",
				when:  some(item, l).Where(item.F("owner").Eq(l.F("patron")), item.F("qty").Eq(2)),
				holds: "x", not: "x y", none: "y list-owner alone",
			}, {
				name:  "two fields of one row",
				when:  some(l).Where(l.F("book_id").Eq(l.F("patron"))),
				holds: "x", not: "x y list-owner", none: "y list-owner alone",
			},
		},
	}.check(t)
}
