package evaluate_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mongoauthz/go-mongoauthz/evaluate"
	"github.com/mongoauthz/go-mongoauthz/filter"
)

// The firms of these tests do not exist unless a test says so: what is answered without them is key only.

func TestKeyOnlyToOneIsAComparisonOfTheLocalField(t *testing.T) {
	t.Parallel()
	testReached(t, nil, []reached{
		{
			name: "Eq", clause: some("firm", is("_id", 1)),
			T: on{`{"firm_id": 1}`, `{"firm_id": 1.0}`, `{"firm_id": [1]}`, `{"firm_id": [2, 1]}`},
			F: on{`{"firm_id": 2}`},
			U: on{`{}`, `{"firm_id": null}`, `{"firm_id": "1"}`, `{"firm_id": [2]}`, `{"firm_id": []}`, `{"firm_id": {}}`},
		},
		{name: "Ne", clause: some("firm", isNot("_id", 1)), T: on{`{"firm_id": 2}`}, F: on{`{"firm_id": 1}`, `{"firm_id": [1]}`}, U: on{`{}`, `{"firm_id": [2]}`, `{"firm_id": "1"}`}},
		{
			name: "through an embedded document", clause: some("addressFirm", is("_id", 1)),
			T: on{`{"address": {"firm_id": 1}}`}, F: on{`{"address": {"firm_id": 2}}`}, U: on{`{}`, `{"address": {}}`, `{"address": [{"firm_id": 1}]}`, `{"address": 1}`},
		},
		{
			name: "two conditions", clause: some("firm", func(e filter.Entity) []filter.Condition {
				return []filter.Condition{e.F("_id").Gt(1), e.F("_id").Lt(3)}
			}),
			T: on{`{"firm_id": 2}`, `{"firm_id": [9, 0]}`}, F: on{`{"firm_id": 1}`, `{"firm_id": 3}`}, U: on{`{}`, `{"firm_id": [0]}`},
		},
		{
			name: "no choice at all: beside a true alternative nothing is asked of it", clause: some("firm", func(e filter.Entity) []filter.Condition {
				return []filter.Condition{filter.Any{filter.Where(e.F("_id").Eq(1)), filter.Where(filter.F("flag").Eq(true))}}
			}),
			T: on{`{"flag": true}`, `{"firm_id": 1}`}, F: on{`{"firm_id": 2, "flag": false}`}, U: on{`{"flag": false}`},
		},
		{
			name: "conditions inside a None count", clause: some("firm", func(e filter.Entity) []filter.Condition {
				return []filter.Condition{filter.None(filter.Where(e.F("_id").Eq(1)))}
			}),
			T: on{`{"firm_id": 2}`}, F: on{`{"firm_id": 1}`, `{"firm_id": [1]}`}, U: on{`{}`, `{"firm_id": [2]}`},
		},
	})
}

func TestKeyOnlyToManyRangesOverTheKeys(t *testing.T) {
	t.Parallel()
	testReached(t, nil, []reached{
		{
			name: "Eq", clause: some("members", is("_id", 1)),
			T: on{`{"member_ids": [1]}`, `{"member_ids": [null, [2], 1.0]}`, `{"member_ids": 1}`},
			F: on{`{"member_ids": []}`, `{"member_ids": [2]}`, `{"member_ids": [[1]]}`},
			U: on{`{}`, `{"member_ids": null}`, `{"member_ids": [null]}`, `{"member_ids": [2, null]}`, `{"member_ids": 2}`, `{"member_ids": ["1"]}`},
		},
		{
			name: "Ne: some key is another", clause: some("members", isNot("_id", 1)),
			T: on{`{"member_ids": [1, 2]}`, `{"member_ids": 2}`}, F: on{`{"member_ids": []}`, `{"member_ids": [1]}`, `{"member_ids": [[2]]}`}, U: on{`{}`, `{"member_ids": ["1"]}`, `{"member_ids": 1}`},
		},
		{
			name: "two conditions speak of the same key", clause: some("members", func(e filter.Entity) []filter.Condition {
				return []filter.Condition{e.F("_id").Gt(1), e.F("_id").Lt(3)}
			}),
			T: on{`{"member_ids": [2]}`}, F: on{`{"member_ids": [1, 3]}`},
		},
		{name: "absent means empty", clause: some("mayMembers", is("_id", 1)), T: on{`{"may_ids": [1]}`}, F: on{`{}`, `{"may_ids": null}`}, U: on{`{"may_ids": [null]}`}},
	})
}

func TestWhatIsNotKeyOnlyAsksForTheDocument(t *testing.T) {
	t.Parallel()
	firm := filter.Reach("e", "firm")
	owner := firm.Reach("owner", "owner")
	dangling := on{`{"firm_id": 1, "code": "1", "kind": "open", "tenant": 1, "max": 1, "member_ids": [1]}`}
	testReached(t, nil, []reached{
		{name: "no condition", clause: some("firm", nil), U: dangling},
		{name: "IsSet", clause: some("firm", func(e filter.Entity) []filter.Condition { return []filter.Condition{e.F("_id").IsSet()} }), U: dangling},
		{name: "another field", clause: some("firm", is("name", "acme")), U: dangling},
		{name: "another field besides", clause: some("firm", func(e filter.Entity) []filter.Condition {
			return []filter.Condition{e.F("_id").Eq(1), filter.Any{filter.Where(e.F("name").Eq("a")), filter.Where(e.F("_id").Eq(1))}}
		}), U: dangling},
		{name: "IsNull, nested", clause: some("firm", func(e filter.Entity) []filter.Condition {
			return []filter.Condition{e.F("_id").Eq(1), filter.None(filter.Where(e.F("_id").IsNull()))}
		}), U: dangling},
		{name: "a comparison with a field", clause: filter.Some(firm).Where(firm.F("_id").Eq(filter.F("max"))), U: dangling},
		{name: "a field compared with it", clause: filter.Some(firm).Where(firm.F("_id").Eq(1), filter.F("max").Eq(firm.F("_id"))), U: dangling},
		{name: "an entity reached from it", clause: filter.Some(firm, owner).Where(firm.F("_id").Eq(1), owner.Exists()), U: dangling},
		{name: "an entity reached from it, nested", clause: filter.Some(firm).Where(firm.F("_id").Eq(1), filter.Any{filter.Some(owner).Where(owner.Exists()), filter.Where(filter.True)}), U: dangling},
		{name: "a scope", clause: some("live", is("_id", 1)), U: dangling},
		{name: "a constant", clause: some("namedFirm", is("_id", 1)), U: dangling},
		{name: "a near constant", clause: some("openFirm", is("_id", 1)), U: dangling},
		{name: "its existence besides", clause: filter.Some(firm).Where(firm.F("_id").Eq(1), firm.Exists()), U: dangling},
		{name: "its existence, nested", clause: filter.Some(firm).Where(firm.F("_id").Eq(1), filter.None(filter.Where(filter.None(filter.Where(firm.Exists()))))), U: dangling},
		{name: "another field, in a Surely", clause: filter.Some(firm).Where(firm.F("_id").Eq(1), filter.None(filter.Where(filter.Surely(filter.Where(firm.F("name").Eq("x")))))), U: dangling},
		{name: "two pairs", clause: some("both", is("_id", 1)), U: dangling},
		{name: "another key", clause: some("byCode", is("code", "1")), U: dangling},
		{name: "a through", clause: some("firmOwner", is("_id", 1)), U: dangling},
		{name: "has many", clause: some("twins", is("_id", 1)), F: on{`{"_id": 1}`}},
		{name: "to-many with another field", clause: some("members", is("name", "acme")), F: dangling},
	})
	testReached(t, nil, []reached{{name: "but this is", clause: some("firm", is("_id", 1)), T: dangling}})
}

func TestAnEntityIsAnsweredAsItWasWritten(t *testing.T) {
	t.Parallel()
	firm := filter.Reach("e", "firm")
	s := orders(t)
	// Normalising leaves less of each of these.
	for name, c := range map[string]struct {
		clause filter.Clause
		want   evaluate.Truth
	}{
		"joined":              {filter.Some(firm).Where(firm.F("_id").Eq(1), filter.Any{filter.Where(firm.F("name").Eq("a")), filter.Where(filter.True)}), U},
		"joined, by a null":   {filter.Some(firm).Where(firm.F("_id").Eq(1), filter.Any{filter.Where(firm.F("_id").IsNull()), filter.Where(filter.True)}), U},
		"key":                 {filter.Some(firm).Where(firm.F("_id").Eq(1), filter.Any{filter.Where(firm.F("_id").Eq(2)), filter.Where(filter.True)}), T},
		"key, no condition":   {filter.Some(firm).Where(filter.Any{filter.Where(firm.F("_id").Eq(2)), filter.Where(filter.True)}), T},
		"another field":       {filter.Some(firm).Where(filter.Any{filter.Where(firm.F("name").Eq("a")), filter.Where(filter.True)}), U},
		"key, a null operand": {filter.Some(firm).Where(filter.Any{filter.Where(firm.F("_id").Eq(nil)), filter.Where(firm.F("_id").Eq(1))}), T},
	} {
		f := filter.For("Order", c.clause)
		require.Equal(t, c.want, decide(t, s, f, `{"firm_id": 1}`, nil), name)
		require.Equal(t, c.want, decideRewritten(t, s, f, `{"firm_id": 1}`, nil), name)
	}
}

func TestKeyOnlyReadsTheKeyAsItsTypeDeclaresIt(t *testing.T) {
	t.Parallel()
	s := strictKeys(t)
	c := filter.Some(filter.Reach("e", "to")).Where(filter.Reach("e", "to").F("_id").Eq(1))
	require.Equal(t, T, holds(t, s, "From", c, `{"to_id": 1}`, nil))
	require.Equal(t, U, holds(t, s, "From", c, `{"to_id": [1]}`, nil), "the key is strict")
}
