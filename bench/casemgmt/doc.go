// Package casemgmt is the case-management shape that the report measures: activity logs, of which a user may see those of the
// documents in the caseloads that a role opens to them, five hops away.
//
//	activity_logs → documents → templates
//	                   ↓            ↓
//	          caseloads (one that has the document's client and the template's case type)
//	                   ↓
//	             caseload_roles → groups
//
// [New] makes a [World] of any number of logs, always the same one for the same number; the documents, and all that stands between
// them and the users, do not depend on it. The world is its own oracle: [World.Page], [World.After] and [World.Count] say what
// every list must answer. [World.Load] stores it, with the indexes one would create. [Schema] and [Policy] say the same to mongoauthz.
package casemgmt
