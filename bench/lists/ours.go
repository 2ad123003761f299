package lists

import (
	"context"
	"time"

	"github.com/mongoauthz/go-mongoauthz/bench/casemgmt"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// automatic lists through mongoauthz, as it runs if one says nothing.
type automatic struct{ az *mongoauthz.Authorizer }

// single runs the pipeline of mongoauthz, with all its joins.
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
	return []Strategy{automatic{az}, single{automatic{az}}}, nil
}

func (automatic) Name() string { return "automatic" }
func (single) Name() string    { return "single" }
func (automatic) ByHand() bool { return false }

// query returns the query for what is asked for.
func (a automatic) query(ctx context.Context, r Request) (*mongoauthz.Query, error) {
	q, err := a.az.AuthorizedQuery(ctx, r.User, "view", "ActivityLog")
	if err == nil && r.After != nil {
		q, err = q.Append(d("$match", after(*r.After)))
	}
	if err == nil && r.Limit > 0 {
		q, err = q.Page(mongoauthz.PageRequest{Sort: casemgmt.Order(), Skip: r.Skip, Limit: r.Limit})
	}
	return q, err
}

func (a automatic) List(ctx context.Context, r Request) ([]bson.Raw, error) {
	q, err := a.query(ctx, r)
	if err != nil {
		return nil, err
	}
	var out []bson.Raw
	err = q.All(ctx, &out)
	return out, err
}

func (a automatic) Count(ctx context.Context, user string) (int64, error) {
	q, err := a.query(ctx, Request{User: user})
	if err != nil {
		return 0, err
	}
	return q.Count(ctx)
}

// List runs the pipeline itself: a Query does not tell the server how long it may take.
func (s single) List(ctx context.Context, r Request) ([]bson.Raw, error) {
	q, err := s.query(ctx, r)
	if err != nil {
		return nil, err
	}
	return aggregate(ctx, q.Collection(), q.Pipeline())
}

func (s single) Count(ctx context.Context, user string) (int64, error) {
	q, err := s.query(ctx, Request{User: user})
	if err != nil {
		return 0, err
	}
	return count(ctx, q.Collection(), q.Pipeline())
}

// limited tells the server the deadline of the context: it would go on with a command whose caller has gone.
func limited(ctx context.Context) *options.AggregateOptionsBuilder {
	o := options.Aggregate()
	if deadline, ok := ctx.Deadline(); ok {
		o.SetCustom(bson.M{"maxTimeMS": max(time.Until(deadline).Milliseconds(), 1)})
	}
	return o
}
