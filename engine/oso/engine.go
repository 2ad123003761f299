package oso

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"reflect"
	"runtime"
	"strings"
	"unicode/utf8"

	"github.com/mongoauthz/go-mongoauthz/evaluate"
	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
	"github.com/mongoauthz/go-mongoauthz/relations"
	"github.com/osohq/go-oso/types"
)

// DefaultAlternatives is how many ways in which a rule may hold an engine follows, unless [WithAlternatives] says otherwise.
const DefaultAlternatives = 1000

// Engine is a policy in Polar. It is a [mongoauthz.Policy], immutable and safe for concurrent use. Make one with [New].
type Engine struct {
	schema  *relations.Schema
	classes *classes
	policy  string
	ranged  ranged
	fetcher evaluate.Fetcher
	pool    *pool
	limit   int
	noNil   bool
	cache   *cache
}

// The rules that Oso knows.
const (
	ruleAllow   = "allow"
	ruleField   = "allow_field"
	ruleRequest = "allow_request"
)

var _ mongoauthz.Policy = (*Engine)(nil)

// Option changes how an engine is made.
type Option func(*config) error

type config struct {
	structs []relations.Struct
	others  []namedType
	fetcher evaluate.Fetcher
	osos    int
	limit   int
	noNil   bool
	cache   int
}

// WithStructs tells the Go structs from which the schema was made, so that policies speak of their fields by their Go names, as they do for
// Oso, and values of them can be actors. Types of the schema for which there is no struct have the names that the schema gives their fields.
func WithStructs(structs ...relations.Struct) Option {
	return func(c *config) error {
		c.structs = append(c.structs, structs...)
		return nil
	}
}

// WithClass registers a Go struct that is not stored as a class, such as one for actors or requests.
// Structs that its exported fields hold need no registration.
func WithClass(name string, of any) Option {
	return func(c *config) error {
		t := indirect(reflect.TypeOf(of))
		if name == "" || t == nil || t.Kind() != reflect.Struct {
			return &PolicyError{Class: name, Problem: fmt.Sprintf("a %T is no struct, or has no name", of)}
		}
		c.others = append(c.others, namedType{name, t})
		return nil
	}
}

// WithFetcher sets what reads the documents that relations of the actor lead to, such as
// [mongoauthz.NewFetcher].
func WithFetcher(f evaluate.Fetcher) Option {
	return func(c *config) error {
		c.fetcher = f
		return nil
	}
}

// WithAlternatives sets how many ways in which a rule may hold are followed, [DefaultAlternatives] by default. More are refused with a
// [*filter.LimitError]: Polar multiplies the alternatives of conditions that have to hold together.
func WithAlternatives(limit int) Option {
	return func(c *config) error {
		if limit < 1 {
			return &PolicyError{Problem: "WithAlternatives: the limit is below 1"}
		}
		c.limit = limit
		return nil
	}
}

// WithConcurrency sets how many evaluations run at once, abandoned ones included; twice the processors, and at least 8, by default. Each
// has an Oso of its own, which is made when it is first needed and never freed (see the package documentation for what it takes).
func WithConcurrency(evaluations int) Option {
	return func(c *config) error {
		if evaluations < 1 {
			return &PolicyError{Problem: "WithConcurrency: below 1"}
		}
		c.osos = evaluations
		return nil
	}
}

// WithCache sets how many filters are kept, [DefaultCache] by default; 0 keeps none. A filter is kept under all that the policy read of
// the actor, and given to whoever gives the same answers, for the same action and resource type; so it holds those values. What reads the
// database or calls a method is not kept. When there are more, all are dropped.
func WithCache(filters int) Option {
	return func(c *config) error {
		if filters < 0 {
			return &PolicyError{Problem: "WithCache: below 0"}
		}
		c.cache = filters
		return nil
	}
}

// WithoutNil makes nil match nothing: neither does a nil of the actor's equal an absent field, nor does an absent field differ from
// anything. It is what filters do where nothing else is said.
func WithoutNil() Option {
	return func(c *config) error {
		c.noNil = true
		return nil
	}
}

// New returns the engine for a policy text. The classes it may speak of are the types of the schema and those of the options.
//
// The errors are a [*PolicyError], with Oso's words for a text that it cannot load, and an [*UnsupportedError], which matches [ErrPolicy] too,
// for one with a construct that is always refused: cut, print, debug, and negations that Oso gets wrong (see the package documentation).
func New(schema *relations.Schema, policy string, opts ...Option) (*Engine, error) {
	if schema == nil {
		return nil, &PolicyError{Problem: "there is no schema"}
	}
	if !utf8.ValidString(policy) {
		return nil, &PolicyError{Problem: "the text is not UTF-8, and Oso would read another"}
	}
	c := config{limit: DefaultAlternatives, cache: DefaultCache, osos: max(8, 2*runtime.GOMAXPROCS(0))}
	for _, opt := range opts {
		if err := opt(&c); err != nil {
			return nil, err
		}
	}
	cs, err := newClasses(schema, c.structs, c.others)
	if err != nil {
		return nil, err
	}
	if err := cs.checkNames(policy); err != nil {
		return nil, err
	}
	e := &Engine{schema: schema, classes: cs, policy: policy, fetcher: c.fetcher, limit: c.limit, noNil: c.noNil, cache: &cache{limit: c.cache, roots: map[string]*node{}}}
	e.pool = &pool{slots: make(chan struct{}, c.osos)}
	// Of a text that is wrong, Oso's words are better than ours; one that only we refuse is refused all the same.
	w, err := e.newWorker()
	if err != nil {
		return nil, err
	}
	text, err := prepare(policy, cs.isList, cs.leads)
	if err != nil {
		return nil, err
	}
	if text != policy {
		e.policy = text
		if w, err = e.newWorker(); err != nil { // which is ours to get right; the policy is refused if it cannot be run as it was written
			return nil, errors.Join(textProblem(check(policy, cs.leads)), err)
		}
	}
	e.pool.idle = append(e.pool.idle, w)
	e.ranged, _ = newRanged(e.policy, cs.isList)
	return e, nil
}

// NewFS is [New] with the text of all files that match one of the patterns (see [fs.Glob]), which must have the extension .polar.
// Errors count lines from the beginning of the first file.
func NewFS(schema *relations.Schema, fsys fs.FS, patterns []string, opts ...Option) (*Engine, error) {
	var text strings.Builder
	for _, pattern := range patterns {
		names, err := fs.Glob(fsys, pattern)
		if err != nil {
			return nil, fmt.Errorf("oso: %w", err)
		}
		if len(names) == 0 {
			return nil, &PolicyError{Problem: fmt.Sprintf("no file matches %q", pattern)}
		}
		for _, name := range names {
			if !strings.HasSuffix(name, ".polar") {
				return nil, &PolicyError{Problem: fmt.Sprintf("the file %q is not named .polar", name)}
			}
			b, err := fs.ReadFile(fsys, name)
			if err != nil {
				return nil, fmt.Errorf("oso: %w", err)
			}
			text.Write(b)
			text.WriteByte('\n')
		}
	}
	return New(schema, text.String(), opts...)
}

// Filter returns what the policy's rule allow leaves open for the actor and the action: which documents of the resource type are authorized.
// The actor is a value of a registered struct, or whatever else the policy makes something of, such as a string.
//
// The errors are an [*UnsupportedError] for a rule that has no exact translation, or a value that cannot be carried exactly; an [*EngineError]
// where Oso fails; a [*filter.LimitError]; those of the context, at once when it ends; and those of look-ups. With an error, the filter denies.
func (e *Engine) Filter(ctx context.Context, actor any, action, resource string) (filter.Filter, error) {
	if e == nil || e.classes == nil {
		return filter.Filter{}, &PolicyError{Problem: "there is no engine: make one with New"}
	}
	return e.filter(ctx, actor, request{rule: ruleAllow, action: action, resource: resource})
}

// filter returns what a rule leaves open for the resource.
func (e *Engine) filter(ctx context.Context, actor any, r request) (filter.Filter, error) {
	c := e.classes.byName[r.resource]
	if c == nil || c.stored == nil || c.stored.Collection == "" {
		return filter.Filter{}, about(unsupported("", "is not a type of the schema that lives in a collection"), r.action, r.resource)
	}
	if !utf8.ValidString(r.action) || !utf8.ValidString(r.field) {
		return filter.Filter{}, about(unsupported("", "the action, or the field, is not UTF-8, which Oso would change"), r.action, r.resource)
	}
	if f, ok := e.cached(ctx, actor, r); ok {
		return f, nil
	}
	var answer filter.Filter
	err := e.evaluate(ctx, func(w *worker) (err error) {
		answer, err = e.compile(w, actor, c, r)
		return err
	})
	if err != nil {
		return filter.Deny(r.resource), about(err, r.action, r.resource)
	}
	return answer, nil
}

// compile asks Oso, and translates what it says.
func (e *Engine) compile(w *worker, actor any, c *class, r request) (filter.Filter, error) {
	who, err := w.session.carry(reflect.ValueOf(actor))
	if err != nil {
		return filter.Filter{}, err
	}
	root := r.root(w.session, who)
	args := []any{who, r.action, types.Variable("resource")}
	if r.rule == ruleField {
		args = append(args, r.field)
	}
	found, err := w.partials(e.limit, r.rule, map[string]*types.Term{"resource": ofClass("resource", r.resource)}, args...)
	if err != nil {
		return filter.Filter{}, err
	}
	open := make([]any, len(found))
	for i, bindings := range found {
		open[i] = bindings["resource"]
		if o := e.classes.unwrap(open[i]); o != nil && o != e.classes.unwrap(who) && w.session.decidedBy(o) {
			return filter.Filter{}, unsupported("the resource", "is a document that the actor brings, of which the policy asks more than its key: what is stored may be another")
		}
	}
	f, err := e.translate(c, open)
	if err == nil {
		e.cache.put(w.session.trace, root, f)
	}
	return f, err
}

// about fills in what was asked for.
func about(err error, action, resource string) error {
	if u, ok := errors.AsType[*UnsupportedError](err); ok && u.Resource == "" {
		u.Action, u.Resource = action, resource
	}
	if f, ok := errors.AsType[*EngineError](err); ok && f.Resource == "" {
		f.Action, f.Resource = action, resource
	}
	return err
}
