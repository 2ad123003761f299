package page_test

import (
	"testing"

	"github.com/mongoauthz/go-mongoauthz/mongoauthz/internal/page"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
)

func document(t testing.TB, fields bson.D) bson.Raw {
	t.Helper()
	raw, err := bson.Marshal(fields)
	require.NoError(t, err)
	return raw
}

func TestScanTellsTheNextPage(t *testing.T) {
	t.Parallel()
	read := firstPage(t)
	next, err := scanned(read, 0, 10).Next("Book", false)
	require.NoError(t, err)
	require.Empty(t, next, "the last page")
	next, err = scanned(read, 0, 11).Next("Book", true)
	require.NoError(t, err)
	place, err := page.Place(next, "Book", read.Order)
	require.NoError(t, err)
	require.EqualValues(t, 9, place[0].Int64(), "the last document on the page, not the one beyond")
	_, err = page.Place(next, "Publisher", read.Order)
	require.EqualError(t, err, "it is for another sort or resource type")
}

func TestADocumentOfSeveralPlacesIsToldOnTheNextPage(t *testing.T) {
	t.Parallel()
	read := firstPage(t)
	scan := &page.Scan{Order: read.Order, Limit: 1}
	scan.Add(document(t, bson.D{{Key: "_id", Value: 1}, {Key: "n", Value: bson.A{1, 2}}}))
	require.False(t, scan.Add(numbered(2)))
	require.False(t, scan.IsSurelyWhole())
	const problem = "a document holds an array, or undefined, in a field that pages are sorted by"
	_, err := scan.Next("Book", true)
	require.EqualError(t, err, problem)
	next, err := scan.Next("Book", false)
	require.NoError(t, err)
	_, err = page.Place(next, "Book", read.Order)
	require.EqualError(t, err, problem)
}

func TestADocumentWithoutIDIsNoPlace(t *testing.T) {
	t.Parallel()
	read := firstPage(t)
	_, err := page.Token("Book", read.Order, document(t, bson.D{{Key: "n", Value: 1}}))
	require.EqualError(t, err, "the last document has no _id")
	_, err = page.Token("Book", read.Order, document(t, bson.D{{Key: "_id", Value: 1}, {Key: "n", Value: bson.Regex{Pattern: "a"}}}))
	require.EqualError(t, err, "the last document holds a value that is not compared in a field that pages are sorted by")
}
