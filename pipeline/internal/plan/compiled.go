package plan

import (
	"sync/atomic"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/emit"
	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/keyquery"
	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/mql"
)

// Compiled is what plans of one shape share. It is not changed once it is made.
type Compiled struct {
	Resource, Collection string
	Outcome              filter.Outcome
	Clauses              []compiledClause
	Joins                []*mql.Lookup
	Prefilter, Match     mql.Query
	Stages               []mql.Stage
	Source               *Source
	Resolutions          [2]atomic.Pointer[keyquery.Queries] // made when first asked for; the latter is eager
}

type compiledClause struct {
	Label  string
	Method method
	Match  mql.Query
}

// Denies is what a plan that denies has: the zero Plan among them.
var Denies = &Compiled{Match: emit.Nothing, Stages: []mql.Stage{mql.Match{Query: emit.Nothing}}}

// method says how a clause reaches the documents that it asks of besides its own, as JoinMethod of
// package pipeline.
type method uint8

const (
	byMatch method = iota + 1
	byLookup
	byKeys
)
