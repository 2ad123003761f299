package mongoauthz

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/mongoauthz/go-mongoauthz/pipeline"
)

// ErrArgument is matched (errors.Is) by every error about something handed to this package that
// cannot be used: a nil database, an option, a page of no documents, the zero Query. The error
// itself is an [*ArgumentError].
var ErrArgument = errors.New("mongoauthz: bad argument")

// ArgumentError says which argument cannot be used, and why. It matches [ErrArgument].
type ArgumentError struct {
	Name    string // such as "schema", "WithTimeLimit" or "PageRequest.Limit"
	Problem string // what is wrong with it; never its value
}

func (e *ArgumentError) Error() string { return "mongoauthz: " + e.Name + ": " + e.Problem }

// Is reports whether target is [ErrArgument].
func (e *ArgumentError) Is(target error) bool { return target == ErrArgument }

// ErrUnknownResource is matched (errors.Is) by the error about a resource type that the schema does
// not declare, or that has no documents of its own. The error itself is an [*UnknownResourceError].
var ErrUnknownResource = errors.New("mongoauthz: unknown resource type")

// UnknownResourceError says which resource type cannot be asked for. It matches
// [ErrUnknownResource].
type UnknownResourceError struct {
	Resource string // its name, as asked for
	Problem  string
}

func (e *UnknownResourceError) Error() string {
	return fmt.Sprintf("mongoauthz: resource type %q %s", e.Resource, e.Problem)
}

// Is reports whether target is [ErrUnknownResource].
func (e *UnknownResourceError) Is(target error) bool { return target == ErrUnknownResource }

// ErrUnknownAction is matched (errors.Is) by the error about an action that is not among those that
// [WithActions] declares for the type. The error itself is an [*UnknownActionError].
var ErrUnknownAction = errors.New("mongoauthz: unknown action")

// UnknownActionError says which action cannot be asked for. It matches [ErrUnknownAction].
type UnknownActionError struct {
	Action, Resource string   // as asked for; Resource is the type
	Declared         []string // the actions of the type, in the order in which they are declared
}

func (e *UnknownActionError) Error() string {
	return fmt.Sprintf("mongoauthz: unknown action %q of a %s: it has %s; correct the name, or declare the action by WithActions",
		e.Action, e.Resource, strings.Join(e.Declared, ", "))
}

// Is reports whether target is [ErrUnknownAction].
func (e *UnknownActionError) Is(target error) bool { return target == ErrUnknownAction }

// ErrForbidden is matched (errors.Is) by the error of a decision that the actor may know about the
// document, but not do the action. The error itself is a [*ForbiddenError].
var ErrForbidden = errors.New("mongoauthz: forbidden")

// ForbiddenError says what is not authorized. It matches [ErrForbidden].
type ForbiddenError struct{ Action, Resource string } // as asked for; Resource is the type

func (e *ForbiddenError) Error() string {
	return fmt.Sprintf("mongoauthz: forbidden: %q of a %s", e.Action, e.Resource)
}

// Is reports whether target is [ErrForbidden].
func (e *ForbiddenError) Is(target error) bool { return target == ErrForbidden }

// ErrNotFound is matched (errors.Is) by the error of a decision that the actor may not even know
// about the document, which is the same as that there is none. The error itself is a
// [*NotFoundError].
var ErrNotFound = errors.New("mongoauthz: not found")

// NotFoundError says of which resource type nothing was found. It does not tell, by fields or text,
// whether there is such a document. It matches [ErrNotFound].
type NotFoundError struct{ Action, Resource string } // as asked for; Resource is the type

func (e *NotFoundError) Error() string {
	return fmt.Sprintf("mongoauthz: not found: %q of a %s", e.Action, e.Resource)
}

// Is reports whether target is [ErrNotFound].
func (e *NotFoundError) Is(target error) bool { return target == ErrNotFound }

// ErrStage is matched (errors.Is) by every error about a stage that [Query.Append] refuses. The
// error itself is a [*StageError].
var ErrStage = errors.New("mongoauthz: stage refused")

// StageError says which appended stage is refused, and why. It matches [ErrStage].
type StageError struct {
	Stage   string // its name, such as "$lookup"; empty where it has no single name
	Where   string // such as "stage 2" or "stage 1, $facet.total, stage 1", counted from 1
	Problem string // never a value of the caller's
}

func (e *StageError) Error() string {
	if e.Stage == "" {
		return "mongoauthz: " + e.Where + ": " + e.Problem
	}
	return fmt.Sprintf("mongoauthz: %s: %q %s", e.Where, e.Stage, e.Problem)
}

// Is reports whether target is [ErrStage].
func (e *StageError) Is(target error) bool { return target == ErrStage }

// ErrVerify is matched (errors.Is) by every finding of [Authorizer.Verify]. The error itself is a
// [*VerifyError], or several of them joined (errors.Join).
var ErrVerify = errors.New("mongoauthz: the database is not as the schema needs it")

// VerifyError says what is wrong with a collection of the live database. It matches [ErrVerify].
type VerifyError struct {
	Collection string
	Types      []string // the resource types that live in it, in the order of their names
	Finding    Finding
	Index      pipeline.Index // the one that is missing, of FindingNoIndex
	Field      string         // the dotted path of the field that is written otherwise, of FindingFieldNames and its kin; may be empty
	Problem    string         // how it is written, why, and what to do, of FindingFieldNames and its kin; never a value
}

func (e *VerifyError) Error() string {
	if e.Finding.ofEncoding() {
		return fmt.Sprintf("mongoauthz: collection %q (of %s) %v: %s: %s",
			e.Collection, strings.Join(e.Types, ", "), e.Finding, cmp.Or(e.Field, "a document"), e.Problem)
	}
	if e.Finding == FindingNoIndex {
		return fmt.Sprintf("mongoauthz: collection %q (of %s) %v %v: create it (Authorizer.IndexModels)",
			e.Collection, strings.Join(e.Types, ", "), e.Finding, e.Index)
	}
	return fmt.Sprintf("mongoauthz: collection %q (of %s) %v", e.Collection, strings.Join(e.Types, ", "), e.Finding)
}

// Is reports whether target is [ErrVerify].
func (e *VerifyError) Is(target error) bool { return target == ErrVerify }

// Finding is what [Authorizer.Verify] finds wrong with a collection. The zero Finding is none.
type Finding uint8

// The findings.
const (
	// FindingNoCollection: the collection does not exist. Joins with it find nothing, without an error; a None
	// over it would hold for everybody.
	FindingNoCollection Finding = iota + 1
	// FindingCollation: the collection's default collation is not the simple one. The library overrides
	// it, unless told not to ([WithoutCollation]); other readers get other answers, and the
	// collection's indexes do not serve string comparisons of the library.
	FindingCollation
	// FindingView: the collection is a view. Its collation cannot be overridden, its pipeline runs before
	// every query, and it cannot be written to.
	FindingView
	// FindingNoIndex: an index is missing that Verify was asked for, and no other serves as well. Answers
	// are right, and slow.
	FindingNoIndex
)

// String returns what the finding says of a collection, such as "does not exist".
func (f Finding) String() string {
	switch f {
	case FindingNoCollection:
		return "does not exist"
	case FindingCollation:
		return "has a default collation that is not simple"
	case FindingView:
		return "is a view"
	case FindingNoIndex:
		return "has no index"
	default:
		if text, ok := probeTexts[f]; ok {
			return text
		}
		return fmt.Sprintf("Finding(%d)", uint8(f))
	}
}
