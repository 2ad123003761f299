package relations

import (
	"bytes"
	"errors"
	"reflect"
	"sync"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/internal/literal"
)

// coder encodes Go values by an Encoding. It is safe for concurrent use.
type coder struct {
	Encoding
	registry *bson.Registry // encodes as Encoding.Registry does, and shares no cache with it
	given    *bson.Registry // Encoding.Registry, or the driver's default
	plain    *bson.Registry // the driver's default
	own      sync.Map       // by type, whether given encodes it in a way of its own
	endings  sync.Map       // by type, its ending
	values   literal.Reader // literals
}

// defaultCoder is that of the zero Encoding.
var defaultCoder = makeCoder(Encoding{})

func newCoder(e Encoding) *coder {
	if e == (Encoding{}) {
		return defaultCoder
	}
	return makeCoder(e)
}

func makeCoder(e Encoding) *coder {
	c := &coder{Encoding: e, plain: bson.NewRegistry()}
	c.given, c.registry = c.plain, c.plain
	if e.Registry != nil {
		c.given, c.registry = e.Registry, isolate(e.Registry)
	}
	c.values = literal.Reader{
		NoValue: []reflect.Type{
			reflect.TypeFor[filter.Condition](), reflect.TypeFor[filter.Operand](),
		},
		Encode: func(v any) (bson.RawValue, error) { return c.encode(reflect.ValueOf(v)) },
		Own: func(t reflect.Type) bool {
			return c.IntMinSize && t.Kind() == reflect.Int64 || c.ownWay(t)
		},
	}
	return c
}

// encoder returns an encoder set as the driver sets the client's.
func (c *coder) encoder(out *bytes.Buffer, omitEmpty bool) *bson.Encoder {
	e := bson.NewEncoder(bson.NewDocumentWriter(out))
	e.SetRegistry(c.registry)
	for _, option := range [...]struct {
		on  bool
		set func()
	}{
		{c.UseJSONStructTags, e.UseJSONStructTags},
		{c.ErrorOnInlineDuplicates, e.ErrorOnInlineDuplicates},
		{c.IntMinSize, e.IntMinSize},
		{c.NilMapAsEmpty, e.NilMapAsEmpty},
		{c.NilSliceAsEmpty, e.NilSliceAsEmpty},
		{c.NilByteSliceAsEmpty, e.NilByteSliceAsEmpty},
		{c.OmitZeroStruct, e.OmitZeroStruct},
		{omitEmpty, e.OmitEmpty},
		{c.StringifyMapKeysWithFmt, e.StringifyMapKeysWithFmt},
	} {
		if option.on {
			option.set()
		}
	}
	return e
}

// marshal encodes a document.
func (c *coder) marshal(document any) (bson.Raw, error) {
	if !c.ends(document) {
		return nil, errEndless
	}
	return c.write(document, c.OmitEmpty)
}

// errPanic stands for a panic of a method of the application's, whose text may show a value.
var errPanic = errors.New("a method of the value panics")

// write encodes a document. The methods by which values encode themselves may panic.
func (c *coder) write(document any, omitEmpty bool) (_ bson.Raw, err error) {
	defer func() {
		if recover() != nil {
			err = errPanic
		}
	}()
	var out bytes.Buffer
	if err := c.encoder(&out, omitEmpty).Encode(document); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// encode returns what the client writes for a value in a field of its type.
func (c *coder) encode(v reflect.Value) (bson.RawValue, error) {
	holder := holderOf(v, `bson:"v"`)
	return c.held(holder.Interface())
}

// held returns the value of a holder's field. OmitEmpty is left out: the field has to be written,
// and the driver does not hand the option on to what a field holds.
func (c *coder) held(holder any) (bson.RawValue, error) {
	raw, err := c.write(holder, false)
	if err != nil {
		return bson.RawValue{}, err
	}
	return raw.LookupErr("v")
}

// leavesOut reports whether the client leaves out a field tagged omitempty that holds v.
func (c *coder) leavesOut(v reflect.Value) bool {
	raw, err := c.write(holderOf(v, `bson:"v,omitempty"`).Interface(), false)
	if err != nil {
		return false // it was not left out, but could not be encoded
	}
	_, err = raw.LookupErr("v")
	return err != nil
}

// holderOf returns a pointer to a struct whose only field holds v.
func holderOf(v reflect.Value, tag reflect.StructTag) reflect.Value {
	fields := []reflect.StructField{{Name: "V", Type: v.Type(), Tag: tag}}
	holder := reflect.New(reflect.StructOf(fields))
	holder.Elem().Field(0).Set(v)
	return holder
}

// ownWay reports whether a type is encoded in a way of its own: by its methods, or by an encoder
// that is not the driver's default. What an interface holds has a type of its own.
func (c *coder) ownWay(t reflect.Type) bool {
	if own, ok := c.own.Load(t); ok {
		return own.(bool)
	}
	_, named := goTypes[t]
	own := t.Kind() != reflect.Interface && (!named && marshals(t) || !c.isDefault(t))
	c.own.Store(t, own)
	return own
}

func (c *coder) isDefault(t reflect.Type) bool {
	if c.given == c.plain {
		return true
	}
	given, err := c.given.LookupEncoder(t)
	plain, plainErr := c.plain.LookupEncoder(t)
	if err != nil || plainErr != nil {
		return err != nil && plainErr != nil
	}
	return sameEncoder(given, plain)
}

func asMalformed(p *literal.Problem) *filter.MalformedError {
	return &filter.MalformedError{Where: p.Where, Problem: p.Text}
}
