package polar

import (
	"maps"
	"strings"
	"unicode/utf8"
)

// block is a resource block.
type block struct {
	class    string
	names    map[string]string // what is declared: the rule that it stands for
	related  map[string]string // the classes of the relations
	implied  []implication
	declared int // the line
}

// implication is a rule of a block: head if by, or head if by on relation.
type implication struct {
	head, by, relation string
	line               int
}

// keywords are no names, but behind a dot.
var keywords = map[string]bool{
	"new": true, "in": true, "cut": true, "debug": true, "print": true, "isa": true, "forall": true, "if": true, "and": true, "or": true,
	"not": true, "matches": true, "type": true, "mod": true, "rem": true, "trace": true, "inf": true, "nan": true, "true": true, "false": true,
}

// parser reads a policy. It panics with a *Error; Parse recovers.
type parser struct {
	text string
	line int
	kind tokenKind
	tok  string // the text of a symbol or an operator, the value of a string
	at   int    // the token's line
	from int    // where the token begins, and the whole text's length
	size int
}

type tokenKind uint8

const (
	end tokenKind = iota
	symbol
	text
	number
	fraction
	operator
)

// Parse returns the rules of a policy, those included that its resource blocks stand for. Inline queries and declarations of types are left out.
// The errors are *Error.
func Parse(policy string) (rules []Rule, err error) {
	p := &parser{text: policy, line: 1, size: len(policy)}
	defer func() {
		if r := recover(); r != nil {
			problem, ok := r.(*Error)
			if !ok {
				panic(r)
			}
			rules, err = nil, problem
		}
	}()
	blocks := map[string]*block{}
	var order []*block
	p.next()
	for p.kind != end {
		switch {
		case p.is(operator, "?="): // an inline query authorizes nobody
			p.skip()
		case p.is(symbol, "type"):
			p.skip()
		case p.is(symbol, "actor"), p.is(symbol, "resource"):
			p.next()
			b := p.block()
			if first := blocks[b.class]; first != nil { // of an actor that is a resource, too
				for name := range b.names {
					if first.names[name] != "" {
						p.refuse("resource block", "two of one class declare one name")
					}
				}
				maps.Copy(first.names, b.names)
				maps.Copy(first.related, b.related)
				first.implied = append(first.implied, b.implied...)
				continue
			}
			blocks[b.class] = b
			order = append(order, b)
		default:
			rules = append(rules, p.rule())
		}
	}
	for _, b := range order {
		for _, i := range b.implied {
			rules = append(rules, p.implied(blocks, b, i))
		}
	}
	return rules, nil
}

// refuse ends the parsing.
func (p *parser) refuse(construct, problem string) {
	panic(&Error{Construct: construct, Line: p.at, Problem: problem})
}

func (p *parser) is(kind tokenKind, tok string) bool { return p.kind == kind && p.tok == tok }

// take goes on if the token is the operator or symbol.
func (p *parser) take(tok string) bool {
	if (p.kind == operator || p.kind == symbol) && p.tok == tok {
		p.next()
		return true
	}
	return false
}

func (p *parser) want(tok string) {
	if !p.take(tok) {
		p.refuse("the text", "there is no "+tok+" where one belongs")
	}
}

// symbol returns a name.
func (p *parser) symbol() string {
	if p.kind != symbol || keywords[p.tok] {
		p.refuse("the text", "there is no name where one belongs")
	}
	defer p.next()
	return p.tok
}

func (p *parser) skip() {
	for !p.is(operator, ";") {
		if p.kind == end {
			p.refuse("the text", "it ends within a line of its own")
		}
		p.next()
	}
	p.next()
}

const operators = ": , [ ] ( ) { } . ! * / + - == != <= >= < > = | ; := ?= "

// next reads a token as Oso does.
func (p *parser) next() {
	p.blanks()
	p.at, p.from = p.line, p.size-len(p.text)
	if p.text == "" {
		p.kind, p.tok = end, ""
		return
	}
	c, size := utf8.DecodeRuneInString(p.text)
	switch {
	case c == '"':
		p.str()
	case c >= '0' && c <= '9':
		p.number()
	case c == '_' || !punctuation(c):
		n := size
		for n < len(p.text) {
			c, size := utf8.DecodeRuneInString(p.text[n:])
			if strings.HasPrefix(p.text[n:], "::") {
				n += 2
				continue
			}
			if c == '?' {
				n++
				break
			}
			if c != '_' && (punctuation(c) || strings.ContainsRune(" \t\n\r\f", c)) {
				break
			}
			n += size
		}
		p.kind, p.tok, p.text = symbol, p.text[:n], p.text[n:]
	default:
		n := 1
		if len(p.text) > 1 && strings.Contains(operators, " "+p.text[:2]+" ") {
			n = 2
		}
		if !strings.Contains(" "+operators, " "+p.text[:n]+" ") {
			p.refuse("the text", "it has a character that Polar has not")
		}
		p.kind, p.tok, p.text = operator, p.text[:n], p.text[n:]
	}
}

// punctuation reports whether a character ends a name.
func punctuation(c rune) bool {
	return c > ' ' && c < 0x7f && !(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z')
}

func (p *parser) blanks() {
	for p.text != "" {
		switch p.text[0] {
		case '\n':
			p.line++
		case ' ', '\t', '\r':
		case '#':
			if i := strings.IndexAny(p.text, "\r\n"); i >= 0 {
				p.text = p.text[i:]
			} else {
				p.text = ""
			}
			continue
		default:
			return
		}
		p.text = p.text[1:]
	}
}

// escapes are what Oso reads behind a backslash; it loads no text with others, but quotes and backslashes.
var escapes = map[byte]byte{'n': '\n', 'r': '\r', 't': '\t', '0': 0}

func (p *parser) str() {
	var b strings.Builder
	for i := 1; i < len(p.text); i++ {
		switch p.text[i] {
		case '"':
			p.kind, p.tok, p.text = text, b.String(), p.text[i+1:]
			return
		case '\n':
			p.refuse("the text", "a string does not end on its line")
		case '\\':
			i++
			if i == len(p.text) {
				break
			}
			if c, ok := escapes[p.text[i]]; ok {
				b.WriteByte(c)
				continue
			}
			fallthrough
		default:
			b.WriteByte(p.text[i])
		}
	}
	p.refuse("the text", "a string does not end")
}

func (p *parser) number() {
	digits := func(n int) int {
		for n < len(p.text) && p.text[n] >= '0' && p.text[n] <= '9' {
			n++
		}
		return n
	}
	n := digits(0)
	p.kind = number
	if n < len(p.text) && p.text[n] == '.' {
		p.kind, n = fraction, digits(n+1)
	}
	if n < len(p.text) && (p.text[n] == 'e' || p.text[n] == 'E') {
		p.kind, n = fraction, digits(n+1)
		if n < len(p.text) && (p.text[n] == '+' || p.text[n] == '-') {
			n = digits(n + 1)
		}
	}
	p.tok, p.text = p.text[:n], p.text[n:]
}
