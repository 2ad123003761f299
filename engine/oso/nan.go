package oso

import (
	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

// For Oso a NaN equals a NaN. For a filter it equals nothing, itself included, so that two fields
// that hold one differ. A filter so gives less than Oso by an equality of two fields, and has to be
// kept from giving more by its opposite.

// mayBeNaN reports whether a number that is stored at the place may be NaN: it may, unless its Go
// type is an integer.
func (a *attribute) mayBeNaN() bool {
	return a == nil || a.tag != "Integer" && a.field != nil && a.field.Type == relations.Number
}

// differ returns the clause that two fields are not equal, which Oso does not say of two NaN. What
// equals itself is no NaN.
func differ(l, r filter.Field, left, right *attribute) filter.Clause {
	c := filter.Compare(l, filter.Eq, r)
	c.Not = true
	if left.mayBeNaN() && right.mayBeNaN() {
		return filter.Where(c, filter.Any{filter.Where(l.Eq(l)), filter.Where(r.Eq(r))})
	}
	return filter.Where(c)
}

// notAmong returns the clause that a field is no element of a list field, which Oso does not say of
// a NaN among others.
func notAmong(f, list filter.Field, of *attribute) filter.Clause {
	c := filter.Compare(f, filter.In, list)
	c.Not = true
	if of.mayBeNaN() {
		return filter.Where(c, f.Eq(f))
	}
	return filter.Where(c)
}

// stores returns the attribute that is stored at a path of the class; nil if it has none.
func (c *class) stores(path string) *attribute {
	for _, a := range c.attrs {
		if a.path == path && a.field != nil {
			return a
		}
	}
	return nil
}
