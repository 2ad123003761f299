package casemgmt

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// Permission is what a role must hold for its users to see logs.
const Permission = "view_log"

// Documents is how many documents the logs of a world are spread over, evenly. One more document has FixedLogs, whatever the size of the
// world.
const (
	Documents = 50
	FixedLogs = 500
)

const (
	clients        = 25
	templates      = 10
	caseTypes      = 5
	caseloads      = 30
	rolesPerLoad   = 5
	groups         = 20
	others         = 40 // users who are measured for nothing, and hold the other roles
	firstDecoyLoad = 10 // the caseloads before it are the measured users'
)

// Users are those measured, by the share of the logs that they see: 6, 50 and 100 percent; FixedUser sees the FixedLogs and no other.
var Users = []string{"p05", "p50", "p100", FixedUser}

// FixedUser sees the same number of logs in every world.
const FixedUser = "fixed"

// Log is an activity log.
type Log struct {
	ID       int64     `bson:"_id"`
	Document string    `bson:"document_id"`
	Date     time.Time `bson:"date"` // shuffled: not in the order of the _id
	User     string    `bson:"user_id"`
	Text     string    `bson:"text"`
}

// Document is what logs are about.
type Document struct {
	ID       string `bson:"_id"`
	Client   string `bson:"client_id"`
	Template string `bson:"template_id"`
}

// Template is what documents are made from.
type Template struct {
	ID       string `bson:"_id"`
	CaseType string `bson:"case_type_id"`
}

// Caseload is a set of clients and a set of case types.
type Caseload struct {
	ID        string   `bson:"_id"`
	Clients   []string `bson:"client_ids"`
	CaseTypes []string `bson:"case_type_ids"`
}

// Role gives users and groups permissions for one caseload.
type Role struct {
	ID          string   `bson:"_id"`
	Caseload    string   `bson:"caseload_id"`
	Permissions []string `bson:"permissions"`
	Users       []string `bson:"user_ids"`
	Groups      []string `bson:"group_ids"`
}

// Group is a set of users.
type Group struct {
	ID      string   `bson:"_id"`
	Members []string `bson:"member_ids"`
}

// World is what a database holds.
type World struct {
	Logs      []Log // by _id
	Documents []Document
	Templates []Template
	Caseloads []Caseload
	Roles     []Role
	Groups    []Group

	newest []int32 // indexes of Logs by date and _id, both descending
}

// New returns the world with that many logs and the FixedLogs.
func New(logs int) *World {
	w := &World{}
	for i := range templates {
		w.Templates = append(w.Templates, Template{ID: id("t", i), CaseType: id("ct", i*caseTypes/templates)})
	}
	for i := range Documents {
		w.Documents = append(w.Documents, Document{ID: id("d", i), Client: id("c", i%clients), Template: id("t", i%templates)})
	}
	w.Documents = append(w.Documents, Document{ID: id("d", Documents), Client: id("c", clients), Template: id("t", 0)})
	w.people()
	logs += FixedLogs
	span := uint64(2 * 365 * 24 * time.Hour / time.Millisecond)
	first := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range logs {
		r := mix(uint64(i))
		document := w.Documents[Documents]
		if i >= FixedLogs {
			document = w.Documents[i%Documents]
		}
		w.Logs = append(w.Logs, Log{
			ID:       int64(i),
			Document: document.ID,
			Date:     first.Add(time.Duration(r%span) * time.Millisecond),
			User:     id("u", int(r>>40)%others),
			Text:     fmt.Sprintf("entry %d: the document was opened, read and closed again %016x", i, r),
		})
	}
	w.newest = make([]int32, logs)
	for i := range w.newest {
		w.newest[i] = int32(i)
	}
	slices.SortFunc(w.newest, func(a, b int32) int {
		return cmp.Or(w.Logs[b].Date.Compare(w.Logs[a].Date), cmp.Compare(b, a))
	})
	return w
}

// people makes the groups, the caseloads and the roles. A caseload opens the documents whose client and case type it both has: p05 is given
// three of them, one through a group; p50 two of the five case types, and of a third the first half; p100 everything, in parts; the fixed user the document that is one more.
func (w *World) people() {
	for i := range groups {
		g := Group{ID: id("g", i), Members: []string{id("u", i%others), id("u", (i*7+3)%others)}}
		if user := i - 5; user >= 0 && user < len(Users) {
			g.Members = append(g.Members, Users[user])
		}
		w.Groups = append(w.Groups, g)
	}
	groupOf := map[string]string{"p05": id("g", 5), "p50": id("g", 6), "p100": id("g", 7), FixedUser: id("g", 8)}

	every := ids("c", 0, clients)
	loads := []struct {
		user    string
		grouped bool
		load    Caseload
	}{
		{"p05", false, Caseload{Clients: ids("c", 0, 1), CaseTypes: []string{id("ct", 0), id("ct", 2)}}}, // d00, d25
		{"p05", true, Caseload{Clients: ids("c", 1, 2), CaseTypes: ids("ct", 0, 1)}},                     // d01
		{"p50", false, Caseload{Clients: every, CaseTypes: ids("ct", 0, 1)}},                             // ten
		{"p50", true, Caseload{Clients: every, CaseTypes: ids("ct", 1, 2)}},                              // ten
		{"p50", false, Caseload{Clients: ids("c", 0, clients/2), CaseTypes: ids("ct", 2, 3)}},            // five
		{"p100", false, Caseload{Clients: ids("c", 0, 8), CaseTypes: ids("ct", 0, caseTypes)}},
		{"p100", true, Caseload{Clients: ids("c", 8, 16), CaseTypes: ids("ct", 0, caseTypes)}},
		{"p100", false, Caseload{Clients: ids("c", 16, clients+1), CaseTypes: ids("ct", 0, caseTypes)}},
		{"p100", true, Caseload{Clients: ids("c", 4, 20), CaseTypes: ids("ct", 1, 3)}}, // again
		{FixedUser, false, Caseload{Clients: ids("c", clients, clients+1), CaseTypes: ids("ct", 0, 1)}},
	}
	for i := range caseloads {
		var c Caseload
		var holder Role
		if i < firstDecoyLoad {
			c = loads[i].load
			if holder.Users = []string{loads[i].user}; loads[i].grouped {
				holder.Users, holder.Groups = nil, []string{groupOf[loads[i].user]}
			}
		} else {
			c = Caseload{Clients: ids("c", i%11, i%11+9), CaseTypes: ids("ct", i%3, i%3+2)}
			holder.Users = []string{id("u", i)}
		}
		c.ID = id("cl", i)
		w.Caseloads = append(w.Caseloads, c)
		for j := range rolesPerLoad {
			r := Role{Permissions: []string{"view_document", Permission}, Users: []string{id("u", (i*5+j)%others)}, Groups: []string{id("g", 9+(i+j)%11)}}
			switch j {
			case 0:
				r.Users, r.Groups = holder.Users, holder.Groups
			case 1, 2: // a role of a measured user, and of one's group, that does not open the logs
				r.Permissions = []string{"view_document", "add_document"}
				r.Users = append(r.Users, Users[i%len(Users)])
				r.Groups = append(r.Groups, groupOf[Users[(i+1)%len(Users)]])
			}
			r.ID, r.Caseload = fmt.Sprintf("r%02d-%d", i, j), c.ID
			if r.Users == nil {
				r.Users = []string{}
			}
			if r.Groups == nil {
				r.Groups = []string{}
			}
			w.Roles = append(w.Roles, r)
		}
	}
}

func id(kind string, n int) string { return fmt.Sprintf("%s%02d", kind, n) }

// ids returns the ids of a kind from a number to before another.
func ids(kind string, from, to int) []string {
	var out []string
	for i := from; i < to; i++ {
		out = append(out, id(kind, i))
	}
	return out
}

// mix is the finalizer of SplitMix64: numbers in a row become evenly spread ones.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// Cursor is where a page ends, and the next one begins.
type Cursor struct {
	Date time.Time
	ID   int64
}

// Order is the order of all pages: the newest first.
func Order() bson.D { return bson.D{{Key: "date", Value: -1}, {Key: "_id", Value: -1}} }
