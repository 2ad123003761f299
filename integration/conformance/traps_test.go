package conformance_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/integration/harness"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

// The test ideas of the semantics page, section 10, by their numbers.

// authorizer answers every question with one filter.
func authorizer(t *testing.T, db *mongo.Database, types types, answer filter.Filter) *mongoauthz.Authorizer {
	t.Helper()
	schema, err := relations.New(types...)
	require.NoError(t, err)
	var opts []mongoauthz.Option
	if !harness.Has(t, harness.Collation) {
		opts = append(opts, mongoauthz.WithoutCollation())
	}
	policy := mongoauthz.PolicyFunc(func(context.Context, any, string, string) (filter.Filter, error) { return answer, nil })
	az, err := mongoauthz.New(db, schema, policy, opts...)
	require.NoError(t, err)
	return az
}

func TestTrap01AbsentOwnersDoNotJoinAbsentOwners(t *testing.T) {
	a := filter.Reach("a", "assignments")
	u := filter.Reach("u", "user")
	all := filter.Reach("all", "all")
	rows := filter.Reach("rows", "rows")
	world{
		types: types{
			typ("Doc", "docs", strs("owner"), list("owners", relations.String), hasMany("assignments", "Assignment", "owner=owner"),
				one("user", "User", "owner"), many("all", "User", "owners"), many("rows", "Assignment", "owners=owner")),
			typ("Assignment", "assignments", strs("owner role")),
			typ("User", "users", strs("role")),
		},
		docs: docs{
			"users": `
				{"_id": null, "role": "x"}
			`,
			"assignments": `
				{"_id": "missing", "role": "x"}
				{"_id": "null", "owner": null, "role": "x"}
				{"_id": "empty", "owner": [], "role": "x"}
				{"_id": "of-null", "owner": [null], "role": "x"}
			`,
			"docs": `
				{"_id": "missing"}
				{"_id": "null", "owner": null, "owners": null}
				{"_id": "empty", "owner": [], "owners": []}
				{"_id": "of-null", "owner": [null], "owners": [null]}
				{"_id": "somebody", "owner": "me", "owners": ["me"]}
			`,
		},
		rules: []rule{
			{name: "rows by our key", when: some(a).Where(a.F("role").Eq("x")), none: "somebody"},
			{name: "the document with our key", when: some(u).Where(u.F("role").Eq("x"))},
			{name: "the documents with our keys", when: some(all).Where(all.F("role").Eq("x")), none: "empty somebody"},
			{name: "rows by our keys", when: some(rows).Where(rows.F("role").Eq("x")), none: "empty somebody"},
		},
	}.check(t)
}

func TestTrap02NotEqualDoesNotSelectWhatIsAbsent(t *testing.T) {
	world{
		types: types{
			typ("Doc", "docs", strs("x"), embedsOne("p", "P")),
			typ("P", "", strs("x")),
		},
		docs: docs{"docs": `
			{"_id": "other", "x": "w", "p": {"x": "w"}}
			{"_id": "equal", "x": "v", "p": {"x": "v"}}
			{"_id": "missing"}
			{"_id": "null", "x": null, "p": null}
			{"_id": "array", "x": ["v", "w"], "p": {"x": ["v", "w"]}}
			{"_id": "array-other", "x": ["w"], "p": {"x": ["w"]}}
			{"_id": "empty", "x": [], "p": []}
			{"_id": "array-of-scalar", "p": [1]}
			{"_id": "array-of-document", "p": [{"x": "w"}]}
			{"_id": "scalar", "p": 1}
			{"_id": "bare", "p": {}}
		`},
		rules: []rule{
			{name: "x is not v", when: when(f("x").Ne("v")), holds: "other", none: "equal array"},
			{name: "x is not among v", when: when(f("x").Nin([]string{"v", "u"})), holds: "other", none: "equal array"},
			{name: "p.x is not v", when: when(f("p.x").Ne("v")), holds: "other", none: "equal array"},
		},
	}.check(t)
}

func TestTrap03AnActorsOddAttributesWidenNothing(t *testing.T) {
	t.Parallel()
	s := world{
		types: types{
			typ("Doc", "docs", strs("owner title"), relations.Field{Name: "any", Type: relations.AnyType}, list("tags", relations.String), hasMany("rows", "Row", "=doc")),
			typ("Row", "rows", strs("doc user")),
		},
		docs: docs{
			"rows": `{"_id": "1", "doc": "a", "user": "a"}
				{"_id": "2", "doc": "b"}`,
			"docs": `
				{"_id": "a", "owner": "a", "title": "a", "any": "a", "tags": ["a"]}
				{"_id": "b", "owner": "$title", "title": "$title", "any": {"$ne": 1}, "tags": ["$$ROOT"]}
				{"_id": "bare"}
			`,
		},
	}.store(t)
	r := filter.Reach("r", "rows")
	asked := func(v any) []filter.Clause {
		return []filter.Clause{
			when(f("owner").Eq(v)), when(f("tags").Contains(v)), when(f("owner").In([]any{v, v})), some(r).Where(r.F("user").Eq(v)),
			some(r).Where(either(when(r.F("user").Eq(v)), when(f("title").Eq(v)))), // inside an expression
		}
	}
	for name, v := range map[string]any{"nil": nil, "a path": "$owner", "a variable": "$$ROOT", "an unknown variable": "$$nope", "an operator": `{"$gt": ""}`} {
		t.Run(name+" selects nothing", func(t *testing.T) {
			for i, c := range asked(v) {
				want := ""
				if v == "$$ROOT" && i == 1 {
					want = "b" // it is stored there
				}
				s.require(t, filter.For("Doc", c), want)
			}
		})
	}
	t.Run("a path selects what holds its text", func(t *testing.T) {
		s.require(t, filter.For("Doc", when(f("owner").Eq("$title"))), "b")
		s.require(t, filter.For("Doc", some(r).Where(either(when(r.F("user").Eq("$title")), when(f("title").Eq("$title"))))), "b")
	})
	t.Run("an operator document is refused as a map, and compared as a document", func(t *testing.T) {
		refused(t, s.schema, filter.For("Doc", when(f("any").Eq(map[string]any{"$ne": 1}))))
		s.require(t, filter.For("Doc", when(f("any").Eq(bson.D{{Key: "$ne", Value: 1}}))), "b")
		s.require(t, filter.For("Doc", when(f("any").Ne(bson.D{{Key: "$ne", Value: 1}}))), "a")
	})
	for name, v := range map[string]any{"a pattern": bson.Regex{Pattern: ""}, "a number": 1, "an ObjectID": oid1, "a nil map": map[string]any(nil)} {
		t.Run(name+" is refused", func(t *testing.T) {
			for _, c := range asked(v) {
				refused(t, s.schema, filter.For("Doc", c))
			}
		})
	}
}

func TestTrap04ARoleOnOneRowAndAPermissionOnAnother(t *testing.T) {
	c := filter.Reach("c", "caseloads")
	m := c.Reach("m", "members")
	world{
		types: types{
			typ("Client", "clients", hasMany("caseloads", "Caseload", "=client_ids")),
			typ("Caseload", "caseloads", list("client_ids", relations.String), strs("permission"), embedsMany("members", "Member")),
			typ("Member", "", strs("user role")),
		},
		docs: docs{
			"caseloads": `
				{"_id": "1", "client_ids": ["split"], "permission": "none", "members": [{"user": "me", "role": "admin"}]}
				{"_id": "2", "client_ids": ["split"], "permission": "read", "members": [{"user": "me", "role": "guest"}]}
				{"_id": "3", "client_ids": ["same", "both"], "permission": "read", "members": [{"user": "me", "role": "admin"}]}
				{"_id": "4", "client_ids": ["other-user"], "permission": "read", "members": [{"user": "me", "role": "guest"}, {"user": "you", "role": "admin"}]}
			`,
			"clients": `
				{"_id": "same"}
				{"_id": "both"}
				{"_id": "split"}
				{"_id": "other-user"}
				{"_id": "alone"}
			`,
		},
		rules: []rule{
			{
				name:  "they do not add up, neither across rows nor across the elements of one",
				when:  some(c, m).Where(c.F("permission").Eq("read"), m.F("user").Eq("me"), m.F("role").Eq("admin")),
				holds: "same both", not: "split other-user", none: "split other-user alone",
			},
		},
	}.check(t)
}

func TestTrap05TwoPathsToOneDocumentAreOneRow(t *testing.T) {
	t.Parallel()
	s := library.store(t)
	l, r := filter.Reach("l", "loans"), filter.Reach("r", "readers")
	answer := filter.For("Book", some(l).Where(l.F("patron_id").Eq("me")), some(l).Where(l.F("patron_id").Eq("you")), some(r).Where(r.F("name").Eq("x")))
	s.require(t, answer, "mine public odd")
	q, err := authorizer(t, s.db, library.types, answer).AuthorizedQuery(t.Context(), nil, "read", "Book")
	require.NoError(t, err)
	n, err := q.Count(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 3, n)
	page, err := mongoauthz.FetchPage[bson.Raw](t.Context(), q, mongoauthz.PageRequest{Skip: 1, Limit: 10})
	require.NoError(t, err)
	require.Len(t, page.Items, 2)
	require.EqualValues(t, 3, page.Total)
}

func TestTrap06AnOrderIsOfOneType(t *testing.T) {
	v := f("v")
	values(
		rule{name: "no other type is above", of: "Number", when: when(v.Gt(5)), holds: above + "array-6 array-56", none: fives + below},
		rule{name: "no other type is below", of: "Number", when: when(v.Lt(5)), holds: below, none: fives + above},
		rule{name: "nor where a field is compared in an expression", of: "Number", when: when(v.Lte(v)), holds: fives + below + above},
	).check(t)
}

func TestTrap07OriginalsReturnUnchanged(t *testing.T) {
	t.Parallel()
	w := library
	w.docs = docs{
		"publishers": library.docs["publishers"],
		"books": `
			{"_id": "join-field", "publisher_id": "px", "publisher": {"name": "mine"}, "publishers": [1], "p": 1}
			{"_id": "array-in-the-way", "publisher_id": "px", "__authz": [1, {"0": 2}]}
			{"_id": "literal-dots", "publisher_id": "px", "a.b": 1, "publisher.name": "y", "__authz.0": 1}
			{"_id": "dollars", "publisher_id": "px", "x": {"$gt": 1, "$ref": "y"}}
		`,
	}
	p := filter.Reach("p", "publisher")
	w.store(t).require(t, filter.For("Book", some(p).Where(p.F("name").Eq("x"))), "join-field array-in-the-way literal-dots dollars")
}

func TestTrap08EmptyListsAreConstants(t *testing.T) {
	t.Parallel()
	s := library.store(t)
	every := "mine public alone array private odd"
	for _, c := range []struct {
		name   string
		answer filter.Filter
		want   string
	}{
		{"an actor without groups", filter.For("Book", when(f("reader_ids").Intersects([]string{}))), ""},
		{"an actor without groups, negated, sees what surely has none of them", filter.For("Book", when(not(f("owner").In([]string{})))), every},
		{"an empty disjunctive normal form", filter.For("Book"), ""},
		{"what always holds", filter.For("Book", when(filter.True)), every},
		{"what never holds", filter.For("Book", when(either(when(filter.False)))), ""},
		{"None of what never holds", filter.For("Book", when(none(when(either(when(filter.False)))))), every},
		{"None of what always holds", filter.For("Book", when(none(when(filter.True)))), ""},
		{"what is unknown", filter.For("Book", when(filter.Unknown)), ""},
		{"None of what is unknown", filter.For("Book", when(none(when(filter.Unknown)))), ""},
		{"None of what is not surely so", filter.For("Book", when(none(when(filter.Surely(when(filter.Unknown)))))), every},
	} {
		t.Run(c.name, func(t *testing.T) { s.require(t, c.answer, c.want) })
	}
	for name, answer := range map[string]filter.Filter{
		"an empty conjunction":           filter.For("Book", when()),
		"a clause left zero":             filter.For("Book", when(f("owner").Eq("x")), filter.Clause{}),
		"an entity without conditions":   filter.For("Book", some(filter.Reach("p", "publisher"))),
		"an empty Any":                   filter.For("Book", when(either())),
		"an Any of a clause left zero":   filter.For("Book", when(either(filter.Clause{}))),
		"None of an empty Any":           filter.For("Book", when(none(when(either())))),
		"None of an empty conjunction":   filter.For("Book", when(none(when()))),
		"Surely of an empty conjunction": filter.For("Book", when(filter.Surely{})),
	} {
		t.Run(name+" is an error", func(t *testing.T) { refused(t, s.schema, answer) })
	}
}

func TestTrap09AMistypedCollectionUnderNoneIsFound(t *testing.T) {
	t.Parallel()
	s := library.store(t)
	mistyped := append(types{}, library.types...)
	for i := range mistyped {
		if mistyped[i].Name == "Loan" {
			mistyped[i].Collection = "lones"
		}
	}
	l := filter.Reach("l", "loans")
	az := authorizer(t, s.db, mistyped, filter.For("Book", when(none(some(l).Where(l.Exists())))))
	q, err := az.AuthorizedQuery(t.Context(), nil, "read", "Book")
	require.NoError(t, err)
	n, err := q.Count(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 6, n, "the server says nothing, and everybody may")

	err = az.Verify(t.Context())
	require.ErrorIs(t, err, mongoauthz.ErrVerify)
	require.ErrorContains(t, err, "lones")
	require.NoError(t, authorizer(t, s.db, library.types, filter.Deny("Book")).Verify(t.Context()))
}

func TestTrap10StagesThatStepOutsideAreRefused(t *testing.T) {
	t.Parallel()
	s := library.store(t)
	q, err := authorizer(t, s.db, library.types, filter.For("Book", when(f("owner").Eq("me")))).AuthorizedQuery(t.Context(), nil, "read", "Book")
	require.NoError(t, err)
	for _, stage := range []string{
		`{"$unionWith": "books"}`, `{"$lookup": {"from": "books", "pipeline": [], "as": "x"}}`, `{"$out": "books"}`, `{"$merge": "books"}`,
		`{"$graphLookup": {"from": "books", "startWith": "$_id", "connectFromField": "_id", "connectToField": "owner", "as": "x"}}`,
		`{"$facet": {"x": [{"$unionWith": "books"}]}}`, `{"$match": {"$where": "1"}}`, `{"$geoNear": {}}`, `{"$unknown": 1}`,
	} {
		_, err := q.Append(stages(t, "["+stage+"]")...)
		require.ErrorIs(t, err, mongoauthz.ErrStage, stage)
	}
	limited, err := q.Append(stages(t, `[{"$limit": 1}, {"$match": {"owner": "you"}}]`)...)
	require.NoError(t, err)
	var got []bson.Raw
	require.NoError(t, limited.All(t.Context(), &got))
	require.Empty(t, got, "what the caller adds comes after the policy")
	limited, err = q.Append(stages(t, `[{"$limit": 6}]`)...)
	require.NoError(t, err)
	require.NoError(t, limited.All(t.Context(), &got))
	require.Equal(t, "mine odd", idsOf(got))
}
