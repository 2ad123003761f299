// Package bench compares authorized lists with the alternatives on a real server.
//
// make bench-server runs this package's benchmarks: a list over one join, and single decisions. The alternative is what one writes by hand, or
// what an adapter that only knows joins emits: every relation looked up and unwound for every document, and one $match at the end.
//
// make bench-report writes report/report.md and its plot: pages and counts over five joins, in collections of up to half a million documents, through
// the library, by that adapter's pipeline, and by the fastest queries by hand that we know (packages casemgmt and lists, command benchreport).
package bench
