package plan

import (
	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/formula"
	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/keyquery"
)

// inRow is from how many documents in a row on keys are read once: joins as deep inside joins cost
// more for each document than to look for its key in an array, which may be long.
const inRow = 3

// withKeyLookups returns n with the join graphs of so many documents in a row that values narrow as
// keys that are read once.
func (s *Source) withKeyLookups(n formula.Node) formula.Node {
	if !formula.Joins(n) || keyquery.Score(n, s.Root) == keyquery.ScoreID {
		return n
	}
	return keyquery.ReplaceJoins(n, func(e formula.Exists) (formula.Node, bool) {
		c, ok := keyquery.GraphOf(e)
		if !ok || len(c.Vars) < inRow {
			return e, true
		}
		start, score := c.Start()
		if score < keyquery.ScoreBound {
			return e, true
		}
		stages, err := c.Query(start, s.Prefix, 0)
		if err != nil {
			return e, true
		}
		return &formula.KeyLookup{Outer: c.Outer, Query: formula.KeyQuery{Collection: start.Collection, Stages: stages, Outer: len(c.Outer)}}, true
	})
}
