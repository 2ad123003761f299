package mongoauthz

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/mongoauthz/go-mongoauthz/mongoauthz/internal/stage"
	"github.com/mongoauthz/go-mongoauthz/pipeline"
	"github.com/mongoauthz/go-mongoauthz/relations"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// Option changes how an [Authorizer] works. An option that cannot be used makes [New] return an
// [*ArgumentError].
type Option func(*settings) error

type settings struct {
	parameters  func(ctx context.Context, actor any) (map[string]any, error)
	collation   *options.Collation // nil: not named
	noCollation bool
	timeLimit   time.Duration // 0: none
	logger      *slog.Logger
	logValues   bool
	compile     []pipeline.Option
	prefix      string // of helper fields; empty: the default
	stages      stage.AllowList
	writeLimit  int
	consistency Consistency
	keyLimit    int // 0: the default
	keptPlans   int
	readAction  string
	actions     map[string][]string // by resource type
}

// WithParameters sets the function that returns the values of the parameters, such as "actor.id",
// for an actor. They are bound into the policy's filter and into the scopes of the schema. A
// parameter that stays unbound is an error of AuthorizedQuery; one that neither uses is ignored. An
// error of f reaches the caller wrapped. f must be safe for concurrent use.
func WithParameters(f func(ctx context.Context, actor any) (map[string]any, error)) Option {
	return func(s *settings) error {
		if f == nil {
			return &ArgumentError{Name: "WithParameters", Problem: "the function is nil"}
		}
		s.parameters = f
		return nil
	}
}

// WithCollation runs the queries with another collation than the simple one. This changes who is
// authorized: with a collation that ignores case, a policy's comparison with "admin" is also true
// of a stored "Admin". One collation holds for a whole query, the policy's comparisons and the
// caller's own stages alike. The database must know it.
func WithCollation(c options.Collation) Option {
	return func(s *settings) error {
		if c.Locale == "" {
			return &ArgumentError{Name: "WithCollation", Problem: "the collation has no locale"}
		}
		s.collation = &c
		return nil
	}
}

// simpleCollation compares in binary.
func simpleCollation() *options.Collation { return &options.Collation{Locale: "simple"} }

// WithoutCollation sends no collation with the queries, for a server that refuses the option
// (FerretDB). On a server that has collations, the collection's default then decides whom a list
// authorizes, while decisions in process always compare in binary: on a collection whose default is
// not the simple collation the two may disagree. [Authorizer.Verify] reports those. It excludes
// [WithCollation].
func WithoutCollation() Option {
	return func(s *settings) error {
		s.noCollation = true
		return nil
	}
}

// WithTimeLimit limits how long one call may take, as a deadline of its context; an earlier
// deadline stays. It holds for the whole of every call that returns an answer, such as [Query.All],
// [FetchPage] or [Authorizer.Authorize], and for one iteration of [Each]; for [Query.Aggregate]
// until the first batch is there, after which the context handed to the cursor rules. The error of
// a call that took longer is one of which mongo.IsTimeout is true.
//
// The server is told of the deadline (maxTimeMS) where the whole answer is read within it. For
// Query.Aggregate the driver gives up the connection, upon which MongoDB ends the operation.
func WithTimeLimit(d time.Duration) Option {
	return func(s *settings) error {
		if d <= 0 {
			return &ArgumentError{Name: "WithTimeLimit", Problem: "must be positive"}
		}
		s.timeLimit = d
		return nil
	}
}

// WithLogger sets the logger. At Debug it gets one record per query that runs, "authorized query",
// with action, resource, collection, the pipeline as extended JSON without its values, the duration
// until the first batch was there, and failed=true after an error. The keys that were read before
// it get one, "authorized query keys", with collection, how many keys, and duration, and where
// joins stay in spite of it "authorized query joins", with the problem. An authorized write gets
// one, "authorized write", with its operation besides. The finds for what a document in hand is
// related to are not logged, nor are those of [Authorizer.Explain] and [Authorizer.Fetcher].
// Nothing is logged at other levels, and nothing is computed for a record that the logger does not
// take.
func WithLogger(l *slog.Logger) Option {
	return func(s *settings) error {
		if l == nil {
			return &ArgumentError{Name: "WithLogger", Problem: "the logger is nil"}
		}
		s.logger = l
		return nil
	}
}

// WithLoggedValues logs the values in pipelines too: who the actor is, and what callers search for.
func WithLoggedValues() Option {
	return func(s *settings) error {
		s.logValues = true
		return nil
	}
}

// WithHelperPrefix sets the reserved prefix of the top-level fields that hold joined data while a
// pipeline runs, [pipeline.DefaultHelperPrefix] by default. [Authorizer.AuthorizedQuery] returns a
// [*pipeline.UnsupportedError] if it is no field name. Store no such fields: queries that join
// leave such documents out, and authorized updates of such fields are refused ([RefuseReserved]).
func WithHelperPrefix(prefix string) Option {
	return func(s *settings) error {
		s.compile, s.prefix = append(s.compile, pipeline.WithHelperPrefix(prefix)), prefix
		return nil
	}
}

// WithLimit sets how many conditions a normalised filter may have, [filter.DefaultLimit] by
// default. Beyond it [Authorizer.AuthorizedQuery] returns a [*filter.LimitError].
func WithLimit(conditions int) Option {
	return func(s *settings) error {
		if conditions <= 0 {
			return &ArgumentError{Name: "WithLimit", Problem: "must be positive"}
		}
		s.compile = append(s.compile, pipeline.WithLimit(conditions))
		return nil
	}
}

// WithStages lets [Query.Append] accept stages that it does not know to stay inside their input, by
// their names, such as "$lookup". No policy holds for what they read or write elsewhere. The
// pipelines in their fields pipeline and whenMatched, and in the documents pipelines inside their
// field input ($rankFusion, $scoreFusion), are still checked, for which each stage there has to be
// accepted or named too; a stage that holds pipelines under other names is on its own.
func WithStages(names ...string) Option {
	return func(s *settings) error {
		for _, name := range names {
			if len(name) < 2 || !strings.HasPrefix(name, "$") {
				return &ArgumentError{Name: "WithStages", Problem: "a stage's name begins with $"}
			}
			s.stages[name] = true
		}
		return nil
	}
}

// WithReadAction names the action that an actor must be allowed to do with a document to learn that
// it exists, "read" by default. [Authorizer.Authorize] returns [ErrForbidden] to those who may, and
// [ErrNotFound] to all others.
func WithReadAction(action string) Option {
	return func(s *settings) error {
		if action == "" {
			return &ArgumentError{Name: "WithReadAction", Problem: "is empty"}
		}
		s.readAction = action
		return nil
	}
}

// WithActions declares the actions of a resource type, in the order in which
// [Authorizer.AuthorizedActions] returns them. Name it once for each type. To ask for another action
// of the type is an [*UnknownActionError] then, so that a misspelt one does not deny in silence. The
// read action ([WithReadAction]) is always known.
func WithActions(resourceType string, actions ...string) Option {
	return func(s *settings) error {
		seen := make(map[string]bool, len(actions))
		for _, action := range actions {
			if seen[action] {
				return &ArgumentError{Name: "WithActions", Problem: fmt.Sprintf("declares action %q of %q twice", action, resourceType)}
			}
			seen[action] = true
		}
		if _, declared := s.actions[resourceType]; declared || len(actions) == 0 || seen[""] {
			return &ArgumentError{Name: "WithActions", Problem: fmt.Sprintf("declares %q twice, without actions, or with an empty one", resourceType)}
		}
		if s.actions == nil {
			s.actions = map[string][]string{}
		}
		s.actions[resourceType] = slices.Clone(actions)
		return nil
	}
}

// EncodingOf returns the encoding of a client with these BSON options and this registry, for a
// schema: mongoauthz.EncodingOf(opts, registry).FromStructs(...). Hand in what
// options.ClientOptions.SetBSONOptions and SetRegistry got, or what a database or collection was
// given instead; either may be nil. The driver does not tell what they got; [Authorizer.Verify]
// compares.
//
// Options that only affect decoding are left out: they change no document.
func EncodingOf(o *options.BSONOptions, registry *bson.Registry) relations.Encoding {
	e := relations.Encoding{Registry: registry}
	if o == nil {
		return e
	}
	e.UseJSONStructTags = o.UseJSONStructTags
	e.ErrorOnInlineDuplicates = o.ErrorOnInlineDuplicates
	e.IntMinSize = o.IntMinSize
	e.NilMapAsEmpty = o.NilMapAsEmpty
	e.NilSliceAsEmpty = o.NilSliceAsEmpty
	e.NilByteSliceAsEmpty = o.NilByteSliceAsEmpty
	e.OmitZeroStruct = o.OmitZeroStruct
	e.OmitEmpty = o.OmitEmpty
	e.StringifyMapKeysWithFmt = o.StringifyMapKeysWithFmt
	return e
}

// DefaultWriteLimit is how many documents a write may name, unless [WithWriteLimit] says otherwise.
const DefaultWriteLimit = 10_000

// WithWriteLimit sets how many documents an authorized write may name by their _id,
// [DefaultWriteLimit] by default: [Query.UpdateMany] and [Query.DeleteMany] of a query with joins,
// or that must not move documents. More are refused ([RefuseLimit]); the write command holds all of
// the _ids, and the server takes 16 MiB.
func WithWriteLimit(documents int) Option {
	return func(s *settings) error {
		if documents <= 0 {
			return &ArgumentError{Name: "WithWriteLimit", Problem: "must be positive"}
		}
		s.writeLimit = documents
		return nil
	}
}
