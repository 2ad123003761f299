package lists

import (
	"context"
	"errors"
	"sync"

	"github.com/mongoauthz/go-mongoauthz/bench/casemgmt"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// automatic lists through mongoauthz, as it runs if one says nothing.
type automatic struct {
	az   *mongoauthz.Authorizer
	next *sync.Map // casemgmt.Cursor → the cursor of mongoauthz, of pages listed
}

// single runs the pipeline of mongoauthz, all in one command.
type single struct{ automatic }

func ours(db *mongo.Database) ([]Strategy, error) {
	schema, err := casemgmt.Schema()
	if err != nil {
		return nil, err
	}
	var opts []mongoauthz.Option
	simple := options.FindOne().SetCollation(&options.Collation{Locale: "simple"})
	if err := db.Collection(logs).FindOne(context.Background(), bson.D{}, simple).Err(); err != nil {
		opts = append(opts, mongoauthz.WithoutCollation()) // a server that refuses the option
	}
	az, err := mongoauthz.New(db, schema, mongoauthz.PolicyFunc(casemgmt.Policy), opts...)
	if err != nil {
		return nil, err
	}
	a := automatic{az, &sync.Map{}}
	return []Strategy{a, single{a}}, nil
}

func (automatic) Name() string { return "automatic" }
func (single) Name() string    { return "single" }
func (automatic) ByHand() bool { return false }

func (a automatic) query(ctx context.Context, user string) (*mongoauthz.Query, error) {
	return a.az.AuthorizedQuery(ctx, user, "view", "ActivityLog")
}

// request returns the page asked for. A page after another one can be asked for once that has been listed.
func (a automatic) request(r Request) (mongoauthz.PageRequest, error) {
	p := mongoauthz.PageRequest{Sort: casemgmt.Order(), Skip: r.Skip, Limit: r.Limit, NoTotal: true}
	if r.After != nil {
		next, ok := a.next.Load(*r.After)
		if !ok {
			return p, errors.New("lists: no page that was listed ends there")
		}
		p.After = next.(string)
	}
	return p, nil
}

func (a automatic) List(ctx context.Context, r Request) ([]bson.Raw, error) {
	q, err := a.query(ctx, r.User)
	if err != nil {
		return nil, err
	}
	if r.Limit == 0 {
		var out []bson.Raw
		err := q.All(ctx, &out)
		return out, err
	}
	p, err := a.request(r)
	if err != nil {
		return nil, err
	}
	page, err := mongoauthz.FetchPage[bson.Raw](ctx, q, p)
	if err != nil {
		return nil, err
	}
	if n := len(page.Items); page.Next != "" {
		var last casemgmt.Log
		if err := bson.Unmarshal(page.Items[n-1], &last); err != nil {
			return nil, err
		}
		a.next.Store(casemgmt.Cursor{Date: last.Date.UTC(), ID: last.ID}, page.Next)
	}
	return page.Items, nil
}

func (a automatic) Count(ctx context.Context, user string) (int64, error) {
	q, err := a.query(ctx, user)
	if err != nil {
		return 0, err
	}
	return q.Count(ctx)
}

// List runs the pipeline itself: a Query does not tell the server how long it may take.
func (s single) List(ctx context.Context, r Request) ([]bson.Raw, error) {
	q, err := s.query(ctx, r.User)
	if err != nil {
		return nil, err
	}
	if r.Limit > 0 {
		p, err := s.request(r)
		if err != nil {
			return nil, err
		}
		if q, err = q.Page(p); err != nil {
			return nil, err
		}
	}
	return aggregate(ctx, q.Collection(), q.WithConsistency(mongoauthz.SingleCommand).Pipeline())
}

func (s single) Count(ctx context.Context, user string) (int64, error) {
	q, err := s.query(ctx, user)
	if err != nil {
		return 0, err
	}
	return count(ctx, q.Collection(), q.WithConsistency(mongoauthz.SingleCommand).Pipeline())
}
