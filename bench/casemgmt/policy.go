package casemgmt

import (
	"context"
	"fmt"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

// Schema declares what [World.Load] stores, as far as the policy reads it.
func Schema() (*relations.Schema, error) {
	id := relations.Field{Name: "_id", Type: relations.String}
	one := func(name string) relations.Field { return relations.Field{Name: name, Type: relations.String} }
	list := func(name string) relations.Field {
		return relations.Field{Name: name, Type: relations.String, List: true}
	}
	by := func(local, foreign string) []relations.KeyPair {
		return []relations.KeyPair{{Local: local, Foreign: foreign}}
	}
	return relations.New(
		relations.Type{Name: "ActivityLog", Collection: "activity_logs",
			Fields:    []relations.Field{{Name: "_id", Type: relations.Number}, one("document_id"), {Name: "date", Type: relations.Date}},
			Relations: []relations.Relation{{Name: "document", Kind: relations.ReferencesOne, Type: "Document", Keys: by("document_id", "")}}},
		relations.Type{Name: "Document", Collection: "documents", Fields: []relations.Field{id, one("client_id"), one("template_id")},
			Relations: []relations.Relation{
				{Name: "template", Kind: relations.ReferencesOne, Type: "Template", Keys: by("template_id", "")},
				{Name: "caseloads", Kind: relations.HasMany, Type: "Caseload", Keys: by("client_id", "client_ids")}}},
		relations.Type{Name: "Template", Collection: "templates", Fields: []relations.Field{id, one("case_type_id")},
			Relations: []relations.Relation{{Name: "caseloads", Kind: relations.HasMany, Type: "Caseload", Keys: by("case_type_id", "case_type_ids")}}},
		relations.Type{Name: "Caseload", Collection: "caseloads", Fields: []relations.Field{id, list("client_ids"), list("case_type_ids")},
			Relations: []relations.Relation{{Name: "roles", Kind: relations.HasMany, Type: "Role", Keys: by("", "caseload_id")}}},
		relations.Type{Name: "Role", Collection: "caseload_roles",
			Fields:    []relations.Field{id, one("caseload_id"), list("permissions"), list("user_ids"), list("group_ids")},
			Relations: []relations.Relation{{Name: "groups", Kind: relations.ReferencesMany, Type: "Group", Keys: by("group_ids", "")}}},
		relations.Type{Name: "Group", Collection: "groups", Fields: []relations.Field{id, list("member_ids")}},
	)
}

// Policy lets a user, who is a string, view a log if one caseload has its document's client and its template's case type, and a role with the
// permission for that caseload is held by the user, or by a group of the user's.
func Policy(_ context.Context, actor any, action, resource string) (filter.Filter, error) {
	user, ok := actor.(string)
	if !ok {
		return filter.Filter{}, fmt.Errorf("casemgmt: an actor that is a %T", actor)
	}
	if action != "view" || resource != "ActivityLog" {
		return filter.Deny(resource), nil
	}
	document := filter.Reach("d", "document")
	template := document.Reach("t", "template")
	caseload := document.Reach("c", "caseloads").Via(template, "caseloads")
	role := caseload.Reach("r", "roles")
	group := role.Reach("g", "groups")
	opens := role.F("permissions").Contains(Permission)
	return filter.For(resource,
		filter.Some(document, template, caseload, role).Where(opens, role.F("user_ids").Contains(user)).As("own role"),
		filter.Some(document, template, caseload, role, group).Where(opens, group.F("member_ids").Contains(user)).As("role of a group"),
	), nil
}
