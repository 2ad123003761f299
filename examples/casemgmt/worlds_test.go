package casemgmt_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/examples/casemgmt"
	"github.com/mongoauthz/go-mongoauthz/examples/casemgmt/internal/oracle"
)

// A world is what is stored, twice: for the service, and for the oracle.
type world struct {
	name   string
	data   casemgmt.Data
	oracle oracle.World
}

func newWorld(t testing.TB, name string, data casemgmt.Data) world {
	t.Helper()
	o, err := oracle.Read(data)
	require.NoError(t, err)
	return world{name, data, o}
}

func demoWorld(t testing.TB) world {
	t.Helper()
	data, err := casemgmt.ReadData(casemgmt.Demo())
	require.NoError(t, err)
	return newWorld(t, "demo", data)
}

// users returns the ids of the world's users.
func (w world) users() (ids []bson.RawValue) {
	for _, u := range w.data["users"] {
		ids = append(ids, u.Lookup("_id"))
	}
	return ids
}

// allowed returns what the oracle says of each document of a type.
func (w world) allowed(t testing.TB, user bson.RawValue, action string, typ casemgmt.Type) []bool {
	t.Helper()
	var id any
	require.NoError(t, user.Unmarshal(&id))
	var answers []bool
	for _, doc := range w.oracle[typ.Collection] {
		ok, err := w.oracle.Allowed(id, action, typ.Name, doc)
		require.NoError(t, err)
		answers = append(answers, ok)
	}
	return answers
}

// hostileWorld has rows chosen to catch mistakes.
func hostileWorld(t testing.TB) world {
	t.Helper()
	data, err := casemgmt.ReadData(casemgmt.Demo())
	require.NoError(t, err)
	h := casemgmt.Data{"permissions": data["permissions"]}
	insert := func(collection string, docs ...bson.D) {
		for _, doc := range docs {
			raw, err := bson.Marshal(doc)
			require.NoError(t, err)
			h[collection] = append(h[collection], raw)
		}
	}
	every := bson.A{}
	for _, action := range actions {
		for _, typ := range casemgmt.Types() {
			every = append(every, action+"_"+typ.Name)
		}
	}
	user := func(id any, active, super bool, groups any) bson.D {
		return bson.D{{Key: "_id", Value: id}, {Key: "name", Value: fmt.Sprint(id)}, {Key: "groups", Value: groups}, {Key: "is_active", Value: active}, {Key: "is_superuser", Value: super}}
	}
	d := func(pairs ...any) bson.D {
		var doc bson.D
		for i := 0; i < len(pairs); i += 2 {
			doc = append(doc, bson.E{Key: pairs[i].(string), Value: pairs[i+1]})
		}
		return doc
	}
	A := func(v ...any) bson.A { return append(bson.A{}, v...) }
	oid := bson.NewObjectID()

	insert("roles", d("_id", "all", "permissions", every), d("_id", "view", "permissions", A("view_client", "view_document", "view_activity_log", "view_wkcmp_eligibility", nil)),
		d("_id", "change", "permissions", A("change_client", "change_document")), d("_id", "none"), d("_id", "odd", "permissions", "view_client"))
	insert("groups", d("_id", "g1"), d("_id", "g2", "permissions", A("view_template", "no such permission")), d("_id", "g3", "permissions", nil))
	insert("users",
		user("super", true, true, A()), user("super asleep", false, true, nil),
		user("global", true, false, nil), user("global asleep", false, false, A("g2")),
		user("asleep", false, false, A("g1")), // a role in a caseload does not ask whether the account is active
		user("three ways", true, false, A("g1", "g2", "g1")), user("g2", true, false, A("g2", "g9")),
		user("none", true, false, A()), user("missing", true, false, nil),
		user(int32(7), true, false, A()), user("7", true, false, A()), user(oid, true, false, "g3"),
		d("_id", "nothing is said of this one"), d("_id", "truthy", "is_active", 1, "is_superuser", "true", "groups", A(nil, A("g1"))))
	insert("role_assignments",
		d("_id", 1, "role", "view", "user", "global"), d("_id", 2, "role", "all", "user", A("global asleep")), d("_id", 3, "role", "no such role", "user", "none"),
		d("_id", 4, "role", nil, "user", "none"), d("_id", 5, "role", A("all"), "user", "none"), d("_id", 6, "role", "all"), d("_id", 7, "role", "all", "user", nil, "group", A(nil)),
		d("_id", 8, "role", "change", "group", A("g2", "g4")))
	insert("case_types", d("_id", 1, "name", "one"), d("_id", 2, "name", "two"), d("_id", 3, "name", "in no caseload"), d("_id", 4))
	insert("clients", d("_id", 1, "name", "one"), d("_id", 2, "name", "two"), d("_id", 3, "name", "in both"), d("_id", 4, "name", "in none"), d("_id", "1", "name", "not one"), d("_id", oid, "name", "oid"))
	insert("templates", d("_id", 1, "case_type", 1), d("_id", 2, "case_type", 2), d("_id", 3, "case_type", 99), d("_id", 4, "case_type", nil), d("_id", 5), d("_id", 6, "case_type", A(1, 2)), d("_id", 7, "case_type", 1.0), d("_id", 8, "case_type", "1"))
	insert("caseloads",
		d("_id", 1, "clients", A(1, 3), "case_types", A(1)),
		d("_id", 2, "clients", A(2, 3, 3), "case_types", A(2, 1)),
		d("_id", 3, "clients", A(1, 2), "case_types", A()),
		d("_id", 4, "clients", nil, "case_types", A(1, 2, 99)),
		d("_id", 5, "clients", A(nil, "1", oid, 77), "case_types", A(nil, 2.0)),
		d("_id", 6), d("_id", nil2, "clients", A(1, 2, 3, 4), "case_types", A(1, 2, 3)))
	insert("caseload_roles",
		d("_id", 1, "caseload", 1, "role", "view", "user", A("three ways", "asleep"), "group", "g1"), d("_id", 2, "caseload", 1, "role", "view", "user", nil, "group", A("g1", "g2")),
		d("_id", 3, "caseload", 2, "role", "change", "user", "three ways"), // view in one, change in another
		d("_id", 4, "caseload", 2, "role", "view", "group", A("g2")),
		d("_id", 5, "caseload", nil, "role", "all", "user", "none"), d("_id", 6, "role", "all", "user", "none"), d("_id", 7, "caseload", 99, "role", "all", "user", "none"),
		d("_id", 8, "caseload", 1, "role", nil, "user", "none"), d("_id", 9, "caseload", 1, "user", "none"), d("_id", 10, "caseload", 1, "role", "no such role", "user", "none"),
		d("_id", 11, "caseload", 1, "role", "all"), d("_id", 12, "caseload", 1, "role", "all", "user", nil, "group", nil), d("_id", 13, "caseload", 1, "role", "all", "user", A(), "group", A(nil)),
		d("_id", 14, "caseload", 5, "role", "all", "user", int64(7)), d("_id", 15, "caseload", 3, "role", "all", "user", A("7")), d("_id", 16, "caseload", 4, "role", "all", "user", A("7", oid)),
		d("_id", 17, "caseload", A(1), "role", "all", "user", "none"), d("_id", 18, "caseload", 1, "role", A("all"), "user", "none"), d("_id", 19, "caseload", 6, "role", "all", "user", "none"),
		d("_id", 20, "caseload", 2, "role", "odd", "user", "g2"), d("_id", 21, "caseload", 2, "role", "none", "user", "none"), d("_id", 22, "caseload", 1, "role", "view", "group", "g9"))
	insert("documents",
		d("_id", 1, "client", 1, "template", 1), d("_id", 2, "client", 1, "template", 2), // the client in one caseload, the case type in another
		d("_id", 3, "client", 3, "template", 1), d("_id", 4, "client", 3, "template", 2), d("_id", 5, "client", 2, "template", 1), d("_id", 6, "client", 77, "template", 2), d("_id", 7, "client", 99, "template", 1),
		d("_id", 8, "client", 1, "template", 99), d("_id", 9, "client", nil, "template", 1), d("_id", 10, "template", 1), d("_id", 11, "client", 1), d("_id", 12, "client", 1, "template", nil),
		d("_id", 13, "client", A(1, 3), "template", 1), d("_id", 14, "client", 1, "template", A(1)), d("_id", 15, "client", 1, "template", 3), d("_id", 16, "client", 2, "template", 7),
		d("_id", 17, "client", "1", "template", 2), d("_id", 18, "client", oid, "template", 2), d("_id", 19, "client", 2, "template", 6), d("_id", 20, "client", 1, "template", 5), d("_id", 21, "client", 1, "template", 4))
	for i := range 24 {
		insert("activity_logs", d("_id", i, "document", i, "actor", "none", "verb", "viewed"))
		insert("wkcmp_eligibility", d("_id", i, "document", i, "eligible", true))
	}
	insert("activity_logs", d("_id", "null", "document", nil), d("_id", "absent"), d("_id", "list", "document", A(1, 2)), d("_id", "text", "document", "1"))
	return newWorld(t, "hostile", h)
}

// nil2 is an id that nothing refers to, though missing and null references are equal to each other in MongoDB's joins.
const nil2 = "null"

var actions = []string{"view", "add", "change", "delete"}

// randomWorld returns a small world: everything is in few hands, so that most questions have both answers.
func randomWorld(t testing.TB, seed uint64) world {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 7))
	data := casemgmt.Data{}
	insert := func(collection string, doc bson.D) {
		raw, err := bson.Marshal(doc)
		require.NoError(t, err)
		data[collection] = append(data[collection], raw)
	}
	// one is an id of a few, seldom one that is dangling, null or missing.
	one := func(doc *bson.D, field string, n int) {
		switch k := r.IntN(12); k {
		case 0:
			*doc = append(*doc, bson.E{Key: field, Value: nil})
		case 1:
		case 2:
			*doc = append(*doc, bson.E{Key: field, Value: n + 5})
		default:
			*doc = append(*doc, bson.E{Key: field, Value: r.IntN(n) + 1})
		}
	}
	some := func(n, most int) bson.A {
		list := bson.A{}
		for range r.IntN(most + 1) {
			list = append(list, r.IntN(n)+1)
		}
		return list
	}
	holders := func(doc *bson.D, field string, n int) {
		switch r.IntN(5) {
		case 0:
			one(doc, field, n)
		case 1:
			*doc = append(*doc, bson.E{Key: field, Value: some(n, 3)})
		}
	}
	permissions := 0
	for _, typ := range casemgmt.Types() {
		for _, action := range actions {
			permissions++
			insert("permissions", bson.D{{Key: "_id", Value: permissions}, {Key: "full_name", Value: casemgmt.PermissionName(action, typ.Name)}})
		}
	}
	row := func(id int) bson.D {
		return bson.D{{Key: "_id", Value: id}, {Key: "name", Value: fmt.Sprintf("%c%d", 'a'+r.IntN(3), id)}}
	}
	const users, groups, roles, clients, caseTypes, templates, documents, caseloads = 5, 3, 3, 5, 3, 5, 9, 4
	for id := 1; id <= users; id++ {
		insert("users", append(row(id), bson.E{Key: "groups", Value: some(groups+1, 2)}, bson.E{Key: "user_permissions", Value: some(permissions, 4)},
			bson.E{Key: "is_superuser", Value: r.IntN(8) == 0}, bson.E{Key: "is_active", Value: r.IntN(4) > 0}))
	}
	for id := 1; id <= groups; id++ {
		insert("groups", append(row(id), bson.E{Key: "permissions", Value: some(permissions, 4)}))
	}
	for id := 1; id <= roles; id++ {
		insert("roles", append(row(id), bson.E{Key: "permissions", Value: some(permissions, 30)}))
	}
	for id := 1; id <= clients; id++ {
		insert("clients", row(id))
	}
	for id := 1; id <= caseTypes; id++ {
		insert("case_types", row(id))
	}
	for id := 1; id <= templates; id++ {
		doc := row(id)
		one(&doc, "case_type", caseTypes)
		insert("templates", doc)
	}
	for id := 1; id <= documents; id++ {
		doc := row(id)
		one(&doc, "client", clients)
		one(&doc, "template", templates)
		insert("documents", doc)
	}
	for id := 1; id <= caseloads; id++ {
		insert("caseloads", append(row(id), bson.E{Key: "clients", Value: some(clients, 4)}, bson.E{Key: "case_types", Value: some(caseTypes, 3)}))
	}
	for id := 1; id <= 6; id++ {
		doc := bson.D{{Key: "_id", Value: id}}
		one(&doc, "caseload", caseloads)
		one(&doc, "role", roles)
		holders(&doc, "user", users)
		holders(&doc, "group", groups)
		insert("caseload_roles", doc)
	}
	for id := 1; id <= 2; id++ {
		doc := bson.D{{Key: "_id", Value: id}}
		one(&doc, "role", roles)
		holders(&doc, "user", users)
		holders(&doc, "group", groups)
		insert("role_assignments", doc)
	}
	for id := 1; id <= 12; id++ {
		log, eligibility := bson.D{{Key: "_id", Value: id}}, bson.D{{Key: "_id", Value: id}}
		one(&log, "document", documents)
		insert("activity_logs", append(log, bson.E{Key: "verb", Value: "viewed"}))
		one(&eligibility, "document", documents)
		insert("wkcmp_eligibility", eligibility)
	}
	return newWorld(t, fmt.Sprintf("random %d", seed), data)
}
