package casemgmt

import (
	"context"
	"fmt"
	"io"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
)

// Question is what can be asked of the policy without HTTP.
type Question struct {
	User   string // the id, as [ParseID] reads it; empty is nobody
	Action string
	Type   string // its name, or that of its collection
	ID     string // of one document; empty asks for all
	Stages bool   // print the pipeline
}

// Ask prints the answer: the ids of what the user may do the action with, one on each line; or for one id, why or why not. With Stages it prints the
// stages of the pipeline instead of the ids. The errors are those of the policy, [ErrNoUser], [ErrID], and those of the library.
func (s *Service) Ask(ctx context.Context, w io.Writer, q Question) error {
	t, ok := TypeNamed(q.Type)
	if !ok {
		return fmt.Errorf("casemgmt: there is no type %q", q.Type)
	}
	actor, err := s.who(ctx, q.User)
	if err != nil {
		return err
	}
	if q.ID != "" {
		id, err := ParseID(q.ID)
		if err != nil {
			return err
		}
		why, err := s.az.Explain(ctx, actor, q.Action, mongoauthz.ID(t.Name, id))
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(w, why)
		return err
	}
	query, err := s.az.AuthorizedQuery(ctx, actor, q.Action, t.Name)
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
	query, err = query.Append(bson.D{{Key: "$sort", Value: bson.D{{Key: "_id", Value: 1}}}}, bson.D{{Key: "$project", Value: bson.D{{Key: "_id", Value: 1}}}})
	if err != nil {
		return err
	}
	for doc, err := range query.Each(ctx) {
		if err != nil {
			return err
		}
		id := doc.Lookup("_id")
		text := FormatID(id)
		if text == "" {
			text = id.String()
		}
		if _, err := fmt.Fprintln(w, text); err != nil {
			return err
		}
	}
	return nil
}

// who returns the actor for a user's id as text, nil for the empty one.
func (s *Service) who(ctx context.Context, user string) (any, error) {
	if user == "" {
		return nil, nil
	}
	id, err := ParseID(user)
	if err != nil {
		return nil, err
	}
	actor, err := s.directory.Actor(ctx, id)
	if err != nil {
		return nil, err
	}
	return actor, nil
}
