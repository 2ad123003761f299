package casemgmt

import (
	"bytes"
	"fmt"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// Visible returns the ids of the documents whose logs the user may see, from the rule as one would say it: some caseload has the
// document's client and its template's case type, and a role for that caseload has the permission and the user, or a group of the user's.
func (w *World) Visible(user string) []string {
	caseType := map[string]string{}
	for _, t := range w.Templates {
		caseType[t.ID] = t.CaseType
	}
	memberOf := map[string]bool{}
	for _, g := range w.Groups {
		memberOf[g.ID] = slices.Contains(g.Members, user)
	}
	open := map[string]bool{}
	for _, r := range w.Roles {
		holds := slices.Contains(r.Users, user) || slices.ContainsFunc(r.Groups, func(g string) bool { return memberOf[g] })
		if holds && slices.Contains(r.Permissions, Permission) {
			open[r.Caseload] = true
		}
	}
	var out []string
	for _, d := range w.Documents {
		if slices.ContainsFunc(w.Caseloads, func(c Caseload) bool {
			return open[c.ID] && slices.Contains(c.Clients, d.Client) && slices.Contains(c.CaseTypes, caseType[d.Template])
		}) {
			out = append(out, d.ID)
		}
	}
	return out
}

// Answers says what lists must answer for one user.
type Answers struct {
	logs []Log // that the user sees, newest first
}

// For returns the answers for a user.
func (w *World) For(user string) *Answers {
	visible := map[string]bool{}
	for _, d := range w.Visible(user) {
		visible[d] = true
	}
	a := &Answers{}
	for _, i := range w.newest {
		if l := w.Logs[i]; visible[l.Document] {
			a.logs = append(a.logs, l)
		}
	}
	return a
}

// Count returns how many logs there are.
func (a *Answers) Count() int64 { return int64(len(a.logs)) }

// Page returns the logs of a page, fewer at the end.
func (a *Answers) Page(skip, limit int) []Log {
	skip = min(skip, len(a.logs))
	return a.logs[skip:min(skip+limit, len(a.logs))]
}

// Cursor returns the cursor with which the page after the first n logs begins; n is at least 1.
func (a *Answers) Cursor(n int) Cursor {
	l := a.logs[min(n, len(a.logs))-1]
	return Cursor{Date: l.Date, ID: l.ID}
}

// Same reports, as an error, a difference between documents found and logs: in number, order, or any field.
func Same(found []bson.Raw, want []Log) error {
	if len(found) != len(want) {
		return fmt.Errorf("casemgmt: %d logs, not %d", len(found), len(want))
	}
	for i, raw := range found {
		document, err := bson.Marshal(want[i])
		if err != nil {
			return err
		}
		if !bytes.Equal(raw, document) {
			return fmt.Errorf("casemgmt: log %d of the answer is %s, not %s", i, raw, bson.Raw(document))
		}
	}
	return nil
}

// Are reports, as an error, whether documents in any order are not exactly all the logs, each once.
func (a *Answers) Are(found []bson.Raw) error {
	order := make(map[int64]int, len(a.logs))
	for i, l := range a.logs {
		order[l.ID] = i
	}
	sorted := make([]bson.Raw, len(a.logs))
	for _, raw := range found {
		id, _ := raw.Lookup("_id").AsInt64OK()
		i, ok := order[id]
		if !ok || sorted[i] != nil {
			return fmt.Errorf("casemgmt: log %d is there twice, or should not be", id)
		}
		sorted[i] = raw
	}
	return Same(sorted, a.logs)
}
