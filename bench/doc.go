// Package bench compares authorized lists with the alternatives on a real server, in one run: run it with make bench-server.
//
// The alternative is what one writes by hand, or what an adapter that only knows joins emits: every relation looked up and
// unwound for every document, and one $match at the end.
package bench
