package conformance_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

func TestScopeOfTheResource(t *testing.T) {
	memo := world{
		types: types{
			typ("Memo", "memos", strs("kind text"), nums("n"), bools("deleted"), embedsOne("home", "Home"),
				f("kind").Eq("memo"), f("deleted").Ne(true), either(when(f("home.city").Eq("x")), when(f("home.open").Eq(true))),
				none(when(f("n").Eq(1), f("text").Eq("secret")))),
			typ("Draft", "memos", strs("kind text"), f("kind").Eq("draft")),
			typ("Home", "", strs("city"), bools("open")),
		},
		docs: docs{"memos": `
			{"_id": "memo", "kind": "memo", "text": "a", "n": 0, "deleted": false, "home": {"city": "x"}}
			{"_id": "other-text", "kind": "memo", "text": "b", "n": 1, "deleted": false, "home": {"open": true}}
			{"_id": "draft", "kind": "draft", "text": "a"}
			{"_id": "deleted", "kind": "memo", "text": "a", "n": 0, "deleted": true, "home": {"city": "x"}}
			{"_id": "deleted-unsaid", "kind": "memo", "text": "a", "n": 0, "home": {"city": "x"}}
			{"_id": "elsewhere", "kind": "memo", "text": "a", "n": 0, "deleted": false, "home": {"city": "y", "open": false}}
			{"_id": "secret", "kind": "memo", "text": "secret", "n": 1, "deleted": false, "home": {"city": "x"}}
			{"_id": "perhaps-secret", "kind": "memo", "text": "secret", "deleted": false, "home": {"city": "x"}}
			{"_id": "home-array", "kind": "memo", "text": "a", "n": 0, "deleted": false, "home": [{"city": "x"}]}
			{"_id": "kindless", "text": "a", "n": 0, "deleted": false, "home": {"city": "x"}}
		`},
		rules: []rule{
			{name: "allowed means every document inside the scope", when: when(), holds: "memo other-text"},
			{name: "two types on one collection are told apart by it", of: "Draft", when: when(), holds: "draft"},
			{
				name:  "a condition, and None of it, hold inside the scope only",
				when:  when(f("text").Eq("a")),
				holds: "memo", none: "other-text",
			},
		},
	}
	memo.check(t)
	t.Run("the pipeline of allowed is the scope, and one match", func(t *testing.T) {
		plan := memo.store(t).require(t, filter.Allow("Memo"), "memo other-text")
		require.Equal(t, filter.Allowed, plan.Outcome())
		require.NotEqual(t, bson.D{}, plan.Match())
	})
}

func TestScopeOfWhatIsReached(t *testing.T) {
	p := filter.Reach("p", "publisher")
	l := filter.Reach("l", "loans")
	m := filter.Reach("m", "marks")
	home := filter.Reach("home", "home")
	item := filter.Reach("item", "items")
	free := filter.Free("free", "Loan")
	fine := f("ok").Eq(true)
	world{
		types: types{
			typ("Book", "books", strs("publisher_id"), list("loan_ids", relations.String), one("publisher", "Publisher", "publisher_id"),
				hasMany("loans", "Loan", "=book_id"), many("marks", "Loan", "loan_ids"), embedsOne("home", "Part"), embedsMany("items", "Part")),
			typ("Publisher", "publishers", strs("name"), bools("ok"), fine),
			typ("Loan", "loans", strs("book_id name"), bools("ok"), fine),
			typ("Part", "", strs("name"), bools("ok"), fine),
		},
		docs: docs{
			"publishers": `
				{"_id": "px", "name": "x", "ok": true}
				{"_id": "py", "name": "y", "ok": true}
				{"_id": "bad-x", "name": "x", "ok": false}
				{"_id": "bad-y", "name": "y", "ok": false}
				{"_id": "unsaid-y", "name": "y"}
			`,
			"loans": `
				{"_id": "px", "book_id": "x", "name": "x", "ok": true}
				{"_id": "py", "book_id": "y", "name": "y", "ok": true}
				{"_id": "bad-x", "book_id": "bad-x", "name": "x", "ok": false}
				{"_id": "bad-y", "book_id": "bad-y", "name": "y", "ok": false}
				{"_id": "unsaid-x", "book_id": "unsaid-x", "name": "x"}
				{"_id": "unsaid-y", "book_id": "unsaid-y", "name": "y"}
			`,
			"books": `
				{"_id": "x", "publisher_id": "px", "loan_ids": ["px"], "home": {"name": "x", "ok": true}, "items": [{"name": "x", "ok": true}]}
				{"_id": "y", "publisher_id": "py", "loan_ids": ["py"], "home": {"name": "y", "ok": true}, "items": [{"name": "y", "ok": true}]}
				{"_id": "bad-x", "publisher_id": "bad-x", "loan_ids": ["bad-x"], "home": {"name": "x", "ok": false}, "items": [{"name": "x", "ok": false}]}
				{"_id": "bad-y", "publisher_id": "bad-y", "loan_ids": ["bad-y"], "home": {"name": "y", "ok": false}, "items": [{"name": "y", "ok": false}]}
				{"_id": "unsaid-x", "loan_ids": ["unsaid-x"], "home": {"name": "x"}, "items": [{"name": "x"}]}
				{"_id": "unsaid-y", "publisher_id": "unsaid-y", "loan_ids": ["unsaid-y"], "home": {"name": "y"}, "items": [{"name": "y"}]}
			`,
		},
		rules: []rule{
			{
				name:  "references one has reached its document only if the scope is true",
				when:  some(p).Where(p.F("name").Eq("x")),
				holds: "x", not: "y", none: "y",
			}, {
				name:  "embeds one likewise",
				when:  some(home).Where(home.F("name").Eq("x")),
				holds: "x", not: "y", none: "y",
			}, {
				name:  "has many: the scope is a condition on each row, false or unknown like any other",
				when:  some(l).Where(l.F("name").Eq("x")),
				holds: "x", not: "y", none: "y bad-x bad-y unsaid-y",
			}, {
				name:  "references many likewise",
				when:  some(m).Where(m.F("name").Eq("x")),
				holds: "x", not: "y", none: "y bad-x bad-y unsaid-y",
			}, {
				name:  "embeds many likewise",
				when:  some(item).Where(item.F("name").Eq("x")),
				holds: "x", not: "y", none: "y bad-x bad-y unsaid-y",
			}, {
				name:  "existence means inside the scope",
				when:  some(l),
				holds: "x y", none: "bad-x bad-y",
			}, {
				name:  "a free entity likewise",
				when:  some(free).Where(free.F("book_id").Eq(f("_id"))),
				holds: "x y", not: "x y bad-x bad-y unsaid-x unsaid-y", none: "bad-x bad-y",
			},
		},
	}.check(t)
}

func TestParametersInAScope(t *testing.T) {
	t.Parallel()
	p := filter.Reach("p", "publisher")
	w := world{
		types: types{
			typ("Book", "books", strs("publisher_id tenant"), one("publisher", "Publisher", "publisher_id"), f("tenant").Eq(filter.Param("tenant"))),
			typ("Publisher", "publishers", strs("tenant name"), none(when(f("tenant").Ne(filter.Param("tenant"))))),
		},
		docs: docs{
			"publishers": `
				{"_id": "a", "tenant": "a", "name": "x"}
				{"_id": "b", "tenant": "b", "name": "x"}
			`,
			"books": `
				{"_id": "aa", "tenant": "a", "publisher_id": "a"}
				{"_id": "ab", "tenant": "a", "publisher_id": "b"}
				{"_id": "ba", "tenant": "b", "publisher_id": "a"}
				{"_id": "none", "publisher_id": "a"}
			`,
		},
	}
	s := w.store(t)
	unbound := s.schema
	joined := filter.For("Book", some(p).Where(p.F("name").Eq("x")))
	bind := func(v any) stored {
		schema, err := unbound.Bind(map[string]any{"tenant": v})
		require.NoError(t, err)
		s.schema = schema
		return s
	}
	t.Run("they are bound for everything that a filter meets", func(t *testing.T) {
		bind("a").require(t, filter.Allow("Book"), "aa ab")
		bind("a").require(t, joined, "aa")
		bind("b").require(t, joined, "")
	})
	t.Run("bound to null, nothing is inside the scope", func(t *testing.T) {
		bind(nil).require(t, filter.Allow("Book"), "")
	})
	t.Run("a value that looks like a path or an operator is a value", func(t *testing.T) {
		bind("$tenant").require(t, filter.Allow("Book"), "")
		bind("$$ROOT").require(t, joined, "")
	})
	t.Run("unbound, every filter that meets the type is refused", func(t *testing.T) {
		refused(t, unbound, joined)
		refused(t, unbound, filter.Allow("Book"))
	})
}
