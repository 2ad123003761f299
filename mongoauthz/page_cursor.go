package mongoauthz

import (
	"errors"

	"github.com/mongoauthz/go-mongoauthz/mongoauthz/internal/page"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// ErrCursor is matched (errors.Is) by every error about a [PageRequest.After] that no page can be
// read after. The error itself is a [*CursorError].
var ErrCursor = errors.New("mongoauthz: bad page cursor")

// CursorError says why no page can be read after a cursor. It matches [ErrCursor].
type CursorError struct {
	Problem string // never a value of the cursor's, nor of a document
}

func (e *CursorError) Error() string { return "mongoauthz: page cursor: " + e.Problem }

// Is reports whether target is [ErrCursor].
func (e *CursorError) Is(target error) bool { return target == ErrCursor }

// Cursor returns the cursor to read on from a document, as [PageRequest.After] takes it: what
// [FetchPage] returns as Next, for those who run [Query.Page] themselves. The document is the last
// one of a page, as the query returned it, and sort the page's.
//
// The errors are an [*ArgumentError] for a sort that is none, and a [*CursorError] for a document
// that has no one place in the order, or no comparable one.
func (q *Query) Cursor(sort bson.D, last bson.Raw) (string, error) {
	if !q.made() {
		return "", errNoQuery
	}
	order, err := totalOrder(sort)
	if err != nil {
		return "", err
	}
	cursor, err := page.Cursor(q.plan.resource(), order, last)
	if err != nil {
		return "", &CursorError{Problem: err.Error()}
	}
	return cursor, nil
}
