package stage

import (
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// Copy returns a copy of stages, which shares neither documents nor arrays nor the bytes of BSON
// values with them. Values of other types have to be immutable.
func Copy(stages []bson.D) []bson.D {
	c := copier{bytes: make([]byte, 0, valueBytes(stages))}
	return c.copy(stages).([]bson.D)
}

// valueBytes returns how many bytes the values in a tree have.
func valueBytes(v any) int {
	n := 0
	switch v := v.(type) {
	case bson.RawValue:
		n = len(v.Value)
	case bson.D:
		for i := range v {
			n += valueBytes(v[i].Value)
		}
	case bson.A:
		for i := range v {
			n += valueBytes(v[i])
		}
	case []bson.D:
		for i := range v {
			n += valueBytes(v[i])
		}
	}
	return n
}

// copier copies values into one buffer.
type copier struct{ bytes []byte }

func (c *copier) copy(value any) any {
	switch v := value.(type) {
	case bson.RawValue:
		if len(v.Value) == 0 {
			return value
		}
		start := len(c.bytes)
		c.bytes = append(c.bytes, v.Value...)
		return bson.RawValue{Type: v.Type, Value: c.bytes[start:len(c.bytes):len(c.bytes)]}
	case bson.D:
		v = slices.Clone(v)
		for i := range v {
			v[i].Value = c.copy(v[i].Value)
		}
		return v
	case bson.A:
		v = slices.Clone(v)
		for i := range v {
			v[i] = c.copy(v[i])
		}
		return v
	case []bson.D:
		v = slices.Clone(v)
		for i := range v {
			v[i] = c.copy(v[i]).(bson.D)
		}
		return v
	default:
		return value
	}
}
