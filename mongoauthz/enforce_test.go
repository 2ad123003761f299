package mongoauthz_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"reflect"
	"testing"

	"github.com/mongoauthz/go-mongoauthz/evaluate"
	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
	"github.com/mongoauthz/go-mongoauthz/pipeline"
	"github.com/mongoauthz/go-mongoauthz/relations"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/x/mongo/driver/topology"
)

// single are the calls that answer for one document in hand or by _id.
var single = map[string]func(context.Context, *mongoauthz.Authorizer, any) error{
	"Authorize": func(ctx context.Context, az *mongoauthz.Authorizer, resource any) error {
		return az.Authorize(ctx, "ann", "read", resource)
	},
	"AuthorizedActions": func(ctx context.Context, az *mongoauthz.Authorizer, resource any) error {
		actions, err := az.AuthorizedActions(ctx, "ann", resource)
		if err == nil && len(actions) == 0 {
			return mongoauthz.ErrNotFound
		}
		return err
	},
	"Explain": func(ctx context.Context, az *mongoauthz.Authorizer, resource any) error {
		x, err := az.Explain(ctx, "ann", "read", resource)
		if err == nil && !x.Authorized() {
			return mongoauthz.ErrNotFound
		}
		return err
	},
}

// inHand are those that answer for a document in hand only, besides.
var inHand = map[string]func(context.Context, *mongoauthz.Authorizer, any) error{
	"AuthorizeNew": func(ctx context.Context, az *mongoauthz.Authorizer, resource any) error {
		err := az.AuthorizeNew(ctx, "ann", "read", resource)
		if errors.Is(err, mongoauthz.ErrForbidden) {
			return mongoauthz.ErrNotFound
		}
		return err
	},
}

func init() {
	for name, call := range single {
		inHand[name] = call
	}
}

// Documents that the filter conditional authorizes.
type (
	PublicBook struct {
		Public bool `bson:"public"`
	}
	// Leaflet has its own way to be stored.
	Leaflet struct{ secret string }
)

func (PublicBook) ResourceType() string { return "Book" }
func (Leaflet) ResourceType() string    { return "Book" }

// MarshalBSON fails with what nobody is to see.
func (l Leaflet) MarshalBSON() ([]byte, error) {
	if l.secret != "" {
		return nil, errors.New(l.secret)
	}
	return bson.Marshal(bson.D{{Key: "public", Value: true}})
}

var readable = mongoauthz.WithActions("Book", "read")

func TestADocumentInHandMayHaveAnyForm(t *testing.T) {
	t.Parallel()
	az := authorizer(t, answers(conditional), readable)
	for public, want := range map[bool]error{true: nil, false: mongoauthz.ErrNotFound} {
		d := bson.D{{Key: "_id", Value: 1}, {Key: "public", Value: public}}
		encoded, err := bson.Marshal(d)
		require.NoError(t, err)
		for name, resource := range map[string]any{
			"raw":       mongoauthz.Document("Book", bson.Raw(encoded)),
			"bytes":     mongoauthz.Document("Book", encoded),
			"D":         mongoauthz.Document("Book", d),
			"D pointer": mongoauthz.Document("Book", &d),
			"M":         mongoauthz.Document("Book", bson.M{"public": public}),
			"map":       mongoauthz.Document("Book", map[string]bool{"public": public}),
			"anonymous": mongoauthz.Document("Book", struct{ Public bool }{public}),
			"struct":    PublicBook{public},
			"pointer":   &PublicBook{public},
			"wrapped":   mongoauthz.Document("Book", PublicBook{public}),
		} {
			for call, do := range inHand {
				require.ErrorIs(t, do(t.Context(), az, resource), want, name+" "+call)
			}
		}
	}
	for call, do := range inHand {
		require.NoError(t, do(t.Context(), az, Leaflet{}), call)
	}
}

func TestTheOutcomeOfADecisionIsTyped(t *testing.T) {
	t.Parallel()
	az := authorizer(t, mongoauthz.PolicyFunc(func(_ context.Context, _ any, action, resource string) (filter.Filter, error) {
		if action == "read" {
			return conditional, nil
		}
		return filter.Filter{}, nil
	}))
	forbidden := az.Authorize(t.Context(), "ann", "update", PublicBook{true})
	require.Equal(t, &mongoauthz.ForbiddenError{Action: "update", Resource: "Book"}, forbidden)
	require.EqualError(t, forbidden, `mongoauthz: forbidden: "update" of a Book`)
	require.NotErrorIs(t, forbidden, mongoauthz.ErrNotFound)
	notFound := az.Authorize(t.Context(), "ann", "update", PublicBook{})
	require.Equal(t, &mongoauthz.NotFoundError{Action: "update", Resource: "Book"}, notFound)
	require.EqualError(t, notFound, `mongoauthz: not found: "update" of a Book`)
	require.NotErrorIs(t, notFound, mongoauthz.ErrForbidden)
	require.Equal(t, &mongoauthz.ForbiddenError{Action: "update", Resource: "Book"}, az.AuthorizeNew(t.Context(), "ann", "update", PublicBook{}))
}

func TestWhatIsNoResourceIsRefused(t *testing.T) {
	t.Parallel()
	az := authorizer(t, answers(allowed), readable, mongoauthz.WithActions("Note", "read"))
	var nilBook *PublicBook
	type loop *loop
	itself := new(loop)
	*itself = itself
	inside, deep := bson.M{}, bson.D{}
	inside["x"] = bson.D{{Key: "y", Value: inside}}
	for range 2000 {
		deep = bson.D{{Key: "a", Value: deep}}
	}
	for name, tt := range map[string]struct {
		resource any
		is       error
	}{
		"nil":                          {nil, mongoauthz.ErrArgument},
		"a nil pointer":                {nilBook, mongoauthz.ErrArgument},
		"a nil document":               {mongoauthz.Document("Book", nil), mongoauthz.ErrArgument},
		"a nil pointer as document":    {mongoauthz.Document("Book", nilBook), mongoauthz.ErrArgument},
		"a nil M":                      {mongoauthz.Document("Book", bson.M(nil)), mongoauthz.ErrArgument},
		"a nil map":                    {mongoauthz.Document("Book", map[string]int(nil)), mongoauthz.ErrArgument},
		"a nil D":                      {mongoauthz.Document("Book", bson.D(nil)), mongoauthz.ErrArgument},
		"a nil map behind a pointer":   {mongoauthz.Document("Book", new(bson.M)), mongoauthz.ErrArgument},
		"a Resource as document":       {mongoauthz.Document("Book", mongoauthz.ID("Book", 1)), mongoauthz.ErrArgument},
		"a pointer to a Resource":      {mongoauthz.Document("Book", new(mongoauthz.Resource)), mongoauthz.ErrArgument},
		"the zero Resource":            {mongoauthz.Resource{}, mongoauthz.ErrUnknownResource},
		"a document without a type":    {bson.D{{Key: "public", Value: true}}, mongoauthz.ErrUnknownResource},
		"raw BSON without a type":      {bson.Raw{5, 0, 0, 0, 0}, mongoauthz.ErrUnknownResource},
		"a name":                       {"Book", mongoauthz.ErrUnknownResource},
		"an unknown type":              {mongoauthz.Document("Shelf", bson.D{}), mongoauthz.ErrUnknownResource},
		"an embedded type":             {mongoauthz.Document("Chapter", bson.D{}), mongoauthz.ErrUnknownResource},
		"what cannot be encoded":       {mongoauthz.Document("Book", func() {}), mongoauthz.ErrArgument},
		"a scalar":                     {mongoauthz.Document("Book", 7), mongoauthz.ErrArgument},
		"a list":                       {mongoauthz.Document("Book", bson.A{1}), mongoauthz.ErrArgument},
		"a document inside itself":     {mongoauthz.Document("Book", inside), mongoauthz.ErrArgument},
		"a pointer to itself":          {mongoauthz.Document("Book", itself), mongoauthz.ErrArgument},
		"a document that cannot be":    {Leaflet{secret: "s3cret"}, mongoauthz.ErrArgument},
		"broken BSON":                  {mongoauthz.Document("Book", bson.Raw{6, 0, 0, 0, 2}), evaluate.ErrDocument},
		"no bytes":                     {mongoauthz.Document("Book", bson.Raw{}), evaluate.ErrDocument},
		"nil raw BSON":                 {mongoauthz.Document("Book", bson.Raw(nil)), evaluate.ErrDocument},
		"a document nested too deeply": {mongoauthz.Document("Book", deep), evaluate.ErrDocument},
	} {
		for call, do := range inHand {
			err := do(t.Context(), az, tt.resource)
			require.ErrorIs(t, err, tt.is, name+" "+call)
			require.NotContains(t, err.Error(), "s3cret")
		}
	}
	for name, tt := range map[string]struct {
		resource mongoauthz.Resource
		is       error
	}{
		"null":              {mongoauthz.ID("Book", nil), mongoauthz.ErrArgument},
		"a nil pointer":     {mongoauthz.ID("Book", nilBook), mongoauthz.ErrArgument},
		"of another type":   {mongoauthz.ID("Book", true), mongoauthz.ErrArgument},
		"a pattern":         {mongoauthz.ID("Book", bson.Regex{Pattern: "."}), mongoauthz.ErrArgument},
		"a list":            {mongoauthz.ID("Book", bson.A{1}), mongoauthz.ErrArgument},
		"not encodable":     {mongoauthz.ID("Book", Leaflet{secret: "s3cret"}), mongoauthz.ErrArgument},
		"of a type unknown": {mongoauthz.ID("Shelf", 7), mongoauthz.ErrUnknownResource},
	} {
		for call, do := range single {
			err := do(t.Context(), az, tt.resource)
			require.ErrorIs(t, err, tt.is, name+" "+call)
			require.NotContains(t, err.Error(), "s3cret")
		}
	}
	for call, do := range single {
		require.ErrorIs(t, do(t.Context(), az, mongoauthz.ID("Book", "no number")), mongoauthz.ErrNotFound, call)
		require.ErrorContains(t, do(t.Context(), az, mongoauthz.ID("Book", true)),
			"is a BSON boolean, and the _id of a Book is declared as Number: pass a value of that type, or its text", call)
	}
	require.ErrorIs(t, az.AuthorizeNew(t.Context(), "ann", "read", mongoauthz.ID("Book", 7)), mongoauthz.ErrArgument)
	_, err := mongoauthz.FilterAuthorized(t.Context(), az, "ann", "read", "Book", []bson.M{nil})
	require.ErrorIs(t, err, mongoauthz.ErrArgument)
}

func TestNoFailureIsADecision(t *testing.T) {
	t.Parallel()
	failed := errors.New("no policy today")
	fails := mongoauthz.PolicyFunc(func(context.Context, any, string, string) (filter.Filter, error) { return allowed, failed })
	ignoringCase := mongoauthz.WithCollation(options.Collation{Locale: "en", Strength: 2})
	noParameters := mongoauthz.WithParameters(func(context.Context, any) (map[string]any, error) { return nil, failed })
	related := mongoauthz.Document("Book", bson.D{{Key: "publisher_id", Value: 1}})
	for name, tt := range map[string]struct {
		az       *mongoauthz.Authorizer
		resource any
		is       error // nil: the server is down
	}{
		"the policy, in hand":          {authorizer(t, fails, readable), PublicBook{true}, failed},
		"the policy, by _id":           {authorizer(t, fails, readable), mongoauthz.ID("Book", 1), failed},
		"the parameters":               {authorizer(t, answers(allowed), readable, noParameters), PublicBook{true}, failed},
		"another type's filter":        {authorizer(t, answers(filter.Allow("Publisher")), readable), PublicBook{true}, filter.ErrMalformed},
		"an unknown field":             {authorizer(t, answers(filter.For("Book", filter.Where(filter.F("nope").Eq(1)))), readable), PublicBook{true}, filter.ErrMalformed},
		"an unbound parameter":         {authorizer(t, answers(filter.Allow("Note")), mongoauthz.WithActions("Note", "read")), mongoauthz.Document("Note", bson.D{}), filter.ErrMalformed},
		"another collation":            {authorizer(t, answers(allowed), readable, ignoringCase), PublicBook{true}, pipeline.ErrUnsupported},
		"the server, by _id":           {authorizer(t, answers(conditional), readable), mongoauthz.ID("Book", 1), nil},
		"the server, for what related": {authorizer(t, answers(joined), readable), related, nil},
		"a zero Authorizer":            {&mongoauthz.Authorizer{}, PublicBook{true}, mongoauthz.ErrArgument},
		"a nil Authorizer":             {nil, PublicBook{true}, mongoauthz.ErrArgument},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			calls := inHand
			if r, ok := tt.resource.(mongoauthz.Resource); ok && reflect.DeepEqual(r, mongoauthz.ID("Book", 1)) {
				calls = single
			}
			for call, do := range calls {
				err := do(t.Context(), tt.az, tt.resource)
				require.NotErrorIs(t, err, mongoauthz.ErrForbidden, call)
				require.NotErrorIs(t, err, mongoauthz.ErrNotFound, call)
				if tt.is == nil {
					var down topology.ServerSelectionError
					require.ErrorAs(t, err, &down, call)
				} else {
					require.ErrorIs(t, err, tt.is, call)
				}
				ctx, cancel := context.WithCancel(t.Context())
				cancel()
				require.Error(t, do(ctx, tt.az, tt.resource), call)
			}
		})
	}
}

func TestTheReadActionDecidesAfterADenialOnly(t *testing.T) {
	t.Parallel()
	failed := errors.New("readers are not known")
	az := authorizer(t, mongoauthz.PolicyFunc(func(_ context.Context, _ any, action, _ string) (filter.Filter, error) {
		if action == "see" {
			return filter.Filter{}, failed
		}
		return conditional, nil
	}), mongoauthz.WithReadAction("see"))
	require.NoError(t, az.Authorize(t.Context(), "ann", "update", PublicBook{true}))
	require.ErrorIs(t, az.Authorize(t.Context(), "ann", "update", PublicBook{}), failed)
}

func TestActionsHaveToBeDeclared(t *testing.T) {
	t.Parallel()
	az := authorizer(t, answers(conditional), mongoauthz.WithActions("Book", "read", "update"), mongoauthz.WithActions("Note", "read"))
	actions, err := az.AuthorizedActions(t.Context(), "ann", PublicBook{true})
	require.NoError(t, err)
	require.Equal(t, []string{"read", "update"}, actions)
	actions, err = az.AuthorizedActions(t.Context(), "ann", PublicBook{})
	require.NoError(t, err)
	require.Equal(t, []string{}, actions)
	_, err = az.AuthorizedActions(t.Context(), "ann", mongoauthz.Document("Publisher", bson.D{}))
	require.ErrorIs(t, err, mongoauthz.ErrArgument)
	for name, tt := range map[string]struct {
		opts []mongoauthz.Option
		is   error
	}{
		"none":             {[]mongoauthz.Option{mongoauthz.WithActions("Book")}, mongoauthz.ErrArgument},
		"an empty one":     {[]mongoauthz.Option{mongoauthz.WithActions("Book", "read", "")}, mongoauthz.ErrArgument},
		"one twice":        {[]mongoauthz.Option{mongoauthz.WithActions("Book", "read", "read")}, mongoauthz.ErrArgument},
		"a type twice":     {[]mongoauthz.Option{mongoauthz.WithActions("Book", "read"), mongoauthz.WithActions("Book", "update")}, mongoauthz.ErrArgument},
		"an unknown type":  {[]mongoauthz.Option{mongoauthz.WithActions("Shelf", "read")}, mongoauthz.ErrUnknownResource},
		"an embedded type": {[]mongoauthz.Option{mongoauthz.WithActions("Chapter", "read")}, mongoauthz.ErrUnknownResource},
		"no read action":   {[]mongoauthz.Option{mongoauthz.WithReadAction("")}, mongoauthz.ErrArgument},
	} {
		_, err := mongoauthz.New(database(t), library(t), answers(allowed), tt.opts...)
		require.ErrorIs(t, err, tt.is, name)
	}
}

func TestGoValuesAreEncodedAsTheDatabaseEncodesThem(t *testing.T) {
	t.Parallel()
	type flag string
	type book struct {
		Public flag     `bson:"public"`
		Tags   []string `json:"tags"`
		Pages  int      `bson:"pages,omitempty"`
	}
	registry := bson.NewRegistry()
	registry.RegisterTypeEncoder(reflect.TypeFor[flag](), bson.ValueEncoderFunc(func(_ bson.EncodeContext, w bson.ValueWriter, v reflect.Value) error {
		return w.WriteBoolean(v.String() == "yes")
	}))
	empty := &options.BSONOptions{NilSliceAsEmpty: true}
	isNull := answers(filter.For("Book", filter.Where(filter.F("tags").IsNull())))
	for name, tt := range map[string]struct {
		policy mongoauthz.Policy
		encode relations.Encoding
		want   error
	}{
		"the driver's own registry":  {answers(conditional), mongoauthz.EncodingOf(nil, nil), mongoauthz.ErrForbidden},
		"another registry":           {answers(conditional), mongoauthz.EncodingOf(nil, registry), nil},
		"a nil slice is null":        {isNull, mongoauthz.EncodingOf(&options.BSONOptions{}, nil), nil},
		"a nil slice is empty":       {isNull, mongoauthz.EncodingOf(empty, nil), mongoauthz.ErrForbidden},
		"a nil slice is empty, both": {isNull, mongoauthz.EncodingOf(empty, registry), mongoauthz.ErrForbidden},
	} {
		az, err := mongoauthz.New(database(t), libraryOf(t, tt.encode), tt.policy)
		require.NoError(t, err)
		require.ErrorIs(t, az.AuthorizeNew(t.Context(), "ann", "read", mongoauthz.Document("Book", book{Public: "yes"})), tt.want, name)
	}
}

func TestANewDocumentHasNoFieldTwice(t *testing.T) {
	t.Parallel()
	az := authorizer(t, answers(conditional))
	public := bson.E{Key: "public", Value: true}
	for name, tt := range map[string]struct {
		d    bson.D
		want error
	}{
		"once":                {bson.D{public, {Key: "Public", Value: false}}, nil},
		"twice":               {bson.D{public, {Key: "public", Value: false}}, mongoauthz.ErrArgument},
		"twice, unread":       {bson.D{public, {Key: "x", Value: 1}, {Key: "x", Value: 1}}, mongoauthz.ErrArgument},
		"inside":              {bson.D{public, {Key: "in", Value: bson.D{{Key: "x", Value: 1}, {Key: "x", Value: 1}}}}, mongoauthz.ErrArgument},
		"inside a list":       {bson.D{public, {Key: "in", Value: bson.A{1, bson.D{{Key: "x", Value: 1}, {Key: "x", Value: 1}}}}}, mongoauthz.ErrArgument},
		"of two documents":    {bson.D{public, {Key: "in", Value: bson.A{bson.D{{Key: "x", Value: 1}}, bson.D{{Key: "x", Value: 1}}}}}, nil},
		"twice and forbidden": {bson.D{{Key: "public", Value: false}, public}, mongoauthz.ErrForbidden},
	} {
		require.ErrorIs(t, az.AuthorizeNew(t.Context(), "ann", "create", mongoauthz.Document("Book", tt.d)), tt.want, name)
	}
}

func TestAScopeHoldsForADocumentInHand(t *testing.T) {
	t.Parallel()
	az := authorizer(t, answers(filter.Allow("Note")), mongoauthz.WithActions("Note", "read"), mongoauthz.WithParameters(func(context.Context, any) (map[string]any, error) {
		return map[string]any{"tenant": "t1"}, nil
	}))
	for tenant, want := range map[any]error{"t1": nil, "t2": mongoauthz.ErrNotFound, nil: mongoauthz.ErrNotFound} {
		for call, do := range inHand {
			require.ErrorIs(t, do(t.Context(), az, mongoauthz.Document("Note", bson.D{{Key: "tenant", Value: tenant}})), want, call)
		}
	}
}

func TestADecisionIsLoggedWithoutTheID(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
	az := authorizer(t, answers(conditional), mongoauthz.WithLogger(logger))
	require.Error(t, az.Authorize(t.Context(), "ann", "read", mongoauthz.ID("Book", 4711)), "no server")
	require.Contains(t, out.String(), `[{\"$match\":{\"_id\":{\"$eq\":\"?\"}}},`)
	require.Contains(t, out.String(), "action=read resource=Book collection=books")
	require.NotContains(t, out.String(), "4711")
}
