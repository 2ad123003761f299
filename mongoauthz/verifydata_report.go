package mongoauthz

import (
	"errors"
	"fmt"
	"strings"

	"github.com/mongoauthz/go-mongoauthz/mongoauthz/internal/inspect"
	"github.com/mongoauthz/go-mongoauthz/relations"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// DataReport is what [Authorizer.VerifyData] found. Its String method returns it as text.
//
// It is no error, because most findings are warnings. [DataReport.Err] returns an error for the
// findings that break a promise of the schema.
type DataReport struct {
	// Types are the resource types that were looked at, in the order of their names.
	Types []DataType
	// Findings are in the order of their type, path and problem.
	Findings []DataFinding
	// Skipped are the types and relations that were not looked at.
	Skipped []DataSkip
}

// DataType says how much was read of a resource type.
type DataType struct {
	Type       string
	Collection string
	Read       int64 // the documents that were read of the collection
	Documents  int64 // those of them that are inside the type's scope, and were looked at
}

// DataSkip says what was not looked at, and why.
type DataSkip struct {
	Type   string // the resource type
	Path   string // the dotted path of the relation; empty for the whole type
	Reason string // a sentence without a full stop
}

// DataFinding is one problem at one place: how many documents have it, and some of them.
type DataFinding struct {
	Type       string // the resource type
	Collection string // the collection that it lives in
	Path       string // the dotted path of the field or relation; empty for the type itself

	Problem  DataProblem
	Broken   bool                // a promise is broken, required or complete: Err returns it
	Declared relations.ValueType // what the schema declares there, for problems with types
	Stored   bson.Type           // what is stored instead; 0 where that says nothing
	Target   string              // the collection that a relation leads to

	Documents int64           // how many documents have the problem
	Of        int64           // out of how many: of a field, the documents that have what is around it
	Examples  []bson.RawValue // the _ids of the first of them, at most three
}

// DataProblem is what is wrong with stored data. The zero DataProblem is none.
type DataProblem uint8

// The problems. Those said to break a promise make [DataReport.Err] return an error.
const (
	// DataOtherType: the value has another type than declared, or is no document where a document
	// is embedded. A document that is missing is not reported.
	DataOtherType = DataProblem(inspect.OtherType)
	// DataSubtype: a binary, or an element that is one, is of another subtype than declared
	// ([relations.Field.Subtype]). It is equal to none of the declared subtype.
	DataSubtype = DataProblem(inspect.Subtype)
	// DataArray: an array is stored where one value, or one embedded document, is declared.
	DataArray = DataProblem(inspect.Array)
	// DataNoArray: one value is stored where a list, or an array of documents, is declared.
	DataNoArray = DataProblem(inspect.NoArray)
	// DataElement: an element has another type than declared, or is no document where documents are
	// embedded. An array inside an array counts as such an element.
	DataElement = DataProblem(inspect.Element)
	// DataNullElement: an element is null. What the list holds is then not known.
	DataNullElement = DataProblem(inspect.NullElement)
	// DataNeverOccurs: no document that was looked at has the field. Its name is likely misspelt.
	DataNeverOccurs = DataProblem(inspect.NeverOccurs)
	// DataOmitted: the field is missing, the encoder leaves its zero value out, and nothing is
	// declared for that ([relations.Field.OmitEmpty]).
	DataOmitted = DataProblem(inspect.Omitted)
	// DataAbsentList: a list is missing or null, and is not declared to be empty then.
	DataAbsentList = DataProblem(inspect.AbsentList)
	// DataRequired: a field that is declared required is missing or null. It breaks a promise.
	DataRequired = DataProblem(inspect.Required)
	// DataDangling: a key leads to no document. It breaks a promise if the relation is declared
	// complete.
	DataDangling = DataProblem(inspect.Dangling)
	// DataNoRow: a has one that is declared required has no row. It breaks a promise.
	DataNoRow = DataProblem(inspect.NoRow)
	// DataBadKey: the type's key, or _id, is missing, null or an array, so no key leads here.
	DataBadKey = DataProblem(inspect.BadKey)
	// DataRepeatedKey: a key by which a to-one reference is followed is that of several documents.
	DataRepeatedKey = DataProblem(inspect.RepeatedKey)
	// DataScopeUnknown: it is not known whether the document is inside the type's scope. No list
	// returns it.
	DataScopeUnknown = DataProblem(inspect.ScopeUnknown)
	// DataNoDocuments: no document that was read is one of the type.
	DataNoDocuments = DataProblem(inspect.NoDocuments)
)

// String returns the problem in a few words, such as "a value of another type".
func (p DataProblem) String() string {
	if text := inspect.Problem(p).String(); text != "" {
		return text
	}
	return fmt.Sprintf("DataProblem(%d)", uint8(p))
}

// ErrData is matched (errors.Is) by the error of [DataReport.Err]. The error itself is a
// [*DataError].
var ErrData = errors.New("mongoauthz: stored data break a promise of the schema")

// DataError says which promises of the schema stored data break. It matches [ErrData].
type DataError struct {
	Findings []DataFinding // those that are Broken, at least one
}

// Error returns the findings, one a line.
func (e *DataError) Error() string {
	var out strings.Builder
	out.WriteString(ErrData.Error())
	for i := range e.Findings {
		out.WriteString("\n" + e.Findings[i].String())
	}
	return out.String()
}

// Is reports whether target is [ErrData].
func (e *DataError) Is(target error) bool { return target == ErrData }

// Err returns a [*DataError] with the findings that break a promise of the schema: a field declared
// required, a has one declared required, a reference declared complete. Where a required row is
// missing, lists may return too few documents. Where a complete reference dangles, they may return
// too many. It returns nil if no promise is broken, whatever else was found.
func (r DataReport) Err() error {
	var broken []DataFinding
	for _, f := range r.Findings {
		if f.Broken {
			broken = append(broken, f)
		}
	}
	if len(broken) == 0 {
		return nil
	}
	return &DataError{Findings: broken}
}
