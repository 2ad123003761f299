// Package layers_test holds the repository to its layers: imports run one way, and the root module asks its users for
// nothing but the MongoDB driver.
package layers_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	module = "github.com/mongoauthz/go-mongoauthz"
	driver = "go.mongodb.org/mongo-driver/v2"
)

// layer says what the packages of one folder may import besides the standard library and one another.
type layer struct {
	folders []string // of this module
	driver  bool     // all of the driver, and not package bson alone
}

// layers gives every folder of the root module its layer. A new folder has to be added here.
var layers = map[string]layer{
	"internal":   {},
	"relations":  {folders: []string{"internal", "filter"}},
	"filter":     {folders: []string{"internal", "relations"}},
	"pipeline":   {folders: []string{"internal", "relations", "filter"}},
	"evaluate":   {folders: []string{"internal", "relations", "filter"}},
	"mongoauthz": {folders: []string{"internal", "relations", "filter", "pipeline", "evaluate"}, driver: true},
	"httpauthz":  {folders: []string{"internal", "relations", "filter", "mongoauthz"}},
	"examples":   {folders: []string{"relations", "filter", "pipeline", "evaluate", "mongoauthz", "httpauthz"}, driver: true},
}

// parts gives every internal package of mongoauthz and of pipeline a layer of its own, in which
// folders are packages of this module. A new one has to be added here. None imports the package
// that it is a part of. The passes of the compiler stand in their order: none imports a later one.
var parts = map[string]layer{
	"mongoauthz/internal/bsonpath": {},
	"mongoauthz/internal/driver":   {driver: true},
	"mongoauthz/internal/fetch":    {folders: []string{"evaluate", "mongoauthz/internal/driver"}, driver: true},
	"mongoauthz/internal/inspect":  {folders: []string{"internal", "relations", "filter", "evaluate", "mongoauthz/internal/bsonpath"}},
	"mongoauthz/internal/page":     {folders: []string{"internal", "pipeline"}},
	"mongoauthz/internal/stage":    {folders: []string{"mongoauthz/internal/bsonpath", "mongoauthz/internal/driver"}},
	"mongoauthz/internal/verify":   {folders: []string{"internal", "relations", "pipeline"}, driver: true},
	"mongoauthz/internal/write":    {folders: []string{"relations", "mongoauthz/internal/bsonpath", "mongoauthz/internal/driver", "mongoauthz/internal/fetch"}},

	"pipeline/internal/mql":      {},
	"pipeline/internal/slab":     {},
	"pipeline/internal/formula":  {folders: passes("mql")},
	"pipeline/internal/lower":    {folders: passes("mql", "slab", "formula")},
	"pipeline/internal/emit":     {folders: passes("mql", "slab", "formula")},
	"pipeline/internal/keyquery": {folders: passes("mql", "formula", "emit")},
	"pipeline/internal/plan":     {folders: passes("mql", "formula", "emit", "keyquery")},
	"pipeline/internal/advise":   {folders: passes("mql", "formula", "emit", "keyquery", "plan")},
}

// passes returns what a pass of the compiler may import: the words of filters and schemas, and other
// passes.
func passes(names ...string) []string {
	folders := []string{"filter", "relations", "internal"}
	for _, name := range names {
		folders = append(folders, "pipeline/internal/"+name)
	}
	return folders
}

// strangers are the folders that do not import one another even in their tests: one is the test of the other.
var strangers = map[string]string{"pipeline": "evaluate", "evaluate": "pipeline"}

// listed is what "go list -json" says of a package, as far as it is read here.
type listed struct {
	ImportPath                         string
	Imports, TestImports, XTestImports []string
}

func TestImportsRunOneWay(t *testing.T) {
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports,TestImports,XTestImports", "./...").Output()
	require.NoError(t, err, "%s", stderr(err))
	decoder := json.NewDecoder(bytes.NewReader(out))
	for {
		var p listed
		err := decoder.Decode(&p)
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		for _, problem := range violations(p) {
			t.Error(problem)
		}
	}
}

func TestTheRulesBite(t *testing.T) {
	good := []listed{
		{ImportPath: module, XTestImports: []string{"testing", "github.com/stretchr/testify/assert", driver + "/mongo"}},
		{ImportPath: module + "/relations", Imports: []string{"fmt", "net/http", driver + "/bson"}},
		{ImportPath: module + "/pipeline/internal/emit", Imports: []string{module + "/filter", module + "/pipeline/internal/formula"}},
		{ImportPath: module + "/filter", XTestImports: []string{module + "/evaluate"}},
		{ImportPath: module + "/mongoauthz", Imports: []string{module + "/evaluate", driver + "/mongo/options", driver + "/mongo"}},
		{ImportPath: module + "/mongoauthz", Imports: []string{module + "/mongoauthz/internal/driver"}},
		{ImportPath: module + "/mongoauthz/internal/driver", Imports: []string{driver + "/mongo/options"}},
		{ImportPath: module + "/examples/library", Imports: []string{module + "/mongoauthz", driver + "/mongo"}},
	}
	for _, p := range good {
		assert.Empty(t, violations(p), p.ImportPath)
	}
	bad := []listed{
		{ImportPath: module + "/util"},
		{ImportPath: module, Imports: []string{"fmt"}},
		{ImportPath: module + "/filter", Imports: []string{module + "/pipeline"}},
		{ImportPath: module + "/filter", Imports: []string{driver + "/mongo"}},
		{ImportPath: module + "/filter", TestImports: []string{driver + "/mongo"}},
		{ImportPath: module + "/filter", Imports: []string{"github.com/stretchr/testify/assert"}},
		{ImportPath: module + "/filter", Imports: []string{driver + "/bsonish"}},
		{ImportPath: module + "/pipeline", Imports: []string{module + "/evaluate"}},
		{ImportPath: module + "/pipeline", XTestImports: []string{module + "/evaluate"}},
		{ImportPath: module + "/evaluate/internal/value", TestImports: []string{module + "/pipeline"}},
		{ImportPath: module + "/evaluate", Imports: []string{module + "/mongoauthz"}},
		{ImportPath: module + "/mongoauthz", Imports: []string{module + "/httpauthz"}},
		{ImportPath: module + "/mongoauthz", XTestImports: []string{module + "/integration/harness"}},
		{ImportPath: module + "/mongoauthz", Imports: []string{"golang.org/x/sync/errgroup"}},
		{ImportPath: module + "/mongoauthz/internal/util"},
		{ImportPath: module + "/mongoauthz/internal/driver", Imports: []string{module + "/mongoauthz"}},
		{ImportPath: module + "/mongoauthz/internal/driver", Imports: []string{module + "/mongoauthz/internal/write"}},
		{ImportPath: module + "/mongoauthz/internal/driver", Imports: []string{module + "/filter"}},
		{ImportPath: module + "/pipeline/internal/formula", Imports: []string{module + "/pipeline/internal/lower"}},
		{ImportPath: module + "/pipeline/internal/lower", Imports: []string{module + "/pipeline/internal/emit"}},
		{ImportPath: module + "/pipeline/internal/mql", Imports: []string{module + "/filter"}},
		{ImportPath: module + "/pipeline/internal/plan", Imports: []string{module + "/pipeline"}},
		{ImportPath: module + "/pipeline/internal/util"},
	}
	for _, p := range bad {
		assert.NotEmpty(t, violations(p), "%+v", p)
	}
}

// modFile is what "go mod edit -json" says of a go.mod, as far as it is read here.
type modFile struct {
	Module  struct{ Path string }
	Require []struct {
		Path, Version string
		Indirect      bool
	}
	Replace []struct{ Old struct{ Path string } }
	Tool    []any
}

func readModFile(t *testing.T, path string) modFile {
	t.Helper()
	out, err := exec.Command("go", "mod", "edit", "-json", path).Output()
	require.NoError(t, err, "%s", stderr(err))
	var mod modFile
	require.NoError(t, json.Unmarshal(out, &mod))
	return mod
}

func TestRootModuleRequiresTheDriverOnly(t *testing.T) {
	mod := readModFile(t, "go.mod")
	for _, r := range mod.Require {
		if !r.Indirect {
			assert.Contains(t, []string{driver, "github.com/stretchr/testify"}, r.Path, "a direct requirement of every user")
		}
	}
	assert.Empty(t, mod.Replace, "users do not get the replacement")
	assert.Empty(t, mod.Tool, "users get the tool's requirements")
}

// The replacements of a module are for work in the repository. Its users get what it requires, so that must be there for them.
func TestPublishedModulesRequirePublishedModules(t *testing.T) {
	files, err := filepath.Glob("engine/*/go.mod")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	published := []string{module}
	for _, file := range files {
		published = append(published, readModFile(t, file).Module.Path)
	}
	for _, file := range files {
		mod := readModFile(t, file)
		assert.Empty(t, mod.Tool, "%s: users get the tool's requirements", file)
		for _, r := range mod.Require {
			if within(r.Path, module) {
				assert.Contains(t, published, r.Path, "%s: users cannot get the module: move what needs it to a module below", file)
				assert.False(t, strings.HasPrefix(r.Version, "v0.0.0"), "%s: require %s by the version of a release", file, r.Path)
			}
		}
		for _, r := range mod.Replace {
			assert.Contains(t, published, r.Old.Path, "%s: users do not get the replacement", file)
		}
	}
}

// violations returns a line for each import of p that its layer does not allow.
func violations(p listed) []string {
	var problems []string
	report := func(format string, args ...any) {
		problems = append(problems, strings.TrimPrefix(p.ImportPath, module+"/")+" "+fmt.Sprintf(format, args...))
	}
	folder, _ := folderOf(p.ImportPath)
	rules, known := layers[folder]
	isPart := within(p.ImportPath, module+"/mongoauthz/internal") || within(p.ImportPath, module+"/pipeline/internal")
	if isPart {
		rules, known = parts[strings.TrimPrefix(p.ImportPath, module+"/")]
	}
	if !known && (folder != "" || len(p.Imports) > 0) {
		report("is in no layer: give it one in layers_test.go")
		return problems
	}
	for _, path := range p.Imports {
		to, ours := folderOf(path)
		if isPart && ours && to == folder {
			to = strings.TrimPrefix(path, module+"/") // a package is held to what it names
		}
		switch {
		case ours && (isPart || to != folder) && !slices.Contains(rules.folders, to):
			report("imports %s, which its layer does not allow", path)
		case !ours && !standard(path) && !within(path, driver+"/bson") && !(rules.driver && within(path, driver)):
			report("imports %s, which its layer does not allow", path)
		}
	}
	for _, path := range slices.Concat(p.TestImports, p.XTestImports) {
		to, ours := folderOf(path)
		_, inRoot := layers[to]
		switch {
		case ours && to != "" && to == strangers[folder]:
			report("imports %s in its tests: neither may know the other", path)
		case ours && to != "" && !inRoot:
			report("imports %s, of another module, in its tests", path)
		case !ours && !standard(path) && !within(path, "github.com/stretchr/testify") && !within(path, driver+"/bson") &&
			!((rules.driver || folder == "") && within(path, driver)): // the tests of the root see all packages
			report("imports %s in its tests, which its layer does not allow", path)
		}
	}
	return problems
}

// folderOf returns the top folder of a package of this repository, "" for its root, and whether it is one.
func folderOf(path string) (folder string, ours bool) {
	if !within(path, module) {
		return "", false
	}
	folder, _, _ = strings.Cut(strings.TrimPrefix(strings.TrimPrefix(path, module), "/"), "/")
	return folder, true
}

// within reports whether path is the package or module root, or below it.
func within(path, root string) bool {
	return path == root || strings.HasPrefix(path, root+"/")
}

// standard reports whether path is in the standard library: its first element is no host name.
func standard(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return !strings.Contains(first, ".")
}

func stderr(err error) []byte {
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.Stderr
	}
	return nil
}
