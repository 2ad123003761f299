package layers_test

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/evaluate"
	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

// readme returns the README, and its fenced blocks by their language. Those about Oso are code of a module of its own, whose tests have them.
func readme(t *testing.T) (text string, blocks map[string][]string) {
	t.Helper()
	raw, err := os.ReadFile("README.md")
	require.NoError(t, err)
	blocks = map[string][]string{}
	own := regexp.MustCompile(`(?ms)^## From the Python adapter$.*?^## `).ReplaceAll(raw, []byte("## "))
	for _, m := range regexp.MustCompile("(?ms)^```(\\w+)\n(.*?)^```$").FindAllSubmatch(own, -1) {
		blocks[string(m[1])] = append(blocks[string(m[1])], string(m[2]))
	}
	return string(raw), blocks
}

// importable are the packages that the README's code may use.
var importable = []string{
	"context", "errors", "fmt", "regexp", driver + "/bson", driver + "/mongo",
	module + "/filter", module + "/mongoauthz", module + "/pipeline", module + "/relations",
}

// readmeMain runs what the README shows first, as far as it needs no server.
const readmeMain = `
func main() {
	s, err := schema()
	if err != nil {
		panic(err)
	}
	f, err := policy(context.Background(), "kim", "read", "Book")
	if err != nil {
		panic(err)
	}
	fmt.Println(f)
	plan, err := pipeline.Compile(s, f)
	if err != nil {
		panic(err)
	}
	stages, err := bson.MarshalExtJSON(bson.D{{Key: "stages", Value: plan.Stages()}}, false, false)
	if err != nil {
		panic(err)
	}
	fmt.Println(string(stages))
}
`

func TestReadmeCodeCompilesAndDoesWhatItSays(t *testing.T) {
	_, blocks := readme(t)
	body := readmeMain
	for _, block := range blocks["go"] {
		if _, err := parser.ParseFile(token.NewFileSet(), "", "package main\n"+block, 0); err != nil {
			block = "func _(ctx context.Context, az *mongoauthz.Authorizer, actor any, search string) error {\n" + block + "return nil\n}\n"
		}
		body += block
	}
	program := filepath.Join(t.TempDir(), "main.go")
	require.NoError(t, os.WriteFile(program, []byte("package main\n"+imports(t, body)+body), 0o600))
	out, err := exec.CommandContext(t.Context(), "go", "run", program).Output()
	require.NoError(t, err, "%s", stderr(err))

	text, stages, ok := strings.Cut(string(out), `{"stages":`)
	require.True(t, ok)
	require.Contains(t, blocks["text"], text)
	require.Len(t, blocks["json"], 1)
	var shown bytes.Buffer
	require.NoError(t, json.Compact(&shown, []byte(blocks["json"][0])))
	require.Equal(t, strings.TrimSuffix(stages, "}\n"), shown.String())
}

// imports returns the import declarations for the packages that a program names.
func imports(t *testing.T, body string) string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "", "package main\n"+body, 0)
	require.NoError(t, err)
	named := map[string]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := s.X.(*ast.Ident); ok {
				named[x.Name] = true
			}
		}
		return true
	})
	var lines strings.Builder
	for _, path := range importable {
		if named[path[strings.LastIndex(path, "/")+1:]] {
			lines.WriteString("import \"" + path + "\"\n")
		}
	}
	return lines.String()
}

func TestReadmeTableOfMeaningsIsWhatTheEvaluatorSays(t *testing.T) {
	schema, err := relations.New(relations.Type{
		Name: "D", Collection: "d", Key: "a", Fields: []relations.Field{{Name: "a", Type: relations.Number}},
	})
	require.NoError(t, err)
	a := filter.F("a")
	conditions := []filter.Condition{a.Eq(5), a.Ne(5), filter.None(filter.Where(a.Eq(5))), a.In([]int{4, 5}), a.Lt(6), a.IsNull()}

	rows := table(t, "document")
	require.Len(t, rows[0], 1+len(conditions))
	require.GreaterOrEqual(t, len(rows), 2)
	for i, c := range conditions {
		require.Equal(t, filter.Where(c).String(), rows[0][i+1])
		for _, row := range rows[1:] {
			var doc bson.Raw
			require.NoError(t, bson.UnmarshalExtJSON([]byte(row[0]), false, &doc), row[0])
			decision, err := evaluate.Evaluate(t.Context(), schema, filter.For("D", filter.Where(c)), doc, nil)
			require.NoError(t, err)
			assert.Equal(t, decision.Truth.String(), row[i+1], "%s: %s", row[0], rows[0][i+1])
		}
	}
}

// What the README's table of relations speaks of.
type (
	readmeBook struct {
		ID     int      `bson:"_id" authz:"loans has many Loan by book_id"`
		Covers []cover  `bson:"covers"`
		Spine  cover    `bson:"spine"`
		_      struct{} `authz:"readers through loans, patron"`
	}
	readmeLoan struct {
		ID       int    `bson:"_id"`
		BookID   int    `bson:"book_id" authz:"book references Book"`
		PatronID string `bson:"patron_id" authz:"patron references Patron"`
	}
	readmePatron struct {
		ID string `bson:"_id"`
	}
	readmeProject struct {
		ID      string   `bson:"_id"`
		Members []string `bson:"member_ids" authz:"members references Patron"`
	}
	cover struct {
		Color string `bson:"color"`
	}
)

func TestReadmeTagsDeclareTheKindsBesideThem(t *testing.T) {
	structs := []relations.Struct{
		{Of: readmeBook{}, Name: "Book", Collection: "books"},
		{Of: readmeLoan{}, Name: "Loan", Collection: "loans"},
		{Of: readmePatron{}, Name: "Patron", Collection: "patrons"},
		{Of: readmeProject{}, Name: "Project", Collection: "projects"},
	}
	schema, err := relations.FromStructs(structs...)
	require.NoError(t, err)
	kinds := map[string]relations.Kind{} // by tag
	for _, s := range structs {
		declaring, _ := schema.Type(s.Name)
		for i := range reflect.TypeOf(s.Of).NumField() {
			tag := reflect.TypeOf(s.Of).Field(i).Tag.Get("authz")
			if name, _, ok := strings.Cut(tag, " "); ok {
				relation, found := declaring.Relation(name)
				require.True(t, found, tag)
				kinds[tag] = relation.Kind
			}
		}
	}
	names := map[string][]relations.Kind{
		"embeds one": {}, "embeds many": {}, "references one": {relations.ReferencesOne}, "references many": {relations.ReferencesMany},
		"has one, has many": {relations.HasOne, relations.HasMany}, "through": {relations.Through},
	}
	rows := table(t, "kind")
	require.Len(t, rows, 1+len(names))
	for _, row := range rows[1:] {
		kind, known := names[row[0]]
		require.True(t, known, row[0])
		if len(kind) > 0 {
			assert.Contains(t, kind, kinds[row[3]], "%s: %s", row[0], row[3])
		}
	}
}

// table returns the rows of the README's table whose first column has that title, its titles first, without code marks.
func table(t *testing.T, first string) (rows [][]string) {
	t.Helper()
	text, _ := readme(t)
	for line := range strings.Lines(text) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		for i := range cells {
			cells[i] = strings.Trim(strings.TrimSpace(cells[i]), "`")
		}
		switch {
		case !strings.HasPrefix(line, "|") && rows != nil:
			return rows
		case !strings.HasPrefix(line, "|"), strings.HasPrefix(line, "|--"):
		case rows != nil, cells[0] == first:
			rows = append(rows, cells)
		}
	}
	require.NotEmpty(t, rows, "the README has no table that begins with %q", first)
	return rows
}

func TestReadmeLayoutIsThatOfTheRepository(t *testing.T) {
	text, blocks := readme(t)
	var listed []string
	for _, block := range blocks["text"] {
		for line := range strings.Lines(block) {
			if folder, _, ok := strings.Cut(line, "/ "); ok {
				listed = append(listed, folder)
			}
		}
	}
	var have []string
	entries, err := os.ReadDir(".")
	require.NoError(t, err)
	for _, e := range entries {
		if found, err := filepath.Glob(filepath.Join(e.Name(), "*")); e.IsDir() && !strings.HasPrefix(e.Name(), ".") && e.Name() != "bin" && err == nil && len(found) > 0 {
			have = append(have, e.Name())
		}
	}
	slices.Sort(listed)
	require.Equal(t, have, listed, "the folders under Layout in README.md")

	makefile, err := os.ReadFile("Makefile")
	require.NoError(t, err)
	for _, m := range regexp.MustCompile("(?m)(?:`|^)make ([a-z-]+)").FindAllStringSubmatch(text, -1) {
		assert.True(t, strings.Contains(string(makefile), "\n"+m[1]+":"), "make %s", m[1])
	}
}
