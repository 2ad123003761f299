package relations

import (
	"errors"
	"fmt"
	"reflect"

	"go.mongodb.org/mongo-driver/v2/bson"
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
		if zero, err := b.zero(f.typ); err == nil {
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
	zero, err := b.zero(f.typ)
	switch {
	case errors.Is(err, errAddress):
		refuse(fmt.Sprintf("the zero value of a Go %s is encoded in two ways, as it has an address or not, "+
			"so that it is not known what a missing field is: give its method a receiver that is no pointer", f.typ))
		return
	case err != nil:
		refuse(fmt.Sprintf("the zero value of a Go %s cannot be encoded: leave out the tag", f.typ))
		return
	}
	field.AbsentZero = zero
}

var errAddress = errors.New("the encoding depends on whether the value has an address")

// zero returns what the encoder writes for the zero value of a type. It is an error if it writes
// another value for documents that are handed to it by a pointer than for others: a method of the
// pointer is called only for a value that has an address.
func (c *coder) zero(t reflect.Type) (bson.RawValue, error) {
	holder := holderOf(reflect.Zero(t), `bson:"v"`)
	zero, err := c.held(holder.Interface())
	if err != nil {
		return zero, err
	}
	other, err := c.held(holder.Elem().Interface())
	if err == nil && !other.Equal(zero) {
		err = errAddress
	}
	return zero, err
}
