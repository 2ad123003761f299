package casemgmt

import (
	"cmp"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/mongoauthz/go-mongoauthz/evaluate"
	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
)

// reviewPage is what the page shows. What is not known is left out.
type reviewPage struct {
	Style    template.CSS
	Types    []Type
	Actions  []string
	Users    []choice
	Find     string // what the users were found by
	Samples  []sampled
	Question Question
	Type     string // its name, once the question is understood
	Plural   string // that of its collection
	Problem  string // instead of the rest of the answer

	Why      *evaluate.Explanation // of the one document
	Document string                // that document

	List     *mongoauthz.Profile
	Filter   filter.Filter
	Outcome  filter.Outcome
	More     bool   // than were counted
	Pipeline string // the stages, all joins among them
	Fields   []string
	Rows     []reviewRow
}

// sampled is what the page offers to ask of a user.
type sampled struct{ Action, Type, Plural string }

// choice is a user to choose.
type choice struct{ ID, Name string }

// reviewRow is one of the documents.
type reviewRow struct {
	ID     string   // as ParseID reads it, empty if it does not
	Cells  []cell   // for each of the page's fields
	Labels []string // of the clauses that grant it
}

type cell struct{ Field, Text string }

// explain finds out why the user may do the action with the one document, or why not.
func (p *reviewPage) explain(ctx context.Context, db *mongo.Database, a *inquiry) error {
	why, err := a.why(ctx)
	if err != nil {
		return err
	}
	document, err := db.Collection(a.t.Collection).FindOne(ctx, bson.D{{Key: "_id", Value: bson.D{{Key: "$eq", Value: a.id}}}}).Raw()
	if err != nil {
		return err
	}
	p.Why, p.Document = &why, spell(document)
	return nil
}

// list finds out what the user may do the action with, how, and what it takes.
func (p *reviewPage) list(ctx context.Context, a *inquiry) error {
	query, err := a.query(ctx)
	if err != nil {
		return err
	}
	p.Filter, p.Outcome, p.Pipeline = query.Filter(), query.Outcome(), spell(query.Pipeline())
	counted, err := query.Append(limit(reviewCount + 1))
	if err != nil {
		return err
	}
	if p.List, err = counted.Profile(ctx); err != nil {
		return err
	}
	if p.More = p.List.Documents > reviewCount; p.More {
		p.List.Documents = reviewCount
	}
	first, err := query.Append(inOrder, limit(reviewRows))
	if err != nil {
		return err
	}
	var rows []bson.Raw
	if err := first.All(ctx, &rows); err != nil {
		return err
	}
	p.tabulate(rows)
	for i, doc := range rows {
		x, err := a.az.Explain(ctx, a.actor, a.action, mongoauthz.Document(a.t.Name, doc))
		if err != nil {
			return err
		}
		p.Rows[i].Labels = granting(x)
	}
	return nil
}

// granting returns the labels of the clauses that are true. The decision is made after the list was read.
func granting(x evaluate.Explanation) (labels []string) {
	if !x.Authorized() {
		return []string{"no longer authorized"}
	}
	for i, c := range x.Clauses {
		if c.Tally.True > 0 {
			labels = append(labels, labelOf(i, c))
		}
	}
	return labels
}

func labelOf(i int, c evaluate.ClauseExplanation) string {
	return cmp.Or(c.Label, fmt.Sprintf("clause %d", i+1))
}

// whyNot returns one sentence for a person who wants to know why somebody may not do something.
func whyNot(x evaluate.Explanation) string {
	for _, c := range x.Scope {
		if c.Tally.True == 0 {
			return "It is not among the documents of its kind: " + cause(c) + "."
		}
	}
	if len(x.Clauses) == 0 {
		return "The policy denies it, whatever the document."
	}
	causes := make([]string, len(x.Clauses))
	for i, c := range x.Clauses {
		causes[i] = fmt.Sprintf("“%s” does not hold, since %s", labelOf(i, c), clauseCause(c))
	}
	return strings.Join(causes, "; ") + "."
}

// clauseCause says what keeps a clause from being true: the first thing that is.
func clauseCause(c evaluate.ClauseExplanation) string {
	for _, e := range c.Entities {
		if e.Asked > 0 && e.Reached == 0 {
			return "no " + strings.ReplaceAll(e.Type, "_", " ") + " was found"
		}
	}
	for _, condition := range c.Conditions {
		if condition.Tally.True == 0 {
			return cause(condition)
		}
	}
	return "no choice makes all of its conditions true"
}

func cause(c evaluate.ConditionExplanation) string {
	switch {
	case c.False != "":
		return c.False
	case len(c.Reasons) > 0:
		return c.Reasons[0].String()
	case c.Text == "any of": // none of the alternatives is true
		var causes []string
		for _, alternative := range c.Clauses {
			causes = append(causes, clauseCause(alternative))
		}
		return strings.Join(causes, " and ")
	case len(c.Clauses) > 0:
		return "what the rule excludes is the case, or is not known"
	default:
		return c.Text + " is " + c.Tally.String()
	}
}

func limit(n int) bson.D { return bson.D{{Key: "$limit", Value: n}} }

// tabulate makes rows of documents. The columns are their fields, in the order in which they are met.
func (p *reviewPage) tabulate(docs []bson.Raw) {
	const mostFields = 12
	for _, doc := range docs {
		elements, _ := doc.Elements() // of a malformed document, those before that
		for _, e := range elements {
			if !slices.Contains(p.Fields, e.Key()) && len(p.Fields) < mostFields {
				p.Fields = append(p.Fields, e.Key())
			}
		}
	}
	for _, doc := range docs {
		row := reviewRow{ID: FormatID(doc.Lookup("_id"))}
		for _, field := range p.Fields {
			c := cell{Field: field}
			if v, err := doc.LookupErr(field); err == nil {
				c.Text = shownValue(v)
			}
			row.Cells = append(row.Cells, c)
		}
		p.Rows = append(p.Rows, row)
	}
}

// shownValue returns a value as a short text.
func shownValue(v bson.RawValue) string {
	const most = 120
	text, err := appendValue(nil, v)
	if err != nil {
		return "malformed"
	}
	var plain string
	if json.Unmarshal(text, &plain) != nil {
		plain = string(text)
	}
	if r := []rune(plain); len(r) > most {
		plain = string(r[:most]) + "…"
	}
	return plain
}

// someUsers returns the first users, by their ids: all, or those with a text in their id or name.
func (s *Service) someUsers(ctx context.Context, find string) ([]choice, error) {
	which := bson.D{}
	if find != "" {
		like := bson.Regex{Pattern: regexp.QuoteMeta(find), Options: "i"}
		either := bson.A{bson.D{{Key: "_id", Value: like}}, bson.D{{Key: "name", Value: like}}}
		if id, err := ParseID(find); err == nil { // which may be no text
			either = append(either, bson.D{{Key: "_id", Value: bson.D{{Key: "$eq", Value: id}}}})
		}
		which = bson.D{{Key: "$or", Value: either}}
	}
	opts := options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}).SetLimit(reviewUsers).SetProjection(bson.D{{Key: "name", Value: 1}})
	cursor, err := s.db.Collection("users").Find(ctx, which, opts)
	if err != nil {
		return nil, err
	}
	var users []bson.Raw
	if err := cursor.All(ctx, &users); err != nil {
		return nil, err
	}
	var choices []choice
	for _, u := range users {
		name, _ := u.Lookup("name").StringValueOK()
		if id := FormatID(u.Lookup("_id")); id != "" {
			choices = append(choices, choice{id, name})
		}
	}
	return choices, nil
}

//go:embed page/review.html
var reviewHTML string

//go:embed page/review.css
var reviewCSS string

var (
	reviewStyle    = template.CSS(reviewCSS)
	reviewTemplate = template.Must(template.New("review").Funcs(template.FuncMap{
		"entity":  func(e evaluate.EntityExplanation) string { return e.String() },
		"truth":   truth,
		"clause":  clauseText,
		"outcome": outcome,
		"single":  single,
		"whyNot":  whyNot,
		"millis":  func(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond)) },
		"stages":  func(text string) string { return spellJSON([]byte(text)) },
		"inc":     func(i int) int { return i + 1 },
		"rows":    func(p *reviewPage) int64 { return int64(len(p.Rows)) },
	}).Parse(reviewHTML))

	// reviewPolicy lets the browser load nothing and run nothing: there is one style, which stands in the page.
	reviewPolicy = func() string {
		sum := sha256.Sum256([]byte(reviewCSS))
		return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
	}()
)

// truth names what a tally comes to: the best of its answers.
func truth(t evaluate.Tally) string {
	switch {
	case t.True > 0:
		return "true"
	case t.Unknown > 0:
		return "unknown"
	case t.False > 0:
		return "false"
	default:
		return "unasked"
	}
}

// clauseText returns a clause without its label, which stands beside it.
func clauseText(c filter.Clause) string {
	c.Label = ""
	return strings.TrimSpace(c.String())
}

// single reports whether a clause says no more than its one condition.
func single(x evaluate.ClauseExplanation) bool {
	return x.Label == "" && len(x.Entities) == 0 && len(x.Conditions) == 1
}

// outcome says what an outcome means.
func outcome(o filter.Outcome) string {
	switch o {
	case filter.Denied:
		return "The policy denies it, whatever the document."
	case filter.Allowed:
		return "The policy allows it, whatever the document."
	case filter.Conditional:
		return "It depends on the document."
	default:
		return o.String()
	}
}
