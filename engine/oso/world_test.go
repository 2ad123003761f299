package oso_test

import "github.com/mongoauthz/go-mongoauthz/engine/oso/internal/osotest"

// Short names for what these tests share with those in integration, which need a server.
type (
	Status  = osotest.Status
	User    = osotest.User
	Grant   = osotest.Grant
	Team    = osotest.Team
	Address = osotest.Address
	Doc     = osotest.Doc
)

var (
	structs            = osotest.Structs
	schema             = osotest.Schema
	id                 = osotest.ID
	noon               = osotest.Noon
	users              = osotest.Users
	teams              = osotest.Teams
	benchmarked        = osotest.Benchmarked
	memory             = osotest.Memory
	engine             = osotest.Engine
	given              = osotest.Given
	requireUnsupported = osotest.RequireUnsupported
	withoutNull        = osotest.WithoutNull
)

func ref[T any](v T) *T { return &v }
