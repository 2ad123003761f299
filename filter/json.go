package filter

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"strconv"
	"unicode/utf8"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// MarshalJSON returns f as JSON in the words of this package:
//
//	{"resource":"Book","clauses":[{"label":"own","entities":[{"name":"p","paths":[{"relation":"publisher"}]}],"conditions":[
//	  {"field":{"entity":"p","path":"name"},"op":"Eq","operand":{"param":"actor.publisher"},"not":true},
//	  {"any":[…clauses]}, {"none":…clause}, {"surely":…clause}, {"exists":"p"}, {"constant":"true"}]}]}
//
// A filter that allows everything is {"resource":"Book","allowAll":true,"clauses":[]}.
//
// An operand is one of {"value":…}, {"values":[…]} (a list), {"field":{…}} and {"param":"…"}. Values are in canonical extended
// JSON; what that cannot carry, such as a document with a key "$oid", is {"bson":"…"}: in base64, the BSON document whose only
// field "v" holds the value or list. The same filter always gives the same bytes.
//
// The errors are a [*MalformedError] for a condition, operator, operand or value that is none, or a name that is not UTF-8, and a
// [*LimitError] for a filter beyond [MaxDepth] or [MaxConditions].
func (f Filter) MarshalJSON() ([]byte, error) {
	if err := f.wellFormed(); err != nil {
		return nil, err
	}
	var e encoder
	e.raw(`{"resource":`).string(f.Resource)
	e.flag("allowAll", f.AllowAll)
	e.raw(`,"clauses":`)
	e.clauses(f.Clauses)
	e.raw("}")
	if e.err != nil {
		return nil, inside(f.Resource, e.err)
	}
	return e.out, nil
}

// encoder appends JSON. It keeps the first error.
type encoder struct {
	out []byte
	err error
}

func (e *encoder) raw(s string) *encoder {
	e.out = append(e.out, s...)
	return e
}

func (e *encoder) string(s string) *encoder {
	if !utf8.ValidString(s) && e.err == nil {
		e.err = malformed("", "a name that is not UTF-8")
	}
	quoted, _ := json.Marshal(s) // as json.Marshal would quote it inside of something else
	e.out = append(e.out, quoted...)
	return e
}

// optional appends a key and its string, unless that is empty, after more if something precedes it.
func (e *encoder) optional(key, s string) {
	if s != "" {
		e.key(key).string(s)
	}
}

func (e *encoder) flag(key string, b bool) {
	if b {
		e.key(key).raw("true")
	}
}

// key appends a key of an object, with the comma before it.
func (e *encoder) key(key string) *encoder {
	if e.out[len(e.out)-1] != '{' {
		e.raw(",")
	}
	return e.raw(`"` + key + `":`)
}

func array[T any](e *encoder, in []T, element func(*T)) {
	e.raw("[")
	for i := range in {
		if i > 0 {
			e.raw(",")
		}
		element(&in[i])
	}
	e.raw("]")
}

func (e *encoder) clauses(in []Clause) { array(e, in, e.clause) }

func (e *encoder) clause(c *Clause) {
	e.raw("{")
	e.optional("label", c.Label)
	if len(c.Entities) != 0 {
		e.key("entities")
		array(e, c.Entities, e.entity)
	}
	e.key("conditions")
	array(e, c.Conditions, e.condition)
	e.raw("}")
}

func (e *encoder) entity(in *Entity) {
	e.raw("{").key("name").string(in.Name)
	e.optional("type", in.Type)
	if len(in.Paths) != 0 {
		e.key("paths")
		array(e, in.Paths, func(p *Path) {
			e.raw("{")
			e.optional("from", p.From)
			e.key("relation").string(p.Relation).raw("}")
		})
	}
	e.raw("}")
}

func (e *encoder) condition(in *Condition) {
	e.raw("{")
	switch c := (*in).(type) {
	case Comparison:
		e.key("field").field(c.Field)
		e.key("op").string(c.Op.String())
		if c.Operand != nil {
			e.key("operand").operand(c.Operand)
		}
		e.flag("not", c.Not)
	case Any:
		e.key("any").clauses(c)
	case None:
		e.key("none").clause((*Clause)(&c))
	case Surely:
		e.key("surely").clause((*Clause)(&c))
	case Exists:
		e.key("exists").string(c.Entity)
	case Constant:
		e.key("constant").string(c.String())
	case Invalid: // wellFormed has refused it
	}
	e.raw("}")
}

func (e *encoder) field(f Field) {
	e.raw("{")
	e.optional("entity", f.Entity)
	e.key("path").string(f.Path).raw("}")
}

func (e *encoder) operand(o Operand) {
	e.raw("{")
	switch o := o.(type) {
	case Literal:
		e.literal(o.Value)
	case Field:
		e.key("field").field(o)
	case Param:
		e.key("param").string(string(o))
	}
	e.raw("}")
}

func (e *encoder) literal(v any) {
	elements, isList, err := elements(v)
	if err == nil && !isList {
		elements = make([]bson.RawValue, 1)
		elements[0], err = Value(v)
	}
	if err != nil {
		if e.err == nil {
			e.err = inside("a value", err)
		}
		return
	}
	texts := make([]string, len(elements))
	for i := range elements {
		text, ok := extendedJSON(elements[i])
		if !ok {
			e.bson(elements, isList)
			return
		}
		texts[i] = text
	}
	if !isList {
		e.key("value").raw(texts[0])
		return
	}
	e.key("values")
	array(e, texts, func(s *string) { e.raw(*s) })
}

// bson appends values in the form that carries everything.
func (e *encoder) bson(elements []bson.RawValue, isList bool) {
	v := any(elements)
	if !isList {
		v = elements[0]
	}
	b, err := bson.Marshal(bson.D{{Key: "v", Value: v}})
	if err != nil && e.err == nil {
		e.err = malformed("a value", "cannot be encoded as BSON")
	}
	e.key("bson").raw(strconv.Quote(base64.StdEncoding.EncodeToString(b)))
}

const envelope = `{"v":`

// extendedJSON returns a value in canonical extended JSON, if that reads as the same value again.
func extendedJSON(v bson.RawValue) (string, bool) {
	b, err := bson.MarshalExtJSON(bson.D{{Key: "v", Value: v}}, true, true)
	if err != nil || !bytes.HasPrefix(b, []byte(envelope)) || !bytes.HasSuffix(b, []byte("}")) {
		return "", false
	}
	text, err := json.Marshal(json.RawMessage(b[len(envelope) : len(b)-1])) // the driver leaves spaces
	if err != nil {
		return "", false
	}
	again, err := fromExtendedJSON(text)
	return string(text), err == nil && again.Equal(v)
}

func fromExtendedJSON(text []byte) (v bson.RawValue, err error) {
	var d bson.Raw
	if err := bson.UnmarshalExtJSON(append(append([]byte(envelope), text...), '}'), false, &d); err != nil {
		return v, err
	}
	return d.LookupErr("v")
}
