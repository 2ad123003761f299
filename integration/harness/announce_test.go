package harness_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// announced is what the script says on a machine that has these programs and no Docker engine.
func announced(t *testing.T, env []string, programs ...string) string {
	t.Helper()
	bin := t.TempDir()
	for _, name := range append(programs, "bash", "id") {
		path, err := exec.LookPath(name)
		if err != nil { // one that is only asked for, and not run
			path = "/bin/true"
		}
		require.NoError(t, os.Symlink(path, filepath.Join(bin, name)))
	}
	cmd := exec.Command("bash", "../server/announce.sh")
	cmd.Env = append([]string{"PATH=" + bin}, env...)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	return string(out)
}

func TestTheSetUpSaysFirstWhatItInstalls(t *testing.T) {
	t.Parallel()
	require.Empty(t, announced(t, []string{"MONGODB_URI=mongodb://127.0.0.1:1"}), "it installs nothing where a server is named")
	require.Empty(t, announced(t, []string{"DOCKER_HOST=tcp://127.0.0.1:1"}), "nor where an engine is named")
	if _, err := os.Stat("/etc/debian_version"); err != nil || os.Getuid() != 0 {
		require.Empty(t, announced(t, nil), "nor where it may not")
		return
	}
	const rest = " will be installed; set MONGODB_URI to a server for the tests, and nothing is\n"
	const none = "setup: this machine has no Docker engine that answers, so "
	require.Equal(t, none+"a Docker engine (docker.io) and a browser (chromium)"+rest, announced(t, nil))
	require.Equal(t, none+"a Docker engine (docker.io)"+rest, announced(t, []string{"CASEMGMT_BROWSER=/a/browser"}))
}
