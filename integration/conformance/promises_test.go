package conformance_test

import (
	"testing"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

func TestARequiredRow(t *testing.T) {
	lock, maybe := filter.Reach("lock", "lock"), filter.Reach("maybe", "maybe")
	required := hasMany("lock", "Lock", "=doc_id", far("kind", "doc"))
	required.Kind, required.Required = relations.HasOne, true
	plain := hasMany("maybe", "Lock", "=doc_id", far("kind", "doc"))
	plain.Kind = relations.HasOne
	world{
		types: types{typ("Doc", "docs", required, plain), typ("Lock", "locks", strs("doc_id kind"), bools("on gone"), not(f("gone").Eq(true)))},
		docs: docs{
			"docs": `
				{"_id": "on"}
				{"_id": "off"}
				{"_id": "none"}
				{"_id": "other-kind"}
				{"_id": "gone"}
				{"_id": "unsaid"}
			`,
			"locks": `
				{"_id": "1", "doc_id": "on", "kind": "doc", "on": true, "gone": false}
				{"_id": "2", "doc_id": "off", "kind": "doc", "on": false, "gone": false}
				{"_id": "3", "doc_id": "other-kind", "kind": "x", "on": false, "gone": false}
				{"_id": "4", "doc_id": "gone", "kind": "doc", "on": true, "gone": true}
				{"_id": "5", "doc_id": "unsaid", "kind": "doc", "on": false}
			`,
		},
		rules: []rule{
			{name: "a None does not hold for want of the row, nor for one outside its scope and constants", when: some(lock).Where(lock.F("on").Eq(true)), holds: "on", not: "off", none: "off"},
			{name: "without the promise it holds", when: some(maybe).Where(maybe.F("on").Eq(true)), holds: "on", not: "off", none: "off none other-kind gone unsaid"},
			{name: "existence", when: some(lock), holds: "on off", none: ""},
		},
	}.check(t)
}

func TestACompleteReference(t *testing.T) {
	p, members, live := filter.Reach("p", "project"), filter.Reach("m", "projects"), filter.Reach("l", "live")
	complete := func(r relations.Relation) relations.Relation { r.Complete = true; return r }
	live2 := complete(one("live", "Live", "project_id"))
	world{
		types: types{
			typ("Task", "tasks", strs("project_id"), list("project_ids", relations.String), complete(one("project", "Project", "project_id")), complete(many("projects", "Project", "project_ids")), live2),
			typ("Project", "projects", bools("locked")),
			typ("Live", "projects", bools("locked"), f("locked").Eq(false)),
		},
		docs: docs{
			"projects": `
				{"_id": "locked", "locked": true}
				{"_id": "open", "locked": false}
				{"_id": "unsaid"}
			`,
			"tasks": `
				{"_id": "locked", "project_id": "locked", "project_ids": ["locked"]}
				{"_id": "open", "project_id": "open", "project_ids": ["open"]}
				{"_id": "unsaid", "project_id": "unsaid", "project_ids": ["unsaid"]}
				{"_id": "dangling", "project_id": "purged", "project_ids": ["purged"]}
				{"_id": "null", "project_id": null, "project_ids": [null]}
				{"_id": "array", "project_id": ["open"], "project_ids": [["open"]]}
				{"_id": "missing"}
				{"_id": "empty", "project_ids": []}
			`,
		},
		rules: []rule{
			{name: "a None holds where the document was purged, as the declaration warns", when: some(p).Where(p.F("locked").Eq(true)), holds: "locked", not: "open", none: "open dangling"},
			{name: "existence is that of the key", when: some(p), holds: "locked open unsaid dangling", none: ""},
			{name: "existence beside the key", when: some(p).Where(p.Exists(), p.F("_id").Eq("purged")), holds: "dangling", not: "locked open unsaid", none: "locked open unsaid"},
			{name: "existence of one of many", when: some(members), holds: "locked open unsaid dangling", none: "empty array"},
			{name: "a scope makes the promise void", when: some(live), holds: "open", none: ""},
		},
	}.check(t)
}

func TestTwoPathsOfWhichOneIsKnownToReachNothing(t *testing.T) {
	e := filter.Reach("e", "lefts").Via(root, "rights")
	world{
		types: types{
			typ("Doc", "docs", list("left", relations.String), list("right", relations.String), strs("kind"),
				many("lefts", "Item", "left"), many("rights", "Item", "right", near("kind", "a"))),
			typ("Item", "items", strs("s")),
		},
		docs: docs{
			"items": `
				{"_id": "1", "s": "x"}
				{"_id": "2", "s": "y"}
			`,
			"docs": `
				{"_id": "both", "left": ["1"], "right": ["1", "2"], "kind": "a"}
				{"_id": "apart", "left": ["1"], "right": ["2"], "kind": "a"}
				{"_id": "y", "left": ["2"], "right": ["2"], "kind": "a"}
				{"_id": "left-empty", "left": [], "right": [null], "kind": "a"}
				{"_id": "left-dangling", "left": ["9"], "kind": "a"}
				{"_id": "right-empty", "right": [], "kind": "a"}
				{"_id": "near-false", "left": [null], "right": ["1"], "kind": "b"}
				{"_id": "near-unknown", "left": ["1"], "right": ["1"]}
				{"_id": "left-unknown", "left": ["2", null], "right": ["2"], "kind": "a"}
				{"_id": "both-unknown", "kind": "a"}
			`,
		},
		rules: []rule{
			{
				name: "then it is known that both reach nothing", when: some(e).Where(e.F("s").Eq("x")),
				holds: "both", not: "y left-unknown", none: "apart y left-empty left-dangling right-empty near-false",
			},
		},
	}.check(t)
}
