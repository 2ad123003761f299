// Package differential compares the engine with Oso itself on random policies over random documents: what the engine lists on a server, and
// what it decides in process, with what IsAllowed says of each document as Go decodes it. Nothing may be granted that Oso does not grant, and
// nothing missing that it does. What the engine refuses is counted, and its share is bounded.
//
// A policy is made of a small grammar: several rules with comparisons of all sorts over fields, to-one and to-many relations, embedded
// documents and lists, with and, or, not, helper rules, matches, and nil everywhere. Each rule is also loaded by itself: IsAllowed gives up
// at the first failure, such as an attribute of nil, and a rule that fails on a document does not take away what another one allows. Where a
// rule that fails has alternatives of its own, nobody knows what Oso would have said; these documents are left out, and counted.
//
// The seed is fixed; -seed takes another one, and -worlds more of them.
package differential
