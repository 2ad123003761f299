package mongoauthz

import (
	"errors"
	"fmt"
)

// ErrWrite is matched (errors.Is) by every error about a write that is refused: nothing was
// written. The error itself is a [*WriteError].
var ErrWrite = errors.New("mongoauthz: write refused")

// WriteError says which write is refused, and why. It matches [ErrWrite]; [RefuseMove] matches
// [ErrForbidden] too.
type WriteError struct {
	Operation string // such as "UpdateOne"
	Resource  string // the resource type
	Refusal   Refusal
	Problem   string // what in particular, if there is more to say; never a value of the caller's
}

func (e *WriteError) Error() string {
	s := fmt.Sprintf("mongoauthz: %s of %q refused: %v", e.Operation, e.Resource, e.Refusal)
	if e.Problem != "" {
		s += ": " + e.Problem
	}
	return s
}

// Is reports whether target is [ErrWrite], or [ErrForbidden] for a refusal that says that.
func (e *WriteError) Is(target error) bool {
	return target == ErrWrite || target == ErrForbidden && e.Refusal == RefuseMove
}

// Refusal is the reason for which a write is refused. The zero Refusal is none.
type Refusal uint8

// The refusals.
const (
	// RefuseUpsert: the write would insert where nothing is authorized, a document made of the
	// authorization's own conditions.
	RefuseUpsert Refusal = iota + 1
	// RefusePositional: the update, or the projection, names an array element by the operator $,
	// which speaks of any condition on an array, ours included. Use array filters
	// ("items.$[item].state"), or $elemMatch in the projection.
	RefusePositional
	// RefuseTransaction: the server has no transactions.
	RefuseTransaction
	// RefuseUnjudged: nobody can tell, without a transaction, whether the update moves a document
	// ([Query.NotMoving]).
	RefuseUnjudged
	// RefuseMove: the update would move a document ([Query.NotMoving]).
	RefuseMove
	// RefuseConflict: each time a document was chosen, it changed before it could be written.
	// Trying again may help.
	RefuseConflict
	// RefuseLimit: more documents would be written than [WithWriteLimit] lets a write name.
	RefuseLimit
	// RefuseReserved: the update changes a top-level field with the helper prefix
	// ([WithHelperPrefix]). Queries that join leave out documents that have one, so it would move
	// the document out of them or into them, whatever their policies read.
	RefuseReserved
	// RefuseRequired: the update would take away a field that the schema declares required
	// ([relations.Field.Required]), or leave null there. An update pipeline that touches one, or an
	// embedded document with one, cannot be judged and is refused too. WriteError.Problem names the
	// field and says what to do.
	RefuseRequired
)

// String returns what the refusal says, such as "an upsert".
func (r Refusal) String() string {
	switch r {
	case RefuseUpsert:
		return "an upsert"
	case RefusePositional:
		return "the positional operator $"
	case RefuseTransaction:
		return "the server has no transactions"
	case RefuseUnjudged:
		return "cannot be judged beforehand"
	case RefuseMove:
		return "would move a document out of, or into, what the actor may touch"
	case RefuseConflict:
		return "the document keeps changing"
	case RefuseLimit:
		return "too many documents"
	case RefuseReserved:
		return "a field with the reserved prefix"
	case RefuseRequired:
		return "a required field would be lost"
	default:
		return fmt.Sprintf("Refusal(%d)", uint8(r))
	}
}
