package relations

import (
	"fmt"
	"reflect"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/internal/literal"
	"github.com/mongoauthz/go-mongoauthz/internal/sample"
)

// written is what an encoder writes for a Go type.
type written struct {
	value    ValueType    // of the value, or of the elements of the list; 0: see problem
	list     bool         // an array
	embedded bool         // a document with a key for each field, or an array of these
	subtype  *byte        // of a Binary; nil if it differs, or is not known
	of       reflect.Type // the Go type of the value, or of the elements of the list
	problem  string       // why there is no value type, if more can be said than that
}

// read returns what the encoder writes for a Go type. Pointers count as what they point to.
func (c *coder) read(t reflect.Type) written {
	w := c.one(t)
	if w.list || w.embedded || w.value != 0 || w.problem != "" || !isList(w.of) {
		return w
	}
	elem := c.one(w.of.Elem())
	if elem.list || !elem.embedded && elem.value == 0 && elem.problem == "" && isList(elem.of) {
		return written{list: true, of: elem.of} // a list of lists
	}
	elem.list = true
	return elem
}

// one is read for anything but a list that the driver encodes by default.
func (c *coder) one(t reflect.Type) written {
	for n := 0; t.Kind() == reflect.Pointer && n < maxPointers && c.isDefault(t); n++ {
		t = t.Elem()
	}
	if t.Kind() == reflect.Interface {
		c.learn(t)
	}
	switch {
	case c.ownWay(t):
		return c.sampled(t)
	case isList(t):
		return written{of: t}
	case isDocument(t):
		return written{embedded: true, of: t}
	}
	w := written{value: valueTypeOf(t), of: t}
	if w.value == Binary {
		w.subtype = subtypeOf(t)
	}
	return w
}

// learn has the registry encode an interface as the given one does, if that has an encoder for it.
func (c *coder) learn(t reflect.Type) {
	if _, err := c.given.LookupEncoder(t); err == nil && c.given != c.plain {
		c.registry.RegisterTypeEncoder(t, relay{c.given, c.plain})
	}
}

// sampled returns what the encoder writes for values of a type that has a way of its own.
func (c *coder) sampled(t reflect.Type) written {
	w := written{of: t}
	seen := false
	for _, raw := range c.samples(t) {
		list := raw.Type == bson.TypeArray
		values := []bson.RawValue{raw}
		if list {
			values, _, _ = c.values.Values(raw)
		}
		if seen && list != w.list {
			return written{of: t, problem: fmt.Sprintf("a Go %s is sometimes stored as an array", t)}
		}
		w.list, seen = list, true
		for _, v := range values {
			if problem := w.add(v); problem != "" {
				return written{of: t, list: list, problem: problem}
			}
		}
	}
	return w
}

// add takes in a value that was written.
func (w *written) add(v bson.RawValue) (problem string) {
	value := valueTypeOfBSON(v.Type)
	switch {
	case v.Type == bson.TypeNull:
		return ""
	case value == 0:
		return fmt.Sprintf("a Go %s is stored as a BSON %s, which is not compared", w.of, v.Type)
	case w.value != 0 && w.value != value:
		return fmt.Sprintf("a Go %s is stored as %s or %s", w.of, w.value, value)
	}
	first := w.value == 0
	w.value = value
	if value == Binary {
		subtype, _ := v.Binary()
		switch {
		case first:
			w.subtype = &subtype
		case w.subtype != nil && *w.subtype != subtype:
			w.subtype = nil
		}
	}
	return ""
}

// samples returns what the encoder writes for some values of a type. What it refuses is left out.
func (c *coder) samples(t reflect.Type) []bson.RawValue {
	var out []bson.RawValue
	for _, v := range []reflect.Value{
		reflect.Zero(t),
		sample.Filled(t, 1, "a"),
		sample.Filled(t, 2, "0123456789abcdef01234567"),
		sample.Filled(t, 3, "01234567-89ab-4def-8123-456789abcdef"),
		sample.Filled(t, 4, "1"),
	} {
		holder := holderOf(v, `bson:"v"`)
		// A method of the pointer is called only for a value that has an address.
		for _, held := range []any{holder.Interface(), holder.Elem().Interface()} {
			raw, err := c.held(held)
			list := raw.Type == bson.TypeArray
			if err == nil && (list || literal.Broken(raw.Type, raw.Value) == "") {
				out = append(out, raw)
			}
		}
	}
	return out
}

// valueTypeOfBSON returns the value type of a BSON type; 0 for one that does not compare.
func valueTypeOfBSON(t bson.Type) ValueType {
	for v := Number; v <= Document; v++ {
		if v.admits(t) {
			return v
		}
	}
	return 0
}
