package relations

import (
	"errors"
	"reflect"
	"slices"
)

// The bounds of a document that is encoded. A value that holds itself has no end, and the driver's
// encoder, which asks for none, would take the process with it.
const (
	maxLevels = 10_000  // pointers count
	maxValues = 1 << 21 // more than fit into a document
)

var errEndless = errors.New("a value that holds itself, or is too large")

// ends reports whether a value ends within the bounds. Types that are encoded in a way of their own
// are not looked into.
func (c *coder) ends(document any) bool {
	w := endWalker{c, maxValues}
	return document == nil || w.ends(reflect.ValueOf(document), 0)
}

type endWalker struct {
	*coder
	values int // left to look at
}

func (w *endWalker) ends(v reflect.Value, depth int) bool {
	t := v.Type()
	e := w.ending(t, nil)
	if e.always {
		return true
	}
	if w.values--; w.values < 0 || depth > maxLevels {
		return false
	}
	switch t.Kind() {
	case reflect.Pointer, reflect.Interface:
		return v.IsNil() || w.ends(v.Elem(), depth+1)
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			if !w.ends(v.Index(i), depth+1) {
				return false
			}
		}
	case reflect.Map:
		for entries := v.MapRange(); entries.Next(); {
			if !w.ends(entries.Value(), depth+1) {
				return false
			}
		}
	case reflect.Struct:
		for _, i := range e.fields {
			if !w.ends(v.Field(i), depth+1) {
				return false
			}
		}
	}
	return true
}

// ending is what a type says about the ends of its values.
type ending struct {
	always bool  // no value holds itself: the type is not part of itself, and no interface is, which may hold anything
	fields []int // of a struct, those that the driver encodes and of which that is not so
}

// ending returns the ending of a type. inside are the types around it.
func (c *coder) ending(t reflect.Type, inside []reflect.Type) ending {
	if known, ok := c.endings.Load(t); ok {
		return known.(ending)
	}
	if slices.Contains(inside, t) {
		return ending{}
	}
	inside = append(inside, t)
	e := ending{always: true}
	switch {
	case c.ownWay(t):
	case t.Kind() == reflect.Interface && !c.isDefault(t): // the registry encodes the interface itself
	case t.Kind() == reflect.Interface:
		e.always = false
	case t.Kind() == reflect.Pointer, t.Kind() == reflect.Slice, t.Kind() == reflect.Array, t.Kind() == reflect.Map:
		e = ending{always: c.ending(t.Elem(), inside).always}
	case t.Kind() == reflect.Struct:
		for i := range t.NumField() {
			f := t.Field(i)
			if f.IsExported() && !c.fieldTag(f).skip && !c.ending(f.Type, inside).always {
				e.always, e.fields = false, append(e.fields, i)
			}
		}
	}
	c.endings.Store(t, e)
	return e
}
