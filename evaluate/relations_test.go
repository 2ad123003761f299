package evaluate_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mongoauthz/go-mongoauthz/filter"
)

// reached is a clause, and root documents for which it is true, false and unknown.
type reached struct {
	name    string
	clause  filter.Clause
	T, F, U on
}

func testReached(t *testing.T, w world, cases []reached) {
	t.Helper()
	s := orders(t)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for want, documents := range []on{c.F, c.U, c.T} {
				for _, document := range documents {
					require.Equal(t, want, int(holds(t, s, "Order", c.clause, document, w)), document)
				}
			}
		})
	}
}

// some is a clause over one entity that a relation of the order reaches.
func some(relation string, conditions func(e filter.Entity) []filter.Condition) filter.Clause {
	e := filter.Reach("e", relation)
	c := filter.Some(e)
	if conditions == nil {
		return c.Where(e.Exists())
	}
	return c.Where(conditions(e)...)
}

func is(path string, v any) func(filter.Entity) []filter.Condition {
	return func(e filter.Entity) []filter.Condition { return []filter.Condition{e.F(path).Eq(v)} }
}

func isNot(path string, v any) func(filter.Entity) []filter.Condition {
	return func(e filter.Entity) []filter.Condition { return []filter.Condition{e.F(path).Ne(v)} }
}

func isNull(path string) func(filter.Entity) []filter.Condition {
	return func(e filter.Entity) []filter.Condition { return []filter.Condition{e.F(path).IsNull()} }
}

func TestEmbedsOne(t *testing.T) {
	t.Parallel()
	testReached(t, nil, []reached{
		{
			name: "reaches a document", clause: some("address", is("city", "Bern")),
			T: on{`{"address": {"city": "Bern"}}`},
			F: on{`{"address": {"city": "Basel"}}`},
			U: on{`{}`, `{"address": null}`, `{"address": [{"city": "Bern"}]}`, `{"address": "Bern"}`, `{"address": {}}`, `{"address": {"city": 1}}`, `{"address": []}`},
		},
		{name: "exists", clause: some("address", nil), T: on{`{"address": {}}`}, U: on{`{}`, `{"address": []}`, `{"address": [{}]}`, `{"address": 1}`}},
		{name: "asks for null only where it is", clause: some("address", isNull("city")), T: on{`{"address": {}}`, `{"address": {"city": null}}`}, F: on{`{"address": {"city": 1}}`}, U: on{`{}`, `{"address": [{}]}`}},
		{
			name: "reaches what is in scope only", clause: some("home", is("city", "Bern")),
			T: on{`{"home": {"city": "Bern", "kind": "home"}}`},
			F: on{`{"home": {"city": "Basel", "kind": "home"}}`},
			U: on{`{"home": {"city": "Basel", "kind": "work"}}`, `{"home": {"city": "Bern"}}`, `{}`},
		},
	})
}

func TestEmbedsMany(t *testing.T) {
	t.Parallel()
	e := filter.Reach("e", "items")
	testReached(t, nil, []reached{
		{
			name: "reaches the documents of the array", clause: some("items", is("sku", "a")),
			T: on{`{"items": [{"sku": "a"}]}`, `{"items": [{"sku": "b"}, {"sku": "a"}]}`, `{"items": [1, null, [], {"sku": "a"}]}`},
			F: on{`{"items": []}`, `{"items": [{"sku": "b"}]}`},
			U: on{`{}`, `{"items": null}`, `{"items": {"sku": "a"}}`, `{"items": [{"sku": "b"}, 1]}`, `{"items": [[{"sku": "a"}]]}`, `{"items": [{"sku": "b"}, null]}`, `{"items": [{}]}`, `{"items": "a"}`},
		},
		{name: "exists", clause: some("items", nil), T: on{`{"items": [{}]}`, `{"items": [1, {}]}`}, F: on{`{"items": []}`}, U: on{`{}`, `{"items": null}`, `{"items": {}}`, `{"items": [1]}`, `{"items": [[]]}`}},
		{
			name: "two conditions speak of the same element", clause: filter.Some(e).Where(e.F("sku").Eq("a"), e.F("qty").Gt(1)),
			T: on{`{"items": [{"sku": "a", "qty": 2}]}`},
			F: on{`{"items": [{"sku": "a", "qty": 1}, {"sku": "b", "qty": 2}]}`},
			U: on{`{"items": [{"sku": "a"}, {"sku": "b", "qty": 2}]}`},
		},
		{
			name: "a negated comparison asks for an element, not for all", clause: some("items", isNot("sku", "a")),
			T: on{`{"items": [{"sku": "a"}, {"sku": "b"}]}`}, F: on{`{"items": [{"sku": "a"}]}`}, U: on{`{"items": [{"sku": "a"}, {}]}`},
		},
		{
			name: "absent means empty", clause: some("mayItems", is("sku", "a")),
			T: on{`{"mayItems": [{"sku": "a"}]}`}, F: on{`{}`, `{"mayItems": null}`, `{"mayItems": []}`}, U: on{`{"mayItems": 1}`, `{"mayItems": [1]}`, `{"mayItems": {}}`},
		},
	})
}

func TestReferencesOne(t *testing.T) {
	t.Parallel()
	testReached(t, world{"firms": {
		`{"_id": 1, "name": "acme", "code": "a", "codes": ["x", null], "tenant": 1}`,
		`{"_id": 2, "name": "beta", "code": "b", "codes": [["x"], "y"], "tenant": 2, "lines": [{"code": "l"}, 1, [{"code": "m"}]]}`,
		`{"_id": 3, "name": "gone", "code": "b", "lines": {"code": "n", "subs": [{"codes": ["s"]}, {"codes": "r"}]}}`,
		`{"_id": null, "name": "acme"}`,
		`{"_id": 5}`,
	}}, []reached{
		{
			name: "reaches the document with the key", clause: some("firm", is("name", "acme")),
			T: on{`{"firm_id": 1}`, `{"firm_id": 1.0}`, `{"firm_id": {"$numberLong": "1"}}`, `{"firm_id": {"$numberDecimal": "1.0"}}`},
			F: on{`{"firm_id": 2}`},
			U: on{`{}`, `{"firm_id": null}`, `{"firm_id": 9}`, `{"firm_id": [1]}`, `{"firm_id": []}`, `{"firm_id": [2]}`, `{"firm_id": "1"}`, `{"firm_id": 5}`},
		},
		{name: "exists", clause: some("firm", nil), T: on{`{"firm_id": 5}`}, U: on{`{}`, `{"firm_id": null}`, `{"firm_id": 9}`, `{"firm_id": [5]}`}},
		{name: "asks for null of the document", clause: some("firm", isNull("name")), T: on{`{"firm_id": 5}`}, F: on{`{"firm_id": 1}`}, U: on{`{}`, `{"firm_id": 9}`}},
		{
			name: "reaches each document with a key that is not unique", clause: some("byCode", is("name", "gone")),
			T: on{`{"code": "b"}`}, F: on{`{"code": "a"}`}, U: on{`{"code": "z"}`, `{"code": ["a"]}`},
		},
		{
			name: "reaches a document whose field holds the key", clause: some("byCodes", is("name", "beta")),
			T: on{`{"code": "y"}`}, F: on{`{"code": "x"}`}, U: on{`{}`, `{"code": null}`, `{"code": "z"}`},
		},
		{
			name: "looks for the key in arrays of documents, one level deep", clause: some("byLine", nil),
			T: on{`{"code": "l"}`, `{"code": "n"}`}, U: on{`{"code": "m"}`, `{"code": "z"}`, `{}`},
		},
		{name: "looks for the key through two arrays", clause: some("bySubLine", is("_id", 3)), T: on{`{"code": "s"}`, `{"code": "r"}`}, U: on{`{"code": "l"}`}},
		{
			name: "takes its key from an embedded document", clause: some("addressFirm", is("name", "acme")),
			T: on{`{"address": {"firm_id": 1}}`}, F: on{`{"address": {"firm_id": 2}}`},
			U: on{`{}`, `{"address": {}}`, `{"address": [{"firm_id": 1}]}`, `{"address": 1}`, `{"address": {"firm_id": [1]}}`},
		},
		{
			name: "joins by all of its pairs", clause: some("both", is("name", "acme")),
			T: on{`{"firm_id": 1, "tenant": 1}`}, F: on{`{"firm_id": 2, "tenant": 2}`},
			U: on{`{"firm_id": 1, "tenant": 2}`, `{"firm_id": 1}`, `{"tenant": 1}`, `{"firm_id": 1, "tenant": null}`, `{"firm_id": 3, "tenant": null}`},
		},
	})
}

func TestReferencesMany(t *testing.T) {
	t.Parallel()
	testReached(t, world{"firms": {
		`{"_id": 1, "name": "acme", "codes": ["x", null], "tenant": 1}`,
		`{"_id": 2, "name": "beta", "codes": "y", "tenant": 1}`,
		`{"_id": 3}`,
		`{"_id": null, "name": "acme", "codes": null}`,
		`{"_id": [1], "name": "acme"}`,
	}}, []reached{
		{
			name: "reaches the documents with the keys", clause: some("members", is("name", "acme")),
			T: on{`{"member_ids": [1]}`, `{"member_ids": [2, 1.0, 1]}`, `{"member_ids": [null, 1]}`, `{"member_ids": [[2], 1]}`, `{"member_ids": 1}`},
			F: on{`{"member_ids": []}`, `{"member_ids": [2]}`, `{"member_ids": [2, 9]}`, `{"member_ids": [9]}`, `{"member_ids": [[1]]}`, `{"member_ids": ["1"]}`},
			U: on{`{}`, `{"member_ids": null}`, `{"member_ids": [null]}`, `{"member_ids": [2, null]}`, `{"member_ids": 2}`, `{"member_ids": 9}`, `{"member_ids": [3]}`},
		},
		{name: "exists", clause: some("members", nil), T: on{`{"member_ids": [3]}`, `{"member_ids": 3}`}, F: on{`{"member_ids": []}`, `{"member_ids": [9]}`}, U: on{`{}`, `{"member_ids": [null]}`, `{"member_ids": 9}`}},
		{
			name: "absent means empty", clause: some("mayMembers", is("name", "acme")),
			T: on{`{"may_ids": [1]}`}, F: on{`{}`, `{"may_ids": null}`, `{"may_ids": []}`}, U: on{`{"may_ids": [null]}`, `{"may_ids": 2}`},
		},
		{
			name: "takes its keys from an embedded document", clause: some("addressMembers", is("name", "acme")),
			T: on{`{"address": {"firm_ids": [1]}}`, `{"address": {"firm_ids": 1}}`}, F: on{`{"address": {"firm_ids": []}}`},
			U: on{`{}`, `{"address": {}}`, `{"address": [{"firm_ids": [1]}]}`, `{"address": []}`},
		},
		{
			name: "absent means empty inside an embedded document only", clause: some("addressMay", is("name", "acme")),
			T: on{`{"address": {"may_ids": [1]}}`}, F: on{`{"address": {}}`, `{"address": {"may_ids": null}}`}, U: on{`{}`, `{"address": null}`, `{"address": [{}]}`, `{"address": 1}`},
		},
		{
			name: "reaches documents that hold one of the keys", clause: some("byManyCodes", is("name", "beta")),
			T: on{`{"codes": ["y"]}`, `{"codes": "y"}`}, F: on{`{"codes": ["x"]}`, `{"codes": []}`}, U: on{`{"codes": [null]}`},
		},
		{
			name: "joins by all of its pairs", clause: some("bothMembers", is("name", "acme")),
			T: on{`{"tenant": 1, "member_ids": [1]}`, `{"tenant": 1, "member_ids": [2, 1]}`},
			F: on{`{"tenant": 1, "member_ids": [2]}`, `{"tenant": 2, "member_ids": [1]}`, `{"tenant": 1, "member_ids": []}`},
			U: on{`{"member_ids": [1]}`, `{"tenant": [1], "member_ids": [1]}`, `{"tenant": 1}`, `{"tenant": 2, "member_ids": [null]}`},
		},
	})
}

func TestHasManyAndHasOne(t *testing.T) {
	t.Parallel()
	w := world{"grants": {
		`{"_id": 1, "order_id": 1, "role": "editor", "order_ids": [7, 1], "tenant": 1}`,
		`{"_id": 2, "order_id": [2, null], "role": "editor", "order_ids": 2, "tenant": 1}`,
		`{"_id": 3, "order_id": 3, "role": "reader", "rows": [{"order_id": 3}, {"order_id": [4]}, [{"order_id": 8}], {"rows": [{"order_id": 5}]}]}`,
		`{"_id": 4, "role": "editor"}`,
		`{"_id": 5, "order_id": null, "role": "editor"}`,
		`{"_id": 6, "order_id": [[6]], "role": "editor"}`,
		`{"_id": 7, "order_id": 7}`,
	}}
	cases := []reached{
		{
			name: "reaches the rows that are or hold our key", clause: some("listed", is("role", "editor")),
			T: on{`{"_id": 1}`, `{"_id": 7.0}`, `{"_id": 2}`}, F: on{`{"_id": 3}`, `{"_id": {}}`}, U: on{`{}`, `{"_id": null}`},
		},
		{
			name: "looks for our key in arrays of documents", clause: some("rowed", nil),
			T: on{`{"_id": 3}`, `{"_id": 4}`}, F: on{`{"_id": 8}`, `{"_id": 5}`, `{"_id": 1}`}, U: on{`{}`},
		},
		{name: "looks for our key through two arrays", clause: some("deep", nil), T: on{`{"_id": 5}`}, F: on{`{"_id": 3}`}},
		{
			name: "joins by all of its pairs", clause: some("byTenant", is("role", "editor")),
			T: on{`{"_id": 1, "tenant": 1}`}, F: on{`{"_id": 1, "tenant": 2}`, `{"_id": 9, "tenant": 1}`}, U: on{`{"_id": 1}`, `{"_id": 1, "tenant": [1]}`, `{"tenant": 1}`},
		},
	}
	for _, relation := range []string{"grants", "grant"} {
		cases = append(cases, reached{
			name: relation, clause: some(relation, is("role", "editor")),
			T: on{`{"_id": 1}`, `{"_id": 1.0}`, `{"_id": 2}`},
			F: on{`{"_id": 3}`, `{"_id": 9}`, `{"_id": 6}`, `{"_id": "1"}`},
			U: on{`{}`, `{"_id": null}`, `{"_id": [1]}`, `{"_id": []}`, `{"_id": 7}`},
		}, reached{name: relation + " exists", clause: some(relation, nil), T: on{`{"_id": 7}`}, F: on{`{"_id": 9}`}, U: on{`{}`, `{"_id": [1]}`}})
	}
	testReached(t, w, cases)
}

func TestConstantsAndScopes(t *testing.T) {
	t.Parallel()
	o := filter.Reach("o", "orderGrants")
	testReached(t, world{
		"firms": {`{"_id": 1, "name": "acme", "rank": 1}`, `{"_id": 2, "name": "gone", "rank": 1}`, `{"_id": 3, "rank": 1}`, `{"_id": 4, "name": "beta", "rank": 2}`, `{"_id": 5, "name": "beta", "rank": 1}`},
		"grants": {
			`{"_id": 1, "order_id": 1, "type": "order", "role": "editor"}`,
			`{"_id": 2, "order_id": 2, "type": "firm", "role": "editor"}`,
			`{"_id": 3, "order_id": 3, "role": "editor"}`,
			`{"_id": 4, "order_id": 4, "role": "reader"}`,
		},
	}, []reached{
		{
			name: "to-one: without a true far constant nothing is reached", clause: some("namedFirm", is("rank", 1)),
			T: on{`{"firm_id": 1}`}, U: on{`{"firm_id": 4}`, `{"firm_id": 5}`, `{"firm_id": 3}`, `{}`},
		},
		{
			name: "to-one: a near constant that is false is known to reach nothing", clause: some("openFirm", is("rank", 1)),
			T: on{`{"firm_id": 1, "kind": "open"}`}, F: on{`{"firm_id": 4, "kind": "open"}`, `{"firm_id": 1, "kind": "shut"}`, `{"kind": "shut"}`},
			U: on{`{"firm_id": 4}`, `{"firm_id": 1, "kind": null}`, `{"firm_id": 1, "kind": 1}`},
		},
		{
			name: "to-many: a near constant that is false is known to reach nothing, whatever the keys are", clause: some("openMembers", is("rank", 1)),
			T: on{`{"member_ids": [1], "kind": "open"}`},
			F: on{`{"member_ids": [1], "kind": "shut"}`, `{"member_ids": [4], "kind": "open"}`, `{"member_ids": [null], "kind": "shut"}`, `{"member_ids": 1, "kind": "shut"}`, `{"kind": "shut"}`},
			U: on{`{"kind": "open"}`, `{"member_ids": [1]}`, `{"member_ids": []}`, `{"member_ids": [], "kind": null}`},
		},
		{
			name: "to-many: a far constant is a condition", clause: some("orderGrants", is("role", "editor")),
			T: on{`{"_id": 1}`}, F: on{`{"_id": 2}`, `{"_id": 4}`, `{"_id": 9}`}, U: on{`{"_id": 3}`},
		},
		{name: "to-many: a far constant is a condition where there is no other", clause: filter.Some(o).Where(o.Exists()), T: on{`{"_id": 1}`}, F: on{`{"_id": 2}`}, U: on{`{"_id": 3}`}},
		{
			name: "constants of an embedded array", clause: some("openItems", is("sku", "a")),
			T: on{`{"kind": "open", "openItems": [{"sku": "a", "qty": 1}]}`},
			F: on{`{"kind": "open", "openItems": [{"sku": "a", "qty": 2}]}`, `{"kind": "shut", "openItems": [{"sku": "a", "qty": 1}]}`, `{"kind": "shut"}`},
			U: on{`{"kind": "open", "openItems": [{"sku": "a"}]}`, `{"openItems": [{"sku": "a", "qty": 1}]}`, `{"openItems": []}`, `{"openItems": [1]}`, `{}`},
		},
		{
			name: "constants of an embedded document", clause: some("openAddress", is("city", "Bern")),
			T: on{`{"kind": "open", "openAddress": {"city": "Bern"}}`},
			F: on{`{"kind": "open", "openAddress": {"city": "Basel"}}`, `{"kind": "shut", "openAddress": {"city": "Bern"}}`, `{"kind": "shut"}`},
			U: on{`{"openAddress": {"city": "Bern"}}`, `{"kind": "open"}`},
		},
		{
			name: "to-one: the scope has to be true", clause: some("live", is("rank", 1)),
			T: on{`{"firm_id": 1}`, `{"firm_id": 5}`}, F: on{`{"firm_id": 4}`}, U: on{`{"firm_id": 2}`, `{"firm_id": 3}`, `{}`},
		},
		{
			name: "to-many: the scope is a condition", clause: some("liveMembers", is("rank", 1)),
			T: on{`{"member_ids": [1]}`, `{"member_ids": [2, 3, 5]}`}, F: on{`{"member_ids": [2]}`, `{"member_ids": [4]}`}, U: on{`{"member_ids": [3]}`, `{"member_ids": [2, 3]}`},
		},
		{
			name: "free: the scope is a condition", clause: filter.Some(filter.Free("f", "Live")).Where(filter.Free("f", "Live").F("_id").Eq(filter.F("firm_id"))),
			T: on{`{"firm_id": 1}`}, F: on{`{"firm_id": 2}`, `{"firm_id": 9}`}, U: on{`{"firm_id": 3}`, `{}`},
		},
	})
}

func TestPhantomsAreUnknownAndSoIsWhatLiesBehindThem(t *testing.T) {
	t.Parallel()
	firm, address := filter.Reach("firm", "firm"), filter.Reach("address", "address")
	owner, sites := firm.Reach("owner", "owner"), firm.Reach("sites", "sites")
	where := filter.Where
	testReached(t, world{"firms": {
		`{"_id": 1, "name": "acme", "owner_id": 2, "site_ids": [1, 2]}`,
		`{"_id": 2, "name": "beta", "owner_id": 9, "site_ids": []}`,
		`{"_id": 3, "name": "acme", "owner_id": 1}`,
	}}, []reached{
		{
			name: "its existence is unknown, and false conditions beside it decide", clause: filter.Some(firm).Where(firm.F("name").Eq("acme"), filter.F("kind").Eq("open")),
			T: on{`{"firm_id": 1, "kind": "open"}`}, F: on{`{"firm_id": 9, "kind": "shut"}`, `{"kind": "shut"}`, `{"firm_id": 2, "kind": "open"}`}, U: on{`{"firm_id": 9, "kind": "open"}`, `{"kind": "open"}`},
		},
		{
			name: "an Any that need not ask it does not make the clause true", clause: filter.Some(firm).Where(filter.Any{where(firm.F("name").Eq("acme")), where(filter.F("kind").Eq("open"))}),
			T: on{`{"firm_id": 2, "kind": "open"}`}, F: on{`{"firm_id": 2, "kind": "shut"}`}, U: on{`{"firm_id": 9, "kind": "open"}`, `{"kind": "open"}`, `{"kind": "shut"}`},
		},
		{
			name: "an entity reached from it", clause: filter.Some(firm, owner).Where(owner.F("name").Eq("beta")),
			T: on{`{"firm_id": 1}`}, F: on{`{"firm_id": 3}`}, U: on{`{}`, `{"firm_id": 2}`, `{"firm_id": 9}`},
		},
		{
			name: "a to-many entity reached from it", clause: filter.Some(firm, sites).Where(sites.F("name").Eq("beta")),
			T: on{`{"firm_id": 1}`}, F: on{`{"firm_id": 2}`}, U: on{`{}`, `{"firm_id": 3}`, `{"firm_id": 9}`},
		},
		{
			name: "a nested None over what lies behind it", clause: filter.Some(firm).Where(filter.None(filter.Some(sites).Where(sites.F("name").Eq("beta")))),
			T: on{`{"firm_id": 2}`}, F: on{`{"firm_id": 1}`}, U: on{`{}`, `{"firm_id": 3}`, `{"firm_id": 9}`},
		},
		{
			name: "a nested free entity is none", clause: filter.Some(firm).Where(firm.Exists(), filter.None(filter.Some(filter.Free("f", "Firm")).Where(filter.Free("f", "Firm").F("name").Eq("acme")))),
			F: on{`{}`, `{"firm_id": 1}`, `{"firm_id": 9}`},
		},
		{
			name: "a comparison of two of its fields", clause: filter.Some(address).Where(address.F("city").Eq(address.F("city"))),
			T: on{`{"address": {"city": "Bern"}}`}, U: on{`{}`, `{"address": {}}`},
		},
		{
			name: "a comparison with the document's field", clause: filter.Some(address).Where(filter.F("city").Ne(address.F("city"))),
			T: on{`{"city": "Basel", "address": {"city": "Bern"}}`}, F: on{`{"city": "Bern", "address": {"city": "Bern"}}`}, U: on{`{"city": "Bern"}`, `{"city": "Bern", "address": []}`},
		},
	})
}

func TestThroughs(t *testing.T) {
	t.Parallel()
	testReached(t, world{
		"firms": {
			`{"_id": 1, "name": "acme", "owner_id": 2, "lines": [{"code": "a"}]}`,
			`{"_id": 2, "name": "beta", "owner_id": 9, "lines": []}`,
			`{"_id": 3, "name": "gone", "owner_id": 1}`,
			`{"_id": 4, "owner_id": 1}`,
		},
		"grants": {
			`{"_id": 1, "order_id": 1, "firm_id": 1}`, `{"_id": 2, "order_id": 1, "firm_id": 9}`,
			`{"_id": 3, "order_id": 2, "firm_id": 1}`, `{"_id": 4, "order_id": 3}`,
		},
	}, []reached{
		{name: "to-one after to-one", clause: some("firmOwner", is("name", "acme")), T: on{`{"firm_id": 3}`}, F: on{`{"firm_id": 1}`}, U: on{`{}`, `{"firm_id": 2}`, `{"firm_id": 9}`}},
		{
			name: "to-one after has many: each row has its own range", clause: some("grantFirms", is("name", "beta")),
			F: on{`{"_id": 2}`, `{"_id": 9}`}, U: on{`{"_id": 1}`, `{"_id": 3}`, `{}`},
		},
		{name: "a true choice wins over a dangling one", clause: some("grantFirms", is("name", "acme")), T: on{`{"_id": 1}`, `{"_id": 2}`}, F: on{`{"_id": 9}`}, U: on{`{"_id": 3}`}},
		{name: "embedded after to-one", clause: some("firmLines", is("code", "a")), T: on{`{"firm_id": 1}`}, F: on{`{"firm_id": 2}`}, U: on{`{"firm_id": 3}`, `{}`}},
		{
			name: "reference after embedded", clause: some("itemFirms", is("name", "acme")),
			T: on{`{"items": [{"firm_id": 1}]}`, `{"items": [{}, 1, {"firm_id": 1}]}`}, F: on{`{"items": []}`, `{"items": [{"firm_id": 2}]}`},
			U: on{`{}`, `{"items": [{}]}`, `{"items": [{"firm_id": 2}, {"firm_id": 9}]}`, `{"items": [1]}`},
		},
		{
			name: "the scope of a hop", clause: some("liveOwner", is("name", "acme")),
			F: on{`{"firm_id": 1}`}, U: on{`{"firm_id": 3}`, `{"firm_id": 4}`, `{"firm_id": 2}`},
		},
		{name: "a through of a through", clause: some("grantOwners", is("name", "beta")), T: on{`{"_id": 1}`, `{"_id": 2}`}, F: on{`{"_id": 9}`}, U: on{`{"_id": 3}`}},
		{name: "key comparisons after a hop join the document", clause: some("firmOwner", is("_id", 9)), U: on{`{"firm_id": 2}`, `{}`}, F: on{`{"firm_id": 1}`}},
	})
}
