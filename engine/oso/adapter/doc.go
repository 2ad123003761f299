// Package adapter lets code that calls Oso itself run its authorized queries on MongoDB. It needs no cgo of its own.
//
//	a, err := adapter.New(adapter.Config{Database: db, Structs: structs, Actors: []any{User{}}, Policy: policy})
//	err = a.Register(o)                 // the classes, o being an *oso.Oso
//	o.SetDataFilteringAdapter(a)
//	err = o.LoadString(policy)          // the same policy
//
//	q, err := o.AuthorizedQuery(user, "read", "Book")           // a *mongoauthz.Query
//	books, err := o.AuthorizedResources(user, "read", "Book")   // the structs, each in an any
//
// Prefer the engine in package oso, which decides from what Oso makes of the policy before a filter is made of it. Oso's filter is not
// faithful: a comparison by order arrives as an equality and a "not in" as its opposite, a number without its fraction, a rule that asks
// only whether something is there not at all. An adapter sees neither the policy nor the actor, and could not know.
//
// So this one reads the policy when it is made, and [New] refuses whatever could be lost without a trace: comparisons by order, negations,
// forall, cut, matches, arithmetic, numbers with a point and attributes that may hold such numbers, attributes of no known type, rules that
// follow a relation and ask nothing of what it leads to, two elements of one relation in one alternative. What can be seen in a filter is
// refused by BuildQuery: two paths to one class, a class, field or relation that is not known, a list compared as a whole, a value of
// another Go type than the field's, embedded documents. Both errors are a [*RefusedError].
//
// What is left means what Oso's own IsAllowed says of each document as the driver decodes it into the struct: a pointer that is null or
// missing is nil, and equal to nil only. A document in which a field that cannot be nil is null or missing is not authorized.
//
// # What cannot be seen
//
// The policy that is read must be the one that Oso runs. An actor or action that is itself a number with a fraction, or of a type that was
// not named, is not known to the adapter. Oso hands on no context: a query that it runs takes no longer than Config.Within, and a look-up of
// an actor's relation is made as often as Oso asks. Oso does not recover from panics, and holds the actor in the text of its errors.
package adapter
