package driver

import (
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// OwnValues gives every BSON value in a tree of stages or filters bytes of its own. The tree must be
// the caller's alone: it is changed in place.
func OwnValues[T bson.D | []bson.D](tree T) {
	c := copier{bytes: make([]byte, 0, valueBytes(tree))}
	c.own(tree)
}

// CopyStages returns a copy of stages, which shares neither documents nor arrays nor the bytes of
// BSON values with them. Values of other types have to be immutable.
func CopyStages(stages []bson.D) []bson.D {
	c := copier{bytes: make([]byte, 0, valueBytes(stages)), nodes: true}
	return c.own(stages).([]bson.D)
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

// copier copies values, and the tree around them if nodes is set.
type copier struct {
	bytes []byte // of all values, one after another
	nodes bool
}

func (c *copier) own(value any) any {
	switch v := value.(type) {
	case bson.RawValue:
		if len(v.Value) == 0 {
			return value
		}
		start := len(c.bytes)
		c.bytes = append(c.bytes, v.Value...)
		return bson.RawValue{Type: v.Type, Value: c.bytes[start:len(c.bytes):len(c.bytes)]}
	case bson.D:
		if c.nodes {
			v = slices.Clone(v)
			value = v
		}
		for i := range v {
			v[i].Value = c.own(v[i].Value)
		}
	case bson.A:
		if c.nodes {
			v = slices.Clone(v)
			value = v
		}
		for i := range v {
			v[i] = c.own(v[i])
		}
	case []bson.D:
		if c.nodes {
			v = slices.Clone(v)
			value = v
		}
		for i := range v {
			v[i] = c.own(v[i]).(bson.D)
		}
	}
	return value
}
