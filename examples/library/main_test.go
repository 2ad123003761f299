package main

import (
	"bytes"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mongoauthz/go-mongoauthz/examples/library/books"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
)

// These tests are inside the package because a program has no outside. It runs with a server in integration/examples.

var update = flag.Bool("update", false, "rewrite the golden file")

// width is how many columns a terminal has.
const width = 100

func TestWithoutAServerItPrintsWhatTheGoldenFileHolds(t *testing.T) {
	t.Parallel()
	const golden = "testdata/output.txt"
	var out bytes.Buffer
	require.NoError(t, books.Run(t.Context(), &out, "", mongoauthz.PolicyFunc(policy)))
	for line := range strings.Lines(out.String()) {
		assert.LessOrEqual(t, len(strings.TrimSuffix(line, "\n")), width, "wider than a terminal: %s", line)
	}
	got, ok := strings.CutSuffix(out.String(), "\n"+books.Alone+"\n")
	require.True(t, ok, "the last line says who was asked")
	if *update {
		require.NoError(t, os.WriteFile(golden, []byte(got), 0o644))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	require.Equal(t, string(want), got, "if that is what it should print: make golden")
}

func TestOnlyReadingBooksIsAllowed(t *testing.T) {
	t.Parallel()
	for _, ask := range []struct {
		actor            any
		action, resource string
	}{{nil, "read", "Book"}, {"kim", "read", "Book"}, {books.Kim, "delete", "Book"}, {books.Kim, "read", "Patron"}} {
		f, err := policy(t.Context(), ask.actor, ask.action, ask.resource)
		require.NoError(t, err)
		require.Equal(t, "no "+ask.resource, f.String())
	}
}
