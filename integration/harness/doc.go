// Package harness gives tests a real server: it finds or starts one, hands every test a database of its own, and skips by
// name what the server at hand cannot do.
//
// A test package opts in with
//
//	func TestMain(m *testing.M) { os.Exit(harness.Main(m)) }
//
// and its tests and benchmarks ask for what they need:
//
//	db := harness.Database(t)                   // fresh, uniquely named, dropped when t ends
//	harness.Require(t, harness.Transactions)    // or skip, with the reason
//
// # Where the server comes from
//
// [Start] looks in this order:
//
//  1. MONGODB_URI: that server is used, and nothing is started.
//  2. A Docker engine that has, or can pull, the image named by MONGOAUTHZ_TEST_IMAGE (mongo:8 unless set). It runs as a
//     replica set of one member, so that transactions and change streams work.
//  3. A Docker engine that has the image mongoauthz/mongo-compat, which "make server-image" builds from packages where no
//     image can be pulled: FerretDB, a server that speaks MongoDB's wire protocol. It is not taken in place of an image
//     that MONGOAUTHZ_TEST_IMAGE names: that would test something else than what was asked for.
//
// Without any of them the run fails with one line that says what to install or set. It never passes by having run
// nothing; only with -short are the tests that need a server skipped, each by its name.
//
// The command withserver starts a server in the same way for any other program.
//
// # Containers
//
// The container belongs to the process that started it, which removes it at its end, also on an interrupt. What a killed
// process leaves behind is removed by the next [Start] on the same host. Testcontainers' own reaper is therefore
// switched off (TESTCONTAINERS_RYUK_DISABLED, unless it is set): its image cannot be pulled everywhere.
package harness
