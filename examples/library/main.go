// Library is the first thing to run: a small library of books, and who may read which of them.
//
// For three actors it prints the clauses that the policy leaves open, the pipeline they become, and the books they may read; then the
// same with a search and a page; then one book by its id, for an actor who may read it and one who may not.
//
// It needs no server: the documents lie in memory, and package evaluate decides about them. If MONGODB_URI names a server, library
// stores them there in a database of its own, which it drops, runs the pipelines, and prints that both agree, or fails. In the root of the
// repository, "make run" starts it without a server, and "make run SERVER=1" with one.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Stdout, os.Getenv("MONGODB_URI"))
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "library:", strings.Join(strings.Fields(err.Error()), " "))
		os.Exit(1)
	}
}

// The last line says who was asked.
const (
	alone  = "Decided in process, without a server. To ask one as well: make run SERVER=1, or set MONGODB_URI."
	agreed = "Decided in process, and asked of a server: both agree, on every pipeline and every book."
)

func run(ctx context.Context, w io.Writer, uri string) (err error) {
	s, err := schema()
	if err != nil {
		return err
	}
	here, err := inProcess(s)
	if err != nil {
		return err
	}
	if uri == "" {
		if err := report(ctx, w, here); err != nil {
			return err
		}
		fmt.Fprintf(w, "\n%s\n", alone)
		return nil
	}

	db, err := open(ctx, uri)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, drop(ctx, db)) }()
	there, err := onServer(ctx, db, s)
	if err != nil {
		return err
	}
	return both(ctx, w, here, there)
}

// both prints the report, which has to be the same of both libraries.
func both(ctx context.Context, w io.Writer, here, there library) error {
	var decided, returned strings.Builder
	if err := errors.Join(report(ctx, &decided, here), report(ctx, &returned, there)); err != nil {
		return err
	}
	a, b := decided.String(), returned.String()
	fmt.Fprint(w, a)
	if a != b {
		same := 0
		for same < min(len(a), len(b)) && a[same] == b[same] {
			same++
		}
		line := strings.Count(a[:same], "\n")
		return fmt.Errorf("the server does not agree: line %d is %q in process, and %q there",
			line+1, strings.Split(a, "\n")[line], strings.Split(b, "\n")[line])
	}
	fmt.Fprintf(w, "\n%s\n", agreed)
	return nil
}

// A library knows what actors may read.
type library interface {
	// stages returns the pipeline for the books that the actor may read.
	stages(ctx context.Context, actor Actor) ([]bson.D, error)
	// books returns those of them that are asked for.
	books(ctx context.Context, actor Actor, r request) ([]Book, error)
}

func report(ctx context.Context, w io.Writer, l library) error {
	fmt.Fprintln(w, "Three actors want to read books. The policy says which, as far as it can without seeing a book.")
	if err := lists(ctx, w, l); err != nil {
		return err
	}
	if err := searches(ctx, w, l); err != nil {
		return err
	}
	return lookups(ctx, w, l)
}

// lists prints what each actor may read: as the policy says it, as a database is asked, and which books that are.
func lists(ctx context.Context, w io.Writer, l library) error {
	for _, actor := range actors {
		printHeading(w, actor.String())
		f, err := policy(ctx, actor, "read", "Book")
		if err != nil {
			return err
		}
		printText(w, "The policy says", f.String())

		stages, err := l.stages(ctx, actor)
		if err != nil {
			return err
		}
		if err := printStages(w, "The pipeline on books", stages); err != nil {
			return err
		}

		books, err := l.books(ctx, actor, everything())
		if err != nil {
			return err
		}
		slices.SortFunc(books, func(a, b Book) int { return a.ID - b.ID }) // the pipeline promises no order
		printBooks(w, actor.ID+" may read", books)
	}
	return nil
}

// searches prints what each actor finds: the same queries, and behind them a search and a page.
func searches(ctx context.Context, w io.Writer, l library) error {
	r := search("mongodb", 1, 2)
	printHeading(w, "A search, and two books after the first")
	if err := printStages(w, "Appended to the same pipelines", r.stages); err != nil {
		return err
	}
	for _, actor := range actors {
		books, err := l.books(ctx, actor, r)
		if err != nil {
			return err
		}
		printBooks(w, actor.ID+" finds", books)
	}
	return nil
}

// lookups prints a book as two actors get it by its id, of whom one may not read it.
func lookups(ctx context.Context, w io.Writer, l library) error {
	printHeading(w, "One book by its id")
	fmt.Fprintln(w)
	for _, ask := range []struct {
		actor Actor
		id    int
	}{{kim, 1}, {joe, 1}, {joe, 404}} {
		book, err := bookByID(ctx, l, ask.actor, ask.id)
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
func bookByID(ctx context.Context, l library, actor Actor, id int) (Book, error) {
	books, err := l.books(ctx, actor, byID(id))
	if err != nil {
		return Book{}, err
	}
	if len(books) == 0 {
		return Book{}, errNotFound
	}
	return books[0], nil
}
