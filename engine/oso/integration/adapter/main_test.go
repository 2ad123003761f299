package adapter_test

import (
	"os"
	"testing"

	"github.com/mongoauthz/go-mongoauthz/integration/harness"
)

func TestMain(m *testing.M) { os.Exit(harness.Main(m)) }
