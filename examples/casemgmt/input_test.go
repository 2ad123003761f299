package casemgmt_test

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/examples/casemgmt"
)

func TestBadInputIsRefusedAndSaysWhy(t *testing.T) {
	t.Parallel()
	s := newSite(t, demoWorld(t))
	before := s.stored(t)
	q := url.QueryEscape
	logs, _ := s.ask(t, "admin", "GET", "/activity_logs", nil).body["next"].(string)
	require.NotEmpty(t, logs)
	good := `{"client": 2, "template": 1, "name": "new"}`
	for _, tt := range []struct {
		name, method, path, body string
		status                   int
		says                     string
	}{
		{"page 0", "GET", "/clients?page=0", "", 400, "page"},
		{"page -1", "GET", "/clients?page=-1", "", 400, "page"},
		{"a huge page", "GET", "/clients?page=99999999999999999999999", "", 400, "page"},
		{"a page that would overflow", "GET", "/clients?page=9223372036854775807", "", 400, "page"},
		{"a page beyond the last", "GET", "/clients?page=10000", "", 404, "page 10000"},
		{"a page that is no number", "GET", "/clients?page=one", "", 400, "page"},
		{"page and after", "GET", "/clients?page=1&after=" + "AQ", "", 400, "not both"},
		{"a page twice", "GET", "/clients?page=1&page=2", "", 400, "2 times"},
		{"after nothing", "GET", "/clients?after=", "", 400, "after"},
		{"after what is no key", "GET", "/clients?after=%24ne", "", 400, "page token"},
		{"after another list's key", "GET", strings.Replace(logs, "/activity_logs", "/clients", 1), "", 400, "another sort or resource type"},
		{"after another order's key", "GET", logs + "&order=date", "", 400, "another sort or resource type"},
		{"after a key that was cut", "GET", logs[:len(logs)-8], "", 400, "page token"},
		{"an unknown field", "GET", "/clients?age=5", "", 400, `no field \"age\"`},
		{"an operator as a field", "GET", "/clients?" + q("$where") + "=1", "", 400, "no field"},
		{"an operator in brackets", "GET", "/clients?" + q("name[$ne]") + "=1", "", 400, "no field"},
		{"an operator as a value", "GET", "/clients?name=" + q(`{"$ne": 1}`), "", 400, "no operators"},
		{"an operator as an id", "GET", "/documents?client=" + q(`{"$ne": 1}`), "", 400, "no operators"},
		{"an operator by name", "GET", "/documents?client=" + q("$where"), "", 400, "no operators"},
		{"an id that is none", "GET", "/documents?client=" + q("a b"), "", 400, "an id is"},
		{"an order that is none", "GET", "/clients?order=age", "", 400, "order"},
		{"an order by an operator", "GET", "/clients?order=" + q("$natural"), "", 400, "order"},
		{"an order by a list", "GET", "/caseloads?order=clients", "", 400, "order"},
		{"a search for nothing", "GET", "/clients?search=", "", 400, "search"},
		{"a search that is no text", "GET", "/clients?search=%ff", "", 400, "UTF-8"},
		{"a search for much", "GET", "/clients?search=" + strings.Repeat("a", 201), "", 400, "search"},
		{"a search where there are no texts", "GET", "/caseload_roles?search=a", "", 400, "no texts"},
		{"a date that is none", "GET", "/activity_logs?date=yesterday", "", 400, "date"},
		{"neither true nor false", "GET", "/wkcmp_eligibility?eligible=1", "", 400, "true or false"},
		{"a malformed query", "GET", "/clients?name=%zz", "", 400, "malformed"},
		{"a query about one document", "GET", "/clients/1?page=1", "", 400, "nothing to ask"},

		{"a malformed id", "GET", "/clients/" + url.PathEscape("a b"), "", 400, "an id is"},
		{"an operator in the path", "GET", "/clients/" + url.PathEscape(`{"$ne": 1}`), "", 400, "an id is"},
		{"a quote without its other half", "GET", "/clients/%22a", "", 400, "an id is"},
		{"a number beyond all", "GET", "/clients/99999999999999999999", "", 400, "an id is"},
		{"a long id", "GET", "/clients/" + strings.Repeat("a", 129), "", 400, "an id is"},
		{"an operator's name in the path", "GET", "/clients/" + url.PathEscape("$where"), "", 400, "an id is"},
		{"a text where the id is a number", "GET", "/clients/%221%22", "", 404, "no such"},
		{"a path that is none", "GET", "/client", "", 404, "nothing at this path"},
		{"a method that is none", "BREW", "/clients/1", "", 405, "Allowed here"},
		{"a method of another path", "DELETE", "/clients", "", 405, "Allowed here"},
		{"a write to a log of activities", "PUT", "/documents/6/activities", "{}", 405, "Allowed here"},

		{"no body", "POST", "/documents", "", 400, "no JSON object"},
		{"a body that is no JSON", "POST", "/documents", `{"client": 2`, 400, "well-formed"},
		{"a list", "POST", "/documents", `[` + good + `]`, 400, "no JSON object"},
		{"null", "POST", "/documents", `null`, 400, "no JSON object"},
		{"two bodies", "POST", "/documents", good + good, 400, "follows"},
		{"a field twice", "POST", "/documents", `{"client": 2, "client": 3, "template": 1}`, 400, "twice"},
		{"an unknown field in a body", "POST", "/documents", `{"client": 2, "template": 1, "owner": "me"}`, 400, "owner"},
		{"a field in another case", "POST", "/documents", `{"Client": 2, "template": 1}`, 400, "Client"},
		{"an _id", "POST", "/documents", `{"_id": 77, "client": 2, "template": 1}`, 400, "_id"},
		{"an operator in a body", "POST", "/documents", `{"$where": "true"}`, 400, "$where"},
		{"a dotted field", "POST", "/documents", `{"client.x": 1}`, 400, "client.x"},
		{"an operator as a reference", "POST", "/documents", `{"client": {"$ne": 1}, "template": 1}`, 400, "client"},
		{"an operator as a text", "POST", "/documents", `{"client": 2, "template": 1, "name": {"$ne": 1}}`, 400, "name"},
		{"an operator by name as a reference", "POST", "/documents", `{"client": "$where", "template": 1}`, 400, "client"},
		{"an operator in a change", "PATCH", "/documents/1", `{"$set": {"client": 6}}`, 400, "$set"},
		{"an operator as a value of a change", "PATCH", "/documents/1", `{"client": {"$gt": 0}}`, 400, "client"},
		{"a list as a reference", "PATCH", "/documents/1", `{"client": [1, 2]}`, 400, "client"},
		{"a fraction as a reference", "PATCH", "/documents/1", `{"client": 1.5}`, 400, "client"},
		{"a list in a list", "PATCH", "/caseloads/1", `{"clients": [[1]]}`, 400, "clients"},
		{"null in a list", "PATCH", "/caseloads/1", `{"clients": [null]}`, 400, "clients"},
		{"a list without end", "PATCH", "/caseloads/1", `{"clients": [` + strings.Repeat("1,", 1000) + `1]}`, 400, "at most"},
		{"a text that is a number", "PATCH", "/documents/1", `{"name": 5}`, 400, "name"},
		{"a long text", "PATCH", "/documents/1", `{"name": "` + strings.Repeat("a", 2001) + `"}`, 400, "name"},
		{"another _id", "PUT", "/documents/1", `{"_id": 2, "client": 1, "template": 1}`, 400, "_id"},
		{"nothing to change", "PATCH", "/documents/1", `{}`, 422, "nothing"},
		{"what is required is missing", "PUT", "/documents/1", `{"client": 1}`, 422, "template"},
		{"what is required is null", "PATCH", "/documents/1", `{"client": null}`, 422, "client"},
		{"what is required is empty", "PATCH", "/clients/1", `{"name": ""}`, 422, "name"},
		{"what refers to nothing", "PATCH", "/caseloads/1", `{"clients": [1, 999]}`, 422, "clients"},
		{"a body that is too large", "POST", "/documents", `{"name": "` + strings.Repeat("a", 70<<10) + `"}`, 413, "bytes"},
		{"a body that is not UTF-8", "POST", "/documents", "{\"name\": \"\xff\"}", 400, "UTF-8"},
	} {
		got := s.ask(t, "admin", tt.method, tt.path, tt.body)
		require.Equal(t, tt.status, got.status, "%s: %s", tt.name, got.text)
		require.Contains(t, strings.ReplaceAll(got.text, `\u0026`, "&"), tt.says, tt.name)
	}
	require.Equal(t, before, s.stored(t), "nothing was written")
	for contentType, status := range map[string]int{"": 415, "text/plain": 415, "application/x-www-form-urlencoded": 415, "application/jsonp": 415, "application/json; charset=utf-8": 201} {
		r := httptest.NewRequest("POST", "/documents", strings.NewReader(good)).WithContext(t.Context())
		r.Header.Set("Content-Type", contentType)
		require.Equal(t, status, s.send(t, "admin", r).status, contentType)
	}
}

// A name like an operator is a name: it is stored and found as it is.
func TestATextIsData(t *testing.T) {
	t.Parallel()
	s := newSite(t, demoWorld(t))
	for _, name := range []string{"$where", `{"$ne": 1}`, "$name", ".*", "a.b", "O'Reilly; DROP", "\u202e"} {
		got := s.ask(t, "admin", "POST", "/clients", object{"name": name})
		require.Equal(t, 201, got.status)
		require.Equal(t, name, s.ask(t, "admin", "GET", got.header.Get("Location"), nil).body["name"])
		require.Empty(t, s.everything(t, "billy-med", "/clients?search="+url.QueryEscape(name)))
		require.Equal(t, []string{got.body["_id"].(string)}, s.ask(t, "admin", "GET", "/clients?search="+url.QueryEscape(name), nil).items(), name)
	}
}

func TestCredentials(t *testing.T) {
	t.Parallel()
	s := newSite(t, demoWorld(t))
	for header, status := range map[string]int{
		"":                                  401,
		"Bearer " + password:                401,
		"Basic !":                           401,
		basic("admin", "wrong"):             401,
		basic("admin", ""):                  401,
		basic("nobody", password):           401,
		basic("", password):                 401,
		basic(`{"$ne": 1}`, password):       401,
		basic("admin", password):            200,
		basic("alan-wkcmp", password):       200,
		basic("alan-wkcmp\x00", password):   401,
		basic("ALAN-WKCMP", password):       401,
		basic("admin", password+"\x00more"): 401,
	} {
		for _, typ := range casemgmt.Types() {
			r := httptest.NewRequest("GET", "/"+typ.Collection, nil).WithContext(t.Context())
			if header != "" {
				r.Header.Set("Authorization", header)
			}
			got := s.send(t, nil, r)
			require.Equal(t, status, got.status, "%q: %s", header, got.text)
			require.Equal(t, status == 401, got.header.Get("WWW-Authenticate") != "")
		}
	}
	closed, err := casemgmt.New(s.db, casemgmt.Config{})
	require.NoError(t, err)
	r := httptest.NewRequest("GET", "/clients", nil).WithContext(t.Context())
	r.Header.Set("Authorization", basic("admin", ""))
	w := httptest.NewRecorder()
	closed.Handler().ServeHTTP(w, r)
	require.Equal(t, http.StatusUnauthorized, w.Code, "without a password nobody signs in")
}

func basic(user, password string) string {
	r := http.Request{Header: http.Header{}}
	r.SetBasicAuth(user, password)
	return r.Header.Get("Authorization")
}

func TestIDsAndTheirTexts(t *testing.T) {
	t.Parallel()
	oid := bson.NewObjectID()
	for text, want := range map[string]any{
		"6": int64(6), "-6": int64(-6), `"6"`: "6", "alan-wkcmp": "alan-wkcmp", oid.Hex(): oid, `"` + oid.Hex() + `"`: oid.Hex(), "6a": "6a", "-": "-", "1.5": "1.5",
		"665000000000000000000001": must(bson.ObjectIDFromHex("665000000000000000000001")),
	} {
		id, err := casemgmt.ParseID(text)
		require.NoError(t, err, text)
		var got any
		require.NoError(t, id.Unmarshal(&got))
		require.Equal(t, want, got)
		require.Equal(t, text, casemgmt.FormatID(id))
	}
	for _, text := range []string{"", `"`, `""`, "a b", "$a", "a/b", "ä", `a"`, `"a`, "9223372036854775808"} {
		_, err := casemgmt.ParseID(text)
		require.ErrorIs(t, err, casemgmt.ErrID, text)
	}
	require.Empty(t, casemgmt.FormatID(bson.RawValue{}))
	for _, id := range []any{1.5, true, bson.D{}, bson.A{1}, "a b", bson.Regex{Pattern: "a"}, bson.Binary{Data: []byte("a")}} {
		typ, data, err := bson.MarshalValue(id)
		require.NoError(t, err)
		require.Empty(t, casemgmt.FormatID(bson.RawValue{Type: typ, Value: data}), "%v has no text", id)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// Everything a list can be asked is what a loop over the documents finds.
func TestListsAreFilteredSearchedOrderedAndPaged(t *testing.T) {
	t.Parallel()
	w := demoWorld(t)
	names := []any{"ann", "Ann", "ANNA", "bob", "", nil, 5, 7.5, true, bson.D{{Key: "x", Value: 1}}, "ånn", "a.n", "$x"}
	for i := range 130 {
		doc := bson.D{{Key: "_id", Value: []any{i + 100, fmt.Sprintf("c%03d", i), bson.NewObjectID()}[i%3]}}
		if name := names[i%len(names)]; i%len(names) != 4 {
			doc = append(doc, bson.E{Key: "name", Value: name})
		}
		raw, err := bson.Marshal(append(doc, bson.E{Key: "email", Value: fmt.Sprintf("m%d@example.org", i%4)}))
		require.NoError(t, err)
		w.data["clients"] = append(w.data["clients"], raw)
	}
	s := newSite(t, newWorld(t, "many clients", w.data))
	every := idTexts(t, w.data["clients"], all(len(w.data["clients"])))
	for _, order := range []string{"", "_id", "-_id", "name", "-name", "email", "-email"} {
		path := "/clients?order=" + order
		if order == "" {
			path = "/clients"
		}
		byKey := s.everything(t, "admin", path)
		require.ElementsMatch(t, every, byKey, "by key: %s", order)
		var byNumber []string
		for n := 1; n <= (len(every)+casemgmt.PageSize-1)/casemgmt.PageSize; n++ {
			got := s.ask(t, "admin", "GET", fmt.Sprintf("%s%spage=%d", path, map[bool]string{true: "?", false: "&"}[order == ""], n), nil)
			require.Equal(t, 200, got.status)
			require.EqualValues(t, fmt.Sprint(len(every)), fmt.Sprint(got.body["total"]))
			byNumber = append(byNumber, got.items()...)
		}
		require.Equal(t, byKey, byNumber, "by key and by number: %s", order)
		if down, ok := strings.CutPrefix(order, "-"); ok && down == "_id" {
			slices.Reverse(byKey)
			require.Equal(t, s.everything(t, "admin", "/clients?order=_id"), byKey)
		}
	}
	// A list where one text belongs has no place in an order, and is found all the same.
	lists, err := bson.Marshal(bson.D{{Key: "_id", Value: "list"}, {Key: "name", Value: bson.A{"zed", "ann"}}})
	require.NoError(t, err)
	w.data["clients"] = append(w.data["clients"], lists)
	every = append(every, "list")
	s = newSite(t, newWorld(t, "many clients", w.data))
	for path, keep := range map[string]func(name any) bool{
		"/clients?name=ann":               func(v any) bool { return slices.ContainsFunc(texts(v), func(s string) bool { return s == "ann" }) },
		"/clients?search=ANN":             func(v any) bool { return slices.ContainsFunc(texts(v), contains("ann")) },
		"/clients?search=a.n&order=-name": func(v any) bool { return slices.ContainsFunc(texts(v), contains("a.n")) }, // a text, not a pattern
		"/clients?search=%24x":            func(v any) bool { return slices.ContainsFunc(texts(v), contains("$x")) },
	} {
		var want []string
		for i, doc := range s.oracle["clients"] {
			if keep(doc["name"]) || strings.Contains(path, "search=ANN") && contains("ann")(fmt.Sprint(doc["email"])) {
				want = append(want, every[i])
			}
		}
		require.NotEmpty(t, want)
		require.ElementsMatch(t, want, s.everything(t, "admin", path), path)
	}
	require.Equal(t, s.everything(t, "admin", "/clients?search=ann&email=m1@example.org&order=name"), s.everything(t, "admin", "/clients?order=name&email=m1@example.org&search=ANN"))
	require.Equal(t, []string{"1", "11"}, s.everything(t, "admin", "/documents?client=1"))
	require.Equal(t, []string{"1"}, s.everything(t, "billy-med", "/documents?client=1"), "the other one is in no caseload of his")
	require.Equal(t, []string{"1"}, s.everything(t, "admin", "/caseloads?clients=1"), "a list that holds it")
}

// Whatever somebody stored, a list shows it, and never fails.
func TestOddValuesAreShown(t *testing.T) {
	t.Parallel()
	decimal, err := bson.ParseDecimal128("1.50")
	require.NoError(t, err)
	at := time.Date(2026, time.May, 4, 9, 0, 0, 500_000_000, time.UTC)
	w := demoWorld(t)
	w.data["clients"] = nil
	shown := []struct{ value, as any }{
		{bson.Timestamp{T: 1, I: 2}, object{"$timestamp": object{"t": json.Number("1"), "i": json.Number("2")}}},
		{bson.Regex{Pattern: "a", Options: "i"}, object{"$regularExpression": object{"pattern": "a", "options": "i"}}},
		{bson.MinKey{}, object{"$minKey": json.Number("1")}},
		{math.NaN(), nil}, {math.Inf(1), nil}, {nil, nil}, {bson.Null{}, nil},
		{1.5, json.Number("1.5")}, {int64(math.MaxInt64), json.Number("9223372036854775807")}, {decimal, "1.50"}, {true, true},
		{bson.Binary{Data: []byte("abc")}, "YWJj"}, {at, "2026-05-04T09:00:00.5Z"},
		{bson.A{1, bson.D{{Key: "$x", Value: "</script>"}}}, []any{json.Number("1"), object{"$x": "</script>"}}}, {bson.D{}, object{}}, {bson.A{}, []any{}},
	}
	for i, odd := range shown {
		raw, err := bson.Marshal(bson.D{{Key: "_id", Value: i}, {Key: "odd", Value: odd.value}})
		require.NoError(t, err)
		w.data["clients"] = append(w.data["clients"], raw)
	}
	s := newSite(t, newWorld(t, "odd", w.data))
	for i, item := range s.ask(t, "admin", "GET", "/clients", nil).body["items"].([]any) {
		require.Equal(t, shown[i].as, item.(object)["odd"], "%v", shown[i].value)
	}
}

// texts returns the texts in a value: itself, or those in its list.
func texts(v any) (texts []string) {
	list, ok := v.(bson.A)
	if !ok {
		list = bson.A{v}
	}
	for _, v := range list {
		if text, ok := v.(string); ok {
			texts = append(texts, text)
		}
	}
	return texts
}

func contains(part string) func(string) bool {
	return func(text string) bool { return strings.Contains(strings.ToLower(text), part) }
}
