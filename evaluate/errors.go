package evaluate

import "errors"

// ErrNoFetcher is returned where a decision needs related documents and the [Fetcher] is nil.
var ErrNoFetcher = errors.New("evaluate: related documents are needed, and there is no fetcher")

// ErrDocument is matched (errors.Is) by every error about a document that cannot be read. The error itself is a [*DocumentError].
var ErrDocument = errors.New("evaluate: malformed document")

// DocumentError says that a document is not well-formed BSON, or nests deeper than 1000 levels. It matches [ErrDocument].
type DocumentError struct {
	Collection string // where it lives
}

func (e *DocumentError) Error() string { return "evaluate: a malformed document of " + e.Collection }

// Is reports whether target is [ErrDocument].
func (e *DocumentError) Is(target error) bool { return target == ErrDocument }
