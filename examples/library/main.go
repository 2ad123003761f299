// Library is the first thing to run: a small library of books, and who may read which of them.
//
// For three actors it prints the clauses that the policy leaves open, the pipeline they become, and the books that the server
// returns; then the same with a search and a page; then one book by its id, for an actor who may read it and one who may not.
//
// "make run" in the root of the repository starts it with a server. Without make, MONGODB_URI has to name one; library works in a
// database of its own there, and drops it.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "library:", strings.Join(strings.Fields(err.Error()), " "))
		os.Exit(1)
	}
}

func run(ctx context.Context, w io.Writer) (err error) {
	db, err := open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, drop(ctx, db)) }()
	if err := load(ctx, db); err != nil {
		return err
	}

	s, err := schema()
	if err != nil {
		return err
	}
	opts, err := serverOptions(ctx, db)
	if err != nil {
		return err
	}
	az, err := mongoauthz.New(db, s, mongoauthz.PolicyFunc(policy), opts...)
	if err != nil {
		return err
	}
	if err := az.Verify(ctx); err != nil {
		return err
	}

	fmt.Fprintln(w, "Three actors want to read books. The policy says which, as far as it can without seeing a book.")
	if err := lists(ctx, w, az); err != nil {
		return err
	}
	if err := searches(ctx, w, az); err != nil {
		return err
	}
	return lookups(ctx, w, az)
}

// lists prints what each actor may read: as the policy says it, as the database is asked, and what it returns.
func lists(ctx context.Context, w io.Writer, az *mongoauthz.Authorizer) error {
	for _, actor := range actors {
		printHeading(w, actor.String())
		f, err := policy(ctx, actor, "read", "Book")
		if err != nil {
			return err
		}
		printText(w, "The policy says", f.String())

		q, err := az.AuthorizedQuery(ctx, actor, "read", "Book")
		if err != nil {
			return err
		}
		if err := printStages(w, "The pipeline on "+q.Collection().Name(), q.Pipeline()); err != nil {
			return err
		}

		var books []Book
		if err := q.All(ctx, &books); err != nil {
			return err
		}
		slices.SortFunc(books, func(a, b Book) int { return a.ID - b.ID }) // the pipeline promises no order
		printBooks(w, "It returns", books)
	}
	return nil
}

// searches prints what each actor finds: the same queries, and behind them a search and a page.
func searches(ctx context.Context, w io.Writer, az *mongoauthz.Authorizer) error {
	text := regexp.QuoteMeta("mongodb") // as somebody typed it
	stages := []bson.D{
		{{Key: "$match", Value: bson.D{{Key: "title", Value: bson.D{{Key: "$regex", Value: text}, {Key: "$options", Value: "i"}}}}}},
		{{Key: "$sort", Value: bson.D{{Key: "title", Value: 1}, {Key: "_id", Value: 1}}}},
		{{Key: "$skip", Value: 1}},
		{{Key: "$limit", Value: 2}},
	}
	printHeading(w, "A search, and two books after the first")
	if err := printStages(w, "Appended to the same pipelines", stages); err != nil {
		return err
	}
	for _, actor := range actors {
		q, err := az.AuthorizedQuery(ctx, actor, "read", "Book")
		if err != nil {
			return err
		}
		page, err := q.Append(stages...)
		if err != nil {
			return err
		}
		var books []Book
		if err := page.All(ctx, &books); err != nil {
			return err
		}
		printBooks(w, actor.ID+" finds", books)
	}
	return nil
}

// lookups prints a book as two actors get it by its id, of whom one may not read it.
func lookups(ctx context.Context, w io.Writer, az *mongoauthz.Authorizer) error {
	printHeading(w, "One book by its id")
	fmt.Fprintln(w)
	for _, ask := range []struct {
		actor Actor
		id    int
	}{{kim, 1}, {joe, 1}, {joe, 404}} {
		book, err := bookByID(ctx, az, ask.actor, ask.id)
		answer := book.Title
		if errors.Is(err, errNotFound) {
			answer = err.Error()
		} else if err != nil {
			return err
		}
		fmt.Fprintf(w, "  %s asks for %d: %s\n", ask.actor.ID, ask.id, answer)
	}
	return nil
}

var errNotFound = errors.New("not found")

// bookByID returns a book. A book that the actor may not read is not found, so that nobody learns that there is one.
func bookByID(ctx context.Context, az *mongoauthz.Authorizer, actor Actor, id int) (Book, error) {
	q, err := az.AuthorizedQuery(ctx, actor, "read", "Book")
	if err != nil {
		return Book{}, err
	}
	one, err := q.Append(bson.D{{Key: "$match", Value: bson.D{{Key: "_id", Value: id}}}})
	if err != nil {
		return Book{}, err
	}
	var books []Book
	if err := one.All(ctx, &books); err != nil {
		return Book{}, err
	}
	if len(books) == 0 {
		return Book{}, errNotFound
	}
	return books[0], nil
}
