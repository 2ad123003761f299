package pipeline

import (
	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/mql"
)

// isJoin says whether n becomes a $lookup: a document of a collection, or an element from which one must be looked up.
func (l *level) isJoin(n exists) bool {
	if _, ok := n.domain.(joined); ok {
		return true
	}
	return dependentJoin(n)
}

// dependentJoin reports whether a join inside n reads an element that n, or something inside it, binds.
func dependentJoin(n exists) bool {
	var bound []*variable
	walk(n, func(m node) bool {
		if e, ok := m.(exists); ok && e.v.collection == "" {
			bound = append(bound, e.v)
		}
		return true
	})
	isFree := func(r ref) bool {
		for _, v := range bound {
			if r.v == v {
				return false
			}
		}
		return true
	}
	return !walk(n, func(m node) bool {
		e, ok := m.(exists)
		if !ok {
			return true
		}
		if _, ok := e.domain.(joined); !ok {
			return true
		}
		return refs(e, isFree)
	})
}

// plain reports whether n can be said inside an $elemMatch over v: it speaks of v and what is embedded in it only.
func plain(n node, v *variable) bool {
	switch n := n.(type) {
	case constant:
		return bool(n)
	case test:
		return n.ref.v == v
	case and:
		for _, m := range n {
			if !plain(m, v) {
				return false
			}
		}
		return true
	case or:
		for _, m := range n {
			if !plain(m, v) {
				return false
			}
		}
		return true
	case not:
		if e, ok := n.of.(exists); ok {
			if d, ok := e.domain.(keys); ok {
				return d.list.v == v && noKey(e) != nil
			}
		}
		return plain(n.of, v)
	case exists:
		switch d := n.domain.(type) {
		case elements:
			return d.array.v == v && plainElements(n)
		case keys:
			return d.list.v == v && someKey(n, "k") != nil
		case joined:
		}
	}
	return false
}

// plainElements reports whether "some element" can be an $elemMatch. That also offers nested arrays as documents, so the body
// must need a field inside the element, unless the array is known to hold documents only.
func plainElements(n exists) bool {
	return plain(n.body, n.v) && (n.body == constant(true) || n.domain.(elements).docsOnly || forces(n.body, n.v, ""))
}

// someKey spells "some key of the list" where every condition is a list of operators; nil where it is not.
func someKey(n exists, path string) mql.Query {
	if n.body == constant(true) {
		return mql.Some(mql.On(path, mql.Is("$elemMatch", isKey)), mql.On(path, isKey...))
	}
	tests, ok := n.body.(and)
	if !ok {
		tests = and{n.body}
	}
	ops := mql.Ops{}
	for _, m := range tests {
		t, ok := m.(test)
		if !ok || t.ref.v != n.v || t.kind != testTrue && t.kind != testFalse {
			return nil
		}
		es, one, err := spelling{t.leaf}.element(t.kind == testTrue)
		if err != nil || es == nil {
			return nil
		}
		if one && alias(t.leaf.typ) == "" && t.kind == testFalse {
			es = append(es, notArray)
		}
		if len(tests) == 1 && t.kind == testTrue && (t.leaf.op == filter.Eq || t.leaf.op == filter.In) {
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

// noKey spells the element of the $elemMatch that no key of a known list may match, where it is one: a value that is neither
// an array nor surely false. Nested arrays are no keys.
func noKey(n exists) mql.Ops {
	if n.body == constant(true) {
		return isKey
	}
	negated, ok := n.body.(not)
	if !ok {
		return nil
	}
	t, ok := negated.of.(test)
	if !ok || t.ref.v != n.v || t.kind != testFalse || t.leaf.op != filter.Eq && t.leaf.op != filter.In || alias(t.leaf.typ) == "" {
		return nil
	}
	ops, _, err := spelling{t.leaf}.element(false)
	if err != nil || ops == nil {
		return nil
	}
	ops[0].Arg = mql.Array{ops[0].Arg, mql.Const{Value: "array"}}
	return mql.Ops{mql.Is("$not", ops)}
}
