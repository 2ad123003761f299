package pipeline_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/pipeline"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestEmittedPipelinesAreGolden holds the pipeline of every case in testdata/pipelines.txt: the diff of that file is the review.
func TestEmittedPipelinesAreGolden(t *testing.T) {
	schema := library(t)
	cases := goldenCases()
	require.GreaterOrEqual(t, len(cases), 60)
	var out bytes.Buffer
	seen := map[string]bool{}
	for _, c := range cases {
		require.False(t, seen[c.name], "two cases named %q", c.name)
		seen[c.name] = true
		plan, err := pipeline.Compile(schema, c.filter)
		require.NoError(t, err, c.name)
		fmt.Fprintf(&out, "--- %s\n%s\n", c.name, c.filter)
		for _, stage := range plan.Stages() {
			fmt.Fprintln(&out, wrapped(t, stage, "  "))
		}
	}
	name := filepath.Join("testdata", "pipelines.txt")
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(name, out.Bytes(), 0o644))
	}
	want, err := os.ReadFile(name)
	require.NoError(t, err)
	require.Equal(t, string(want), out.String())
}

type golden struct {
	name   string
	filter filter.Filter
}

func goldenCases() []golden {
	var (
		F         = filter.F
		where     = filter.Where
		some      = filter.Some
		none      = func(c filter.Clause) filter.Condition { return filter.None(c) }
		publisher = filter.Reach("p", "publisher")
		reader    = filter.Reach("r", "readers")
		chapter   = filter.Reach("c", "chapters")
		note      = filter.Reach("n", "notes")
		place     = filter.Reach("a", "place")
		loan      = filter.Reach("l", "loans")
		known     = filter.Reach("k", "known")
		writer    = filter.Reach("w", "writer")
		shelf     = filter.Reach("s", "shelf")
		grant     = filter.Reach("g", "grants")
		memo      = filter.Reach("m", "memo")
		free      = filter.Free("f", "Grant")
	)
	book := func(clauses ...filter.Clause) filter.Filter { return filter.For("Book", clauses...) }
	var cases []golden
	add := func(name string, f filter.Filter) { cases = append(cases, golden{name, f}) }

	add("denied", book())
	add("allowed", filter.Allow("Book"))
	add("allowed by a constant", book(where(F("title").Eq("x")), where(filter.True)))
	add("denied by a constant", book(where(F("title").Eq("x"), filter.Unknown)))
	add("allowed within a scope", filter.Allow("Draft"))
	add("scope beside a condition", filter.For("Draft", where(F("text").Eq("x"))))

	// Every operator, as it is and negated.
	for _, c := range []struct {
		name string
		cond filter.Comparison
	}{
		{"Eq", F("title").Eq("x")}, {"Ne", F("title").Ne("x")}, {"Lt", F("pages").Lt(5)}, {"Lte", F("pages").Lte(5)}, {"Gt", F("pages").Gt(5)}, {"Gte", F("pages").Gte(5)},
		{"In", F("title").In([]string{"x", "y"})}, {"In of one", F("title").In([]string{"x"})}, {"In of none", F("title").In([]string{})}, {"In with a null", F("title").In([]any{"x", nil})},
		{"Nin", F("title").Nin([]string{"x", "y"})}, {"IsNull", F("title").IsNull()}, {"IsSet", F("title").IsSet()},
		{"Contains", F("tags").Contains("x")}, {"Intersects", F("tags").Intersects([]string{"x", "y"})}, {"SubsetOf", F("tags").SubsetOf([]string{"x", "y"})},
		{"SubsetOf none", F("tags").SubsetOf([]string{})},
		{"StartsWith", F("title").StartsWith("a.b")}, {"EndsWith", F("title").EndsWith("x")}, {"ContainsText", F("title").ContainsText("x")},
		{"text on a list", F("tags").StartsWith("x")}, {"order on a list", F("scores").Lt(5)},
		{"Eq on any", F("extra").Eq(5)}, {"Eq of a document on any", F("extra").Eq(bson.D{{Key: "$gt", Value: 1}})}, {"Lt on any", F("extra").Lt(5)}, {"In on any", F("extra").In([]any{1, "x"})},
		{"Contains on a list of any", F("extras").Contains(5)}, {"SubsetOf on a list of any", F("extras").SubsetOf([]any{1})},
		{"Eq of a document", F("size").Eq(bson.D{{Key: "w", Value: 1}})}, {"Eq on a strict field", F("code").Eq("x")}, {"StartsWith on a strict field", F("code").StartsWith("x")}, {"Contains on a strict list", F("codes").Contains("x")},
		{"Contains where absent means empty", F("labels").Contains("x")}, {"SubsetOf where absent means empty", F("labels").SubsetOf([]string{"x"})},
		{"a field of an embedded document", F("place.city").Eq("x")}, {"IsNull in an embedded document", F("place.geo.zone").IsNull()},
		{"field to field", F("owner").Eq(F("author_id"))}, {"field to field by order", F("owner").Lt(F("author_id"))}, {"numbers field to field", F("pages").Lt(F("pages"))},
		{"a field in a list field", F("owner").In(F("tags"))}, {"a conversion", F("isbn").Eq("0123456789abcdef01234567")},
		{"a value that looks like a path", F("owner").Eq("$owner")},
		{"IsNull in a document", F("place.city").IsNull()}, {"IsNull of a document", F("place.geo").IsNull()},
		{"absent means zero, true of it", F("draft").Eq(false)}, {"absent means zero, false of it", F("draft").Eq(true)},
		{"absent means zero, In", F("copies").In([]int{0, 2})}, {"absent means zero, by order", F("copies").Lt(5)}, {"absent means zero, text", F("state").StartsWith("op")},
		{"absent means zero, field to field", F("copies").Lt(F("pages"))}, {"absent means zero, both sides", F("state").Eq(F("state"))},
		{"absent means zero, in a list field", F("state").In(F("tags"))}, {"absent means zero, in a document", F("place.open").Eq(false)},
	} {
		add(c.name, book(where(c.cond)))
		add("Not "+c.name, book(where(filter.Not(c.cond))))
		add("None of "+c.name, book(where(none(where(c.cond)))))
	}

	// Every kind of relation: positive, a negated condition, existence, None.
	for _, r := range []struct {
		name   string
		entity filter.Entity
		cond   filter.Comparison
	}{
		{"references one", publisher, publisher.F("name").Eq("x")},
		{"references one, key only", publisher, publisher.F("_id").Eq("x")},
		{"references one by another key", writer, writer.F("name").Eq("x")},
		{"references many", reader, reader.F("name").Eq("x")},
		{"references many, key only", reader, reader.F("_id").Eq("x")},
		{"references many, key only, by order", reader, reader.F("_id").Lt("x")},
		{"references many by another key", known, known.F("name").Eq("x")},
		{"references one by two keys", filter.Reach("e", "edition"), filter.Reach("e", "edition").F("format").Eq("x")},
		{"references one to a type with a scope", memo, memo.F("text").Eq("x")},
		{"has many", loan, loan.F("status").Eq("x")},
		{"has one, the row holds the key in an array", shelf, shelf.F("room").Eq("x")},
		{"has many with a constant", grant, grant.F("user_id").Eq("x")},
		{"embeds one", place, place.F("city").Eq("x")},
		{"embeds many", chapter, chapter.F("title").Eq("x")},
		{"embeds many, absent means empty", note, note.F("title").Eq("x")},
		{"embeds many, IsNull on the element", chapter, chapter.F("title").IsNull()},
		{"through two references", filter.Reach("t", "country"), filter.Reach("t", "country").F("name").Eq("x")},
		{"through a join collection", filter.Reach("t", "borrowers"), filter.Reach("t", "borrowers").F("name").Eq("x")},
		{"references one, complete", filter.Reach("i", "imprint"), filter.Reach("i", "imprint").F("name").Eq("x")},
		{"references one, complete, to another key", filter.Reach("h", "holder"), filter.Reach("h", "holder").F("name").Eq("x")},
		{"references many, complete", filter.Reach("f", "fans"), filter.Reach("f", "fans").F("name").Eq("x")},
		{"references one with a near constant", filter.Reach("y", "reviewer"), filter.Reach("y", "reviewer").F("name").Eq("x")},
		{"references many with a near constant", filter.Reach("z", "openReaders"), filter.Reach("z", "openReaders").F("name").Eq("x")},
		{"has one, required", filter.Reach("b", "binding"), filter.Reach("b", "binding").F("owner").Eq("x")},
		{"embeds one with a near constant", filter.Reach("q", "openPlace"), filter.Reach("q", "openPlace").F("city").Eq("x")},
		{"embeds many with a near constant", filter.Reach("j", "openChapters"), filter.Reach("j", "openChapters").F("title").Eq("x")},
		{"free", free, free.F("user_id").Eq("x")},
		{"free, tied by a comparison", free, free.F("resource_id").Eq(F("_id"))},
	} {
		add(r.name, book(some(r.entity).Where(r.cond)))
		add(r.name+", negated", book(some(r.entity).Where(filter.Not(r.cond))))
		add(r.name+", existence", book(some(r.entity).Where(r.entity.Exists())))
		add(r.name+", None", book(where(none(some(r.entity).Where(r.cond)))))
		add(r.name+", None of what is surely so of it", book(where(none(some(r.entity).Where(filter.Surely(where(r.cond)))))))
		add(r.name+", None of a Surely", book(where(none(where(filter.Surely(some(r.entity).Where(r.cond)))))))
		add(r.name+", None of existence", book(where(none(some(r.entity).Where(r.entity.Exists())))))
	}

	landlord := place.Reach("o", "landlord")
	author := chapter.Reach("u", "author")
	section := chapter.Reach("x", "sections")
	boss := filter.Reach("u", "author").Reach("b", "boss")
	loan2 := filter.Reach("l2", "loans")
	add("mixed clauses: a join only where it is needed", book(
		where(F("public").Eq(true)).As("public books"),
		some(publisher).Where(publisher.F("name").Eq("x"), F("pages").Gt(3)).As("publisher"),
		some(reader).Where(reader.F("_id").Eq("me")).As("reader")))
	add("two clauses share a join", book(
		some(publisher).Where(publisher.F("name").Eq("x"), F("pages").Gt(3)),
		some(publisher).Where(publisher.F("name").Eq("x"), F("owner").Eq("me"))))
	add("two relations to one type", book(some(filter.Reach("u", "author"), filter.Reach("e", "editor")).Where(
		filter.Reach("u", "author").F("name").Eq("x"), filter.Reach("e", "editor").F("name").Eq("y"))))
	add("two entities over one relation", book(some(loan, loan2).Where(loan.F("status").Eq("x"), loan2.F("status").Eq("y"))))
	add("two entities over one relation, compared", book(some(loan, loan2).Where(loan.F("due").Lt(loan2.F("due")))))
	add("one entity along two paths", book(some(filter.Reach("u", "author").Via(filter.Entity{}, "editor")).Where(filter.Reach("u", "author").F("name").Eq("x"))))
	add("one entity along a list and a key", book(some(reader.Via(filter.Entity{}, "author")).Where(reader.F("name").Eq("x"))))
	add("self reference", book(some(filter.Reach("u", "author"), boss).Where(boss.F("name").Eq("x"))))
	add("a key inside an embedded document", book(some(place, landlord).Where(landlord.F("name").Eq("x"), place.F("city").Eq("y"))))
	add("two conditions on one element", book(some(chapter).Where(chapter.F("title").Eq("x"), chapter.F("pages").Gt(3))))
	add("an element and what it points to", book(some(chapter, author).Where(author.F("name").Eq("x"), chapter.F("status").Eq("open"))))
	add("an element and what it points to, None", book(where(none(some(chapter, author).Where(author.F("name").Eq("x"), chapter.F("status").Eq("open"))))))
	add("an element of an element", book(some(chapter, section).Where(section.F("title").Eq("x"), chapter.F("status").Eq("open"))))
	add("an element compared with the root", book(some(chapter).Where(chapter.F("author_id").Eq(F("owner")))))
	add("a joined document compared with the root", book(some(loan).Where(loan.F("patron_id").Eq(F("owner")), loan.F("status").Eq("x"))))
	add("Any over a joined document and the root", book(some(loan).Where(filter.Any{where(loan.F("status").Eq("x")), where(F("public").Eq(true))})))
	add("None inside an entity", book(some(publisher).Where(publisher.F("name").Eq("x"), none(some(publisher.Reach("b", "books")).Where(publisher.Reach("b", "books").F("public").Eq(false))))))
	add("None inside None", book(where(none(some(publisher).Where(none(some(publisher.Reach("b", "books")).Where(publisher.Reach("b", "books").F("public").Eq(false))))))))
	add("None of a conjunction", book(where(none(some(loan).Where(loan.F("status").Eq("x"), loan.F("patron_id").Eq("y"), F("public").Eq(false))))))
	add("Any of alternatives on one entity", book(some(loan).Where(filter.Any{where(loan.F("status").Eq("x")), where(loan.F("patron_id").Eq("y"))})))
	return cases
}
