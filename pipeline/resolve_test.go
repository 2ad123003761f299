package pipeline_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/pipeline"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

// The case-management shape: a log is five hops away from whom it concerns.
type (
	caseLog struct {
		ID       int    `bson:"_id"`
		Document string `bson:"document_id" authz:"document references CaseDocument"`
	}
	caseDocument struct {
		ID       string `bson:"_id"`
		Client   string `bson:"client_id" authz:"clientCaseloads has many Caseload by clients"`
		Template string `bson:"template_id" authz:"template references Template"`
	}
	template struct {
		ID       string `bson:"_id"`
		CaseType string `bson:"case_type_id" authz:"caseloads has many Caseload by case_types"`
	}
	caseload struct {
		ID        string   `bson:"_id" authz:"roles has many CaseloadRole by caseload_id"`
		Clients   []string `bson:"clients"`
		CaseTypes []string `bson:"case_types"`
	}
	caseloadRole struct {
		ID       string   `bson:"_id"`
		Caseload string   `bson:"caseload_id"`
		Role     string   `bson:"role_id" authz:"role references Role"`
		Users    []string `bson:"users"`
		Groups   []string `bson:"groups" authz:"members references Group"`
	}
	group struct {
		ID    string   `bson:"_id"`
		Users []string `bson:"users"`
	}
	role struct {
		ID          string   `bson:"_id"`
		Permissions []string `bson:"permissions"`
	}
)

func caseManagement(t testing.TB) *relations.Schema {
	t.Helper()
	s, err := relations.FromStructs(
		relations.Struct{Of: caseLog{}, Name: "Log", Collection: "logs"},
		relations.Struct{Of: caseDocument{}, Name: "CaseDocument", Collection: "documents"},
		relations.Struct{Of: template{}, Name: "Template", Collection: "templates"},
		relations.Struct{Of: caseload{}, Name: "Caseload", Collection: "caseloads"},
		relations.Struct{Of: caseloadRole{}, Name: "CaseloadRole", Collection: "caseload_roles"},
		relations.Struct{Of: role{}, Name: "Role", Collection: "roles"},
		relations.Struct{Of: group{}, Name: "Group", Collection: "groups"},
	)
	require.NoError(t, err)
	return s
}

func resolutionCases() []golden {
	document := filter.Reach("d", "document")
	tmpl := document.Reach("t", "template")
	load := document.Reach("c", "clientCaseloads").Via(tmpl, "caseloads")
	ofDocument := filter.Reach("c", "clientCaseloads").Via(filter.Reach("t", "template"), "caseloads")
	holds := func(c filter.Entity) (filter.Entity, filter.Entity, []filter.Condition) {
		a := c.Reach("a", "roles")
		r := a.Reach("r", "role")
		return a, r, []filter.Condition{
			r.F("permissions").Contains("view_log"),
			filter.Any{filter.Where(a.F("users").Contains("ann")), filter.Where(a.F("groups").Intersects([]string{"g1", "g2"}))},
		}
	}
	a, r, conds := holds(load)
	far := filter.Some(document, tmpl, load, a, r).Where(conds...)
	a, r, conds = holds(ofDocument)
	near := filter.Some(filter.Reach("t", "template"), ofDocument, a, r).Where(conds...)
	grant := filter.Free("g", "CaseloadRole")
	globally := filter.Some(grant, grant.Reach("r", "role")).Where(grant.F("users").Contains("ann"), filter.Reach("r", "").F("permissions").Contains("view_log"))
	a, r = load.Reach("a", "roles"), load.Reach("a", "roles").Reach("r", "role")
	g := a.Reach("g", "members")
	may := r.F("permissions").Contains("view_log")
	own := filter.Some(document, tmpl, load, a, r).Where(may, a.F("users").Contains("ann")).As("own role")
	ofGroup := filter.Some(document, tmpl, load, a, r, g).Where(may, g.F("users").Contains("ann")).As("role of a group")
	return []golden{
		{"reads that go on together", filter.For("Log", own, ofGroup)},
		{"keys of one relation, five hops away", filter.For("Log", far)},
		{"none of them", filter.For("Log", filter.Where(filter.None(far)))},
		{"groups of keys, where two relations meet in one document", filter.For("CaseDocument", near)},
		{"a grant that holds for all", filter.For("Log", globally)},
		{"equal reads are one", filter.For("Log", far, filter.Where(filter.F("_id").Gt(5), filter.None(far)))},
		{"one document needs no keys", filter.For("Log", filter.Some(far.Entities...).Where(append(far.Conditions, filter.F("_id").Eq(5))...))},
	}
}

// TestResolutionsAreGolden holds the pipeline of one command, and what is read first instead, of every case in testdata/resolutions.txt.
func TestResolutionsAreGolden(t *testing.T) {
	t.Parallel()
	schema := caseManagement(t)
	var out bytes.Buffer
	for _, c := range resolutionCases() {
		plan, err := pipeline.Compile(schema, c.filter)
		require.NoError(t, err, c.name)
		fmt.Fprintf(&out, "--- %s\n%s\n", c.name, c.filter)
		for _, stage := range plan.Stages() {
			fmt.Fprintln(&out, wrapped(t, stage, "  "))
		}
		r := plan.Resolution(false, 0)
		if r == nil {
			fmt.Fprintf(&out, "  no keys are read first\n")
			continue
		}
		fmt.Fprintf(&out, "  or, with keys read first, from %s\n", r.Collection())
		for _, stage := range r.Stages() {
			fmt.Fprintln(&out, wrapped(t, stage, "  "))
		}
	}
	name := filepath.Join("testdata", "resolutions.txt")
	if *update {
		require.NoError(t, os.WriteFile(name, out.Bytes(), 0o644))
	}
	want, err := os.ReadFile(name)
	require.NoError(t, err)
	require.Equal(t, string(want), out.String())
}
