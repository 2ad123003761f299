package oso

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"sync"

	"github.com/mongoauthz/go-mongoauthz/engine/oso/internal/polar"
	"github.com/mongoauthz/go-mongoauthz/filter"
	gooso "github.com/osohq/go-oso"
	osoerrors "github.com/osohq/go-oso/errors"
	"github.com/osohq/go-oso/types"
)

type oso = gooso.Oso

// newWorker makes an Oso with all classes and the policy. What it takes natively is never given back: Oso has no way to close one.
func (e *Engine) newWorker() (w *worker, err error) {
	defer func() {
		if p := recover(); p != nil {
			w, err = nil, &PolicyError{Problem: "loading it panics"}
		}
	}()
	o, err := gooso.NewOso()
	if err != nil {
		return nil, &PolicyError{Problem: "the engine does not start"}
	}
	w = &worker{oso: o}
	o.SetDataFilteringAdapter(w)
	ofScalar := map[string]any{methodsName: types.Relation{Kind: "one", OtherType: unknownTag, MyField: "RawValue", OtherField: methodsName}}
	if err := o.RegisterClassWithNameAndFields(reflect.TypeFor[scalar](), nil, otherTag, ofScalar); err != nil {
		return nil, &PolicyError{Class: otherTag, Problem: err.Error()}
	}
	for name, c := range e.classes.byName {
		fields := map[string]any{methodsName: types.Relation{Kind: "one", OtherType: unknownTag, MyField: wrapped, OtherField: methodsName}}
		for attr, a := range c.attrs {
			for _, name := range []string{attr, attr + polar.Negated} {
				fields[name] = types.Relation{Kind: "one", OtherType: a.tag, MyField: wrapped, OtherField: name}
			}
			if a.list {
				fields[attr+each] = types.Relation{Kind: "one", OtherType: a.tag, MyField: wrapped, OtherField: attr + each}
				fields[attr+polar.Elements] = types.Relation{Kind: "one", OtherType: unknownTag, MyField: wrapped, OtherField: attr + polar.Elements}
			}
		}
		if err := o.RegisterClassWithNameAndFields(c.wrapper, nil, name, fields); err != nil {
			return nil, &PolicyError{Class: name, Problem: err.Error()}
		}
	}
	_, text := newRanged(e.policy, e.classes.isList)
	if err := o.LoadString(callable(text)); err != nil {
		return nil, &PolicyError{Problem: loadProblem(err)}
	}
	return w, nil
}

// loadProblem returns what Oso says of a text. No actor is concerned yet, so its own words are let through, but for a dump of Go structs.
func loadProblem(err error) string {
	if polar, ok := errors.AsType[*osoerrors.FormattedPolarError](err); ok {
		return polar.Formatted
	}
	return err.Error()
}

// pool hands out the Osos of an engine, the one used last first, and makes them as they are needed.
type pool struct {
	slots chan struct{}
	mu    sync.Mutex
	idle  []*worker
}

func (e *Engine) acquire(ctx context.Context) (*worker, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	select {
	case e.pool.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	e.pool.mu.Lock()
	if n := len(e.pool.idle); n > 0 {
		w := e.pool.idle[n-1]
		e.pool.idle = e.pool.idle[:n-1]
		e.pool.mu.Unlock()
		return w, nil
	}
	e.pool.mu.Unlock()
	w, err := e.newWorker()
	if err != nil {
		<-e.pool.slots
	}
	return w, err
}

func (e *Engine) release(w *worker) {
	w.session = nil
	e.pool.mu.Lock()
	e.pool.idle = append(e.pool.idle, w)
	e.pool.mu.Unlock()
	<-e.pool.slots
}

// evaluate runs what asks an Oso, and returns when it is done or the context is, whichever comes first. In the second case the Oso goes
// on by itself, until it reads the next attribute or its own time limit ends it, and is not used for anything else meanwhile.
func (e *Engine) evaluate(ctx context.Context, ask func(w *worker) error) error {
	w, err := e.acquire(ctx)
	if err != nil {
		return err
	}
	w.session = e.newSession(ctx)
	if ctx.Done() == nil {
		defer e.release(w)
		return guarded(w, ask)
	}
	done := make(chan error, 1)
	go func() {
		defer e.release(w)
		done <- guarded(w, ask)
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// guarded turns panics of Oso, and of what it calls, into errors.
func guarded(w *worker, ask func(w *worker) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			switch u, ok := p.(*UnsupportedError); {
			case w.session.err != nil: // of a method
				err = w.session.err
			case ok:
				err = u
			default:
				err = &EngineError{Kind: "panic", Problem: panicProblem(p)}
			}
		}
	}()
	return ask(w)
}

// panicProblem says of a panic what shows no value: go-oso reads attributes by reflection, which panics on what has none.
func panicProblem(p any) string {
	if v, ok := p.(*reflect.ValueError); ok {
		return fmt.Sprintf("an attribute is read of a %s", v.Kind)
	}
	return ""
}

// partials asks for all ways in which a rule holds, with the last of its arguments, named variable, left open.
// Each is what Oso found of the variables asked for.
func (w *worker) partials(limit int, rule string, bind map[string]*types.Term, args ...any) (found []map[string]any, err error) {
	q, err := w.oso.NewQueryFromRule(rule, args...)
	if err != nil {
		return nil, w.failure(err)
	}
	// A query frees itself at its end and upon an error, and freeing it twice ends the process.
	ended := false
	defer func() {
		if !ended {
			q.Cleanup()
		}
	}()
	q.SetAcceptExpression(true)
	for name, term := range bind {
		if err := q.Bind(name, term); err != nil {
			return nil, w.failure(err)
		}
	}
	for {
		if err := w.session.ctx.Err(); err != nil {
			return nil, err
		}
		r, err := q.Next()
		if err != nil {
			ended = true
			return nil, w.failure(err)
		}
		if r == nil {
			ended = true
			return found, nil
		}
		if len(found) == limit {
			return nil, &filter.LimitError{What: "alternatives of a policy", Limit: limit}
		}
		found = append(found, *r)
	}
}

// holds reports whether a rule holds of its arguments.
func (w *worker) holds(rule string, args ...any) (bool, error) {
	q, err := w.oso.NewQueryFromRule(rule, args...)
	if err != nil {
		return false, w.failure(err)
	}
	ended := false
	defer func() {
		if !ended {
			q.Cleanup()
		}
	}()
	r, err := q.Next()
	ended = err != nil || r == nil
	if err != nil {
		return false, w.failure(err)
	}
	return r != nil, nil
}

var missingAttribute = regexp.MustCompile(`object has no attribute '([A-Za-z0-9_]+)'`)

// failure returns the error for one of Oso's, whose text holds the actor's values.
func (w *worker) failure(err error) error {
	if w.session.err != nil { // a look-up's own
		return w.session.err
	}
	polar, ok := errors.AsType[*osoerrors.FormattedPolarError](err)
	if !ok {
		e := &EngineError{Kind: strings.TrimPrefix(fmt.Sprintf("%T", err), "*errors.")}
		if strings.HasPrefix(err.Error(), "Unsupported operation") {
			e.Kind, e.Problem = "UnsupportedOperation", "Oso does not compare a decimal, or a float of more than 15 digits, with another number by > or >=: say not <= or not <"
		}
		return e
	}
	e := &EngineError{Kind: kindOf(polar)}
	if m := missingAttribute.FindStringSubmatch(polar.Formatted); m != nil {
		e.Problem = "no attribute " + m[1]
		if m[1] == methodsName {
			e.Problem = "a method is called of nil"
		}
	}
	return e
}

// kindOf returns what Oso calls an error, such as "RuntimeErrorQueryTimeout".
func kindOf(err *osoerrors.FormattedPolarError) string {
	var variant any = err.Kind.ErrorKindVariant
	switch kind := err.Kind.ErrorKindVariant.(type) {
	case types.ErrorKindRuntime:
		variant = kind.RuntimeErrorVariant
	case types.ErrorKindOperational:
		variant = kind.OperationalErrorVariant
	case types.ErrorKindValidation:
		variant = kind.ValidationErrorVariant
	case types.ErrorKindParse:
		variant = kind.ParseErrorKindVariant
	}
	return strings.TrimPrefix(fmt.Sprintf("%T", variant), "types.")
}

// isNone reports whether a value is Oso's nil, whose type is internal.
func isNone(v any) bool {
	t := reflect.TypeOf(v)
	return t != nil && t.Name() == "None" && t.PkgPath() == "github.com/osohq/go-oso/internal/host"
}

// ofClass returns the term that restricts a variable to a class.
func ofClass(variable, class string) *types.Term {
	instance := types.PatternInstance{Tag: types.Symbol(class), Fields: types.Dictionary{Fields: map[types.Symbol]types.Term{}}}
	isa := operation(types.OperatorIsa{}, term(types.ValueVariable(variable)), term(types.ValuePattern{PatternVariant: instance}))
	and := operation(types.OperatorAnd{}, isa)
	return &and
}

func term(v types.ValueVariant) types.Term { return types.Term{Value: types.Value{ValueVariant: v}} }

func operation(op types.OperatorVariant, args ...types.Term) types.Term {
	return term(types.ValueExpression{Operator: types.Operator{OperatorVariant: op}, Args: args})
}
