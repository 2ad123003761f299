package inspect

import (
	"github.com/mongoauthz/go-mongoauthz/relations"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// Finding is one problem at one place of a type: how many documents have it, and some of them.
type Finding struct {
	Path     string // the dotted path of the field or relation; empty for the type itself
	Problem  Problem
	Broken   bool                // a promise is broken, required or complete
	Declared relations.ValueType // what the schema declares there, for problems with types
	Stored   bson.Type           // what is stored instead; 0 where that says nothing
	Target   string              // the collection that a relation leads to

	Documents int64           // how many documents have the problem
	Of        int64           // out of how many
	Examples  []bson.RawValue // the _ids of the first of them
}

// Skip says what was not looked at, and why.
type Skip struct{ Path, Reason string }

// Problem is what is wrong with stored data. Package mongoauthz documents the problems, by the same
// names.
type Problem uint8

// The problems. The zero Problem is none.
const (
	OtherType Problem = iota + 1
	Subtype
	Array
	NoArray
	Element
	NullElement
	NeverOccurs
	Omitted
	AbsentList
	Required
	Dangling
	NoRow
	BadKey
	RepeatedKey
	ScopeUnknown
	NoDocuments
)

// problemTexts says each problem in a few words.
var problemTexts = map[Problem]string{
	OtherType:    "a value of another type",
	Subtype:      "a binary of another subtype",
	Array:        "an array in place of one value",
	NoArray:      "one value in place of a list",
	Element:      "an element of another type",
	NullElement:  "a null element",
	NeverOccurs:  "a field that never occurs",
	Omitted:      "a zero value left out",
	AbsentList:   "a list that is missing or null",
	Required:     "a required field that is missing or null",
	Dangling:     "a dangling key",
	NoRow:        "a required row that is missing",
	BadKey:       "a document without a usable key",
	RepeatedKey:  "a key of several documents",
	ScopeUnknown: "a document whose scope is unknown",
	NoDocuments:  "no documents",
}

// String returns the problem in a few words, such as "a value of another type"; "" for none.
func (p Problem) String() string { return problemTexts[p] }
