package relations_test

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	. "github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

// schemaB declares what the tests of the rewriting speak of: B with lists of anything and numbers,
// and what it leads to.
func schemaB(t testing.TB) *relations.Schema {
	t.Helper()
	numbers := func(names ...string) (fields []relations.Field) {
		for _, name := range names {
			fields = append(fields, relations.Field{Name: name, Type: relations.Number})
		}
		return fields
	}
	lists := func(names ...string) (fields []relations.Field) {
		for _, name := range names {
			fields = append(fields, relations.Field{Name: name, Type: relations.AnyType, List: true})
		}
		return fields
	}
	to := func(name, typ string) relations.Relation {
		return relations.Relation{Name: name, Kind: relations.ReferencesOne, Type: typ, Keys: []relations.KeyPair{{Local: "to"}}}
	}
	s, err := relations.New(
		relations.Type{
			Name: "B", Collection: "bs",
			Fields: append(append(numbers("_id", "x", "y", "z", "to"), lists("a", "b", "c", "d", "e", "n")...),
				relations.Field{Name: "ns", Type: relations.Number, List: true}),
			Relations: []relations.Relation{to("publisher", "P"), to("loan", "P"), to("r", "P")},
		},
		relations.Type{
			Name: "P", Collection: "ps", Fields: append(numbers("_id", "x", "y", "z", "to"), lists("name")...),
			Relations: []relations.Relation{to("owner", "P"), to("q", "P")},
		},
	)
	require.NoError(t, err)
	return s
}

func checkB(t testing.TB, f Filter) *relations.CheckedFilter {
	t.Helper()
	checked, err := schemaB(t).Check(f)
	require.NoError(t, err)
	return checked
}

func TestNormalizeRewrites(t *testing.T) {
	t.Parallel()
	a, b, c, d := F("a").Eq(1), F("b").Eq(1), F("c").Eq(1), F("d").Eq(1)
	never := F("n").Eq(nil)
	p, q, l := Reach("p", "publisher"), Reach("q", "publisher"), Reach("l", "loan")
	owned := func(e Entity) Entity { return e.Reach("o", "owner") }
	for name, x := range map[string]struct {
		in   Filter
		want string
	}{
		"operators":                {For("B", Where(F("a").Ne(1), Not(F("b").Ne(1)), F("c").Nin([]int{1}), Not(F("d").IsNull()), Not(F("e").IsSet()))), "B where a != 1 and b = 1 and c not in [1] and d is set and e is null"},
		"denied":                   {Deny("B"), "no B"},
		"allowed":                  {Allow("B"), "every B"},
		"a clause that is true":    {For("B", Where(a), Where(True).As("x"), Where(b)), "every B"},
		"a clause that is false":   {For("B", Where(a, False), Where(b, Unknown), Where(c)), "B where c = 1"},
		"constants under none":     {For("B", Where(None(Where(a, True))), Where(b, None(Where(Unknown)))), "B where a != 1"},
		"unknown under none":       {For("B", Where(a, None(Where(Unknown, b)))), "B where a = 1 and b != 1"},
		"surely":                   {For("B", Where(Surely(Where(True, a)), None(Where(Surely(Where(b, c)))))), "B where surely(a = 1) and none(surely(b = 1 and c = 1))"},
		"surely, decided":          {For("B", Where(a, Surely(Where(True))), Where(b, None(Where(Surely(Where(never)), c))), Where(Surely(Where(Unknown)))), "B where\n  a = 1\n  or b = 1"},
		"existence":                {For("B", Some(p).Where(p.Exists(), p.Exists()), Some(q).Where(q.Exists(), a)), "B where publisher p: p exists"},
		"what is left exists":      {For("B", Where(None(Some(l).Where(l.F("x").Eq(nil))))), "B where none(loan l: true)"},
		"what is left, under none": {For("B", Where(None(Some(l).Where(None(Where(never)), l.F("x").Nin([]any{nil}))))), "B where none(loan l: true)"},
		"null operands":            {For("B", Where(a), Where(b, never), Where(F("c").Ne(nil)), Where(F("c").Lt(bson.RawValue{})), Where(F("c").StartsWith((*string)(nil)))), "B where a = 1"},
		"null lists":               {For("B", Where(a), Where(F("b").In([]any(nil))), Where(F("b").Nin([]int(nil))), Where(F("b").SubsetOf(nil)), Where(F("b").Intersects(bson.RawValue{Type: bson.TypeNull}))), "B where a = 1"},
		"lists without values":     {For("B", Where(a), Where(F("b").In([]int{})), Where(F("b").Intersects([]bson.RawValue{}))), "B where a = 1"},
		"lists of nulls":           {For("B", Where(a), Where(F("b").In([]any{nil, (*int)(nil)})), Where(F("b").Nin([]any{1, nil})), Where(Not(F("b").SubsetOf([]any{1, nil})))), "B where a = 1"},
		"lists that can hold":      {For("B", Where(F("a").In([]any{1, nil}), F("b").Nin([]int{}), F("c").SubsetOf([]any{nil}), F("d").SubsetOf([]any{}), Not(F("e").SubsetOf([]any{})))), "B where a in [1, null] and b not in [] and c subset of [null] and d subset of [] and e not subset of []"},
		"parameters and fields":    {For("B", Where(F("a").Eq(Param("x")), F("b").Nin(Param("y")), F("x").In(F("ns")))), "B where a = $x and b not in $y and x in ns"},
		"nothing is left":          {For("B", Where(never), Some(p).Where(never, p.Exists())), "no B"},
		"impossible alternatives":  {For("B", Where(Any{Where(a), Where(never)}, Any{Where(b), Where(never, c), Where(d)})), "B where a = 1 and (b = 1 or d = 1)"},
		"no alternative":           {For("B", Where(a, Any{Where(never)}), Where(b, Any{Where(False)})), "no B"},
		"a certain alternative":    {For("B", Where(a, Any{Where(b), Where(True)})), "B where a = 1"},
		"any in any":               {For("B", Where(a, Any{Where(Any{Where(b), Where(c)}), Where(d)})), "B where a = 1 and (b = 1 or c = 1 or d = 1)"},
		"any alone in a clause":    {For("B", Where(Any{Where(a).As("x"), Where(b)}).As("y")), "B where\n  a = 1  (x)\n  or b = 1  (y)"},
		"any with entities":        {For("B", Some(p).Where(p.Exists(), Any{Where(a), Where(b)}), Where(Any{Some(l).Where(l.Exists())}, d)), "B where\n  publisher p: p exists and (a = 1 or b = 1)\n  or (loan l: l exists) and d = 1"},
		"none of one comparison":   {For("B", Where(None(Where(a)), None(Where(Not(b))), None(Where(F("c").IsNull())))), "B where a != 1 and b = 1 and c is set"},
		"none of two":              {For("B", Where(None(Where(a, b)))), "B where none(a = 1 and b = 1)"},
		"none of an any":           {For("B", Where(None(Where(Any{Where(a), Where(b, c), Some(l).Where(l.Exists())})))), "B where a != 1 and none(b = 1 and c = 1) and none(loan l: l exists)"},
		"none of none":             {For("B", Where(None(Where(None(Where(a, b)))), None(Where(None(Some(l).Where(l.Exists())))))), "B where a = 1 and b = 1 and (loan l: l exists)"},
		"none of none, entity":     {For("B", Where(None(Some(l).Where(l.Exists(), None(Where(a, b)))))), "B where none(loan l: l exists and none(a = 1 and b = 1))"},
		"null under none":          {For("B", Where(a), Where(b, None(Where(never))), Where(b, None(Some(l).Where(l.F("x").Eq(nil), c)))), "B where\n  a = 1\n  or b = 1 and none(loan l: c = 1)"},
		"null in any under none":   {For("B", Where(None(Where(Any{Where(never), Where(a)})))), "no B"},
		"empty in under none":      {For("B", Where(a, None(Where(F("b").In([]int{}), c)))), "B where a = 1 and none(b in [] and c = 1)"},
		"not empty in under none":  {For("B", Where(a, None(Where(F("b").Nin([]int{}), c)))), "B where a = 1 and c != 1"},
		"null under two nones":     {For("B", Where(a, None(Some(l).Where(None(Where(l.F("x").Eq(nil))), c)))), "B where a = 1 and none(loan l: c = 1)"},
		"none that is sure":        {For("B", Where(a, None(Where(False))), Where(b, None(Where(True)))), "B where a = 1"},
		"conditions twice":         {For("B", Where(a, b, F("a").Eq(int32(1)), Not(F("b").Ne(1)), None(Some(l).Where(l.Exists())), None(Some(Reach("m", "loan")).Where(Reach("m", "loan").Exists())))), "B where a = 1 and b = 1 and none(loan l: l exists)"},
		"conditions not the same":  {For("B", Where(a, F("a").Eq(int64(1)), F("a").Eq("1"), F("a").Eq(Param("1")), Not(a), F("a").Lte(1))), "B where a = 1 and a = 1 and a = \"1\" and a = $1 and a != 1 and a <= 1"},
		"clauses twice":            {For("B", Where(a, b).As("x"), Where(c), Where(b, a).As("y")), "B where\n  a = 1 and b = 1  (x)\n  or c = 1"},
		"clauses implied":          {For("B", Where(a, b), Where(c), Where(b), Where(c, d)), "B where\n  c = 1\n  or b = 1"},
		"alternatives implied":     {For("B", Where(d, Any{Where(a, b), Where(c), Where(b)})), "B where d = 1 and (c = 1 or b = 1)"},
		"implied with an entity":   {For("B", Where(a), Some(p).Where(p.F("x").Eq(1), a)), "B where a = 1"},
		"the same entity renamed":  {For("B", Some(p).Where(p.F("x").Eq(1), p.F("y").Eq(1)), Some(q).Where(q.F("y").Eq(1), a, q.F("x").Eq(1))), "B where publisher p: p.x = 1 and p.y = 1"},
		"other facts":              {For("B", Some(p).Where(p.F("x").Eq(1)), Some(q).Where(q.F("y").Eq(1), q.F("x").Eq(1))), "B where\n  publisher p: p.x = 1\n  or publisher q: q.y = 1 and q.x = 1"},
		"another relation":         {For("B", Some(p).Where(p.F("x").Eq(1)), Some(l).Where(l.F("x").Eq(1))), "B where\n  publisher p: p.x = 1\n  or loan l: l.x = 1"},
		"one entity is not two":    {For("B", Some(p, q).Where(p.F("x").Eq(1), q.F("x").Eq(2)), Some(l, p).Where(l.Exists(), p.F("x").Eq(1), p.F("x").Eq(2))), "B where\n  publisher p, publisher q: p.x = 1 and q.x = 2\n  or loan l, publisher p: l exists and p.x = 1 and p.x = 2"},
		"entities the other way":   {For("B", Some(p, q).Where(p.F("x").Eq(1), q.F("x").Eq(2)), Some(p, q).Where(p.F("x").Eq(2), q.F("x").Eq(1))), "B where publisher p, publisher q: p.x = 1 and q.x = 2"},
		"reached from it":          {For("B", Some(p, owned(p)).Where(owned(p).F("x").Eq(1)), Some(q, owned(q)).Where(a, owned(q).F("x").Eq(1))), "B where publisher p, p.owner o: o.x = 1"},
		"fields of two entities":   {For("B", Some(p).Where(F("x").Eq(p.F("y"))), Some(q).Where(F("x").Eq(q.F("y")))), "B where publisher p: x = p.y"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checked := checkB(t, x.in)
			before := checked.String()
			got, err := checked.Normalize(0)
			require.NoError(t, err)
			require.Equal(t, x.want, got.String())
			require.Equal(t, before, checked.String(), "the input is untouched")
		})
	}
}

func TestNormalizeKeepsTheFactsOfTheFilterAsWritten(t *testing.T) {
	t.Parallel()
	p := Reach("p", "publisher")
	checked := checkB(t, For("B", Some(p).Where(F("a").Eq(1), Any{Where(p.F("_id").Eq(nil)), Where(F("b").Eq(1))})))
	normal, err := checked.Normalize(0)
	require.NoError(t, err)
	require.Equal(t, "B where publisher p: a = 1 and b = 1", normal.String())
	require.Same(t, checked.Clauses()[0].Entities[0], normal.Clauses()[0].Entities[0])
	require.Equal(t, "_id", normal.Clauses()[0].Entities[0].Facts.Compared[0].Path)
	require.True(t, checked.AsWritten())
	require.False(t, normal.AsWritten())
}

func TestNormalizeKeepsToItsLimit(t *testing.T) {
	t.Parallel()
	clauses := func(n, conditions int) Filter {
		f := Deny("B")
		for i := range n {
			var c Clause
			for j := range conditions {
				c = c.Where(F("a").Eq(i*1000 + j))
			}
			if conditions == 0 {
				c = Where(True)
			}
			f.Clauses = append(f.Clauses, c)
		}
		return f
	}
	entities := Where(Entity{Name: "e10"}.Exists())
	for i := range 11 {
		e := Entity{Name: "e" + strconv.Itoa(max(0, i-1))}.Reach("e"+strconv.Itoa(i), "owner")
		if i == 0 {
			e = Reach("e0", "r")
		}
		entities.Entities = append(entities.Entities, e)
	}
	for name, x := range map[string]struct {
		f     Filter
		limit int
		ok    bool
	}{
		"within":               {clauses(2, 5), 10, true},
		"beyond":               {clauses(2, 5), 9, false},
		"nested, within":       {For("B", Where(Any(clauses(3, 3).Clauses))), 10, true},
		"nested, beyond":       {For("B", Where(None(Where(Any(clauses(3, 3).Clauses))))), 10, false},
		"constants":            {clauses(11, 0), 10, false},
		"entities":             {For("B", entities), 10, false},
		"the default, within":  {clauses(100, 100), 0, true},
		"the default, beyond":  {clauses(101, 100), -1, false},
		"more than is default": {clauses(101, 100), 20_000, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := checkB(t, x.f).Normalize(x.limit)
			if x.ok {
				require.NoError(t, err)
				return
			}
			var l *LimitError
			require.ErrorAs(t, err, &l)
			require.ErrorIs(t, err, ErrLimit)
			require.Equal(t, "conditions", l.What)
		})
	}
}

// Many clauses take another way through the code than few.
func TestNormalizeFindsDuplicatesAmongMany(t *testing.T) {
	t.Parallel()
	f := Deny("B")
	var wide Clause
	p := Reach("p", "publisher")
	for i := range 300 {
		f.Clauses = append(f.Clauses, Where(F("a").Eq(i%100)), Where(F("b").Eq(i), F("a").Eq(5)), Some(p).Where(p.F("x").In([]int{i % 50})))
		wide = wide.Where(F("b").Ne(strconv.Itoa(i%100)), None(Some(p).Where(p.F("x").Eq(Param(strconv.Itoa(i%30))), p.F("y").Eq(F("z")))))
	}
	f.Clauses = append(f.Clauses, wide)
	got, err := checkB(t, f).Normalize(0)
	require.NoError(t, err)
	require.Len(t, got.Clauses(), 100+50+1)
	require.Len(t, got.Clauses()[150].Conditions, 100+30)
}

// Which entity corresponds to which could take a factorial of their number to find out; the search
// gives up, which only leaves more clauses.
func TestNormalizeGivesUpOnEntitiesThatLookAlike(t *testing.T) {
	t.Parallel()
	clause := func(last int) (c Clause) {
		for i := range 12 {
			c.Entities = append(c.Entities, Reach("e"+strconv.Itoa(i), "r"))
		}
		for i, e := range c.Entities {
			c = c.Where(e.F("x").Eq(i), e.F("y").Eq(i+last))
		}
		return c
	}
	got, err := checkB(t, For("B", clause(0), clause(1))).Normalize(0)
	require.NoError(t, err)
	require.Len(t, got.Clauses(), 2)
}
