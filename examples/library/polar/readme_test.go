package main

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// fenced are the README's blocks of Go.
var fenced = regexp.MustCompile("(?ms)^```go\n(.*?)^```$")

func TestTheREADMEShowsThisCode(t *testing.T) {
	t.Parallel()
	here, err := os.ReadFile("python_test.go")
	require.NoError(t, err)
	readme, err := os.ReadFile("../../../README.md")
	require.NoError(t, err)
	_, section, found := strings.Cut(string(readme), "\n## From the Python adapter\n")
	require.True(t, found, "the README has no such section")
	section, _, _ = strings.Cut(section, "\n## ")
	blocks := fenced.FindAllStringSubmatch(section, -1)
	require.NotEmpty(t, blocks)
	for _, b := range blocks {
		require.Contains(t, string(here), b[1])
	}
}
