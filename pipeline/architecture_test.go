package pipeline_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/pipeline"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

// TestTheMapShowsWhatIsCompiled compiles the filter that ARCHITECTURE.md follows through the passes,
// and holds the page to what comes out.
func TestTheMapShowsWhatIsCompiled(t *testing.T) {
	t.Parallel()
	schema, err := relations.New(
		relations.Type{
			Name: "Task", Collection: "tasks",
			Fields: []relations.Field{
				{Name: "_id", Type: relations.ObjectID}, {Name: "public", Type: relations.Bool},
				{Name: "project_id", Type: relations.ObjectID}, {Name: "state", Type: relations.String},
			},
			Relations: []relations.Relation{{
				Name: "project", Kind: relations.ReferencesOne, Type: "Project",
				Keys: []relations.KeyPair{{Local: "project_id", Foreign: "_id"}},
			}},
		},
		relations.Type{Name: "Project", Collection: "projects", Fields: []relations.Field{
			{Name: "_id", Type: relations.ObjectID}, {Name: "member_ids", Type: relations.String, List: true},
		}},
	)
	require.NoError(t, err)
	project := filter.Reach("p", "project")
	f := filter.For("Task",
		filter.Where(filter.F("public").Eq(true)).As("public"),
		filter.Some(project).Where(
			project.F("member_ids").Contains("ann"),
			filter.None(filter.Where(filter.F("state").Eq("draft"))),
		).As("member"),
	)
	checked, err := schema.Check(f)
	require.NoError(t, err)
	normal, err := checked.Normalize(0)
	require.NoError(t, err)
	plan, err := pipeline.CompileChecked(checked)
	require.NoError(t, err)
	resolution := plan.Resolution(false, 0)
	require.NotNil(t, resolution)
	key, err := bson.Marshal(bson.D{{Key: "r", Value: int32(0)}, {Key: "k", Value: bson.ObjectID{1}}})
	require.NoError(t, err)
	resolved, err := resolution.Resolve([]bson.Raw{key})
	require.NoError(t, err)

	page, err := os.ReadFile("../ARCHITECTURE.md")
	require.NoError(t, err)
	for name, text := range map[string]string{
		"the filter":                f.String(),
		"the normalised filter":     normal.String(),
		"the pipeline":              stageLines(t, plan.Stages()),
		"the key query":             stageLines(t, resolution.Stages()),
		"the pipeline with the key": stageLines(t, resolved.Stages()),
	} {
		require.Contains(t, string(page), "```text\n"+text+"\n```", "ARCHITECTURE.md does not show %s:\n%s", name, text)
	}
}

func stageLines(t *testing.T, stages []bson.D) string {
	t.Helper()
	out := make([]string, len(stages))
	for i, stage := range stages {
		out[i] = wrapped(t, stage, "")
	}
	return strings.Join(out, "\n")
}
