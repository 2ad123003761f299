package driver

import "reflect"

// MaxDepth is how deeply values in a command may be nested. Servers refuse more, and a value that
// holds itself has no end.
const MaxDepth = 200

// maxValues is how many values Clone copies: more could not be sent in a command.
const maxValues = 1 << 20

// Clone returns a copy of v, which comes from a caller. The copy shares nothing with v that could
// be changed, but for unexported fields of structs. It is not ok where v is nested too deeply or
// too large.
func Clone[T any](v T) (copied T, ok bool) {
	c := cloner{values: maxValues}
	copied = c.clone(reflect.ValueOf(&v), 0).Elem().Interface().(T)
	return copied, c.values >= 0
}

type cloner struct {
	values int // left to copy; negative when a bound was met
}

func (c *cloner) clone(v reflect.Value, depth int) reflect.Value {
	if c.values--; c.values < 0 || depth > MaxDepth {
		c.values = -1
		return v
	}
	t := v.Type()
	switch t.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return v
		}
		p := reflect.New(t.Elem())
		p.Elem().Set(c.clone(v.Elem(), depth+1))
		return p.Convert(t)
	case reflect.Interface:
		if v.IsNil() {
			return v
		}
		out := reflect.New(t).Elem()
		out.Set(c.clone(v.Elem(), depth))
		return out
	case reflect.Slice:
		if v.IsNil() {
			return v
		}
		out := reflect.MakeSlice(t, v.Len(), v.Len())
		if flat(t.Elem().Kind()) {
			reflect.Copy(out, v)
			return out
		}
		for i := range v.Len() {
			out.Index(i).Set(c.clone(v.Index(i), depth+1))
		}
		return out
	case reflect.Array:
		if flat(t.Elem().Kind()) {
			return v
		}
		out := reflect.New(t).Elem()
		for i := range v.Len() {
			out.Index(i).Set(c.clone(v.Index(i), depth+1))
		}
		return out
	case reflect.Map:
		if v.IsNil() {
			return v
		}
		out := reflect.MakeMapWithSize(t, v.Len())
		for entries := v.MapRange(); entries.Next(); {
			out.SetMapIndex(entries.Key(), c.clone(entries.Value(), depth+1))
		}
		return out
	case reflect.Struct:
		out := reflect.New(t).Elem()
		out.Set(v)
		for i := range t.NumField() {
			if t.Field(i).IsExported() {
				out.Field(i).Set(c.clone(v.Field(i), depth))
			}
		}
		return out
	default:
		return v
	}
}

// flat reports whether values of the kind hold nothing that could be changed.
func flat(k reflect.Kind) bool {
	return k >= reflect.Bool && k <= reflect.Complex128 || k == reflect.String
}
