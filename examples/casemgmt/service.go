package casemgmt

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
	"net/http"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/httpauthz"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

// Config says how a service is made.
type Config struct {
	// Policy makes what says who may do what, by actors of type *[Actor]; nil is [Policy].
	Policy func(Directory) mongoauthz.Policy
	// Password is that of every user: this is a demonstration. Nobody can sign in while it is empty.
	Password string
	// Options are those of the authorizer besides its read action, such as [mongoauthz.WithoutCollation].
	Options []mongoauthz.Option
	// Review serves the review page, to superusers.
	Review bool
	// Logger gets the errors that clients are not told; nil is slog.Default.
	Logger *slog.Logger
}

// Service is case management over HTTP. It is safe for concurrent use.
type Service struct {
	db        *mongo.Database
	az        *mongoauthz.Authorizer
	directory Directory
	schema    *relations.Schema
	password  [sha256.Size]byte
	open      bool
	reviewing bool
	log       *slog.Logger
}

// New returns the service of a database. It does no I/O; the errors are those of [mongoauthz.New].
func New(db *mongo.Database, c Config) (*Service, error) {
	schema, err := Schema()
	if err != nil {
		return nil, err
	}
	// The directory is read by the library's own fetcher, to which values are never patterns.
	reader, err := mongoauthz.New(db, schema, mongoauthz.PolicyFunc(nothing), c.Options...)
	if err != nil {
		return nil, err
	}
	s := &Service{db: db, schema: schema, directory: NewDirectory(reader.Fetcher()), password: sha256.Sum256([]byte(c.Password)), open: c.Password != "", reviewing: c.Review, log: c.Logger}
	if s.log == nil {
		s.log = slog.Default()
	}
	if c.Policy == nil {
		c.Policy = Policy
	}
	s.az, err = mongoauthz.New(db, schema, c.Policy(s.directory), append([]mongoauthz.Option{mongoauthz.WithReadAction("view")}, c.Options...)...)
	if err != nil {
		return nil, err
	}
	return s, nil
}

func nothing(_ context.Context, _ any, _, resource string) (filter.Filter, error) {
	return filter.Deny(resource), nil
}

// Authorizer returns what decides for the service.
func (s *Service) Authorizer() *mongoauthz.Authorizer { return s.az }

// Directory returns what the service knows of users and permissions.
func (s *Service) Directory() Directory { return s.directory }

// methods are the actions: GET views, POST adds, PUT and PATCH change, DELETE deletes.
var methods = httpauthz.CRUD("add", "view", "change", "delete")

// Handler returns the service as a handler:
//
//	/clients                      GET a list, POST a new one; and so for each type, by the name of its collection
//	/clients/{id}                 GET, PUT, PATCH, DELETE
//	/documents/{id}/activities    GET what was done with a document, POST something more
//	/review                       GET what a user may do, and why, as a page for superusers; only with Config.Review
func (s *Service) Handler() http.Handler {
	mux := http.NewServeMux()
	for _, t := range types {
		mux.Handle("/"+t.Collection, s.collection(t))
		mux.Handle("/"+t.Collection+"/{id}", s.one(t, methods.Only("GET", "HEAD", "PUT", "PATCH", "DELETE"), s.serveOne(t)))
	}
	document, _ := TypeNamed("document")
	mux.Handle("/documents/{id}/activities", s.one(document, httpauthz.Actions{"GET": "view", "HEAD": "view", "POST": "casemgmt.add_activity_log"}, s.activities))
	if s.reviewing {
		mux.Handle("/review", httpauthz.Handler(s.review))
	}
	mux.Handle("/{$}", httpauthz.Handler(index))
	mux.Handle("/", httpauthz.Handler(func(http.ResponseWriter, *http.Request) error {
		return httpauthz.NewProblem(http.StatusNotFound, "There is nothing at this path.")
	}))
	return httpauthz.Report(s.report, httpauthz.Authenticate(s.identify, mux))
}

// report logs what a client is told nothing of.
func (s *Service) report(r *http.Request, err error, told *httpauthz.Problem) {
	if told.Status >= http.StatusInternalServerError {
		s.log.ErrorContext(r.Context(), "request failed", "method", r.Method, "path", r.URL.Path, "status", told.Status, "error", err)
	}
}

// index says what there is.
func index(w http.ResponseWriter, r *http.Request) error {
	if _, err := methods.Only("GET", "HEAD").Action(r.Method); err != nil {
		return err
	}
	paths := []string{}
	for _, t := range types {
		paths = append(paths, "/"+t.Collection)
	}
	return writeJSON(w, http.StatusOK, map[string]any{"lists": paths})
}

// collection serves the path of a collection.
func (s *Service) collection(t Type) httpauthz.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		switch r.Method {
		case http.MethodGet, http.MethodHead:
			return s.list(w, r, t, nil)
		case http.MethodPost:
			return s.create(w, r, t)
		default:
			_, err := methods.Only("GET", "HEAD", "POST").Action(r.Method)
			return err
		}
	}
}

// one returns the handler for one resource of a type.
func (s *Service) one(t Type, actions httpauthz.Actions, serve func(http.ResponseWriter, *http.Request, *httpauthz.Access) error) http.Handler {
	return &httpauthz.ResourceHandler{Authorizer: s.az, Type: t.Name, Actions: actions, Read: "view", ID: pathID, Serve: serve}
}

func pathID(r *http.Request) (any, error) {
	id, err := ParseID(r.PathValue("id"))
	if err != nil {
		return nil, httpauthz.NewProblem(http.StatusBadRequest, "The path has no id: %s.", err)
	}
	return id, nil
}

// identify finds out who sends a request.
func (s *Service) identify(r *http.Request) (any, error) {
	name, password, given := r.BasicAuth()
	if !given {
		if r.Header.Get("Authorization") != "" {
			return nil, httpauthz.ErrUnauthenticated // another scheme
		}
		return nil, nil
	}
	sum := sha256.Sum256([]byte(password))
	id, err := ParseID(name)
	if err != nil || !s.open || subtle.ConstantTimeCompare(sum[:], s.password[:]) != 1 {
		return nil, httpauthz.ErrUnauthenticated
	}
	actor, err := s.directory.Actor(r.Context(), id)
	switch {
	case errors.Is(err, ErrNoUser):
		return nil, httpauthz.ErrUnauthenticated
	case err != nil:
		return nil, err
	}
	return actor, nil
}

// ServerOptions returns the options that the server needs: mongoauthz asks for the simple collation with every query, and FerretDB, which
// has no other one, refuses to be asked.
func ServerOptions(ctx context.Context, db *mongo.Database) ([]mongoauthz.Option, error) {
	info, err := db.RunCommand(ctx, bson.D{{Key: "buildInfo", Value: 1}}).Raw()
	if err != nil {
		return nil, fmt.Errorf("casemgmt: ask the server what it is: %w", err)
	}
	if _, err := info.LookupErr("ferretdb"); err != nil {
		return nil, nil
	}
	return []mongoauthz.Option{mongoauthz.WithoutCollation()}, nil
}
