package adapter

import "slices"

// lost are the words and operators that Oso's filter loses, or that it does not take, with the reason. None of them is a name.
var lost = map[string]string{
	"<":       ordered,
	">":       ordered,
	"<=":      ordered,
	">=":      ordered,
	"not":     "Oso's filter has some negations as their opposite",
	"forall":  "Oso's filter has no quantifier",
	"cut":     "it is applied while the document is not known yet",
	"matches": "Oso's filter does not ask whether the value is there",
	"isa":     "Oso's filter does not ask whether the value is there",
	"inf":     "Oso's filter has the number without its fraction",
	"nan":     "Oso's filter has the number without its fraction",
	"new":     "instances of a policy's own cannot be compared in a database",
	"debug":   "it stops the service",
	"print":   "it shows the actor",
	"mod":     arithmetic,
	"rem":     arithmetic,
	"+":       arithmetic,
	"-":       arithmetic,
	"*":       arithmetic,
	"/":       arithmetic,
	":=":      "assignments are for debugging",
	"global":  "global blocks are not known here",
	"trace":   "it is for debugging",
}

const (
	ordered    = "Oso's filter has a comparison by order as an equality"
	arithmetic = "Oso's filter has no arithmetic, and loses fractions"
)

// rule reads a rule: name(parameters) if body;
func (p *parser) rule() rule {
	p.lossless()
	r := rule{line: p.at, name: p.symbol()}
	p.want("(")
	for !p.take(")") {
		r.params = append(r.params, p.param())
		if !p.take(",") {
			p.want(")")
			break
		}
	}
	if p.take("if") {
		r.body = p.or()
	}
	p.lossless()
	p.want(";")
	return r
}

// lossless refuses the token if it is one that the filter loses.
func (p *parser) lossless() {
	if p.kind == symbol || p.kind == operator {
		if why := lost[p.tok]; why != "" {
			p.refuse(p.tok, why)
		}
	}
}

func (p *parser) param() param {
	out := param{value: p.unary()}
	if !p.take(":") {
		return out
	}
	if p.kind == symbol {
		out.class = p.symbol()
	}
	if p.take("{") {
		for !p.take("}") {
			f := &expr{op: dot, name: p.symbol(), args: []*expr{out.value}, line: p.at}
			p.want(":")
			out.fields = append(out.fields, &expr{op: "=", args: []*expr{f, p.unary()}, line: f.line})
			if !p.take(",") {
				p.want("}")
				break
			}
		}
	} else if out.class == "" {
		p.refuse("a parameter", "its specializer is neither a class nor a pattern")
	}
	return out
}

// or reads alternatives; and binds tighter.
func (p *parser) or() *expr {
	return p.chain("or", func() *expr { return p.chain("and", p.comparison) })
}

func (p *parser) chain(op string, operand func() *expr) *expr {
	e := operand()
	for p.take(op) {
		e = &expr{op: op, args: []*expr{e, operand()}, line: e.line}
	}
	return e
}

func (p *parser) comparison() *expr {
	left := p.unary()
	p.lossless()
	for _, op := range []string{"=", "==", "!=", "in"} {
		if p.take(op) {
			if op == "==" {
				op = "="
			}
			e := &expr{op: op, args: []*expr{left, p.unary()}, line: left.line}
			p.lossless()
			return e
		}
	}
	return left
}

// unary reads a value with its dots.
func (p *parser) unary() *expr {
	if p.is(operator, "-") { // of a number
		p.next()
		if p.kind != number {
			p.refuse("-", arithmetic)
		}
	}
	e := p.value()
	for p.take(".") {
		if p.kind != symbol {
			p.refuse("a dot", "what follows it is no name")
		}
		e = &expr{op: dot, name: p.tok, args: []*expr{e}, line: p.at} // a keyword is a name here
		p.next()
		if p.take("(") {
			e.op = method
			e.args = append(e.args, p.list(")")...)
		}
	}
	return e
}

func (p *parser) value() *expr {
	p.lossless()
	e := &expr{line: p.at, op: literal}
	switch {
	case p.kind == text, p.kind == number, p.is(symbol, "true"), p.is(symbol, "false"), p.is(symbol, "nil"):
		p.next()
	case p.kind == symbol:
		e.op, e.name = variable, p.symbol()
		if p.take("(") {
			e.op, e.args = call, p.list(")")
		}
	case p.take("["):
		e.op, e.args = list, p.list("]")
	case p.take("{"):
		e.op = list
		for !p.take("}") {
			p.symbol()
			p.want(":")
			e.args = append(e.args, p.unary())
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

func (p *parser) list(closing string) (args []*expr) {
	for !p.take(closing) {
		args = append(args, p.or())
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
func (p *parser) implied(blocks map[string]*block, b *block, i implication) rule {
	p.at = i.line
	variables := func(names ...string) (out []*expr) {
		for _, n := range names {
			e := &expr{op: variable, name: n, line: i.line}
			if n == "" {
				e.op = literal
			}
			out = append(out, e)
		}
		return out
	}
	ask := func(name, of string) *expr {
		return &expr{op: call, name: name, args: variables("actor", "", of), line: i.line}
	}
	r := rule{name: b.names[i.head], line: i.line}
	for _, v := range variables("actor", "", "resource") {
		r.params = append(r.params, param{value: v})
	}
	r.params[2].class = b.class
	by := b.names[i.by]
	r.body = ask(by, "resource")
	if i.relation != "" {
		related := blocks[b.related[i.relation]]
		if related == nil {
			p.refuse("resource block", "a relation leads to a class without a block")
		}
		by = related.names[i.by]
		reach := &expr{op: call, name: "has_relation", args: variables("related", "", "resource"), line: i.line}
		r.body = &expr{op: "and", args: []*expr{reach, ask(by, "related")}, line: i.line}
	}
	if !slices.Contains([]string{"has_role", "has_permission", "has_relation"}, r.name) || by == "" {
		p.refuse("resource block", "a rule speaks of what is not declared")
	}
	return r
}
