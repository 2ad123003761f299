// Package emit spells formulas in MongoDB's words: as query documents, as aggregation expressions,
// and as $lookup stages.
//
// A [Scope] is one pipeline that is being written: that of the root, or the sub-pipeline of a
// $lookup. It knows where the values of variables are. Embedded arrays become $elemMatch, documents
// of other collections become $lookup with their own conditions, and $expr says what only an
// expression can.
//
// The tables of leaves (leaf.go, leafexpr.go) spell every comparison twice: surely true and surely
// false.
package emit
