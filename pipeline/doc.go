// Package pipeline compiles a filter over a schema into one MongoDB aggregation pipeline, or into a plain find filter where no join
// is left. It is the only package of this module that spells a MongoDB operator.
//
// [Compile] is pure: no I/O, no clock, the same plan for the same input. The [Plan] is data, and its stages return exactly the
// documents that the filter authorizes, each once, in its original shape:
//
//	{$match: prefilter}   only before joins: a superset of the answer, and no document that has a helper field already
//	{$lookup: …}          one per join: at most one document in a helper field, or keys that were read once
//	{$match: decision}    complete in itself
//	{$unset: …}           the helper fields
//
// What a filter means is defined by package evaluate; this package must agree with it, and shares no rule with
// it. The work is done in three steps, each in files of its own.
//
//   - Lowering (lower.go, entities.go, reach.go, absence.go) turns the three-valued filter into a two-valued formula (formula.go). Each leaf comparison has
//     two spellings, surely true and surely false, and a None asks for the second: a clause is surely false if no choice of its
//     entities leaves every condition not surely false, and if the range of the entities is known. Entities become quantifiers.
//   - The leaf table (leaf.go) spells every comparison, true and false, as a query and as an aggregation expression.
//   - Emission (query.go, elements.go, expr.go, join.go) writes the formula as query documents: embedded arrays as $elemMatch, documents of other
//     collections as $lookup with their own conditions in the sub-pipeline, and as $expr what only an expression can say.
//
// No $lookup multiplies documents, and nothing is unwound at the top. A document with one _id is joined by the plain equality, and
// the decision has the conditions on it; every other join has them in its sub-pipeline, which ends in {$limit: 1}, and the decision
// asks whether something was found. Where an element of an embedded array leads to another collection, the sub-pipeline looks its own
// document up again by _id and unwinds the array there.
//
// # Starting from the other side
//
// A formula is two-valued, so "some document with that key makes this true" may be replaced by the set of keys of which it is true, wherever it
// stands. [Plan.Resolution] returns the read that gathers these sets (core.go, gather.go): it flattens documents that must exist together, starts from the
// one that the filter's values narrow most, and follows the keys towards the plan's collection, either way; rows multiply there, and equal ones
// become one. Where a row has one _id to follow, the document is joined whole, by the plain equality. Reads that end alike go on together
// (suffix.go). [Resolution.Resolve] puts the keys where the joins were. A truncated read, and a key that
// could be read as an operator or a pattern, leave the joins as they are.
//
// Where three documents or more hang in a row from such values, the plan's own pipeline has the same read as a $lookup that depends on no
// document (among.go), which servers run once.
//
// A [Cache] keeps plans by the shape of their filters, and puts the values of a filter into the plan that was compiled for another one (shape.go,
// template.go), and into what its resolution reads (reads.go). [Indexes] reads off the stages which indexes serve them, and [After] says what
// follows a document in the order of a $sort.
//
// # What the server must be
//
// MongoDB 6.0 or later. What follows is not as package evaluate has it, or is promised under a condition only:
//
//   - A stored undefined, a deprecated type, is null to servers before 8.0.
//   - A stored symbol, a deprecated type, is left out by an ordered comparison that only an expression can make.
//   - A stored string that is not UTF-8 fails a query whose text operator only an expression can make.
//   - The collections are read without a common snapshot unless the caller asks for one: a document that is written while it is
//     joined, or looked up again for its elements, may be judged by both of its versions.
//   - An _id is taken as unique, which a sharded collection has to see to itself where _id is not its shard key.
package pipeline
