package main

import (
	"context"

	"github.com/mongoauthz/go-mongoauthz/examples/library/books"
	"github.com/mongoauthz/go-mongoauthz/filter"
)

// policy says what an actor may act on: it decides by the actor and the action, and leaves open what depends on the document.
func policy(_ context.Context, actor any, action, resource string) (filter.Filter, error) {
	a, ok := actor.(books.Actor)
	if !ok || action != "read" || resource != "Book" {
		return filter.Deny(resource), nil
	}
	return filter.For("Book", readableBooks(a)...), nil
}

// readableBooks returns a clause for each reason why the actor may read a book. One that holds is enough.
func readableBooks(a books.Actor) []filter.Clause {
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
