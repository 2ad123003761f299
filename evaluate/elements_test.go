package evaluate_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

func strictKeys(t *testing.T) *relations.Schema {
	return schema(t,
		relations.Type{Name: "To", Collection: "to", Fields: []relations.Field{{Name: "_id", Type: relations.Number, Strict: true}}},
		relations.Type{
			Name: "From", Collection: "from",
			Fields:    []relations.Field{{Name: "_id", Type: relations.Number}, {Name: "to_id", Type: relations.Number}},
			Relations: []relations.Relation{{Name: "to", Kind: relations.ReferencesOne, Type: "To", Keys: []relations.KeyPair{{Local: "to_id"}}}},
		},
	)
}

// Rule 4: an element of which IsNull, IsSet or "absent means empty" is asked is reached in an array of documents only.
func TestRule4ElementsAskedForAbsence(t *testing.T) {
	t.Parallel()
	e := filter.Reach("e", "items")
	firm, may, parts, mayParts, where := e.Reach("firm", "firm"), e.Reach("may", "may"), e.Reach("p", "parts"), e.Reach("p", "mayParts"), e.Reach("w", "where")
	mixed := `{"items": [{"sku": "a", "qty": 1, "firm_id": 1, "tags": [1], "nums": [1], "may_ids": [1], "parts": [{}], "mayParts": [{}], "where": {"city": "Bern", "may_ids": [1]}}, [], 1]}`
	clause := func(c ...filter.Condition) filter.Clause { return filter.Some(e).Where(c...) }
	asked := map[string]filter.Clause{
		"IsNull":                         clause(e.F("qty").IsNull()),
		"IsSet":                          clause(e.F("qty").IsSet()),
		"not IsNull":                     clause(filter.Not(e.F("qty").IsNull())),
		"beside another":                 clause(e.F("sku").Eq("a"), e.F("qty").IsSet()),
		"in a nested Any":                clause(e.F("sku").Eq("a"), filter.Any{filter.Where(filter.True), filter.Where(e.F("qty").IsSet())}),
		"in a nested None":               clause(e.F("sku").Eq("a"), filter.None(filter.Where(e.F("qty").IsNull()))),
		"a list that may be absent":      clause(e.F("tags").Eq(1)),
		"its emptiness":                  clause(e.F("tags").SubsetOf([]int{1})),
		"such a list of another's":       filter.Some(e).Where(filter.F("_id").In(e.F("tags"))),
		"a relation that may be absent":  filter.Some(e, mayParts).Where(mayParts.Exists()),
		"in an Any that rewriting drops": clause(e.F("sku").Eq("a"), filter.Any{filter.Where(e.F("tags").Eq(1)), filter.Where(filter.True)}),
		"a nested one":                   clause(filter.Any{filter.Where(filter.True), filter.Some(mayParts).Where(mayParts.Exists())}),
		"keys that may be absent":        filter.Some(e, may).Where(may.Exists()),
		"such keys, alone":               filter.Some(e, may).Where(may.F("_id").Eq(1)),
		"a through over such keys":       some("itemMay", nil),
		"a through over such documents":  some("itemParts", nil),
		"IsSet of a document inside":     clause(e.F("where.city").IsSet()),
		"IsNull of a document inside":    clause(e.F("where.city").IsNull()),
		"a scope":                        some("picky", nil),
	}
	w := world{"firms": {`{"_id": 1, "name": "acme"}`}}
	s := orders(t)
	document := `{"_id": 1, "picky": [{"sku": "a", "qty": 1}, []], ` + mixed[1:]
	for name, c := range asked {
		require.Equal(t, U, holds(t, s, "Order", c, document, w), name)
	}
	notAsked := map[string]filter.Clause{
		"a comparison":              clause(e.F("sku").Eq("a")),
		"a list":                    clause(e.F("nums").Eq(1)),
		"a document embedded in it": clause(e.F("where.city").Eq("Bern")),
		"a list of such a document": clause(e.F("where.may_ids").Eq(1)),
		"an entity embedded in it":  filter.Some(e, where).Where(where.F("city").IsSet()),
		"a relation":                filter.Some(e, parts).Where(parts.Exists()),
		"a reference":               filter.Some(e, firm).Where(firm.Exists()),
		"a document referenced":     filter.Some(e, firm).Where(firm.F("name").IsSet()),
		"a through":                 some("itemFirms", nil),
	}
	for name, c := range notAsked {
		require.Equal(t, T, holds(t, s, "Order", c, document, w), name)
	}
	// Rewriting may move or drop what is asked: it was asked all the same.
	for _, clauses := range []map[string]filter.Clause{asked, notAsked} {
		for name, c := range clauses {
			f := filter.For("Order", c)
			require.Equal(t, decide(t, s, f, document, w), decideRewritten(t, s, f, document, w), name)
		}
	}
	// In an array of documents they are reached.
	pure := `{"items": [{"sku": "a"}, {"qty": 1}]}`
	for name, want := range map[string]int{"IsNull": 2, "IsSet": 2, "a list that may be absent": 0, "its emptiness": 2, "a relation that may be absent": 0} {
		require.Equal(t, want, int(holds(t, s, "Order", asked[name], pure, w)), name)
	}
}

func TestScopesHoldForTheResource(t *testing.T) {
	t.Parallel()
	param := filter.Param("tenant")
	s := schema(t, relations.Type{
		Name: "Doc", Collection: "docs",
		Fields: []relations.Field{{Name: "_id", Type: relations.AnyType}, {Name: "tenant", Type: relations.Number}, {Name: "gone", Type: relations.Bool}, {Name: "kind", Type: relations.String}},
		Scope: []filter.Condition{
			filter.F("tenant").Eq(param),
			filter.None(filter.Where(filter.F("gone").Eq(true))),
			filter.Any{filter.Where(filter.F("kind").Eq("a")), filter.Where(filter.F("kind").Eq("b"))},
		},
	})
	bound, err := s.Bind(map[string]any{"tenant": 1})
	require.NoError(t, err)
	for document, want := range map[string]int{
		`{"tenant": 1, "gone": false, "kind": "a"}`: 2,
		`{"tenant": 1, "gone": false, "kind": "b"}`: 2,
		`{"tenant": 2, "gone": false, "kind": "a"}`: 0,
		`{"tenant": 1, "gone": true, "kind": "a"}`:  0,
		`{"tenant": 1, "kind": "a"}`:                1,
		`{"tenant": 1, "gone": false, "kind": "c"}`: 0,
	} {
		require.Equal(t, want, int(decide(t, bound, filter.Allow("Doc"), document, nil)), document)
		require.NotEqual(t, T, decide(t, bound, filter.Deny("Doc"), document, nil), document)
	}
	// What is out of scope stays out of it under a None.
	none := filter.For("Doc", filter.Where(filter.None(filter.Where(filter.F("kind").Eq("z")))))
	require.Equal(t, F, decide(t, bound, none, `{"tenant": 2, "gone": false, "kind": "a"}`, nil))
	require.Equal(t, T, decide(t, bound, none, `{"tenant": 1, "gone": false, "kind": "a"}`, nil))
}
