// Package conformance holds the engine to Oso itself: about a hundred policies, in the spirit of Oso's own tests of data filtering and
// hostile to what goes wrong there, each with four actors, on a server.
//
// A list has to be what Oso's own IsAllowed says of each document, never more; or the engine refuses the policy, which the case says. The
// documents are stored twice, with null and without a field wherever Go has a nil, and both have to give the same list. So does the
// evaluator in process.
//
// IsAllowed is asked of the documents as Go decodes them, with what they are related to beside them, so that nothing is asked of the engine
// under test. Numbers with a fraction, dates and ObjectIDs, which go-oso itself cuts to integers, compares by their Go structs, or makes
// lists of, are handed to it in a form that compares as what they are.
//
// Where IsAllowed fails, such as on an attribute of nil, a document counts as not allowed. If another alternative of the policy allows it
// nevertheless, the case names it: IsAllowed gives up at the first failure.
package conformance
