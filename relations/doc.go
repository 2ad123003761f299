// Package relations declares what a service stores: resource types, the collections they live in, their fields, and the relations that lead from
// one type to another. A filter (package filter) can speak of what a [Schema] declares and of nothing else; undeclared fields come back untouched.
//
// A schema is declared by hand ([New]) or by Go structs ([FromStructs]); both give equal schemas, and both report every problem at once. Then
//
//   - [Schema.Bind] binds the parameters in the scopes of types, such as the tenant of the actor,
//   - [Schema.Check] checks a filter against the schema and converts its values, before it is compiled or evaluated.
//
// # Relations
//
//	embeds one       Patron.address                         EmbedsOne       a document in the same document
//	embeds many      Order.items[]                          EmbedsMany      an array of documents in the same document
//	references one   Book.publisher_id → Publisher._id      ReferencesOne   a local field holds the other's key
//	references many  Project.member_ids[] → User._id        ReferencesMany  a local list holds the others' keys
//	has one, many    Publisher._id ← Book.publisher_id      HasOne, HasMany the other's field is, or holds, our key
//	through          Publisher → books → authors            Through         two or more relations in a row
//
// A relation that joins by several fields has several [KeyPair]s. One that holds for some documents only has a [Constant]: grants of
// all kinds in one collection lead to a book where their resource_type is "book".
//
// # Struct tags
//
// The bson tag names a field, as it does for the driver. The Go type gives the value type: strings, bools, numbers, time.Time, bson.ObjectID,
// []byte and so on; a slice is a list, and one with omitempty is empty when absent; an interface is any; a struct is an embedded document with
// a type of its own; bson.D, bson.Raw and maps are documents compared as a whole. Pointers count as what they point
// to. What else there is to say stands in the authz tag, as declarations separated by semicolons:
//
//	key                                       others refer to the type by this field, not by _id
//	strict                                    a value of another type or shape is unknown in every comparison;
//	                                          on a field named _ it counts for every field of the type
//	any, number, string, bool, objectid,      the value type, where the Go type does not tell it
//	  date, binary, timestamp, document
//	hex, uuid, rfc3339                        the conversion of values compared with the field: FromHex, FromUUID, FromRFC3339
//
//	publisher references Publisher            the field holds the key of a Publisher; a list holds several
//	publisher references Publisher by code    the field holds the code of a Publisher
//	books has many Book by publisher_id       our key is what a Book has in publisher_id; also: has one
//	authors through books, authors            what books leads to, and authors from there
//
//	grants has many Grant by resource_id, tenant=tenant where resource_type='book' near public=false
//
// Keys after by are pairs local=foreign; where the local one is left out it is the field that the tag stands on, or for has, if it stands on no
// field, the key of the type. The constants after where belong to the other type, those after near to this one; on an embedded struct they
// stand alone. They are texts in single quotes (doubled inside a text), numbers, true or false.
//
// Relations that stand on no field have a tag on a field named _, of type struct{}. A field tagged authz:"-" is not declared.
package relations
