// Package formula holds what a filter means for one document as a two-valued formula over
// variables.
//
// A variable stands for a document, for an element of an array of documents, or for an element of a
// list of keys. The leaves test one stored value ([Test]) or compare two ([Pair]). A quantifier
// ([Exists]) says that some value of a variable makes its body true.
//
// Package lower makes formulas. Packages keyquery and plan rewrite them, and package emit spells
// them in MongoDB's words. A formula is not changed once it is made.
package formula
