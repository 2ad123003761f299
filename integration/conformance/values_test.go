package conformance_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

// Values are data: those of a policy, and those that are stored.

func TestValuesThatLookLikeOperatorsPathsOrPatterns(t *testing.T) {
	t.Parallel()
	s := world{
		types: types{
			typ("Doc", "docs", strs("s other"), list("l", relations.String), relations.Field{Name: "d", Type: relations.Document}),
		},
		docs: docs{"docs": `
			{"_id": "path", "s": "$other", "other": "$other", "l": ["$other"], "d": {"$other": 1}}
			{"_id": "variable", "s": "$$ROOT", "other": "x", "l": ["$$ROOT"], "d": {"$literal": "$$ROOT"}}
			{"_id": "operator", "s": "{\"$gt\": \"\"}", "other": "x", "l": ["{\"$gt\": \"\"}"], "d": {"$gt": ""}}
			{"_id": "where", "s": "function() { return true }", "other": "x", "l": ["1 == 1"], "d": {"$where": "1"}}
			{"_id": "pattern", "s": "/.*/", "other": "x", "l": [".*"], "d": {"$regex": ".*"}}
			{"_id": "expression", "s": "x", "other": "x", "l": ["x"], "d": {"$expr": true}}
			{"_id": "nul", "s": "$other\u0000", "other": "x", "l": ["\u0000"], "d": {"": null}}
		`},
	}.store(t)
	every := "path variable operator where pattern expression nul"
	for id, v := range map[string]string{"path": "$other", "variable": "$$ROOT", "operator": `{"$gt": ""}`, "where": "function() { return true }", "pattern": "/.*/", "nul": "$other\x00"} {
		t.Run("a "+id+" equals its own text", func(t *testing.T) {
			s.require(t, filter.For("Doc", when(f("s").Eq(v))), id)
			s.require(t, filter.For("Doc", when(f("s").Ne(v))), without(every, id))
			s.require(t, filter.For("Doc", when(f("s").In([]string{v, "nothing"}))), id)
			s.require(t, filter.For("Doc", when(f("s").Nin([]string{v, "nothing"}))), without(every, id))
		})
	}
	s.require(t, filter.For("Doc", when(f("l").Intersects([]string{"$other", "$$ROOT", ".*"}))), "path variable pattern")
	s.require(t, filter.For("Doc", when(f("l").SubsetOf([]string{"$other", "$$ROOT", ".*"}))), "path variable pattern")
	s.require(t, filter.For("Doc", when(f("s").StartsWith("$"))), "path variable nul")
	for id, d := range map[string]bson.D{
		"path": {{Key: "$other", Value: 1}}, "variable": {{Key: "$literal", Value: "$$ROOT"}}, "operator": {{Key: "$gt", Value: ""}}, "where": {{Key: "$where", Value: "1"}},
		"pattern": {{Key: "$regex", Value: ".*"}}, "expression": {{Key: "$expr", Value: true}}, "nul": {{Key: "", Value: nil}},
	} {
		t.Run("a document with a "+id+" equals itself", func(t *testing.T) {
			s.require(t, filter.For("Doc", when(f("d").Eq(d))), id)
			s.require(t, filter.For("Doc", when(f("d").Ne(d))), without(every, id))
		})
	}
}

func TestStoredValuesOnTheWayToAJoin(t *testing.T) {
	u := filter.Reach("u", "user")
	us := filter.Reach("us", "users")
	d := filter.Reach("d", "byDocument")
	el := filter.Reach("el", "items")
	elu := el.Reach("elu", "user")
	world{
		types: types{
			typ("Doc", "docs", strs("key"), list("keys", relations.String), relations.Field{Name: "doc", Type: relations.Document},
				one("user", "User", "key=key"), many("users", "User", "keys=key"), hasMany("byDocument", "User", "doc=doc"), embedsMany("items", "Item")),
			typ("Item", "", strs("key name"), one("user", "User", "key=key")),
			typ("User", "users", strs("key name"), relations.Field{Name: "doc", Type: relations.Document}),
		},
		docs: docs{
			"users": `
				{"_id": "1", "key": "$name", "name": "x", "doc": {"$gt": ""}}
				{"_id": "2", "key": "$$ROOT", "name": "x", "doc": {"a": 1, "b": 2}}
				{"_id": "3", "key": "z", "name": "x", "doc": {"$ne": null}}
				{"_id": "4", "name": "x"}
			`,
			"docs": `
				{"_id": "path", "key": "$name", "keys": ["$name"], "doc": {"$gt": ""}, "items": [{"key": "$name", "name": "x"}]}
				{"_id": "variable", "key": "$$ROOT", "keys": ["$$ROOT"], "doc": {"a": 1, "b": 2}, "items": [{"key": "$$ROOT", "name": "x"}]}
				{"_id": "unknown-variable", "key": "$$nope", "keys": ["$$nope"], "doc": {"b": 2, "a": 1}, "items": [{"key": "$$nope", "name": "x"}]}
				{"_id": "operator", "key": {"$ne": null}, "keys": [{"$ne": null}], "doc": {"$gt": null}, "items": [{"key": {"$ne": null}, "name": "x"}]}
				{"_id": "removed", "key": "$$REMOVE", "keys": ["$$REMOVE", {"$gt": ""}], "doc": {"$exists": true}, "items": [{"key": "$$REMOVE", "name": "x"}]}
			`,
		},
		rules: []rule{
			{
				name:  "a key that looks like a path, a variable or an operator is a value",
				when:  some(u).Where(u.F("name").Eq("x")),
				holds: "path variable", not: "",
			}, {
				name:  "in a list of keys too",
				when:  some(us).Where(us.F("name").Eq("x")),
				holds: "path variable", not: "", none: "unknown-variable operator removed",
			}, {
				name:  "a document as a key equals the same document",
				when:  some(d).Where(d.F("name").Eq("x")),
				holds: "path variable", not: "", none: "unknown-variable operator removed",
			}, {
				name:  "a key in an element, compared in an expression",
				when:  some(el, elu).Where(elu.F("name").Eq(el.F("name"))),
				holds: "path variable", not: "",
			},
		},
	}.check(t)
}

func TestFieldNamesAreNames(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"a b", "ü", "x-y", "a$b", "ROOT", "this", `x'"`, "v0", "_"} {
		t.Run(name, func(t *testing.T) {
			field := relations.Field{Name: name, Type: relations.String}
			user := relations.Relation{Name: "user", Kind: relations.ReferencesOne, Type: "User", Keys: []relations.KeyPair{{Local: name, Foreign: name}}}
			u, e, x := filter.Reach("u", "user"), filter.Reach("e", "items"), filter.Reach("x", name+"s")
			w := world{
				types: types{
					typ("Doc", "docs", field, strs("other"), user, embedsMany("items", "Item"), embedsOne(name+"s", "Item")),
					typ("User", "users", field, strs("role")),
					typ("Item", "", field, strs("role")),
				},
				docs: docs{
					"users": `{"_id": "1", "name": "k", "role": "x"}`,
					"docs": `
						{"_id": "k", "name": "k", "other": "k", "items": [{"name": "k", "role": "x"}], "names": {"name": "k"}}
						{"_id": "j", "name": "j", "other": "k", "items": [{"name": "k", "role": "x"}], "names": {"name": "j"}}
					`,
				},
				rules: []rule{
					{name: "in a match", when: when(f(name).Eq("k")), holds: "k", none: "j"},
					{name: "in an expression", when: when(f(name).Eq(f("other"))), holds: "k", none: "j"},
					{name: "as a key", when: some(u).Where(u.F("role").Eq("x")), holds: "k"},
					{name: "in an element", when: some(e).Where(e.F(name).Eq(f(name)), e.F("role").Eq("x")), holds: "k", none: "j"},
					{name: "in an embedded document", when: some(x).Where(x.F(name).Eq(f("other"))), holds: "k", not: "j", none: "j"},
				},
			}
			for collection, text := range w.docs {
				quoted, err := json.Marshal(name)
				require.NoError(t, err)
				text = strings.ReplaceAll(text, `"name"`, string(quoted))
				w.docs[collection] = strings.ReplaceAll(text, `"names"`, string(quoted[:len(quoted)-1])+`s"`)
			}
			w.check(t)
		})
	}
}
