// Package filter is the intermediate representation between policies and MongoDB: what a policy leaves open once the actor
// and the action are known, as an OR of clauses over one resource type.
//
// A [Filter] is built by a policy, or by the adapter of a policy engine:
//
//	p := filter.Reach("p", "publisher")
//	f := filter.For("Book",
//		filter.Where(filter.F("public").Eq(true)).As("public books"),
//		filter.Some(p).Where(p.F("name").Eq(filter.Param("actor.publisher"))),
//	)
//
// It authorizes a document if one of its clauses is true. A [Clause] is an AND of conditions over
// the document and the entities it declares, true if some choice of the entities makes every
// condition true. An [Entity] is a document (or an embedded element) that a relation reaches from
// another one, or a free one of some type. A [Condition] is a [Comparison] of a field with a
// literal, a field or a parameter; an [Exists], which asks that an entity is there; a [Constant];
// an [Any], which is an OR inside a clause; a [None], which is a negated clause; or a [Surely],
// which takes what is unknown for false. Names are those of a schema (package relations), whose
// Check tells whether the filter fits it; nothing here knows a schema.
//
// [And], [Or], [Except] and [ExceptSurely] combine filters of one type. [Under] asks the filter of
// a parent of an entity.
//
// # Three values
//
// A condition is true, false or unknown, and unknown never authorizes, neither under a comparison nor under its negation: a document without
// the field a is selected by neither a = 5 nor a ≠ 5, and a null operand selects nothing. Ask for absence with IsNull and IsSet.
//
// # Nothing is a filter by accident
//
// The zero Filter denies, as does one without clauses ([Deny]). One that allows everything says so,
// by the mark of [Allow] or by [True] in a clause. A clause without a condition is malformed, and
// so is an Any without clauses: what was left out never allows. [Filter.Outcome] tells the three
// outcomes apart. Values are data: no [Literal] is ever read as an operator, a path or a parameter,
// and what has no one meaning as BSON is refused ([Value]). What means nothing is a
// [*MalformedError], what grows too large a [*LimitError], and a filter returned with an error
// denies.
//
// # What is done with it
//
// [Filter.Bind] replaces parameters by values. [Filter.String] is for people, [Filter.Redacted] for
// logs, and its JSON ([Filter.MarshalJSON]) for storing it and handing it on. All of these leave
// the filter they are called on as it is, so a Filter may be shared and used concurrently.
//
// The Check of a schema (package relations) resolves a filter for the compiler and the evaluator.
package filter
