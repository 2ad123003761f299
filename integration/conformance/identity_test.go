package conformance_test

import (
	"testing"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

func TestTwoRelationsToOneType(t *testing.T) {
	author := filter.Reach("author", "author")
	editor := filter.Reach("editor", "editor")
	world{
		types: types{
			typ("Book", "books", strs("author_id editor_id"), one("author", "User", "author_id"), one("editor", "User", "editor_id")),
			typ("User", "users", strs("name")),
		},
		docs: docs{
			"users": `
				{"_id": "ux", "name": "x"}
				{"_id": "uy", "name": "y"}
			`,
			"books": `
				{"_id": "xy", "author_id": "ux", "editor_id": "uy"}
				{"_id": "yx", "author_id": "uy", "editor_id": "ux"}
				{"_id": "xx", "author_id": "ux", "editor_id": "ux"}
				{"_id": "yy", "author_id": "uy", "editor_id": "uy"}
				{"_id": "only-author-x", "author_id": "ux"}
				{"_id": "only-author-y", "author_id": "uy"}
				{"_id": "only-editor-y", "editor_id": "uy"}
			`,
		},
		rules: []rule{
			{
				name:  "the two are told apart in one clause",
				when:  some(author, editor).Where(author.F("name").Eq("x"), editor.F("name").Eq("y")),
				holds: "xy", not: "xx", none: "yx xx yy only-author-y",
			}, {
				name:  "what they reach may be one document",
				when:  some(author, editor).Where(author.F("_id").Eq(editor.F("_id"))),
				holds: "xx yy", not: "xy yx", none: "xy yx",
			}, {
				name:  "one document reached along both; where both reach, and not the same, there is surely none",
				when:  some(author.Via(root, "editor")).Where(author.F("name").Eq("x")),
				holds: "xx", not: "yy", none: "xy yx yy",
			},
		},
	}.check(t)
}

func TestOneRelationFollowedTwice(t *testing.T) {
	a := filter.Reach("a", "loans")
	b := filter.Reach("b", "loans")
	p := filter.Reach("p", "parts")
	q := filter.Reach("q", "parts")
	world{
		types: types{
			typ("Book", "books", hasMany("loans", "Loan", "=book_id"), embedsMany("parts", "Part")),
			typ("Part", "", strs("state kind"), nums("no")),
			typ("Loan", "loans", strs("book_id state kind")),
		},
		docs: docs{
			"loans": `
				{"_id": "1", "book_id": "same", "state": "x", "kind": "k"}
				{"_id": "2", "book_id": "two", "state": "x", "kind": "j"}
				{"_id": "3", "book_id": "two", "state": "y", "kind": "k"}
				{"_id": "4", "book_id": "only-x", "state": "x", "kind": "j"}
				{"_id": "5", "book_id": "only-k", "state": "y", "kind": "k"}
				{"_id": "6", "book_id": "twice", "state": "x", "kind": "k"}
				{"_id": "7", "book_id": "twice", "state": "x", "kind": "k"}
			`,
			"books": `
				{"_id": "same", "parts": [{"state": "x", "kind": "k", "no": 1}]}
				{"_id": "two", "parts": [{"state": "x", "kind": "j", "no": 1}, {"state": "y", "kind": "k", "no": 2}]}
				{"_id": "only-x", "parts": [{"state": "x", "kind": "j", "no": 1}]}
				{"_id": "only-k", "parts": [{"state": "y", "kind": "k", "no": 1}]}
				{"_id": "twice", "parts": [{"state": "x", "kind": "k", "no": 1}, {"state": "x", "kind": "k", "no": 2}]}
				{"_id": "alone", "parts": []}
			`,
		},
		rules: []rule{
			{
				name:  "two entities over one relation range independently and may be the same document",
				when:  some(a, b).Where(a.F("state").Eq("x"), b.F("kind").Eq("k")),
				holds: "same two twice", not: "two only-x", none: "only-x only-k alone",
			}, {
				name:  "one entity is one document",
				when:  some(a).Where(a.F("state").Eq("x"), a.F("kind").Eq("k")),
				holds: "same twice", not: "two only-x", none: "two only-x only-k alone",
			}, {
				name:  "two entities that must differ",
				when:  some(a, b).Where(a.F("state").Eq(b.F("state")), a.F("_id").Ne(b.F("_id"))),
				holds: "twice", not: "same two only-x only-k twice", none: "same two only-x only-k alone",
			}, {
				name:  "two elements of one array range independently and may be the same element",
				when:  some(p, q).Where(p.F("state").Eq("x"), q.F("kind").Eq("k")),
				holds: "same two twice", not: "two only-x", none: "only-x only-k alone",
			}, {
				name:  "two elements that must differ",
				when:  some(p, q).Where(p.F("state").Eq(q.F("state")), p.F("no").Lt(q.F("no"))),
				holds: "twice", not: "same two only-x only-k twice", none: "same two only-x only-k alone",
			},
		},
	}.check(t)
}

func TestOneEntityAlongTwoPaths(t *testing.T) {
	template := filter.Reach("template", "template")
	c := filter.Reach("c", "byClient").Via(root, "byType")
	across := filter.Reach("c", "byClient").Via(template, "caseloads")
	world{
		types: types{
			typ("Case", "cases", strs("client type template_id"),
				hasMany("byClient", "Caseload", "client=clients"), hasMany("byType", "Caseload", "type=types"),
				one("template", "Template", "template_id")),
			typ("Template", "templates", strs("type"), hasMany("caseloads", "Caseload", "type=types")),
			typ("Caseload", "caseloads", list("clients", relations.String), list("types", relations.String), strs("user")),
		},
		docs: docs{
			"caseloads": `
				{"_id": "1", "clients": ["a"], "types": ["t"], "user": "me"}
				{"_id": "2", "clients": ["b"], "types": [], "user": "me"}
				{"_id": "3", "clients": [], "types": ["u"], "user": "me"}
				{"_id": "4", "clients": ["c"], "types": ["v"], "user": "you"}
				{"_id": "5", "user": "me"}
				{"_id": "6", "clients": [null], "types": [null], "user": "me"}
			`,
			"templates": `
				{"_id": "t", "type": "t"}
				{"_id": "u", "type": "u"}
				{"_id": "v", "type": "v"}
				{"_id": "typeless"}
			`,
			"cases": `
				{"_id": "at", "client": "a", "type": "t", "template_id": "t"}
				{"_id": "bt", "client": "b", "type": "t", "template_id": "t"}
				{"_id": "au", "client": "a", "type": "u", "template_id": "u"}
				{"_id": "cv", "client": "c", "type": "v", "template_id": "v"}
				{"_id": "cu", "client": "c", "type": "u", "template_id": "u"}
				{"_id": "second-missing", "client": "a", "template_id": "typeless"}
				{"_id": "first-missing", "type": "t", "template_id": "t"}
				{"_id": "both-missing"}
				{"_id": "second-array", "client": "a", "type": ["t"], "template_id": ["t"]}
				{"_id": "first-array", "client": ["a"], "type": "t", "template_id": "t"}
			`,
		},
		rules: []rule{
			{
				name:  "it is reached along both, or not at all; its range is known if each path's is",
				when:  some(c),
				holds: "at cv", none: "bt au cu",
			}, {
				name:  "a condition on the document that both paths reach",
				when:  some(c).Where(c.F("user").Eq("me")),
				holds: "at", not: "cv", none: "bt au cv cu",
			}, {
				name:  "the second path may start from another entity",
				when:  some(template, across).Where(across.F("user").Eq("me")),
				holds: "at", not: "cv", none: "bt au cv cu",
			},
		},
	}.check(t)
}

func TestConditionsOnOneEntityAndOnWhatItReaches(t *testing.T) {
	item := filter.Reach("item", "items")
	product := item.Reach("product", "product")
	loan := filter.Reach("loan", "loans")
	patron := loan.Reach("patron", "patron")
	world{
		types: types{
			typ("Order", "orders", embedsMany("items", "Item"), hasMany("loans", "Loan", "=order_id")),
			typ("Item", "", nums("qty"), strs("product_id"), one("product", "Product", "product_id")),
			typ("Loan", "loans", nums("qty"), strs("order_id product_id"), one("patron", "Product", "product_id")),
			typ("Product", "products", strs("kind")),
		},
		docs: docs{
			"products": `
				{"_id": "px", "kind": "x"}
				{"_id": "py", "kind": "y"}
			`,
			"loans": `
				{"_id": "1", "order_id": "same", "qty": 1, "product_id": "px"}
				{"_id": "2", "order_id": "split", "qty": 1, "product_id": "py"}
				{"_id": "3", "order_id": "split", "qty": 2, "product_id": "px"}
				{"_id": "4", "order_id": "y", "qty": 1, "product_id": "py"}
				{"_id": "5", "order_id": "keyless", "qty": 1}
				{"_id": "6", "order_id": "two-keyless", "qty": 2}
			`,
			"orders": `
				{"_id": "same", "items": [{"qty": 1, "product_id": "px"}]}
				{"_id": "split", "items": [{"qty": 1, "product_id": "py"}, {"qty": 2, "product_id": "px"}]}
				{"_id": "y", "items": [{"qty": 1, "product_id": "py"}]}
				{"_id": "keyless", "items": [{"qty": 1}]}
				{"_id": "two-keyless", "items": [{"qty": 2}]}
				{"_id": "empty", "items": []}
				{"_id": "document", "items": {"qty": 1, "product_id": "px"}}
			`,
		},
		rules: []rule{
			{
				name:  "a condition on an element and one behind a further relation speak of the same element",
				when:  some(item, product).Where(item.F("qty").Eq(1), product.F("kind").Eq("x")),
				holds: "same", not: "split y", none: "split y two-keyless empty",
			}, {
				name:  "a condition on a row and one behind a further relation speak of the same row",
				when:  some(loan, patron).Where(loan.F("qty").Eq(1), patron.F("kind").Eq("x")),
				holds: "same", not: "split y", none: "split y two-keyless empty document",
			}, {
				name:  "what is behind an element is compared with the element",
				when:  some(item, product).Where(product.F("_id").Eq(item.F("product_id")), item.F("qty").Eq(2)),
				holds: "split", not: "same split y", none: "same y keyless empty",
			},
		},
	}.check(t)
}
