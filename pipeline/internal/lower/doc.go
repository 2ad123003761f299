// Package lower turns a checked filter, which has three values, into a formula, which has two.
//
// Every condition is asked in one of two modes: whether it is surely true, or surely false. A None
// asks its clause in the other mode. So each leaf becomes one of two tests, and each entity becomes
// a quantifier. A clause is surely false if no choice of its entities leaves every condition not
// surely false, and if the range of its entities is known.
//
// What it must agree with is defined by package evaluate. It shares no rule with it.
//
// A [Shape] is all that lowering looks at in a filter, without the values. Filters of one shape
// become one formula, in which the values are parameters.
package lower
