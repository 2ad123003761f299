package conformance_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

// keyOnly is a world where "gone" is a key that leads to no document: an answer from the key alone takes it as existing.
var keyOnly = world{
	types: types{
		typ("Book", "books", strs("publisher_id branch_id imprint other code"), list("ids", relations.String),
			one("publisher", "Publisher", "publisher_id"), one("scoped", "Branch", "publisher_id"),
			one("marked", "Publisher", "publisher_id", far("name", "x")), one("near", "Publisher", "publisher_id", near("other", "px")),
			one("pair", "Publisher", "publisher_id=_id other=_id"), one("named", "Publisher", "publisher_id=name"),
			one("imprint_of", "Imprint", "publisher_id"), one("imprint_by_id", "Imprint", "publisher_id=_id"),
			hasOne("row", "Publisher", "publisher_id=_id"), through("owner", "publisher", "owner"),
			many("all", "Publisher", "ids"), embedsOne("home", "Home")),
		typ("Home", "", strs("publisher_id"), one("publisher", "Publisher", "publisher_id")),
		typ("Publisher", "publishers", strs("name owner_id"), one("owner", "Publisher", "owner_id")),
		typ("Branch", "publishers", strs("name"), f("name").IsSet()),
		relations.Type{Name: "Imprint", Collection: "publishers", Key: "name", Fields: strs("_id name")},
	},
	docs: docs{
		"publishers": `
			{"_id": "px", "name": "x", "owner_id": "gone"}
			{"_id": "py", "name": "y", "owner_id": "px"}
		`,
		"books": `
			{"_id": "x", "publisher_id": "px", "other": "px", "ids": ["px"], "home": {"publisher_id": "px"}}
			{"_id": "y", "publisher_id": "py", "other": "py", "ids": ["py"], "home": {"publisher_id": "py"}}
			{"_id": "gone", "publisher_id": "gone", "other": "gone", "ids": ["gone"], "home": {"publisher_id": "gone"}}
			{"_id": "missing"}
			{"_id": "null", "publisher_id": null, "ids": null, "home": null}
			{"_id": "array-gone", "publisher_id": ["gone"], "ids": [["gone"]], "home": [{"publisher_id": "gone"}]}
			{"_id": "array-y", "publisher_id": ["py"], "ids": ["py", ["gone"]]}
			{"_id": "empty-array", "publisher_id": [], "ids": []}
			{"_id": "number", "publisher_id": 1, "ids": [1]}
			{"_id": "single-gone", "ids": "gone"}
			{"_id": "single-y", "ids": "py"}
			{"_id": "y-and-gone", "ids": ["py", "gone"]}
			{"_id": "gone-and-null", "ids": ["gone", null]}
			{"_id": "y-and-null", "ids": ["py", null]}
		`,
	},
}

func TestKeyOnlyToOne(t *testing.T) {
	p := filter.Reach("p", "publisher")
	home := filter.Reach("home", "home")
	hp := home.Reach("p", "publisher")
	i := filter.Reach("i", "imprint_of")
	id := p.F("_id")
	w := keyOnly
	w.rules = []rule{
		{
			name:  "it is the comparison on the local field: a key that leads nowhere counts, and an array is read as where one value is declared",
			when:  some(p).Where(id.Eq("gone")),
			holds: "gone array-gone", not: "x y", none: "x y",
		}, {
			name:  "Ne",
			when:  some(p).Where(id.Ne("gone")),
			holds: "x y", not: "gone array-gone", none: "gone array-gone",
		}, {
			name:  "In",
			when:  some(p).Where(id.In([]string{"gone", "px"})),
			holds: "x gone array-gone", not: "y", none: "y",
		}, {
			name:  "an order",
			when:  some(p).Where(id.Lt("p")),
			holds: "gone array-gone", not: "x y", none: "x y",
		}, {
			name:  "a text operator",
			when:  some(p).Where(id.StartsWith("go")),
			holds: "gone array-gone", not: "x y", none: "x y",
		}, {
			name:  "several conditions, each on the local field",
			when:  some(p).Where(id.Gte("gone"), id.Lt("py")),
			holds: "x gone array-gone", not: "y", none: "y",
		}, {
			name:  "conditions inside Any and None count",
			when:  some(p).Where(either(when(id.Eq("gone")), when(none(when(id.Ne("px")))))),
			holds: "x gone array-gone", not: "y", none: "y",
		}, {
			name:  "a key in an embedded document, guarded",
			when:  some(home, hp).Where(hp.F("_id").Eq("gone")),
			holds: "gone", not: "x y", none: "x y",
		}, {
			name:  "a type may declare another key",
			when:  some(i).Where(i.F("name").Eq("gone")),
			holds: "gone array-gone", not: "x y", none: "x y",
		},
	}
	w.check(t)
}

func TestKeyOnlyToMany(t *testing.T) {
	p := filter.Reach("p", "all")
	q := filter.Reach("q", "all")
	id := p.F("_id")
	w := keyOnly
	w.rules = []rule{
		{
			name:  "it is the comparison on one key: keys that lead nowhere count, null and arrays are no keys",
			when:  some(p).Where(id.Eq("gone")),
			holds: "gone single-gone y-and-gone gone-and-null",
			not:   "x y array-y single-y y-and-gone y-and-null", none: "x y array-gone array-y empty-array",
		}, {
			name:  "In",
			when:  some(p).Where(id.In([]string{"gone", "px"})),
			holds: "x gone single-gone y-and-gone gone-and-null",
			not:   "y array-y single-y y-and-gone y-and-null", none: "y array-gone array-y empty-array",
		}, {
			name:  "two conditions speak of the same key",
			when:  some(p).Where(id.Gt("gone"), id.Lt("py")),
			holds: "x", not: "y array-y single-y y-and-gone y-and-null", none: "y gone array-gone array-y empty-array y-and-gone",
		}, {
			name:  "two entities are two keys",
			when:  some(p, q).Where(id.Eq("py"), q.F("_id").Eq("gone")),
			holds: "y-and-gone", not: "y array-y single-y y-and-gone y-and-null", none: "x y gone array-gone array-y empty-array",
		},
	}
	w.check(t)
}

func TestNotKeyOnly(t *testing.T) {
	p := filter.Reach("p", "publisher")
	id := p.F("_id")
	in := []string{"gone", "px"}
	reached := func(relation string) filter.Clause {
		e := filter.Reach("e", relation)
		return some(e).Where(e.F("_id").In(in))
	}
	owner := p.Reach("owner", "owner")
	both := filter.Reach("both", "publisher").Via(root, "named")
	named := filter.Reach("e", "named")
	w := keyOnly
	w.rules = []rule{
		{name: "an entity without conditions asks for existence", when: some(p), holds: "x y"},
		{name: "IsSet asks for the document", when: some(p).Where(id.IsSet()), holds: "x y", not: ""},
		{name: "IsNull asks for the document", when: some(p).Where(id.IsNull()), holds: "", not: "x y", none: "x y"},
		{name: "a condition on another field", when: some(p).Where(p.F("name").IsSet(), id.In(in)), holds: "x", not: "y", none: "y"},
		{
			name:  "a condition on another field inside Any, even if it can never be true",
			when:  some(p).Where(either(when(id.In(in)), when(p.F("name").In([]string{})))),
			holds: "x", not: "y", none: "y",
		},
		{name: "a comparison with another field", when: some(p).Where(id.Eq(f("other"))), holds: "x y"},
		{name: "another field compared with it", when: some(p).Where(f("other").Eq(id)), holds: "x y"},
		{name: "an entity reached from it", when: some(p, owner).Where(id.In(in), owner.F("name").IsSet()), holds: "", not: "", none: "y"},
		{
			name:  "an entity reached from it in a nested clause",
			when:  some(p).Where(id.In(in), none(some(owner).Where(owner.F("name").Eq("z")))),
			holds: "", not: "", none: "y",
		},
		{name: "a second path", when: some(both).Where(both.F("_id").In(in)), holds: "", not: "", none: ""},
		{name: "a type with a scope", when: reached("scoped"), holds: "x", not: "y", none: "y"},
		{name: "a relation with a constant of the far side", when: reached("marked"), holds: "x"},
		{name: "a relation with a constant of the near side", when: reached("near"), holds: "x", none: "gone y"},
		{name: "a relation by two pairs of keys", when: reached("pair"), holds: "x", not: "y", none: "y"},
		{name: "a relation to another field than the key", when: some(named).Where(named.F("name").In(in)), holds: ""},
		{name: "a relation to _id where the key is another field", when: reached("imprint_by_id"), holds: "x", not: "y", none: "y"},
		{
			name: "has one: the row must exist", when: reached("row"),
			holds: "x", not: "y", none: "y gone number",
		},
		{name: "a through: its hops must be followed", when: reached("owner"), holds: "y", not: ""},
	}
	w.check(t)
}

func TestKeyOnlyIsDecidedOnTheFilterAsWritten(t *testing.T) {
	t.Parallel()
	s := keyOnly.store(t)
	p := filter.Reach("p", "publisher")
	gone := p.F("_id").Eq("gone")
	key := some(p).Where(gone)
	joined := some(p).Where(gone, p.F("_id").IsSet())
	never := either(when(gone), when(p.F("name").Eq(nil)))

	plan := s.require(t, filter.For("Book", key), "gone array-gone")
	require.Empty(t, plan.Joins())
	plan = s.require(t, filter.For("Book", some(p).Where(p.F("_id").Eq("px"), p.F("_id").IsSet())), "x")
	require.Len(t, plan.Joins(), 1)

	t.Run("a clause is implied by another only if their entities are answered alike", func(t *testing.T) {
		s.require(t, filter.For("Book", key, joined), "gone array-gone")
		s.require(t, filter.For("Book", joined, key), "gone array-gone")
		s.require(t, filter.For("Book", some(p).Where(never), joined), "")
	})
	t.Run("what can never be true and is left out still counts", func(t *testing.T) {
		s.require(t, filter.For("Book", some(p).Where(never)), "")
	})
	t.Run("under None too", func(t *testing.T) {
		is := p.F("_id").Eq("px")
		s.require(t, filter.For("Book", when(none(some(p).Where(is)))), "y gone")
		s.require(t, filter.For("Book", when(none(some(p).Where(either(when(is), when(p.F("name").Eq(nil))))))), "")
		s.require(t, filter.For("Book", when(none(some(p).Where(is, p.F("name").IsSet())))), "y")
	})
}
