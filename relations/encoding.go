package relations

import "go.mongodb.org/mongo-driver/v2/bson"

// Encoding is how the application's client turns Go values into BSON: a registry, and those of the
// driver's BSON options that change what is written. Their names and their meaning are the
// driver's (options.BSONOptions). Options that only affect decoding, such as ObjectIDAsHexString,
// BinaryAsSlice and UseLocalTimeZone, change no document, and so no schema.
//
// A schema must be made with the encoding of the client that writes the documents. With another
// one its fields have other names, or their values other types, and conditions on them go wrong.
// mongoauthz.EncodingOf makes an Encoding of the client's options. Authorizer.Verify reports where
// the client encodes in another way than the schema.
//
// The zero Encoding is the driver's default.
type Encoding struct {
	Registry *bson.Registry // nil: the driver's default

	UseJSONStructTags       bool // a json tag counts on a field without a bson tag
	ErrorOnInlineDuplicates bool // two fields of one name are an error, inlined or not
	IntMinSize              bool // integers are stored as int32 where they fit
	NilMapAsEmpty           bool // a nil map is stored as {}, not as null
	NilSliceAsEmpty         bool // a nil slice is stored as [], not as null
	NilByteSliceAsEmpty     bool // a nil []byte is stored as empty binary, not as null
	OmitZeroStruct          bool // a zero struct counts as empty, for omitempty and OmitEmpty
	OmitEmpty               bool // every field counts as tagged omitempty
	StringifyMapKeysWithFmt bool // the keys of maps are spelled by package fmt
}

// New returns the schema of the types, as [New] does. Literals and parameters are encoded as e
// says.
func (e Encoding) New(types ...Type) (*Schema, error) { return newCoder(e).schema(types) }

// FromStructs returns the schema of Go structs, as [FromStructs] does, read as e writes them.
func (e Encoding) FromStructs(structs ...Struct) (*Schema, error) {
	c := newCoder(e)
	types, err := c.typesOf(structs)
	if err != nil {
		return nil, err
	}
	return c.schema(types)
}

// TypesOf returns the types that Go structs declare, as [TypesOf] does, read as e writes them. Make
// the schema by the New of the same Encoding.
func (e Encoding) TypesOf(structs ...Struct) ([]Type, error) { return newCoder(e).typesOf(structs) }

// Encoding returns how the schema encodes Go values: the Encoding that it was made with.
func (s *Schema) Encoding() Encoding { return s.coding().Encoding }

// Marshal encodes a document as the application's client does. The error is the encoder's, whose
// text may show values. It is an error, too, if a method of the value panics, or if the value holds
// itself.
func (s *Schema) Marshal(document any) (bson.Raw, error) { return s.coding().marshal(document) }

// Value returns a Go value as the BSON value that a document would hold. It accepts what
// filter.Value accepts, and Go types of the application: the schema knows how the registry encodes
// them. The error is a [*filter.MalformedError].
func (s *Schema) Value(v any) (bson.RawValue, error) {
	value, problem := s.coding().values.Value(v)
	if problem != nil {
		return value, asMalformed(problem)
	}
	return value, nil
}

// coding returns the coder of a schema. A schema that was not made by New has the driver's default.
func (s *Schema) coding() *coder {
	if s == nil || s.coder == nil {
		return defaultCoder
	}
	return s.coder
}
