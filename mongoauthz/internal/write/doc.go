// Package write analyses authorized writes before they are sent: what an update changes, what it
// makes of a document, whether it takes away required fields, and how the caller's filter stands
// beside the authorization. It sends nothing.
package write
