// Package evaluate is the reference semantics: it decides whether a filter authorizes a document, and says why.
package evaluate
