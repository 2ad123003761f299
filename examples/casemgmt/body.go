package casemgmt

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/httpauthz"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

// What a body may have. A list has at most as many ids as a caseload has clients on a bad day.
const (
	maxBody = 64 << 10
	maxText = 2000
	maxList = 1000
)

func bad(format string, args ...any) error {
	return httpauthz.NewProblem(http.StatusBadRequest, format, args...)
}

func unprocessable(format string, args ...any) error {
	return httpauthz.NewProblem(http.StatusUnprocessableEntity, format, args...)
}

// readBody returns the fields of a JSON object, in the order of the schema. A field that is null is there, as null. What is not declared, there twice, or
// of another type than declared is refused, and so is _id: who names it is in the path.
func (s *Service) readBody(w http.ResponseWriter, r *http.Request, t Type) (bson.D, error) {
	if mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || mediaType != "application/json" {
		return nil, httpauthz.NewProblem(http.StatusUnsupportedMediaType, "The body must be application/json.")
	}
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, err
	case err != nil:
		return nil, bad("The body cannot be read.")
	case !utf8.Valid(text):
		return nil, bad("The body is not UTF-8.")
	}
	members, err := objectMembers(text)
	if err != nil {
		return nil, err
	}
	declared, ok := s.schema.Type(t.Name)
	if !ok {
		return nil, errors.New("casemgmt: a type that is not in the schema")
	}
	var doc bson.D
	for _, f := range declared.Fields {
		value, given := members[f.Name]
		if !given || f.Name == "_id" {
			continue
		}
		delete(members, f.Name)
		v, err := bodyValue(f, value)
		if err != nil {
			return nil, err
		}
		doc = append(doc, bson.E{Key: f.Name, Value: v})
	}
	for name := range members {
		return nil, bad("%s has no field %q that can be given here.", t.Name, cut(name))
	}
	return doc, nil
}

// objectMembers returns the members of the only JSON object in a text. The standard library would take the last of two of one name.
func objectMembers(text []byte) (map[string]any, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if start, err := decoder.Token(); err != nil || start != json.Delim('{') {
		return nil, bad("The body is no JSON object.")
	}
	members := map[string]any{}
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return nil, bad("The body is not well-formed JSON.")
		}
		key, _ := name.(string)
		if _, twice := members[key]; twice {
			return nil, bad("The field %q is there twice.", cut(key))
		}
		var value any
		if err := decoder.Decode(&value); err != nil {
			return nil, bad("The body is not well-formed JSON.")
		}
		members[key] = value
	}
	if _, err := decoder.Token(); err != nil {
		return nil, bad("The body is not well-formed JSON.")
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, bad("Something follows the JSON object.")
	}
	return members, nil
}

// bodyValue returns the BSON value of a field: of the type that the schema declares, or nil for null. Values are data, and objects none of them.
func bodyValue(f relations.Field, value any) (any, error) {
	if value == nil {
		return nil, nil
	}
	if f.List {
		list, ok := value.([]any)
		if !ok {
			return bodyScalar(f, value) // one id, where several may be
		}
		if len(list) > maxList {
			return nil, bad("%s: at most %d ids.", f.Name, maxList)
		}
		ids := bson.A{}
		for _, element := range list {
			v, err := bodyScalar(f, element)
			if err != nil {
				return nil, err
			}
			ids = append(ids, v)
		}
		return ids, nil
	}
	return bodyScalar(f, value)
}

func bodyScalar(f relations.Field, value any) (any, error) {
	switch f.Type {
	case relations.AnyType:
		if id, ok := bodyID(value); ok {
			return id, nil
		}
		return nil, bad("%s: %s.", f.Name, ErrID)
	case relations.String:
		if text, ok := value.(string); ok && len(text) <= maxText && !strings.ContainsRune(text, 0) {
			return text, nil
		}
		return nil, bad("%s: a text of at most %d bytes.", f.Name, maxText)
	case relations.Bool:
		if b, ok := value.(bool); ok {
			return b, nil
		}
		return nil, bad("%s: true or false.", f.Name)
	case relations.Date:
		text, _ := value.(string)
		if at, err := time.Parse(time.RFC3339, text); err == nil {
			return bson.NewDateTimeFromTime(at), nil
		}
		return nil, bad("%s: a date such as 2026-05-04T09:00:00Z.", f.Name)
	default:
		return nil, errors.New("casemgmt: a field of a type that no request can give")
	}
}

// bodyID returns an id in JSON: a number, or a text that is read as in a path, but that a text of digits is a text.
func bodyID(value any) (bson.RawValue, bool) {
	switch v := value.(type) {
	case json.Number:
		id, err := ParseID(v.String())
		return id, err == nil && id.Type == bson.TypeInt64
	case string:
		if looksLikeNumber(v) {
			v = `"` + v + `"`
		}
		id, err := ParseID(v)
		return id, err == nil
	default:
		return bson.RawValue{}, false
	}
}

// cut shortens what a client sent, to be shown to the same client.
func cut(text string) string {
	if r := []rune(text); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return text
}

// missing returns the first of the type's required fields that a document lacks, or has as null.
func (t Type) missing(doc bson.D) (string, bool) {
	for _, name := range t.required {
		if i := slices.IndexFunc(doc, func(e bson.E) bool { return e.Key == name }); i < 0 || empty(doc[i].Value) {
			return name, true
		}
	}
	return "", false
}

// empty reports whether a value is none where one is required.
func empty(v any) bool { return v == nil || v == "" }
