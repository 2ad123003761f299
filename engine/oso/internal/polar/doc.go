// Package polar reads the text of a policy, for what cannot be told from what Oso makes of it. It needs no cgo.
//
// [Parse] reads Polar's whole language; resource blocks become the rules that they stand for. [Check] refuses what Oso's partial evaluation gets
// wrong, [Asked.Check] what it drops of relations, and [Rewrite] writes as much of that as it can in a form that Oso gets right.
package polar
