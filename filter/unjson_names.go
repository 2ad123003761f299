package filter

// This file reads the names of constants and operators.

func (d *decoder) constant(to *Condition) error {
	var name string
	if err := d.string(&name); err != nil {
		return err
	}
	for c := False; c.Valid(); c++ {
		if c.String() == name {
			*to = c
			return nil
		}
	}
	return d.fail("not one of false, unknown and true: " + word(short(name)))
}

func (d *decoder) operator(op *Operator) error {
	var name string
	if err := d.string(&name); err != nil {
		return err
	}
	for o := Eq; o.Valid(); o++ {
		if o.String() == name {
			*op = o
			return nil
		}
	}
	return d.fail("unknown operator " + word(short(name)))
}
