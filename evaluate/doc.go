// Package evaluate is the reference semantics of filters: it decides whether a filter authorizes a document, and says why. What it says is what
// a filter means; a compiled query has to return exactly the documents that it authorizes. It is written to be read, and does in plain steps
// what a database does in clever ones. It reads the filter as written, and shares no rule with the compiler that it is the test of.
//
// # Three values
//
// Every question has one of three answers: [True], [False] and [Unknown], which is the answer where
// what is stored does not tell. An AND is the least of its parts and an OR the greatest, in the
// order False, Unknown, True; Not swaps True and False. Only True authorizes, so that Unknown never
// does, under a comparison or under its negation. A Surely takes Unknown for False: it is the only
// condition of which the negation holds for what is unknown.
//
// # Clauses (clause.go)
//
// A document is authorized if it is inside the scope of its type, and one of the filter's clauses is true. A clause is the OR, over all choices
// of its entities, of the AND of its conditions. An Any is the OR of its clauses, a None the Not of its clause.
//
// The scope of an entity's type, and the constants of the relation that leads to it, are conditions on that entity.
//
// # Entities (reach.go)
//
// An entity ranges over what its relation reaches: the embedded document or the documents of the embedded array, or the
// documents whose fields are, or hold, the keys. Null and arrays are no keys. An entity with several paths ranges over what is reached along
// all of them, a free one over all documents of its collection. A through is its hops, each an entity without a name.
//
// A range is known if nothing can be missing from it. The near constants of a relation come first,
// as one AND: false, and the range is known and empty; unknown, and it is not known. If they are
// true: To-one: if a document was reached, which takes a true scope and true far constants; a
// complete reference, if its key is set and one value. To-many: if the stored value is an array
// without null (an array of documents only, for embedded ones), or is absent where that is declared
// to mean empty. Has one, has many: if our key is set, and not an array; a required one, if besides
// there is a row of which scope and far constants are true. Along several paths: if each range is
// known, or one is known and empty. Where the range is not known, the entity has one more choice,
// the phantom. It is unknown whether it exists, every comparison that mentions it is unknown, and
// an entity that is reached from it ranges over a phantom alone. That is what keeps a None from
// being true of what could not be looked up.
//
// # Key only (keyonly.go)
//
// An entity that is referenced by the key of its type, and of which nothing but that key is
// compared, is answered from the local key: no document is asked for, and the reference is taken as
// existing. Exists may be asked besides where the reference is complete.
//
// # Comparisons (comparison.go, compare.go)
//
// A comparison is unknown where the field is missing or null, or the operand null. Only a value of
// the declared type and shape makes it false; an array stored where one value is declared, and one
// value where a list is, can still make it true. On a list it is the OR over the elements, one
// level deep. [Equal] and [Order] say how two values compare; a NaN equals nothing, and has no
// order. A missing field that is declared as absent means zero is that value, if the document
// around it is there. IsNull and IsSet read what is stored, and take a field for missing where a
// document around it is missing or null. An element of which something is asked that can hold for a
// missing field is reached in an array of documents only (absence.go).
//
// The deprecated BSON types are values like others: undefined is set and equal to itself only, and a symbol equals the string it spells
// without being a String. A stored string that is not UTF-8 is no text: a text operator is unknown on it.
package evaluate
