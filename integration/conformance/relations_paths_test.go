package conformance_test

import (
	"testing"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

func TestKeysInAnEmbeddedDocument(t *testing.T) {
	u := filter.Reach("u", "members")
	r := filter.Reach("r", "rows")
	world{
		types: types{
			typ("Doc", "docs", embedsOne("home", "Home"), many("members", "User", "home.ids"), hasMany("rows", "Row", "home.code=code")),
			typ("Home", "", strs("code"), absentEmpty(list("ids", relations.String))),
			typ("User", "users", strs("name")),
			typ("Row", "rows", strs("code state")),
		},
		docs: docs{
			"users": `
				{"_id": "ux", "name": "x"}
				{"_id": "uy", "name": "y"}
				{"_id": null, "name": "x"}
			`,
			"rows": `
				{"_id": "1", "code": "a", "state": "x"}
				{"_id": "2", "code": "b", "state": "y"}
				{"_id": "3", "state": "x"}
				{"_id": "4", "code": null, "state": "x"}
			`,
			"docs": `
				{"_id": "x", "home": {"ids": ["ux"], "code": "a"}}
				{"_id": "y", "home": {"ids": ["uy"], "code": "b"}}
				{"_id": "empty", "home": {"ids": [], "code": "c"}}
				{"_id": "bare", "home": {}}
				{"_id": "nulls", "home": {"ids": null, "code": null}}
				{"_id": "missing"}
				{"_id": "null", "home": null}
				{"_id": "scalar", "home": "ux"}
				{"_id": "array", "home": [{"ids": ["ux"], "code": "a"}]}
			`,
		},
		rules: []rule{
			{
				name:  "a list of keys: where the embedded value is no document, absent does not mean empty",
				when:  some(u).Where(u.F("name").Eq("x")),
				holds: "x", not: "y", none: "y empty bare nulls",
			}, {
				name:  "our key: where the embedded value is no document, nothing is reached and nothing known",
				when:  some(r).Where(r.F("state").Eq("x")),
				holds: "x", not: "y", none: "y empty",
			},
		},
	}.check(t)
}

func TestReferencesByAForeignPathThroughArrays(t *testing.T) {
	w := filter.Reach("w", "writer")
	ws := filter.Reach("w", "writers")
	world{
		types: types{
			typ("Book", "books", strs("pen"), list("pens", relations.String), one("writer", "Writer", "pen=names.pen"), many("writers", "Writer", "pens=names.pen")),
			typ("Writer", "writers", strs("country"), embedsMany("names", "Name")),
			typ("Name", "", strs("pen")),
		},
		docs: docs{
			"writers": `
				{"_id": "1", "names": [{"pen": "a"}, {"pen": "b"}], "country": "x"}
				{"_id": "2", "names": [{"pen": ["c", null]}], "country": "y"}
				{"_id": "3", "names": {"pen": "d"}, "country": "x"}
				{"_id": "4", "names": [[{"pen": "e"}]], "country": "x"}
				{"_id": "5", "names": [{"pen": null}, {}], "country": "x"}
				{"_id": "6", "names": [], "country": "x"}
				{"_id": "7", "country": "x"}
				{"_id": "8", "names": [1, null, {"pen": "f"}], "country": "y"}
			`,
			"books": `
				{"_id": "a", "pen": "a", "pens": ["a"]}
				{"_id": "b", "pen": "b", "pens": ["b", "e"]}
				{"_id": "c", "pen": "c", "pens": ["c"]}
				{"_id": "d", "pen": "d", "pens": ["d"]}
				{"_id": "e", "pen": "e", "pens": ["e"]}
				{"_id": "f", "pen": "f", "pens": ["f", null]}
				{"_id": "dangling", "pen": "nobody", "pens": ["nobody"]}
				{"_id": "missing"}
				{"_id": "null", "pen": null, "pens": [null]}
				{"_id": "empty", "pen": [], "pens": []}
				{"_id": "array", "pen": ["a"], "pens": [["a"]]}
			`,
		},
		rules: []rule{
			{
				name:  "to-one: it crosses arrays of documents, not nested arrays",
				when:  some(w),
				holds: "a b c d f",
			}, {
				name:  "to-one: a condition on the document that holds the key",
				when:  some(w).Where(w.F("country").Eq("x")),
				holds: "a b d", not: "c f", none: "c f",
			}, {
				name:  "to-many: it crosses arrays of documents, not nested arrays",
				when:  some(ws),
				holds: "a b c d f", none: "e dangling empty array",
			}, {
				name:  "to-many: a condition on some document that holds a key",
				when:  some(ws).Where(ws.F("country").Eq("x")),
				holds: "a b d", not: "c f", none: "c e dangling empty array",
			},
		},
	}.check(t)
}

func TestThroughAThrough(t *testing.T) {
	c := filter.Reach("c", "origin")
	world{
		types: types{
			typ("Book", "books", embedsOne("home", "Home"), through("origin", "home", "country")),
			typ("Home", "", strs("publisher_id"), one("publisher", "Publisher", "publisher_id"), through("country", "publisher", "country")),
			typ("Publisher", "publishers", strs("country_id"), one("country", "Country", "country_id")),
			typ("Country", "countries", strs("name")),
		},
		docs: docs{
			"countries": `
				{"_id": "cx", "name": "x"}
				{"_id": "cy", "name": "y"}
			`,
			"publishers": `
				{"_id": "px", "country_id": "cx"}
				{"_id": "py", "country_id": "cy"}
				{"_id": "homeless"}
			`,
			"books": `
				{"_id": "x", "home": {"publisher_id": "px"}}
				{"_id": "y", "home": {"publisher_id": "py"}}
				{"_id": "third-missing", "home": {"publisher_id": "homeless"}}
				{"_id": "second-missing", "home": {}}
				{"_id": "first-missing"}
				{"_id": "first-array", "home": [{"publisher_id": "px"}]}
			`,
		},
		rules: []rule{
			{
				name:  "the hops of a through may be throughs, and begin in an embedded document",
				when:  some(c).Where(c.F("name").Eq("x")),
				holds: "x", not: "y", none: "y",
			},
		},
	}.check(t)
}

func TestThroughTwoToManyRelations(t *testing.T) {
	l := filter.Reach("l", "loans")
	world{
		types: types{
			typ("Shelf", "shelves", hasMany("slots", "Slot", "=shelf_id"), through("loans", "slots", "loans")),
			typ("Slot", "slots", strs("shelf_id code"), hasMany("loans", "Loan", "code=slot_code")),
			typ("Loan", "loans", strs("slot_code state")),
		},
		docs: docs{
			"loans": `
				{"_id": "1", "slot_code": "a", "state": "x"}
				{"_id": "2", "slot_code": "b", "state": "y"}
				{"_id": "3", "slot_code": "b", "state": "y"}
				{"_id": "4", "slot_code": null, "state": "x"}
				{"_id": "5", "state": "x"}
			`,
			"slots": `
				{"_id": "1", "shelf_id": "x", "code": "a"}
				{"_id": "2", "shelf_id": "y", "code": "b"}
				{"_id": "3", "shelf_id": "both", "code": "b"}
				{"_id": "4", "shelf_id": "both", "code": "a"}
				{"_id": "5", "shelf_id": "unloaned", "code": "c"}
				{"_id": "6", "shelf_id": "codeless"}
				{"_id": "7", "shelf_id": "y-beside-codeless", "code": "b"}
				{"_id": "8", "shelf_id": "y-beside-codeless", "code": null}
			`,
			"shelves": `
				{"_id": "x"}
				{"_id": "y"}
				{"_id": "both"}
				{"_id": "unloaned"}
				{"_id": "codeless"}
				{"_id": "y-beside-codeless"}
				{"_id": "empty"}
			`,
		},
		rules: []rule{
			{
				name:  "existence of what some row's rows are",
				when:  some(l),
				holds: "x y both y-beside-codeless", none: "unloaned empty",
			}, {
				name:  "a condition on some row of some row; each row of the first hop has its own range",
				when:  some(l).Where(l.F("state").Eq("x")),
				holds: "x both", not: "y both y-beside-codeless", none: "y unloaned empty",
			},
		},
	}.check(t)
}

func TestOneEntityAlongAListOrAThroughAndAKey(t *testing.T) {
	reader := filter.Reach("u", "readers").Via(root, "author")
	owner := filter.Reach("u", "author").Via(root, "owner")
	world{
		types: types{
			typ("Book", "books", strs("publisher_id author_id"), list("reader_ids", relations.String), one("author", "User", "author_id"),
				many("readers", "User", "reader_ids"), one("publisher", "Publisher", "publisher_id"), through("owner", "publisher", "owner")),
			typ("Publisher", "publishers", strs("owner_id"), one("owner", "User", "owner_id")),
			typ("User", "users", strs("name")),
		},
		docs: docs{
			"users": `
				{"_id": "ux", "name": "x"}
				{"_id": "uy", "name": "y"}
			`,
			"publishers": `
				{"_id": "px", "owner_id": "ux"}
				{"_id": "py", "owner_id": "uy"}
				{"_id": "unowned"}
			`,
			"books": `
				{"_id": "x", "author_id": "ux", "reader_ids": ["ux", "uy"], "publisher_id": "px"}
				{"_id": "y", "author_id": "uy", "reader_ids": ["ux", "uy"], "publisher_id": "py"}
				{"_id": "apart", "author_id": "ux", "reader_ids": ["uy"], "publisher_id": "py"}
				{"_id": "first-unknown", "author_id": "ux", "publisher_id": "unowned"}
				{"_id": "second-unknown", "reader_ids": ["ux"], "publisher_id": "px"}
				{"_id": "null-among", "author_id": "ux", "reader_ids": ["ux", null]}
				{"_id": "empty", "author_id": "ux", "reader_ids": []}
			`,
		},
		rules: []rule{
			{
				name:  "the author, who is a reader",
				when:  some(reader).Where(reader.F("name").Eq("x")),
				holds: "x null-among", not: "y", none: "y apart empty",
			}, {
				name:  "the author, who is the publisher's owner",
				when:  some(owner).Where(owner.F("name").Eq("x")),
				holds: "x", not: "y", none: "y apart",
			},
		},
	}.check(t)
}

func TestTwoTypesOnOneCollection(t *testing.T) {
	m := filter.Reach("m", "memos")
	d := filter.Reach("d", "drafts")
	memo := filter.Reach("one", "memo")
	world{
		types: types{
			typ("Room", "rooms", strs("memo_id"), hasMany("memos", "Memo", "=room_id"), hasMany("drafts", "Draft", "=room_id"), one("memo", "Memo", "memo_id")),
			typ("Memo", "notes", strs("room_id kind text"), f("kind").Eq("memo")),
			typ("Draft", "notes", strs("room_id kind author"), f("kind").Eq("draft")),
		},
		docs: docs{
			"notes": `
				{"_id": "1", "room_id": "memo", "kind": "memo", "text": "x", "author": "x"}
				{"_id": "2", "room_id": "draft", "kind": "draft", "text": "x", "author": "x"}
				{"_id": "3", "room_id": "both", "kind": "memo", "text": "y"}
				{"_id": "4", "room_id": "both", "kind": "draft", "author": "y"}
				{"_id": "5", "room_id": "kindless", "text": "x", "author": "x"}
			`,
			"rooms": `
				{"_id": "memo", "memo_id": "1"}
				{"_id": "draft", "memo_id": "2"}
				{"_id": "both", "memo_id": "3"}
				{"_id": "kindless", "memo_id": "5"}
				{"_id": "empty"}
			`,
		},
		rules: []rule{
			{name: "rows of the one type", when: some(m), holds: "memo both", none: "draft empty"},
			{name: "rows of the other type", when: some(d).Where(d.F("author").Eq("x")), holds: "draft", not: "both", none: "memo both empty"},
			{name: "both in one clause", when: some(m, d), holds: "both", none: "memo draft empty"},
			{name: "a key that leads to a document of the other type", when: some(memo).Where(memo.F("text").Eq("x")), holds: "memo", not: "both", none: "both"},
			{name: "only a key compared is not enough where there is a scope", when: some(memo).Where(memo.F("_id").In([]string{"1", "2"})), holds: "memo", not: "both", none: "both"},
		},
	}.check(t)
}
