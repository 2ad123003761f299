package mongoauthz_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/x/mongo/driver/topology"
	"go.mongodb.org/mongo-driver/v2/x/mongo/driver/xoptions"
)

// runs are the calls that send a command.
var runs = map[string]func(context.Context, *mongoauthz.Query, ...options.Lister[options.AggregateOptions]) error{
	"Aggregate": func(ctx context.Context, q *mongoauthz.Query, opts ...options.Lister[options.AggregateOptions]) error {
		_, err := q.Aggregate(ctx, opts...)
		return err
	},
	"All": func(ctx context.Context, q *mongoauthz.Query, opts ...options.Lister[options.AggregateOptions]) error {
		var all []bson.D
		return q.All(ctx, &all, opts...)
	},
	"Count": func(ctx context.Context, q *mongoauthz.Query, opts ...options.Lister[options.AggregateOptions]) error {
		n, err := q.Count(ctx, opts...)
		if n != 0 {
			return nil
		}
		return err
	},
	"Each": func(ctx context.Context, q *mongoauthz.Query, opts ...options.Lister[options.AggregateOptions]) error {
		var errs []error
		for doc, err := range mongoauthz.Each[bson.Raw](ctx, q, opts...) {
			if doc != nil {
				return nil
			}
			errs = append(errs, err)
		}
		if len(errs) != 1 {
			return nil
		}
		return errs[0]
	},
	"FetchPage": func(ctx context.Context, q *mongoauthz.Query, opts ...options.Lister[options.AggregateOptions]) error {
		page, err := mongoauthz.FetchPage[bson.D](ctx, q, mongoauthz.PageRequest{Limit: 1}, opts...)
		if page != nil {
			return nil
		}
		return err
	},
}

func TestServerDownIsTheDriversError(t *testing.T) {
	t.Parallel()
	az := authorizer(t, answers(conditional))
	calls := map[string]func(context.Context) error{
		"Verify": func(ctx context.Context) error { return az.Verify(ctx) },
		"Find": func(ctx context.Context) error {
			_, err := mongoauthz.Find[Book](ctx, az, nil, "read")
			return err
		},
	}
	q, err := az.AuthorizedQuery(t.Context(), nil, "read", "Book")
	require.NoError(t, err)
	for name, run := range runs {
		calls[name] = func(ctx context.Context) error { return run(ctx, q) }
	}
	for name, call := range calls {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var down topology.ServerSelectionError
			require.ErrorAs(t, call(t.Context()), &down)

			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			require.ErrorIs(t, call(ctx), context.Canceled)
		})
	}
}

func TestTimeLimitIsADeadline(t *testing.T) {
	t.Parallel()
	q := query(t, conditional, mongoauthz.WithTimeLimit(time.Nanosecond))
	for name, run := range runs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := run(t.Context(), q)
			require.ErrorIs(t, err, context.DeadlineExceeded)
			require.True(t, mongo.IsTimeout(err))
		})
	}
}

func TestDriverOptionsThatWouldWidenAreRefused(t *testing.T) {
	t.Parallel()
	ignoringCase := options.Aggregate().SetCollation(&options.Collation{Locale: "en", Strength: 2})
	//lint:ignore SA1019 it is refused
	custom := options.Aggregate().SetCustom(bson.M{"collation": bson.M{"locale": "en"}})
	own := options.Aggregate()
	require.NoError(t, xoptions.SetInternalAggregateOptions(own, "rawData", true))
	failed := errors.New("no such option")
	var none *options.AggregateOptionsBuilder
	tests := map[string]struct {
		authorizer []mongoauthz.Option
		opts       []options.Lister[options.AggregateOptions]
		is         error // nil: it gets as far as the server
	}{
		"another collation":               {nil, []options.Lister[options.AggregateOptions]{ignoringCase}, mongoauthz.ErrArgument},
		"another collation than named":    {[]mongoauthz.Option{mongoauthz.WithCollation(options.Collation{Locale: "en"})}, []options.Lister[options.AggregateOptions]{ignoringCase}, mongoauthz.ErrArgument},
		"a collation where none is sent":  {[]mongoauthz.Option{mongoauthz.WithoutCollation()}, []options.Lister[options.AggregateOptions]{ignoringCase}, mongoauthz.ErrArgument},
		"any part of the command":         {nil, []options.Lister[options.AggregateOptions]{custom}, mongoauthz.ErrArgument},
		"what is the driver's own":        {nil, []options.Lister[options.AggregateOptions]{own}, mongoauthz.ErrArgument},
		"the document of our own paths":   {nil, []options.Lister[options.AggregateOptions]{options.Aggregate().SetLet(bson.M{"CURRENT": bson.M{"public": true}})}, mongoauthz.ErrArgument},
		"variables that are no document":  {nil, []options.Lister[options.AggregateOptions]{options.Aggregate().SetLet(5)}, mongoauthz.ErrArgument},
		"an option that fails":            {nil, []options.Lister[options.AggregateOptions]{failing{failed}}, failed},
		"the collation named":             {[]mongoauthz.Option{mongoauthz.WithCollation(options.Collation{Locale: "en", Strength: 2})}, []options.Lister[options.AggregateOptions]{ignoringCase}, nil},
		"the simple collation":            {nil, []options.Lister[options.AggregateOptions]{options.Aggregate().SetCollation(&options.Collation{Locale: "simple"})}, nil},
		"a collation that is taken back":  {nil, []options.Lister[options.AggregateOptions]{ignoringCase, options.Aggregate().SetCollation(nil)}, nil},
		"nothing":                         {nil, []options.Lister[options.AggregateOptions]{nil, none, &options.AggregateOptionsBuilder{Opts: []func(*options.AggregateOptions) error{nil}}}, nil},
		"what concerns the appended only": {nil, []options.Lister[options.AggregateOptions]{options.Aggregate().SetLet(bson.M{"a": 1}).SetHint("a_1").SetBatchSize(5)}, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			q := query(t, conditional, tt.authorizer...)
			for run, call := range runs {
				err := call(t.Context(), q, tt.opts...)
				if tt.is != nil {
					require.ErrorIs(t, err, tt.is, run)
					continue
				}
				var down topology.ServerSelectionError
				require.ErrorAs(t, err, &down, run)
			}
		})
	}
}

type failing struct{ err error }

func (f failing) List() []func(*options.AggregateOptions) error {
	return []func(*options.AggregateOptions) error{func(*options.AggregateOptions) error { return f.err }}
}

func TestAllNeedsAPointerToASlice(t *testing.T) {
	t.Parallel()
	q := query(t, conditional)
	for _, results := range []any{nil, []bson.D{}, new(int)} {
		require.Error(t, q.All(t.Context(), results))
	}
}
