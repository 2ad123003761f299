// Library is the first thing to run: a small library of books, and who may read which of them.
//
// For three actors it prints the clauses that the policy (policy.go) leaves open, the pipeline they become, and the books they may read;
// then the same with a search and a page; then one book by its id, for an actor who may read it and one who may not. What is stored and
// what is asked lies in package books, which the same library with a policy in Polar shares (examples/library/polar).
//
// It needs no server: the documents lie in memory, and package evaluate decides about them. If MONGODB_URI names a server, library
// stores them there in a database of its own, which it drops, runs the pipelines, and prints that both agree, or fails. In the root of the
// repository, "make run" starts it without a server, and "make run SERVER=1" with one.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"strings"

	"github.com/mongoauthz/go-mongoauthz/examples/library/books"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := books.Run(ctx, os.Stdout, os.Getenv("MONGODB_URI"), mongoauthz.PolicyFunc(policy))
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "library:", strings.Join(strings.Fields(err.Error()), " "))
		os.Exit(1)
	}
}
