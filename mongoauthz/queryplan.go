package mongoauthz

import (
	"time"

	"github.com/mongoauthz/go-mongoauthz/pipeline"
)

// queryPlan is the plan of a query, as it was compiled and as it is run. The two differ once keys
// have been read.
type queryPlan struct {
	compiled *pipeline.Plan // with all of its joins
	keys     *planKeys      // nil: none have been read
}

// planKeys are the keys that were read for a plan.
type planKeys struct {
	resolution *pipeline.Resolution // how they were asked for
	resolved   *pipeline.Resolved   // the plan with them in the place of joins
	at         time.Time            // when the reading began
	took       time.Duration
}

// running returns the plan that is run: with keys in the place of joins, if they have been read.
func (p *queryPlan) running() *pipeline.Plan {
	if p.keys != nil {
		return p.keys.resolved.Plan
	}
	return p.compiled
}

func (p *queryPlan) resource() string   { return p.compiled.Resource() }
func (p *queryPlan) collection() string { return p.compiled.Collection() }

// hasJoins reports whether joins are left to the pipeline.
func (p *queryPlan) hasJoins() bool { return p.running().HasJoins() }

// keyCount returns how many keys have been read.
func (p *queryPlan) keyCount() int {
	if p.keys == nil {
		return 0
	}
	return p.keys.resolved.Keys
}

// sequence returns the stages that are run: a fresh copy. With recheck set, and once keys have been
// read, the joins are asked again behind the keys.
func (p *queryPlan) sequence(recheck bool) sequence {
	s := sequence{ofPlan(p.running())}
	if recheck && p.keys != nil {
		s = append(s, ofPlan(p.compiled))
	}
	return s
}
