package casemgmt

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/httpauthz"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
)

// create stores a new document, if the actor may add it: it is judged as it will be stored, with what it refers to.
func (s *Service) create(w http.ResponseWriter, r *http.Request, t Type) error {
	ctx, actor := r.Context(), httpauthz.Actor(r.Context())
	// Who may add nothing is told so, whatever they send.
	q, err := s.az.AuthorizedQuery(ctx, actor, "add", t.Name)
	switch {
	case err != nil:
		return err
	case q.Outcome() == filter.Denied:
		return &mongoauthz.ForbiddenError{Action: "add", Resource: t.Name}
	}
	doc, err := s.readBody(w, r, t)
	if err != nil {
		return err
	}
	doc, err = s.complete(ctx, t, doc)
	if err != nil {
		return err
	}
	if err := s.az.AuthorizeNew(ctx, actor, "add", mongoauthz.Document(t.Name, doc)); err != nil {
		return err
	}
	return s.store(w, r, t, doc)
}

// activities serves what was done with one document. Who adds something needs the permission for it on the document.
func (s *Service) activities(w http.ResponseWriter, r *http.Request, a *httpauthz.Access) error {
	t, _ := TypeNamed("activity_log")
	if r.Method != http.MethodPost {
		return s.list(w, r, t, bson.D{{Key: "document", Value: bson.D{{Key: "$eq", Value: a.ID}}}})
	}
	doc, err := s.readBody(w, r, t)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(doc, func(e bson.E) bool { return e.Key == "document" }) {
		return bad("document: it is the one in the path.")
	}
	doc, err = s.complete(r.Context(), t, append(doc, bson.E{Key: "document", Value: a.Document.Lookup("_id")}))
	if err != nil {
		return err
	}
	return s.store(w, r, t, doc)
}

// complete returns a new document as it will be stored: with an _id, without the fields that are null, with what the service itself says. What is
// required has to be there.
func (s *Service) complete(ctx context.Context, t Type, doc bson.D) (bson.D, error) {
	doc = slices.DeleteFunc(doc, func(e bson.E) bool { return e.Value == nil })
	if err := t.notStamped(doc); err != nil {
		return nil, err
	}
	if name, ok := t.missing(doc); ok {
		return nil, unprocessable("%s is missing.", name)
	}
	if slices.Contains(t.stamped, "actor") {
		if actor, ok := httpauthz.Actor(ctx).(*Actor); ok {
			doc = append(doc, bson.E{Key: "actor", Value: actor.ID})
		}
	}
	if slices.Contains(t.stamped, "date") {
		doc = append(doc, bson.E{Key: "date", Value: bson.NewDateTimeFromTime(time.Now())})
	}
	return append(bson.D{{Key: "_id", Value: bson.NewObjectID()}}, doc...), nil
}

// notStamped returns a problem if a body says what the service itself says, that it is null included.
func (t Type) notStamped(doc bson.D) error {
	for _, field := range t.stamped {
		if slices.ContainsFunc(doc, func(e bson.E) bool { return e.Key == field }) {
			return bad("%s: the service says that.", field)
		}
	}
	return nil
}

// store inserts a document that was judged, if what it refers to exists.
func (s *Service) store(w http.ResponseWriter, r *http.Request, t Type, doc bson.D) error {
	if err := s.refersToSomething(r.Context(), t, doc, nil); err != nil {
		return err
	}
	if _, err := s.db.Collection(t.Collection).InsertOne(r.Context(), doc); err != nil {
		return err
	}
	id := FormatID(rawValue(doc[0].Value))
	w.Header().Set("Location", "/"+t.Collection+"/"+url.PathEscape(id))
	return writeJSON(w, http.StatusCreated, map[string]any{"_id": id})
}

// serveOne serves a document of a type to who may do with it what the method is.
func (s *Service) serveOne(t Type) func(http.ResponseWriter, *http.Request, *httpauthz.Access) error {
	return func(w http.ResponseWriter, r *http.Request, a *httpauthz.Access) error {
		if err := noQuery(r); err != nil {
			return err
		}
		switch r.Method {
		case http.MethodGet, http.MethodHead:
			return writeJSON(w, http.StatusOK, document(a.Document))
		case http.MethodPut, http.MethodPatch:
			return s.change(w, r, t, a)
		case http.MethodDelete:
			return s.remove(w, r, a)
		default:
			return &httpauthz.MethodError{}
		}
	}
}

// change replaces the declared fields of a document (PUT), or those given (PATCH): not into what the actor may not change, and not
// out of it.
func (s *Service) change(w http.ResponseWriter, r *http.Request, t Type, a *httpauthz.Access) error {
	doc, err := s.readBody(w, r, t)
	if err == nil {
		err = t.notStamped(doc)
	}
	if err != nil {
		return err
	}
	if r.Method == http.MethodPut {
		if name, ok := t.missing(doc); ok {
			return unprocessable("%s is missing.", name)
		}
		declared, _ := s.schema.Type(t.Name)
		for _, f := range declared.Fields {
			given := slices.ContainsFunc(doc, func(e bson.E) bool { return e.Key == f.Name })
			if !given && f.Name != "_id" && !slices.Contains(t.stamped, f.Name) {
				doc = append(doc, bson.E{Key: f.Name, Value: nil})
			}
		}
	}
	var set, unset bson.D
	for _, e := range doc {
		switch {
		case slices.Contains(t.required, e.Key) && empty(e.Value):
			return unprocessable("%s must not be empty.", e.Key)
		case e.Value == nil:
			unset = append(unset, bson.E{Key: e.Key, Value: ""})
		default:
			set = append(set, e)
		}
	}
	var update bson.D
	if len(set) > 0 {
		update = append(update, bson.E{Key: "$set", Value: set})
	}
	if len(unset) > 0 {
		update = append(update, bson.E{Key: "$unset", Value: unset})
	}
	if len(update) == 0 {
		return unprocessable("The body changes nothing.")
	}
	q, err := a.Query(r.Context())
	if err != nil {
		return err
	}
	// Where it would go is asked before what it refers to: who may not change it there is not to learn what there is.
	after, err := changed(a.Document, set, unset)
	if err != nil {
		return err
	}
	if err := s.az.AuthorizeNew(r.Context(), a.Actor, a.Action, mongoauthz.Document(t.Name, after)); err != nil {
		return err
	}
	if err := s.refersToSomething(r.Context(), t, set, a.Document); err != nil {
		return err
	}
	updated, err := q.NotMoving().UpdateOne(r.Context(), byID(a.ID), update)
	switch {
	case err != nil:
		return err
	case updated.MatchedCount == 0:
		return a.NotFound()
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (s *Service) remove(w http.ResponseWriter, r *http.Request, a *httpauthz.Access) error {
	q, err := a.Query(r.Context())
	if err != nil {
		return err
	}
	deleted, err := q.DeleteOne(r.Context(), byID(a.ID))
	switch {
	case err != nil:
		return err
	case deleted.DeletedCount == 0:
		return a.NotFound()
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func byID(id any) bson.D { return bson.D{{Key: "_id", Value: bson.D{{Key: "$eq", Value: id}}}} }

// refersToSomething returns a problem if a field of a document has the id of nothing that the actor may view: what is not visible is not there, and
// nobody takes what they cannot see into a caseload of theirs. What the document had before is not asked for again, nor what the service itself says.
func (s *Service) refersToSomething(ctx context.Context, t Type, doc bson.D, before bson.Raw) error {
	if len(doc) == 0 { // a nil document does not marshal
		return nil
	}
	raw, err := bson.Marshal(doc)
	if err != nil {
		return err
	}
	for _, e := range doc {
		collection, ok := t.references[e.Key]
		if !ok || slices.Contains(t.stamped, e.Key) {
			continue
		}
		var ids []bson.RawValue
		for _, id := range keys(raw, e.Key) {
			if one := []bson.RawValue{id}; !share(keys(before, e.Key), one) && !share(ids, one) {
				ids = append(ids, id)
			}
		}
		if len(ids) == 0 {
			continue
		}
		referred, _ := TypeNamed(collection)
		q, err := s.az.AuthorizedQuery(ctx, httpauthz.Actor(ctx), "view", referred.Name)
		if err == nil {
			q, err = q.Append(bson.D{{Key: "$match", Value: bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: ids}}}}}})
		}
		var n int64
		if err == nil {
			n, err = q.Count(ctx)
		}
		switch {
		case err != nil:
			return err
		case n < int64(len(ids)):
			return unprocessable("%s: not all of these are in %s.", e.Key, collection)
		}
	}
	return nil
}

// changed returns a document with fields set and unset.
func changed(before bson.Raw, set, unset bson.D) (bson.D, error) {
	var doc bson.D
	if err := bson.Unmarshal(before, &doc); err != nil {
		return nil, err
	}
	doc = slices.DeleteFunc(doc, func(e bson.E) bool {
		return slices.ContainsFunc(slices.Concat(set, unset), func(c bson.E) bool { return c.Key == e.Key })
	})
	return append(doc, set...), nil
}
