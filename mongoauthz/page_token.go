package mongoauthz

import (
	"errors"

	"github.com/mongoauthz/go-mongoauthz/mongoauthz/internal/page"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// ErrPageToken is matched (errors.Is) by every error about a [PageRequest.After] that no page can be
// read after. The error itself is a [*PageTokenError].
var ErrPageToken = errors.New("mongoauthz: bad page token")

// PageTokenError says why no page can be read after a page token. It matches [ErrPageToken].
type PageTokenError struct {
	Problem string // never a value of the token's, nor of a document
}

func (e *PageTokenError) Error() string { return "mongoauthz: page token: " + e.Problem }

// Is reports whether target is [ErrPageToken].
func (e *PageTokenError) Is(target error) bool { return target == ErrPageToken }

// PageToken returns the token to read on from a document, as [PageRequest.After] takes it: what
// [FetchPage] returns as Next, for those who run [Query.Page] themselves. The document is the last
// one of a page, as the query returned it, and sort the page's.
//
// The errors are an [*ArgumentError] for a sort that is none, and a [*PageTokenError] for a document
// that has no one place in the order, or no comparable one.
func (q *Query) PageToken(sort bson.D, last bson.Raw) (string, error) {
	if !q.made() {
		return "", errNoQuery
	}
	order, err := totalOrder(sort)
	if err != nil {
		return "", err
	}
	token, err := page.Token(q.plan.resource(), order, last)
	if err != nil {
		return "", &PageTokenError{Problem: err.Error()}
	}
	return token, nil
}
