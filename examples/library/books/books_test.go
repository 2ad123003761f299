package books

import (
	"bytes"
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
)

// These tests are inside the package because a report cannot be made to differ from outside.

// lent lets everybody read public books, and those lent in Faketon.
var lent = mongoauthz.PolicyFunc(func(context.Context, any, string, string) (filter.Filter, error) {
	loan := filter.Reach("l", "loans")
	patron := loan.Reach("r", "patron")
	return filter.For("Book",
		filter.Where(filter.F("public").Eq(true)),
		filter.Some(loan, patron).Where(patron.F("address.city").Eq("Faketon")),
	), nil
})

func TestTwoThatAgreePrintOneReport(t *testing.T) {
	t.Parallel()
	var one, two bytes.Buffer
	require.NoError(t, report(t.Context(), &one, stored(t)))
	require.NoError(t, both(t.Context(), &two, stored(t), stored(t)))
	require.Equal(t, one.String()+"\n"+Agreed+"\n", two.String())
}

func TestTwoThatDisagreeAreAnErrorThatSaysWhere(t *testing.T) {
	t.Parallel()
	for _, collection := range []string{"books", "loans", "patrons"} {
		t.Run(collection, func(t *testing.T) {
			t.Parallel()
			less := stored(t)
			less.stored[collection] = nil
			for _, pair := range [][2]library{{stored(t), less}, {less, stored(t)}} {
				var out bytes.Buffer
				err := both(t.Context(), &out, pair[0], pair[1])
				require.ErrorContains(t, err, "the server does not agree: line ")
				require.NotContains(t, out.String(), Agreed)
			}
			require.ErrorContains(t, both(t.Context(), &bytes.Buffer{}, stored(t), less), `is "  1  MongoDB: The Definitive Guide`)
		})
	}
}

func stored(t *testing.T) *memory {
	t.Helper()
	s, err := Schema()
	require.NoError(t, err)
	m, err := inProcess(s, lent)
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
		require.ErrorContains(t, Run(t.Context(), &out, uri, lent), want)
		require.Empty(t, out.String())
	}
}
