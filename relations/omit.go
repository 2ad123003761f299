package relations

import "reflect"

// omission is what the encoder leaves out for a field of a Go struct.
type omission struct {
	list   bool // nil or empty, of a list: missing means empty
	zero   bool // its zero value, which is a value as any other
	own    bool // what its IsZero says, which the driver asks first
	nilled bool // it is behind a pointer or an interface: missing means that there is no value
}

// omits returns what the encoder leaves out for a field.
func (c *coder) omits(f structField, list bool) omission {
	kind := f.typ.Kind()
	o := omission{nilled: f.optional || kind == reflect.Pointer || kind == reflect.Interface}
	if !f.omitEmpty && !c.OmitEmpty {
		return o
	}
	o.own = kind != reflect.Interface && f.typ.Implements(zeroer)
	switch {
	case o.own:
		o.zero = true
	case kind == reflect.Interface:
		// The driver asks what is in an interface, unless it has an encoder for the interface
		// itself.
		_, err := c.given.LookupEncoder(f.typ)
		o.zero = err != nil
	case list:
		o.list = kind == reflect.Pointer || c.leavesOut(reflect.Zero(f.typ))
	case kind != reflect.Pointer:
		o.zero = c.leavesOut(reflect.Zero(f.typ))
	}
	return o
}
