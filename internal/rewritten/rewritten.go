// Package rewritten lets tests evaluate filters that were normalised or expanded, which package
// evaluate refuses. They prove that rewriting keeps the meaning of a filter.
package rewritten

// Prepare is set by package evaluate. It takes a *relations.CheckedFilter, and returns an
// *evaluate.Evaluator: this package may import neither.
var Prepare func(checked any) (evaluator any, err error)
