package emit

import (
	"slices"
	"strings"

	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/formula"
	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/mql"
	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/slab"
)

// Query spells n as a query document over the value of v, whose fields are behind base.
// In a scope's own document everything can be said; inside an $elemMatch only what plain allows.
func (s *Scope) Query(n formula.Node, v *formula.Variable, base string) mql.Query {
	switch n := n.(type) {
	case formula.Constant:
		if n {
			return nil
		}
		return Nothing
	case formula.And:
		return s.queryAnd(n, v, base)
	case formula.Or:
		return mql.Some(s.alternatives(n, v, base)...)
	case formula.Not:
		return s.queryNot(n.Of, v, base)
	case *formula.Test:
		if n.Ref.Var != v {
			return s.queryExpr(n, v)
		}
		return s.queryTest(n, strings.TrimSuffix(base+n.Ref.Path, "."))
	case formula.Pair, formula.HoldsKey:
		return s.queryExpr(n, v)
	case formula.Exists:
		return s.queryExists(n, v, base)
	case *formula.KeyLookup:
		return s.queryKeyLookup(n, v, true)
	default:
		s.fail("formula %T", n)
		return Nothing
	}
}

func (s *Scope) queryExpr(n formula.Node, v *formula.Variable) mql.Query {
	if v != s.Var {
		s.fail("an expression inside $elemMatch")
		return Nothing
	}
	return mql.Query{mql.ExprMatch{Expr: s.expr(n)}}
}

// queryAnd merges the conjuncts into one document where their keys allow, in their order;
// expressions become one.
func (s *Scope) queryAnd(n formula.And, v *formula.Variable, base string) mql.Query {
	m := merger{out: make(mql.Query, 0, len(n))}
	var fields slab.Of[mql.Field]
	fields.Reserve(len(n))
	s.ops.Reserve(len(n))
	for _, c := range n {
		if t, ok := c.(*formula.Test); ok && t.Ref.Var == v && t.Compares() {
			if ops, err := (spelling{&t.Leaf, &s.ops}).ops(t.Kind == formula.SurelyTrue); err == nil && ops != nil {
				m.addField(fields.New(mql.Field{Path: strings.TrimSuffix(base+t.Ref.Path, "."), Ops: ops}))
				continue
			}
		}
		m.add(s.Query(c, v, base))
	}
	return m.query()
}

// without is the operator "no element does".
func without(arg mql.Arg) mql.Op { return mql.Is("$not", mql.Ops{mql.Is("$elemMatch", arg)}) }

// queryNot spells NOT n.
func (s *Scope) queryNot(n formula.Node, v *formula.Variable, base string) mql.Query {
	if v == s.Var && s.readsOuter(n) { // FerretDB refuses a $nor around an $expr with variables
		return mql.Query{mql.ExprMatch{Expr: s.expr(formula.Not{Of: n})}}
	}
	switch n := n.(type) {
	case formula.Exists:
		if as, q := s.whole(n); q != nil {
			return mql.On(as, without(q))
		}
		if s.isJoin(n) {
			return mql.On(s.lookup(n)+".0", Absent)
		}
		switch domain := n.Domain.(type) {
		case formula.Elements:
			if domain.Array.Var == v && plainElements(n) {
				return mql.On(base+domain.Array.Path, without(s.elementQuery(n)))
			}
		case formula.Keys:
			if ops := noKey(n); ops != nil && domain.List.Var == v {
				return mql.On(base+domain.List.Path, without(ops))
			}
		case formula.Joined:
		}
	case *formula.KeyLookup:
		return s.queryKeyLookup(n, v, false)
	case formula.Or:
		return mql.None(s.alternatives(n, v, base)...)
	case formula.And, formula.Constant, formula.HoldsKey, formula.Not, formula.Pair, *formula.Test:
	}
	q := s.Query(n, v, base)
	if _, ok := mql.Alone[mql.ExprMatch](q); ok {
		return mql.Query{mql.ExprMatch{Expr: s.expr(formula.Not{Of: n})}}
	}
	return mql.None(q)
}

// elementQuery spells the body of "some element" for an $elemMatch.
func (s *Scope) elementQuery(n formula.Exists) mql.Arg {
	if n.Body == formula.Constant(true) {
		return object
	}
	return s.Query(n.Body, n.Var, "")
}

// alternatives spells the branches of an OR. What is spelled as an $or itself joins them.
func (s *Scope) alternatives(n formula.Or, v *formula.Variable, base string) []mql.Query {
	branches := make([]mql.Query, 0, len(n))
	for _, m := range n {
		branches = appendBranches(branches, s.Query(m, v, base))
	}
	return branches
}

// appendBranches adds a query to the branches of an $or; of another $or, its own.
func appendBranches(to []mql.Query, q mql.Query) []mql.Query {
	if inner, ok := mql.Alone[mql.Logic](q); ok && inner.Op == mql.Or {
		return append(to, inner.Of...)
	}
	return append(to, q)
}

// readsOuter reports whether n, spelled as an expression, reads a variable of the $lookup that the
// scope is in.
func (s *Scope) readsOuter(n formula.Node) bool {
	if s.Outer == nil {
		return false
	}
	bound := []*formula.Variable{s.Var}
	reads := func(r formula.Ref) bool { return !slices.Contains(bound, r.Var) }
	var any func(n formula.Node) bool
	any = func(n formula.Node) bool {
		switch n := n.(type) {
		case formula.And:
			return slices.ContainsFunc(n, any)
		case formula.Or:
			return slices.ContainsFunc(n, any)
		case formula.Not:
			return any(n.Of)
		case *formula.Test:
			return reads(n.Ref)
		case formula.Pair:
			return reads(n.L) || reads(n.R)
		case formula.HoldsKey:
			return reads(n.Key.Local) || n.Of != nil
		case formula.Exists:
			if s.isJoin(n) {
				return false
			}
			bound = append(bound, n.Var)
			switch d := n.Domain.(type) {
			case formula.Elements:
				return reads(d.Array) || any(n.Body)
			case formula.Keys:
				return reads(d.List) || any(n.Body)
			case formula.Joined:
			}
		case formula.Constant, *formula.KeyLookup:
		}
		return false
	}
	return any(n)
}

func (s *Scope) queryTest(t *formula.Test, path string) mql.Query {
	switch t.Kind {
	case formula.SurelyTrue, formula.SurelyFalse:
		q, err := spelling{&t.Leaf, &s.ops}.query(path, t.Kind == formula.SurelyTrue)
		if err != nil && s.Err == nil {
			s.Err = err
		}
		return q
	case formula.IsNull:
		return mql.On(path, isNil...)
	case formula.IsMissing:
		return mql.On(path, Absent)
	case formula.IsSet:
		if t.IsID() {
			return mql.On(path, notNull)
		}
		return mql.None(mql.On(path, isNil...))
	case formula.IsKey:
		if t.IsID() {
			return mql.On(path, notNull)
		}
		return mql.On(path, IsKey...)
	case formula.IsDocument:
		return mql.On(path, ofType("object"), notArray)
	case formula.IsNoArray:
		return mql.On(path, notArray)
	case formula.IsListWithoutNull:
		return mql.On(path, ofType("array"), notNull)
	case formula.IsListOfDocuments:
		return mql.On(path, ofType("array"), without(mql.Ops{mql.Is("$not", object)}))
	case formula.IsEmptyList:
		return mql.On(path, mql.Is("$size", mql.Const{Value: int32(0)}))
	default:
		s.fail("test %d", t.Kind)
		return Nothing
	}
}

// queryExists spells "some element", "some key" or "some document" as a query.
func (s *Scope) queryExists(n formula.Exists, v *formula.Variable, base string) mql.Query {
	if s.isJoin(n) {
		if v != s.Var {
			s.fail("a join inside $elemMatch")
			return Nothing
		}
		if as, q := s.whole(n); q != nil {
			return mql.On(as, mql.Is("$elemMatch", q))
		}
		return mql.On(s.lookup(n)+".0", Present)
	}
	switch domain := n.Domain.(type) {
	case formula.Elements:
		if domain.Array.Var == v && plainElements(n) {
			return mql.On(base+domain.Array.Path, mql.Is("$elemMatch", s.elementQuery(n)))
		}
	case formula.Keys:
		if q := someKey(n, base+domain.List.Path); q != nil && domain.List.Var == v {
			return q
		}
	case formula.Joined:
	}
	return s.queryExpr(n, v)
}
