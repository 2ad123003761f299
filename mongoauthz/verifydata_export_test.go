package mongoauthz

import (
	"context"
	"errors"

	"github.com/mongoauthz/go-mongoauthz/evaluate"
	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz/internal/inspect"
	"github.com/mongoauthz/go-mongoauthz/relations"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// Requests counts what was asked of other documents.
type Requests struct {
	Finds   int
	MaxKeys int // of one find, at one field
	Read    int // documents that were taken from the finds
}

// Inspect is what VerifyData finds in the documents of one type, whose related documents are in
// memory.
func Inspect(ctx context.Context, s *relations.Schema, typ string, documents []bson.Raw, related evaluate.Memory) (DataReport, Requests, error) {
	var requests Requests
	ask := func(ctx context.Context, r evaluate.Request, yield func(bson.Raw) (bool, error)) error {
		requests.Finds++
		for _, m := range r.Match {
			requests.MaxKeys = max(requests.MaxKeys, len(m.Keys))
		}
		found, err := related.Fetch(ctx, r)
		for _, d := range found {
			requests.Read++
			more, err := yield(d)
			if err != nil || !more {
				return err
			}
		}
		return err
	}
	t, ok := s.Type(typ)
	if !ok {
		return DataReport{}, requests, errors.New("no such type")
	}
	in, err := inspect.New(s, t, ask)
	if malformed, ok := errors.AsType[*filter.MalformedError](err); ok {
		return DataReport{Skipped: []DataSkip{{Type: typ, Reason: malformed.Problem}}}, requests, nil
	}
	if err != nil {
		return DataReport{}, requests, err
	}
	for _, d := range documents {
		if err := in.Look(ctx, d); err != nil {
			return DataReport{}, requests, err
		}
	}
	err = in.Finish(ctx)
	var report DataReport
	report.add(in)
	report.Types = nil
	return report, requests, err
}
