// Package oso answers which documents an actor may act on by a policy in Polar, the language of Oso.
//
// An [Engine] is a [mongoauthz.Policy]: it runs the policy with go-oso, leaves the resource open, and translates what Oso then says of it
// into a filter. [Enforcer] has the methods of Oso's own type, on documents in MongoDB.
//
//	engine, err := oso.New(schema, policy, oso.WithStructs(structs...), oso.WithFetcher(mongoauthz.NewFetcher(db, nil)))
//	az, err := mongoauthz.New(db, schema, engine)                  // or, by Oso's names:
//	o, err := oso.NewEnforcer(db, engine)
//	books, err := o.AuthorizedResources(ctx, actor, "read", "Book")
//
// go-oso's own data filtering hands on a filter in which "<" and "not in" read as "=", and from which more is missing. This package reads the
// partial results from which that is made, where nothing is. What has no exact translation is an [*UnsupportedError], never a
// wider filter.
//
// # Names
//
// The classes of a policy are the resource types of the schema, embedded ones included, and those of [WithClass]. A field of a Go struct has its
// Go name (d.OwnerID, d.Address.City); that of a type for which there is no struct has its name in the schema. A relation has its name in the schema, or
// that as Go would write it (d.case_type, d.CaseType). Nothing is declared twice: which struct fields are relations, lists, or can be nil
// is known from the schema and the Go types. A variable cannot have the name of a class: where types are named in lower case, New refuses book in u.books.
//
// # Values
//
// Values of actors reach the filter as what they are in the database: ObjectIDs, UUIDs and other binary data, dates (in milliseconds), decimals
// and floats, which go-oso changes or cuts off, and strings of named types, which for Oso differ from plain ones. They also compare exactly with
// each other inside the policy. Refused, by an [*UnsupportedError], are unsigned numbers beyond 2^63-1, NaN, texts that are not UTF-8, and
// structs that nobody registered.
//
// For Oso, a stored NaN equals another. For a filter it equals nothing, and has no order. So d.A =
// d.B, d.A in d.List and orders give fewer documents with NaN than Oso allows. Their opposites do
// not give more: d.A != d.B is not said of a document with NaN in both.
//
// Methods of the actor, and of what it holds, are called as Oso calls them: on a copy, whatever the receiver is, and several results are a list. Each
// value has to have an exact form in the parameter's Go type; pointers, nil, lists, maps and instances go too, and what is read of the document does not. A
// method that fails, by an error among its results or a panic, ends the evaluation with an [*EngineError] that shows neither. There are no methods of
// documents, of those that relations of the actor lead to either, nor of dates and other values that Polar has no type for.
//
// # Nil
//
// A field whose Go type can be nil (a pointer, an interface) is nil where the document has null or
// no such field: it equals nil and a nil of the actor's, and differs from everything else. A list
// field that is null or missing is the empty list. A field whose Go type cannot be nil, and which
// is missing or null nevertheless, is broken data: no condition on it holds, negated or not. A
// field that the schema declares as absent means zero is that zero where it is missing. Where its
// Go type can be nil, conditions on it are refused.
//
//	policy                 d.Level (*int)    u.Level    by default    WithoutNil
//	d.Level = u.Level      nil               nil        holds         does not
//	d.Level = u.Level      3                 nil        does not      does not
//	d.Level != u.Level     nil               3          holds         does not
//	d.Level != u.Level     3                 nil        holds         does not
//	d.Level = nil          nil                          holds         does not
//	not "x" in d.Tags      (d.Tags nil)                 holds         does not, unless the schema declares absent lists empty
//
// So by default an actor whose Level is nil is given the documents that have none. Where that is not wanted, the policy has to say
// u.Level != nil, or the engine is made with [WithoutNil].
//
// An embedded document whose Go type is a pointer is nil likewise: d.Box = nil asks for documents
// without one, and d.Box.Lid = nil for those with a box that has no lid. IsNull of a dotted field
// holds where the document around it is missing, too. So the filter asks for that document as well.
//
// A relation of a document that leads nowhere is not nil: no condition on it holds, neither d.editor = nil nor d.editor != u. To ask for documents
// without an editor, compare the field that holds the key: d.EditorID = nil. A relation of the actor that leads nowhere is nil, and
// reading an attribute of that is an [*EngineError]; say u.team != nil first.
//
// A relation with a constant on the actor's side leads nowhere where the actor has another value,
// or nil. Where a stored document has no value there that its type admits, it is not known where
// the relation leads. That is an [*UnsupportedError].
//
// # Instances
//
// An actor, or what a relation leads to, equals a document with the same key: d.owner = u compares the key. Inside the policy, two instances with
// one key are the same; those without a key are compared deeply.
//
// # Constructs
//
// The resource is d, the actor u, declared in the head of the rule: allow(u: User, "read", d: Doc).
//
//	d.Field = value, value = d.Field, ==               yes   Eq
//	d.Field != value                                   yes   Ne, or IsNull where the Go type can be nil
//	d.Field < value, <=, >, >=                         yes   for numbers, texts, dates and other values that have an order
//	d.Field = u.Field                                  yes   the value as it is in the database; one of another type is refused
//	d.Field = nil, d.Field != nil                      yes   IsNull, IsSet; nil never equals a field that cannot be nil
//	d.Field = u.Field, where it is nil                 yes   see Nil
//	d.Field = d.Other                                  yes   for two fields of one type
//	d.Field in [a, b], d.Field in u.List               yes   In, one condition however many values
//	value in d.List                                    yes   Contains, Intersects
//	not value in d.List                                yes   none of the elements; an absent list has none
//	e in d.List and e < value                          once  only by order, and once for an element: a filter asks one thing of an element of a list field
//	_ in d.List, d.List = []                           yes   a list is compared as a whole with [] only
//	d.Embedded.Field                                   yes   a dotted field
//	d.Embedded = nil, d.Embedded != nil                yes   IsNull where the Go type is a pointer; "!= nil" is that there is one
//	d.relation.Field                                   yes   an entity, joined in the alternatives only that ask for it
//	d.relation = u, d.relation != u                    yes   a comparison of keys
//	d.relation = d.other                               yes   a comparison of keys
//	d.relation != nil, d.relation matches Class        yes   Exists, that there is one; "= nil" never holds
//	d.Field matches String, Integer, Float, Boolean    yes   decided by the Go type; refused where that is an interface
//	d matches Doc{Field: value}                        yes   as the comparisons one by one
//	x in d.relations and x.Field = value               yes   an entity for each variable; embedded, referenced and referencing documents
//	u in d.relations, not u in d.relations             yes   by the key
//	not (A and B), not (A or B), not not A             yes   without a new variable inside; see Negation
//	A or B                                             yes   alternatives
//	rules, helpers, rule heads                         yes   as Polar runs them
//	u.relation.Field                                   yes   looked up once for each evaluation
//	u.Method(value), r.Method()                        yes   of the actor and what it holds, with values that are known; the filter is not kept
//	forall(x in d.List, …), not (x in d.List and …)    no    of a variable bound there nothing tells whether one element is meant or every; over what the actor has, yes, up to 500 elements
//	d.relations.Field                                  no    a dot through a list or a value: bind the elements by in
//	d.Unknown                                          no    the schema has no such field
//	d.Field + 1, d.Method(), new                       no    nothing is computed from documents
//	_ = d.Field                                        no    Oso drops it; refused when the text is loaded
//	d.(name)                                           no    nobody knows which attribute it is; refused when the text is loaded
//	x = d.Field and y = d.Other and x = y              yes   as d.Field = d.Other, which Oso would drop; see What Oso drops
//	h(x, x), [d.Field] = [d.Other]                     no    Oso drops it; refused when the text is loaded
//	cut, print(…), debug(…)                            no    refused when the text is loaded
//
// # Negation
//
// Oso runs negated conditions on a document in hand, which is right. Where the document is left open, it negates what it found, and gets some of
// that wrong, with no trace in its answer (go-oso v0.27.3):
//
//	not (A and (B or C))                          is read as (not A or not B) and not C; so is a rule with alternatives in place of B or C
//	not r(d);  r(d) if A and q(d);  q(d) if B;  q(d) if C;    is read as not A or not B
//	not (u.Admin = true or A)                     is read as not A, where u.Admin is true
//	not (i.Kind = "a" and A), i in d.Items        is read as i.Kind != "a" and not A
//	not r(u, d);  r(u: User, d: Doc) if …;        denies everything
//
// and two negations in a row, such as not d.N in [1, 2] and not d.N = u.N behind d.N != 9, can exhaust its stack, which ends the process.
//
// So a policy that negates conditions on documents is rewritten before it is loaded: not (A and B) is not A or not B, a rule that is called under a
// not is written out there, and what is left are comparisons by the opposite operator. What it says of a document does not change by that. Where a
// variable is bound under the not, a forall included, or the text cannot be written anew (it has a backslash, the rest of a list, a dictionary or a
// recursive rule there), one negation is let through, if it is of a kind that Oso gets right; other texts are refused.
//
// A variable of which a not is the first to speak is the not's own, as in Polar, and renamed where another has its name behind it; where that cannot
// be written, the text is refused.
//
// Alternatives are alternatives under a not, too: not (A and B) holds where B does not, even where A asks something of a relation that leads nowhere,
// on which Oso itself fails if A stands first.
//
// # What Oso drops
//
// Where the document is left open, Oso drops conditions that it holds for true, with no trace either:
//
//	h(d.EditorID, d.OwnerID);  h(x, y) if x = y;      gives every document; so do x = d.A and y = d.B and x = y, and d.A in [d.B]
//	d.N >= 3 and 3 < d.N                              is read as d.N >= 3: b < a is taken for a >= b, and b > a for a <= b
//	d = u and d.Root = true                           asks u for Root, which may be older than what is stored; so do d in u.Docs and d.Root = true
//	h(d.editor, d);  h(_, d) if d.Public = true;      asks for no editor; on a document whose editor is missing, Oso itself fails
//	e = d.editor and (e.Name = "ann" or d.Public = true)      nor does this, in its second alternative
//
// So, in the text that is loaded, two variables that may both stand for something of the document are compared by ==, as is one with what the actor
// brings if more is asked of it; comparisons by order are turned round where there are both kinds; and a relation, or an embedded document that may be
// nil, of which an alternative asks nothing is asked to be unlike nil. Where that cannot be written, the text is refused: a variable that stands in the head
// of a rule twice, lists that hold something of the document, comparisons that may be of a term with itself, and a relation that may be the actor's as well.
// d.owner.ID = u.ID, and d.owner = u, take the reference as existing, as the filter does.
//
// A document that the actor brings (d in u.Docs) is given by its key. Where the policy asks more of what the actor brings and finds the document by that
// (p in u.Docs and p.Root = true and p = d), it is refused: what is stored may be another.
//
// Behind an embedded document that is nil no comparison holds, d.Box.Size != 3 neither. So its not does, as for Oso: not d.Box.Size = 3 is true of a
// document without a box. Behind a relation that leads nowhere, neither is. And where a dictionary of the actor's lacks a key, not d.N = u.Attrs.n gives
// every document, and d.N != u.Attrs.n none. In a text that cannot be written anew, a not behind such an
// embedded document denies; a variable that a not finds unlike what is behind one (not x != d.Box.Size) is refused.
//
// # Robustness
//
// Oso takes time with the square of a list's length where a forall ranges over it, or a not that speaks of the document: for 3,500 elements 16 seconds. So
// a list of the actor's over which the policy ranges so is an error that matches [filter.ErrLimit] beyond 500 elements. There is no such limit for
// d.Title in u.Roles, "x" in u.Roles, r in u.Roles and not d.Title in u.Roles, be it the same list. Only where the list is not read of a parameter with a class
// (u.Roles of u: User), but of a dictionary, a method or a variable, it is told by its name, wherever that stands in the policy.
//
// An evaluation takes Oso 0.2 to 3 ms, and more for large policies. Its filter is kept under all that the policy read of the actor ([WithCache]); to
// find it again takes some microseconds. That is right because a policy knows of an actor only what it reads; evaluations that look something
// up in the database, or call a method, are not kept.
//
// Each evaluation runs on an Oso of its own, of which an engine has as many as run at once ([WithConcurrency]), so that look-ups know whose they are:
// they follow the caller's context, and none is made twice. When the context ends, [Engine.Filter] returns at once; the evaluation ends at the next
// attribute that it reads of the actor, or at Oso's own time limit (30 seconds, POLAR_TIMEOUT_MS), and takes its place among those that run at once
// until then. Oso does not look at its limit while it simplifies what it found; texts at which it was seen to do that for ever are refused. A rule
// that calls itself on a relation of the document (r(f.parent, u)) ends there only, and takes gigabytes until then. The actor must not be changed
// before. Panics are returned as errors. No error holds a value of the actor's.
//
// Native memory does not grow by evaluations that end well, at a limit, by a context or a failed look-up; each that Oso itself fails
// at, such as by an attribute that an actor lacks, costs 20 KB for good. To change a policy, make a new engine and use it in place of the old one: Oso cannot be
// closed, and what an engine took natively, about 30 KB for each Oso, stays taken. Oso prints its warnings about a text to the standard output,
// each time it is loaded.
package oso
