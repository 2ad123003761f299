package casemgmt

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
)

// ErrUnknownPermission is matched (errors.Is) by the policy's error about an action for which there is no permission.
var ErrUnknownPermission = errors.New("casemgmt: no such permission")

// Policy returns what an [*Actor] may act on. Anybody else may do nothing.
//
// An action on a type is the permission casemgmt.<action>_<type>, unless it has a dot: then it is the name of the permission itself. It is
// an error that matches [ErrUnknownPermission] if the directory does not have it.
func Policy(d Directory) mongoauthz.Policy {
	return mongoauthz.PolicyFunc(func(ctx context.Context, actor any, action, resource string) (filter.Filter, error) {
		a, ok := actor.(*Actor)
		if !ok || a == nil {
			return filter.Deny(resource), nil
		}
		permission, err := d.Permission(ctx, PermissionName(action, resource))
		switch {
		case err != nil:
			return filter.Filter{}, err
		case len(permission) == 0:
			return filter.Filter{}, fmt.Errorf("%w: %q of %q", ErrUnknownPermission, action, resource)
		case a.Superuser:
			return filter.For(resource, filter.Where(filter.True).As("superusers")), nil
		case a.holds(permission):
			return filter.For(resource, filter.Where(filter.True).As("permission held everywhere")), nil
		}
		in, ok := caseloadsOf[resource]
		if !ok {
			return filter.Deny(resource), nil
		}
		grant := in.caseload.Reach("grant", "grants")
		role := grant.Reach("role", "its_role")
		return filter.For(resource, filter.Some(append(in.entities, grant, role)...).
			Where(
				role.F("permissions").Intersects(permission),
				filter.Any{
					filter.Where(grant.F("user").Contains(a.ID)),
					filter.Where(grant.F("group").Intersects(a.Groups)),
				},
			).
			As("role in a caseload")), nil
	})
}

// PermissionName returns the full name of the permission that an action on a resource type takes.
func PermissionName(action, resource string) string {
	if strings.Contains(action, ".") {
		return action
	}
	return "casemgmt." + action + "_" + resource
}

// membership says how a type leads to the caseloads that its documents belong to.
type membership struct {
	entities []filter.Entity // the caseload is the last of them
	caseload filter.Entity
}

// caseloadsOf has the types whose documents belong to caseloads.
var caseloadsOf = map[string]membership{
	"client":            through(filter.Reach("caseload", "caseloads")),
	"case_type":         through(filter.Reach("caseload", "caseloads")),
	"template":          through(filter.Reach("caseload", "caseloads")),
	"document":          throughDocument(filter.Entity{}),
	"activity_log":      throughDocument(filter.Reach("document", "its_document")),
	"wkcmp_eligibility": throughDocument(filter.Reach("document", "its_document")),
}

func through(entities ...filter.Entity) membership {
	return membership{entities: entities[:len(entities):len(entities)], caseload: entities[len(entities)-1]}
}

// throughDocument leads to the caseloads that list both the client of a document and the case type of its template. The
// zero entity is the resource itself.
func throughDocument(document filter.Entity) membership {
	template := document.Reach("template", "its_template")
	caseload := document.Reach("caseload", "client_caseloads").Via(template, "caseloads")
	if document.Name == "" {
		return through(template, caseload)
	}
	return through(document, template, caseload)
}
