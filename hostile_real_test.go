package layers_test

import (
	"context"
	"errors"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/mongoauthz/go-mongoauthz/evaluate"
	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/httpauthz"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
	"github.com/mongoauthz/go-mongoauthz/pipeline"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

// noNetwork is a dialer that never connects.
type noNetwork struct{}

func (noNetwork) DialContext(context.Context, string, string) (net.Conn, error) {
	return nil, errors.New("no network")
}

// unreachable is a database of a client that never connects. Its goroutines run before the test
// counts any.
func unreachable(t *testing.T) *mongo.Database {
	t.Helper()
	client, err := mongo.Connect(options.Client().ApplyURI("mongodb://localhost/").SetDialer(noNetwork{}).
		SetServerSelectionTimeout(time.Millisecond))
	require.NoError(t, err)
	t.Cleanup(func() { _ = client.Disconnect(context.Background()) })
	require.Error(t, client.Ping(t.Context(), nil), "it has no server")
	return client.Database("library")
}

// bookshop is a schema with a join, an embedded list and a scope.
func bookshop(t *testing.T) *relations.Schema {
	t.Helper()
	s, err := relations.New(
		relations.Type{
			Name: "Book", Collection: "books",
			Fields: []relations.Field{
				{Name: "_id", Type: relations.Number}, {Name: "title", Type: relations.String, Required: true},
				{Name: "pages", Type: relations.Number, AbsentZero: 0}, {Name: "tags", Type: relations.String, List: true, AbsentEmpty: true},
				{Name: "publisher_id", Type: relations.Number}, {Name: "any", Type: relations.AnyType},
			},
			Relations: []relations.Relation{
				{Name: "publisher", Kind: relations.ReferencesOne, Type: "Publisher", Keys: []relations.KeyPair{{Local: "publisher_id"}}},
				{Name: "chapters", Kind: relations.EmbedsMany, Type: "Chapter"},
			},
		},
		relations.Type{
			Name: "Publisher", Collection: "publishers",
			Fields: []relations.Field{{Name: "_id", Type: relations.Number}, {Name: "name", Type: relations.String}},
			Relations: []relations.Relation{
				{Name: "publisher", Kind: relations.HasMany, Type: "Publisher", Keys: []relations.KeyPair{{Local: "_id", Foreign: "_id"}}},
			},
		},
		relations.Type{
			Name: "Note", Collection: "notes",
			Fields: []relations.Field{{Name: "_id", Type: relations.Number}, {Name: "tenant", Type: relations.String}},
			Scope:  []filter.Condition{filter.F("tenant").Eq(filter.Param("tenant"))},
		},
		relations.Type{Name: "Chapter", Fields: []relations.Field{{Name: "title", Type: relations.String}}},
	)
	require.NoError(t, err)
	return s
}

// real is a value of each type that a constructor makes, all of one schema and filter.
type real struct {
	schema     *relations.Schema
	filter     filter.Filter
	plan       *pipeline.Plan
	resolution *pipeline.Resolution
	evaluator  *evaluate.Evaluator
	db         *mongo.Database
	authorizer *mongoauthz.Authorizer
	query      *mongoauthz.Query
}

func answering(f filter.Filter) mongoauthz.PolicyFunc {
	return func(context.Context, any, string, string) (filter.Filter, error) { return f, nil }
}

func newReal(t *testing.T) *real {
	t.Helper()
	r := &real{schema: bookshop(t), filter: hostileFilters()[0].(filter.Filter), db: unreachable(t)}
	var err error
	r.plan, err = pipeline.Compile(r.schema, r.filter)
	require.NoError(t, err)
	r.resolution = r.plan.Resolution(true, 1000)
	require.NotNil(t, r.resolution)
	r.evaluator, err = evaluate.Prepare(r.schema, r.filter)
	require.NoError(t, err)
	r.authorizer, err = mongoauthz.New(r.db, r.schema, answering(r.filter), mongoauthz.WithPlanCache(10))
	require.NoError(t, err)
	r.query, err = r.authorizer.AuthorizedQuery(t.Context(), "ann", "read", "Book")
	require.NoError(t, err)
	return r
}

// hostileCaller calls with hostile values, and with those of real.
type hostileCaller struct {
	caller
	of *real
}

func newCaller(t *testing.T) *hostileCaller {
	t.Helper()
	r := newReal(t)
	anys, rawValues, raws := hostileAny(), hostileRawValues(), hostileRaws()
	special := map[reflect.Type][]any{
		reflect.TypeFor[any]():              anys,
		reflect.TypeFor[string]():           texts,
		reflect.TypeFor[bson.RawValue]():    rawValues,
		reflect.TypeFor[bson.Raw]():         raws,
		reflect.TypeFor[[]byte]():           {[]byte(`{"resource":"Book","clauses":[{"conditions":[{"constant":"true"}]}]}`), []byte("{"), []byte{0xff}},
		reflect.TypeFor[filter.Condition](): hostileConditions(),
		reflect.TypeFor[filter.Operand](): {
			filter.Literal{Value: 1}, nil, filter.F("title"), filter.Param("tenant"), filter.Param("\xff"), (*filter.Field)(nil),
		},
		reflect.TypeFor[filter.Filter]():            hostileFilters(),
		reflect.TypeFor[context.Context]():          contexts(t),
		reflect.TypeFor[error]():                    errorsOf(),
		reflect.TypeFor[reflect.Type]():             {reflect.TypeFor[holder](), nil, reflect.TypeFor[itself](), reflect.TypeFor[chan int]()},
		reflect.TypeFor[http.ResponseWriter]():      {httptest.NewRecorder()},
		reflect.TypeFor[*http.Request]():            requests(t),
		reflect.TypeFor[http.Handler]():             {http.NotFoundHandler(), nil},
		reflect.TypeFor[*relations.Schema]():        {r.schema, new(relations.Schema), nil},
		reflect.TypeFor[*relations.CheckedFilter](): checkedFilters(t, r.schema),
		reflect.TypeFor[relations.CheckedCondition](): {
			(*relations.CheckedComparison)(nil), &relations.CheckedComparison{}, relations.CheckedExists{}, relations.CheckedConstant(9),
			relations.CheckedAny{{}}, relations.CheckedNone{}, relations.CheckedSurely{CheckedClause: &relations.CheckedClause{}}, nil,
		},
		reflect.TypeFor[*pipeline.Plan]():       {r.plan, new(pipeline.Plan), nil},
		reflect.TypeFor[*pipeline.Resolution](): {r.resolution, new(pipeline.Resolution), nil},
		reflect.TypeFor[*mongoauthz.Query]():    {r.query, new(mongoauthz.Query), nil},
		reflect.TypeFor[*mongo.Database]():      {r.db, nil},
		reflect.TypeFor[*bson.Registry]():       {bson.NewRegistry(), nil},
		reflect.TypeFor[pipeline.Option]():      {pipeline.WithLimit(10), pipeline.WithHelperPrefix("a.b"), pipeline.WithLimit(-1)},
		reflect.TypeFor[mongoauthz.Option]():    {mongoauthz.WithLimit(10), nil, mongoauthz.WithKeyLimit(-1), mongoauthz.WithWriteLimit(-1)},
		reflect.TypeFor[evaluate.Fetcher]():     {evaluate.Memory{}, nil, evaluate.Memory(nil), brokenFetcher{}, refuser{}, r.authorizer.Fetcher()},
		reflect.TypeFor[mongoauthz.PageRequest](): {
			mongoauthz.PageRequest{Limit: 10, Sort: bson.D{{Key: "title", Value: 1}}},
		},
	}
	maps.Copy(special, driverOptions())
	special[reflect.TypeOf(loggers[0])] = loggers
	policies, authorizers := []any{answering(r.filter), nil, mongoauthz.PolicyFunc(nil)}, []any{r.authorizer}
	for _, f := range hostileFilters() {
		policy := answering(f.(filter.Filter))
		az, err := mongoauthz.New(r.db, r.schema, policy)
		require.NoError(t, err)
		policies, authorizers = append(policies, policy), append(authorizers, az)
	}
	special[reflect.TypeFor[mongoauthz.Policy]()] = policies
	special[reflect.TypeFor[*mongoauthz.Authorizer]()] = append(authorizers, new(mongoauthz.Authorizer), nil)
	never := map[reflect.Type]bool{
		reflect.TypeFor[http.ResponseWriter](): true,
		reflect.TypeFor[*http.Request]():       true,
	}
	closed := map[reflect.Type]bool{}
	for typ := range special {
		switch typ {
		case reflect.TypeFor[filter.Filter](), reflect.TypeFor[mongoauthz.PageRequest]():
		default:
			closed[typ] = typ.Kind() != reflect.Interface || len(special[typ]) > 0
		}
	}
	return &hostileCaller{caller{maker: maker{
		special: special, closed: closed, never: never, made: map[reflect.Type][]reflect.Value{}, making: map[reflect.Type]bool{},
	}}, r}
}

// real returns the receivers whose methods are called: those that a constructor makes.
func (c *hostileCaller) real() []any {
	cache := pipeline.NewCache(c.of.schema, 10)
	out := []any{
		c.of.schema, &c.of.filter, c.of.plan, cache, c.of.resolution, c.of.evaluator, c.of.authorizer, c.of.query, c.of.query.WithConsistency(mongoauthz.Rechecked),
		evaluate.Memory{}, httpauthz.DefaultActions(), new(httpauthz.ResourceHandler{Authorizer: c.of.authorizer, Type: "Book"}),
		new(filter.F("title")), new(filter.Reach("p", "publisher")), new(filter.Where(filter.True)),
	}
	for typ := range c.of.schema.Types() {
		out = append(out, typ)
	}
	return out
}

// written are calls of methods of which an argument has to be good for the others to count.
func (c *hostileCaller) written() map[string]any {
	q := c.of.query
	update := bson.D{{Key: "$set", Value: bson.D{{Key: "title", Value: "x"}}}}
	return map[string]any{
		"a good update of one": func(ctx context.Context, filter any, opts ...options.Lister[options.UpdateOneOptions]) (any, error) {
			return q.UpdateOne(ctx, filter, update, opts...)
		},
		"a good update of one that may move": func(ctx context.Context, filter any) (any, error) {
			return q.NotMoving(q).UpdateOne(ctx, filter, update)
		},
		"a good update of many": func(ctx context.Context, filter any, opts ...options.Lister[options.UpdateManyOptions]) (any, error) {
			return q.UpdateMany(ctx, filter, update, opts...)
		},
		"a good update in a transaction": func(filter any) (any, error) {
			canceled, cancel := context.WithCancel(context.Background()) // the driver would try again for two minutes
			cancel()
			return q.InTransaction().UpdateOne(canceled, filter, update)
		},
		"a good update, and the document": func(ctx context.Context, filter any, opts ...options.Lister[options.FindOneAndUpdateOptions]) error {
			return q.FindOneAndUpdate(ctx, filter, update, opts...).Err()
		},
		"appended stages that run": func(ctx context.Context, stages ...bson.D) error {
			appended, err := q.Append(stages...)
			if err == nil {
				_, err = appended.Aggregate(ctx)
			}
			return err
		},
		"a page that is read": func(ctx context.Context, r mongoauthz.PageRequest) error {
			page, err := q.Page(r)
			if err == nil {
				_, err = page.Count(ctx)
			}
			return err
		},
		"a filter from JSON that is compiled": func(text string, data []byte) error {
			var f filter.Filter
			if err := f.UnmarshalJSON(append(data, text...)); err != nil {
				return err
			}
			_, err := pipeline.Compile(c.of.schema, f)
			return err
		},
	}
}

// checkedFilters are a checked filter, the same when it was rewritten, and ones that Check did not make.
func checkedFilters(t *testing.T, s *relations.Schema) []any {
	t.Helper()
	checked, err := s.Check(filter.For("Book", filter.Where(filter.F("title").Eq(filter.Param("title")), filter.F("title").In([]string{"a", "b"}))))
	require.NoError(t, err)
	normal, err := checked.Normalize(0)
	require.NoError(t, err)
	return []any{checked, normal, new(relations.CheckedFilter), nil}
}
