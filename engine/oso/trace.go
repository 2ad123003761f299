package oso

import (
	"encoding/binary"
	"maps"
	"math"
	"reflect"
	"slices"

	"github.com/osohq/go-oso/types"
)

// trace is what an evaluation asked of the actor, and was answered, in its order. The policy knows of an actor nothing else, so that two actors who
// give the same answers are given the same filter.
type trace struct {
	objects []*object       // in the order in which they were met
	number  map[*object]int // their places there
	keyless map[*class]int  // how many objects without a key were met
	opaque  map[*class]bool // one of them is told apart from others by more than the trace holds
	steps   []step
	closed  bool // something else than the actor had a part in it
}

// step is a question, and its answer as a text.
type step struct {
	object int
	attr   *attribute
	answer string
}

func newTrace() *trace {
	return &trace{number: map[*object]int{}, keyless: map[*class]int{}, opaque: map[*class]bool{}}
}

// met notes an object that Oso gets to see.
func (t *trace) met(o *object) {
	if _, known := t.number[o]; !known {
		t.number[o] = len(t.objects)
		t.objects = append(t.objects, o)
	}
}

func (t *trace) asked(o *object, a *attribute, cs *classes, answer any) {
	if t.closed {
		return
	}
	t.steps = append(t.steps, step{t.number[o], a, t.text(cs, answer)})
}

// text writes what Oso is handed, so that equal texts are values between which it cannot tell.
func (t *trace) text(cs *classes, v any) string { return string(t.write(nil, cs, v)) }

func (t *trace) write(b []byte, cs *classes, v any) []byte {
	switch v := v.(type) {
	case nil:
		return append(b, 'n')
	case bool:
		if v {
			return append(b, 't')
		}
		return append(b, 'f')
	case int64:
		return binary.BigEndian.AppendUint64(append(b, 'i'), uint64(v))
	case string:
		return append(binary.AppendUvarint(append(b, 's'), uint64(len(v))), v...)
	case types.ValueNumber:
		if f, ok := v.NumericVariant.(types.NumericFloat); ok {
			return binary.BigEndian.AppendUint64(append(b, 'd'), math.Float64bits(float64(f)))
		}
	case scalar:
		b = append(b, 'b', byte(v.Type))
		return append(binary.AppendUvarint(b, uint64(len(v.Value))), v.Value...)
	case []any:
		b = binary.AppendUvarint(append(b, 'l'), uint64(len(v)))
		for _, e := range v {
			b = t.write(b, cs, e)
		}
		return b
	case map[string]any:
		b = binary.AppendUvarint(append(b, 'm'), uint64(len(v)))
		for _, key := range slices.Sorted(maps.Keys(v)) {
			b = t.write(t.write(b, cs, key), cs, v[key])
		}
		return b
	default:
		if o := cs.unwrap(v); o != nil {
			return t.writeObject(b, o, false)
		}
	}
	t.closed = true
	return b
}

// writeObject writes what Oso can tell of an object without asking: its class, and what it equals. The actor, at the root, mostly
// has nothing of its class beside it, and no need to be told from that.
func (t *trace) writeObject(b []byte, o *object, root bool) []byte {
	b = append(append(b, 'o'), o.class.name...)
	b = binary.AppendUvarint(append(b, 0), uint64(t.number[o]))
	if o.key.Type != 0 {
		b = append(b, 'k', byte(o.key.Type))
		return append(binary.AppendUvarint(b, uint64(len(o.key.Value))), o.key.Value...)
	}
	t.keyless[o.class]++
	own, ok := []byte(nil), false
	if !root {
		own, ok = fingerprint(nil, reflect.ValueOf(o.value), 0)
	}
	t.opaque[o.class] = t.opaque[o.class] || !ok
	if t.opaque[o.class] && t.keyless[o.class] > 1 {
		t.closed = true
	}
	if !ok { // alone of its class, it equals nothing but itself
		return append(b, 'x')
	}
	return append(binary.AppendUvarint(append(b, 'v'), uint64(len(own))), own...)
}

// maxFingerprint bounds the fingerprint of an object, and how deep it is looked for.
const maxFingerprint = 4 << 10

// fingerprint writes a Go value so that equal texts are deeply equal values. It does not try with what is large, or has an order of its own.
func fingerprint(b []byte, v reflect.Value, depth int) ([]byte, bool) {
	if depth > 8 || len(b) > maxFingerprint {
		return b, false
	}
	switch v.Kind() {
	case reflect.Bool:
		if v.Bool() {
			return append(b, 1), true
		}
		return append(b, 0), true
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return binary.BigEndian.AppendUint64(b, uint64(v.Int())), true
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return binary.BigEndian.AppendUint64(b, v.Uint()), true
	case reflect.Float32, reflect.Float64:
		return binary.BigEndian.AppendUint64(b, math.Float64bits(v.Float())), !math.IsNaN(v.Float())
	case reflect.String:
		return append(binary.AppendUvarint(b, uint64(v.Len())), v.String()...), true
	case reflect.Pointer:
		if v.IsNil() {
			return append(b, 0), true
		}
		return fingerprint(append(b, 1), v.Elem(), depth+1)
	case reflect.Slice, reflect.Array:
		if v.Kind() == reflect.Slice && v.IsNil() {
			return append(b, 0), true
		}
		b = binary.AppendUvarint(append(b, 1), uint64(v.Len()))
		for i := range v.Len() {
			var ok bool
			if b, ok = fingerprint(b, v.Index(i), depth+1); !ok {
				return b, false
			}
		}
		return b, true
	case reflect.Struct:
		for i := range v.NumField() {
			var ok bool
			if b, ok = fingerprint(b, v.Field(i), depth+1); !ok {
				return b, false
			}
		}
		return b, true
	default:
		return b, false
	}
}
