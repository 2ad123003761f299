package relations

import (
	"math"
	"strconv"
	"strings"
)

// tag is what one struct tag declares.
type tag struct {
	skip, key, strict, required bool
	absentZero, absentEmpty     bool
	value                       ValueType
	convert                     Conversion
	relations                   []Relation // a side of a key pair that the tag leaves out is empty
	where                       []Constant // of the embedded document that the tag stands on
}

// ofOneValue reports whether the tag says something that an embedded document cannot have.
func (t tag) ofOneValue() bool {
	return t.key || t.strict || t.required || t.absentZero || t.convert != NoConversion
}

// parseTag reads a struct tag; the grammar is in the comment of Struct. The problem, "" if there is
// none, quotes words, never a value.
func parseTag(text string) (_ tag, problem string) {
	switch strings.TrimSpace(text) {
	case "":
		return tag{}, ""
	case "-":
		return tag{skip: true}, ""
	}
	p := tagParser{}
	if p.tokens, problem = lexTag(text); problem != "" {
		return tag{}, problem
	}
	var t tag
	for {
		p.item(&t)
		if p.problem != "" {
			return tag{}, p.problem
		}
		if !p.accept(";") {
			break
		}
	}
	if next := p.peek(); next.kind != end {
		return tag{}, "found " + next.String() + " where the declaration could end"
	}
	return t, ""
}

type tokenKind uint8

const (
	end         tokenKind = iota
	word                  // a name, a path, a number
	quotedText            // 'text'
	punctuation           // one of , ; =
)

type token struct {
	kind tokenKind
	text string
}

func (t token) String() string {
	switch t.kind {
	case end:
		return "the end"
	case quotedText:
		return "a quoted text" // a value
	default:
		return strconv.Quote(t.text)
	}
}

func lexTag(s string) (tokens []token, problem string) {
	for {
		s = strings.TrimLeft(s, " \t")
		switch {
		case s == "":
			return tokens, ""
		case s[0] == ',' || s[0] == ';' || s[0] == '=':
			tokens = append(tokens, token{punctuation, s[:1]})
			s = s[1:]
		case s[0] == '\'':
			var b strings.Builder
			for {
				text, rest, closed := strings.Cut(s[1:], "'")
				if !closed {
					return nil, "a quoted text without end"
				}
				b.WriteString(text)
				if !strings.HasPrefix(rest, "'") {
					s = rest
					break
				}
				b.WriteByte('\'') // '' inside stands for one '
				s = rest
			}
			tokens = append(tokens, token{quotedText, b.String()})
		default:
			n := strings.IndexAny(s, " \t,;='")
			if n < 0 {
				n = len(s)
			}
			tokens = append(tokens, token{word, s[:n]})
			s = s[n:]
		}
	}
}

// tagParser reads tokens. After a problem its methods do nothing.
type tagParser struct {
	tokens  []token
	problem string
}

func (p *tagParser) peek() token {
	if len(p.tokens) == 0 || p.problem != "" {
		return token{}
	}
	return p.tokens[0]
}

// accept takes the next token if it is that word or punctuation.
func (p *tagParser) accept(text string) bool {
	if next := p.peek(); next.kind == end || next.kind == quotedText || next.text != text {
		return false
	}
	p.tokens = p.tokens[1:]
	return true
}

func (p *tagParser) fail(problem string) {
	if p.problem == "" {
		p.problem = problem
	}
}

// word takes the next token, which must be a word.
func (p *tagParser) word(what string) string {
	next := p.peek()
	if next.kind != word {
		p.fail("found " + next.String() + " instead of " + what)
		return ""
	}
	p.tokens = p.tokens[1:]
	return next.text
}

func (p *tagParser) item(t *tag) {
	if next := p.peek(); next.text == "where" || next.text == "near" {
		t.where = append(t.where, p.constants()...)
		return
	}
	name := p.word("a declaration")
	switch next := p.peek(); {
	case next.kind == end || next.text == ";":
		p.flag(t, name)
		return
	case name == "absent" && p.accept("zero"):
		p.once(&t.absentZero, "absent zero")
		return
	case name == "absent" && p.accept("empty"):
		p.once(&t.absentEmpty, "absent empty")
		return
	}
	r := Relation{Name: name}
	switch {
	case p.accept("references"):
		r.Kind, r.Type = ReferencesOne, p.word("a type") // many, if a key is a list
		r.Keys = []KeyPair{{}}
		if p.accept("by") {
			r.Keys = p.pairs()
		}
		r.Where = p.constants()
		r.Complete = p.accept("complete")
	case p.accept("has"):
		switch {
		case p.accept("one"):
			r.Kind = HasOne
		case p.accept("many"):
			r.Kind = HasMany
		default:
			p.fail("found " + p.peek().String() + " instead of one or many")
		}
		r.Type = p.word("a type")
		if !p.accept("by") {
			p.fail("found " + p.peek().String() + " instead of by and the keys")
		}
		r.Keys = p.pairs()
		r.Where = p.constants()
		r.Required = r.Kind == HasOne && p.accept("required")
	case p.accept("through"):
		r.Kind = Through
		for {
			r.Through = append(r.Through, p.word("a relation"))
			if !p.accept(",") {
				break
			}
		}
	default:
		p.fail("found " + p.peek().String() + " instead of references, has or through")
	}
	t.relations = append(t.relations, r)
}

// pairs reads local=foreign pairs; a lone path is the foreign one.
func (p *tagParser) pairs() (pairs []KeyPair) {
	for {
		pair := KeyPair{Foreign: p.word("a field")}
		if p.accept("=") {
			pair.Local, pair.Foreign = pair.Foreign, p.word("a field")
		}
		pairs = append(pairs, pair)
		if !p.accept(",") {
			return pairs
		}
	}
}

// constants reads what follows where, for the far side, and near.
func (p *tagParser) constants() (constants []Constant) {
	for {
		near := false
		switch {
		case p.accept("where"):
		case p.accept("near"):
			near = true
		default:
			return constants
		}
		for {
			c := Constant{Near: near, Field: p.word("a field")}
			if !p.accept("=") {
				p.fail("found " + p.peek().String() + " instead of =")
			}
			c.Value = p.value()
			constants = append(constants, c)
			if !p.accept(",") {
				break
			}
		}
	}
}

// value reads 'text', true, false or a number.
func (p *tagParser) value() any {
	next := p.peek()
	if len(p.tokens) > 0 {
		p.tokens = p.tokens[1:]
	}
	switch next.kind {
	case quotedText:
		return next.text
	case word:
		if next.text == "true" || next.text == "false" {
			return next.text == "true"
		}
		if n, err := strconv.Atoi(next.text); err == nil {
			return n
		}
		if x, err := strconv.ParseFloat(next.text, 64); err == nil && !math.IsInf(x, 0) && !math.IsNaN(x) {
			return x
		}
		p.fail("a value that is no number, true or false: texts stand in single quotes")
	default:
		p.fail("found " + next.String() + " instead of a value")
	}
	return nil
}

var tagTypes = map[string]ValueType{
	"any": AnyType, "number": Number, "string": String, "bool": Bool, "objectid": ObjectID, "date": Date, "binary": Binary,
	"timestamp": Timestamp, "document": Document,
}

var tagConversions = map[string]Conversion{"hex": FromHex, "uuid": FromUUID, "rfc3339": FromRFC3339}

const besides = " is declared besides another of its kind"

// once declares what can be declared once only.
func (p *tagParser) once(flag *bool, name string) {
	if *flag {
		p.fail(strconv.Quote(name) + besides)
	}
	*flag = true
}

func (p *tagParser) flag(t *tag, name string) {
	value, isType := tagTypes[name]
	convert, isConversion := tagConversions[name]
	switch {
	case p.problem != "":
	case name == "key":
		p.once(&t.key, name)
	case name == "strict":
		p.once(&t.strict, name)
	case name == "required":
		p.once(&t.required, name)
	case isType && t.value == 0:
		t.value = value
	case isConversion && t.convert == NoConversion:
		t.convert = convert
	case isType, isConversion:
		p.fail(strconv.Quote(name) + besides)
	case name == "absent":
		p.fail("absent needs zero or empty")
	case name == "-":
		p.fail("- stands alone")
	default:
		p.fail("an unknown declaration " + strconv.Quote(name))
	}
}
