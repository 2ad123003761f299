package evaluate

import "errors"

// ErrNoFetcher is returned where a decision needs related documents and the [Fetcher] is nil.
var ErrNoFetcher = errors.New("evaluate: related documents are needed, and there is no fetcher")

// ErrDocument is matched (errors.Is) by every error about a document that cannot be read. The error
// itself is a [*DocumentError].
var ErrDocument = errors.New("evaluate: malformed document")

// DocumentError says that a document is not well-formed BSON, or nests deeper than 1000 levels. It
// matches [ErrDocument].
type DocumentError struct {
	Collection string // where it lives
}

func (e *DocumentError) Error() string { return "evaluate: a malformed document of " + e.Collection }

// Is reports whether target is [ErrDocument].
func (e *DocumentError) Is(target error) bool { return target == ErrDocument }

// ErrRewritten is matched (errors.Is) by the error about a filter that was normalised or expanded.
// The error itself is a [*RewrittenError].
var ErrRewritten = errors.New("evaluate: the filter was rewritten")

// RewrittenError says that a filter was normalised or expanded. The evaluator says what filters as
// written mean, and rewriting is what it is the test of. It matches [ErrRewritten].
type RewrittenError struct {
	Resource string // the resource type of the filter
}

func (e *RewrittenError) Error() string {
	return "evaluate: the filter for " + e.Resource + " was normalised or expanded: evaluate it as it was written"
}

// Is reports whether target is [ErrRewritten].
func (e *RewrittenError) Is(target error) bool { return target == ErrRewritten }
