package evaluate_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mongoauthz/go-mongoauthz/filter"
)

func TestTwoConditionsSpeakOfTheSameElementAlsoBehindARelation(t *testing.T) {
	t.Parallel()
	item := filter.Reach("item", "items")
	firm := item.Reach("firm", "firm")
	testReached(t, world{"firms": {`{"_id": 1, "name": "acme"}`, `{"_id": 2, "name": "beta"}`}}, []reached{
		{
			name: "item and firm", clause: filter.Some(item, firm).Where(item.F("sku").Eq("a"), firm.F("name").Eq("acme")),
			T: on{`{"items": [{"sku": "b", "firm_id": 2}, {"sku": "a", "firm_id": 1}]}`},
			F: on{`{"items": [{"sku": "b", "firm_id": 1}, {"sku": "a", "firm_id": 2}]}`, `{"items": []}`},
			U: on{`{"items": [{"sku": "a", "firm_id": 9}]}`, `{"items": [{"firm_id": 1}]}`},
		},
	})
}

func TestTwoEntitiesOverOneRelationRangeIndependently(t *testing.T) {
	t.Parallel()
	a, b := filter.Reach("a", "members"), filter.Reach("b", "members")
	testReached(t, world{"firms": {`{"_id": 1, "name": "acme", "rank": 1}`, `{"_id": 2, "name": "beta", "rank": 2}`}}, []reached{
		{
			name: "two documents", clause: filter.Some(a, b).Where(a.F("name").Eq("acme"), b.F("name").Eq("beta")),
			T: on{`{"member_ids": [1, 2]}`}, F: on{`{"member_ids": [1]}`, `{"member_ids": []}`}, U: on{`{}`, `{"member_ids": [1, null]}`},
		},
		{name: "they may be the same", clause: filter.Some(a, b).Where(a.F("name").Eq("acme"), b.F("rank").Eq(1)), T: on{`{"member_ids": [1]}`}},
		{name: "compared with each other", clause: filter.Some(a, b).Where(a.F("rank").Lt(b.F("rank"))), T: on{`{"member_ids": [2, 1]}`}, F: on{`{"member_ids": [1]}`}},
	})
}

func TestTwoPathsToOneEntity(t *testing.T) {
	t.Parallel()
	two := filter.Reach("e", "members").Via(filter.Entity{}, "byCode")
	reverse := filter.Reach("e", "byCode").Via(filter.Entity{}, "members")
	manys := filter.Reach("e", "members").Via(filter.Entity{}, "byManyCodes")
	liveToo := filter.Reach("e", "liveMembers").Via(filter.Entity{}, "live")
	owner := filter.Reach("firm", "firm")
	chained := filter.Reach("e", "members").Via(owner, "owner")
	through := filter.Reach("e", "members").Via(filter.Entity{}, "firmOwner")
	testReached(t, world{"firms": {
		`{"_id": 1, "name": "acme", "code": "a", "codes": ["a"], "rank": 1, "owner_id": 2}`,
		`{"_id": 2, "name": "beta", "code": "b", "codes": ["b"], "rank": 1, "owner_id": 9}`,
		`{"_id": 3, "name": "beta", "code": "a", "codes": ["a"], "rank": 2}`,
		`{"_id": 4, "name": "gone", "code": "g", "rank": 1}`,
	}}, []reached{
		{
			name: "a document reached along both", clause: filter.Some(two).Where(two.F("rank").Eq(1)),
			T: on{`{"member_ids": [1, 2], "code": "a"}`, `{"member_ids": 1, "code": "a"}`},
			F: on{`{"member_ids": [1, 2, 3], "code": "g"}`, `{"member_ids": [3], "code": "a"}`, `{"member_ids": [2], "code": "a"}`, `{"member_ids": [], "code": "a"}`},
			U: on{`{"member_ids": [1]}`, `{"member_ids": [1], "code": "z"}`, `{"code": "a"}`, `{"member_ids": [3, null], "code": "a"}`},
		},
		{
			name: "in whichever order", clause: filter.Some(reverse).Where(reverse.F("rank").Eq(1)),
			T: on{`{"member_ids": [1, 2], "code": "a"}`}, F: on{`{"member_ids": [3], "code": "a"}`, `{"member_ids": [], "code": "a"}`}, U: on{`{"member_ids": [1], "code": "z"}`, `{"code": "a"}`},
		},
		{
			name: "two to-many paths", clause: filter.Some(manys).Where(manys.F("rank").Eq(1)),
			T: on{`{"member_ids": [1], "codes": ["a"]}`}, F: on{`{"member_ids": [2], "codes": ["a"]}`, `{"member_ids": [], "codes": []}`, `{"member_ids": [], "codes": [null]}`, `{"member_ids": []}`, `{"member_ids": [9]}`},
			U: on{`{"member_ids": [1], "codes": ["b", null]}`, `{"member_ids": [1]}`},
		},
		{
			name: "a to-one path asks for a true scope", clause: filter.Some(liveToo).Where(liveToo.F("rank").Eq(1)),
			T: on{`{"member_ids": [1], "firm_id": 1}`}, F: on{`{"member_ids": [2], "firm_id": 3}`}, U: on{`{"member_ids": [4], "firm_id": 4}`},
		},
		{
			name: "a path that starts at another entity", clause: filter.Some(owner, chained).Where(chained.F("name").Eq("beta")),
			T: on{`{"firm_id": 1, "member_ids": [2]}`}, F: on{`{"firm_id": 1, "member_ids": [3]}`}, U: on{`{"firm_id": 2, "member_ids": [2]}`, `{"member_ids": [2]}`},
		},
		{
			name: "a path through a hop", clause: filter.Some(through).Where(through.F("name").Eq("beta")),
			T: on{`{"firm_id": 1, "member_ids": [2]}`}, F: on{`{"firm_id": 1, "member_ids": [3]}`}, U: on{`{"firm_id": 2, "member_ids": [2]}`, `{"member_ids": [2]}`},
		},
		{
			name: "two paths make it no longer key only", clause: filter.Some(two).Where(two.F("_id").Eq(1)),
			T: on{`{"member_ids": [1], "code": "a"}`}, F: on{`{"member_ids": [1], "code": "b"}`}, U: on{`{"member_ids": [1], "code": "z"}`},
		},
	})
}

func TestFreeEntities(t *testing.T) {
	t.Parallel()
	f := filter.Free("f", "Firm")
	site := f.Reach("site", "sites")
	testReached(t, world{"firms": {`{"_id": 1, "name": "acme", "rank": 1, "site_ids": [2]}`, `{"_id": 2, "name": "beta"}`}}, []reached{
		{name: "range over all documents", clause: filter.Some(f).Where(f.F("name").Eq("acme")), T: on{`{}`}},
		{name: "have a known range", clause: filter.Some(f).Where(f.F("name").Eq("zeta")), F: on{`{}`}},
		{name: "exist", clause: filter.Some(f).Where(f.Exists()), T: on{`{}`}},
		{name: "are tied by comparisons", clause: filter.Some(f).Where(f.F("rank").Lt(filter.F("max"))), T: on{`{"max": 2}`}, U: on{`{"max": 1}`, `{}`}},
		{name: "lead on", clause: filter.Some(f, site).Where(site.F("name").Eq(filter.F("kind"))), T: on{`{"kind": "beta"}`}, U: on{`{"kind": "acme"}`}},
		{name: "are compared by key without being key only", clause: filter.Some(f).Where(f.F("_id").Eq(9)), F: on{`{}`}},
	})
	testReached(t, nil, []reached{{name: "of an empty collection", clause: filter.Some(f).Where(f.Exists()), F: on{`{}`}}})
}

func TestFieldsOfTwoEntities(t *testing.T) {
	t.Parallel()
	firm, grant := filter.Reach("firm", "firm"), filter.Reach("grant", "grants")
	testReached(t, world{
		"firms":  {`{"_id": 1, "rank": 1, "site_ids": [7]}`, `{"_id": 2}`, `{"_id": 3, "rank": "1"}`},
		"grants": {`{"_id": 1, "order_id": 1, "tenant": 1}`, `{"_id": 7, "order_id": 2, "tenant": 2}`},
	}, []reached{
		{
			name: "equal", clause: filter.Some(firm, grant).Where(firm.F("rank").Eq(grant.F("tenant"))),
			T: on{`{"_id": 1, "firm_id": 1}`}, F: on{`{"_id": 2, "firm_id": 1}`, `{"_id": 9, "firm_id": 1}`, `{"_id": 9}`}, U: on{`{"_id": 1, "firm_id": 2}`, `{"_id": 1, "firm_id": 3}`, `{"_id": 1}`},
		},
		{
			name: "in a list", clause: filter.Some(firm, grant).Where(grant.F("_id").In(firm.F("site_ids"))),
			T: on{`{"_id": 2, "firm_id": 1}`}, F: on{`{"_id": 1, "firm_id": 1}`}, U: on{`{"_id": 1, "firm_id": 2}`},
		},
	})
}

func TestNestedClausesSeeAndDeclareEntities(t *testing.T) {
	t.Parallel()
	firm := filter.Reach("firm", "firm")
	grant := filter.Reach("grant", "grants")
	deny := filter.None(filter.Some(grant).Where(grant.F("firm_id").Eq(firm.F("_id"))))
	anyOf := filter.Any{filter.Some(grant).Where(grant.F("role").Eq("editor")), filter.Some(grant).Where(grant.F("firm_id").Eq(firm.F("rank")))}
	testReached(t, world{
		"firms":  {`{"_id": 1, "rank": 1}`, `{"_id": 2, "rank": 2}`},
		"grants": {`{"_id": 1, "order_id": 1, "firm_id": 1, "role": "reader"}`, `{"_id": 2, "order_id": 2, "role": "editor"}`},
	}, []reached{
		{name: "None", clause: filter.Some(firm).Where(deny), T: on{`{"_id": 1, "firm_id": 2}`, `{"_id": 9, "firm_id": 1}`}, F: on{`{"_id": 1, "firm_id": 1}`}, U: on{`{"_id": 2, "firm_id": 1}`, `{"_id": 1}`, `{"firm_id": 1}`}},
		{name: "Any", clause: filter.Some(firm).Where(anyOf), T: on{`{"_id": 2, "firm_id": 2}`, `{"_id": 1, "firm_id": 1}`}, F: on{`{"_id": 1, "firm_id": 2}`, `{"_id": 9, "firm_id": 1}`}, U: on{`{"firm_id": 1}`, `{"_id": 2}`}},
	})
}

func TestJoinsServeOnlyTheClausesThatNeedThem(t *testing.T) {
	t.Parallel()
	firm := filter.Reach("firm", "firm")
	f := filter.For("Order", filter.Some(firm).Where(firm.F("name").Eq("acme")), filter.Where(filter.F("flag").Eq(true)))
	require.Equal(t, T, decide(t, orders(t), f, `{"flag": true}`, nil))
}
