package emit

import (
	"strconv"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/formula"
	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/mql"
)

// The ends of a sub-pipeline that asks whether something is there.
var (
	LimitOne  = mql.Limit(1)
	ProjectID = mql.Project{Fields: mql.Object{{Name: "_id", Expr: mql.Const{Value: int32(1)}}}}
)

// lookup adds the join for n, or finds the one that is equal, and returns its helper field.
func (s *Scope) lookup(n formula.Exists) string {
	sub := &Scope{Prefix: s.Prefix, Var: n.Var, Outer: s, Depth: s.Depth + 1, Collection: n.Var.Collection}
	j := &mql.Lookup{}
	body := n.Body
	switch domain := n.Domain.(type) {
	case formula.Joined:
		body = s.lookupKeys(j, n, domain)
	case formula.Elements:
		j.Pipeline = sub.carry(j, domain.Array, arrayOr)
		body = formula.DocumentAt(formula.Ref{Var: n.Var}, body)
	case formula.Keys:
		j.Pipeline = sub.carry(j, domain.List, wrapped)
		body = formula.All(&formula.Test{Ref: formula.Ref{Var: n.Var}, Kind: formula.IsKey}, body)
	default:
		s.fail("a join over %T", n.Domain)
		return s.Prefix
	}
	j.Pipeline = append(j.Pipeline, Conditions(sub, body)...)
	if sub.Err != nil && s.Err == nil {
		s.Err = sub.Err
	}
	j.Pipeline = append(j.Pipeline, LimitOne, ProjectID)
	for _, let := range sub.Lets {
		if let.Ref.Var != sub.Var {
			j.Let = append(j.Let, mql.Member{Name: let.Name, Expr: s.value(let.Ref)})
		}
	}
	return s.add(j)
}

// lookupKeys gives a join the equality that one of its keys can be, and returns the body with what
// the others say.
func (s *Scope) lookupKeys(j *mql.Lookup, n formula.Exists, domain formula.Joined) formula.Node {
	body := n.Body
	j.From = n.Var.Collection
	equality := s.equality(domain)
	if equality >= 0 {
		k := domain[equality]
		j.LocalField, j.ForeignField = s.Path(k.Local.Path), k.Foreign.Path
		if k.List && k.Foreign.Path == "_id" { // null elements, [] and a missing list join a null _id
			body = formula.All(&formula.Test{Ref: formula.Ref{Var: n.Var, Path: "_id"}, Kind: formula.IsSet}, body)
		}
	} else {
		j.LocalField, j.ForeignField = s.equalFields(n)
	}
	for i, k := range domain {
		if i != equality || k.List && k.Foreign.Path != "_id" {
			body = formula.All(formula.HoldsKey{Key: k}, body)
		}
	}
	return body
}

// Conditions returns the stages that keep the scope's documents for which n holds.
func Conditions(l *Scope, n formula.Node) []mql.Stage {
	prefilter, joins, match := l.stages(n)
	var out []mql.Stage
	if len(prefilter) > 0 {
		out = append(out, mql.Match{Query: prefilter})
	}
	for _, j := range joins {
		out = append(out, j)
	}
	if len(match) > 0 {
		out = append(out, mql.Match{Query: match})
	}
	return out
}

// whole adds the plain equality join for a document with one _id and conditions on itself alone,
// and returns the helper field and what it must match. Servers run this form fastest, and clauses
// with other conditions share it. The query is nil for another join.
func (s *Scope) whole(n formula.Exists) (as string, q mql.Query) {
	domain, ok := n.Domain.(formula.Joined)
	if !ok || len(domain) != 1 || domain[0].List || domain[0].Foreign.Path != "_id" || domain[0].Local.Var != s.Var || n.Body == formula.Constant(true) || !plain(n.Body, n.Var) {
		return "", nil
	}
	as = s.add(&mql.Lookup{From: n.Var.Collection, LocalField: s.Path(domain[0].Local.Path), ForeignField: "_id"})
	return as, s.Query(n.Body, n.Var, "")
}

// add adds a join, unless an equal one is there, and returns its helper field.
func (s *Scope) add(j *mql.Lookup) string {
	for _, have := range s.Joins {
		if have.Finds(j) {
			return have.As
		}
	}
	j.As = s.Prefix + "_" + strconv.Itoa(len(s.Joins))
	s.Joins = append(s.Joins, j)
	return j.As
}

// carry makes the scope's documents of the elements of an array: the document they stand in is
// looked up once more, and the array unwound. So what can be said of a document can be said of an
// element. The array is the looked-up document's own, or that of an enclosing document, whose
// variable is seen here; only that of an element which is carried itself has to be brought along.
func (s *Scope) carry(j *mql.Lookup, array formula.Ref, expr func(mql.Expr) mql.Expr) (head []mql.Stage) {
	s.Collection, s.Base = s.Outer.Collection, "e."
	j.From, j.LocalField, j.ForeignField = s.Collection, "_id", "_id"
	value := s.Outer.value(array)
	if array.Var == s.Outer.Var && s.Outer.Base != "" {
		const name = "array"
		s.Lets = append(s.Lets, let{Ref: formula.Ref{Var: s.Var}, Name: name})
		j.Let = mql.Object{{Name: name, Expr: value}}
		value = mql.Var(name)
	}
	return []mql.Stage{mql.Project{Fields: mql.Object{{Name: "e", Expr: expr(value)}}}, mql.Unwind{Path: "e"}}
}

// equality chooses the key that localField and foreignField serve: one of this scope's document,
// first of all one whose foreign path crosses an array. -1 if there is none.
func (s *Scope) equality(keys formula.Joined) int {
	best := -1
	for i, k := range keys {
		if k.Local.Var == s.Var && (best < 0 || k.Foreign.CrossesArray() && !keys[best].Foreign.CrossesArray()) {
			best = i
		}
	}
	return best
}

// equalFields returns the fields of a comparison that binds a joined document to this scope's by
// equality: the join finds a superset of what the comparison, which stays, lets through, and finds
// it by an index.
func (s *Scope) equalFields(n formula.Exists) (local, foreign string) {
	for _, c := range formula.Conjuncts(n.Body) {
		if p, ok := c.(formula.Pair); ok && p.Op == filter.Eq && p.Truth && p.LZero == nil && p.RZero == nil {
			if p.L.Var == n.Var {
				p.L, p.R = p.R, p.L
			}
			if p.L.Var == s.Var && p.R.Var == n.Var {
				return s.Path(p.L.Path), p.R.Path
			}
		}
	}
	return "", ""
}
