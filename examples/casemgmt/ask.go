package casemgmt

import (
	"context"
	"errors"
	"fmt"
	"io"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/evaluate"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
)

// Question is what can be asked of the policy, on the command line and on the review page.
type Question struct {
	User   string // the id, as [ParseID] reads it; empty is nobody
	Action string
	Type   string // its name, or that of its collection
	ID     string // of one document; empty asks for all
	Stages bool   // print the pipeline
}

// ErrNoType is returned for a question about what is no type.
var ErrNoType = errors.New("casemgmt: no such type")

// Ask prints the answer: the ids of what the user may do the action with, one on each line; or for one id, why or why not. With Stages it prints the
// stages of the pipeline instead of the ids. The errors are those of the policy, [ErrNoUser], [ErrNoType], [ErrID], and those of the library.
func (s *Service) Ask(ctx context.Context, w io.Writer, q Question) error {
	a, err := s.understand(ctx, q)
	if err != nil {
		return err
	}
	if q.ID != "" {
		why, err := a.why(ctx)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(w, why)
		return err
	}
	query, err := a.query(ctx)
	if err != nil {
		return err
	}
	if q.Stages {
		for _, stage := range query.Pipeline() {
			text, err := bson.MarshalExtJSON(stage, false, false)
			if err != nil {
				return err
			}
			if _, err := fmt.Fprintf(w, "%s\n", text); err != nil {
				return err
			}
		}
		return nil
	}
	query, err = query.Append(inOrder, bson.D{{Key: "$project", Value: bson.D{{Key: "_id", Value: 1}}}})
	if err != nil {
		return err
	}
	for doc, err := range mongoauthz.Each[bson.Raw](ctx, query) {
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintln(w, shownID(doc.Lookup("_id"))); err != nil {
			return err
		}
	}
	return nil
}

// inOrder sorts an answer.
var inOrder = bson.D{{Key: "$sort", Value: bson.D{{Key: "_id", Value: 1}}}}

// shownID returns an id as text, if need be one that [ParseID] does not read.
func shownID(id bson.RawValue) string {
	if text := FormatID(id); text != "" {
		return text
	}
	return id.String()
}

// inquiry is a question whose words have been looked up.
type inquiry struct {
	az     *mongoauthz.Authorizer
	actor  any // nil is nobody
	action string
	t      Type
	id     bson.RawValue // zero: the question is about all
}

// understand looks up the words of a question.
func (s *Service) understand(ctx context.Context, q Question) (*inquiry, error) {
	a := &inquiry{az: s.az, action: q.Action}
	var ok bool
	if a.t, ok = TypeNamed(q.Type); !ok {
		return nil, ErrNoType
	}
	if q.ID != "" {
		id, err := ParseID(q.ID)
		if err != nil {
			return nil, err
		}
		a.id = id
	}
	if q.User == "" {
		return a, nil
	}
	id, err := ParseID(q.User)
	if err != nil {
		return nil, err
	}
	actor, err := s.directory.Actor(ctx, id)
	if err != nil {
		return nil, err
	}
	a.actor = actor
	return a, nil
}

// query returns what the user may do the action with.
func (a *inquiry) query(ctx context.Context) (*mongoauthz.Query, error) {
	return a.az.AuthorizedQuery(ctx, a.actor, a.action, a.t.Name)
}

// why explains the decision about the one document.
func (a *inquiry) why(ctx context.Context) (evaluate.Explanation, error) {
	return a.az.Explain(ctx, a.actor, a.action, mongoauthz.ID(a.t.Name, a.id))
}
