// Package plan chooses how the clauses of a formula are served, and puts what is emitted together:
// a prefilter, the joins, the decision.
//
// Clauses that differ in the values of one field become one. A join graph of several documents in a
// row becomes a $lookup that reads its keys once.
package plan
