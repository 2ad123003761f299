// Package mongoauthz answers which documents an actor may act on, in MongoDB.
//
// An [Authorizer] joins three things: a database, a [relations.Schema] that declares the resource types in it, and a [Policy]
// that says, as a [filter.Filter], what it leaves open once the actor and the action are known. [Authorizer.AuthorizedQuery]
// compiles that into a [Query]: one aggregation pipeline that returns exactly the authorized documents, each once, in its
// original shape.
//
//	az, err := mongoauthz.New(db, schema, policy)
//	q, err := az.AuthorizedQuery(ctx, actor, "read", "Book")
//	books, err := mongoauthz.Find[Book](ctx, az, actor, "read") // the short way
//
// # Running a query
//
// [Query.Aggregate] returns the driver's cursor. [Query.All], [Each], [Query.Count] and [FetchPage] read it. They take the
// driver's own aggregate options. [Query.Pipeline] and, where no join is left, [Query.FindFilter] hand out the stages
// for commands of your own; they do no I/O. [PageRequest.After] reads pages on from where one ended, at the same cost wherever that is.
//
// # How a query runs
//
// What the policy asks of other collections is turned around where its values narrow it: one command reads, starting from the actor's side, the
// keys by which documents meet it, and the list asks for these keys ([Cheapest]). So a list costs what the actor may see, and not a join for each
// document of the collection. More keys than [WithKeyLimit] allows, and keys that are no mere values, leave their joins in the pipeline;
// nothing is cut off. [SingleCommand] makes all joins in the pipeline; [WithConsistency] and [Query.WithConsistency] choose.
//
// Keys and documents are read by two commands. A role that is revoked in between still counts, as it does for a list that was read a moment
// earlier. Who cannot have that chooses [Rechecked], [SingleCommand] or [Snapshot].
//
//   - [Query.Resolve] returns the query bound to its keys: without joins it is a filter for find, count, update and delete too.
//   - [FetchPage] reads a page from a range of the sort's first field where the server would have to sort everything.
//   - [Authorizer.Indexes] says which indexes all that needs, and [Authorizer.Verify] which are missing.
//   - [Query.Profile] says what was sent, what it cost and why.
//
// # Extending a query
//
// Stages that follow the pipeline see authorized documents only. [Query.Append] checks that they stay there: it knows the stages
// that read nothing but their input and refuses every other, such as a $lookup, which would read another collection
// without a policy. Stages that you append to [Query.Pipeline] yourself are not checked. Put none before it, and none in front of its
// stages: what comes first sees every document.
//
// # Single decisions
//
// [Authorizer.Authorize] answers for one resource: nil, an error that matches [ErrForbidden], or one that matches [ErrNotFound]. The
// resource is a document in hand or the _id of a stored one. [Authorizer.AuthorizeNew] answers for a document not stored yet,
// [Authorizer.AuthorizedActions] for all actions declared, [FilterAuthorized] for documents already fetched. They agree with the lists:
// both have one meaning, which package evaluate defines. [Authorizer.Explain] tells, to whoever answers for a policy, why.
//
//	err := az.Authorize(ctx, actor, "update", book)                         // in hand
//	err := az.Authorize(ctx, actor, "update", mongoauthz.ID("Book", id))    // stored
//	err := az.Authorize(ctx, actor, "update", mongoauthz.Document("Book", raw))
//
// # Authorized writes
//
// [Query.UpdateOne], [Query.UpdateMany], [Query.DeleteOne], [Query.DeleteMany] and [Query.FindOneAndUpdate] are the driver's own, for the query's
// documents only: one that is not authorized is as one that does not match, and a denial sends nothing.
//
//	q, err := az.AuthorizedQuery(ctx, actor, "update", "Book")
//	res, err := q.UpdateMany(ctx, bson.D{{"state", "draft"}}, bson.D{{"$set", bson.D{{"state", "final"}}}})
//
// What is guaranteed depends on the query.
//
//   - Without joins (where [Query.FindFilter] gives a filter), the authorization stands in the write, beside the caller's filter. Each document is
//     authorized in the state in which it is written: check and write are atomic for each document, and no more so for several than the
//     driver's UpdateMany and DeleteMany.
//   - With joins, a first command chooses the documents, from the primary. The write names them by _id, and repeats the caller's filter and what
//     the query says of the document itself. So each document was authorized when it was chosen, and none is written that the caller's
//     filter does not match. A change of a related document in between, such as a membership that is revoked, is not noticed. Writes of one
//     document repeat all that the policy reads of it, and choose again if that has changed, a few times ([RefuseConflict]). Writes of many
//     notice only changes after which the document cannot be authorized whatever it is related to, and leave it out: the result
//     counts what was written. At most [WithWriteLimit] documents are chosen.
//   - With a query that [Query.Resolve] has bound to its keys, the authorization stands in the write as if there were no joins: what the policy asks of the
//     document itself holds in the state in which it is written, and what it asks of related documents is as old as the keys.
//   - With [Query.InTransaction], all of a write is authorized by the database as it was at one moment, related documents included, and
//     all of it is written or nothing. A document that others change after that moment makes the transaction start again. A related document that
//     others change after it does not: the write counts as one from before that change.
//
// That an update does not move a document out of what the actor may touch, nor out of or into another query, is asked for by
// [Query.NotMoving]. Upserts are refused: the document inserted would be made of the authorization's conditions, and the error for one that exists
// would say so. So is the positional operator $ in an update or a projection, which would speak of our conditions on arrays, and an update document that
// changes a field with the helper prefix ([RefuseReserved]), by which queries that join would lose or gain the document.
//
// # When a list is unexpectedly empty
//
// Run [Authorizer.VerifyData] first. It compares stored documents with the schema: types, shapes,
// names that never occur, keys that lead nowhere, and what is declared required or complete.
// [Authorizer.Explain] then says of one document which condition is not true.
//
// # Indexes
//
// [Authorizer.Indexes] says which indexes a service's lists need, and why. [Authorizer.IndexModels]
// makes the driver's models of them. [Authorizer.Verify] reports those that the database lacks.
//
// # Collation
//
// Queries run with the simple collation, whatever default the collection has: otherwise a collection that ignores case would make
// authorization ignore case. [WithCollation] changes it, and with it who is authorized.
//
// # Errors
//
// Every error of the library matches one of few sentinels and has a type with fields:
//
//   - [ErrArgument], [*ArgumentError]: something handed to this package cannot be used;
//   - [ErrUnknownResource], [*UnknownResourceError]: the schema has no such resource;
//   - [ErrUnknownAction], [*UnknownActionError]: the resource has no such action;
//   - [ErrForbidden], [*ForbiddenError] and [ErrNotFound], [*NotFoundError]: a decision, and no failure;
//   - [ErrStage], [*StageError]: Append refused a stage;
//   - [ErrPageToken], [*PageTokenError]: no page can be read after a page token;
//   - [ErrWrite], [*WriteError]: a write is refused, and nothing was written;
//   - [ErrVerify], [*VerifyError]: the database is not as the schema needs it;
//   - [ErrData], [*DataError]: stored data break a promise of the schema;
//   - [filter.ErrMalformed]: the policy's filter cannot mean anything; [filter.ErrLimit]: it is too large;
//   - [pipeline.ErrUnsupported]: the filter, or what is asked of it, cannot be compiled exactly.
//
// What a policy or the driver returns is wrapped, so that errors.Is and errors.As see through. No text of ours carries a
// document's data; the server's own texts may.
package mongoauthz
