// Package casemgmt is a service on the library, as its users would build one: case management over HTTP, whose every list, page, decision and write is
// authorized by mongoauthz. The command cmd/casemgmt loads data, serves it, and answers questions about who may do what.
//
// # Who may do what
//
// An action on a type is a permission, such as casemgmt.view_client. A user may do it with a document if one of these holds:
//
//   - the user is a superuser;
//   - the permission is the user's own, a group's of theirs, or in a role assigned to one of these everywhere; this takes an active account;
//   - the document belongs to a caseload in which the user, or a group of theirs, has a role with the permission.
//
// A client and a case type belong to the caseloads that list them, a template to those of its case type, a document to those that list both its client and
// the case type of its template, and activity logs and eligibility data to those of their document. Users, groups, permissions, roles, caseloads and what
// assigns them belong to none.
//
// # Where to look
//
//	models.go types.go   what is stored, and the relations that lead from it to caseloads
//	policy.go            the policy: who may do what, as a filter over these relations
//	polar/               the same policy in Polar, for who has such policies
//	actor.go             who asks: read anew for each request, so that what is revoked is gone with the next
//	service.go           paths, methods and credentials, by package httpauthz
//	list.go              lists: filters, search, order and pages behind the authorization
//	write.go             creating, changing and deleting
//	body.go encode.go    JSON in and out; id.go: ids as text
//	load.go generate.go  data from files, and many activity logs
//	indexes.go           the indexes that the library advises
//	ask.go               questions about the policy, on the command line
//	review.go page/      the same as a page for superusers: who may ask, what it costs; review_page.go: what it shows
//	spell.go             Extended JSON for a person to read
//
// internal/oracle says the same as the policies by plain loops over the raw documents, and knows nothing of the library. The tests compare them for every
// user, action and type, on the demonstration's data, on rows chosen to catch mistakes, and on random ones.
package casemgmt
