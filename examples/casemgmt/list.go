package casemgmt

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/httpauthz"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

// PageSize is how many documents a page has.
const PageSize = 25

// maxPage is the last page that is found by its number, by skipping what is before. By key there is no limit.
const maxPage = 10_000

// page is one page of a list.
type page struct {
	Total int64      `json:"total"`          // on all pages
	Page  int64      `json:"page,omitempty"` // its number, unless it was asked for by key
	Items []document `json:"items"`
	Next  string     `json:"next,omitempty"` // the next page, by key
}

// A listing is what a request asks of a list.
type listing struct {
	match  bson.D // conditions on the documents, besides the authorization
	order  order
	number int64
	after  *cursor
}

// list answers with a page of what the actor may view of a type, and that matches only.
func (s *Service) list(w http.ResponseWriter, r *http.Request, t Type, only bson.D) error {
	declared, _ := s.schema.Type(t.Name)
	l, err := parseListing(r.URL.RawQuery, declared)
	if err != nil {
		return err
	}
	q, err := s.az.AuthorizedQuery(r.Context(), httpauthz.Actor(r.Context()), "view", t.Name)
	if err != nil {
		return err
	}
	if q.Outcome() == filter.Denied && httpauthz.Actor(r.Context()) == nil {
		return httpauthz.ErrUnauthenticated
	}
	if l.match = append(l.match, only...); len(l.match) > 0 {
		if q, err = q.Append(bson.D{{Key: "$match", Value: bson.D{{Key: "$and", Value: conjuncts(l.match)}}}}); err != nil {
			return err
		}
	}
	answer, err := l.page(r.Context(), q)
	if err != nil {
		return err
	}
	if answer.Next != "" {
		next := r.URL.Query()
		next.Del("page")
		next.Set("after", answer.Next)
		answer.Next = r.URL.EscapedPath() + "?" + next.Encode()
	}
	return writeJSON(w, http.StatusOK, answer)
}

// conjuncts returns each condition as a document, so that two on one field stand beside each other.
func conjuncts(match bson.D) bson.A {
	var all bson.A
	for _, e := range match {
		all = append(all, bson.D{e})
	}
	return all
}

func (l listing) page(ctx context.Context, q *mongoauthz.Query) (*page, error) {
	paged, err := q.Append(l.stages()...)
	if err != nil {
		return nil, err
	}
	var found []bson.Raw
	if err := paged.All(ctx, &found); err != nil {
		return nil, err
	}
	answer := &page{Items: []document{}, Page: l.number}
	if answer.Total, err = q.Count(ctx); err != nil {
		return nil, err
	}
	if len(found) == 0 && l.number > 1 {
		return nil, httpauthz.NewProblem(http.StatusNotFound, "There is no page %d.", l.number)
	}
	if len(found) > PageSize {
		found = found[:PageSize]
		if answer.Next, err = l.order.cursor(found[PageSize-1]); err != nil {
			return nil, err
		}
	}
	for _, raw := range found {
		answer.Items = append(answer.Items, document(raw))
	}
	return answer, nil
}

// stages returns the stages that keep the page, and one document more, which tells whether there is another page.
func (l listing) stages() []bson.D {
	stages := l.order.before()
	if l.after != nil {
		stages = append(stages, bson.D{{Key: "$match", Value: l.order.beyond(l.after)}})
	}
	stages = append(stages, l.order.sort())
	if l.number > 1 {
		stages = append(stages, bson.D{{Key: "$skip", Value: (l.number - 1) * PageSize}})
	}
	stages = append(stages, bson.D{{Key: "$limit", Value: int64(PageSize + 1)}})
	return append(stages, l.order.after()...)
}

// parseListing reads a query string: page, after, order, search, and any declared field. Everything else is refused, and so is what is there twice.
func parseListing(query string, t *relations.Type) (listing, error) {
	l := listing{number: 1, order: order{field: "_id"}}
	values, err := url.ParseQuery(query)
	if err != nil {
		return l, bad("The query string is malformed.")
	}
	for name, given := range values {
		if len(given) != 1 {
			return l, bad("%q is there %d times.", cut(name), len(given))
		}
		var err error
		switch value := given[0]; name {
		case "page":
			l.number, err = parsePage(value)
		case "after":
			l.after, err = parseCursor(value)
		case "order":
			l.order, err = parseOrder(value, t)
		case "search":
			err = l.search(value, t)
		default:
			err = l.equal(name, value, t)
		}
		if err != nil {
			return l, err
		}
	}
	if l.after != nil {
		if _, numbered := values["page"]; numbered {
			return l, bad("Ask for a page by its number or by its key, not both.")
		}
		l.number = 0
	}
	return l, nil
}

func parsePage(text string) (int64, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 1 || n > maxPage {
		return 0, bad("page: a number from 1 to %d; farther pages are found by key, as next says.", maxPage)
	}
	return n, nil
}

// search keeps the documents that have a text in one of their texts, whatever the case.
func (l *listing) search(text string, t *relations.Type) error {
	if text == "" || len(text) > 200 || strings.ContainsRune(text, 0) {
		return bad("search: a text of 1 to 200 bytes.")
	}
	var fields bson.A
	for _, f := range t.Fields {
		if f.Type == relations.String {
			fields = append(fields, bson.D{{Key: f.Name, Value: bson.D{{Key: "$regex", Value: regexp.QuoteMeta(text)}, {Key: "$options", Value: "i"}}}})
		}
	}
	if len(fields) == 0 {
		return bad("search: a %s has no texts.", t.Name)
	}
	l.match = append(l.match, bson.E{Key: "$or", Value: fields})
	return nil
}

// equal keeps the documents whose field is, or holds, a value.
func (l *listing) equal(name, text string, t *relations.Type) error {
	f, ok := field(t, name)
	if !ok {
		return bad("%s has no field %q, and it is none of page, after, order and search.", t.Name, cut(name))
	}
	if text != "" && strings.ContainsAny(text[:1], "{[$") {
		return bad("%s: there are no operators.", name)
	}
	var value any
	switch f.Type {
	case relations.Any:
		id, err := ParseID(text)
		if err != nil {
			return bad("%s: %s.", name, err)
		}
		value = id
	case relations.String:
		if len(text) > maxText || strings.ContainsRune(text, 0) {
			return bad("%s: a text of at most %d bytes.", name, maxText)
		}
		value = text
	case relations.Bool:
		if text != "true" && text != "false" {
			return bad("%s: true or false.", name)
		}
		value = text == "true"
	case relations.Date:
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return bad("%s: a date such as 2026-05-04T09:00:00Z.", name)
		}
		value = bson.NewDateTimeFromTime(at)
	default:
		return bad("%s cannot be asked for.", name)
	}
	l.match = append(l.match, bson.E{Key: name, Value: bson.D{{Key: "$eq", Value: value}}})
	return nil
}

func field(t *relations.Type, name string) (relations.Field, bool) {
	for _, f := range t.Fields {
		if f.Name == name {
			return f, true
		}
	}
	return relations.Field{}, false
}

// noQuery refuses a query string where none means anything.
func noQuery(r *http.Request) error {
	if r.URL.RawQuery != "" {
		return bad("There is nothing to ask of a single document.")
	}
	return nil
}
