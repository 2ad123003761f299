package casemgmt

import (
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

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
	match bson.D // conditions on the documents, besides the authorization
	page  mongoauthz.PageRequest
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
		return &mongoauthz.ForbiddenError{Action: "view", Resource: t.Name} // and not an empty list: credentials may help
	}
	if l.match = append(l.match, only...); len(l.match) > 0 {
		if q, err = q.Append(bson.D{{Key: "$match", Value: bson.D{{Key: "$and", Value: conjuncts(l.match)}}}}); err != nil {
			return err
		}
	}
	found, err := mongoauthz.FetchPage[bson.Raw](r.Context(), q, l.page)
	if err != nil {
		return err
	}
	answer := page{Items: []document{}, Total: found.Total}
	if l.page.After == "" {
		answer.Page = l.page.Skip/PageSize + 1
	}
	if len(found.Items) == 0 && answer.Page > 1 {
		return httpauthz.NewProblem(http.StatusNotFound, "There is no page %d.", answer.Page)
	}
	for _, raw := range found.Items {
		answer.Items = append(answer.Items, document(raw))
	}
	if found.Next != "" {
		next := r.URL.Query()
		next.Del("page")
		next.Set("after", found.Next)
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

// parseListing reads a query string: page, after, order, search, and any declared field. Everything else is refused, and so is what is there twice.
func parseListing(query string, t *relations.Type) (listing, error) {
	l := listing{page: mongoauthz.PageRequest{Limit: PageSize}}
	values, err := url.ParseQuery(query)
	if err != nil {
		return l, bad("The query string is malformed.")
	}
	for name, given := range values {
		if len(given) != 1 {
			return l, bad("%q is there %d times.", cut(name), len(given))
		}
		if !utf8.ValidString(name) || !utf8.ValidString(given[0]) {
			return l, bad("%q is not UTF-8.", cut(name))
		}
		var err error
		switch value := given[0]; name {
		case "page":
			l.page.Skip, err = parsePage(value)
		case "after":
			if l.page.After = value; value == "" {
				err = bad("after: take it from next.")
			}
		case "order":
			l.page.Sort, err = parseOrder(value, t)
		case "search":
			err = l.search(value, t)
		default:
			err = l.equal(name, value, t)
		}
		if err != nil {
			return l, err
		}
	}
	if _, numbered := values["page"]; numbered && l.page.After != "" {
		return l, bad("Ask for a page by its number or by its key, not both.")
	}
	return l, nil
}

// parsePage returns how many documents are before a page.
func parsePage(text string) (int64, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 1 || n > maxPage {
		return 0, bad("page: a number from 1 to %d; farther pages are found by key, as next says.", maxPage)
	}
	return (n - 1) * PageSize, nil
}

// parseOrder reads the name of a declared field, with a - before it for the other direction. There is no order by a list.
func parseOrder(text string, t *relations.Type) (bson.D, error) {
	name, down := strings.CutPrefix(text, "-")
	f, ok := field(t, name)
	if !ok || f.List {
		return nil, bad("order: %s cannot be ordered by %q.", t.Name, cut(name))
	}
	direction := 1
	if down {
		direction = -1
	}
	return bson.D{{Key: f.Name, Value: direction}}, nil
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
	case relations.AnyType:
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
