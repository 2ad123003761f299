package pipeline

import (
	"sync/atomic"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/mql"
)

// compiled is what plans of one shape share. It is not changed once it is made.
type compiled struct {
	resource, collection string
	outcome              filter.Outcome
	clauses              []compiledClause
	joins                []*mql.Lookup
	prefilter, match     mql.Query
	stages               []mql.Stage
	source               *source
	resolutions          [2]atomic.Pointer[resolved] // made when first asked for; the latter is eager
}

type compiledClause struct {
	label  string
	method method
	match  mql.Query
}

// denies is what a plan that denies has: the zero Plan among them.
var denies = &compiled{match: nothing, stages: []mql.Stage{mql.Match{Query: nothing}}}

// method says how a clause reaches the documents that it asks of besides its own, as JoinMethod of
// package pipeline.
type method uint8

const (
	byMatch method = iota + 1
	byLookup
	byKeys
)
