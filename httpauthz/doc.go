// Package httpauthz puts authorization behind net/http: who asks, which action a method is, and which status an error is.
//
//	mux.Handle("/books/{id}", &httpauthz.ResourceHandler{Authorizer: az, Type: "Book", Serve: book})
//	http.ListenAndServe(address, httpauthz.Authenticate(identify, mux))
//
// # The actor
//
// [Authenticate] asks a function of the service who sends a request, and puts the answer into the request's context, where [Actor] finds it. No
// credentials are no error: the actor is nil, and it is the policy that gives nobody what is public. Bad credentials are one ([ErrUnauthenticated]), and
// the request goes no further.
//
// # The action
//
// [Actions] has an action for each method. A method without one is not allowed (405).
//
// # One resource by its id
//
// [ResourceHandler] is a handler for the path of a single resource. It serves a request if the actor may do its action with the resource, and hands on
// the document as it was when that was decided:
//
//	func book(w http.ResponseWriter, r *http.Request, a *httpauthz.Access) error {
//		switch r.Method {
//		case http.MethodDelete:
//			q, err := a.Query(r.Context())
//			…
//		}
//	}
//
// A write is made with the query of [Access.Query], which authorizes it again, at the moment it is made.
//
// # Errors
//
// [Handler] is a function that returns its error, and [WriteError] writes one as problem+json (RFC 9457):
//
//	400 Bad Request             mongoauthz.ErrPageToken: a page is asked for by a page token that is none, or is for other pages
//	401 Unauthorized            ErrUnauthenticated; and instead of 403 and 404 where there is no actor
//	403 Forbidden               mongoauthz.ErrForbidden: the actor may know of the resource, but not do this
//	404 Not Found               mongoauthz.ErrNotFound: the actor may not know of it, or there is none
//	405 Method Not Allowed      a method without an action
//	409 Conflict                a write was refused because the document changed each time
//	413 Content Too Large       a body beyond http.MaxBytesReader
//	422 Unprocessable Content   a write was refused for what it asks
//	503 Service Unavailable     the request's time is over
//	500 Internal Server Error   everything else, of which nothing is told
//
// [Report] tells the service of them. A [Problem] is an error too, for what a service has to say itself. No other error's text reaches the client: it may name what the actor is not
// to know.
package httpauthz
