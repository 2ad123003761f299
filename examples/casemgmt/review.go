package casemgmt

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/mongoauthz/go-mongoauthz/httpauthz"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
)

// The review page asks the policy on behalf of any user, and shows what they may do an action with, how that is found, and why. So it shows what
// others may see: it is there only if the service is made with it (Config.Review), and then for superusers, who may see everything anyway. It
// reads, and changes nothing. What a question may cost is bounded by the limits below.
const (
	reviewTime  = 10 * time.Second // for one page
	reviewCount = 10_000           // documents are counted no further
	reviewRows  = 10               // documents that are shown
	reviewUsers = 200              // users to choose from; others are typed
	reviewText  = 200              // bytes of what is typed
)

// review serves the page.
func (s *Service) review(w http.ResponseWriter, r *http.Request) error {
	if _, err := methods.Only("GET", "HEAD").Action(r.Method); err != nil {
		return err
	}
	if actor, ok := httpauthz.Actor(r.Context()).(*Actor); !ok || !actor.Superuser {
		return &mongoauthz.ForbiddenError{Action: "review", Resource: "policy"}
	}
	ctx, cancel := context.WithTimeout(r.Context(), reviewTime)
	defer cancel()
	page, err := s.reviewed(ctx, r.URL.RawQuery)
	status := http.StatusOK
	if err != nil {
		told := httpauthz.ProblemOf(r.Context(), misunderstood(err))
		s.report(r, err, told)
		status = told.Status
		page.Problem = told.Detail
		if page.Problem == "" {
			page.Problem = told.Title
		}
	}
	var body bytes.Buffer
	if err := reviewTemplate.Execute(&body, page); err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", reviewPolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes())
	return nil
}

// reviewed answers the question in a query string. Beside an error the page has what was found before.
func (s *Service) reviewed(ctx context.Context, query string) (*reviewPage, error) {
	page := &reviewPage{Style: reviewStyle, Types: types, Actions: []string{"view", "add", "change", "delete"}}
	for _, t := range types {
		if t.Name == "document" || t.Name == "client" {
			page.Samples = append(page.Samples, sampled{"view", t.Name, t.Collection})
		}
	}
	q, find, err := parseQuestion(query)
	page.Question, page.Find = q, find
	users, usersErr := s.someUsers(ctx, find)
	page.Users = users
	if err = cmp.Or(err, usersErr); err != nil || q == (Question{}) {
		return page, err
	}
	a, err := s.understand(ctx, q)
	if err != nil {
		return page, err
	}
	page.Type, page.Plural = a.t.Name, a.t.Collection
	if q.ID != "" {
		if err := page.explain(ctx, s.db, a); err != nil {
			return page, err
		}
	}
	return page, page.list(ctx, a)
}

// parseQuestion reads a query string: user, action, type and id, each once, and what users are to be found by. Everything else is refused.
func parseQuestion(query string) (q Question, find string, err error) {
	values, err := url.ParseQuery(query)
	if err != nil {
		return q, find, bad("The query string is malformed.")
	}
	fields := map[string]*string{"user": &q.User, "action": &q.Action, "type": &q.Type, "id": &q.ID, "find": &find}
	for name, given := range values {
		field := fields[name]
		switch {
		case field == nil:
			return q, find, bad("There is no %q to ask for: it is user, action, type and id, or find.", cut(name))
		case len(given) != 1:
			return q, find, bad("%s is there %d times.", name, len(given))
		case len(given[0]) > reviewText || !utf8.ValidString(given[0]):
			return q, find, bad("%s: a text of at most %d bytes.", name, reviewText)
		}
		*field = strings.TrimSpace(given[0])
	}
	if q != (Question{}) && (q.Action == "" || strings.Trim(q.Action, nameBytes) != "") {
		return q, find, bad("action: view, add, change, delete, or a permission such as casemgmt.view_client.")
	}
	return q, find, nil
}

// misunderstood returns what to tell of an error: what is wrong with the question, if it is that.
func misunderstood(err error) error {
	switch {
	case errors.Is(err, ErrID):
		return bad("user and id: %v.", ErrID)
	case errors.Is(err, ErrNoUser):
		return bad("user: there is no such user.")
	case errors.Is(err, ErrNoType):
		return bad("type: there is no such type.")
	case errors.Is(err, ErrUnknownPermission):
		return bad("action: there is no permission for this action on this type.")
	case errors.Is(err, mongoauthz.ErrNotFound), errors.Is(err, mongo.ErrNoDocuments):
		return httpauthz.NewProblem(http.StatusNotFound, "id: there is no such document.")
	case errors.Is(err, context.DeadlineExceeded):
		return httpauthz.NewProblem(http.StatusServiceUnavailable, "The answer was not there after %v.", reviewTime)
	default:
		return err
	}
}
