// Package mql holds MongoDB's query documents, aggregation expressions and stages as typed data.
// Its leaves are field paths and values. A value is a literal or a parameter of a prepared plan.
//
// A [Renderer] writes the data as BSON, with what the parameters stand for. Nothing reads BSON
// back: whatever has to be known of a query is a walk over the typed data.
//
// What a query holds is not changed once it is made. Parts of it may stand in several places.
package mql
