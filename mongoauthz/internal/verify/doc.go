// Package verify compares a live database with what a schema needs of it: how the client encodes Go
// structs, and which indexes are there.
package verify
