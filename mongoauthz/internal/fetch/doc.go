// Package fetch reads, from a database, the documents that decisions in process ask for.
package fetch
