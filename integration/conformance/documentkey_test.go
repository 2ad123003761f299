package conformance_test

import (
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

// A key may be a document, which is compared as a whole: its fields in their order. (The compatible
// server tells 1 from 1.0 inside a document when it joins, so the numbers here are of one type.)
func TestAKeyThatIsADocumentIsComparedAsAWhole(t *testing.T) {
	doc := func(name string) []relations.Field { return []relations.Field{{Name: name, Type: relations.Document}} }
	docs := doc("owners")
	docs[0].List = true
	id := func(tenant string, n int) bson.D { return bson.D{{Key: "tenant", Value: tenant}, {Key: "n", Value: n}} }
	p := filter.Reach("p", "parent")
	o := filter.Reach("o", "all")
	c := filter.Reach("c", "children")
	world{
		types: types{
			{Name: "Child", Collection: "children", Key: "code",
				Fields: append(append(append(strs("code name"), doc("parent_id")...), docs...), doc("_id")...),
				Relations: []relations.Relation{
					one("parent", "Parent", "parent_id"), many("all", "Parent", "owners"),
					hasMany("children", "Grand", "parent_id=parent_id")}},
			{Name: "Parent", Collection: "parents", Fields: append(strs("name"), doc("_id")...)},
			{Name: "Grand", Collection: "grands", Fields: append(strs("name"), doc("parent_id")...)},
		},
		docs: map[string]string{
			"parents": `
				{"_id": {"tenant": "a", "n": 1}, "name": "x"}
				{"_id": {"tenant": "a", "n": 2}, "name": "y"}
				{"_id": {"n": 1, "tenant": "b"}, "name": "x"}
			`,
			"grands": `
				{"_id": "1", "parent_id": {"tenant": "a", "n": 1}, "name": "x"}
			`,
			"children": `
				{"_id": "x", "parent_id": {"tenant": "a", "n": 1}, "owners": [{"tenant": "a", "n": 1}]}
				{"_id": "y", "parent_id": {"tenant": "a", "n": 2}, "owners": [{"tenant": "a", "n": 2}]}
				{"_id": "order", "parent_id": {"tenant": "b", "n": 1}, "owners": [{"tenant": "b", "n": 1}]}
				{"_id": "null", "parent_id": null, "owners": null}
				{"_id": "missing"}
			`,
		},
		rules: []rule{
			{name: "a document with the key", when: some(p).Where(p.F("name").Eq("x")), holds: "x", not: "y", none: "y"},
			{name: "key only", when: some(p).Where(p.F("_id").Eq(id("a", 1))), holds: "x", not: "y order", none: "y order"},
			{name: "one of the keys", when: some(o).Where(o.F("name").Eq("x")), holds: "x", not: "y", none: "y order"},
			{name: "rows", when: some(c).Where(c.F("name").Eq("x")), holds: "x", none: "y order"},
		},
	}.check(t)
}
