package conformance_test

import (
	"testing"

	"github.com/mongoauthz/go-mongoauthz/relations"
)

func TestComparisonsOfAList(t *testing.T) {
	v := f("v")
	values(
		rule{
			name: "Contains is the OR over the elements: [] makes it false, nested arrays are elements, one value satisfies it", of: "Numbers",
			when: when(v.Contains(5)), holds: fives + "array-5 array-56", none: "array-6 array-empty",
		}, rule{
			name: "Contains is Eq", of: "Numbers",
			when: when(v.Eq(5)), holds: fives + "array-5 array-56", none: "array-6 array-empty",
		}, rule{
			name: "Ne is the NOT of that: true only if every element makes Eq false", of: "Numbers",
			when: when(v.Ne(5)), holds: "array-6 array-empty", none: fives + "array-5 array-56",
		}, rule{
			name: "Intersects is the OR of In over the elements", of: "Numbers",
			when: when(v.Intersects([]int{5, 7})), holds: fives + "array-5 array-56", none: "array-6 array-empty",
		}, rule{
			name: "Intersects is In", of: "Numbers",
			when: when(v.In([]int{5, 7})), holds: fives + "array-5 array-56", none: "array-6 array-empty",
		}, rule{
			name: "a null among Intersects' values is an unknown, on [] as well", of: "Numbers",
			when: when(v.Intersects([]any{5, nil})), holds: fives + "array-5 array-56",
		}, rule{
			name: "Intersects with no values is false on arrays of the declared type", of: "Numbers",
			when: when(v.Intersects([]int{})), none: "array-5 array-6 array-56 array-empty",
		}, rule{
			name: "an order holds if it holds of an element", of: "Numbers",
			when: when(v.Lt(6)), holds: fives + below + "array-5 array-56", none: "array-6 array-empty",
		}, rule{
			name: "a text operator holds if it holds of an element", of: "Strings",
			when: when(v.StartsWith("a")), holds: "text-a array-a array-a-null", none: "array-empty",
		}, rule{
			name: "SubsetOf: every element is among the values; true for [], unknown for one value", of: "Numbers",
			when: when(v.SubsetOf([]int{5})), holds: "array-5 array-empty", none: "array-6 array-56",
		}, rule{
			name: "SubsetOf several values", of: "Numbers",
			when: when(v.SubsetOf([]int{5, 6})), holds: "array-5 array-6 array-56 array-empty",
		}, rule{
			name: "SubsetOf with a null among the values is never false", of: "Numbers",
			when: when(v.SubsetOf([]any{5, nil})), holds: "array-5 array-empty",
		}, rule{
			name: "SubsetOf no values is true for [] only", of: "Numbers",
			when: when(v.SubsetOf([]int{})), holds: "array-empty", none: "array-5 array-6 array-56",
		}, rule{
			name: "documents in a list are compared as a whole", of: "Documents",
			when: when(v.Contains(p1)), holds: "doc doc-long array-doc", none: "array-empty",
		}, rule{
			name: "any: nested arrays are elements, and are not searched", of: "Anys",
			when: when(v.Contains(5)), holds: fives + "array-5 array-56", none: "array-6 array-empty array-array array-a array-doc",
		}, rule{
			name: "any: an element that is surely not among the values decides SubsetOf", of: "Anys",
			when: when(v.SubsetOf([]int{5, 6})), holds: "array-5 array-6 array-56 array-empty", none: "array-array array-a array-a-null array-doc",
		},
	).everywhere(t)
}

func TestAnElementOfAnotherTypeInAList(t *testing.T) {
	ns, ss := f("ns"), f("ss")
	world{
		types: types{
			typ("Doc", "docs", list("ns", relations.Number), strict(list("ss", relations.Number))),
		},
		docs: docs{"docs": `
			{"_id": "5a", "ns": [5, "a"], "ss": [5, "a"]}
			{"_id": "6a", "ns": [6, "a"], "ss": [6, "a"]}
			{"_id": "6-null", "ns": [6, null], "ss": [6, null]}
			{"_id": "6-array", "ns": [6, [5]], "ss": [6, [5]]}
			{"_id": "5-nan", "ns": [5, {"$numberDouble": "NaN"}], "ss": [5, {"$numberDouble": "NaN"}]}
			{"_id": "6-nan", "ns": [6, {"$numberDouble": "NaN"}], "ss": [6, {"$numberDouble": "NaN"}]}
			{"_id": "67", "ns": [6, 7], "ss": [6, 7]}
		`},
		rules: []rule{
			{
				name:  "it is unknown whether it equals: a list with it cannot make Contains false",
				when:  when(ns.Contains(5)),
				holds: "5a 5-nan", none: "6-nan 67",
			}, {
				name:  "in a strict list too",
				when:  when(ss.Contains(5)),
				holds: "5a 5-nan", none: "6-nan 67",
			}, {
				name:  "an order on it, or on NaN, is unknown",
				when:  when(ns.Lt(6)),
				holds: "5a 5-nan", none: "67",
			}, {
				name:  "an order from above",
				when:  when(ns.Gte(6)),
				holds: "6a 6-null 6-array 6-nan 67",
			}, {
				name:  "it cannot make SubsetOf true, nor false",
				when:  when(ns.SubsetOf([]int{6, 7})),
				holds: "67", none: "5a 5-nan 6-nan",
			}, {
				name:  "in a strict list it makes SubsetOf neither",
				when:  when(ss.SubsetOf([]int{6, 7})),
				holds: "67", none: "5a 5-nan 6-nan",
			},
		},
	}.everywhere(t)
}
