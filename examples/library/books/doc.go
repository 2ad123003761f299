// Package books is the library that the example programs share: what it stores, who asks, and what is printed for them. The programs
// differ in the policy: examples/library has it in Go, examples/library/polar in Polar.
//
// Everything a service has of its own stands in a few lines: the types in models.go, the schema that [Schema] makes of them, and what a
// Policy needs to know of an [Actor]. In memory.go and server.go the same queries are answered twice, without a server and with one.
package books
