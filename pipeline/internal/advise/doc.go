// Package advise says which indexes serve what a plan reads: a walk over its queries and stages.
package advise
