package pipeline

import (
	"strconv"
	"strings"

	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/mql"
)

// level is one pipeline being written: the root's, or the sub-pipeline of a $lookup.
type level struct {
	prefix     string    // of helper fields
	v          *variable // the document that flows through it
	base       string    // where v's value is in that document: "" or ends in a dot
	collection string    // the collection the document is of
	up         *level    // the pipeline that the $lookup stands in
	depth      int
	lets       []let   // of the $lookup
	names      []named // element variables bound by the expression being written, innermost last
	joins      []*mql.Lookup
	rows       map[ref]string // of a pipeline whose documents are rows: where the values of several variables are
	err        error
}

// let is a variable of a $lookup: a value of the enclosing document.
type let struct {
	ref  ref
	name string
}

type named struct {
	v    *variable
	name string
}

func (l *level) fail(format string, args ...any) {
	if l.err == nil {
		l.err = unsupportedf(format, args...)
	}
}

// nothing is the query that selects nothing, without a scan.
var nothing = mql.On("_id", mql.Is("$in", mql.List{}))

// stages writes the pipeline that keeps the documents for which n holds: a prefilter where there are joins, the joins, the match.
func (l *level) stages(n node) (prefilter mql.Query, joins []*mql.Lookup, match mql.Query) {
	match = l.query(n, l.v, l.base)
	if len(l.joins) > 0 {
		prefilter = l.query(withoutJoins(n), l.v, l.base)
	}
	return prefilter, l.joins, match
}

// withoutJoins returns what n says without the joins: a weaker formula.
func withoutJoins(n node) node {
	switch n := n.(type) {
	case and:
		out := make([]node, len(n))
		for i, m := range n {
			out[i] = withoutJoins(m)
		}
		return all(out...)
	case or:
		out := make([]node, len(n))
		for i, m := range n {
			out[i] = withoutJoins(m)
		}
		return some(out...)
	case exists:
		if _, ok := n.domain.(joined); ok {
			return constant(true)
		}
		if joins(n) {
			n.body = withoutJoins(n.body)
		}
		return n
	default:
		if joins(n) {
			return constant(true)
		}
		return n
	}
}

// name returns a fresh name for an element variable of the expression being written.
func (l *level) name(v *variable) (string, func()) {
	name := "e" + strconv.Itoa(len(l.names))
	l.names = append(l.names, named{v, name})
	return name, func() { l.names = l.names[:len(l.names)-1] }
}

// path returns a field path of the level's document.
func (l *level) path(path string) string { return strings.TrimSuffix(l.base+path, ".") }

// value spells a ref as an expression.
func (l *level) value(r ref) mql.Expr {
	if at, ok := l.rows[r]; ok {
		return mql.Path(at)
	}
	if r.v == l.v {
		return mql.Path(l.path(r.path))
	}
	for i := len(l.names) - 1; i >= 0; i-- {
		if l.names[i].v == r.v {
			if r.path == "" {
				return mql.Var(l.names[i].name)
			}
			return mql.Var(l.names[i].name + "." + r.path)
		}
	}
	return mql.Var(l.outer(r))
}

// outer returns the name of the let variable that brings a value of an enclosing document here.
func (l *level) outer(r ref) string {
	at := l
	for ; at.up != nil; at = at.up {
		if _, ok := at.up.rows[r]; ok || at.up.v == r.v {
			break
		}
	}
	if at.up == nil {
		l.fail("a value that no enclosing document holds")
		return "missing"
	}
	for _, have := range at.lets {
		if have.ref == r {
			return have.name
		}
	}
	name := "v" + strconv.Itoa(len(at.lets))
	if at.depth > 1 { // seen in nested pipelines too, so the depth keeps names apart
		name += "_" + strconv.Itoa(at.depth)
	}
	at.lets = append(at.lets, let{r, name})
	return name
}
