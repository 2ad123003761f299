package filter_test

import (
	"bytes"
	"log/slog"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	. "github.com/mongoauthz/go-mongoauthz/filter"
)

func TestFilterReadsAsText(t *testing.T) {
	t.Parallel()
	p, l := Reach("p", "publisher"), Reach("l", "loan")
	owner := p.Reach("o", "owner")
	g := Free("g", "Grant")
	for name, c := range map[string]struct {
		filter         Filter
		want, redacted string // redacted "" if it is the same
	}{
		"zero":            {Filter{}, "no document", ""},
		"denied":          {Deny("Book"), "no Book", ""},
		"allowed":         {Allow("Book"), "every Book", ""},
		"always, label":   {For("Book", Where(True).As("admins")), "Book where true  (admins)", ""},
		"constants":       {For("Book", Where(False, Unknown)), "Book where false and unknown", ""},
		"surely":          {For("Book", Where(Surely(Where(F("a").Eq(1))))), "Book where surely(a = 1)", "Book where surely(a = ?)"},
		"invalid":         {For("Book", Where(Invalid{"out of\nsorts"})), `Book where ("out of\nsorts")`, ""},
		"one clause":      {For("Book", Where(F("public").Eq(true))), "Book where public = true", "Book where public = ?"},
		"one, label":      {For("Book", Where(F("public").IsSet()).As("public books")), "Book where public is set  (public books)", ""},
		"clauses":         {For("Book", Where(F("public").Eq(true)).As("public books"), Some(p).Where(p.F("name").Eq(Param("actor.publisher")), None(Some(l).Where(l.F("late").Eq(true))))), "Book where\n  public = true  (public books)\n  or publisher p: p.name = $actor.publisher and none(loan l: l.late = true)", "Book where\n  public = ?  (public books)\n  or publisher p: p.name = $actor.publisher and none(loan l: l.late = ?)"},
		"one left out":    {For("Book", Where(F("a").IsNull()), Clause{}), "Book where\n  a is null\n  or (empty)", ""},
		"existence":       {For("Book", Some(p).Where(p.Exists())), "Book where publisher p: p exists", ""},
		"from an entity":  {For("Book", Some(p, owner).Where(owner.F("x").Eq(p.F("y")))), "Book where publisher p, p.owner o: o.x = p.y", ""},
		"two paths":       {For("Book", Some(p, l.Via(p, "loans"))), "Book where publisher p, loan & p.loans l", ""},
		"free":            {For("Book", Some(g).Where(g.F("book").Eq(F("_id")))), "Book where some Grant g: g.book = _id", ""},
		"any":             {For("Book", Where(Any{Where(F("a").IsNull()), Where(F("b").IsNull(), F("c").IsNull()), Some(l)}, F("d").IsSet())), "Book where (a is null or (b is null and c is null) or (loan l)) and d is set", ""},
		"any of one":      {For("Book", Where(Any{Some(l).Where(l.F("a").IsNull())})), "Book where (loan l: l.a is null)", ""},
		"any of any":      {For("Book", Where(Any{Where(Any{Where(F("a").IsNull()), Where(F("b").IsNull())}), Where(True)})), "Book where ((a is null or b is null) or true)", ""},
		"any of nothing":  {For("Book", Where(Any{})), "Book where (empty)", ""},
		"none of nothing": {For("Book", Where(None{})), "Book where none((empty))", ""},
		"none of none":    {For("Book", Where(None(Where(None(Some(l)))))), "Book where none(none(loan l))", ""},
		"hostile names":   {For("Bo\nok", Where(F(`a = 1 or b`).IsNull(), F("").IsNull(), F("größe").Eq(Param("x y"))).As("l\n  or always")), `"Bo\nok" where "a = 1 or b" is null and "" is null and größe = $"x y"  ("l\n  or always")`, ""},
		"malformed":       {For("Book", Where(nil, Comparison{Field: F("a")}, Comparison{Field: F("a"), Op: Eq}, F("a").Eq(make(chan int)))), "Book where (<nil>) and a Operator(0) (<nil>) and a = (<nil>) and a = (chan int)", "Book where (<nil>) and a Operator(0) (<nil>) and a = (<nil>) and a = ?"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if c.redacted == "" {
				c.redacted = c.want
			}
			require.Equal(t, c.want, c.filter.String())
			require.Equal(t, c.redacted, c.filter.Redacted())
		})
	}
}

func TestComparisonsReadAsText(t *testing.T) {
	t.Parallel()
	oid, err := bson.ObjectIDFromHex("0123456789abcdef01234567")
	require.NoError(t, err)
	a := F("a")
	for want, c := range map[string]Comparison{
		"a = 1":                                  a.Eq(1),
		"a != 1":                                 a.Ne(1),
		"a < 1":                                  a.Lt(1),
		"a <= 1":                                 a.Lte(1),
		"a > 1":                                  a.Gt(1),
		"a >= 1":                                 a.Gte(1),
		"a in [1, null, \"x\"]":                  a.In([]any{1, nil, "x"}),
		"a in []":                                a.In([]int{}),
		"a in null":                              a.In([]int(nil)),
		"a not in $ids":                          a.Nin(Param("ids")),
		"a is null":                              a.IsNull(),
		"a is set":                               a.IsSet(),
		"a contains e.b":                         a.Contains(Field{"e", "b"}),
		"a intersects [1]":                       a.Intersects([]int{1}),
		"a subset of [1]":                        a.SubsetOf([]int{1}),
		`a starts with "x"`:                      a.StartsWith("x"),
		`a ends with "x"`:                        a.EndsWith("x"),
		`a contains text "x"`:                    a.ContainsText("x"),
		"a != 2":                                 Not(a.Eq(2)).(Comparison),
		"a = 2":                                  Not(a.Ne(2)).(Comparison),
		"a not < 1":                              Not(a.Lt(1)).(Comparison),
		"a not in [1]":                           Not(a.In([]int{1})).(Comparison),
		"a in [2]":                               Not(a.Nin([]int{2})).(Comparison),
		"b is set":                               Not(F("b").IsNull()).(Comparison),
		"b is null":                              Not(F("b").IsSet()).(Comparison),
		`a not starts with "x"`:                  Not(a.StartsWith("x")).(Comparison),
		"a = null":                               a.Eq(nil),
		"a = false":                              a.Eq(false),
		"a = -9000000000":                        a.Eq(-9000000000),
		"a = 1.5":                                a.Eq(1.5),
		"a = +Inf":                               a.Eq(math.Inf(1)),
		"a = 1.50":                               a.Eq(decimal(t, "1.50")),
		"a = 2026-01-02T03:04:05.006Z":           a.Eq(time.Date(2026, 1, 2, 3, 4, 5, 6_999_999, time.UTC)),
		`a = "\"\n$x"`:                           a.Eq("\"\n$x"),
		`a = {"$gt": ""}`:                        a.Eq(bson.D{{Key: "$gt", Value: ""}}),
		"a = Binary(0, AQI=)":                    a.Eq([]byte{1, 2}),
		`a = {"$timestamp":{"t":1,"i":2}}`:       a.Eq(bson.Timestamp{T: 1, I: 2}),
		"a = ObjectID(0123456789abcdef01234567)": a.Eq(oid),
		"a = UUID(00010203-0405-0607-0809-0a0b0c0d0e0f)": a.Eq(bson.Binary{Subtype: 4, Data: []byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}}),
	} {
		require.Equal(t, want, c.String())
	}
}

func TestPartsReadAsInTheFilter(t *testing.T) {
	t.Parallel()
	p := Reach("p", "publisher")
	require.Equal(t, "publisher p: p.a is null  (x)", Some(p).Where(p.F("a").IsNull()).As("x").String())
	require.Equal(t, "publisher p", p.String())
	require.Equal(t, "p.a", p.F("a").String())
	require.Equal(t, "$actor.id", Param("actor.id").String())
	require.Equal(t, `["x", 1]`, Literal{[]any{"x", 1}}.String())
	require.Equal(t, "(true or a is null)", Any{Where(True), Where(F("a").IsNull())}.String())
	require.Equal(t, "surely(true)", Surely(Where(True)).String())
	require.Equal(t, "p exists", p.Exists().String())
	require.Equal(t, "(no)", Invalid{"no"}.String())
	require.Equal(t, "Constant(0)", Constant(0).String())
	require.Equal(t, "none(publisher p)", None(Some(p)).String())
}

func TestLogsShowNoValues(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	f := For("Book", Where(F("owner").Eq("secret"), F("tags").In([]string{"secret"})))
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "filter", f)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "filter", f)
	require.Contains(t, out.String(), "owner = ? and tags in ?")
	require.NotContains(t, out.String(), "secret")
}
