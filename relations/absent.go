package relations

import (
	"fmt"
	"reflect"
)

// absent declares what a missing field means. What the encoder leaves out decides it, or the tag.
func (b *builder) absent(t *structType, field *Field, f structField, decl tag) {
	o := b.omits(f, field.List)
	field.AbsentEmpty = decl.absentEmpty || o.list && !o.own
	if decl.absentEmpty && !field.List {
		b.fail(t.Name, f.key, "authz tag: absent empty is for lists: a value can be absent zero")
	}
	switch {
	case decl.absentZero:
		b.absentZero(t, field, f, o)
	case field.List:
	case o.zero && !o.own && !o.nilled && field.Type == Bool && f.typ.Kind() == reflect.Bool:
		if zero, err := b.encode(reflect.Zero(f.typ)); err == nil {
			field.AbsentZero = zero
			t.bools = append(t.bools, f.key)
		}
	}
	stored := f.key == "_id" && t.Collection != "" // the server gives the document one
	field.OmitEmpty = o.zero && !stored && field.AbsentZero == nil && !field.AbsentEmpty
}

// absentZero declares the zero value that the tag asks for, or says why it cannot be had.
func (b *builder) absentZero(t *structType, field *Field, f structField, o omission) {
	refuse := func(why string) { b.fail(t.Name, f.key, "authz tag: absent zero: "+why) }
	switch {
	case field.List:
		refuse("it is for one value, and the field is a list: tag it absent empty")
		return
	case o.nilled:
		refuse(fmt.Sprintf("a Go %s that is nil holds no value, not its zero value: "+
			"hold it by value", f.typ))
		return
	case f.typ.Implements(zeroer):
		refuse(fmt.Sprintf("a Go %s has an IsZero, which the driver asks what to leave out, "+
			"so that a missing field may be another value than the zero one: "+
			"leave out omitempty, or the method", f.typ))
		return
	}
	zero, err := b.encode(reflect.Zero(f.typ))
	if err != nil {
		refuse(fmt.Sprintf("the zero value of a Go %s cannot be encoded: leave out the tag", f.typ))
		return
	}
	field.AbsentZero = zero
}
