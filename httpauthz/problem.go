package httpauthz

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
)

// Problem is what a client is told of an error: RFC 9457, problem+json. As an error it is written as it is, so its texts must not say what the
// actor is not to know.
type Problem struct {
	Type   string `json:"type,omitempty"` // a URI that names the kind of problem; empty means that the status says it all
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail,omitempty"`

	header http.Header
}

// NewProblem returns the problem of a status, with a detail that is formatted as fmt.Sprintf does. The title is the status's text.
func NewProblem(status int, format string, args ...any) *Problem {
	return &Problem{Title: http.StatusText(status), Status: status, Detail: fmt.Sprintf(format, args...)}
}

// Error returns title and detail.
func (p *Problem) Error() string {
	if p.Detail == "" {
		return p.Title
	}
	return p.Title + ": " + p.Detail
}

// ProblemOf returns what a client is told of an error; the package documentation has the list. The context is that of the request: without
// an actor in it, a refusal is 401 and not 403 or 404, since credentials may help. A nil error is an internal one.
func ProblemOf(ctx context.Context, err error) *Problem {
	anonymous := Actor(ctx) == nil
	var said *Problem
	var method *MethodError
	var tooLarge *http.MaxBytesError
	var write *mongoauthz.WriteError
	var token *mongoauthz.PageTokenError
	switch {
	case errors.As(err, &said) && said != nil:
		return said
	case errors.Is(err, ErrUnauthenticated):
		return unauthorized("The credentials are not good.")
	case anonymous && (errors.Is(err, mongoauthz.ErrForbidden) || errors.Is(err, mongoauthz.ErrNotFound)):
		return unauthorized("This needs credentials.")
	case errors.Is(err, mongoauthz.ErrNotFound):
		return NewProblem(http.StatusNotFound, "There is no such resource, or not for you.")
	case errors.As(err, &write):
		return ofWrite(write)
	case errors.Is(err, mongoauthz.ErrForbidden):
		return NewProblem(http.StatusForbidden, "You may not do this.")
	case errors.As(err, &token):
		return NewProblem(http.StatusBadRequest, "There is no page after this page token: %s.", token.Problem)
	case errors.As(err, &method):
		p := NewProblem(http.StatusMethodNotAllowed, "Allowed here: %s.", strings.Join(method.Allowed, ", "))
		p.header = http.Header{"Allow": {strings.Join(method.Allowed, ", ")}}
		return p
	case errors.As(err, &tooLarge):
		return NewProblem(http.StatusRequestEntityTooLarge, "The body may have %d bytes.", tooLarge.Limit)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return NewProblem(http.StatusServiceUnavailable, "It took too long.")
	default:
		return NewProblem(http.StatusInternalServerError, "")
	}
}

// ofWrite says of a refused write whose fault it is.
func ofWrite(e *mongoauthz.WriteError) *Problem {
	switch e.Refusal {
	case mongoauthz.RefuseMove:
		return NewProblem(http.StatusForbidden, "You may not move it there.")
	case mongoauthz.RefuseConflict:
		return NewProblem(http.StatusConflict, "It was changed meanwhile.")
	case mongoauthz.RefuseReserved, mongoauthz.RefusePositional, mongoauthz.RefuseUpsert, mongoauthz.RefuseLimit, mongoauthz.RefuseRequired:
		return NewProblem(http.StatusUnprocessableEntity, "The change is refused.")
	default: // of the server, or of how the service writes
		return NewProblem(http.StatusInternalServerError, "")
	}
}

// unauthorized is status 401. The challenge is what RFC 9110 wants with it; a service that has another scheme sets its own header before.
func unauthorized(detail string) *Problem {
	p := NewProblem(http.StatusUnauthorized, "%s", detail)
	p.header = http.Header{"Www-Authenticate": {`Basic realm="mongoauthz", charset="UTF-8"`}}
	return p
}

// WriteError writes what a client is told of an error ([ProblemOf]). A header that is set already stays.
func WriteError(w http.ResponseWriter, r *http.Request, err error) {
	p := ProblemOf(r.Context(), err)
	if report, _ := r.Context().Value(reportKey{}).(func(*http.Request, error, *Problem)); report != nil {
		report(r, err, p)
	}
	status := p.Status
	if status < 400 || status > 599 {
		status = http.StatusInternalServerError
	}
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(true)
	if err := encoder.Encode(p); err != nil { // cannot be: texts and a number
		status = http.StatusInternalServerError
	}
	header := w.Header()
	for name, values := range p.header {
		if _, set := header[name]; !set {
			header[name] = values
		}
	}
	header.Set("Content-Type", "application/problem+json")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes()) // as for every response, what if nobody reads it?
}
