// Package oracle says who may do what by brute force: plain loops over the raw documents. It knows nothing of the library, so that the two can be
// compared.
package oracle

import (
	"errors"
	"fmt"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// World is what is stored: the documents of each collection, as maps.
type World map[string][]bson.M

// ErrUnknownPermission is returned for an action for which there is no permission.
var ErrUnknownPermission = errors.New("oracle: no such permission")

// Read returns the world of raw documents.
func Read(data map[string][]bson.Raw) (World, error) {
	w := World{}
	for collection, docs := range data {
		for _, raw := range docs {
			var doc bson.M
			if err := bson.Unmarshal(raw, &doc); err != nil {
				return nil, fmt.Errorf("oracle: %s: %w", collection, err)
			}
			w[collection] = append(w[collection], doc)
		}
	}
	return w, nil
}

// Allowed reports whether a user, known by id, may do an action with a document of a type. A user who is not stored may nothing.
func (w World) Allowed(user any, action, typ string, doc bson.M) (bool, error) {
	u := w.byID("users", user)
	if u == nil {
		return false, nil
	}
	name := "casemgmt." + action + "_" + typ
	if strings.Contains(action, ".") {
		name = action
	}
	wanted := map[any]bool{}
	for _, p := range w["permissions"] {
		if p["full_name"] == name {
			wanted[Key(p["_id"])] = true
		}
	}
	if len(wanted) == 0 {
		return false, ErrUnknownPermission
	}
	if u["is_superuser"] == true {
		return true, nil
	}
	if u["is_active"] == true && w.everywhere(u, wanted) {
		return true, nil
	}
	for _, grant := range w["caseload_roles"] {
		role := w.byID("roles", grant["role"])
		if role == nil || !overlap(role["permissions"], wanted) || !w.heldBy(grant, u) {
			continue
		}
		for _, caseload := range w["caseloads"] { // one as a rule: a row with a list is for each of them
			if contains(grant["caseload"], caseload["_id"]) && w.belongs(typ, doc, caseload) {
				return true, nil
			}
		}
	}
	return false, nil
}

// everywhere reports whether a user holds one of the permissions globally.
func (w World) everywhere(u bson.M, wanted map[any]bool) bool {
	if overlap(u["user_permissions"], wanted) {
		return true
	}
	for _, g := range w["groups"] {
		if contains(u["groups"], g["_id"]) && overlap(g["permissions"], wanted) {
			return true
		}
	}
	for _, assignment := range w["role_assignments"] {
		role := w.byID("roles", assignment["role"])
		if role != nil && overlap(role["permissions"], wanted) && w.heldBy(assignment, u) {
			return true
		}
	}
	return false
}

// heldBy reports whether a row that gives a role gives it to the user, or to a group of theirs.
func (w World) heldBy(row, u bson.M) bool {
	if contains(row["user"], u["_id"]) {
		return true
	}
	for _, group := range list(u["groups"]) {
		if contains(row["group"], group) {
			return true
		}
	}
	return false
}

// belongs reports whether a document belongs to a caseload.
func (w World) belongs(typ string, doc, caseload bson.M) bool {
	switch typ {
	case "client":
		return contains(caseload["clients"], doc["_id"])
	case "case_type":
		return contains(caseload["case_types"], doc["_id"])
	case "template":
		return contains(caseload["case_types"], doc["case_type"])
	case "document":
		template := w.byID("templates", doc["template"])
		return template != nil && contains(caseload["clients"], doc["client"]) && contains(caseload["case_types"], template["case_type"])
	case "activity_log", "wkcmp_eligibility":
		document := w.byID("documents", doc["document"])
		return document != nil && w.belongs("document", document, caseload)
	default:
		return false
	}
}

func (w World) byID(collection string, id any) bson.M {
	for _, doc := range w[collection] {
		if k := Key(id); k != nil && k == Key(doc["_id"]) {
			return doc
		}
	}
	return nil
}

// Key returns a comparable value for an id, the same for equal ids: numbers are equal whatever their types. It is nil for what is no id.
func Key(id any) any {
	switch id := id.(type) {
	case int32:
		return float64(id)
	case int64:
		return float64(id)
	case int:
		return float64(id)
	case float64, string, bson.ObjectID:
		return id
	default:
		return nil
	}
}

// list returns the values in a list, or the one value that stands there alone.
func list(v any) []any {
	if a, ok := v.(bson.A); ok {
		return a
	}
	return []any{v}
}

func contains(stored, id any) bool {
	for _, v := range list(stored) {
		if k := Key(v); k != nil && k == Key(id) {
			return true
		}
	}
	return false
}

func overlap(stored any, wanted map[any]bool) bool {
	for _, v := range list(stored) {
		if k := Key(v); k != nil && wanted[k] {
			return true
		}
	}
	return false
}
