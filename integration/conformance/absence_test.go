package conformance_test

import (
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

func TestAbsenceOfOneValue(t *testing.T) {
	n, s := f("n"), f("s")
	world{
		types: types{typ("Doc", "docs", nums("n"), strs("s"))},
		docs: docs{"docs": `
			{"_id": "five", "n": 5, "s": "ab"}
			{"_id": "six", "n": 6, "s": "cd"}
			{"_id": "missing"}
			{"_id": "null", "n": null, "s": null}
			{"_id": "array-of-five", "n": [5], "s": ["ab"]}
			{"_id": "array-of-six", "n": [6], "s": ["cd"]}
			{"_id": "empty-array", "n": [], "s": []}
			{"_id": "array-of-null", "n": [null], "s": [null]}
			{"_id": "text", "n": "5", "s": 5}
		`},
		rules: []rule{
			{
				name:  "a missing or null field makes Eq unknown",
				when:  when(n.Eq(5)),
				holds: "five array-of-five", none: "six",
			}, {
				name:  "a missing or null field makes Ne unknown: it does not select documents without the field",
				when:  when(n.Ne(5)),
				holds: "six", none: "five array-of-five",
			}, {
				name:  "a missing or null field makes an order unknown",
				when:  when(n.Lt(6)),
				holds: "five array-of-five", none: "six",
			}, {
				name:  "a missing or null field makes Nin unknown",
				when:  when(n.Nin([]int{5, 7})),
				holds: "six", none: "five array-of-five",
			}, {
				name:  "a missing or null field makes a text operator unknown",
				when:  when(s.StartsWith("a")),
				holds: "five array-of-five", none: "six",
			},
			{name: "a null operand makes Eq unknown: nobody sees documents whose team is missing", when: when(n.Eq(nil))},
			{name: "a null operand makes Ne unknown", when: when(n.Ne(nil))},
			{name: "a null operand makes an order unknown", when: when(n.Gte(nil))},
			{name: "a null operand makes a text operator unknown", when: when(s.ContainsText(nil))},
			{name: "a null operand in place of a list makes In unknown", when: when(n.In(nil))},
			{name: "a nil pointer is a null operand", when: when(n.Eq((*int)(nil)))},
			{name: "a nil slice is a null operand", when: when(n.In([]int(nil)))},
			{name: "the BSON null is a null operand", when: when(n.Eq(bson.Null{}))},
			{
				name:  "a null among In's values adds an unknown: it can be true and never false",
				when:  when(n.In([]any{5, nil})),
				holds: "five array-of-five",
			}, {
				name: "Nin with a null is never true",
				when: when(n.Nin([]any{5, nil})),
				none: "five array-of-five",
			}, {
				name: "In with no values is false wherever a comparison with a value could be false",
				when: when(n.In([]int{})),
				none: "five six",
			}, {
				name:  "Nin with no values is true there, and unknown elsewhere",
				when:  when(n.Nin([]int{})),
				holds: "five six",
			}, {
				name: "In with null alone is unknown everywhere",
				when: when(n.In([]any{nil})),
			}, {
				name:  "IsNull is true for missing or null, and false for everything else, arrays included",
				when:  when(n.IsNull()),
				holds: "missing null", none: "five six array-of-five array-of-six empty-array array-of-null text",
			}, {
				name:  "IsSet is its negation",
				when:  when(n.IsSet()),
				holds: "five six array-of-five array-of-six empty-array array-of-null text", none: "missing null",
			}, {
				name:  "IsNull beside a comparison gives documents without the field, where a policy wants them",
				when:  when(either(when(n.IsNull()), when(n.Ne(5)))),
				holds: "missing null six", not: "five array-of-five", none: "five array-of-five",
			},
		},
	}.everywhere(t)
}

func TestAbsenceOfAnEmbeddedDocument(t *testing.T) {
	box, lid := f("box"), f("box.lid")
	world{
		types: types{typ("Doc", "docs", embedsOne("box", "Box")), typ("Box", "", embedsOne("lid", "Lid")), typ("Lid", "", nums("n"))},
		docs: docs{"docs": `
			{"_id": "missing"}
			{"_id": "null", "box": null}
			{"_id": "bare", "box": {}}
			{"_id": "open", "box": {"n": 1, "lid": null}}
			{"_id": "shut", "box": {"lid": {}}}
			{"_id": "other", "box": 3}
			{"_id": "array", "box": []}
		`},
		rules: []rule{
			{
				name:  "IsNull is true where there is none, missing or null",
				when:  when(box.IsNull()),
				holds: "missing null", none: "bare open shut other array",
			}, {
				name:  "IsSet is its negation, whatever is stored there",
				when:  when(box.IsSet()),
				holds: "bare open shut other array", none: "missing null",
			}, {
				name:  "of one inside another, it holds where the other is missing or null, and is unknown where it is something else",
				when:  when(lid.IsNull()),
				holds: "bare open missing null", none: "shut",
			}, {
				name:  "none on the way",
				when:  when(either(when(box.IsNull()), when(lid.IsNull()), when(f("box.lid.n").IsNull()))),
				holds: "missing null bare open shut",
			},
		},
	}.everywhere(t)
}

func TestAbsenceOfADocumentEmbeddedInAnother(t *testing.T) {
	b, each := filter.Reach("b", "box"), filter.Reach("p", "parts")
	world{
		types: types{
			typ("Doc", "docs", embedsOne("box", "Box"), embedsMany("parts", "Box")), typ("Box", "", nums("n"), embedsOne("lid", "Lid")), typ("Lid", "", nums("n")),
		},
		docs: docs{"docs": `
			{"_id": "missing", "parts": [{"n": 1}]}
			{"_id": "null", "box": null, "parts": [{"n": 1, "lid": null}]}
			{"_id": "bare", "box": {}, "parts": [{"n": 1, "lid": {}}, {"n": 2}]}
			{"_id": "open", "box": {"n": 1, "lid": null}, "parts": [{"n": 1, "lid": {"n": 1}}]}
			{"_id": "shut", "box": {"lid": {}}, "parts": []}
			{"_id": "other", "box": 3, "parts": [{"lid": 3}]}
			{"_id": "array", "box": [], "parts": [[{"n": 1}]]}
		`},
		rules: []rule{
			{
				name:  "of an entity",
				when:  some(b).Where(b.F("lid").IsNull()),
				holds: "bare open", not: "shut", none: "shut",
			}, {
				name:  "of an element",
				when:  some(each).Where(each.F("lid").IsNull(), each.F("n").Eq(1)),
				holds: "missing null", not: "bare", none: "bare open shut other",
			},
		},
	}.check(t)
}

func TestAbsenceOfAList(t *testing.T) {
	ns, es := f("ns"), f("es")
	world{
		types: types{typ("Doc", "docs", list("ns", relations.Number), absentEmpty(list("es", relations.Number)))},
		docs: docs{"docs": `
			{"_id": "5", "ns": [5], "es": [5]}
			{"_id": "6", "ns": [6], "es": [6]}
			{"_id": "empty", "ns": [], "es": []}
			{"_id": "missing"}
			{"_id": "null", "ns": null, "es": null}
			{"_id": "of-null", "ns": [null], "es": [null]}
			{"_id": "single-5", "ns": 5, "es": 5}
			{"_id": "single-6", "ns": 6, "es": 6}
		`},
		rules: []rule{
			{
				name:  "a missing or null list makes a comparison unknown",
				when:  when(ns.Contains(5)),
				holds: "5 single-5", none: "6 empty",
			}, {
				name:  "where absent means empty, it is the empty list",
				when:  when(es.Contains(5)),
				holds: "5 single-5", none: "6 empty missing null",
			}, {
				name:  "where absent means empty, an empty list is a subset",
				when:  when(es.SubsetOf([]int{5})),
				holds: "5 empty missing null", none: "6",
			}, {
				name:  "a missing list is no subset elsewhere",
				when:  when(ns.SubsetOf([]int{5})),
				holds: "5 empty", none: "6",
			}, {
				name: "Intersects with no values is false for the empty list too",
				when: when(es.Intersects([]int{})),
				none: "5 6 empty missing null",
			}, {
				name:  "Intersects with a null is not false for the empty list either",
				when:  when(es.Intersects([]any{5, nil})),
				holds: "5 single-5",
			}, {
				name:  "IsNull reads what is stored, whatever absent means",
				when:  when(es.IsNull()),
				holds: "missing null", none: "5 6 empty of-null single-5 single-6",
			}, {
				name: "a null operand is unknown, whatever absent means",
				when: when(es.Contains(nil)),
			},
		},
	}.everywhere(t)
}

func TestAbsenceOfAListOfDocumentsOrKeys(t *testing.T) {
	item := filter.Reach("item", "items")
	note := filter.Reach("note", "notes")
	member := filter.Reach("member", "members")
	guest := filter.Reach("guest", "guests")
	notes := embedsMany("notes", "Item")
	notes.AbsentEmpty = true
	world{
		types: types{
			typ("Doc", "docs", embedsMany("items", "Item"), notes,
				list("member_ids", relations.String), many("members", "User", "member_ids"),
				absentEmpty(list("guest_ids", relations.String)), many("guests", "User", "guest_ids")),
			typ("Item", "", strs("sku")),
			typ("User", "users", strs("name")),
		},
		docs: docs{
			"users": `
				{"_id": "ux", "name": "x"}
				{"_id": "uy", "name": "y"}
				{"_id": null, "name": "x"}
			`,
			"docs": `
				{"_id": "x", "items": [{"sku": "x"}], "notes": [{"sku": "x"}], "member_ids": ["ux"], "guest_ids": ["ux"]}
				{"_id": "y", "items": [{"sku": "y"}], "notes": [{"sku": "y"}], "member_ids": ["uy"], "guest_ids": ["uy"]}
				{"_id": "empty", "items": [], "notes": [], "member_ids": [], "guest_ids": []}
				{"_id": "missing"}
				{"_id": "null", "items": null, "notes": null, "member_ids": null, "guest_ids": null}
				{"_id": "of-null", "items": [null], "notes": [null], "member_ids": [null], "guest_ids": [null]}
				{"_id": "other", "items": "x", "notes": "x", "member_ids": 1, "guest_ids": 1}
			`,
		},
		rules: []rule{
			{
				name:  "a missing array of documents has no known range",
				when:  some(item).Where(item.F("sku").Eq("x")),
				holds: "x", not: "y", none: "y empty",
			}, {
				name:  "where absent means empty, it has",
				when:  some(note).Where(note.F("sku").Eq("x")),
				holds: "x", not: "y", none: "y empty missing null",
			}, {
				name:  "where absent means empty, there is surely no element",
				when:  some(note),
				holds: "x y", none: "empty missing null",
			}, {
				name:  "a missing list of keys has no known range",
				when:  some(member).Where(member.F("name").Eq("x")),
				holds: "x", not: "y", none: "y empty",
			}, {
				name:  "a list of keys declared absent means empty has",
				when:  some(guest).Where(guest.F("name").Eq("x")),
				holds: "x", not: "y", none: "y empty missing null",
			}, {
				name:  "a list of keys declared absent means empty leads nowhere, surely",
				when:  some(guest),
				holds: "x y", none: "empty missing null",
			},
		},
	}.check(t)
}

// An element of which null or emptiness is asked is reached in an array of documents only, as a nested array would answer as well.
func TestAbsenceInAnElement(t *testing.T) {
	item := filter.Reach("item", "items")
	price := item.Reach("price", "price")
	part := item.Reach("part", "parts")
	parts := embedsMany("parts", "Part")
	parts.AbsentEmpty = true
	world{
		types: types{
			typ("Order", "orders", embedsMany("items", "Item")),
			typ("Item", "", strs("sku"), absentEmpty(list("tags", relations.String)), embedsOne("price", "Price"), parts),
			typ("Price", "", strs("cur")),
			typ("Part", "", strs("no")),
		},
		docs: docs{"orders": `
			{"_id": "x", "items": [{"sku": "x", "tags": ["t"], "price": {"cur": "e"}, "parts": [{"no": "a"}]}]}
			{"_id": "bare", "items": [{"price": {}}]}
			{"_id": "x-and-bare", "items": [{"sku": "x", "tags": ["t"], "price": {"cur": "e"}, "parts": [{"no": "a"}]}, {"price": {}}]}
			{"_id": "x-beside-array", "items": [{"sku": "x", "tags": ["t"], "price": {"cur": "e"}, "parts": [{"no": "a"}]}, []]}
			{"_id": "bare-beside-array", "items": [{"price": {}}, [1]]}
			{"_id": "bare-beside-null", "items": [{"price": {}}, null]}
			{"_id": "in-array", "items": [[]]}
			{"_id": "empty", "items": []}
			{"_id": "document", "items": {"price": {}}}
		`},
		rules: []rule{
			{
				name:  "IsNull",
				when:  some(item).Where(item.F("sku").IsNull()),
				holds: "bare x-and-bare", not: "x x-and-bare", none: "x empty",
			}, {
				name:  "IsNull asked in a nested clause",
				when:  some(item).Where(either(when(item.F("sku").IsNull()), when(item.F("sku").Eq("z")))),
				holds: "bare x-and-bare", not: "x x-and-bare", none: "x empty",
			}, {
				name:  "IsSet beside another condition",
				when:  some(item).Where(item.F("sku").Eq("x"), item.F("sku").IsSet()),
				holds: "x x-and-bare", not: "", none: "bare empty",
			}, {
				name:  "without such a question the element is reached beside other things",
				when:  some(item).Where(item.F("sku").Eq("x")),
				holds: "x x-and-bare x-beside-array", not: "", none: "empty",
			}, {
				name:  "a list that is empty where it is absent",
				when:  some(item).Where(item.F("tags").Contains("t")),
				holds: "x x-and-bare", not: "bare x-and-bare", none: "bare empty",
			}, {
				name:  "an element reached by a relation that is empty where it is absent",
				when:  some(item, part).Where(part.F("no").Eq("a")),
				holds: "x x-and-bare", not: "", none: "bare empty",
			}, {
				name:  "of a document embedded in the element, too, since it may be missing",
				when:  some(item).Where(item.F("price.cur").IsNull()),
				holds: "bare x-and-bare", not: "x x-and-bare", none: "x empty",
			}, {
				name:  "not where it is asked of an entity in the element",
				when:  some(item, price).Where(price.F("cur").IsNull()),
				holds: "bare x-and-bare bare-beside-array bare-beside-null", not: "x x-and-bare x-beside-array", none: "x empty",
			},
		},
	}.check(t)
}
