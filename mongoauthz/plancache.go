package mongoauthz

import (
	"github.com/mongoauthz/go-mongoauthz/pipeline"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

// WithPlanCache sets for how many shapes of filters compiled plans are kept,
// [pipeline.DefaultCachedPlans] by default; 0 keeps none. A plan is used for all filters that
// differ only in their values, such as those of one rule for different actors, and has the values
// of the filter at hand: what is kept decides nothing. A policy that puts values where names
// belong, in the labels of clauses or the names of entities, makes shapes that nobody asks for
// again.
func WithPlanCache(plans int) Option {
	return func(s *settings) error {
		if plans < 0 {
			return &ArgumentError{Name: "WithPlanCache", Problem: "must not be negative"}
		}
		s.keptPlans = plans
		return nil
	}
}

// plan compiles a filter.
func (az *Authorizer) plan(f *relations.CheckedFilter) (*pipeline.Plan, error) {
	if az.plans == nil {
		return pipeline.CompileChecked(f, az.compile...)
	}
	return az.plans.Compile(f)
}
