package lists

import (
	"context"

	"github.com/mongoauthz/go-mongoauthz/bench/casemgmt"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
)

// textbook is what an adapter emits that knows joins and nothing else.
type textbook struct{ db *mongo.Database }

func (textbook) Name() string { return "textbook" }
func (textbook) ByHand() bool { return false }

func (textbook) stages(user string) []bson.D {
	unwind := func(field string) bson.D {
		return d("$unwind", d("path", "$"+field, "preserveNullAndEmptyArrays", true))
	}
	return []bson.D{
		lookup(documents, "document_id", "_id", "document"), unwind("document"),
		lookup(templates, "document.template_id", "_id", "template"), unwind("template"),
		lookup(caseloads, "document.client_id", "client_ids", "caseload"), unwind("caseload"),
		lookup(roles, "caseload._id", "caseload_id", "role"), unwind("role"),
		lookup(groups, "role.group_ids", "_id", "group"), unwind("group"),
		d("$match", d(
			"role.permissions", casemgmt.Permission,
			"$expr", d("$in", bson.A{"$template.case_type_id", d("$ifNull", bson.A{"$caseload.case_type_ids", bson.A{}})}),
			"$or", bson.A{d("role.user_ids", user), d("group.member_ids", user)})),
		d("$unset", bson.A{"document", "template", "caseload", "role", "group"}),
		d("$group", d("_id", "$_id", "log", d("$first", "$$ROOT"))),
		d("$replaceRoot", d("newRoot", "$log")),
	}
}

func (t textbook) List(ctx context.Context, r Request) ([]bson.Raw, error) {
	return aggregate(ctx, t.db.Collection(logs), append(t.stages(r.User), page(r)...))
}

func (t textbook) Count(ctx context.Context, user string) (int64, error) {
	return count(ctx, t.db.Collection(logs), t.stages(user))
}
