// Package driver is the plumbing between package mongoauthz and the MongoDB driver: options,
// deadlines, cursors, copies of Go values, explanations, and whether the server has transactions.
// It knows neither policies nor queries.
package driver
