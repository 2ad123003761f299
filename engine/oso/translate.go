package oso

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/osohq/go-oso/types"
)

// translate returns the filter for what Oso found of the resource, in as many ways as a rule may hold.
func (e *Engine) translate(c *class, found []any) (filter.Filter, error) {
	alternatives := make([][]formula, 0, len(found))
	everything := false
	for _, x := range found {
		a := e.newAlternative(c)
		f, err := a.whole(x)
		if err != nil {
			return filter.Deny(c.name), err
		}
		parts, possible := flatten(f)
		if possible {
			alternatives = append(alternatives, parts)
			everything = everything || len(parts) == 0
		}
	}
	if everything {
		return filter.Allow(c.name), nil
	}
	clauses := make([]filter.Clause, 0, len(alternatives))
	for _, parts := range fold(alternatives) {
		clauses = append(clauses, clause(parts, map[*entity]bool{}))
	}
	return filter.For(c.name, clauses...), nil
}

// whole translates one partial result.
func (a *alternative) whole(x any) (formula, error) {
	if o := a.engine.classes.unwrap(x); o != nil {
		f, err := a.compareDocument(place{entity: a.root, class: a.root.class}, filter.Eq, literal{object: o}, false)
		if u, ok := err.(*UnsupportedError); ok && u.Construct == "" {
			u.Construct = "the resource"
		}
		return f, err
	}
	if _, ok := isOperationOf(x, types.OperatorAnd{}); !ok {
		return nil, unsupported(construct(x), "is no condition on the resource")
	}
	x = a.ordered(x)
	f, err := a.formula(x, false, true)
	if err != nil {
		return nil, err
	}
	rest, err := a.elements()
	return append(all{f}, rest...), err
}

func isOperationOf(x any, op types.OperatorVariant) ([]any, bool) {
	e, ok := x.(types.Expression)
	if !ok || e.Operator.OperatorVariant != op {
		return nil, false
	}
	return e.Args, true
}

// ordered returns an AND with its parts, those of ANDs inside it included, in an order in which variables are bound before they are used.
func (a *alternative) ordered(x any) any {
	var parts []any
	var gather func(x any)
	gather = func(x any) {
		args, ok := isOperationOf(x, types.OperatorAnd{})
		if !ok {
			parts = append(parts, x)
			return
		}
		for _, arg := range args {
			gather(arg)
		}
	}
	gather(x)
	bound := map[types.Variable]bool{this: true}
	var first, rest []any
	for len(parts) > 0 {
		rest = rest[:0:0]
		for _, p := range parts {
			if f := fact(p); f != "" { // Oso repeats under a not what stands before it
				a.known[f] = true
			}
			args, ok := isOperation[types.OperatorIn](p, 2)
			v, isVariable := any(nil), false
			if ok {
				v, isVariable = args[0], isUnbound(args[0])
			}
			if isVariable && bound[base(args[1])] {
				bound[v.(types.Variable)] = true
				first = append(first, p)
			} else {
				rest = append(rest, p)
			}
		}
		if len(rest) == len(parts) {
			break
		}
		parts = rest
	}
	return types.Expression{Operator: types.Operator{OperatorVariant: types.OperatorAnd{}}, Args: append(first, parts...)}
}

// fact names what binds a variable, or says what it matches, if no value is part of it; else it returns "".
func fact(x any) string {
	_, isIn := isOperation[types.OperatorIn](x, 2)
	_, isIsa := isOperation[types.OperatorIsa](x, 2)
	if !isIn && !isIsa {
		return ""
	}
	if f := render(x); !strings.Contains(f, "?") {
		return f
	}
	return ""
}

func isUnbound(x any) bool {
	v, ok := x.(types.Variable)
	return ok && v != this
}

// base returns the variable that a path starts from.
func base(x any) types.Variable {
	if v, ok := x.(types.Variable); ok {
		return v
	}
	if args, ok := isOperation[types.OperatorDot](x, 2); ok {
		return base(args[0])
	}
	return ""
}

// flatten returns the parts of an AND without constants, and whether it may hold at all.
func flatten(f formula) (parts []formula, possible bool) {
	switch f := f.(type) {
	case all:
		for _, g := range f {
			inner, ok := flatten(g)
			if !ok {
				return nil, false
			}
			parts = append(parts, inner...)
		}
		return parts, true
	case some:
		var ways some
		for _, g := range f {
			inner, ok := flatten(g)
			switch {
			case !ok:
			case len(inner) == 0:
				return nil, true
			case len(inner) == 1:
				ways = append(ways, inner[0])
			default:
				ways = append(ways, all(inner))
			}
		}
		switch len(ways) {
		case 0:
			return nil, false
		case 1:
			return flatten(ways[0])
		}
		return []formula{ways}, true
	case leaf:
	}
	return []formula{f}, true
}

func sortedVariables(m map[types.Variable]*binding) []types.Variable {
	return slices.SortedFunc(maps.Keys(m), cmp.Compare[types.Variable])
}
