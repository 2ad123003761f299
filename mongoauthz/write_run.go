package mongoauthz

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"reflect"
	"strconv"
	"time"

	"github.com/mongoauthz/go-mongoauthz/evaluate"
	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz/internal/bsonpath"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz/internal/driver"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz/internal/fetch"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz/internal/stage"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz/internal/write"
	"github.com/mongoauthz/go-mongoauthz/pipeline"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readpref"
)

// attempts is how often a document is chosen that changes before it is written.
const attempts = 5

// authorizedWrite is one write to a query's documents.
type authorizedWrite struct {
	q         *Query
	operation string
	one       bool
	filter    bson.Raw      // the caller's
	update    *write.Update // nil for a deletion
	opts      writeOptions
	sort      any       // as the caller gave it
	hint      any       //
	movement  *movement // nil if nothing could move
	send      sender
	sent      bool
}

// sender sends a write for the documents of a filter, and returns how many it found.
type sender func(ctx context.Context, c *mongo.Collection, filter any) (matched int64, err error)

// writeOptions are the options that writes have in common. Those behind pointers are changed before
// the write is sent.
type writeOptions struct {
	collation **options.Collation
	upsert    *bool
	sort      *any // nil: the operation has none
	hint      *any
	let       *any
	comment   any
	internal  bool // options that are not for anybody are set
}

// newWrite returns a write for the query's documents that match the caller's filter, after all
// checks that concern both.
func (q *Query) newWrite(operation string, callers any, opts writeOptions) (*authorizedWrite, error) {
	switch {
	case !q.made():
		return nil, errNoQuery
	case len(q.appended) > 0:
		return nil, &pipeline.UnsupportedError{Problem: "a write to a query with appended stages: write by the query before Append, with a filter of your own"}
	}
	if q.consistency == Rechecked || q.transaction {
		q = q.unresolved()
	}
	w := &authorizedWrite{q: q, operation: operation, opts: opts, one: operation != "UpdateMany" && operation != "DeleteMany"}
	if opts.upsert != nil && *opts.upsert {
		return nil, w.refuse(RefuseUpsert, "")
	}
	name := operation + "Options"
	if err := q.az.collate(name, opts.collation); err != nil {
		return nil, err
	}
	if err := q.az.takeLet(name, opts.let); err != nil {
		return nil, err
	}
	if opts.internal {
		return nil, &ArgumentError{Name: name + ".Internal", Problem: "could replace any part of the command"}
	}
	w.hint = *opts.hint
	if opts.sort != nil {
		w.sort = *opts.sort
	}
	if v := reflect.ValueOf(w.sort); v.Kind() == reflect.Map && v.Len() > 1 {
		return nil, &ArgumentError{Name: name + ".Sort", Problem: "is a map, which has no order: use a bson.D"}
	}
	if w.sort != nil {
		raw, err := q.az.encode(w.sort)
		if err != nil {
			return nil, &ArgumentError{Name: name + ".Sort", Problem: "cannot be encoded as a BSON document: use a bson.D"}
		}
		if w.sort = raw; write.IsEmpty(raw) { // a stage of its own may not be empty
			w.sort = nil
		}
		*opts.sort = w.sort
	}
	return w, w.takeFilter(callers)
}

// takeFilter takes the caller's filter.
func (w *authorizedWrite) takeFilter(callers any) error {
	if driver.IsNil(callers) {
		return &ArgumentError{Name: "filter", Problem: "is nil"}
	}
	var err error
	if w.filter, err = w.q.az.encode(callers); err == nil {
		err = w.filter.Validate()
	}
	if err != nil {
		return &ArgumentError{Name: "filter", Problem: "cannot be encoded as a BSON document"}
	}
	operator, ok := stage.RunsCode(bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: w.filter}, 1)
	switch {
	case !ok:
		return &ArgumentError{Name: "filter", Problem: "is broken BSON, or nested too deeply"}
	case operator != "":
		return &ArgumentError{Name: "filter", Problem: "holds " + strconv.Quote(operator)}
	}
	return nil
}

// takeUpdate takes the caller's update.
func (w *authorizedWrite) takeUpdate(callers any) (err error) {
	if w.update, err = w.q.az.parseUpdate(callers); err != nil {
		return err
	}
	if w.update.Positional() {
		return w.refuse(RefusePositional, "")
	}
	if w.update.Reserved(cmp.Or(w.q.az.prefix, pipeline.DefaultHelperPrefix)) {
		return w.refuse(RefuseReserved, "")
	}
	if typ, ok := w.q.schema.Type(w.q.plan.resource()); ok {
		if problem := w.update.Loses(w.q.schema, typ); problem != "" {
			return w.refuse(RefuseRequired, problem)
		}
	}
	w.movement, err = w.q.movementOf(w.update)
	return err
}

// parseUpdate reads an update: a document of operators, or a pipeline.
func (az *Authorizer) parseUpdate(v any) (*write.Update, error) {
	if b, ok := v.([]byte); ok {
		v = bson.Raw(b)
	}
	if driver.IsNil(v) {
		return nil, &ArgumentError{Name: "update", Problem: "is nil"}
	}
	wrapped, err := az.encode(bson.D{{Key: "update", Value: v}})
	if err == nil {
		err = wrapped.Validate()
	}
	if err != nil {
		return nil, &ArgumentError{Name: "update", Problem: "cannot be encoded as BSON"}
	}
	update, err := write.Parse(wrapped.Lookup("update"))
	if err != nil {
		return nil, &ArgumentError{Name: "update", Problem: err.Error()}
	}
	return update, nil
}

// takeProjection refuses a projection that returns the array element that a condition found. The
// bytes that were checked take its place.
func (w *authorizedWrite) takeProjection(projection *any) error {
	if *projection == nil {
		return nil
	}
	raw, err := w.q.az.encode(*projection)
	switch {
	case err != nil:
		return &ArgumentError{Name: w.operation + "Options.Projection", Problem: "cannot be encoded as a BSON document: use a bson.D"}
	case write.PositionalProjection(raw):
		return w.refuse(RefusePositional, "in the projection")
	}
	*projection = raw
	return nil
}

func (w *authorizedWrite) refuse(r Refusal, problem string) error {
	return &WriteError{Operation: w.operation, Resource: w.q.plan.resource(), Refusal: r, Problem: problem}
}

// run runs the write. Whether it was sent at all is in w.sent afterwards.
func (w *authorizedWrite) run(ctx context.Context, send sender) error {
	ctx, cancel := w.q.az.limit(ctx)
	defer cancel()
	if session := mongo.SessionFromContext(ctx); session != nil && session.TransactionRunning() {
		w.q = w.q.unresolved() // its moment is that of the transaction
	}
	if w.q.plan.running().Outcome() == filter.Denied {
		return nil
	}
	w.send = send
	if w.q.transaction {
		return w.q.az.transact(ctx, w)
	}
	switch {
	case w.movement == nil && !w.q.plan.hasJoins():
		_, err := w.execute(ctx, nil)
		return err
	case w.one:
		return w.optimistic(ctx)
	case w.movement != nil:
		return w.refuse(RefuseUnjudged, "more than one document")
	default:
		documents, err := w.choose(ctx, nil)
		if err != nil || len(documents) == 0 {
			return err
		}
		_, err = w.execute(ctx, documents)
		return err
	}
}

// optimistic chooses a document, judges the update of it if it has to be, and writes it unless it
// changed meanwhile in what decides.
func (w *authorizedWrite) optimistic(ctx context.Context) error {
	deciding, err := w.deciding()
	switch {
	case err != nil:
		return err
	case w.movement != nil && w.movement.unjudged != nil:
		return w.refuse(RefuseUnjudged, w.movement.unjudged.Error())
	}
	for range attempts {
		documents, err := w.choose(ctx, deciding)
		if err != nil || len(documents) == 0 {
			return err
		}
		if w.movement != nil {
			if err := w.judge(ctx, documents[0]); err != nil {
				return err
			}
		}
		matched, err := w.execute(ctx, documents, write.Unchanged(documents[0], deciding)...)
		if err != nil || matched > 0 {
			return err
		}
	}
	return w.refuse(RefuseConflict, "")
}

// deciding returns the top-level fields that are read for a decision about a document.
func (w *authorizedWrite) deciding() ([]string, error) {
	if w.movement != nil {
		return w.movement.fields, nil
	}
	e, err := evaluate.PrepareChecked(w.q.filter)
	if err != nil {
		return nil, fmt.Errorf("mongoauthz: %s of %q: %w", w.operation, w.q.plan.resource(), err)
	}
	return bsonpath.TopLevel(e.Reads(w.q.plan.collection())), nil
}

// choose returns which documents are authorized and match the caller's filter, with the fields
// given and their _id: one, or all if they are not too many.
func (w *authorizedWrite) choose(ctx context.Context, fields []string) ([]bson.Raw, error) {
	first, last := write.Around(w.filter)
	sent := sequence{ofCaller(first...), ofPlan(w.q.plan.running()), ofCaller(last...)}
	if w.sort != nil {
		sent = append(sent, ofCaller(bson.D{{Key: "$sort", Value: w.sort}}))
	}
	limit := w.q.az.writeLimit + 1
	if w.one {
		limit = 1
	}
	projection := bson.D{{Key: "_id", Value: int32(1)}}
	for _, field := range fields {
		if field != "_id" {
			projection = append(projection, bson.E{Key: field, Value: int32(1)})
		}
	}
	sent = append(sent, ofOurs(bson.D{{Key: "$limit", Value: int64(limit)}}, bson.D{{Key: "$project", Value: projection}}))
	documents, err := w.q.primary(ctx, sent, options.AggregateOptions{Hint: w.hint, Let: *w.opts.let, Comment: w.opts.comment})
	if err == nil && !w.one && len(documents) > w.q.az.writeLimit {
		return nil, w.refuse(RefuseLimit, "more than "+strconv.Itoa(w.q.az.writeLimit))
	}
	return documents, err
}

// primary runs stages that do not begin with the query's own, and returns what they give. They are
// read from the primary, as a revocation may not have got further yet.
func (q *Query) primary(ctx context.Context, sent sequence, o options.AggregateOptions) ([]bson.Raw, error) {
	o.Collation = q.az.collation
	start := time.Now()
	cursor, err := q.az.db.Collection(q.plan.collection(), onPrimary).Aggregate(ctx, sent.stages(), driver.Exactly(o))
	q.log(ctx, sent, time.Since(start), err)
	if err != nil {
		return nil, fmt.Errorf("mongoauthz: aggregate %s: %w", q.plan.collection(), driver.WithAdvice(err))
	}
	var documents []bson.Raw
	if err := cursor.All(ctx, &documents); err != nil {
		return nil, fmt.Errorf("mongoauthz: read %s: %w", q.plan.collection(), err)
	}
	return documents, nil
}

var onPrimary = options.Collection().SetReadPreference(readpref.Primary())

// primaryFetcher returns a fetcher that reads from the primary.
func (az *Authorizer) primaryFetcher() evaluate.Fetcher {
	primary := []options.Lister[options.CollectionOptions]{onPrimary}
	return fetch.Fetcher{DB: az.db, Collation: az.collation, Collections: primary}
}

// execute sends the write: for the documents chosen, if some were, that still are as the conditions
// say, match the caller's filter, and are authorized as far as the query can say it without a join.
func (w *authorizedWrite) execute(ctx context.Context, chosen []bson.Raw, conditions ...any) (matched int64, err error) {
	if len(chosen) > 0 {
		ids := make([]bson.RawValue, len(chosen))
		for i, document := range chosen {
			if ids[i], err = document.LookupErr("_id"); err != nil {
				return 0, fmt.Errorf("mongoauthz: %s: a document of %s without _id", w.operation, w.q.plan.collection())
			}
		}
		if len(ids) == 1 { // a sharded cluster sends the write to one document only if it is equality that names it
			conditions = append(conditions, fetch.ByID(ids[0]))
		} else {
			conditions = append(conditions, fetch.Matching(evaluate.Match{Field: "_id", Keys: ids}))
		}
		*w.opts.hint = nil
		if w.opts.sort != nil {
			*w.opts.sort = nil
		}
	}
	authorized := w.q.plan.running().Prefilter()
	if !w.q.plan.hasJoins() {
		if authorized, err = w.q.plan.running().FindFilter(); err != nil {
			return 0, err
		}
	}
	w.sent = true
	start := time.Now()
	matched, err = w.send(ctx, w.q.az.db.Collection(w.q.plan.collection()), write.AllOf(append(conditions, authorized, w.filter)))
	w.log(ctx, authorized, time.Since(start), err)
	if err != nil {
		return 0, fmt.Errorf("mongoauthz: %s in %s: %w", w.operation, w.q.plan.collection(), driver.WithAdvice(err))
	}
	return matched, nil
}

// log writes the record of a write, with the authorization in its filter. It is like that of a
// query.
func (w *authorizedWrite) log(ctx context.Context, authorized bson.D, took time.Duration, err error) {
	az := w.q.az
	if !az.logger.Enabled(ctx, slog.LevelDebug) {
		return
	}
	first := sequence{{ // the plan begins with a $match of just that
		func() []bson.D { return []bson.D{{{Key: "$match", Value: authorized}}} },
		func() []bson.D { return w.q.plan.running().Redacted()[:1] },
	}}
	attrs := []slog.Attr{
		slog.String("operation", w.operation), slog.String("action", w.q.action), slog.String("resource", w.q.plan.resource()),
		slog.String("collection", w.q.plan.collection()), slog.String("pipeline", first.text(az.logValues)), slog.Duration("duration", took),
	}
	if err != nil {
		attrs = append(attrs, slog.Bool("failed", true))
	}
	az.logger.LogAttrs(ctx, slog.LevelDebug, "authorized write", attrs...)
}
