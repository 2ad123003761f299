// Package polar reads the text of a policy, for what cannot be told from what Oso makes of it. It needs no cgo.
//
// [Parse] reads Polar's whole language; resource blocks become the rules that they stand for. [CheckNegations] refuses the negations that
// Oso's partial evaluation gets wrong.
package polar
