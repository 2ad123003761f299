package lists

import (
	"context"
	"slices"

	"github.com/mongoauthz/go-mongoauthz/bench/casemgmt"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// open returns the stages, to be run on the roles, that return the _ids of the documents whose logs a user may see.
func open(user string) []bson.D {
	id := d("$project", d("_id", 1))
	caseload := d("$project", d("_id", 0, "caseload_id", 1))
	permitted := d("$match", d("permissions", casemgmt.Permission))
	return []bson.D{
		d("$match", d("user_ids", user, "permissions", casemgmt.Permission)), caseload,
		d("$unionWith", d("coll", groups, "pipeline", []bson.D{
			d("$match", d("member_ids", user)),
			lookup(roles, "_id", "group_ids", "role", permitted, caseload),
			d("$unwind", "$role"), d("$replaceRoot", d("newRoot", "$role")),
		})),
		d("$group", d("_id", "$caseload_id")),
		lookup(caseloads, "_id", "_id", "caseload"), d("$unwind", "$caseload"),
		lookup(templates, "caseload.case_type_ids", "case_type_id", "template", id),
		d("$lookup", d("from", documents, "localField", "caseload.client_ids", "foreignField", "client_id",
			"let", d("templates", "$template._id"),
			"pipeline", []bson.D{d("$match", d("$expr", d("$in", bson.A{"$template_id", "$$templates"}))), id},
			"as", "document")),
		d("$unwind", "$document"),
		d("$group", d("_id", "$document._id")),
	}
}

// keys reads the documents that a user may see by one aggregate.
type keys struct{ db *mongo.Database }

func (keys) Name() string { return "keys" }
func (keys) ByHand() bool { return true }

func (k keys) documents(ctx context.Context, user string) ([]string, error) {
	found, err := aggregate(ctx, k.db.Collection(roles), open(user))
	return texts(found, "_id"), err
}

func (k keys) List(ctx context.Context, r Request) ([]bson.Raw, error) {
	ids, err := k.documents(ctx, r.User)
	if err != nil {
		return nil, err
	}
	return listed(ctx, k.db, ids, r)
}

func (k keys) Count(ctx context.Context, user string) (int64, error) {
	ids, err := k.documents(ctx, user)
	if err != nil {
		return 0, err
	}
	return counted(ctx, k.db, ids)
}

// chunks reads as keys does, and has the documents in several $in: a server that unites the entries of all keys at once, one by one, takes a
// time that grows with their number.
type chunks struct{ keys }

func (chunks) Name() string { return "chunks" }

const perChunk = 4

func (c chunks) List(ctx context.Context, r Request) ([]bson.Raw, error) {
	ids, err := c.documents(ctx, r.User)
	if err != nil {
		return nil, err
	}
	return aggregate(ctx, c.db.Collection(logs), append([]bson.D{d("$match", inChunks(ids))}, page(r)...))
}

func (c chunks) Count(ctx context.Context, user string) (int64, error) {
	ids, err := c.documents(ctx, user)
	if err != nil {
		return 0, err
	}
	return count(ctx, c.db.Collection(logs), []bson.D{d("$match", inChunks(ids))})
}

func inChunks(ids []string) bson.D {
	if len(ids) == 0 {
		return of(ids)
	}
	var some bson.A
	for chunk := range slices.Chunk(ids, perChunk) {
		some = append(some, of(chunk))
	}
	return d("$or", some)
}

// listed lists the logs of documents by one find.
func listed(ctx context.Context, db *mongo.Database, ids []string, r Request) ([]bson.Raw, error) {
	filter := of(ids)
	if r.After != nil {
		filter = append(filter, after(*r.After)...)
	}
	o := options.Find()
	if r.Limit > 0 {
		o.SetSort(casemgmt.Order()).SetSkip(r.Skip).SetLimit(r.Limit)
	}
	return find(ctx, db.Collection(logs), filter, o)
}

// counted counts the logs of documents.
func counted(ctx context.Context, db *mongo.Database, ids []string) (int64, error) {
	return count(ctx, db.Collection(logs), []bson.D{d("$match", of(ids))})
}

// finds reads the documents that a user may see by a find for each collection on the way.
type finds struct{ db *mongo.Database }

func (finds) Name() string { return "finds" }
func (finds) ByHand() bool { return true }

func (f finds) documents(ctx context.Context, user string) ([]string, error) {
	read := func(collection string, filter bson.D, fields ...string) ([]bson.Raw, error) {
		projection := d("_id", 0)
		for _, field := range fields {
			if projection = append(projection, bson.E{Key: field, Value: 1}); field == "_id" {
				projection = projection[1:]
			}
		}
		return find(ctx, f.db.Collection(collection), filter, options.Find().SetProjection(projection))
	}
	found, err := read(groups, d("member_ids", user), "_id")
	if err != nil {
		return nil, err
	}
	holder := bson.A{d("user_ids", user), d("group_ids", d("$in", texts(found, "_id")))}
	found, err = read(roles, d("permissions", casemgmt.Permission, "$or", holder), "caseload_id")
	if err != nil {
		return nil, err
	}
	loads, err := read(caseloads, d("_id", d("$in", texts(found, "caseload_id"))), "client_ids", "case_type_ids")
	if err != nil || len(loads) == 0 {
		return nil, err
	}
	made, err := read(templates, d("case_type_id", d("$in", texts(loads, "case_type_ids"))), "_id", "case_type_id")
	if err != nil {
		return nil, err
	}
	var each bson.A
	for _, load := range loads {
		caseTypes := texts([]bson.Raw{load}, "case_type_ids")
		ids := texts(slices.DeleteFunc(slices.Clone(made), func(t bson.Raw) bool {
			return !slices.Contains(caseTypes, t.Lookup("case_type_id").StringValue())
		}), "_id")
		each = append(each, d("client_id", d("$in", texts([]bson.Raw{load}, "client_ids")), "template_id", d("$in", ids)))
	}
	found, err = read(documents, d("$or", each), "_id")
	return texts(found, "_id"), err
}

func (f finds) List(ctx context.Context, r Request) ([]bson.Raw, error) {
	ids, err := f.documents(ctx, r.User)
	if err != nil {
		return nil, err
	}
	return listed(ctx, f.db, ids, r)
}

func (f finds) Count(ctx context.Context, user string) (int64, error) {
	ids, err := f.documents(ctx, user)
	if err != nil {
		return 0, err
	}
	return counted(ctx, f.db, ids)
}
