package casemgmt

import (
	"time"

	"github.com/mongoauthz/go-mongoauthz/relations"
)

// ID is the key of a document: a number, a string or an ObjectID, whatever the data that was loaded has. See [ParseID].
type ID = any

// The bson tags name the fields, as they do for the driver; the authz tags say how one document leads to another. Membership in a caseload is the id
// in its list, so that relations lead from an id to the caseloads without a look at what the id stands for.

// User is somebody who signs in. Permissions of their own and of their groups hold everywhere.
type User struct {
	ID              ID     `bson:"_id"`
	Name            string `bson:"name"`
	Groups          []ID   `bson:"groups,omitempty"`
	UserPermissions []ID   `bson:"user_permissions,omitempty"`
	IsSuperuser     bool   `bson:"is_superuser"`
	IsActive        bool   `bson:"is_active"`
}

// Group is a set of users, who list it.
type Group struct {
	ID          ID     `bson:"_id"`
	Name        string `bson:"name"`
	Permissions []ID   `bson:"permissions,omitempty"`
}

// Permission is what others list by its id. FullName is what is asked for, such as casemgmt.view_client.
type Permission struct {
	ID       ID     `bson:"_id"`
	FullName string `bson:"full_name"`
}

// Role is a job: the permissions that come with it, wherever it is held.
type Role struct {
	ID          ID     `bson:"_id"`
	Name        string `bson:"name"`
	Permissions []ID   `bson:"permissions,omitempty"`
}

// Client is whom the cases are about.
type Client struct {
	ID    ID     `bson:"_id" authz:"caseloads has many caseload by clients"`
	Name  string `bson:"name"`
	Email string `bson:"email,omitempty"`
}

// CaseType is a program, such as unemployment.
type CaseType struct {
	ID   ID     `bson:"_id" authz:"caseloads has many caseload by case_types"`
	Name string `bson:"name"`
}

// Template is what documents of one case type are made from.
type Template struct {
	ID       ID     `bson:"_id"`
	Name     string `bson:"name"`
	CaseType ID     `bson:"case_type" authz:"caseloads has many caseload by case_types"`
}

// Document is a document of a client.
type Document struct {
	ID       ID     `bson:"_id"`
	Name     string `bson:"name"`
	Client   ID     `bson:"client" authz:"client_caseloads has many caseload by clients"`
	Template ID     `bson:"template" authz:"its_template references template"`
}

// Caseload is a set of clients and a set of case types.
type Caseload struct {
	ID        ID     `bson:"_id" authz:"grants has many caseload_role by caseload"`
	Name      string `bson:"name"`
	Clients   []ID   `bson:"clients,omitempty"`
	CaseTypes []ID   `bson:"case_types,omitempty"`
}

// CaseloadRole gives a role in one caseload to users and groups.
type CaseloadRole struct {
	ID       ID   `bson:"_id"`
	Caseload ID   `bson:"caseload"`
	Role     ID   `bson:"role" authz:"its_role references role"`
	User     []ID `bson:"user,omitempty"`
	Group    []ID `bson:"group,omitempty"`
}

// RoleAssignment gives a role everywhere to users and groups.
type RoleAssignment struct {
	ID    ID   `bson:"_id"`
	Role  ID   `bson:"role"`
	User  []ID `bson:"user,omitempty"`
	Group []ID `bson:"group,omitempty"`
}

// ActivityLog is what somebody did with a document.
type ActivityLog struct {
	ID       ID        `bson:"_id"`
	Document ID        `bson:"document" authz:"its_document references document"`
	Actor    ID        `bson:"actor"`
	Verb     string    `bson:"verb"`
	Date     time.Time `bson:"date"`
}

// WkcmpEligibility is what a document of workers' compensation says about eligibility.
type WkcmpEligibility struct {
	ID       ID        `bson:"_id"`
	Document ID        `bson:"document" authz:"its_document references document"`
	Eligible bool      `bson:"eligible"`
	Since    time.Time `bson:"since,omitempty"`
	Note     string    `bson:"note,omitempty"`
}

// Schema declares the resource types, by the names that permissions have, and the collections they live in.
func Schema() (*relations.Schema, error) {
	structs := make([]relations.Struct, len(types))
	for i, t := range types {
		structs[i] = relations.Struct{Of: t.of, Name: t.Name, Collection: t.Collection}
	}
	return relations.FromStructs(structs...)
}
