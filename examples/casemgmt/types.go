package casemgmt

// Type is a resource type: what the service has lists of.
type Type struct {
	Name       string // as in casemgmt.view_client
	Collection string // where it lives, and the first part of its paths
	of         any
	required   []string          // fields that each must have
	stamped    []string          // fields that the service itself gives a new one: actor is who makes it, date is now
	references map[string]string // the collections of the ids in its fields
}

// types are all of them. What a type refers to stands in its references, by which what a request names is looked up before it is stored; which of
// these lead to a right is said in models.go.
var types = []Type{
	{Name: "user", Collection: "users", of: User{}, required: []string{"name"}, references: map[string]string{"groups": "groups", "user_permissions": "permissions"}},
	{Name: "group", Collection: "groups", of: Group{}, required: []string{"name"}, references: map[string]string{"permissions": "permissions"}},
	{Name: "permission", Collection: "permissions", of: Permission{}, required: []string{"full_name"}},
	{Name: "role", Collection: "roles", of: Role{}, required: []string{"name"}, references: map[string]string{"permissions": "permissions"}},
	{Name: "client", Collection: "clients", of: Client{}, required: []string{"name"}},
	{Name: "case_type", Collection: "case_types", of: CaseType{}, required: []string{"name"}},
	{Name: "template", Collection: "templates", of: Template{}, required: []string{"name", "case_type"}, references: map[string]string{"case_type": "case_types"}},
	{Name: "document", Collection: "documents", of: Document{}, required: []string{"client", "template"}, references: map[string]string{"client": "clients", "template": "templates"}},
	{Name: "caseload", Collection: "caseloads", of: Caseload{}, required: []string{"name"}, references: map[string]string{"clients": "clients", "case_types": "case_types"}},
	{Name: "caseload_role", Collection: "caseload_roles", of: CaseloadRole{}, required: []string{"caseload", "role"}, references: map[string]string{"caseload": "caseloads", "role": "roles", "user": "users", "group": "groups"}},
	{Name: "role_assignment", Collection: "role_assignments", of: RoleAssignment{}, required: []string{"role"}, references: map[string]string{"role": "roles", "user": "users", "group": "groups"}},
	{Name: "activity_log", Collection: "activity_logs", of: ActivityLog{}, required: []string{"document", "verb"}, stamped: []string{"actor", "date"}, references: map[string]string{"document": "documents", "actor": "users"}},
	{Name: "wkcmp_eligibility", Collection: "wkcmp_eligibility", of: WkcmpEligibility{}, required: []string{"document", "eligible"}, references: map[string]string{"document": "documents"}},
}

// Types returns the resource types.
func Types() []Type { return append([]Type(nil), types...) }

// TypeNamed returns the type with a name, such as client; the name of its collection does as well.
func TypeNamed(name string) (Type, bool) {
	for _, t := range types {
		if name == t.Name || name == t.Collection {
			return t, true
		}
	}
	return Type{}, false
}
