package main

import (
	"bytes"
	"os"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mongoauthz/go-mongoauthz/examples/library/books"
	"github.com/mongoauthz/go-mongoauthz/integration/harness"
)

// These tests are inside the package because a program has no outside.

func TestMain(m *testing.M) { os.Exit(harness.Main(m)) }

// said is what the policies say, in which the rules of the one have labels and the entities of the other the names of Polar's variables.
var said = regexp.MustCompile(`(?m)^The policy says\n(  .*\n)+`)

// golden returns what examples/library prints, but for what its policy says.
func golden(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../testdata/output.txt")
	require.NoError(t, err)
	require.Len(t, said.FindAll(text, -1), len(books.Actors))
	return said.ReplaceAllString(string(text), "")
}

func TestThePolicyInPolarPrintsWhatTheOneInGoPrints(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), &out, ""))
	require.Equal(t, golden(t)+"\n"+books.Alone+"\n", said.ReplaceAllString(out.String(), ""))
}

func TestWithAServerItPrintsTheSame(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), &out, harness.URI(t)))
	require.Equal(t, golden(t)+"\n"+books.Agreed+"\n", said.ReplaceAllString(out.String(), ""))
}
