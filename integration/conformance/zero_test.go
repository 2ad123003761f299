package conformance_test

import (
	"testing"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

// absentZero declares what a missing field is in comparisons.
func absentZero(v any, f relations.Field) relations.Field {
	f.AbsentZero = v
	return f
}

func TestAbsentMeansZero(t *testing.T) {
	b, n, s := f("b"), f("n"), f("s")
	world{
		types: types{
			typ("Doc", "docs", absentZero(false, bools("b")[0]), absentZero(0, nums("n")[0]), absentZero("open", strs("s")[0]),
				strict(absentZero(0, nums("k")[0])), nums("m"), list("l", relations.String), embedsOne("box", "Box")),
			typ("Box", "", absentZero(true, bools("b")[0])),
		},
		docs: docs{"docs": `
			{"_id": "zero", "b": false, "n": 0, "s": "open", "k": 0, "m": 0, "l": ["open"], "box": {"b": true}}
			{"_id": "other", "b": true, "n": 7, "s": "shut", "k": 7, "m": 7, "l": ["x"], "box": {"b": false}}
			{"_id": "missing", "m": 0, "l": ["x", "open"], "box": {}}
			{"_id": "missing-7", "m": 7, "l": []}
			{"_id": "null", "b": null, "n": null, "s": null, "k": null, "m": 0, "l": ["open"], "box": null}
			{"_id": "array", "b": [false], "n": [0], "s": ["open"], "k": [0], "m": 0, "l": ["open"], "box": [{"b": true}]}
			{"_id": "type", "b": 0, "n": "0", "s": 0, "k": "0", "m": "0", "l": "open", "box": {"b": 1}}
		`},
		rules: []rule{
			{name: "true of it", when: when(b.Eq(false)), holds: "zero missing missing-7 array", none: "other"},
			{name: "false of it", when: when(b.Eq(true)), holds: "other", none: "zero missing missing-7"},
			{name: "In", when: when(n.In([]int{0, 3})), holds: "zero missing missing-7 array", none: "other"},
			{name: "In with a null: never false", when: when(n.In([]any{7, nil})), holds: "other", none: ""},
			{name: "In nothing: false of a value", when: when(n.In([]int{})), holds: "", none: "zero other missing missing-7"},
			{name: "an order", when: when(n.Lt(5)), holds: "zero missing missing-7 array", none: "other"},
			{name: "an order, strictly", when: when(f("k").Lte(5)), holds: "zero missing missing-7", none: "other"},
			{name: "text", when: when(s.StartsWith("op")), holds: "zero missing missing-7 array", none: "other"},
			{name: "the empty text is no zero of it", when: when(s.Eq("")), holds: "", none: "zero other missing missing-7"},
			{name: "a null operand stays unknown", when: when(b.Eq(nil))},
			{name: "IsNull reads what is stored", when: when(b.IsNull()), holds: "missing missing-7 null", none: "zero other array type"},
			{name: "in an embedded document that is there", when: when(f("box.b").Eq(true)), holds: "zero missing", none: "other"},
			{name: "with a field", when: when(n.Eq(f("m"))), holds: "zero other missing", none: "missing-7"},
			{name: "with a field, by order", when: when(n.Lt(f("m"))), holds: "missing-7", none: "zero other missing"},
			{name: "with itself", when: when(s.Eq(s)), holds: "zero other missing missing-7"},
			{name: "in a list", when: when(s.In(f("l"))), holds: "zero missing", none: "other missing-7"},
		},
	}.everywhere(t)
}

func TestElementsOfWhichZeroIsAskedAreReachedInAnArrayOfDocumentsOnly(t *testing.T) {
	item, far := filter.Reach("item", "items"), filter.Reach("far", "drafts")
	owner := item.Reach("owner", "owner")
	draft := relations.Constant{Field: "draft", Value: false}
	drafts := embedsMany("drafts", "Item")
	drafts.Where = []relations.Constant{draft}
	reference := one("owner", "User", "owner_id", near("draft", false))
	world{
		types: types{
			typ("Doc", "docs", embedsMany("items", "Item"), drafts),
			typ("Item", "", strs("name owner_id"), absentZero(false, bools("draft")[0]), reference),
			typ("User", "users", strs("name")),
		},
		docs: docs{
			"users": `{"_id": "u", "name": "x"}`,
			"docs": `
				{"_id": "pure", "items": [{"name": "x", "owner_id": "u"}], "drafts": [{"name": "x"}]}
				{"_id": "said", "items": [{"name": "x", "owner_id": "u", "draft": true}], "drafts": [{"name": "x", "draft": true}]}
				{"_id": "array", "items": [{"name": "x", "owner_id": "u"}, [{}]], "drafts": [{"name": "x"}, [{}]]}
				{"_id": "scalar", "items": [{"name": "x", "owner_id": "u"}, 1], "drafts": [{"name": "x"}, 1]}
				{"_id": "empty", "items": [], "drafts": []}
			`,
		},
		rules: []rule{
			{name: "a comparison", when: some(item).Where(item.F("draft").Eq(false)), holds: "pure", not: "said", none: "said empty"},
			{name: "a constant of the far side", when: some(far).Where(far.F("name").Eq("x")), holds: "pure", none: "said empty"},
			{name: "a constant of the near side", when: some(item, owner).Where(owner.F("name").Eq("x")), holds: "pure", none: "said empty"},
			{name: "another field", when: some(item).Where(item.F("name").Eq("x")), holds: "pure said array scalar", none: "empty"},
		},
	}.check(t)
}
