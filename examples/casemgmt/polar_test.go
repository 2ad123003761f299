//go:build cgo

package casemgmt_test

import "github.com/mongoauthz/go-mongoauthz/examples/casemgmt/polar"

func init() {
	policy, err := polar.Load()
	if err != nil {
		panic(err)
	}
	policies["polar"] = policy
}
