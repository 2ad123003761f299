package casemgmt_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/mongoauthz/go-mongoauthz/examples/casemgmt"
	"github.com/mongoauthz/go-mongoauthz/examples/casemgmt/internal/oracle"
)

// The demonstration's users, in the order of the columns below.
var everybody = []any{"admin", "billy-med", "ralph-unemp", "alan-wkcmp", "tom-auditor", "director", nil}

// An attempt is a write, and the status that each of everybody gets for it.
type attempt struct {
	name, method, path string
	body               any
	want               [7]int
}

type object = map[string]any

// Documents 1 to 3 are billy's (medical), 4 and 5 ralph's (unemployment), 6, 7 and 12 alan's (workers' compensation); 8 and 9 both billy and ralph may view
// by their group, 10 and 11 nobody but those who may view everywhere. The director is director in the first three caseloads.
var attempts = []attempt{
	{"a document of their own is changed", "PATCH", "/documents/1", object{"name": "new"}, [7]int{204, 204, 404, 404, 403, 204, 401}},
	{"replaced", "PUT", "/documents/1", object{"name": "new", "client": 1, "template": 1}, [7]int{204, 204, 404, 404, 403, 204, 401}},
	{"moved within what they may change", "PATCH", "/documents/1", object{"client": 2}, [7]int{204, 204, 404, 404, 403, 204, 401}},
	{"moved to another program of the client", "PATCH", "/documents/3", object{"template": 5}, [7]int{204, 403, 404, 404, 403, 204, 401}},
	{"moved to where a group of theirs may view only", "PATCH", "/documents/1", object{"client": 6}, [7]int{204, 403, 404, 404, 403, 403, 401}},
	{"moved out of all caseloads", "PATCH", "/documents/6", object{"client": 8}, [7]int{204, 404, 404, 403, 403, 403, 401}},
	{"moved to a client that is none", "PATCH", "/documents/6", object{"client": 999}, [7]int{422, 404, 404, 403, 403, 403, 401}},
	{"what a group may view", "PATCH", "/documents/8", object{"name": "new"}, [7]int{204, 403, 403, 404, 403, 404, 401}},
	{"what is in no caseload", "PATCH", "/documents/10", object{"name": "new"}, [7]int{204, 404, 404, 404, 403, 404, 401}},
	{"what is nowhere", "PATCH", "/documents/99", object{"name": "new"}, [7]int{404, 404, 404, 404, 404, 404, 401}},
	{"a client", "PATCH", "/clients/3", object{"email": "cleo@example.net"}, [7]int{204, 204, 204, 204, 403, 204, 401}},
	{"a case type", "PATCH", "/case_types/1", object{"name": "new"}, [7]int{204, 403, 403, 404, 403, 204, 401}},
	{"a caseload, by a permission held everywhere", "PATCH", "/caseloads/4", object{"clients": []int{6, 7, 1}}, [7]int{204, 404, 404, 404, 404, 204, 401}},
	{"a caseload, to be given a client that the director does not see", "PATCH", "/caseloads/4", object{"clients": []int{6, 7, 8}}, [7]int{204, 404, 404, 404, 404, 422, 401}},
	{"a field is cleared", "PATCH", "/clients/3", object{"email": nil}, [7]int{204, 204, 204, 204, 403, 204, 401}},
	{"who did it is not for the client to say", "PATCH", "/activity_logs/665000000000000000000001", object{"actor": "admin"}, [7]int{400, 403, 404, 404, 403, 400, 401}},
	{"when it was is not for the client to clear", "PATCH", "/activity_logs/665000000000000000000001", object{"date": nil}, [7]int{400, 403, 404, 404, 403, 400, 401}},
	{"eligibility", "PATCH", "/wkcmp_eligibility/1", object{"eligible": false}, [7]int{204, 404, 404, 204, 403, 204, 401}},
	{"eligibility, moved away", "PATCH", "/wkcmp_eligibility/1", object{"document": 10}, [7]int{204, 404, 404, 403, 403, 403, 401}},
	{"an activity", "PATCH", "/activity_logs/665000000000000000000001", object{"verb": "new"}, [7]int{204, 403, 404, 404, 403, 204, 401}},

	{"a document is deleted", "DELETE", "/documents/4", nil, [7]int{204, 404, 204, 404, 403, 204, 401}},
	{"a client is deleted", "DELETE", "/clients/1", nil, [7]int{204, 403, 404, 404, 403, 204, 401}},
	{"what is in no caseload is deleted", "DELETE", "/documents/11", nil, [7]int{204, 404, 404, 404, 403, 404, 401}},
	{"a user is deleted", "DELETE", "/users/tom-auditor", nil, [7]int{204, 404, 404, 404, 404, 403, 401}},

	{"a document is added", "POST", "/documents", object{"client": 2, "template": 1, "name": "new"}, [7]int{201, 201, 403, 403, 403, 201, 401}},
	{"one of a client and a program that no caseload has together", "POST", "/documents", object{"client": 1, "template": 3}, [7]int{201, 403, 403, 403, 403, 403, 401}},
	{"one where a group may view only", "POST", "/documents", object{"client": 6, "template": 1}, [7]int{201, 403, 403, 403, 403, 403, 401}},
	{"one with a template that is none", "POST", "/documents", object{"client": 2, "template": 99}, [7]int{422, 403, 403, 403, 403, 403, 401}},
	{"a client is added", "POST", "/clients", object{"name": "Ida Ito"}, [7]int{201, 403, 403, 403, 403, 201, 401}},
	{"eligibility is added", "POST", "/wkcmp_eligibility", object{"document": 12, "eligible": true, "since": "2026-05-04T09:00:00Z"}, [7]int{201, 403, 403, 201, 403, 201, 401}},
	{"an activity is added, judged itself", "POST", "/activity_logs", object{"document": 5, "verb": "viewed"}, [7]int{201, 403, 201, 403, 403, 201, 401}},
	{"an activity is added, judged on its document", "POST", "/documents/5/activities", object{"verb": "viewed"}, [7]int{201, 404, 201, 404, 403, 201, 401}},
	{"on a document that a group may view", "POST", "/documents/8/activities", object{"verb": "viewed"}, [7]int{201, 403, 403, 404, 403, 404, 401}},
	{"on a document that is none", "POST", "/documents/99/activities", object{"verb": "viewed"}, [7]int{404, 404, 404, 404, 404, 404, 401}},
}

// The matrix of statuses; what is denied leaves everything as it was, and what is not is written as asked.
func TestWritesHaveTheStatusOfWhoAsks(t *testing.T) {
	t.Parallel()
	s := newSite(t, demoWorld(t))
	before := s.stored(t)
	for _, a := range attempts {
		for i, user := range everybody {
			about := fmt.Sprintf("%s: %v %s %s", a.name, user, a.method, a.path)
			got := s.ask(t, user, a.method, a.path, a.body)
			require.Equal(t, a.want[i], got.status, "%s: %s", about, got.text)
			after := s.stored(t)
			if got.status >= 400 {
				require.Equal(t, before, after, about)
				continue
			}
			require.NotEqual(t, before, after, about)
			s.written(t, a, got, after, about)
			s.restore(t)
		}
	}
}

// written checks what a successful write left in the database.
func (s *site) written(t *testing.T, a attempt, got answer, after oracle.World, about string) {
	t.Helper()
	typ, ok := casemgmt.TypeNamed(strings.Split(a.path, "/")[1])
	require.True(t, ok)
	fields, _ := a.body.(object)
	id := strings.Split(a.path, "/")[2:]
	switch a.method {
	case "POST":
		if len(id) == 2 { // on a parent
			typ, _ = casemgmt.TypeNamed("activity_log")
			require.Equal(t, fmt.Sprint(find(after["activity_logs"], got.body["_id"])["document"]), id[0], about)
		}
		require.Equal(t, "/"+typ.Collection+"/"+got.body["_id"].(string), got.header.Get("Location"))
		id = []string{got.body["_id"].(string)}
	case "DELETE":
		require.Nil(t, find(after[typ.Collection], id[0]), about)
		require.Len(t, after[typ.Collection], len(s.data[typ.Collection])-1, about)
		return
	}
	doc := find(after[typ.Collection], id[0])
	require.NotNil(t, doc, about)
	for name, value := range fields {
		if _, isDate := doc[name].(bson.DateTime); isDate {
			continue
		}
		require.Equal(t, fmt.Sprint(value), fmt.Sprint(doc[name]), about)
	}
}

func find(docs []bson.M, id any) bson.M {
	for _, doc := range docs {
		if oid, ok := doc["_id"].(bson.ObjectID); ok && oid.Hex() == id || fmt.Sprint(doc["_id"]) == id {
			return doc
		}
	}
	return nil
}

// stored reads back all there is.
func (s *site) stored(t testing.TB) oracle.World {
	t.Helper()
	data := casemgmt.Data{}
	for _, typ := range casemgmt.Types() {
		cursor, err := s.db.Collection(typ.Collection).Find(t.Context(), bson.D{}, options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}))
		require.NoError(t, err)
		var docs []bson.Raw
		require.NoError(t, cursor.All(t.Context(), &docs))
		data[typ.Collection] = docs
	}
	w, err := oracle.Read(data)
	require.NoError(t, err)
	return w
}

// restore puts the collections that writes touch back to what they were.
func (s *site) restore(t testing.TB) {
	t.Helper()
	now := s.stored(t)
	for _, typ := range casemgmt.Types() {
		if fmt.Sprint(now[typ.Collection]) == fmt.Sprint(s.oracle[typ.Collection]) {
			continue
		}
		_, err := s.db.Collection(typ.Collection).DeleteMany(t.Context(), bson.D{})
		require.NoError(t, err)
		_, err = s.db.Collection(typ.Collection).InsertMany(t.Context(), s.data[typ.Collection])
		require.NoError(t, err)
	}
}

func TestWhatTheServiceSaysItselfIsNotTheClients(t *testing.T) {
	t.Parallel()
	s := newSite(t, demoWorld(t))
	got := s.ask(t, "alan-wkcmp", "POST", "/documents/6/activities", object{"verb": "printed"})
	require.Equal(t, 201, got.status)
	log := s.ask(t, "alan-wkcmp", "GET", got.header.Get("Location"), nil)
	require.Equal(t, 200, log.status)
	require.Equal(t, "alan-wkcmp", log.body["actor"])
	require.Contains(t, log.body, "date")
	for _, body := range []object{{"verb": "printed", "actor": "admin"}, {"verb": "printed", "date": "2020-01-01T00:00:00Z"}, {"verb": "printed", "document": 1}, {"verb": "printed", "_id": 1}} {
		require.Equal(t, 400, s.ask(t, "alan-wkcmp", "POST", "/documents/6/activities", body).status)
	}
}

func TestWhatIsRevokedIsGoneWithTheNextRequest(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		user   string
		path   string
		status int // afterwards
		revoke func(*site) (collection string, filter, update bson.D)
	}{
		"the role in the caseload": {"alan-wkcmp", "/documents/6", 404, func(*site) (string, bson.D, bson.D) {
			return "caseload_roles", bson.D{{Key: "user", Value: "alan-wkcmp"}}, bson.D{{Key: "$set", Value: bson.D{{Key: "user", Value: nil}}}}
		}},
		"the client in the caseload": {"alan-wkcmp", "/documents/6", 404, func(*site) (string, bson.D, bson.D) {
			return "caseloads", bson.D{{Key: "_id", Value: 3}}, bson.D{{Key: "$pull", Value: bson.D{{Key: "clients", Value: 3}}}}
		}},
		"the permission in the role": {"alan-wkcmp", "/documents/6", 404, func(*site) (string, bson.D, bson.D) {
			return "roles", bson.D{{Key: "_id", Value: "caseworker"}}, bson.D{{Key: "$pull", Value: bson.D{{Key: "permissions", Value: "view_document"}}}}
		}},
		"the template's case type": {"alan-wkcmp", "/documents/6", 404, func(*site) (string, bson.D, bson.D) {
			return "templates", bson.D{{Key: "_id", Value: 5}}, bson.D{{Key: "$set", Value: bson.D{{Key: "case_type", Value: 1}}}}
		}},
		"the membership in a group": {"billy-med", "/documents/8", 404, func(*site) (string, bson.D, bson.D) {
			return "users", bson.D{{Key: "_id", Value: "billy-med"}}, bson.D{{Key: "$set", Value: bson.D{{Key: "groups", Value: bson.A{}}}}}
		}},
		"the role held everywhere": {"tom-auditor", "/documents/8", 404, func(*site) (string, bson.D, bson.D) {
			return "role_assignments", bson.D{}, bson.D{{Key: "$unset", Value: bson.D{{Key: "group", Value: ""}}}}
		}},
		"the activity of the account": {"tom-auditor", "/documents/8", 404, func(*site) (string, bson.D, bson.D) {
			return "users", bson.D{{Key: "_id", Value: "tom-auditor"}}, bson.D{{Key: "$set", Value: bson.D{{Key: "is_active", Value: false}}}}
		}},
		"being a superuser": {"admin", "/documents/8", 404, func(*site) (string, bson.D, bson.D) {
			return "users", bson.D{{Key: "_id", Value: "admin"}}, bson.D{{Key: "$set", Value: bson.D{{Key: "is_superuser", Value: false}}}}
		}},
		"the account": {"admin", "/documents/8", 401, func(*site) (string, bson.D, bson.D) {
			return "users", bson.D{{Key: "_id", Value: "admin"}}, nil
		}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, demoWorld(t))
			require.Equal(t, 200, s.ask(t, tt.user, "GET", tt.path, nil).status)
			id := strings.Split(tt.path, "/")[2]
			require.Contains(t, s.everything(t, tt.user, "/documents"), id)
			collection, filter, update := tt.revoke(s)
			if update == nil {
				_, err := s.db.Collection(collection).DeleteOne(t.Context(), filter)
				require.NoError(t, err)
			} else {
				res, err := s.db.Collection(collection).UpdateMany(t.Context(), filter, update)
				require.NoError(t, err)
				require.Positive(t, res.ModifiedCount)
			}
			require.Equal(t, tt.status, s.ask(t, tt.user, "GET", tt.path, nil).status)
			require.Equal(t, tt.status, s.ask(t, tt.user, "PATCH", tt.path, object{"name": "new"}).status)
			if tt.status == 404 {
				require.NotContains(t, s.everything(t, tt.user, "/documents"), id)
			}
		})
	}
}

// Every document that could be made or moved, of each client and template: what is stored is what the oracle allows.
func TestCreatingAndMovingAreAllowedAsTheOracleSays(t *testing.T) {
	t.Parallel()
	s := newSite(t, demoWorld(t))
	document, _ := casemgmt.TypeNamed("document")
	documents := s.db.Collection(document.Collection)
	var created, moved sample
	tally := map[int]int{}
	for _, user := range everybody[:6] {
		for client := 1; client <= 8; client++ {
			for template := 1; template <= 6; template++ {
				after := bson.M{"client": client, "template": template}
				body := object{"client": client, "template": template}
				may := func(action string, doc bson.M) bool {
					ok, err := s.oracle.Allowed(user, action, document.Name, doc)
					require.NoError(t, err)
					return ok
				}
				if created.one(4) {
					want := 403
					if may("add", after) {
						want = 201
					}
					got := s.ask(t, user, "POST", "/documents", body)
					require.Equal(t, want, got.status, "%s adds %v: %s", user, body, got.text)
					tally[got.status]++
					n, err := documents.CountDocuments(t.Context(), bson.D{})
					require.NoError(t, err)
					require.EqualValues(t, len(s.data[document.Collection])+map[bool]int{true: 1}[want == 201], n)
					if want == 201 {
						_, err = documents.DeleteMany(t.Context(), bson.D{{Key: "name", Value: bson.D{{Key: "$exists", Value: false}}}})
						require.NoError(t, err)
					}
				}
				for i, before := range s.oracle[document.Collection] {
					if !moved.one(29) {
						continue
					}
					want := 403
					switch {
					case !may("view", before):
						want = 404
					case may("change", before) && may("change", after):
						want = 204
					}
					at := path(document, s.data[document.Collection][i].Lookup("_id"))
					got := s.ask(t, user, "PATCH", at, body)
					require.Equal(t, want, got.status, "%s moves %s to %v: %s", user, at, body, got.text)
					tally[got.status]++
					stored, err := documents.FindOne(t.Context(), bson.D{{Key: "_id", Value: before["_id"]}}).Raw()
					require.NoError(t, err)
					if want != 204 {
						require.Equal(t, s.data[document.Collection][i], stored)
						continue
					}
					require.EqualValues(t, client, stored.Lookup("client").AsInt64())
					require.EqualValues(t, template, stored.Lookup("template").AsInt64())
					_, err = documents.ReplaceOne(t.Context(), bson.D{{Key: "_id", Value: before["_id"]}}, s.data[document.Collection][i])
					require.NoError(t, err)
				}
			}
		}
	}
	for _, status := range []int{201, 204, 403, 404} {
		require.Positive(t, tally[status], "no %d among %v", status, tally)
	}
}
