package relations

import (
	"strconv"

	"go.mongodb.org/mongo-driver/v2/bson"
)

var valueTypeNames = [...]string{
	AnyType: "AnyType", Number: "Number", String: "String", Bool: "Bool", ObjectID: "ObjectID", Date: "Date", Binary: "Binary",
	Timestamp: "Timestamp", Document: "Document",
}

// String returns the name of the value type, such as "Number", or "ValueType(n)" for a value that is none.
func (v ValueType) String() string {
	if v.valid() {
		return valueTypeNames[v]
	}
	return "ValueType(" + strconv.Itoa(int(v)) + ")"
}

func (v ValueType) valid() bool { return v >= AnyType && v <= Document }

// admits reports whether values of a BSON type are values of v.
func (v ValueType) admits(t bson.Type) bool {
	switch v {
	case AnyType:
		return true
	case Number:
		return t == bson.TypeInt32 || t == bson.TypeInt64 || t == bson.TypeDouble || t == bson.TypeDecimal128
	case String:
		return t == bson.TypeString
	case Bool:
		return t == bson.TypeBoolean
	case ObjectID:
		return t == bson.TypeObjectID
	case Date:
		return t == bson.TypeDateTime
	case Binary:
		return t == bson.TypeBinary
	case Timestamp:
		return t == bson.TypeTimestamp
	case Document:
		return t == bson.TypeEmbeddedDocument
	default:
		return false
	}
}

var kindNames = [...]string{
	EmbedsOne: "EmbedsOne", EmbedsMany: "EmbedsMany", ReferencesOne: "ReferencesOne", ReferencesMany: "ReferencesMany",
	HasOne: "HasOne", HasMany: "HasMany", Through: "Through",
}

// String returns the name of the kind, such as "HasMany", or "Kind(n)" for a value that is none.
func (k Kind) String() string {
	if k.valid() {
		return kindNames[k]
	}
	return "Kind(" + strconv.Itoa(int(k)) + ")"
}

func (k Kind) valid() bool { return k >= EmbedsOne && k <= Through }

var conversionNames = [...]string{NoConversion: "NoConversion", FromHex: "FromHex", FromUUID: "FromUUID", FromRFC3339: "FromRFC3339"}

// String returns the name of the conversion, such as "FromHex", or "Conversion(n)" for a value that is none.
func (c Conversion) String() string {
	if int(c) < len(conversionNames) {
		return conversionNames[c]
	}
	return "Conversion(" + strconv.Itoa(int(c)) + ")"
}
