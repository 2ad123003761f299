// Package polar is the policy of package casemgmt once more, in Polar: policy.polar, run by engine/oso. It answers as casemgmt.Policy does, and
// takes its place:
//
//	policy, err := polar.Load()
//	service, err := casemgmt.New(db, casemgmt.Config{Policy: policy})
//
// It needs cgo and a C compiler, which is why package casemgmt does not import it; the command does where it is built with cgo, for --policy polar.
//
// # The text
//
// policy.polar has three rules allow, one for each sentence of the documentation of casemgmt. A variable that is bound by in ranges over the
// rows of a relation of the schema: all conditions on grant speak of one row of caseload_roles, and a caseload that is bound twice has to be reached
// along both paths. So the text says nothing of joins, and a list is one query all the same.
//
// There are no resource blocks: their roles and permissions are names in the text, while here both are rows that users write. Blocks that only say
// what belongs to what (has_relation, and one role for all) were tried, with the same answers: the text was twice as long, and Oso took two to three times as long.
//
// What Polar has no word for is said in Go: which permission an action takes, and that an unknown one is an error.
package polar
