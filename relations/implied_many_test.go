package relations

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mongoauthz/go-mongoauthz/filter"
)

// TestOfManyClausesTheSameAreImplied compares the way for many clauses with the way for few, on
// clauses that imply one another often.
func TestOfManyClausesTheSameAreImplied(t *testing.T) {
	t.Parallel()
	schema, err := New(
		Type{Name: "Book", Collection: "books", Fields: []Field{{Name: "a", Type: Number}, {Name: "b", Type: Number}, {Name: "publisher_id", Type: Number}},
			Relations: []Relation{{Name: "publisher", Kind: ReferencesOne, Type: "Publisher", Keys: []KeyPair{{Local: "publisher_id", Foreign: "_id"}}}}},
		Type{Name: "Publisher", Collection: "publishers", Fields: []Field{{Name: "_id", Type: Number}, {Name: "c", Type: Number}}},
	)
	require.NoError(t, err)
	random := rand.New(rand.NewPCG(3, 4))
	dropped := 0
	for range 300 {
		var clauses []filter.Clause
		for range 2 + random.IntN(many) {
			clauses = append(clauses, anyClause(random))
		}
		checked, err := schema.Check(filter.Filter{Resource: "Book", Clauses: clauses})
		require.NoError(t, err)
		n := &normalizer{steps: 1 << 22}
		var normal []CheckedClause // without conditions that are there twice
		for i := range checked.clauses {
			if c, v := n.clause(&checked.clauses[i], true); v == open && len(normal) < many {
				normal = append(normal, c)
			}
		}
		few, lots := n.withoutImplied(slices.Clone(normal)), n.withoutImpliedOfMany(slices.Clone(normal))
		require.Equal(t, text(checked, few), text(checked, lots), "of %s", checked)
		dropped += len(normal) - len(few)
	}
	require.Greater(t, dropped, 300)
}

func anyClause(random *rand.Rand) filter.Clause {
	p, q := filter.Reach("p", "publisher"), filter.Reach("q", "publisher")
	all := []filter.Condition{filter.F("a").Eq(1), filter.F("a").Eq(2), filter.F("b").Eq(1), filter.True}
	clause := filter.Where(all[random.IntN(len(all))])
	if random.IntN(3) == 0 {
		clause = filter.Some(p).Where(p.F("c").Eq(random.IntN(2)))
	}
	if random.IntN(6) == 0 {
		clause = filter.Some(p, q).Where(p.F("c").Eq(0), q.F("c").Eq(random.IntN(2)))
	}
	for range random.IntN(3) {
		clause = clause.Where(all[random.IntN(len(all))])
	}
	return clause
}

func text(f *CheckedFilter, clauses []CheckedClause) string {
	of := *f
	of.clauses = clauses
	return of.String()
}
