package conformance_test

import (
	"testing"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

func TestEmbedsMany(t *testing.T) {
	item := filter.Reach("item", "items")
	part := item.Reach("part", "parts")
	world{
		types: types{
			typ("Order", "orders", embedsMany("items", "Item")),
			typ("Item", "", strs("sku"), nums("qty"), embedsMany("parts", "Part")),
			typ("Part", "", strs("no")),
		},
		docs: docs{"orders": `
			{"_id": "x", "items": [{"sku": "x", "qty": 1, "parts": [{"no": "a"}]}]}
			{"_id": "y", "items": [{"sku": "y", "qty": 2, "parts": [{"no": "b"}]}]}
			{"_id": "both", "items": [{"sku": "x", "qty": 2, "parts": []}, {"sku": "y", "qty": 1, "parts": [{"no": "a"}]}]}
			{"_id": "bare", "items": [{}]}
			{"_id": "empty", "items": []}
			{"_id": "missing"}
			{"_id": "null", "items": null}
			{"_id": "scalar", "items": "x"}
			{"_id": "document", "items": {"sku": "x", "qty": 1, "parts": [{"no": "a"}]}}
			{"_id": "beside-null", "items": [{"sku": "x", "qty": 1}, null]}
			{"_id": "beside-scalar", "items": [{"sku": "y", "qty": 2}, "x"]}
			{"_id": "beside-array", "items": [{"sku": "y", "qty": 2}, [{"sku": "x", "qty": 1}]]}
			{"_id": "in-array", "items": [[{"sku": "x", "qty": 1, "parts": [{"no": "a"}]}]]}
			{"_id": "scalars", "items": ["x"]}
		`},
		rules: []rule{
			{
				name:  "the documents of an array are reached, its other elements are not; the range is known if it holds nothing else",
				when:  some(item),
				holds: "x y both bare beside-null beside-scalar beside-array", none: "empty",
			}, {
				name:  "a condition on some element",
				when:  some(item).Where(item.F("sku").Eq("x")),
				holds: "x both beside-null", not: "y both beside-scalar beside-array", none: "y empty",
			}, {
				name:  "two conditions on one element speak of the same element",
				when:  some(item).Where(item.F("sku").Eq("x"), item.F("qty").Eq(1)),
				holds: "x beside-null", not: "both", none: "y both empty",
			}, {
				name:  "an element of an element",
				when:  some(item, part).Where(part.F("no").Eq("a")),
				holds: "x both", not: "y", none: "y empty",
			}, {
				name:  "a condition on an element and one on its own element speak of the same outer element",
				when:  some(item, part).Where(item.F("sku").Eq("x"), part.F("no").Eq("a")),
				holds: "x", not: "", none: "y both empty",
			},
		},
	}.check(t)
}

func TestReferencesManyByID(t *testing.T) {
	u := filter.Reach("u", "members")
	world{
		types: types{
			typ("Project", "projects", list("member_ids", relations.String), many("members", "User", "member_ids")),
			typ("User", "users", strs("name")),
		},
		docs: docs{
			"users": `
				{"_id": "ux", "name": "x"}
				{"_id": "uy", "name": "y"}
				{"_id": "bare"}
				{"_id": null, "name": "x"}
			`,
			"projects": `
				{"_id": "x", "member_ids": ["ux"]}
				{"_id": "y", "member_ids": ["uy"]}
				{"_id": "both", "member_ids": ["ux", "uy"]}
				{"_id": "twice", "member_ids": ["ux", "ux"]}
				{"_id": "bare", "member_ids": ["bare"]}
				{"_id": "empty", "member_ids": []}
				{"_id": "missing"}
				{"_id": "null", "member_ids": null}
				{"_id": "one-key", "member_ids": "ux"}
				{"_id": "x-beside-null", "member_ids": ["ux", null]}
				{"_id": "y-beside-null", "member_ids": ["uy", null]}
				{"_id": "only-null", "member_ids": [null]}
				{"_id": "in-array", "member_ids": [["ux"]]}
				{"_id": "y-beside-array", "member_ids": ["uy", ["ux"]]}
				{"_id": "dangling", "member_ids": ["nobody"]}
				{"_id": "y-beside-dangling", "member_ids": ["uy", "nobody"]}
			`,
		},
		rules: []rule{
			{
				name:  "null and nested arrays among the keys reach nothing; the range is known if an array without null is stored",
				when:  some(u),
				holds: "x y both twice bare one-key x-beside-null y-beside-null y-beside-array y-beside-dangling",
				none:  "empty in-array dangling",
			}, {
				name:  "a condition on some document whose key is in the list; keys that lead nowhere are ignored",
				when:  some(u).Where(u.F("name").Eq("x")),
				holds: "x both twice one-key x-beside-null",
				not:   "y both y-beside-null y-beside-array y-beside-dangling",
				none:  "y empty in-array y-beside-array dangling y-beside-dangling",
			}, {
				name:  "IsNull speaks of documents that are reached only",
				when:  some(u).Where(u.F("name").IsNull()),
				holds: "bare",
				not:   "x y both twice one-key x-beside-null y-beside-null y-beside-array y-beside-dangling",
				none:  "x y both twice empty in-array y-beside-array dangling y-beside-dangling",
			},
		},
	}.check(t)
}

func TestReferencesManyByAnotherKey(t *testing.T) {
	team := filter.Reach("team", "teams")
	world{
		types: types{
			typ("Project", "projects", list("codes", relations.String), many("teams", "Team", "codes=code")),
			typ("Team", "teams", strs("code name")),
		},
		docs: docs{
			"teams": `
				{"_id": "t1", "code": "a", "name": "x"}
				{"_id": "t2", "code": ["b", null], "name": "y"}
				{"_id": "t3", "code": null, "name": "x"}
				{"_id": "t4", "name": "x"}
				{"_id": "t5", "code": [], "name": "x"}
				{"_id": "t6", "code": [null], "name": "x"}
				{"_id": "t7", "code": [["b"]], "name": "x"}
				{"_id": "t8", "code": ["a", "b"], "name": "z"}
			`,
			"projects": `
				{"_id": "a", "codes": ["a"]}
				{"_id": "b", "codes": ["b"]}
				{"_id": "ab", "codes": ["a", "b"]}
				{"_id": "b-beside-null", "codes": ["b", null]}
				{"_id": "only-null", "codes": [null]}
				{"_id": "empty", "codes": []}
				{"_id": "dangling", "codes": ["nobody"]}
				{"_id": "in-array", "codes": [["b"]]}
				{"_id": "one-key", "codes": "b"}
				{"_id": "missing"}
				{"_id": "null", "codes": null}
			`,
		},
		rules: []rule{
			{
				name:  "two lists join by a key that both hold, never by a null or an array",
				when:  some(team),
				holds: "a b ab b-beside-null one-key", none: "empty dangling in-array",
			}, {
				name:  "a condition on some document that shares a key",
				when:  some(team).Where(team.F("name").Eq("x")),
				holds: "a ab", not: "a b ab b-beside-null one-key", none: "b empty dangling in-array",
			}, {
				name:  "a foreign list that holds a null beside the key is reached",
				when:  some(team).Where(team.F("name").Eq("y")),
				holds: "b ab b-beside-null one-key", not: "a b ab b-beside-null one-key", none: "a empty dangling in-array",
			},
		},
	}.check(t)
}

func TestReferencesManyByAListAndAKey(t *testing.T) {
	team := filter.Reach("team", "teams")
	world{
		types: types{
			typ("Project", "projects", strs("org"), list("codes", relations.String), many("teams", "Team", "org=org codes=code")),
			typ("Team", "teams", strs("org code name")),
		},
		docs: docs{
			"teams": `
				{"_id": "t1", "org": "o", "code": "a", "name": "x"}
				{"_id": "t2", "org": "o", "code": "b", "name": "y"}
				{"_id": "t3", "org": "p", "code": "a", "name": "z"}
				{"_id": "t4", "code": "a", "name": "x"}
			`,
			"projects": `
				{"_id": "oa", "org": "o", "codes": ["a"]}
				{"_id": "ob", "org": "o", "codes": ["b", "c"]}
				{"_id": "pab", "org": "p", "codes": ["a", "b"]}
				{"_id": "pb", "org": "p", "codes": ["b"]}
				{"_id": "ab", "codes": ["a", "b"]}
				{"_id": "key-array", "org": ["o"], "codes": ["a"]}
				{"_id": "list-missing", "org": "o"}
				{"_id": "list-empty", "org": "o", "codes": []}
			`,
		},
		rules: []rule{
			{
				name:  "both pairs must be equal; the range is known if the key is one value and the list an array",
				when:  some(team),
				holds: "oa ob pab", none: "pb list-empty",
			}, {
				name:  "the documents that both pairs lead to are compared",
				when:  some(team).Where(team.F("name").Eq("x")),
				holds: "oa", not: "ob pab", none: "ob pab pb list-empty",
			},
		},
	}.check(t)
}

func TestHasManyByID(t *testing.T) {
	l := filter.Reach("l", "loans")
	only := filter.Reach("o", "loan")
	world{
		types: types{
			typ("Patron", "patrons", hasMany("loans", "Loan", "=patron"), hasOne("loan", "Loan", "=patron")),
			typ("Loan", "loans", strs("patron status")),
		},
		docs: docs{
			"loans": `
				{"_id": "1", "patron": "x", "status": "x"}
				{"_id": "2", "patron": "y", "status": "y"}
				{"_id": "3", "patron": "both", "status": "x"}
				{"_id": "4", "patron": "both", "status": "y"}
				{"_id": "5", "patron": ["listed", "other"], "status": "x"}
				{"_id": "6", "patron": ["listed-beside-null", null], "status": "y"}
				{"_id": "7", "patron": null, "status": "x"}
				{"_id": "8", "status": "x"}
				{"_id": "9", "patron": [], "status": "x"}
				{"_id": "10", "patron": [null], "status": "x"}
				{"_id": "11", "patron": "bare"}
				{"_id": "12", "patron": [["alone"]], "status": "x"}
			`,
			"patrons": `
				{"_id": "x"}
				{"_id": "y"}
				{"_id": "both"}
				{"_id": "listed"}
				{"_id": "listed-beside-null"}
				{"_id": "bare"}
				{"_id": "alone"}
				{"_id": null}
			`,
		},
		rules: []rule{
			{
				name:  "the rows are reached whose foreign field is or holds our id",
				when:  some(l),
				holds: "x y both listed listed-beside-null bare", none: "alone",
			}, {
				name:  "a condition on some row",
				when:  some(l).Where(l.F("status").Eq("x")),
				holds: "x both listed", not: "y both listed-beside-null", none: "y listed-beside-null alone",
			}, {
				name:  "IsNull speaks of rows that are reached only",
				when:  some(l).Where(l.F("status").IsNull()),
				holds: "bare", not: "x y both listed listed-beside-null", none: "x y both listed listed-beside-null alone",
			}, {
				name:  "has one behaves as has many",
				when:  some(only).Where(only.F("status").Eq("x")),
				holds: "x both listed", not: "y both listed-beside-null", none: "y listed-beside-null alone",
			}, {
				name:  "has one exists as has many does",
				when:  some(only),
				holds: "x y both listed listed-beside-null bare", none: "alone",
			},
		},
	}.check(t)
}

func TestHasManyByAnotherKey(t *testing.T) {
	l := filter.Reach("l", "loans")
	only := filter.Reach("o", "loan")
	world{
		types: types{
			typ("Patron", "patrons", strs("code"), hasMany("loans", "Loan", "code=code"), hasOne("loan", "Loan", "code=code")),
			typ("Loan", "loans", strs("code status")),
		},
		docs: docs{
			"loans": `
				{"_id": "1", "code": "a", "status": "x"}
				{"_id": "2", "code": "b", "status": "y"}
				{"_id": "3", "code": null, "status": "x"}
				{"_id": "4", "status": "x"}
				{"_id": "5", "code": [], "status": "x"}
				{"_id": "6", "code": [null], "status": "x"}
				{"_id": "7", "code": [["a"]], "status": "x"}
			`,
			"patrons": `
				{"_id": "x", "code": "a"}
				{"_id": "y", "code": "b"}
				{"_id": "alone", "code": "c"}
				{"_id": "missing"}
				{"_id": "null", "code": null}
				{"_id": "empty-array", "code": []}
				{"_id": "array", "code": ["a"]}
				{"_id": "array-of-array", "code": [["a"]]}
				{"_id": "array-of-null", "code": [null]}
			`,
		},
		rules: []rule{
			{
				name:  "our key must be set and one value: anything else reaches nothing and has no known range",
				when:  some(l),
				holds: "x y", none: "alone",
			}, {
				name:  "a condition on some row",
				when:  some(l).Where(l.F("status").Eq("x")),
				holds: "x", not: "y", none: "y alone",
			}, {
				name:  "has one behaves as has many",
				when:  some(only).Where(only.F("status").Eq("x")),
				holds: "x", not: "y", none: "y alone",
			},
		},
	}.check(t)
}

func TestHasManyByAForeignPathThroughArrays(t *testing.T) {
	c := filter.Reach("c", "caseloads")
	world{
		types: types{
			typ("Client", "clients", hasMany("caseloads", "Caseload", "=members.client_id")),
			typ("Caseload", "caseloads", strs("state"), embedsMany("members", "Member")),
			typ("Member", "", strs("client_id")),
		},
		docs: docs{
			"caseloads": `
				{"_id": "1", "members": [{"client_id": "a"}, {"client_id": "b"}], "state": "x"}
				{"_id": "2", "members": {"client_id": "document"}, "state": "x"}
				{"_id": "3", "members": [[{"client_id": "nested"}]], "state": "x"}
				{"_id": "4", "members": [{"client_id": ["listed"]}], "state": "x"}
				{"_id": "5", "members": [], "state": "x"}
				{"_id": "6", "members": [1, null, {"client_id": "mixed"}], "state": "y"}
				{"_id": "7", "members": [{"client_id": null}, {}], "state": "x"}
				{"_id": "8", "members": {"0": {"client_id": "numbered"}}, "state": "x"}
				{"_id": "9", "state": "x"}
				{"_id": "10", "members": [{"client_id": "b"}], "state": "y"}
			`,
			"clients": `
				{"_id": "a"}
				{"_id": "b"}
				{"_id": "document"}
				{"_id": "nested"}
				{"_id": "listed"}
				{"_id": "mixed"}
				{"_id": "numbered"}
				{"_id": "nobody"}
				{"_id": null}
			`,
		},
		rules: []rule{
			{
				name:  "a foreign path crosses arrays of documents, not nested arrays, and no part of it is an index",
				when:  some(c),
				holds: "a b document listed mixed", none: "nested numbered nobody",
			}, {
				name:  "a condition on the row that holds the key",
				when:  some(c).Where(c.F("state").Eq("x")),
				holds: "a b document listed", not: "b mixed", none: "nested mixed numbered nobody",
			},
		},
	}.check(t)
}
