package conformance_test

import (
	"testing"

	"github.com/mongoauthz/go-mongoauthz/filter"
)

func TestHasManyWithConstants(t *testing.T) {
	g := filter.Reach("g", "grants")
	p := filter.Reach("p", "published")
	world{
		types: types{
			typ("Book", "books", bools("public"),
				hasMany("grants", "Grant", "=resource_id", far("resource_type", "book")),
				hasMany("published", "Grant", "=resource_id", near("public", true))),
			typ("Grant", "grants", strs("resource_type resource_id user")),
		},
		docs: docs{
			"grants": `
				{"_id": "1", "resource_type": "book", "resource_id": "me", "user": "me"}
				{"_id": "2", "resource_type": "film", "resource_id": "me-film", "user": "me"}
				{"_id": "3", "resource_id": "me-unsaid", "user": "me"}
				{"_id": "4", "resource_type": "book", "resource_id": "you", "user": "you"}
				{"_id": "5", "resource_type": "film", "resource_id": "you-film", "user": "you"}
				{"_id": "6", "resource_id": "you-unsaid", "user": "you"}
				{"_id": "7", "resource_type": "book", "resource_id": "listed", "user": "me"}
			`,
			"books": `
				{"_id": "me", "public": true}
				{"_id": "me-film", "public": false}
				{"_id": "me-unsaid"}
				{"_id": "you", "public": null}
				{"_id": "you-film", "public": true}
				{"_id": "you-unsaid", "public": []}
				{"_id": "listed", "public": [false, true]}
				{"_id": "alone", "public": true}
			`,
		},
		rules: []rule{
			{
				name:  "a constant of the far side is a condition on the row: what it is false of is surely not one",
				when:  some(g),
				holds: "me you listed", none: "me-film you-film alone",
			}, {
				name:  "where the constant of the far side is unknown, another condition can still be false",
				when:  some(g).Where(g.F("user").Eq("me")),
				holds: "me listed", not: "you", none: "me-film you you-film you-unsaid alone",
			}, {
				name:  "a constant of the near side that is false reaches nothing, and that is known; one that is unknown leaves the range unknown",
				when:  some(p),
				holds: "me you-film listed", none: "me-film alone",
			}, {
				name:  "a constant of the near side beside a condition",
				when:  some(p).Where(p.F("user").Eq("me")),
				holds: "me listed", not: "you-film", none: "me-film you-film alone",
			},
		},
	}.check(t)
}

func TestFreeEntity(t *testing.T) {
	g := filter.Free("g", "Grant")
	ghost := filter.Free("n", "Nothing")
	world{
		types: types{
			typ("Book", "books", strs("owner")),
			typ("Grant", "grants", strs("resource_id user")),
			typ("Nothing", "nothing", strs("user")),
		},
		docs: docs{
			"grants": `
				{"_id": "1", "resource_id": "me", "user": "me"}
				{"_id": "2", "resource_id": "you", "user": "you"}
				{"_id": "3", "user": "me"}
				{"_id": "4", "resource_id": null, "user": "me"}
			`,
			"books": `
				{"_id": "me", "owner": "me"}
				{"_id": "you", "owner": "you"}
				{"_id": "nobody", "owner": "nobody"}
				{"_id": "missing"}
			`,
		},
		rules: []rule{
			{
				name:  "it ranges over every document of its type, and its range is always known",
				when:  some(g),
				holds: "me you nobody missing",
			}, {
				name: "a type without documents has none",
				when: some(ghost),
				none: "me you nobody missing",
			}, {
				name:  "a condition on it alone is a global grant",
				when:  some(g).Where(g.F("user").Eq("you")),
				holds: "me you nobody missing", not: "me you nobody missing",
			}, {
				name: "a condition that every document fails",
				when: some(g).Where(g.F("user").Eq("them")),
				not:  "me you nobody missing", none: "me you nobody missing",
			}, {
				name:  "it is tied to the rest by comparisons",
				when:  some(g).Where(g.F("user").Eq("me"), g.F("resource_id").Eq(f("_id"))),
				holds: "me", not: "you nobody missing", none: "",
			}, {
				name:  "None of it where its documents make some condition false, each",
				when:  some(g).Where(g.F("user").Eq("you"), g.F("user").Eq(f("owner"))),
				holds: "you", not: "me nobody", none: "me nobody",
			},
		},
	}.check(t)
}

func TestThroughTwoReferences(t *testing.T) {
	c := filter.Reach("c", "country")
	world{
		types: types{
			typ("Book", "books", strs("publisher_id"), one("publisher", "Publisher", "publisher_id"), through("country", "publisher", "country")),
			typ("Publisher", "publishers", strs("country_id"), one("country", "Country", "country_id")),
			typ("Country", "countries", strs("name")),
		},
		docs: docs{
			"countries": `
				{"_id": "cx", "name": "x"}
				{"_id": "cy", "name": "y"}
				{"_id": null, "name": "x"}
			`,
			"publishers": `
				{"_id": "px", "country_id": "cx"}
				{"_id": "py", "country_id": "cy"}
				{"_id": "homeless"}
				{"_id": "listed", "country_id": ["cx"]}
				{"_id": null, "country_id": "cx"}
			`,
			"books": `
				{"_id": "x", "publisher_id": "px"}
				{"_id": "y", "publisher_id": "py"}
				{"_id": "second-missing", "publisher_id": "homeless"}
				{"_id": "second-array", "publisher_id": "listed"}
				{"_id": "first-missing"}
				{"_id": "first-null", "publisher_id": null}
				{"_id": "first-array", "publisher_id": ["px"]}
				{"_id": "first-dangling", "publisher_id": "nobody"}
			`,
		},
		rules: []rule{
			{
				name:  "each hop must reach its document, and each has its own range",
				when:  some(c),
				holds: "x y",
			}, {
				name:  "a condition on what the last hop reaches",
				when:  some(c).Where(c.F("name").Eq("x")),
				holds: "x", not: "y", none: "y",
			}, {
				name:  "it is never key only, as its hops must be followed",
				when:  some(c).Where(c.F("_id").Eq("cx")),
				holds: "x", not: "y", none: "y",
			},
		},
	}.check(t)
}

func TestThroughAJoinCollection(t *testing.T) {
	p := filter.Reach("p", "borrowers")
	world{
		types: types{
			typ("Book", "books", hasMany("loans", "Loan", "=book_id", far("state", "open")), through("borrowers", "loans", "patron")),
			typ("Loan", "loans", strs("book_id patron_id state"), one("patron", "Patron", "patron_id")),
			typ("Patron", "patrons", strs("city"), bools("deleted"), f("deleted").Ne(true)),
		},
		docs: docs{
			"patrons": `
				{"_id": "px", "city": "x", "deleted": false}
				{"_id": "py", "city": "y", "deleted": false}
				{"_id": "gone", "city": "x", "deleted": true}
				{"_id": "unsaid", "city": "x"}
			`,
			"loans": `
				{"_id": "1", "book_id": "x", "patron_id": "px", "state": "open"}
				{"_id": "2", "book_id": "y", "patron_id": "py", "state": "open"}
				{"_id": "3", "book_id": "both", "patron_id": "px", "state": "open"}
				{"_id": "4", "book_id": "both", "patron_id": "py", "state": "open"}
				{"_id": "5", "book_id": "closed", "patron_id": "px", "state": "closed"}
				{"_id": "6", "book_id": "state-unsaid", "patron_id": "px"}
				{"_id": "7", "book_id": "keyless", "state": "open"}
				{"_id": "8", "book_id": "gone", "patron_id": "gone", "state": "open"}
				{"_id": "9", "book_id": "scope-unknown", "patron_id": "unsaid", "state": "open"}
				{"_id": "10", "book_id": "closed-keyless", "state": "closed"}
				{"_id": "11", "book_id": "y-beside-keyless", "patron_id": "py", "state": "open"}
				{"_id": "12", "book_id": "y-beside-keyless", "state": "open"}
			`,
			"books": `
				{"_id": "x"}
				{"_id": "y"}
				{"_id": "both"}
				{"_id": "alone"}
				{"_id": "closed"}
				{"_id": "state-unsaid"}
				{"_id": "keyless"}
				{"_id": "gone"}
				{"_id": "scope-unknown"}
				{"_id": "closed-keyless"}
				{"_id": "y-beside-keyless"}
			`,
		},
		rules: []rule{
			{
				name:  "constants of one hop and the scope of the next belong to the clause",
				when:  some(p),
				holds: "x y both y-beside-keyless", none: "alone closed closed-keyless",
			}, {
				name:  "a condition on what the last hop reaches, of any row",
				when:  some(p).Where(p.F("city").Eq("x")),
				holds: "x both", not: "y both y-beside-keyless", none: "y alone closed closed-keyless",
			},
		},
	}.check(t)
}

func TestThroughAnEmbeddedArray(t *testing.T) {
	p := filter.Reach("p", "products")
	world{
		types: types{
			typ("Order", "orders", embedsMany("items", "Item"), through("products", "items", "product")),
			typ("Item", "", strs("product_id"), one("product", "Product", "product_id")),
			typ("Product", "products", strs("kind")),
		},
		docs: docs{
			"products": `
				{"_id": "px", "kind": "x"}
				{"_id": "py", "kind": "y"}
				{"_id": null, "kind": "x"}
			`,
			"orders": `
				{"_id": "x", "items": [{"product_id": "px"}]}
				{"_id": "y", "items": [{"product_id": "py"}]}
				{"_id": "both", "items": [{"product_id": "px"}, {"product_id": "py"}]}
				{"_id": "empty", "items": []}
				{"_id": "missing"}
				{"_id": "keyless", "items": [{}]}
				{"_id": "y-beside-keyless", "items": [{"product_id": "py"}, {"product_id": null}]}
				{"_id": "y-beside-scalar", "items": [{"product_id": "py"}, "px"]}
				{"_id": "document", "items": {"product_id": "px"}}
				{"_id": "in-array", "items": [[{"product_id": "px"}]]}
				{"_id": "key-array", "items": [{"product_id": ["px"]}]}
				{"_id": "dangling", "items": [{"product_id": "nobody"}]}
			`,
		},
		rules: []rule{
			{
				name:  "each element's key is followed, and nested arrays are not elements",
				when:  some(p),
				holds: "x y both y-beside-keyless y-beside-scalar", none: "empty",
			}, {
				name:  "a condition on what some element leads to",
				when:  some(p).Where(p.F("kind").Eq("x")),
				holds: "x both", not: "y both y-beside-keyless y-beside-scalar", none: "y empty",
			},
		},
	}.check(t)
}
