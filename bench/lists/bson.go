package lists

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/mongoauthz/go-mongoauthz/bench/casemgmt"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

const (
	logs      = "activity_logs"
	documents = "documents"
	templates = "templates"
	caseloads = "caseloads"
	roles     = "caseload_roles"
	groups    = "groups"
)

// d returns the document of keys and values in turns.
func d(pairs ...any) bson.D {
	out := make(bson.D, 0, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, bson.E{Key: pairs[i].(string), Value: pairs[i+1]})
	}
	return out
}

// lookup returns the stage that joins by equality, with a sub-pipeline if it is not empty.
func lookup(from, local, foreign, as string, stages ...bson.D) bson.D {
	body := d("from", from, "localField", local, "foreignField", foreign, "as", as)
	if len(stages) > 0 {
		body = append(body, bson.E{Key: "pipeline", Value: stages})
	}
	return d("$lookup", body)
}

// page returns the stages for what is asked for of the logs that the user sees.
func page(r Request) []bson.D {
	var stages []bson.D
	if r.After != nil {
		stages = append(stages, d("$match", after(*r.After)))
	}
	if r.Limit == 0 {
		return stages
	}
	stages = append(stages, d("$sort", casemgmt.Order()))
	if r.Skip > 0 {
		stages = append(stages, d("$skip", r.Skip))
	}
	return append(stages, d("$limit", r.Limit))
}

// after returns the condition on what follows a cursor in casemgmt.Order.
func after(c casemgmt.Cursor) bson.D {
	return d("$or", bson.A{d("date", d("$lt", c.Date)), d("date", c.Date, "_id", d("$lt", c.ID))})
}

// of returns the filter for the logs of documents.
func of(ids []string) bson.D { return d("document_id", d("$in", ids)) }

// aggregate runs stages, and tells the server how long they may take: it would go on with a command whose caller has gone.
func aggregate(ctx context.Context, c *mongo.Collection, stages []bson.D) ([]bson.Raw, error) {
	command := d("aggregate", c.Name(), "pipeline", stages, "cursor", d("batchSize", 1_000))
	if deadline, ok := ctx.Deadline(); ok {
		command = append(command, bson.E{Key: "maxTimeMS", Value: max(time.Until(deadline).Milliseconds(), 1)})
	}
	cursor, err := c.Database().RunCommandCursor(ctx, command)
	var out []bson.Raw
	if err == nil {
		err = cursor.All(ctx, &out)
	}
	return out, err
}

// count runs stages and counts what they return.
func count(ctx context.Context, c *mongo.Collection, stages []bson.D) (int64, error) {
	found, err := aggregate(ctx, c, append(slices.Clip(stages), d("$count", "n")))
	if err != nil || len(found) == 0 {
		return 0, err
	}
	n, ok := found[0].Lookup("n").AsInt64OK()
	if !ok {
		return 0, fmt.Errorf("lists: a count that is no number")
	}
	return n, nil
}

// find runs a find.
func find(ctx context.Context, c *mongo.Collection, filter bson.D, o *options.FindOptionsBuilder) ([]bson.Raw, error) {
	cursor, err := c.Find(ctx, filter, o)
	var out []bson.Raw
	if err == nil {
		err = cursor.All(ctx, &out)
	}
	return out, err
}

// texts returns the different strings in a field of documents, which is a string or a list of them, sorted.
func texts(found []bson.Raw, field string) []string {
	out := []string{}
	for _, raw := range found {
		v := raw.Lookup(field)
		if s, ok := v.StringValueOK(); ok {
			out = append(out, s)
		}
		if list, ok := v.ArrayOK(); ok {
			values, _ := list.Values()
			for _, e := range values {
				if s, ok := e.StringValueOK(); ok {
					out = append(out, s)
				}
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
