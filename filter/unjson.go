package filter

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"strings"
	"unicode/utf8"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/internal/literal"
)

// UnmarshalJSON sets f to the filter that [Filter.MarshalJSON] wrote, or that was written by hand in the same form; relaxed
// extended JSON is read too. Values become what the schema's Check makes of them: bson.RawValue, or []bson.RawValue for a list.
//
// Nothing is guessed: a key that is unknown, there twice or missing, a clause without a condition,
// an unknown operator, another kind of value are a [*MalformedError] that says where, such as
// "clauses[1].conditions[0].op"; a filter nested deeper than [MaxDepth] is a [*LimitError]. Then f
// is left as it was.
func (f *Filter) UnmarshalJSON(data []byte) error {
	if !utf8.Valid(data) {
		return malformed("", "not UTF-8")
	}
	d := decoder{json: json.NewDecoder(bytes.NewReader(data))}
	var out Filter
	err := d.object(keys{
		"resource": func() error { return d.string(&out.Resource) },
		"allowAll": func() error { return d.bool(&out.AllowAll) },
		"clauses":  func() error { return arrayOf(&d, &out.Clauses, d.clause) },
	}, "resource", "clauses")
	if err != nil {
		return err
	}
	if _, err := d.json.Token(); err != io.EOF {
		return malformed("", "more than one JSON value")
	}
	if err := out.wellFormed(); err != nil {
		return err
	}
	*f = out
	return nil
}

// keys says what reads the value of each key of an object.
type keys map[string]func() error

// decoder reads JSON token by token, so that nothing is skipped, folded or overwritten.
type decoder struct {
	json  *json.Decoder
	path  []string // to the value being read
	depth int      // of clauses
}

func (d *decoder) fail(problem string) error {
	return malformed(strings.TrimPrefix(strings.Join(d.path, ""), "."), problem)
}

func (d *decoder) token() (json.Token, error) {
	t, err := d.json.Token()
	if err != nil {
		return nil, d.fail("broken JSON")
	}
	return t, nil
}

func (d *decoder) at(step string, read func() error) error {
	d.path = append(d.path, step)
	err := read()
	d.path = d.path[:len(d.path)-1]
	return err
}

func (d *decoder) object(known keys, required ...string) error {
	t, err := d.token()
	if err != nil {
		return err
	}
	if t != json.Delim('{') {
		return d.fail("not an object")
	}
	seen := map[string]bool{}
	for d.json.More() {
		t, err := d.token()
		if err != nil {
			return err
		}
		key := t.(string) // of an object, or token would have failed
		read := known[key]
		switch {
		case read == nil:
			return d.at("."+word(short(key)), func() error { return d.fail("an unknown key") })
		case seen[key]:
			return d.at("."+key, func() error { return d.fail("is there twice") })
		}
		seen[key] = true
		if err := d.at("."+key, read); err != nil {
			return err
		}
	}
	for _, key := range required {
		if !seen[key] {
			return d.at("."+key, func() error { return d.fail("is missing") })
		}
	}
	_, err = d.token()
	return err
}

func short(s string) string {
	if len(s) > 40 {
		return strings.ToValidUTF8(s[:40], "") + "…"
	}
	return s
}

// arrayOf reads an array into a slice that is nil if it is empty.
func arrayOf[T any](d *decoder, to *[]T, element func(*T) error) error {
	t, err := d.token()
	if err != nil {
		return err
	}
	if t != json.Delim('[') {
		return d.fail("not an array")
	}
	for d.json.More() {
		var v T
		if err := d.at("["+itoa(len(*to))+"]", func() error { return element(&v) }); err != nil {
			return err
		}
		*to = append(*to, v)
	}
	_, err = d.token()
	return err
}

func (d *decoder) string(to *string) error {
	t, err := d.token()
	if err != nil {
		return err
	}
	s, ok := t.(string)
	if !ok {
		return d.fail("not a string")
	}
	*to = s
	return nil
}

func (d *decoder) bool(to *bool) error {
	t, err := d.token()
	if err != nil {
		return err
	}
	b, ok := t.(bool)
	if !ok {
		return d.fail("not true or false")
	}
	*to = b
	return nil
}

func (d *decoder) clause(c *Clause) error {
	if d.depth++; d.depth > MaxDepth {
		return tooDeep()
	}
	err := d.object(keys{
		"label":      func() error { return d.string(&c.Label) },
		"entities":   func() error { return arrayOf(d, &c.Entities, d.entity) },
		"conditions": func() error { return arrayOf(d, &c.Conditions, d.condition) },
	}, "conditions")
	d.depth--
	return err
}

func (d *decoder) entity(e *Entity) error {
	return d.object(keys{
		"name": func() error { return d.string(&e.Name) },
		"type": func() error { return d.string(&e.Type) },
		"paths": func() error {
			return arrayOf(d, &e.Paths, func(p *Path) error {
				return d.object(keys{
					"from":     func() error { return d.string(&p.From) },
					"relation": func() error { return d.string(&p.Relation) },
				}, "relation")
			})
		},
	}, "name")
}

func (d *decoder) condition(to *Condition) error {
	var (
		c          Comparison
		compares   bool
		kinds      int
		comparison = func(read func() error) func() error {
			return func() error {
				if !compares {
					compares = true
					kinds++
				}
				return read()
			}
		}
	)
	err := d.object(keys{
		"field":   comparison(func() error { return d.field(&c.Field) }),
		"op":      comparison(func() error { return d.operator(&c.Op) }),
		"operand": comparison(func() error { return d.operand(&c.Operand) }),
		"not":     comparison(func() error { return d.bool(&c.Not) }),
		"any": func() error {
			kinds++
			a := Any{}
			err := arrayOf(d, (*[]Clause)(&a), d.clause)
			*to = a
			return err
		},
		"none": func() error {
			kinds++
			var n Clause
			err := d.clause(&n)
			*to = None(n)
			return err
		},
		"surely": func() error {
			kinds++
			var s Clause
			err := d.clause(&s)
			*to = Surely(s)
			return err
		},
		"exists": func() error {
			kinds++
			var e Exists
			err := d.string(&e.Entity)
			*to = e
			return err
		},
		"constant": func() error {
			kinds++
			return d.constant(to)
		},
	})
	switch {
	case err != nil:
		return err
	case kinds != 1:
		return d.fail("not one of a comparison, any, none, surely, exists and constant")
	case !compares:
		return nil
	case c.Field == Field{}:
		return d.fail("a comparison without a field")
	}
	if err := c.wellFormed(); err != nil {
		return d.fail(err.(*MalformedError).Problem)
	}
	*to = c
	return nil
}

func (d *decoder) field(f *Field) error {
	return d.object(keys{
		"entity": func() error { return d.string(&f.Entity) },
		"path":   func() error { return d.string(&f.Path) },
	}, "path")
}

func (d *decoder) operand(to *Operand) error {
	kinds := 0
	one := func(read func() error) func() error {
		return func() error {
			kinds++
			return read()
		}
	}
	err := d.object(keys{
		"value": one(func() error {
			var v bson.RawValue
			err := d.value(&v)
			*to = Literal{v}
			return err
		}),
		"values": one(func() error {
			values := []bson.RawValue{}
			err := arrayOf(d, &values, d.value)
			*to = Literal{values}
			return err
		}),
		"bson": one(func() error { return d.bson(to) }),
		"field": one(func() error {
			var f Field
			err := d.field(&f)
			*to = f
			return err
		}),
		"param": one(func() error {
			var name string
			err := d.string(&name)
			*to = Param(name)
			return err
		}),
	})
	if err == nil && kinds != 1 {
		return d.fail("not one of value, values, bson, field and param")
	}
	return err
}

func (d *decoder) value(to *bson.RawValue) error {
	var text json.RawMessage
	if err := d.json.Decode(&text); err != nil {
		return d.fail("broken JSON")
	}
	v, err := fromExtendedJSON(text)
	if err != nil {
		return d.fail("not extended JSON")
	}
	return d.accept(v, to)
}

func (d *decoder) accept(v bson.RawValue, to *bson.RawValue) error {
	v, err := Value(v)
	if err != nil {
		return d.fail(err.(*MalformedError).Problem)
	}
	*to = v
	return nil
}

// bson reads what encoder.bson writes.
func (d *decoder) bson(to *Operand) error {
	var text string
	if err := d.string(&text); err != nil {
		return err
	}
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return d.fail("not base64")
	}
	if problem := literal.Broken(bson.TypeEmbeddedDocument, b); problem != "" {
		return d.fail(problem)
	}
	fields, err := bson.Raw(b).Elements()
	if err != nil || len(fields) != 1 || fields[0].Key() != "v" {
		return d.fail("not a document with one field v")
	}
	v := fields[0].Value()
	values, isList, err := elements(v)
	if err != nil {
		return d.fail(err.(*MalformedError).Problem)
	}
	if isList {
		*to = Literal{values}
		return nil
	}
	var r bson.RawValue
	err = d.accept(v, &r)
	*to = Literal{r}
	return err
}
