package emit

import (
	"strconv"
	"strings"

	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/formula"
	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/mql"
	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/slab"
)

// Scope is one pipeline being written: the root's, or the sub-pipeline of a $lookup.
type Scope struct {
	Prefix     string            // of helper fields
	Var        *formula.Variable // the document that flows through it
	Base       string            // where v's value is in that document: "" or ends in a dot
	Collection string            // the collection the document is of
	Outer      *Scope            // the pipeline that the $lookup stands in
	Depth      int
	Lets       []let   // of the $lookup
	names      []named // element variables bound by the expression being written, innermost last
	Joins      []*mql.Lookup
	Rows       map[formula.Ref]string // of a pipeline whose documents are rows: where the values of several variables are
	Err        error
	ops        slab.Of[mql.Op] // of the conditions of an AND
}

// let is a variable of a $lookup: a value of the enclosing document.
type let struct {
	Ref  formula.Ref
	Name string
}

type named struct {
	v    *formula.Variable
	name string
}

func (s *Scope) fail(format string, args ...any) {
	if s.Err == nil {
		s.Err = formula.Unsupported(format, args...)
	}
}

// Nothing is the query that selects nothing, without a scan.
var Nothing = mql.On("_id", mql.Is("$in", mql.List{}))

// stages writes the pipeline that keeps the documents for which n holds: a prefilter where there
// are joins, the joins, the match.
func (s *Scope) stages(n formula.Node) (prefilter mql.Query, joins []*mql.Lookup, match mql.Query) {
	match = s.Query(n, s.Var, s.Base)
	if len(s.Joins) > 0 {
		prefilter = s.Query(WithoutJoins(n), s.Var, s.Base)
	}
	return prefilter, s.Joins, match
}

// WithoutJoins returns what n says without the joins: a weaker formula.
func WithoutJoins(n formula.Node) formula.Node {
	switch n := n.(type) {
	case formula.And:
		out := make([]formula.Node, len(n))
		for i, m := range n {
			out[i] = WithoutJoins(m)
		}
		return formula.All(out...)
	case formula.Or:
		out := make([]formula.Node, len(n))
		for i, m := range n {
			out[i] = WithoutJoins(m)
		}
		return formula.Some(out...)
	case formula.Exists:
		if _, ok := n.Domain.(formula.Joined); ok {
			return formula.Constant(true)
		}
		if formula.Joins(n) {
			n.Body = WithoutJoins(n.Body)
		}
		return n
	case formula.Constant, formula.HoldsKey, *formula.KeyLookup, formula.Not, formula.Pair, *formula.Test:
		if formula.Joins(n) {
			return formula.Constant(true)
		}
	}
	return n
}

// name returns a fresh name for an element variable of the expression being written.
func (s *Scope) name(v *formula.Variable) (string, func()) {
	name := "e" + strconv.Itoa(len(s.names))
	s.names = append(s.names, named{v, name})
	return name, func() { s.names = s.names[:len(s.names)-1] }
}

// Path returns a field path of the scope's document.
func (s *Scope) Path(path string) string { return strings.TrimSuffix(s.Base+path, ".") }

// value spells a ref as an expression.
func (s *Scope) value(r formula.Ref) mql.Expr {
	if at, ok := s.Rows[r]; ok {
		return mql.Path(at)
	}
	if r.Var == s.Var {
		return mql.Path(s.Path(r.Path))
	}
	for i := len(s.names) - 1; i >= 0; i-- {
		if s.names[i].v == r.Var {
			if r.Path == "" {
				return mql.Var(s.names[i].name)
			}
			return mql.Var(s.names[i].name + "." + r.Path)
		}
	}
	return mql.Var(s.outer(r))
}

// outer returns the name of the let variable that brings a value of an enclosing document here.
func (s *Scope) outer(r formula.Ref) string {
	at := s
	for ; at.Outer != nil; at = at.Outer {
		if _, ok := at.Outer.Rows[r]; ok || at.Outer.Var == r.Var {
			break
		}
	}
	if at.Outer == nil {
		s.fail("a value that no enclosing document holds")
		return "missing"
	}
	for _, have := range at.Lets {
		if have.Ref == r {
			return have.Name
		}
	}
	name := "v" + strconv.Itoa(len(at.Lets))
	if at.Depth > 1 { // seen in nested pipelines too, so the depth keeps names apart
		name += "_" + strconv.Itoa(at.Depth)
	}
	at.Lets = append(at.Lets, let{r, name})
	return name
}
