package conformance_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/evaluate"
	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/pipeline"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

// library is a small world in which every kind of join is at hand. Every book that is shown has two loans and two notes.
var library = world{
	types: types{
		typ("Book", "books", strs("publisher_id owner"), bools("public"), list("reader_ids", relations.String),
			one("publisher", "Publisher", "publisher_id"), many("readers", "User", "reader_ids"),
			hasMany("loans", "Loan", "=book_id"), embedsMany("notes", "Note"), through("borrowers", "loans", "patron")),
		typ("Publisher", "publishers", strs("name")),
		typ("User", "users", strs("name")),
		typ("Loan", "loans", strs("book_id patron_id state"), one("patron", "User", "patron_id")),
		typ("Note", "", strs("text")),
	},
	docs: docs{
		"publishers": `
			{"_id": "px", "name": "x", "__authz_0": [1]}
			{"_id": "py", "name": "y"}
		`,
		"users": `
			{"_id": "me", "name": "x", "__authz_0": 1}
			{"_id": "you", "name": "x"}
		`,
		"loans": `
			{"_id": "1", "book_id": "mine", "patron_id": "me", "state": "x", "__authz_0": [{"_id": 1}]}
			{"_id": "2", "book_id": "mine", "patron_id": "you", "state": "x"}
			{"_id": "3", "book_id": "public", "patron_id": "me", "state": "x"}
			{"_id": "4", "book_id": "public", "patron_id": "you", "state": "x"}
			{"_id": "5", "book_id": "odd", "patron_id": "me", "state": "x"}
			{"_id": "6", "book_id": "odd", "patron_id": "you", "state": "x"}
		`,
		"books": `
			{"_id": "mine", "owner": "me", "publisher_id": "px", "public": false, "reader_ids": ["me", "you", "me"], "notes": [{"text": "x"}, {"text": "x"}]}
			{"_id": "public", "owner": "you", "publisher_id": "px", "public": true, "reader_ids": ["me", "you"], "notes": [{"text": "x"}, {"text": "x"}]}
			{"_id": "alone", "owner": "you", "public": true}
			{"_id": "array", "owner": "you", "publisher_id": ["px", "py"], "public": true, "reader_ids": [["me"]], "notes": [[{"text": "x"}]]}
			{"_id": "private", "owner": "you", "publisher_id": "py", "public": false, "reader_ids": [], "notes": []}
			{"_id": "odd", "owner": "me", "publisher_id": "px", "public": false, "reader_ids": ["me"], "notes": [{"text": "x"}], "a.b": 1, "a": {"b.c": [[]], "": 1}, "publisher": "px", "loans": [{"patron_id": "you"}], "z": {"$numberLong": "1"}, "nan": {"$numberDouble": "NaN"}, "d": {"$numberDecimal": "1.10"}, "r": {"$regularExpression": {"pattern": "^a", "options": "i"}}, "m": {"$minKey": 1}}
		`,
	},
}

func TestEachAuthorizedDocumentComesOnceAndWhole(t *testing.T) {
	t.Parallel()
	s := library.store(t)
	p, r, l := filter.Reach("p", "publisher"), filter.Reach("r", "readers"), filter.Reach("l", "loans")
	l2, n, b := filter.Reach("l2", "loans"), filter.Reach("n", "notes"), filter.Reach("b", "borrowers")
	free := filter.Free("free", "Loan")
	for _, c := range []struct {
		name    string
		clauses []filter.Clause
		want    string
	}{
		{"whatever matches in many rows", []filter.Clause{some(l).Where(l.F("state").Eq("x"))}, "mine public odd"},
		{"whatever is in many keys", []filter.Clause{some(r).Where(r.F("name").Eq("x"))}, "mine public odd"},
		{"whatever is in many elements", []filter.Clause{some(n).Where(n.F("text").Eq("x"))}, "mine public odd"},
		{"whatever is reached by many hops", []filter.Clause{some(b).Where(b.F("name").Eq("x"))}, "mine public odd"},
		{"a to-one key that is an array joins nothing, and multiplies nothing", []filter.Clause{some(p).Where(p.Exists()), when(f("public").Eq(true))}, "mine public alone array private odd"},
		{"two entities over one relation", []filter.Clause{some(l, l2).Where(l.F("state").Eq("x"), l2.F("state").Eq("x"))}, "mine public odd"},
		{"a free entity over many", []filter.Clause{some(free).Where(free.F("book_id").Eq(f("_id")))}, "mine public odd"},
		{"several clauses that all hold", []filter.Clause{
			some(p).Where(p.F("name").Eq("x")), some(r).Where(r.F("name").Eq("x")), some(l).Where(l.F("state").Eq("x")), when(f("public").Eq(true)), when(f("owner").Eq("me")),
		}, "mine public alone array odd"},
		{"an Any that mixes what is joined with what is not", []filter.Clause{some(l).Where(either(when(l.F("patron_id").Eq("you")), when(f("owner").Eq("me"))))}, "mine public odd"},
	} {
		t.Run(c.name, func(t *testing.T) { s.require(t, filter.For("Book", c.clauses...), c.want) })
	}
}

func TestFieldsNamedLikeHelperFields(t *testing.T) {
	t.Parallel()
	w := library
	w.docs = docs{"books": `
		{"_id": "plain", "publisher_id": "px", "public": true}
		{"_id": "helper", "publisher_id": "px", "public": true, "__authz_0": [{"_id": "px"}]}
		{"_id": "helper-keyless", "public": true, "__authz_0": [{"_id": "px"}]}
		{"_id": "other-number", "publisher_id": "px", "public": true, "__authz_7": 1}
		{"_id": "prefix", "publisher_id": "px", "public": true, "__authz": {"0": 1}}
	`, "publishers": library.docs["publishers"]}
	s := w.store(t)
	p := filter.Reach("p", "publisher")
	joining := filter.For("Book", some(p).Where(p.F("name").Eq("x")))

	t.Run("a joining filter denies a document with a helper field, and alters none", func(t *testing.T) {
		plan, err := pipeline.Compile(s.schema, joining)
		require.NoError(t, err)
		got := s.aggregate(t, plan, plan.Stages())
		require.Equal(t, "other-number plain prefix", idsOf(got))
		unaltered(t, s, got)
	})
	t.Run("they are denied by every clause of a joining filter, and granted wrongly by none", func(t *testing.T) {
		plan, err := pipeline.Compile(s.schema, filter.For("Book", some(p).Where(p.F("name").Eq("x")), when(f("public").Eq(true))))
		require.NoError(t, err)
		got := s.aggregate(t, plan, plan.Stages())
		require.Equal(t, "other-number plain prefix", idsOf(got))
		unaltered(t, s, got)
	})
	t.Run("a None is not granted by what stands in a helper field", func(t *testing.T) {
		l := filter.Reach("l", "loans")
		plan, err := pipeline.Compile(s.schema, filter.For("Book", when(none(some(l).Where(l.Exists())))))
		require.NoError(t, err)
		got := s.aggregate(t, plan, plan.Stages())
		require.Equal(t, "other-number plain prefix", idsOf(got))
		unaltered(t, s, got)
	})
	t.Run("a filter without joins returns them as they are", func(t *testing.T) {
		s.require(t, filter.For("Book", when(f("public").Eq(true))), "plain helper helper-keyless other-number prefix")
	})
	t.Run("another prefix leaves them alone", func(t *testing.T) {
		plan, err := pipeline.Compile(s.schema, joining, pipeline.WithHelperPrefix("_guard"))
		require.NoError(t, err)
		got := s.aggregate(t, plan, plan.Stages())
		require.Equal(t, "helper other-number plain prefix", idsOf(got))
		unaltered(t, s, got)
	})
}

// unaltered requires that documents are stored as they came.
func unaltered(t *testing.T, s stored, got []bson.Raw) {
	t.Helper()
	for _, d := range got {
		require.True(t, slices.ContainsFunc(s.docs["books"], func(o bson.Raw) bool { return string(o) == string(d) }), "%s", d)
	}
}

func TestOutcomes(t *testing.T) {
	t.Parallel()
	s := library.store(t)
	p := filter.Reach("p", "publisher")
	match := func(v any) []bson.D { return []bson.D{{{Key: "$match", Value: v}}} }
	nothing := bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: bson.A{}}}}}
	every := "mine public alone array private odd"
	for _, c := range []struct {
		name    string
		filter  filter.Filter
		outcome filter.Outcome
		match   bson.D
		want    string
	}{
		{"no clause is denied, by a match that selects nothing", filter.Deny("Book"), filter.Denied, nothing, ""},
		{"a contradiction is denied", filter.For("Book", when(f("owner").In([]string{}))), filter.Denied, nothing, ""},
		{"a null operand is denied", filter.For("Book", when(f("owner").Eq(nil))), filter.Denied, nothing, ""},
		{"a join under a contradiction is denied without joining", filter.For("Book", some(p).Where(p.F("name").Eq("x"), filter.False)), filter.Denied, nothing, ""},
		{"the mark is allowed, by an explicit match of everything", filter.Allow("Book"), filter.Allowed, bson.D{}, every},
		{"a clause that always holds, beside others, is allowed", filter.For("Book", some(p).Where(p.Exists()), when(filter.True)), filter.Allowed, bson.D{}, every},
	} {
		t.Run(c.name, func(t *testing.T) {
			plan := s.require(t, c.filter, c.want)
			require.Equal(t, c.outcome, plan.Outcome())
			require.Equal(t, match(c.match), plan.Stages())
			find, err := plan.FindFilter()
			require.NoError(t, err)
			require.NotNil(t, find)
			require.Equal(t, c.match, find)
		})
	}
	t.Run("the zero filter is an error, and no plan", func(t *testing.T) { refused(t, s.schema, filter.Filter{}) })
	t.Run("the zero outcome denies", func(t *testing.T) { require.Equal(t, filter.Denied, (&pipeline.Plan{}).Outcome()) })
}

func TestTypedErrorsThatWidenNothing(t *testing.T) {
	t.Parallel()
	s, err := relations.New(library.types...)
	require.NoError(t, err)
	var many []filter.Clause
	for i := range 40 {
		many = append(many, when(f("owner").Eq("x"), f("publisher_id").Eq(string(rune('a'+i)))))
	}
	t.Run("a filter beyond the limit", func(t *testing.T) {
		plan, err := pipeline.Compile(s, filter.For("Book", many...), pipeline.WithLimit(10))
		require.ErrorIs(t, err, filter.ErrLimit)
		require.Nil(t, plan)
	})
	t.Run("an expansion beyond the limit", func(t *testing.T) {
		var c filter.Clause
		for i := range 12 {
			c = c.Where(either(when(f("owner").Eq(string(rune('a'+i)))), when(f("publisher_id").Eq(string(rune('a'+i))))))
		}
		checked, err := s.Check(filter.For("Book", c))
		require.NoError(t, err)
		expanded, err := checked.Expand(1000)
		require.ErrorIs(t, err, filter.ErrLimit)
		require.Empty(t, expanded.Clauses())
		_, err = pipeline.CompileChecked(checked)
		require.NoError(t, err, "it needs no expansion")
	})
	t.Run("a helper prefix that is no field name", func(t *testing.T) {
		for _, prefix := range []string{"", "$x", "a.b", "a\x00"} {
			plan, err := pipeline.Compile(s, filter.Allow("Book"), pipeline.WithHelperPrefix(prefix))
			require.ErrorIs(t, err, pipeline.ErrUnsupported)
			require.Nil(t, plan)
		}
	})
	t.Run("no error text carries a value", func(t *testing.T) {
		for _, c := range []filter.Condition{
			f("owner").Eq([]string{"s3cret"}), f("public").Eq("s3cret"), f("owner").In("s3cret"), f("owner").Eq(map[string]any{"s3cret": 1}),
		} {
			_, err := pipeline.Compile(s, filter.For("Book", when(c)))
			require.ErrorIs(t, err, filter.ErrMalformed)
			require.NotContains(t, err.Error(), "s3cret")
		}
	})
	t.Run("no schema", func(t *testing.T) {
		_, err := pipeline.Compile(nil, filter.Allow("Book"))
		require.Error(t, err)
		_, err = evaluate.Prepare(nil, filter.Allow("Book"))
		require.Error(t, err)
	})
}

func TestJoinsServeOnlyTheClausesThatNeedThem(t *testing.T) {
	t.Parallel()
	s := library.store(t)
	p, l := filter.Reach("p", "publisher"), filter.Reach("l", "loans")
	plan := s.require(t, filter.For("Book",
		when(f("public").Eq(true)).As("public"),
		some(p).Where(p.F("name").Eq("x"), f("owner").Eq("me")).As("publisher"),
		some(l).Where(l.F("state").Eq("gone")).As("loan"),
	), "mine public alone array odd")
	require.Len(t, plan.Joins(), 2)
	methods := map[string]pipeline.JoinMethod{}
	for _, c := range plan.Clauses() {
		methods[c.Label] = c.Method
	}
	require.Equal(t, map[string]pipeline.JoinMethod{"public": pipeline.Match, "publisher": pipeline.Lookup, "loan": pipeline.Lookup}, methods)

	t.Run("joins are shared when path and conditions are equal", func(t *testing.T) {
		plan := s.require(t, filter.For("Book",
			some(p).Where(p.F("name").Eq("x"), f("owner").Eq("me")), some(p).Where(p.F("name").Eq("x"), f("public").Eq(true))), "mine public odd")
		require.Len(t, plan.Joins(), 1)
	})
	t.Run("joins that are given another value are not", func(t *testing.T) {
		plan := s.require(t, filter.For("Book",
			some(l).Where(l.F("patron_id").Eq(f("owner"))), some(l).Where(l.F("patron_id").Eq(f("publisher_id")))), "mine public odd")
		require.Len(t, plan.Joins(), 2)
		s.require(t, filter.For("Book",
			some(l).Where(l.F("patron_id").Eq(f("publisher_id"))), some(l).Where(l.F("patron_id").Eq(f("owner")))), "mine public odd")
	})
}

func TestAPipelineIsDeterministicAndAFreshCopy(t *testing.T) {
	t.Parallel()
	s := library.store(t)
	p, l := filter.Reach("p", "publisher"), filter.Reach("l", "loans")
	ask := filter.For("Book", some(p, l).Where(p.F("name").Eq("x"), l.F("patron_id").Eq(f("owner")), l.F("state").In([]string{"x", "y"})))
	plan := s.require(t, ask, "mine public odd")
	again, err := pipeline.Compile(s.schema, ask)
	require.NoError(t, err)
	before := text{plan}.String()
	require.Equal(t, before, text{again}.String())
	stages := plan.Stages()
	for i := range stages {
		stages[i][0] = bson.E{Key: "$match", Value: bson.D{}}
	}
	require.Equal(t, before, text{plan}.String())
	require.False(t, strings.Contains(before, `"$unwind"`))
}
