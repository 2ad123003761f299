package httpauthz

import (
	"context"
	"errors"
	"net/http"
)

// ErrUnauthenticated is matched (errors.Is) by the errors of a function for [Authenticate] about credentials that are not good. It is status 401.
var ErrUnauthenticated = errors.New("httpauthz: the credentials are not good")

type actorKey struct{}

// WithActor returns the context with who asks. A nil context is the background.
func WithActor(ctx context.Context, actor any) context.Context {
	if ctx == nil {
		ctx = context.Background()
	}
	return context.WithValue(ctx, actorKey{}, actor)
}

// Actor returns who asks, nil if nobody is known to.
func Actor(ctx context.Context) any {
	if ctx == nil {
		return nil
	}
	return ctx.Value(actorKey{})
}

// Authenticate returns a handler that finds out who asks, and serves the request by next with the actor in its context.
//
// identify returns the actor: nil, without an error, for a request without credentials. Its error ends the request, and is written by
// [WriteError]: one that matches [ErrUnauthenticated] says that the credentials are not good. A nil identify or next makes every request fail.
func Authenticate(identify func(*http.Request) (actor any, err error), next http.Handler) http.Handler {
	return Handler(func(w http.ResponseWriter, r *http.Request) error {
		if identify == nil || next == nil {
			return errors.New("httpauthz: Authenticate has no function or no handler")
		}
		actor, err := identify(r)
		if err != nil {
			return err
		}
		next.ServeHTTP(w, r.WithContext(WithActor(r.Context(), actor)))
		return nil
	})
}

// Handler is a handler that returns its error, to be written by [WriteError]. It returns none once it has begun to write.
type Handler func(w http.ResponseWriter, r *http.Request) error

// ServeHTTP calls h, and writes its error.
func (h Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	err := errors.New("httpauthz: the Handler is nil")
	if h != nil {
		err = h(w, r)
	}
	if err != nil {
		WriteError(w, r, err)
	}
}

type reportKey struct{}

// Report returns a handler that serves requests by next, and tells a function each error that [WriteError] writes, with what the client is told. It
// is where a service logs what lies behind a 500. Nil next makes every request fail.
func Report(report func(r *http.Request, err error, told *Problem), next http.Handler) http.Handler {
	return Handler(func(w http.ResponseWriter, r *http.Request) error {
		if next == nil {
			return errors.New("httpauthz: Report has no handler")
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), reportKey{}, report)))
		return nil
	})
}
