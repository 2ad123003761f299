package filter

// hash is 64-bit FNV-1a. Conditions that are the same have the same hash, whatever their entities are called.
type hash uint64

const newHash hash = 14695981039346656037

func (h hash) byte(b byte) hash { return (h ^ hash(b)) * 1099511628211 }

func (h hash) string(s string) hash {
	for i := range len(s) {
		h = h.byte(s[i])
	}
	return h.byte(0xff)
}

func (h hash) condition(c Condition) hash {
	switch c := c.(type) {
	case Comparison:
		h = h.byte(byte(c.Op)).string(c.Field.Path)
		if c.Not {
			h = h.byte(1)
		}
		switch o := c.Operand.(type) {
		case Literal:
			return h.value(o.Value)
		case Field:
			return h.byte(2).string(o.Path)
		case Param:
			return h.byte(3).string(string(o))
		}
	case Any:
		h = h.byte(4)
		for i := range c {
			h = h.clause(&c[i])
		}
	case None:
		h = h.byte(5).clause((*Clause)(&c))
	case Surely:
		h = h.byte(6).clause((*Clause)(&c))
	case Exists:
		h = h.byte(7)
	case Constant:
		h = h.byte(8).byte(byte(c))
	}
	return h
}

func (h hash) clause(c *Clause) hash {
	h = h.byte(byte(len(c.Entities)))
	for _, condition := range c.Conditions {
		h = h.condition(condition)
	}
	return h
}

func (h hash) value(v any) hash {
	bsonValues, _, _ := values(v)
	for i := range bsonValues {
		h = h.byte(byte(bsonValues[i].Type)).string(string(bsonValues[i].Value))
	}
	return h
}

// sign returns a bit for each of a clause's conditions: that of a clause lacks none of a clause it implies.
func sign(c *Clause) uint64 {
	var bits uint64
	for _, condition := range c.Conditions {
		h := newHash.condition(condition)
		bits |= 1 << ((h ^ h>>32) & 63)
	}
	return bits
}
