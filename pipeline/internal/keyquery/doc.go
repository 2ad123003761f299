// Package keyquery turns joins around. A formula has two values, so "some document with that key
// makes this true" may be replaced by the set of keys of which it is true, wherever it stands.
//
// A join graph is the documents that must exist together, and the keys between them ([GraphOf]). A
// key query starts at the document that the filter's values narrow most, and follows the keys
// towards the outside, either way. Rows multiply there, and equal ones become one. What leads
// outside is an outer reference. [QueriesOf] finds the queries of a formula. Those that end alike
// share that tail.
package keyquery
