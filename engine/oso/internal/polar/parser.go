package polar

import (
	"cmp"
	"slices"
	"strings"
)

// rule reads a rule: name(parameters) if body;
func (p *parser) rule() Rule {
	r := Rule{Line: p.at, Name: p.symbol()}
	p.want("(")
	for !p.take(")") {
		r.Params = append(r.Params, p.param())
		if !p.take(",") {
			p.want(")")
			break
		}
	}
	if p.take("if") {
		r.From = p.from
		r.Body = p.or()
		r.To = p.from
	}
	p.want(";")
	return r
}

func (p *parser) param() Param {
	out := Param{Value: p.value()}
	if !p.take(":") {
		return out
	}
	e := p.pattern()
	if e.Op != Pattern {
		p.refuse("a parameter", "its specializer is neither a class nor a pattern")
	}
	out.Class = e.Name
	for _, f := range e.Args {
		attr := &Expr{Op: Dot, Name: f.Name, Args: []*Expr{out.Value}, Line: f.Line}
		out.Fields = append(out.Fields, &Expr{Op: "=", Args: []*Expr{attr, f.Args[0]}, Line: f.Line})
	}
	return out
}

// pattern reads what may stand behind a colon or matches: a class with attributes, attributes alone, or a value.
func (p *parser) pattern() *Expr {
	e := &Expr{Op: Pattern, Line: p.at}
	if p.kind == symbol && !keywords[p.tok] {
		e.Name = p.symbol()
	} else if !p.is(operator, "{") {
		return p.value()
	}
	if p.take("{") {
		for !p.take("}") {
			f := &Expr{Op: Attribute, Line: p.at, Name: p.attribute()}
			p.want(":")
			f.Args = []*Expr{p.unary()}
			if p.is(operator, "{") {
				p.refuse("a pattern", "with another in it: ask of the attribute by matches")
			}
			e.Args = append(e.Args, f)
			if !p.take(",") {
				p.want("}")
				break
			}
		}
	}
	return e
}

// or reads alternatives, and so on down to values; what binds tighter comes later.
func (p *parser) or() *Expr  { return p.chain(p.and, "or") }
func (p *parser) and() *Expr { return p.chain(p.not, "and") }

func (p *parser) chain(operand func() *Expr, ops ...string) *Expr {
	e := operand()
	for {
		i := slices.IndexFunc(ops, p.takes)
		if i < 0 {
			return e
		}
		e = &Expr{Op: ops[i], Args: []*Expr{e, operand()}, Line: e.Line}
	}
}

// takes goes on if the token is the operator.
func (p *parser) takes(op string) bool { return p.take(op) }

func (p *parser) not() *Expr {
	at := p.at
	if p.take("not") {
		return &Expr{Op: "not", Args: []*Expr{p.unify()}, Line: at}
	}
	return p.unify()
}

func (p *parser) unify() *Expr { return p.chain(p.compared, "=", ":=") }

func (p *parser) compared() *Expr { return p.chain(p.sum, "==", "!=", "<=", ">=", "<", ">") }

func (p *parser) sum() *Expr { return p.chain(p.product, "+", "-") }

func (p *parser) product() *Expr { return p.chain(p.member, "*", "/", "mod", "rem") }

func (p *parser) member() *Expr {
	e := p.unary()
	for {
		switch {
		case p.take("in"):
			e = &Expr{Op: "in", Args: []*Expr{e, p.unary()}, Line: e.Line}
		case p.take("matches"):
			e = &Expr{Op: "matches", Args: []*Expr{e, p.pattern()}, Line: e.Line}
		default:
			return e
		}
	}
}

// unary reads a value with its dots.
func (p *parser) unary() *Expr {
	e := p.value()
	for p.take(".") {
		if p.take("(") { // the attribute is what an expression says
			e = &Expr{Op: "a computed attribute", Args: append([]*Expr{e}, p.list(")")...), Line: e.Line}
			continue
		}
		e = &Expr{Op: Dot, Line: p.at, Name: p.attribute(), Args: []*Expr{e}}
		if p.take("(") {
			e.Op = Method
			e.Args = append(e.Args, p.list(")")...)
		}
	}
	return e
}

// attribute returns the name behind a dot, which may be a keyword.
func (p *parser) attribute() string {
	if p.kind != symbol && p.kind != text {
		p.refuse("the text", "there is no name where one belongs")
	}
	defer p.next()
	return p.tok
}

func (p *parser) value() *Expr {
	e := &Expr{Line: p.at, Op: Constant, Name: p.tok}
	switch {
	case p.kind == text:
		e.Name = "\"" + p.tok // so that it is no number
		p.next()
	case p.kind == number: // spelled one way: 01 is 1
		e.Name = cmp.Or(strings.TrimLeft(p.tok, "0"), "0")
		p.next()
	case p.is(symbol, "true"), p.is(symbol, "false"), p.is(symbol, "nil"):
		p.next()
	case p.kind == fraction, p.is(symbol, "inf"), p.is(symbol, "nan"):
		e.Op = Fraction
		p.next()
	case p.is(operator, "-"), p.is(operator, "+"): // of a number
		sign := p.tok
		p.next()
		if p.kind != number && p.kind != fraction {
			p.refuse("the text", "a sign stands before what is no number")
		}
		e = p.value()
		if sign == "-" && e.Name != "0" {
			e.Name = sign + e.Name
		}
	case p.is(operator, "*"): // the rest of a list
		p.next()
		e.Op, e.Name = Variable, p.symbol()
	case p.is(symbol, "cut"):
		e.Op = p.tok
		p.next()
		if p.take("(") {
			e.Args = p.list(")")
		}
	case p.is(symbol, "forall"), p.is(symbol, "print"), p.is(symbol, "debug"):
		e.Op = p.tok
		p.next()
		p.want("(")
		e.Args = p.list(")")
	case p.is(symbol, "new"):
		e.Op = p.tok
		p.next()
		e.Args = []*Expr{p.value()}
	case p.kind == symbol:
		e.Op, e.Name = Variable, p.symbol()
		if p.take("(") {
			e.Op, e.Args = Call, p.list(")")
		}
	case p.take("["):
		e.Op, e.Args = List, p.list("]")
	case p.take("{"):
		e.Op, e.Name = List, Dictionary
		for !p.take("}") {
			p.attribute()
			p.want(":")
			e.Args = append(e.Args, p.unary())
			if !p.take(",") {
				p.want("}")
				break
			}
		}
	case p.take("("):
		e = p.or()
		p.want(")")
	default:
		p.refuse("the text", "there is no value where one belongs")
	}
	return e
}

func (p *parser) list(closing string) (args []*Expr) {
	for !p.take(closing) {
		e := p.or()
		if p.take(":") { // a keyword argument
			e = p.or()
		}
		args = append(args, e)
		if !p.take(",") {
			p.want(closing)
			break
		}
	}
	return args
}

// block reads a resource block behind its keyword.
func (p *parser) block() *block {
	b := &block{declared: p.at, class: p.symbol(), names: map[string]string{}, related: map[string]string{}}
	p.want("{")
	for !p.take("}") {
		if p.kind == text {
			b.implied = append(b.implied, p.implication())
			continue
		}
		switch what := p.symbol(); what {
		case "roles", "permissions":
			p.want("=")
			p.want("[")
			for !p.take("]") {
				b.names[p.string()] = map[string]string{"roles": "has_role", "permissions": "has_permission"}[what]
				if !p.take(",") {
					p.want("]")
					break
				}
			}
		case "relations":
			p.want("=")
			p.want("{")
			for !p.take("}") {
				name := p.symbol()
				p.want(":")
				b.names[name], b.related[name] = "has_relation", p.symbol()
				if !p.take(",") {
					p.want("}")
					break
				}
			}
		default:
			p.refuse("resource block", "it declares what is not known here")
		}
		p.want(";")
	}
	return b
}

func (p *parser) string() string {
	if p.kind != text {
		p.refuse("resource block", "there is no string where one belongs")
	}
	defer p.next()
	return p.tok
}

func (p *parser) implication() implication {
	i := implication{line: p.at, head: p.string()}
	p.want("if")
	i.by = p.string()
	if p.take("on") {
		i.relation = p.string()
	}
	p.want(";")
	return i
}

// implied returns the rule that an implication stands for.
func (p *parser) implied(blocks map[string]*block, b *block, i implication) Rule {
	p.at = i.line
	about := func(first, what, of string) []*Expr {
		return []*Expr{
			{Op: Variable, Name: first, Line: i.line}, {Op: Constant, Name: "\"" + what, Line: i.line}, {Op: Variable, Name: of, Line: i.line},
		}
	}
	ask := func(name, first, what, of string) *Expr {
		return &Expr{Op: Call, Name: name, Args: about(first, what, of), Line: i.line}
	}
	r := Rule{Name: b.names[i.head], Line: i.line}
	for _, v := range about("actor", i.head, "resource") {
		r.Params = append(r.Params, Param{Value: v})
	}
	r.Params[2].Class = b.class
	by := b.names[i.by]
	r.Body = ask(by, "actor", i.by, "resource")
	if i.relation != "" {
		related := blocks[b.related[i.relation]]
		if related == nil {
			p.refuse("resource block", "a relation leads to a class without a block")
		}
		by = related.names[i.by]
		r.Body = &Expr{Op: "and", Line: i.line, Args: []*Expr{
			ask("has_relation", "related", i.relation, "resource"), ask(by, "actor", i.by, "related"),
		}}
	}
	if r.Name == "" || by == "" {
		p.refuse("resource block", "a rule speaks of what is not declared")
	}
	return r
}
