package filter

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"unicode"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// String returns f as text for a person: "no Book" if it denies, "every Book" if it allows, else "Book where" and the clauses,
//
//	Book where
//	  public = true  (public books)
//	  or publisher p: p.name = $actor.publisher and none(loan l: l.late = true)
//
// What lies beyond [MaxDepth] or [MaxConditions] is written as "…". An entity is written as the
// relation and its name, or as "some" with type and name if it is free; a parameter has a $, a
// label stands in parentheses at the end of its clause. It holds the values that are compared: see
// [Filter.Redacted].
func (f Filter) String() string { return f.text(false) }

// Redacted returns f as [Filter.String] does, with a ? for each value or list of values. Names, parameters and labels are shown.
func (f Filter) Redacted() string { return f.text(true) }

// LogValue is what log/slog shows of f: [Filter.Redacted].
func (f Filter) LogValue() slog.Value { return slog.StringValue(f.Redacted()) }

// String returns c as it stands in [Filter.String].
func (c Clause) String() string { return one(func(p *printer) { p.labelled(&c) }) }

// String returns e as it stands in [Filter.String], such as "publisher p".
func (e Entity) String() string { return one(func(p *printer) { p.entity(&e) }) }

// String returns c as it stands in [Filter.String], such as "p.age not < 18".
func (c Comparison) String() string { return one(func(p *printer) { p.condition(c) }) }

// String returns a as it stands in [Filter.String], such as "(a = 1 or b = 2)".
func (a Any) String() string { return one(func(p *printer) { p.condition(a) }) }

// String returns n as it stands in [Filter.String], such as "none(loan l: l.late = true)".
func (n None) String() string { return one(func(p *printer) { p.condition(n) }) }

// String returns s as it stands in [Filter.String], such as "surely(p.locked = true)".
func (s Surely) String() string { return one(func(p *printer) { p.condition(s) }) }

// String returns e as it stands in [Filter.String], such as "p exists".
func (e Exists) String() string { return one(func(p *printer) { p.condition(e) }) }

// String returns the problem in parentheses.
func (i Invalid) String() string { return one(func(p *printer) { p.condition(i) }) }

// String returns l as it stands in [Filter.String]: strings in quotes, lists in brackets, documents as extended JSON.
func (l Literal) String() string { return one(func(p *printer) { p.operand(l) }) }

// String returns f as it stands in [Filter.String], such as "p.name".
func (f Field) String() string { return one(func(p *printer) { p.field(f) }) }

// String returns p as it stands in [Filter.String], such as "$actor.id".
func (p Param) String() string { return "$" + word(string(p)) }

func (f Filter) text(redact bool) string {
	p := printer{redact: redact}
	resource := "document"
	if f.Resource != "" {
		resource = word(f.Resource)
	}
	switch {
	case f.Outcome() == Denied:
		return "no " + resource
	case f.Outcome() == Allowed:
		return "every " + resource
	case len(f.Clauses) == 1:
		p.WriteString(resource + " where ")
		p.labelled(&f.Clauses[0])
	default:
		p.WriteString(resource + " where")
		for i := range f.Clauses {
			p.WriteString("\n  ")
			if i > 0 {
				p.WriteString("or ")
			}
			p.labelled(&f.Clauses[i])
		}
	}
	return p.String()
}

type printer struct {
	strings.Builder
	redact bool
	seen   visits
}

func one(write func(p *printer)) string {
	var p printer
	write(&p)
	return p.String()
}

func (p *printer) labelled(c *Clause) {
	p.clause(c)
	p.label(c.Label)
}

func (p *printer) label(label string) {
	if label != "" {
		p.WriteString("  (" + printable(label) + ")")
	}
}

func (p *printer) clause(c *Clause) {
	if !p.seen.enter(c) {
		p.WriteString("…")
		return
	}
	defer p.seen.leave()
	for i := range c.Entities {
		p.comma(i)
		p.entity(&c.Entities[i])
	}
	switch {
	case len(c.Conditions) != 0 && len(c.Entities) != 0:
		p.WriteString(": ")
	case len(c.Conditions) == 0 && len(c.Entities) == 0:
		p.WriteString("(empty)")
	}
	for i, condition := range c.Conditions {
		if i > 0 {
			p.WriteString(" and ")
		}
		p.condition(condition)
	}
}

func (p *printer) comma(i int) {
	if i > 0 {
		p.WriteString(", ")
	}
}

func (p *printer) entity(e *Entity) {
	if len(e.Paths) == 0 {
		p.WriteString("some " + word(e.Type))
	}
	for i, path := range e.Paths {
		if i > 0 {
			p.WriteString(" & ")
		}
		p.field(Field{path.From, path.Relation})
	}
	p.WriteString(" " + word(e.Name))
}

func (p *printer) condition(c Condition) {
	switch c := c.(type) {
	case Comparison:
		p.comparison(&c)
	case Any:
		p.any(c)
	case None:
		p.WriteString("none(")
		p.clause((*Clause)(&c))
		p.WriteString(")")
	case Surely:
		p.WriteString("surely(")
		p.clause((*Clause)(&c))
		p.WriteString(")")
	case Exists:
		p.WriteString(word(c.Entity) + " exists")
	case Constant:
		p.WriteString(c.String())
	case Invalid:
		p.WriteString("(" + printable(c.Problem) + ")")
	default:
		fmt.Fprintf(p, "(%T)", c)
	}
}

func (p *printer) any(a Any) {
	if len(a) == 0 {
		p.WriteString("(empty)")
		return
	}
	p.WriteString("(")
	for i := range a {
		if i > 0 {
			p.WriteString(" or ")
		}
		if enclosed := len(a[i].Entities) != 0 || len(a[i].Conditions) > 1; enclosed && len(a) > 1 {
			p.WriteString("(")
			p.clause(&a[i])
			p.WriteString(")")
		} else {
			p.clause(&a[i])
		}
	}
	p.WriteString(")")
}

var operatorTexts = [...]string{
	Eq: "=", Ne: "!=", Lt: "<", Lte: "<=", Gt: ">", Gte: ">=", In: "in", Nin: "not in", IsNull: "is null", IsSet: "is set",
	Contains: "contains", Intersects: "intersects", SubsetOf: "subset of",
	StartsWith: "starts with", EndsWith: "ends with", ContainsText: "contains text",
}

var negations = map[Operator]Operator{Eq: Ne, Ne: Eq, In: Nin, Nin: In, IsNull: IsSet, IsSet: IsNull}

func (p *printer) comparison(c *Comparison) {
	p.field(c.Field)
	op, not := c.Op, c.Not
	if opposite, ok := negations[op]; ok && not {
		op, not = opposite, false
	}
	p.WriteString(" ")
	if not {
		p.WriteString("not ")
	}
	if op.Valid() {
		p.WriteString(operatorTexts[op])
	} else {
		p.WriteString(op.String())
	}
	if c.Operand != nil || !op.Unary() {
		p.WriteString(" ")
		p.operand(c.Operand)
	}
}

func (p *printer) field(f Field) {
	if f.Entity != "" {
		p.WriteString(word(f.Entity) + ".")
	}
	p.WriteString(word(f.Path))
}

func (p *printer) operand(o Operand) {
	switch o := o.(type) {
	case Literal:
		p.literal(o.Value)
	case Field:
		p.field(o)
	case Param:
		p.WriteString(o.String())
	default:
		fmt.Fprintf(p, "(%T)", o)
	}
}

func (p *printer) literal(v any) {
	if p.redact {
		p.WriteString("?")
		return
	}
	values, isList, ok := values(v)
	switch {
	case !ok:
		fmt.Fprintf(p, "(%T)", v)
	case !isList:
		p.WriteString(valueText(values[0]))
	default:
		p.WriteString("[")
		for i := range values {
			p.comma(i)
			p.WriteString(valueText(values[i]))
		}
		p.WriteString("]")
	}
}

func valueText(v bson.RawValue) string {
	switch v.Type {
	case bson.TypeNull:
		return "null"
	case bson.TypeString:
		return strconv.Quote(v.StringValue())
	case bson.TypeBoolean:
		return strconv.FormatBool(v.Boolean())
	case bson.TypeInt32, bson.TypeInt64:
		return strconv.FormatInt(v.AsInt64(), 10)
	case bson.TypeDouble:
		return strconv.FormatFloat(v.Double(), 'g', -1, 64)
	case bson.TypeDecimal128:
		return v.Decimal128().String()
	case bson.TypeDateTime:
		return v.Time().UTC().Format("2006-01-02T15:04:05.999Z")
	case bson.TypeObjectID:
		return "ObjectID(" + v.ObjectID().Hex() + ")"
	case bson.TypeBinary:
		subtype, b := v.Binary()
		if subtype == bson.TypeBinaryUUID && len(b) == 16 {
			h := hex.EncodeToString(b)
			return "UUID(" + h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:] + ")"
		}
		return "Binary(" + itoa(int(subtype)) + ", " + base64.StdEncoding.EncodeToString(b) + ")"
	default:
		return v.String()
	}
}

// word returns a name as it is, or quoted if it could be mistaken for something else.
func word(name string) string {
	plain := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("_.-$", r) }
	if name == "" || strings.ContainsFunc(name, func(r rune) bool { return !plain(r) }) {
		return strconv.Quote(name)
	}
	return name
}

// printable returns a text as it is, or quoted if it could break out of its line.
func printable(text string) string {
	if strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return strconv.Quote(text)
	}
	return text
}
