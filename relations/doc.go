// Package relations declares what a filter may speak of: resource types, the collections they live in, their fields, their
// scopes, and the relations that lead from one type to another.
package relations
