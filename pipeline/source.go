package pipeline

import (
	"slices"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/mql"
)

// source is the formula that a plan says in query language.
type source struct {
	formula
	resource string
	prefix   string // of helper fields
	resolved []bool // the clauses in which keys took the place of joins; nil: none
}

// emit spells the formula.
func (s *source) emit() (*compiled, error) {
	root := s.root
	p := &compiled{resource: s.resource, collection: root.collection, outcome: filter.Conditional, source: s}
	top := &level{prefix: s.prefix, v: root, collection: root.collection}
	e := emitter{top: top, whole: make([]mql.Query, 0, len(s.clauses)), before: make([]mql.Query, 0, len(s.clauses))}
	asked := make([]node, 0, len(s.clauses))
	p.clauses = make([]compiledClause, 0, len(s.clauses))
	for i, n := range s.clauses {
		n = s.once(n)
		switch n {
		case constant(false):
			continue
		case constant(true):
			p.outcome = filter.Allowed
		}
		match := e.clause(n)
		p.clauses = append(p.clauses, compiledClause{s.labels[i], s.joinMethod(i), match})
		asked = append(asked, n)
	}
	if len(asked) == 0 {
		p.outcome, p.match = filter.Denied, nothing
		p.stages = denies.stages
		return p, nil
	}
	if fewer := united(asked); len(fewer) < len(asked) {
		e.whole, e.before = e.whole[:0:0], e.before[:0:0]
		for _, n := range fewer {
			e.clause(n)
		}
	}
	within := top.query(s.scope, root, "")
	p.match = both(anyQuery(e.whole), within)
	if p.joins = top.joins; len(p.joins) > 0 {
		p.prefilter = slices.Clip(both(anyQuery(e.before), within))
		for _, j := range p.joins { // a document that has such a field would be altered
			p.prefilter = append(p.prefilter, mql.Field{Path: j.As, Ops: mql.Ops{absent}})
		}
	}
	p.stages = p.allStages()
	return p, top.err
}

// emitter spells clauses: what each asks, and what it asks before the joins.
type emitter struct {
	top           *level
	whole, before []mql.Query
}

func (e *emitter) clause(n node) mql.Query {
	match := e.top.query(n, e.top.v, "")
	without := match
	if joins(n) {
		without = e.top.query(withoutJoins(n), e.top.v, "")
	}
	e.whole, e.before = append(e.whole, match), append(e.before, without)
	return match
}

// allStages returns the pipeline that a plan is.
func (p *compiled) allStages() []mql.Stage {
	if len(p.joins) == 0 {
		return []mql.Stage{mql.Match{Query: p.match}}
	}
	out := make([]mql.Stage, 0, len(p.joins)+3)
	out = append(out, mql.Match{Query: p.prefilter})
	helpers := make(mql.Unset, len(p.joins))
	for i, j := range p.joins {
		out = append(out, j)
		helpers[i] = j.As
	}
	return append(out, mql.Match{Query: p.match}, helpers)
}

// keyed returns the formula with keys in the place of joins: those that in returns for a site, in the
// clause of that index. Nil leaves the join.
func (s *source) keyed(sites map[*variable]site, in func(clause int, s site) node) *source {
	out := *s
	out.clauses, out.resolved = make([]node, len(s.clauses)), make([]bool, len(s.clauses))
	for c, n := range s.clauses {
		out.clauses[c] = simpler(replace(n, func(e exists) (node, bool) {
			at, ok := sites[e.v]
			if !ok {
				return nil, false
			}
			out.resolved[c] = true
			if keys := in(c, at); keys != nil {
				return keys, true
			}
			return e, true
		}))
	}
	return &out
}

// joinMethod returns the join method of a clause.
func (s *source) joinMethod(clause int) method {
	switch {
	case joins(s.clauses[clause]):
		return byLookup
	case s.resolved != nil && s.resolved[clause]:
		return byKeys
	default:
		return byMatch
	}
}
