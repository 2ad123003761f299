package main

import (
	"bytes"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// These tests are inside the package because a program has no outside. It runs with a server in integration/examples.

var update = flag.Bool("update", false, "rewrite the golden file")

func TestWithoutAServerItPrintsWhatTheGoldenFileHolds(t *testing.T) {
	t.Parallel()
	const golden = "testdata/output.txt"
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), &out, ""))
	for line := range strings.Lines(out.String()) {
		assert.LessOrEqual(t, len(strings.TrimSuffix(line, "\n")), width, "wider than a terminal: %s", line)
	}
	got, ok := strings.CutSuffix(out.String(), "\n"+alone+"\n")
	require.True(t, ok, "the last line says who was asked")
	if *update {
		require.NoError(t, os.WriteFile(golden, []byte(got), 0o644))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	require.Equal(t, string(want), got, "if that is what it should print: make golden")
}

func TestTwoThatAgreePrintOneReport(t *testing.T) {
	t.Parallel()
	var one, two bytes.Buffer
	require.NoError(t, report(t.Context(), &one, stored(t)))
	require.NoError(t, both(t.Context(), &two, stored(t), stored(t)))
	require.Equal(t, one.String()+"\n"+agreed+"\n", two.String())
}

func TestTwoThatDisagreeAreAnErrorThatSaysWhere(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]struct {
		collection string
		want       string // in the error
	}{
		"books":   {"books", `line 15 is "  1  MongoDB: The Definitive Guide`},
		"loans":   {"loans", `is "  4  MongoDB in Action`},
		"patrons": {"patrons", `is "  1  MongoDB: The Definitive Guide`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			less := stored(t)
			less.stored[change.collection] = nil
			for _, pair := range [][2]library{{stored(t), less}, {less, stored(t)}} {
				var out bytes.Buffer
				err := both(t.Context(), &out, pair[0], pair[1])
				require.ErrorContains(t, err, "the server does not agree: line ")
				require.NotContains(t, out.String(), agreed)
			}
			require.ErrorContains(t, both(t.Context(), &bytes.Buffer{}, stored(t), less), change.want)
		})
	}
}

func stored(t *testing.T) *memory {
	t.Helper()
	s, err := schema()
	require.NoError(t, err)
	m, err := inProcess(s)
	require.NoError(t, err)
	return m
}

func TestAPageIsWithinWhatIsFound(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ skip, limit, want int }{{0, 1, 1}, {0, 9, 2}, {1, 9, 1}, {2, 9, 0}, {9, 9, 0}} {
		books := []Book{{ID: 2, Title: "A b"}, {ID: 1, Title: "a B"}, {ID: 3, Title: "b"}}
		require.Len(t, search("A B", tc.skip, tc.limit).pick(books), tc.want)
	}
	require.Empty(t, search("m.by", 0, 9).pick([]Book{{Title: "Moby-Dick"}}), "a pattern is a text")
}

func TestWithoutAnAnswerOfTheServerNothingIsPrinted(t *testing.T) {
	t.Parallel()
	for uri, want := range map[string]string{
		"mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=50": "the server that MONGODB_URI names does not answer",
		"127.0.0.1": "MONGODB_URI: ",
	} {
		var out bytes.Buffer
		require.ErrorContains(t, run(t.Context(), &out, uri), want)
		require.Empty(t, out.String())
	}
}

func TestOnlyReadingBooksIsAllowed(t *testing.T) {
	t.Parallel()
	for _, ask := range []struct {
		actor            any
		action, resource string
	}{{nil, "read", "Book"}, {"kim", "read", "Book"}, {kim, "delete", "Book"}, {kim, "read", "Patron"}} {
		f, err := policy(t.Context(), ask.actor, ask.action, ask.resource)
		require.NoError(t, err)
		require.Equal(t, "no "+ask.resource, f.String())
	}
}
