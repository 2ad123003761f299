package plan

import (
	"slices"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/emit"
	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/formula"
	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/keyquery"
	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/mql"
)

// Source is the formula that a plan says in query language.
type Source struct {
	formula.Formula
	Resource     string
	Prefix       string // of helper fields
	keyedClauses []bool // the clauses in which keys took the place of joins; nil: none
}

// Emit spells the formula.
func (s *Source) Emit() (*Compiled, error) {
	root := s.Root
	p := &Compiled{Resource: s.Resource, Collection: root.Collection, Outcome: filter.Conditional, Source: s}
	top := &emit.Scope{Prefix: s.Prefix, Var: root, Collection: root.Collection}
	e := emitter{top: top, whole: make([]mql.Query, 0, len(s.Clauses))}
	var asked []formula.Node // where there are several
	p.Clauses = make([]compiledClause, 0, len(s.Clauses))
	for i, n := range s.Clauses {
		n = s.withKeyLookups(n)
		switch n {
		case formula.Constant(false):
			continue
		case formula.Constant(true):
			p.Outcome = filter.Allowed
		}
		match := e.clause(n)
		p.Clauses = append(p.Clauses, compiledClause{s.Labels[i], s.Method(i), match})
		if len(s.Clauses) > 1 {
			asked = append(asked, n)
		}
	}
	if len(p.Clauses) == 0 {
		p.Outcome, p.Match = filter.Denied, emit.Nothing
		p.Stages = Denies.Stages
		return p, nil
	}
	if fewer := united(asked); len(fewer) < len(asked) {
		e.whole, e.before = nil, nil
		for _, n := range fewer {
			e.clause(n)
		}
	}
	within := top.Query(s.Scope, root, "")
	p.Match = emit.Both(emit.AnyQuery(e.whole), within)
	if p.Joins = top.Joins; len(p.Joins) > 0 {
		p.Prefilter = slices.Clip(emit.Both(emit.AnyQuery(e.before), within))
		for _, j := range p.Joins { // a document that has such a field would be altered
			p.Prefilter = append(p.Prefilter, &mql.Field{Path: j.As, Ops: mql.Ops{emit.Absent}})
		}
	}
	p.Stages = p.allStages()
	return p, top.Err
}

// emitter spells clauses: what each asks, and what it asks before the joins. That is nil while no
// clause joins.
type emitter struct {
	top           *emit.Scope
	whole, before []mql.Query
}

func (e *emitter) clause(n formula.Node) mql.Query {
	match := e.top.Query(n, e.top.Var, "")
	without := match
	if formula.Joins(n) {
		without = e.top.Query(emit.WithoutJoins(n), e.top.Var, "")
		if e.before == nil {
			e.before = append(make([]mql.Query, 0, cap(e.whole)+1), e.whole...)
		}
	}
	if e.whole = append(e.whole, match); e.before != nil {
		e.before = append(e.before, without)
	}
	return match
}

// allStages returns the pipeline that a plan is.
func (p *Compiled) allStages() []mql.Stage {
	if len(p.Joins) == 0 {
		return []mql.Stage{mql.Match{Query: p.Match}}
	}
	out := make([]mql.Stage, 0, len(p.Joins)+3)
	out = append(out, mql.Match{Query: p.Prefilter})
	helpers := make(mql.Unset, len(p.Joins))
	for i, j := range p.Joins {
		out = append(out, j)
		helpers[i] = j.As
	}
	return append(out, mql.Match{Query: p.Match}, helpers)
}

// Keyed returns the formula with keys in the place of joins: those that in returns for a site, in
// the clause of that index. Nil leaves the join.
func (s *Source) Keyed(sites map[*formula.Variable]keyquery.Site, in func(clause int, s keyquery.Site) formula.Node) *Source {
	out := *s
	out.Clauses, out.keyedClauses = make([]formula.Node, len(s.Clauses)), make([]bool, len(s.Clauses))
	for c, n := range s.Clauses {
		out.Clauses[c] = keyquery.Simplify(keyquery.ReplaceJoins(n, func(e formula.Exists) (formula.Node, bool) {
			at, ok := sites[e.Var]
			if !ok {
				return nil, false
			}
			out.keyedClauses[c] = true
			if keys := in(c, at); keys != nil {
				return keys, true
			}
			return e, true
		}))
	}
	return &out
}

// Method returns the join method of a clause.
func (s *Source) Method(clause int) method {
	switch {
	case formula.Joins(s.Clauses[clause]):
		return byLookup
	case s.keyedClauses != nil && s.keyedClauses[clause]:
		return byKeys
	default:
		return byMatch
	}
}
