// Package differential compares the engine with Oso itself on random policies over random documents: what the engine lists on a server, and
// what it decides in process, with what IsAllowed says of each document as Go decodes it. Nothing may be granted that Oso does not grant, and
// nothing missing that it does. What the engine refuses is counted, and its share is bounded.
//
// A policy is made of a small grammar: several rules with comparisons of all sorts over fields, to-one and to-many relations, embedded
// documents and lists, with and, or, not, helper rules, matches, and nil everywhere. Each rule is also loaded by itself: IsAllowed gives up
// at the first failure, such as an attribute of nil, and a rule that fails on a document does not take away what another one allows. A rule that
// fails is taken apart into one rule for each way in which it may hold, with a not in front of single conditions only. So a document is allowed if
// the policy allows it whatever the order in which its conditions are looked at. Where there are too many ways, or one of several elements
// fails, the document is left out, and counted.
//
// The seed is fixed; -seed takes another one, and -worlds more of them.
package differential
