package filter_test

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	. "github.com/mongoauthz/go-mongoauthz/filter"
)

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
		"operators":                 {For("B", Where(F("a").Neq(1), Not(F("b").Neq(1)), F("c").Nin([]int{1}), Not(F("d").IsNull()), Not(F("e").IsSet()))), "B where a != 1 and b = 1 and c not in [1] and d is set and e is null"},
		"denied":                    {Deny("B"), "no B"},
		"allowed":                   {Allow("B"), "every B"},
		"a clause that is true":     {For("B", Where(a), Where(True).As("x"), Where(b)), "every B"},
		"a clause that is false":    {For("B", Where(a, False), Where(b, Unknown), Where(c)), "B where c = 1"},
		"constants under none":      {For("B", Where(None(Where(a, True))), Where(b, None(Where(Unknown)))), "B where a != 1"},
		"unknown under none":        {For("B", Where(a, None(Where(Unknown, b)))), "B where a = 1 and b != 1"},
		"surely":                    {For("B", Where(Surely(Where(True, a)), None(Where(Surely(Where(b, c)))))), "B where surely(a = 1) and none(surely(b = 1 and c = 1))"},
		"surely, decided":           {For("B", Where(a, Surely(Where(True))), Where(b, None(Where(Surely(Where(never)), c))), Where(Surely(Where(Unknown)))), "B where\n  a = 1\n  or b = 1"},
		"existence":                 {For("B", Some(p).Where(p.Exists(), p.Exists()), Some(q).Where(q.Exists(), a)), "B where publisher p: p exists"},
		"what is left exists":       {For("B", Where(None(Some(l).Where(never)))), "B where none(loan l: true)"},
		"what is left, under none":  {For("B", Where(None(Some(l).Where(None(Where(never)), l.F("x").Nin([]any{nil}))))), "B where none(loan l: true)"},
		"null operands":             {For("B", Where(a), Where(b, never), Where(F("c").Neq(nil)), Where(F("c").Lt(bson.RawValue{})), Where(F("c").StartsWith((*string)(nil)))), "B where a = 1"},
		"null lists":                {For("B", Where(a), Where(F("b").In([]any(nil))), Where(F("b").Nin([]int(nil))), Where(F("b").SubsetOf(nil)), Where(F("b").Intersects(bson.RawValue{Type: bson.TypeNull}))), "B where a = 1"},
		"lists without values":      {For("B", Where(a), Where(F("b").In([]int{})), Where(F("b").Intersects([]bson.RawValue{}))), "B where a = 1"},
		"lists of nulls":            {For("B", Where(a), Where(F("b").In([]any{nil, (*int)(nil)})), Where(F("b").Nin([]any{1, nil})), Where(Not(F("b").SubsetOf([]any{1, nil})))), "B where a = 1"},
		"lists that can hold":       {For("B", Where(F("a").In([]any{1, nil}), F("b").Nin([]int{}), F("c").SubsetOf([]any{nil}), F("d").SubsetOf([]any{}), Not(F("e").SubsetOf([]any{})))), "B where a in [1, null] and b not in [] and c subset of [null] and d subset of [] and e not subset of []"},
		"parameters and fields":     {For("B", Where(F("a").Eq(Param("x")), F("b").Nin(Param("y")), F("c").In(F("d")))), "B where a = $x and b not in $y and c in d"},
		"no value":                  {For("B", Where(F("a").Eq([]int{1}), F("b").In(1))), "B where a = [1] and b in 1"},
		"nothing is left":           {For("B", Where(never), Some(p).Where(never)), "no B"},
		"impossible alternatives":   {For("B", Where(Any{Where(a), Where(never)}, Any{Where(b), Where(never, c), Where(d)})), "B where a = 1 and (b = 1 or d = 1)"},
		"no alternative":            {For("B", Where(a, Any{Where(never)}), Where(b, Any{Where(False)})), "no B"},
		"a certain alternative":     {For("B", Where(a, Any{Where(b), Where(True)})), "B where a = 1"},
		"any in any":                {For("B", Where(a, Any{Where(Any{Where(b), Where(c)}), Where(d)})), "B where a = 1 and (b = 1 or c = 1 or d = 1)"},
		"any alone in a clause":     {For("B", Where(Any{Where(a).As("x"), Where(b)}).As("y")), "B where\n  a = 1  (x)\n  or b = 1  (y)"},
		"any with entities":         {For("B", Some(p).Where(Any{Where(a), Where(b)}), Where(Any{Some(l).Where(l.Exists())}, d)), "B where\n  publisher p: (a = 1 or b = 1)\n  or (loan l: l exists) and d = 1"},
		"none of one comparison":    {For("B", Where(None(Where(a)), None(Where(Not(b))), None(Where(F("c").IsNull())))), "B where a != 1 and b = 1 and c is set"},
		"none of two":               {For("B", Where(None(Where(a, b)))), "B where none(a = 1 and b = 1)"},
		"none of an any":            {For("B", Where(None(Where(Any{Where(a), Where(b, c), Some(l).Where(l.Exists())})))), "B where a != 1 and none(b = 1 and c = 1) and none(loan l: l exists)"},
		"none of none":              {For("B", Where(None(Where(None(Where(a, b)))), None(Where(None(Some(l).Where(l.Exists())))))), "B where a = 1 and b = 1 and (loan l: l exists)"},
		"none of none, entity":      {For("B", Where(None(Some(l).Where(None(Where(a, b)))))), "B where none(loan l: none(a = 1 and b = 1))"},
		"null under none":           {For("B", Where(a), Where(b, None(Where(never))), Where(b, None(Some(l).Where(never, c)))), "B where\n  a = 1\n  or b = 1 and none(loan l: c = 1)"},
		"null in any under none":    {For("B", Where(None(Where(Any{Where(never), Where(a)})))), "no B"},
		"empty in under none":       {For("B", Where(a, None(Where(F("b").In([]int{}), c)))), "B where a = 1 and none(b in [] and c = 1)"},
		"not empty in under none":   {For("B", Where(a, None(Where(F("b").Nin([]int{}), c)))), "B where a = 1 and c != 1"},
		"null under two nones":      {For("B", Where(a, None(Some(l).Where(None(Where(never)), c)))), "B where a = 1 and none(loan l: c = 1)"},
		"none that is sure":         {For("B", Where(a, None(Where(False))), Where(b, None(Where(True)))), "B where a = 1"},
		"conditions twice":          {For("B", Where(a, b, F("a").Eq(int32(1)), Not(F("b").Neq(1)), None(Some(l).Where(l.Exists())), None(Some(Reach("m", "loan")).Where(Reach("m", "loan").Exists())))), "B where a = 1 and b = 1 and none(loan l: l exists)"},
		"conditions not the same":   {For("B", Where(a, F("a").Eq(int64(1)), F("a").Eq("1"), F("a").Eq(Param("1")), Not(a), F("a").Leq(1))), "B where a = 1 and a = 1 and a = \"1\" and a = $1 and a != 1 and a <= 1"},
		"clauses twice":             {For("B", Where(a, b).As("x"), Where(c), Where(b, a).As("y")), "B where\n  a = 1 and b = 1  (x)\n  or c = 1"},
		"clauses implied":           {For("B", Where(a, b), Where(c), Where(b), Where(c, d)), "B where\n  c = 1\n  or b = 1"},
		"alternatives implied":      {For("B", Where(d, Any{Where(a, b), Where(c), Where(b)})), "B where d = 1 and (c = 1 or b = 1)"},
		"implied with an entity":    {For("B", Where(a), Some(p).Where(p.F("x").Eq(1), a)), "B where a = 1"},
		"the same entity renamed":   {For("B", Some(p).Where(p.F("x").Eq(1), p.F("y").Eq(1)), Some(q).Where(q.F("y").Eq(1), a, q.F("x").Eq(1))), "B where publisher p: p.x = 1 and p.y = 1"},
		"another standing":          {For("B", Some(p).Where(p.F("x").Eq(1)), Some(q).Where(q.F("y").Eq(1), q.F("x").Eq(1))), "B where\n  publisher p: p.x = 1\n  or publisher q: q.y = 1 and q.x = 1"},
		"another relation":          {For("B", Some(p).Where(p.F("x").Eq(1)), Some(l).Where(l.F("x").Eq(1))), "B where\n  publisher p: p.x = 1\n  or loan l: l.x = 1"},
		"one entity is not two":     {For("B", Some(p, q).Where(p.F("x").Eq(1), q.F("x").Eq(2)), Some(l, p).Where(p.F("x").Eq(1), p.F("x").Eq(2))), "B where\n  publisher p, publisher q: p.x = 1 and q.x = 2\n  or loan l, publisher p: p.x = 1 and p.x = 2"},
		"entities the other way":    {For("B", Some(p, q).Where(p.F("x").Eq(1), q.F("x").Eq(2)), Some(p, q).Where(p.F("x").Eq(2), q.F("x").Eq(1))), "B where publisher p, publisher q: p.x = 1 and q.x = 2"},
		"reached from it":           {For("B", Some(p, owned(p)).Where(owned(p).F("x").Eq(1)), Some(q, owned(q)).Where(a, owned(q).F("x").Eq(1))), "B where publisher p, p.owner o: o.x = 1"},
		"fields of two entities":    {For("B", Some(p).Where(F("x").Eq(p.F("y"))), Some(q).Where(F("x").Eq(q.F("y")))), "B where publisher p: x = p.y"},
		"malformed values are kept": {For("B", Where(F("a").In([]any{bson.M{}}), F("b").Eq(bson.M{}))), "B where a in ([]interface {}) and b = (bson.M)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before := x.in.String()
			got, err := x.in.Normalize(0)
			require.NoError(t, err)
			require.Equal(t, x.want, got.String())
			require.Equal(t, before, x.in.String(), "the input is untouched")
			bound, err := Check(x.in).Normalize(0)
			require.NoError(t, err)
			require.Equal(t, x.want, bound.String(), "values as BSON give the same")
		})
	}
}

// Check turns values into BSON, as the Check of a schema does.
func Check(f Filter) Filter {
	var clauses func(in []Clause) []Clause
	clauses = func(in []Clause) (out []Clause) {
		for _, c := range in {
			var conditions []Condition
			for _, condition := range c.Conditions {
				switch x := condition.(type) {
				case Any:
					condition = Any(clauses(x))
				case None:
					condition = None(clauses([]Clause{Clause(x)})[0])
				case Surely:
					condition = Surely(clauses([]Clause{Clause(x)})[0])
				case Comparison:
					if l, ok := x.Operand.(Literal); ok {
						if values, isList, err := Values(l.Value); isList && err == nil {
							x.Operand = Literal{values}
						} else if v, err := Value(l.Value); err == nil {
							x.Operand = Literal{v}
						}
						condition = x
					}
				}
				conditions = append(conditions, condition)
			}
			c.Conditions = conditions
			out = append(out, c)
		}
		return out
	}
	f.Clauses = clauses(f.Clauses)
	return f
}

func TestNormalizeDecidesStandingFromTheFilterAsWritten(t *testing.T) {
	t.Parallel()
	p := Reach("p", "publisher")
	f, err := For("B", Some(p).Where(F("a").Eq(1), Any{Where(p.F("_id").Eq(nil)), Where(F("b").Eq(1))})).Normalize(0)
	require.NoError(t, err)
	require.Equal(t, "B where publisher p: a = 1 and b = 1", f.String())
	require.Equal(t, Standing{Decided: true, Field: "_id", Compared: []string{"_id"}}, f.Clauses[0].Entities[0].Standing)
}

func TestNormalizeKeepsToItsLimit(t *testing.T) {
	t.Parallel()
	clauses := func(n, conditions int) (f Filter) {
		for i := range n {
			var c Clause
			for j := range conditions {
				c = c.Where(F("f" + strconv.Itoa(j)).Eq(i))
			}
			if conditions == 0 {
				c = Where(True)
			}
			f.Clauses = append(f.Clauses, c)
		}
		return f
	}
	entities := Where(True)
	for i := range 11 {
		entities.Entities = append(entities.Entities, Reach("e"+strconv.Itoa(i), "r"))
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
			_, err := x.f.Normalize(x.limit)
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

func TestRewritingRefusesWhatIsNoCondition(t *testing.T) {
	t.Parallel()
	a := F("a")
	holdsItself := Any{{}}
	holdsItself[0] = Where(a.IsNull(), holdsItself)
	for where, x := range map[string]struct {
		in      Condition
		problem string
	}{
		"B, clause 2, condition 1":                        {nil, "a <nil> is no condition"},
		"B, clause 2, condition 1 ":                       {&Any{}, "a *filter.Any is no condition"},
		"B, clause 2, condition 1, clause 1, condition 2": {None(Where(a.IsNull(), Comparison{Field: a, Op: 99, Operand: Literal{"secret"}})), "unknown operator Operator(99)"},
		"B, clause 2, condition 1, clause 2, condition 1": {Any{Where(True), Where(Comparison{Field: a, Op: Eq})}, "Eq needs an operand"},
		"B, clause 2, condition 1  ":                      {Comparison{Field: a, Op: IsSet, Operand: Literal{"secret"}}, "IsSet takes no operand"},
		"B, clause 2, condition 1, clause 1":              {None{}, "a clause without a condition: say True if it always holds, or Exists of its entity"},
		"B, clause 2, condition 1, clause 1 ":             {Surely{Entities: []Entity{Reach("p", "publisher")}}, "a clause without a condition: say True if it always holds, or Exists of its entity"},
		"B, clause 2, condition 1, clause 1  ":            {Any{{}}, "a clause without a condition: say True if it always holds, or Exists of its entity"},
		"B, clause 2, condition 1     ":                   {Any{}, "an Any without clauses: say False"},
		"B, clause 2, condition 1      ":                  {Constant(0), "unknown constant Constant(0)"},
		"B, clause 2, condition 1       ":                 {Invalid{"out of sorts"}, "out of sorts"},
		"B, clause 2, condition 1   ":                     {Comparison{Field: a, Op: Eq, Operand: &Literal{"secret"}}, "a *filter.Literal is no operand"},
	} {
		f := For("B", Where(a.Eq(1)), Where(x.in))
		for _, rewrite := range []func(int) (Filter, error){f.Normalize, f.Expand} {
			got, err := rewrite(0)
			var m *MalformedError
			require.ErrorAs(t, err, &m)
			require.Equal(t, x.problem, m.Problem)
			require.Contains(t, where, m.Where)
			require.Equal(t, Denied, got.Outcome())
		}
	}
	f := For("B", Where(holdsItself))
	for _, rewrite := range []func(int) (Filter, error){f.Normalize, f.Expand} {
		_, err := rewrite(1 << 30)
		require.ErrorIs(t, err, ErrLimit)
	}
}

// Many clauses take another way through the code than few.
func TestNormalizeFindsDuplicatesAmongMany(t *testing.T) {
	t.Parallel()
	var f Filter
	var wide Clause
	p := Reach("p", "publisher")
	for i := range 300 {
		f.Clauses = append(f.Clauses, Where(F("a").Eq(i%100)), Where(F("b").Eq(i), F("a").Eq(5)), Some(p).Where(p.F("x").In([]int{i % 50})))
		wide = wide.Where(F("a").Neq(strconv.Itoa(i%100)), None(Some(p).Where(p.F("x").Eq(Param(strconv.Itoa(i%30))), p.F("y").Eq(F("z")))))
	}
	f.Clauses = append(f.Clauses, wide)
	got, err := f.Normalize(0)
	require.NoError(t, err)
	require.Len(t, got.Clauses, 100+50+1)
	require.Len(t, got.Clauses[150].Conditions, 100+30)
}

// Which entity corresponds to which could take a factorial of their number to find out; the search gives up, which only leaves more clauses.
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
	got, err := For("B", clause(0), clause(1)).Normalize(0)
	require.NoError(t, err)
	require.Len(t, got.Clauses, 2)
}
