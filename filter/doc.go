// Package filter is the intermediate representation between policies and MongoDB: what a policy leaves open once the actor
// and the action are known, as an OR of clauses over one resource type.
package filter
