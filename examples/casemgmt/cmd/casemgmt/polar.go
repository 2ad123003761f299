//go:build cgo

package main

import (
	"github.com/mongoauthz/go-mongoauthz/examples/casemgmt"
	"github.com/mongoauthz/go-mongoauthz/examples/casemgmt/polar"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
)

func init() {
	policies["polar"] = func() (func(casemgmt.Directory) mongoauthz.Policy, error) { return polar.Load() }
}
