package main

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
)

// These tests are inside the package because a program has no outside. The whole of it runs in integration/examples.

func TestWithoutAnAddressTheErrorSaysWhatToDo(t *testing.T) {
	t.Setenv("MONGODB_URI", "")
	var out bytes.Buffer
	err := run(t.Context(), &out)
	require.EqualError(t, err, `MONGODB_URI is not set: "make run" finds or starts a server, or name one there`)
	require.Empty(t, out.String())
}

func TestWithoutAServerTheErrorSaysSo(t *testing.T) {
	t.Setenv("MONGODB_URI", "mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=50")
	var out bytes.Buffer
	err := run(t.Context(), &out)
	require.ErrorContains(t, err, "the server that MONGODB_URI names does not answer")
	require.Empty(t, out.String())
}

func TestOnlyReadingBooksIsAllowed(t *testing.T) {
	for _, ask := range []struct {
		actor            any
		action, resource string
	}{{nil, "read", "Book"}, {"kim", "read", "Book"}, {kim, "delete", "Book"}, {kim, "read", "Patron"}} {
		f, err := policy(t.Context(), ask.actor, ask.action, ask.resource)
		require.NoError(t, err)
		require.Equal(t, "no "+ask.resource, f.String())
	}
}
