package layers_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The sizes that Go files keep to, in every module of the repository.
const (
	fileLines = 400
	funcLines = 80 // tests may have longer functions: most hold a table
)

// source is a Go file of the repository.
type source struct {
	path  string // from the root, with slashes
	lines int
	tree  *ast.File
	set   *token.FileSet
}

func TestFilesAndFunctionsAreShort(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t, ".") {
		assert.LessOrEqual(t, s.lines, fileLines, "%s has too many lines: split it by subject", s.path)
		if !s.test() {
			for _, problem := range longFunctions(s) {
				t.Errorf("%s:%s", s.path, problem)
			}
		}
	}
}

func TestLongFilesAndFunctionsAreFound(t *testing.T) {
	t.Parallel()
	long := "package p\n\nvar f = func() {" + strings.Repeat("\n", funcLines) + "}\n\n" +
		"func (t T) m() {" + strings.Repeat("\n", funcLines) + "}\n\n" +
		"// short has a long comment." + strings.Repeat("\n//", funcLines) + "\nfunc short() {}\n"
	s := parsed(t, "long.go", long)
	assert.Equal(t, strings.Count(long, "\n"), s.lines)
	assert.Equal(t, []string{"3: a function of 81 lines", "85: m has 81 lines"}, longFunctions(s))
}

func (s source) test() bool { return strings.HasSuffix(s.path, "_test.go") }

// sources returns the Go files of a folder and those below it, in all modules.
func sources(t *testing.T, folder string) []source {
	t.Helper()
	var found []source
	require.NoError(t, filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && path != "." && (strings.HasPrefix(entry.Name(), ".") || entry.Name() == "testdata"):
			return filepath.SkipDir
		case entry.IsDir() || !strings.HasSuffix(path, ".go"):
			return nil
		}
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		found = append(found, parsed(t, filepath.ToSlash(path), string(text)))
		return nil
	}))
	require.NotEmpty(t, found, folder)
	return found
}

// line is where a node of the file begins or ends.
func (s source) line(p token.Pos) int { return s.set.Position(p).Line }

// parsed returns a source with its syntax.
func parsed(t *testing.T, path, text string) source {
	t.Helper()
	set := token.NewFileSet()
	tree, err := parser.ParseFile(set, path, text, parser.SkipObjectResolution)
	require.NoError(t, err)
	return source{path, strings.Count(text, "\n"), tree, set}
}

// longFunctions returns a line for each function of a file that is over funcLines.
func longFunctions(s source) []string {
	var problems []string
	for n := range ast.Preorder(s.tree) {
		lines := s.line(n.End()) - s.line(n.Pos()) + 1
		switch n := n.(type) {
		case *ast.FuncDecl:
			// The position of a declaration is that of its word func, behind the comment.
			if lines > funcLines {
				problems = append(problems, fmt.Sprintf("%d: %s has %d lines", s.line(n.Pos()), n.Name, lines))
			}
		case *ast.FuncLit:
			if lines > funcLines {
				problems = append(problems, fmt.Sprintf("%d: a function of %d lines", s.line(n.Pos()), lines))
			}
		}
	}
	return problems
}
