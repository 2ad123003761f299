package relations_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	. "github.com/mongoauthz/go-mongoauthz/filter"
)

func TestExpandGivesTheFlatForm(t *testing.T) {
	t.Parallel()
	a, b, c, d := F("a").IsSet(), F("b").IsSet(), F("c").IsSet(), F("d").IsSet()
	p, l := Reach("p", "publisher"), Reach("l", "loan")
	e := func(name string) Entity { return Reach(name, "loan") }
	on := func(e Entity, others ...Condition) Clause { return Some(e).Where(e.F("x").Eq(F("y"))).Where(others...) }
	for name, x := range map[string]struct {
		in   Filter
		want string
	}{
		"denied":           {Deny("B"), "no B"},
		"allowed":          {Allow("B"), "every B"},
		"flat already":     {For("B", Where(a, b).As("x"), on(p, None(Where(Any{Where(a), Where(b)})))), "B where\n  a is set and b is set  (x)\n  or publisher p: p.x = y and none((a is set or b is set))"},
		"one any":          {For("B", Where(a, Any{Where(b), Where(c, d)}, d)), "B where\n  a is set and b is set and d is set\n  or a is set and c is set and d is set and d is set"},
		"two":              {For("B", Where(Any{Where(a), Where(b)}, Any{Where(c), Where(d)})), "B where\n  a is set and c is set\n  or a is set and d is set\n  or b is set and c is set\n  or b is set and d is set"},
		"any in any":       {For("B", Where(Any{Where(a, Any{Where(b), Where(c)}), Where(d)})), "B where\n  a is set and b is set\n  or a is set and c is set\n  or d is set"},
		"no alternative":   {For("B", Where(a, Any{Where(False)}), Where(b)), "B where\n  a is set and false\n  or b is set"},
		"a certain one":    {For("B", Where(Any{Where(True), Where(a)})), "B where\n  true\n  or a is set"},
		"surely stays":     {For("B", Where(Any{Where(Surely(Where(Any{Where(a), Where(b)})))})), "B where surely((a is set or b is set))"},
		"name in a surely": {For("B", Where(Surely(on(l)), Any{Some(l).Where(l.Exists())})), "B where loan l: surely(loan l2: l2.x = y) and l exists"},
		"labels":           {For("B", Where(Any{Where(a).As("x"), Where(b)}).As("y"), Where(Any{Where(a).As("x"), Where(b)}, Any{Where(c).As("z")})), "B where\n  a is set  (y)\n  or b is set  (y)\n  or a is set and c is set  (x)\n  or b is set and c is set  (z)"},
		"entities move":    {For("B", on(p, Any{on(l), Where(a)})), "B where\n  publisher p, loan l: p.x = y and l.x = y\n  or publisher p: p.x = y and a is set"},
		"same name twice":  {For("B", Where(Any{on(l)}, Any{on(l), Where(a)})), "B where\n  loan l, loan l2: l.x = y and l2.x = y\n  or loan l: l.x = y and a is set"},
		"name in a none":   {For("B", Where(None(on(l)), Any{on(l)})), "B where loan l: none(loan l2: l2.x = y) and l.x = y"},
		"in a later none":  {For("B", Where(Any{on(l)}, None(on(l)))), "B where loan l: l.x = y and none(loan l2: l2.x = y)"},
		"none in any":      {For("B", Where(Any{on(l)}, Any{Where(None(on(l)))})), "B where loan l: l.x = y and none(loan l2: l2.x = y)"},
		"nones only":       {For("B", Where(None(on(l)), Any{Where(None(on(l)))})), "B where none(loan l: l.x = y) and none(loan l: l.x = y)"},
		"the name is used": {For("B", Where(Any{on(l)}, Any{on(l)}, Any{on(e("l2"))})), "B where loan l, loan l2, loan l22: l.x = y and l2.x = y and l22.x = y"},
		"renamed deep": {For("B", Where(Any{on(l)}, Any{Some(l, l.Reach("o", "owner")).Where(None(Some(l.Reach("q", "q")).Where(F("y").Eq(l.F("z")), Entity{Name: "q"}.Exists())), Entity{Name: "o"}.Exists())})),
			"B where loan l, loan l2, l2.owner o: l.x = y and none(l2.q q: y = l2.z and q exists) and o exists"},
		"three levels": {For("B", on(l, Any{on(e("m"), Any{on(e("n"), Any{on(e("o"))})}), on(e("m"))}, Any{on(e("n"))})),
			"B where\n  loan l, loan m, loan n, loan o, loan n2: l.x = y and m.x = y and n.x = y and o.x = y and n2.x = y\n  or loan l, loan m, loan n: l.x = y and m.x = y and n.x = y"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checked := checkB(t, x.in)
			before := checked.String()
			got, err := checked.Expand(0)
			require.NoError(t, err)
			require.Equal(t, x.want, got.String())
			require.Equal(t, before, checked.String(), "the input is untouched")
			_, err = schemaB(t).Check(got.Filter())
			require.NoError(t, err, "in the words of package filter it passes again")
		})
	}
}

func TestExpandKeepsFacts(t *testing.T) {
	t.Parallel()
	p := Reach("p", "publisher")
	checked := checkB(t, For("B", Some(p).Where(Any{Where(p.F("_id").Eq(1)), Where(p.F("name").IsNull()), Some(p.Reach("o", "owner")).Where(Exists{Entity: "o"})})))
	flat, err := checked.Expand(0)
	require.NoError(t, err)
	require.False(t, flat.AsWritten())
	require.Len(t, flat.Clauses(), 3)
	for _, c := range flat.Clauses() {
		require.Same(t, checked.Clauses()[0].Entities[0], c.Entities[0])
	}
}

func TestExpandKeepsToItsLimit(t *testing.T) {
	t.Parallel()
	two := Any{Where(F("a").IsSet()), Where(F("b").IsSet())}
	power := func(n int) (c Clause) {
		for range n {
			c = c.Where(two)
		}
		return c
	}
	for name, x := range map[string]struct {
		f     Filter
		limit int
		ok    bool
	}{
		"within":              {For("B", power(4)), 16, true},
		"beyond":              {For("B", power(4)), 15, false},
		"clauses, within":     {For("B", power(1), power(1)), 4, true},
		"clauses, beyond":     {For("B", power(1), power(1)), 3, false},
		"alternatives beyond": {For("B", Where(Any{power(2), power(2)})), 7, false},
		"the default":         {For("B", power(13)), 0, true},
		"beyond the default":  {For("B", power(14)), 0, false},
		"far beyond":          {For("B", power(3_000)), 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := checkB(t, x.f).Expand(x.limit)
			if x.ok {
				require.NoError(t, err)
				return
			}
			var l *LimitError
			require.ErrorAs(t, err, &l)
			require.Equal(t, "clauses", l.What)
		})
	}
}

func TestExpandStopsAtAMillionConditions(t *testing.T) {
	t.Parallel()
	c := Clause{Conditions: make([]Condition, 5_000)}
	for i := range c.Conditions {
		c.Conditions[i] = F("a").IsSet()
	}
	for range 10 {
		c = c.Where(Any{Where(F("a").IsSet()), Where(F("b").IsSet())})
	}
	_, err := checkB(t, For("B", c)).Expand(0)
	var l *LimitError
	require.ErrorAs(t, err, &l)
	require.Equal(t, LimitError{What: "conditions", Limit: 1_000_000}, *l)
}
