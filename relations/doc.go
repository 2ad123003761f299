// Package relations declares what a service stores: resource types, the collections they live in,
// their fields, and the relations that lead from one type to another. A filter (package filter)
// can speak of what a [Schema] declares and of nothing else; undeclared fields come back
// untouched.
//
// A schema is declared by hand ([New]) or by Go structs ([FromStructs]); both give equal schemas,
// and both report every problem at once. For a client with a registry or BSON options of its own
// it is made by an [Encoding]. Then [Schema.Bind] binds the parameters in the scopes of types,
// such as the tenant of the actor, and [Schema.Check] checks a filter and resolves it into a
// [CheckedFilter]. The types named Checked… are for back ends, such as the compiler.
//
// # Relations
//
//	embeds one       Patron.address                         a document in the same document
//	embeds many      Order.items[]                          an array of documents in the same document
//	references one   Book.publisher_id → Publisher._id      a local field holds the other's key
//	references many  Project.member_ids[] → User._id        a local list holds the others' keys
//	has one, many    Publisher._id ← Book.publisher_id      the other's field is, or holds, our key
//	through          Publisher → books → authors            two or more relations in a row
//
// # Structs
//
// The fields of a Go struct have the names and the types that the client's encoder writes;
// [TypesOf] says how Go types are read. The rest stands in authz tags; [Struct] has their grammar.
package relations
