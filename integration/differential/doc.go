// Package differential holds the suite that compares the database with the definition: for random schemas, documents and filters
// it runs the compiled pipeline on a real server and requires exactly the documents that package evaluate authorizes.
package differential
