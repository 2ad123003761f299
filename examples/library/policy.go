package main

import (
	"context"

	"github.com/mongoauthz/go-mongoauthz/filter"
)

// Actor is who asks, as far as the service knows without the database.
type Actor struct {
	ID        string
	Publisher string // the publisher they work for, if any
	Patron    bool   // they may borrow books
	City      string // of the branch where they are a librarian, if they are one
}

// String says who it is.
func (a Actor) String() string {
	switch {
	case a.Publisher != "":
		return a.ID + ", who works for " + a.Publisher
	case a.City != "":
		return a.ID + ", a librarian in " + a.City
	case a.Patron:
		return a.ID + ", a patron"
	default:
		return a.ID
	}
}

// policy says what an actor may act on: it decides by the actor and the action, and leaves open what depends on the document.
func policy(_ context.Context, actor any, action, resource string) (filter.Filter, error) {
	a, ok := actor.(Actor)
	if !ok || action != "read" || resource != "Book" {
		return filter.Deny(resource), nil
	}
	return filter.For("Book", readableBooks(a)...), nil
}

// readableBooks returns a clause for each reason why the actor may read a book. One that holds is enough.
func readableBooks(a Actor) []filter.Clause {
	clauses := []filter.Clause{
		filter.Where(filter.F("public").Eq(true)).As("public books"),
	}
	if a.Publisher != "" {
		publisher := filter.Reach("p", "publisher")
		clauses = append(clauses, filter.Some(publisher).
			Where(publisher.F("_id").Eq(a.Publisher)).
			As("books of the own publisher"))
	}
	if a.Patron {
		loan := filter.Reach("l", "loans")
		clauses = append(clauses, filter.Some(loan).
			Where(loan.F("patron_id").Eq(a.ID), loan.F("returned").IsNull()).
			As("what a patron has on loan"))
	}
	if a.City != "" {
		loan := filter.Reach("l", "loans")
		patron := loan.Reach("r", "patron")
		clauses = append(clauses, filter.Some(loan, patron).
			Where(patron.F("address.city").Eq(a.City)).
			As("lent in the city of the branch"))
	}
	return clauses
}
