package published_test

import (
	"archive/zip"
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	repository = "../.."
	root       = "github.com/mongoauthz/go-mongoauthz"
)

// published are the modules of a release: the root, and each engine. A program uses each.
var published = []struct {
	folder  string
	program string
	prints  string
	graph   []string // the modules of this repository that users get
}{
	{"", "testdata/root/main.go", `1 authorized by clause 1 "public books"`, []string{root}},
	{"engine/oso", "testdata/oso/main.go", "Book where public = true", []string{root, root + "/engine/oso"}},
}

func TestEveryEngineIsConsumed(t *testing.T) {
	t.Parallel()
	found, err := filepath.Glob(filepath.Join(repository, "engine", "*", "go.mod"))
	require.NoError(t, err)
	var engines, consumed []string
	for _, file := range found {
		engines = append(engines, "engine/"+filepath.Base(filepath.Dir(file)))
	}
	for _, m := range published[1:] {
		consumed = append(consumed, m.folder)
	}
	require.Equal(t, engines, consumed)
}

func TestEveryPublishedModuleCanBeRequired(t *testing.T) {
	t.Parallel()
	proxy, cache := t.TempDir(), t.TempDir()
	version := requirements(t, "engine/oso")[root]
	for _, m := range published {
		publish(t, proxy, m.folder, version)
	}
	for _, m := range published {
		t.Run(modulePath(m.folder), func(t *testing.T) {
			c := consumer{t.TempDir(), environment(t, proxy, cache)}
			path := modulePath(m.folder)
			c.copy(t, m.program, "main.go")
			// The module has the sums of all that others publish. The sums of our modules change with the work tree.
			c.copy(t, filepath.Join(repository, m.folder, "go.sum"), "go.sum")
			c.write(t, "go.mod", "module example.com/consumer\n\ngo 1.26\n\nrequire "+path+" "+version+"\n")

			require.Equal(t, []string{m.prints}, c.run(t, "run", "."))
			c.run(t, "build", path+"/...")

			graph := c.run(t, "list", "-m", "-f", "{{.Path}}", "all")
			require.Equal(t, m.graph, slices.DeleteFunc(slices.Clone(graph), func(path string) bool { return !strings.HasPrefix(path, root) }))
			library := requirements(t, "")
			for path := range requirements(t, "integration") {
				if _, needed := library[path]; !needed && path != root {
					require.NotContains(t, graph, path, "only the tests with a server need it")
				}
			}
			require.NotContains(t, c.run(t, "list", "-deps", "-f", "{{with .Module}}{{.Path}}{{end}}", "."), "github.com/stretchr/testify")
		})
	}
}

// consumer is a module outside the repository.
type consumer struct {
	dir string
	env []string
}

// run runs the go command, and returns the lines that it prints.
func (c consumer) run(t *testing.T, args ...string) []string {
	t.Helper()
	command := exec.CommandContext(t.Context(), "go", args...)
	command.Dir, command.Env = c.dir, c.env
	var failure strings.Builder
	command.Stderr = &failure
	out, err := command.Output()
	require.NoError(t, err, "go %s: %s", strings.Join(args, " "), &failure)
	return strings.Split(strings.TrimSpace(string(out)), "\n")
}

func (c consumer) write(t *testing.T, name, content string) {
	t.Helper()
	require.NoError(t, os.WriteFile(filepath.Join(c.dir, name), []byte(content), 0o600))
}

func (c consumer) copy(t *testing.T, from, to string) {
	t.Helper()
	content, err := os.ReadFile(from)
	require.NoError(t, err)
	c.write(t, to, string(content))
}

// environment returns the environment of a go command that gets our modules from the proxy. What others publish comes
// from the module cache, or, where it is not there yet, from where the go command usually gets it. The consumers have
// a module cache of their own, since a release under this version will hold something else. With trimmed paths, the
// build cache serves all runs.
func environment(t *testing.T, proxy, cache string) []string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "env", "-json", "GOMODCACHE", "GOPROXY", "GOFLAGS").Output()
	require.NoError(t, err)
	var usual struct{ GOMODCACHE, GOPROXY, GOFLAGS string }
	require.NoError(t, json.Unmarshal(out, &usual))
	return append(os.Environ(),
		"GOPROXY=file://"+proxy+",file://"+filepath.Join(usual.GOMODCACHE, "cache", "download")+","+usual.GOPROXY,
		"GOFLAGS="+usual.GOFLAGS+" -mod=mod -modcacherw -trimpath",
		"GOMODCACHE="+cache, "GONOPROXY=none", "GONOSUMDB="+root, "GOWORK=off")
}

// publish puts a module of the work tree into a proxy that is a folder. The layout is that of the GOPROXY protocol.
func publish(t *testing.T, proxy, folder, version string) {
	t.Helper()
	path, source := modulePath(folder), filepath.Join(repository, folder)
	dir := filepath.Join(proxy, filepath.FromSlash(path), "@v")
	require.NoError(t, os.MkdirAll(dir, 0o700))
	mod, err := os.ReadFile(filepath.Join(source, "go.mod"))
	require.NoError(t, err)
	for name, content := range map[string]string{
		"list": version + "\n", version + ".info": `{"Version": "` + version + `"}`, version + ".mod": string(mod),
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600))
	}

	file, err := os.Create(filepath.Join(dir, version+".zip"))
	require.NoError(t, err)
	archive := zip.NewWriter(file)
	require.NoError(t, filepath.WalkDir(source, func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && name != source && outside(name):
			return filepath.SkipDir
		case !entry.Type().IsRegular():
			return nil
		}
		inside, err := filepath.Rel(source, name)
		require.NoError(t, err)
		content, err := os.ReadFile(name)
		require.NoError(t, err)
		w, err := archive.Create(path + "@" + version + "/" + filepath.ToSlash(inside))
		require.NoError(t, err)
		_, err = w.Write(content)
		return err
	}))
	require.NoError(t, archive.Close())
	require.NoError(t, file.Close())
}

// outside reports whether the zip of the module around a folder lacks it: it is a module of its own, or git does not have it.
func outside(folder string) bool {
	_, err := os.Stat(filepath.Join(folder, "go.mod"))
	return err == nil || strings.HasPrefix(filepath.Base(folder), ".git") || folder == filepath.Join(repository, "bin")
}

func modulePath(folder string) string { return strings.TrimSuffix(root+"/"+folder, "/") }

// requirements returns what the go.mod of a folder requires directly: versions by module.
func requirements(t *testing.T, folder string) map[string]string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "mod", "edit", "-json", filepath.Join(repository, folder, "go.mod")).Output()
	require.NoError(t, err)
	var mod struct {
		Require []struct {
			Path, Version string
			Indirect      bool
		}
	}
	require.NoError(t, json.Unmarshal(out, &mod))
	versions := map[string]string{}
	for _, r := range mod.Require {
		if !r.Indirect {
			versions[r.Path] = r.Version
		}
	}
	return versions
}
