// Package pipeline compiles a checked filter into one MongoDB aggregation pipeline, or into a plain
// find filter where no join is left. With its internal packages it is the only one of this module
// that spells a MongoDB operator of the authorization.
//
// [Compile] is pure: no I/O, no clock, the same plan for the same input. The [Plan] returns exactly
// the documents that the filter authorizes, each once, in its original shape:
//
//	{$match: prefilter}   only before joins: a superset of the answer
//	{$lookup: …}          one per join: at most one document in a helper field, or keys that were read once
//	{$match: decision}    complete in itself
//	{$unset: …}           the helper fields
//
// # The passes
//
// A filter goes through these packages, each of which has a page of its own. ARCHITECTURE.md follows
// one filter through all of them.
//
//	relations          names, types and values are checked: a checked filter
//	internal/lower     three values become two: a formula
//	internal/keyquery  joins that can be read as keys from their far side
//	internal/plan      how each clause is served
//	internal/emit      the formula in MongoDB's words, as data of internal/mql
//	internal/mql       the renderer: from that data to BSON
//	internal/advise    indexes that serve the queries of a plan
//
// No $lookup multiplies documents, and nothing is unwound at the top. A document with one _id is
// joined by the plain equality, and the decision has the conditions on it. Every other join has them in
// its sub-pipeline, which ends in {$limit: 1}, and the decision asks whether something was found.
//
// [Plan.Resolution] returns a read that gathers keys from the side that the filter's values narrow
// most. [Resolution.Resolve] puts the keys where the joins were. A [Cache] keeps plans by the shape of
// their filters. [Indexes] says which indexes serve a plan, and [After] what follows a document in the
// order of a $sort.
//
// # What the server must be
//
// MongoDB 6.0 or later. What follows is not as package evaluate has it, or is promised under a
// condition only:
//
//   - A stored undefined, a deprecated type, is null to servers before 8.0.
//   - A stored symbol, a deprecated type, is left out by an ordered comparison that only an expression
//     can make.
//   - A stored string that is not UTF-8 fails a query whose text operator only an expression can make.
//   - The collections are read without a common snapshot unless the caller asks for one: a document
//     that is written while it is joined, or looked up again for its elements, may be judged by both
//     of its versions.
//   - An _id is taken as unique, which a sharded collection has to see to itself where _id is not its
//     shard key.
package pipeline
