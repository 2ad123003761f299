// Package inspect compares stored documents with what a schema declares. It looks at documents one
// by one, and holds counts and examples. It reads nothing itself: whoever inspects hands it the
// documents and answers its requests for related ones.
package inspect
