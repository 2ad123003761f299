// Polar is the library of examples/library with its policy in Polar, Oso's language: library.polar in place of policy.go. Everything else,
// the types, what is stored, and what is asked, is the same, and so are the books that the actors may read.
//
// It needs cgo, for Oso's engine, and is a module of its own. In the root of the repository, "make run-polar" starts it without a server,
// and "make run-polar SERVER=1" with one.
package main

import (
	"context"
	_ "embed"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"

	"github.com/mongoauthz/go-mongoauthz/engine/oso"
	"github.com/mongoauthz/go-mongoauthz/examples/library/books"
)

//go:embed library.polar
var policy string

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Stdout, os.Getenv("MONGODB_URI"))
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "library:", strings.Join(strings.Fields(err.Error()), " "))
		os.Exit(1)
	}
}

func run(ctx context.Context, w io.Writer, uri string) error {
	schema, err := books.Schema()
	if err != nil {
		return err
	}
	engine, err := oso.New(schema, policy, oso.WithStructs(books.Structs()...), oso.WithClass("Person", books.Actor{}))
	if err != nil {
		return err
	}
	return books.Run(ctx, w, uri, engine)
}
