package relations

import (
	"encoding"
	"reflect"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// convert converts a value that is not null as its field declares. The problem, "" if there is
// none, does not quote the value.
func (c *coder) convert(f *Field, v bson.RawValue) (_ bson.RawValue, problem string) {
	if f.Go == nil || f.Convert == NoConversion {
		return f.apply(v)
	}
	if v.Type == bson.TypeBinary && f.Type == Binary && f.Subtype != nil && *f.Subtype == 0 {
		return v, "" // it is what documents hold, already
	}
	parsed, problem := f.Convert.parse(v)
	switch {
	case problem != "" && f.Type.admits(v.Type) && c.holds(f.Go, v):
		return v, "" // it is what documents hold, already
	case problem != "":
		return v, problem
	case parsed == nil:
		return v, ""
	}
	made, ok := c.make(parsed, textOf(v), f.Go)
	if !ok {
		return v, "no " + f.Go.String() + " can be made of the text"
	}
	raw, err := c.encode(made)
	if err != nil {
		return v, "the " + f.Go.String() + " made of the text cannot be encoded"
	}
	return raw, ""
}

// holds reports whether a value is what the encoder writes for a Go type: it is read, and written
// again.
func (c *coder) holds(t reflect.Type, v bson.RawValue) (same bool) {
	defer func() { same = recover() == nil && same }()
	to := reflect.New(t)
	if v.UnmarshalWithRegistry(c.given, to.Interface()) != nil {
		return false
	}
	raw, err := c.encode(to.Elem())
	return err == nil && raw.Equal(v)
}

func textOf(v bson.RawValue) string {
	text, _ := v.StringValueOK()
	return text
}

// make returns a value of a Go type for what a conversion parsed of a text.
func (c *coder) make(parsed any, text string, t reflect.Type) (_ reflect.Value, ok bool) {
	v := reflect.ValueOf(parsed)
	out := reflect.New(t)
	reads, byText := out.Interface().(encoding.TextUnmarshaler)
	switch {
	case v.Kind() == t.Kind() && v.CanConvert(t): // 12 or 16 bytes, or a time
		return v.Convert(t), true
	case v.Kind() == reflect.Array && t.Kind() == reflect.Slice && t.Elem() == goByte:
		bytes := reflect.MakeSlice(t, v.Len(), v.Len())
		reflect.Copy(bytes, v)
		return bytes, true
	case text == "":
		return reflect.Value{}, false
	case byText:
		return out.Elem(), unmarshalText(reads, text)
	case t.Kind() == reflect.String && c.ownWay(t):
		return reflect.ValueOf(text).Convert(t), true
	default:
		return reflect.Value{}, false
	}
}

// unmarshalText has a value read itself from a text. Its method may panic.
func unmarshalText(v encoding.TextUnmarshaler, text string) (ok bool) {
	defer func() { ok = recover() == nil && ok }()
	return v.UnmarshalText([]byte(text)) == nil
}

// specimens are texts that the conversions accept.
var specimens = [...]string{
	FromHex: "0123456789abcdef01234567", FromUUID: "01234567-89ab-4def-8123-456789abcdef",
	FromRFC3339: "2024-05-06T07:08:09Z",
}

// specimen returns a text that a conversion accepts.
func (c Conversion) specimen() bson.RawValue {
	v, _ := defaultCoder.values.Value(specimens[c])
	return v
}

// converts sets the Go type of a field, where its encoding is not what the conversion alone gives.
func (c *coder) converts(f *Field, of reflect.Type) {
	if f.Convert == NoConversion {
		return
	}
	text := f.Convert.specimen()
	alone, problem := f.apply(text)
	parsed, _ := f.Convert.parse(text)
	if problem != "" || parsed == nil {
		return
	}
	made, ok := c.make(parsed, textOf(text), of)
	if !ok {
		return
	}
	if raw, err := c.encode(made); err == nil && !raw.Equal(alone) {
		f.Go = of
	}
}

// goProblem says why the Go type of a field cannot be used, or "".
func (c *coder) goProblem(f *Field) string {
	if f.Convert == NoConversion {
		return "a Go type is for fields with a conversion"
	}
	v, problem := c.convert(f, f.Convert.specimen())
	switch {
	case problem != "":
		return problem
	case !f.Type.admits(v.Type):
		return "a Go " + f.Go.String() + " is stored as a BSON " + v.Type.String() +
			", and the field is declared as " + f.Type.String()
	default:
		return ""
	}
}
