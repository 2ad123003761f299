// Package stage is about the pipeline stages that callers append to a query: which of them stay
// inside their input, how they are copied, and how they are shown without values.
package stage
