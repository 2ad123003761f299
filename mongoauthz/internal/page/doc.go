// Package page is about the pages of a query: their order, the tokens from one to the next, and
// the ranges of the order in which a page should be found. It knows neither policies nor databases.
package page
