package books

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
)

// The last line of a report says who was asked.
const (
	Alone  = "Decided in process, without a server. To ask one as well, give make SERVER=1, or set MONGODB_URI."
	Agreed = "Decided in process, and asked of a server: both agree, on every pipeline and every book."
)

// Run prints what each actor may read by the policy, which is asked about reading the type Book by an [Actor]. Without a URI it is decided
// in process; with one, also by the server there, in a database that is made and dropped. The errors are those of the policy, of the
// compiler and of the server, and one that says where the server does not agree.
func Run(ctx context.Context, w io.Writer, uri string, policy mongoauthz.Policy) (err error) {
	s, err := Schema()
	if err != nil {
		return err
	}
	here, err := inProcess(s, policy)
	if err != nil {
		return err
	}
	if uri == "" {
		if err := report(ctx, w, here); err != nil {
			return err
		}
		fmt.Fprintf(w, "\n%s\n", Alone)
		return nil
	}

	db, err := open(ctx, uri)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, drop(ctx, db)) }()
	there, err := onServer(ctx, db, s, policy)
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
	fmt.Fprintf(w, "\n%s\n", Agreed)
	return nil
}

// A library knows what actors may read.
type library interface {
	// filter returns what the policy says of reading books.
	filter(ctx context.Context, actor Actor) (filter.Filter, error)
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
	for _, actor := range Actors {
		printHeading(w, actor.String())
		f, err := l.filter(ctx, actor)
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
	for _, actor := range Actors {
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
	}{{Kim, 1}, {Joe, 1}, {Joe, 404}} {
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
