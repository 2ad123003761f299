package keyquery

import (
	"strconv"

	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/formula"
	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/mql"
	"go.mongodb.org/mongo-driver/v2/bson"
)

const (
	MaxKeys   = 1 << 24
	MaxBytes  = 12 << 20 // of a plan's stages as they are sent; the server takes commands of 16 MiB
	maxGroups = 200      // of keys of several relations, each of which is a branch of an $or
)

// Queries is a resolution but for what the parameters of a prepared plan stand for.
type Queries struct {
	Limit int
	All   []formula.KeyQuery
	Sites map[*formula.Variable]Site // by the variable of the quantifier that is replaced
}

// Site is a quantifier that keys replace.
type Site struct {
	Query int
	Outer []formula.OuterRef
}

// QueriesOf returns the reads that can take the place of joins in clauses over the root.
func QueriesOf(clauses []formula.Node, root *formula.Variable, prefix string, eager bool, limit int) *Queries {
	r := &Queries{Limit: limit, Sites: map[*formula.Variable]Site{}}
	for _, n := range clauses {
		if !eager && Score(n, root) == ScoreID {
			continue
		}
		ReplaceJoins(n, func(e formula.Exists) (formula.Node, bool) {
			return e, r.add(e, prefix, eager)
		})
	}
	return r
}

// add adds the read for a quantifier, or finds the one that is equal.
func (q *Queries) add(e formula.Exists, prefix string, eager bool) bool {
	c, ok := GraphOf(e)
	if !ok {
		return false
	}
	start, score := c.Start()
	if score < ScoreBound && !eager {
		return false
	}
	stages, err := c.Query(start, prefix, q.Limit)
	if err != nil {
		return false
	}
	now := formula.KeyQuery{Collection: start.Collection, Stages: stages, Outer: len(c.Outer)}
	for i := range q.All {
		if q.All[i].Collection == now.Collection && q.All[i].Outer == now.Outer && mql.EqualStages(q.All[i].Stages, now.Stages) {
			q.Sites[e.Var] = Site{i, c.Outer}
			return true
		}
	}
	q.Sites[e.Var] = Site{len(q.All), c.Outer}
	q.All = append(q.All, now)
	return true
}

func (q *Queries) Stages() (out []mql.Stage) {
	for i, b := range batches(q.All) {
		stages := b.write(q.All, q.Limit)
		if i == 0 {
			out = stages
			continue
		}
		out = append(out, mql.UnionWith{Collection: q.All[b.queries[0]].Collection, Pipeline: stages})
	}
	return out
}

// RefuseLargest leaves the joins of the read whose keys take the most bytes. It reports false if no
// read has keys.
func RefuseLargest(found []Answer) bool {
	largest := 0
	for i := range found {
		if found[i].bytes > found[largest].bytes || found[largest].Problem != "" {
			largest = i
		}
	}
	if found[largest].Problem != "" || found[largest].bytes == 0 {
		return false
	}
	found[largest].refuse("keys that make a command of more than " + strconv.Itoa(MaxBytes>>20) + " MiB")
	return true
}

// Found sorts documents by the reads that found them.
func (q *Queries) Found(documents []bson.Raw) ([]Answer, error) {
	found := make([]Answer, len(q.All))
	for _, doc := range documents {
		i, ok := doc.Lookup("r").Int32OK()
		if !ok || i < 0 || int(i) >= len(q.All) {
			return nil, errNotAsked
		}
		if err := found[i].add(doc, q.All[i].Outer, q.Limit); err != nil {
			return nil, err
		}
	}
	for _, b := range batches(q.All) { // of which the server has cut off what is beyond the limit of all together
		n := 0
		for _, i := range b.queries {
			n += found[i].documents
		}
		for _, i := range b.queries {
			if n > len(b.queries)*q.Limit {
				found[i].tooMany(q.Limit)
			}
		}
	}
	return found, nil
}
