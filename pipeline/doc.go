// Package pipeline compiles a filter over a schema into one MongoDB aggregation pipeline, or a find filter where no join is left.
package pipeline
