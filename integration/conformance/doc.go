// Package conformance holds the rules of the design as tests: each names a rule, shows it on a few documents, and requires that
// the definition (package evaluate) and a real server (package pipeline) both give the answer written beside it.
package conformance
