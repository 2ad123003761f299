package mongoauthz

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/mongoauthz/go-mongoauthz/mongoauthz/internal/driver"
	"github.com/mongoauthz/go-mongoauthz/pipeline"
	"go.mongodb.org/mongo-driver/v2/mongo"
)

// Profile says how a query runs and what that costs: what to look at when a list is slow. It holds
// no values of the policy's, the actor's or the documents'.
type Profile struct {
	Action      string
	Resource    string
	Consistency Consistency
	Clauses     []ProfiledClause
	Commands    []ProfiledCommand // in the order in which they were sent
	Keys        int               // that were read first
	Documents   int64             // of the query, appended stages included
	Duration    time.Duration     // of all commands
}

// ProfiledClause says how a clause of the policy is served.
type ProfiledClause struct {
	Label   string
	Method  pipeline.JoinMethod
	Problem string // why joins stay although keys were read; empty otherwise
}

// ProfiledCommand is one aggregate that was sent.
type ProfiledCommand struct {
	Purpose    string // "keys" or "count"
	Collection string
	Pipeline   string        // extended JSON without values
	Examined   int64         // documents and index entries' documents that the server read, as it says; -1 where it does not say
	Duration   time.Duration // until the answer was there
}

// Profile runs the query as its consistency says, counts its documents, and asks the server for what
// it read to answer. Each command is sent once more for that, as an explanation that runs it
// ("executionStats"): do not profile what is too slow to run twice.
//
// The errors are those of [Query.Count].
func (q *Query) Profile(ctx context.Context) (*Profile, error) {
	if !q.made() {
		return nil, errNoQuery
	}
	ctx, end, err := q.reads(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	p := &Profile{Action: q.action, Resource: q.plan.resource(), Consistency: q.consistency}
	bound, err := q.bound(ctx)
	if err != nil {
		return nil, err
	}
	if keys := bound.plan.keys; keys != nil {
		p.Keys = keys.resolved.Keys
		for _, c := range keys.resolved.Clauses {
			p.Clauses = append(p.Clauses, ProfiledClause(c))
		}
		read := sequence{{keys.resolution.Stages, keys.resolution.Redacted}}
		p.add(ctx, q, "keys", keys.resolution.Collection(), read, keys.took)
	} else {
		for _, c := range bound.plan.compiled.Clauses() {
			p.Clauses = append(p.Clauses, ProfiledClause{Label: c.Label, Method: c.Method})
		}
	}
	start := time.Now()
	if p.Documents, err = bound.count(ctx, nil); err != nil {
		return nil, err
	}
	took := time.Since(start)
	p.add(ctx, q, "count", q.plan.collection(), bound.sequence(countStage()), took)
	return p, nil
}

func (p *Profile) add(ctx context.Context, q *Query, purpose, collection string, sent sequence, took time.Duration) {
	p.Duration += took
	p.Commands = append(p.Commands, ProfiledCommand{
		Purpose: purpose, Collection: collection, Pipeline: sent.text(false),
		Examined: q.az.examined(ctx, collection, sent.stages()), Duration: took,
	})
}

// examined returns how many documents the server says it read for an aggregate, -1 if it does not
// say.
func (az *Authorizer) examined(ctx context.Context, collection string, stages mongo.Pipeline) int64 {
	said, err := driver.Explain(ctx, az.db.Collection(collection), az.collation, stages, "executionStats")
	if err != nil {
		return -1
	}
	n, ok := driver.DocsExamined(said)
	if !ok {
		return -1
	}
	return n
}

// String returns the profile as lines for a person.
func (p *Profile) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s, %v: %d documents in %v, %d keys\n", p.Action, p.Resource, p.Consistency, p.Documents, p.Duration.Round(time.Microsecond), p.Keys)
	for i, c := range p.Clauses {
		label := c.Label
		if label == "" {
			label = fmt.Sprintf("clause %d", i+1)
		}
		fmt.Fprintf(&b, "  %s: %v", label, c.Method)
		if c.Problem != "" {
			fmt.Fprintf(&b, " (%s)", c.Problem)
		}
		b.WriteByte('\n')
	}
	for _, c := range p.Commands {
		fmt.Fprintf(&b, "  %s: aggregate %s in %v", c.Purpose, c.Collection, c.Duration.Round(time.Microsecond))
		if c.Examined >= 0 {
			fmt.Fprintf(&b, ", %d documents examined", c.Examined)
		}
		fmt.Fprintf(&b, "\n    %s\n", c.Pipeline)
	}
	return b.String()
}
