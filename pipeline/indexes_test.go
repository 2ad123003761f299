package pipeline_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/pipeline"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

// listing is that of a filter whose keys are read first where they can be.
func listing(tb testing.TB, s *relations.Schema, f filter.Filter, sort ...bson.E) pipeline.Listing {
	tb.Helper()
	p, err := pipeline.Compile(s, f)
	require.NoError(tb, err)
	return pipeline.Listing{Plan: p, Resolution: p.Resolution(false, 0), Sort: sort}
}

// lines spells indexes: a line for each, such as "books owner, -published", and behind it the reasons.
func lines(indexes []pipeline.Index) (out []string) {
	for _, ix := range indexes {
		var keys []string
		for _, e := range ix.Keys {
			keys = append(keys, map[any]string{int32(1): "", int32(-1): "-"}[e.Value]+e.Key)
		}
		out = append(out, ix.Collection+" "+strings.Join(keys, ", "))
		for _, reason := range ix.Reasons {
			out = append(out, "  "+reason)
		}
	}
	return out
}

var newest = []bson.E{{Key: "published", Value: int32(-1)}, {Key: "_id", Value: int32(1)}}

func TestIndexesServeWhatTheStagesRead(t *testing.T) {
	t.Parallel()
	publisher, country, loan, grant := filter.Reach("p", "publisher"), filter.Reach("c", "country"), filter.Reach("l", "loans"), filter.Reach("g", "grants")
	shelf, chapter, memo := filter.Reach("s", "shelf"), filter.Reach("c", "chapters"), filter.Free("m", "Memo")
	author := chapter.Reach("a", "author")
	where := func(c ...filter.Condition) filter.Filter { return filter.For("Book", filter.Where(c...)) }
	tests := map[string]struct {
		filter filter.Filter
		sort   []bson.E
		want   []string
	}{
		"none for a denial":                {filter.Deny("Book"), newest, nil},
		"none for everything":              {filter.Allow("Book"), nil, nil},
		"the order of everything":          {filter.Allow("Book"), newest, []string{"books -published, _id", "  Book, clause 1: sorts by published down, _id"}},
		"none for _id":                     {where(filter.F("_id").In([]string{"a", "b"}), filter.F("owner").Eq("ann")), newest, nil},
		"none for the order of _id":        {where(filter.F("title").IsSet()), []bson.E{{Key: "_id", Value: int32(-1)}}, nil},
		"none for a negation":              {where(filter.F("owner").Ne("ann"), filter.None(filter.Where(filter.F("title").Eq("a")))), nil, nil},
		"a boolean last":                   {where(filter.F("public").Eq(true), filter.F("owner").Eq("ann")), nil, []string{"books owner, public", "  Book, clause 1: compares owner, public"}},
		"the scope's fields":               {filter.For("Draft", filter.Where(filter.F("text").Eq("a"))), nil, []string{"memos text, kind", "  Draft, clause 1: compares text, kind"}},
		"no two lists in one":              {where(filter.F("tags").Contains("a"), filter.F("labels").Contains("b"), filter.F("owner").Eq("ann")), nil, []string{"books tags, owner", "  Book, clause 1: compares tags, owner"}},
		"no list beside a sorted one":      {where(filter.F("tags").Contains("a")), []bson.E{{Key: "labels", Value: int32(1)}}, []string{"books labels", "  Book, clause 1: sorts by labels"}},
		"no order of what has one value":   {where(filter.F("owner").Eq("ann")), []bson.E{{Key: "owner", Value: int32(1)}, {Key: "title", Value: int32(1)}}, []string{"books owner, title", "  Book, clause 1: compares owner; sorts by title"}},
		"the order of what has few values": {where(filter.F("owner").In([]string{"a", "b"})), []bson.E{{Key: "owner", Value: int32(1)}}, []string{"books owner", "  Book, clause 1: sorts by owner"}},
		"a range where nothing else is": {
			filter.For("Book", filter.Where(filter.F("pages").Gt(5), filter.F("owner").Eq("ann")), filter.Where(filter.F("pages").Gt(9))), nil,
			[]string{"books owner", "  Book, clause 1: compares owner", "books pages", "  Book, clause 2: compares pages"},
		},
		"the beginning of a string": {
			filter.For("Book", filter.Where(filter.F("title").StartsWith("a")), filter.Where(filter.F("owner").EndsWith("a"))), nil, []string{"books title", "  Book, clause 1: compares title"},
		},
		"each branch of an Any": {
			where(filter.F("owner").Eq("ann"), filter.Any{filter.Where(filter.F("title").Eq("a")), filter.Where(filter.F("code").Eq("b"))}), nil,
			[]string{"books owner, code", "  Book, clause 1: compares owner, code", "books owner, title", "  Book, clause 1: compares owner, title"},
		},
		"what a longer one begins with": {
			filter.For("Book", filter.Where(filter.F("owner").Eq("ann")).As("own"), filter.Where(filter.F("title").Eq("a"), filter.F("owner").Eq("bob")), filter.Where(filter.F("code").Eq("c"))), nil,
			[]string{"books code", "  Book, clause 3: compares code", "books owner, title", `  Book, "own": compares owner`, "  Book, clause 2: compares title, owner"},
		},
		"fields of elements": {
			filter.For("Book", filter.Some(chapter).Where(chapter.F("status").Eq("a"), chapter.F("title").Eq("b"))), nil,
			[]string{"books chapters.status", "  Book, clause 1: compares chapters.status"},
		},
		"the near and the far side of a join": {
			filter.For("Book", filter.Some(country).Where(country.F("name").In([]string{"NZ", "AU"}))), newest,
			[]string{
				"books -published, _id", "  Book, clause 1 with its keys, if they are many: sorts by published down, _id",
				"books publisher_id, -published, _id", "  Book, clause 1 with its keys: compares publisher_id; sorts by published down, _id",
				"countries name", "  Book, reads keys: compares name",
				"publishers country_id", "  Book, reads keys by country_id",
			},
		},
		"one for both sides": {
			filter.For("Book", filter.Some(grant).Where(grant.F("user_id").Eq("ann"))), nil,
			[]string{"grants resource_type, user_id, resource_id", "  Book, reads keys: compares resource_type, user_id", "  Book, joins by resource_id: compares resource_type, user_id"},
		},
		"a join that must find nothing": {
			where(filter.None(filter.Some(loan).Where(loan.Exists()))), nil, []string{"loans book_id", "  Book, joins by book_id"},
		},
		"a foreign field inside an array": {
			filter.For("Book", filter.Some(shelf).Where(shelf.F("room").Eq("a"))), nil,
			[]string{"shelves room, books.book_id", "  Book, joins by books.book_id: compares room"},
		},
		"a join of elements": {
			filter.For("Book", filter.Some(chapter, author).Where(chapter.F("status").Eq("x"), author.F("handle").Eq("y"))), nil,
			[]string{"books chapters.status", "  Book, clause 1 with its keys: compares chapters.status", "users handle", "  Book, reads keys: compares handle"},
		},
		"an entity tied by a comparison": {
			filter.For("Book", filter.Some(memo).Where(memo.F("text").Eq(filter.F("title")))), nil,
			[]string{
				"books title", "  Book, clause 1 with its keys: compares title",
				"memos deleted, text", "  Book, reads keys: compares deleted", "  Book, joins by text: compares deleted",
			},
		},
		"clauses that join nothing, in their order once the others' keys are read": {
			filter.For("Book", filter.Where(filter.F("owner").Eq("ann")).As("own"), filter.Some(publisher).Where(publisher.F("name").Eq("x"))), newest,
			[]string{
				"books owner, -published, _id", `  Book, "own": compares owner`, `  Book, "own": compares owner; sorts by published down, _id`,
				"books -published, _id", "  Book, clause 2 with its keys, if they are many: sorts by published down, _id",
				"books publisher_id, -published, _id", "  Book, clause 2 with its keys: compares publisher_id; sorts by published down, _id",
				"publishers name", "  Book, reads keys: compares name",
			},
		},
	}
	s := library(t)
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := pipeline.Indexes(s, listing(t, s, tt.filter, tt.sort...))
			require.NoError(t, err)
			require.Equal(t, tt.want, lines(got))
			for _, ix := range got {
				require.True(t, ix.ServedBy(ix.Keys))
			}
		})
	}
}

func TestIndexesOfTheCaseManagementShape(t *testing.T) {
	t.Parallel()
	s := caseManagement(t)
	log := resolutionCases()[0].filter
	first, err := pipeline.Indexes(s, listing(t, s, log))
	require.NoError(t, err)
	var keys []string
	for _, line := range lines(first) {
		if !strings.HasPrefix(line, " ") {
			keys = append(keys, line)
		}
	}
	require.Equal(t, []string{
		"caseload_roles caseload_id", "caseload_roles groups", "caseload_roles users", "caseloads clients", "documents client_id", "groups users", "logs document_id",
	}, keys)
	again, err := pipeline.Indexes(s, listing(t, s, log), listing(t, s, log))
	require.NoError(t, err)
	require.Equal(t, lines(first), lines(again))
}

func TestIndexesAreServedByOthersThatDoAsWell(t *testing.T) {
	t.Parallel()
	s := library(t)
	sorted := listing(t, s, filter.For("Book", filter.Where(filter.F("owner").Eq("ann"), filter.F("title").Eq("a"))), newest...)
	indexes, err := pipeline.Indexes(s, sorted)
	require.NoError(t, err)
	require.Len(t, indexes, 1)
	keys := func(e ...any) (out bson.D) {
		for i := 0; i < len(e); i += 2 {
			out = append(out, bson.E{Key: e[i].(string), Value: e[i+1]})
		}
		return out
	}
	for name, tt := range map[string]struct {
		live   bson.D
		serves bool
	}{
		"the same":                       {indexes[0].Keys, true},
		"equal fields in another order":  {keys("title", -1, "owner", 1.0, "published", int64(-1), "_id", 1), true},
		"read against its order":         {keys("title", 1, "owner", 1, "published", 1, "_id", -1), true},
		"with more fields":               {keys("owner", 1, "title", 1, "published", -1, "_id", 1, "pages", 1), true},
		"too short":                      {keys("owner", 1, "title", 1, "published", -1), false},
		"another order of the sort":      {keys("owner", 1, "title", 1, "published", 1, "_id", 1), false},
		"another field in between":       {keys("owner", 1, "title", 1, "pages", 1, "published", -1, "_id", 1), false},
		"another field at the beginning": {keys("pages", 1, "owner", 1, "title", 1, "published", -1, "_id", 1), false},
		"hashed":                         {keys("owner", "hashed", "title", 1, "published", -1, "_id", 1), false},
		"of texts":                       {keys("owner", 1, "title", 1, "published", -1, "_id", 1, "_fts", "text", "_ftsx", 1), false},
		"with a wildcard":                {keys("owner", 1, "title", 1, "published", -1, "_id", 1, "x.$**", 1), false},
		"none":                           {nil, false},
	} {
		require.Equal(t, tt.serves, indexes[0].ServedBy(tt.live), name)
	}

	both, err := pipeline.Indexes(s, listing(t, s, filter.For("Book", filter.Where(filter.F("owner").Eq("ann")), filter.Where(filter.F("owner").Eq("ann"), filter.F("title").Eq("a"), filter.F("code").Eq("b")))))
	require.NoError(t, err)
	require.Len(t, both, 1)
	require.True(t, both[0].ServedBy(keys("title", 1, "code", 1, "owner", 1), keys("owner", 1)), "one for each part")
	require.False(t, both[0].ServedBy(keys("title", 1, "code", 1, "owner", 1)))

	byHand := pipeline.Index{Collection: "books", Keys: keys("owner", int32(1), "title", int32(1))}
	require.True(t, byHand.ServedBy(keys("owner", 1, "title", 1, "pages", 1)))
	require.False(t, byHand.ServedBy(keys("title", 1, "owner", 1)))
}

func TestIndexesRefuseAnOrderThatIsNone(t *testing.T) {
	t.Parallel()
	s := library(t)
	_, err := pipeline.Indexes(s, listing(t, s, filter.Allow("Book"), bson.E{Key: "title", Value: "asc"}))
	require.ErrorIs(t, err, pipeline.ErrUnsupported)
	got, err := pipeline.Indexes(s, pipeline.Listing{}, pipeline.Listing{Plan: &pipeline.Plan{}})
	require.NoError(t, err)
	require.Empty(t, got)
}

func ExampleIndexes() {
	schema := bookSchema()
	publisher := filter.Reach("p", "publisher")
	plan, err := pipeline.Compile(schema, filter.For("Book",
		filter.Where(filter.F("public").Eq(true)).As("public books"),
		filter.Some(publisher).Where(publisher.F("country").Eq("NZ")).As("books from New Zealand"),
	))
	if err != nil {
		fmt.Println(err)
		return
	}
	byTitle := bson.D{{Key: "title", Value: int32(1)}, {Key: "_id", Value: int32(1)}}
	indexes, err := pipeline.Indexes(schema, pipeline.Listing{Plan: plan, Resolution: plan.Resolution(false, 0), Sort: byTitle})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, ix := range indexes {
		fmt.Print(ix.Collection, ":")
		for _, e := range ix.Keys {
			fmt.Print(" ", e.Key)
		}
		fmt.Println()
	}
	// Output:
	// books: public title _id
	// books: publisher_id title _id
	// books: title _id
	// publishers: country
}

func TestAnIndexIsWrittenAsTheShellWritesIt(t *testing.T) {
	t.Parallel()
	ix := pipeline.Index{Collection: "books", Keys: bson.D{{Key: "owner", Value: int32(1)}, {Key: "at.day", Value: int32(-1)}}, Reasons: []string{"why"}}
	require.Equal(t, "books {owner: 1, at.day: -1}", ix.String())
	require.Equal(t, " {}", pipeline.Index{}.String())
}
