package pipeline

import (
	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/formula"
	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/keyquery"
	"github.com/mongoauthz/go-mongoauthz/pipeline/internal/mql"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// DefaultKeyLimit is how many keys a resolution may find, unless it is made with another limit.
const DefaultKeyLimit = 10_000

// A Resolution is a read that makes joins of a plan unnecessary. What a join asks of documents elsewhere is turned around: its pipeline starts
// from what the filter's values choose there (the actor's roles), and follows the relations towards the plan's collection until it has the
// keys by which documents meet it. [Resolution.Resolve] puts these where the joins were.
//
// The keys are a set of facts about one moment: what is written later, a revocation too, is not in them.
type Resolution struct {
	plan    *Plan
	queries *keyquery.Queries // but for what the parameters of a prepared plan stand for
}

// Resolution returns the read that can take the place of joins, or nil if there is none. With eager set, it also starts from documents that
// no value of the filter narrows. More than limit keys are not asked for; 0 is [DefaultKeyLimit].
//
// A join stays where its conditions also compare with what is outside in another way than by keys, or where its keys lie
// inside embedded documents on the far side, and where a clause names one _id, which a join serves best.
func (p *Plan) Resolution(eager bool, limit int) *Resolution {
	if !p.HasJoins() {
		return nil
	}
	if limit <= 0 {
		limit = DefaultKeyLimit
	}
	limit = min(limit, keyquery.MaxKeys) // the server's $limit is asked for a little more
	kept := &p.of.Resolutions[0]
	if eager {
		kept = &p.of.Resolutions[1]
	}
	r := kept.Load()
	if r == nil || r.Limit != limit {
		r = keyquery.QueriesOf(p.of.Source.Clauses, p.of.Source.Root, p.of.Source.Prefix, eager, limit)
		kept.Store(r)
	}
	if len(r.All) == 0 {
		return nil
	}
	return &Resolution{p, r}
}

// made reports whether a plan made the resolution. Neither nil nor the zero Resolution is.
func (r *Resolution) made() bool { return r != nil && r.plan != nil }

// Collection returns the collection that the stages are for.
func (r *Resolution) Collection() string {
	if !r.made() {
		return ""
	}
	return r.queries.All[0].Collection
}

// Stages returns the pipeline that reads the keys, by one command: a fresh copy. Give what it returns to [Resolution.Resolve].
func (r *Resolution) Stages() []bson.D {
	if !r.made() {
		return nil
	}
	return r.plan.renderer().Stages(r.queries.Stages())
}

// Redacted returns the stages with "?" in the place of every value that came from the filter or the
// schema's scopes: for logs.
func (r *Resolution) Redacted() []bson.D {
	if !r.made() {
		return nil
	}
	hiding := mql.Renderer{Bindings: r.plan.bindings, Hide: true}
	return hiding.Stages(r.queries.Stages())
}

// A Resolved is a plan with keys where joins were, and what became of the reads.
type Resolved struct {
	*Plan
	Keys    int             // how many were found, duplicates between reads included
	Reads   []ReadOutcome   // in the order of the stages
	Clauses []ClauseOutcome // of the plan that was resolved, those for which no key was found included
}

// ReadOutcome says what a read of a resolution found.
type ReadOutcome struct {
	Collection string
	Keys       int
	Problem    string // why joins stay in spite of it: empty if they do not
}

// ClauseOutcome says what a resolution made of a clause.
type ClauseOutcome struct {
	Label   string
	Method  JoinMethod
	Problem string // of a read, for which joins stay
}

// Resolve returns the plan with the keys that were found in the place of joins. Documents are all
// that the stages returned, whole and in any order; the plan keeps none of their bytes. Where a
// read found more keys than the limit, more than fit into a command, or one that cannot stand in a
// query as a mere value (a regular expression, a document with $-keys), its joins stay. It returns
// an [*UnsupportedError] for documents that the stages cannot have returned.
func (r *Resolution) Resolve(documents []bson.Raw) (*Resolved, error) {
	if !r.made() {
		return nil, errNoResolution
	}
	found, err := r.queries.Found(documents)
	if err != nil {
		return nil, public(err)
	}
	for {
		out, err := r.withKeys(found)
		if err != nil {
			return nil, err
		}
		if mql.Size(out.of.Stages, r.plan.bindings) <= keyquery.MaxBytes || !keyquery.RefuseLargest(found) {
			return out, nil
		}
	}
}

// withKeys compiles the plan with keys in the place of joins.
func (r *Resolution) withKeys(found []keyquery.Answer) (*Resolved, error) {
	out := &Resolved{Reads: make([]ReadOutcome, len(r.queries.All))}
	for i := range found {
		out.Reads[i] = ReadOutcome{Collection: r.queries.All[i].Collection, Keys: found[i].Keys, Problem: found[i].Problem}
		out.Keys += found[i].Keys
	}
	problems := make([]string, len(r.plan.of.Source.Clauses))
	source := r.plan.of.Source.Keyed(r.queries.Sites, func(clause int, s keyquery.Site) formula.Node {
		if problem := found[s.Query].Problem; problem != "" {
			problems[clause] = problem
			return nil
		}
		return found[s.Query].Node(s.Outer)
	})
	for c, n := range r.plan.of.Source.Clauses {
		if n != formula.Constant(false) {
			outcome := ClauseOutcome{Label: source.Labels[c], Method: JoinMethod(source.Method(c)), Problem: problems[c]}
			out.Clauses = append(out.Clauses, outcome)
		}
	}
	of, err := source.Emit()
	if err != nil {
		return nil, public(err)
	}
	out.Plan = &Plan{of, r.plan.bindings}
	return out, nil
}

var errNoResolution = unsupported("a Resolution that was not made by a plan: use Plan.Resolution")
