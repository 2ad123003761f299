package emit

import (
	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/formula"
	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/mql"
)

// isJoin says whether n becomes a $lookup: a document of a collection, or an element from which one
// must be looked up.
func (s *Scope) isJoin(n formula.Exists) bool {
	if _, ok := n.Domain.(formula.Joined); ok {
		return true
	}
	return dependentJoin(n)
}

// dependentJoin reports whether a join inside n reads an element that n, or something inside it,
// binds.
func dependentJoin(n formula.Exists) bool {
	var bound []*formula.Variable
	formula.Walk(n, func(m formula.Node) bool {
		if e, ok := m.(formula.Exists); ok && e.Var.Collection == "" {
			bound = append(bound, e.Var)
		}
		return true
	})
	isFree := func(r formula.Ref) bool {
		for _, v := range bound {
			if r.Var == v {
				return false
			}
		}
		return true
	}
	return !formula.Walk(n, func(m formula.Node) bool {
		e, ok := m.(formula.Exists)
		if !ok {
			return true
		}
		if _, ok := e.Domain.(formula.Joined); !ok {
			return true
		}
		return formula.Refs(e, isFree)
	})
}

// plain reports whether n can be said inside an $elemMatch over v: it speaks of v and what is
// embedded in it only.
func plain(n formula.Node, v *formula.Variable) bool {
	switch n := n.(type) {
	case formula.Constant:
		return bool(n)
	case *formula.Test:
		return n.Ref.Var == v
	case formula.And:
		for _, m := range n {
			if !plain(m, v) {
				return false
			}
		}
		return true
	case formula.Or:
		for _, m := range n {
			if !plain(m, v) {
				return false
			}
		}
		return true
	case formula.Not:
		if e, ok := n.Of.(formula.Exists); ok {
			if d, ok := e.Domain.(formula.Keys); ok {
				return d.List.Var == v && noKey(e) != nil
			}
		}
		return plain(n.Of, v)
	case formula.Exists:
		switch d := n.Domain.(type) {
		case formula.Elements:
			return d.Array.Var == v && plainElements(n)
		case formula.Keys:
			return d.List.Var == v && someKey(n, "k") != nil
		case formula.Joined:
		}
	case formula.HoldsKey, *formula.KeyLookup, formula.Pair:
	}
	return false
}

// plainElements reports whether "some element" can be an $elemMatch. That also offers nested arrays
// as documents, so the body must need a field inside the element, unless the array is known to hold
// documents only.
func plainElements(n formula.Exists) bool {
	return plain(n.Body, n.Var) && (n.Body == formula.Constant(true) || n.Domain.(formula.Elements).DocsOnly || formula.Forces(n.Body, n.Var, ""))
}

// someKey spells "some key of the list" where every condition is a list of operators; nil where it
// is not.
func someKey(n formula.Exists, path string) mql.Query {
	if n.Body == formula.Constant(true) {
		return mql.Some(mql.On(path, mql.Is("$elemMatch", IsKey)), mql.On(path, IsKey...))
	}
	tests, ok := n.Body.(formula.And)
	if !ok {
		tests = formula.And{n.Body}
	}
	ops := mql.Ops{}
	for _, m := range tests {
		t, ok := m.(*formula.Test)
		if !ok || t.Ref.Var != n.Var || t.Kind != formula.SurelyTrue && t.Kind != formula.SurelyFalse {
			return nil
		}
		es, one, err := spelling{Leaf: &t.Leaf}.element(t.Kind == formula.SurelyTrue)
		if err != nil || es == nil {
			return nil
		}
		if one && formula.Alias(t.Leaf.Type) == "" && t.Kind == formula.SurelyFalse {
			es = append(es, notArray)
		}
		if len(tests) == 1 && t.Kind == formula.SurelyTrue && (t.Leaf.Op == filter.Eq || t.Leaf.Op == filter.In) {
			return mql.On(path, es...)
		}
		for _, e := range es {
			if !addOperator(&ops, e) {
				return nil
			}
		}
	}
	if len(ops) == 0 {
		return nil
	}
	alone := ops[:len(ops):len(ops)]
	if !addOperator(&alone, notArray) {
		return nil
	}
	return mql.Some(mql.On(path, mql.Is("$elemMatch", ops)), mql.On(path, alone...))
}

// addOperator adds an operator to those on one value. It reports false where another argument of it
// is there.
func addOperator(ops *mql.Ops, op mql.Op) bool {
	for _, have := range *ops {
		if have.Name == op.Name {
			return mql.EqualArgs(have.Arg, op.Arg)
		}
	}
	*ops = append(*ops, op)
	return true
}

// noKey spells the element of the $elemMatch that no key of a known list may match, where it is
// one: a value that is neither an array nor surely false. Nested arrays are no keys.
func noKey(n formula.Exists) mql.Ops {
	if n.Body == formula.Constant(true) {
		return IsKey
	}
	negated, ok := n.Body.(formula.Not)
	if !ok {
		return nil
	}
	t, ok := negated.Of.(*formula.Test)
	if !ok || t.Ref.Var != n.Var || t.Kind != formula.SurelyFalse || t.Leaf.Op != filter.Eq && t.Leaf.Op != filter.In || formula.Alias(t.Leaf.Type) == "" {
		return nil
	}
	ops, _, err := spelling{Leaf: &t.Leaf}.element(false)
	if err != nil || ops == nil {
		return nil
	}
	ops[0].Arg = mql.Array{ops[0].Arg, mql.Const{Value: "array"}}
	return mql.Ops{mql.Is("$not", ops)}
}
