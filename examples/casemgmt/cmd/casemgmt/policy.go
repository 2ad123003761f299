package main

import (
	"errors"
	"flag"
	"maps"
	"slices"
	"strings"

	"github.com/mongoauthz/go-mongoauthz/examples/casemgmt"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
)

// policies are those that --policy names, by what loads them. The one in Polar is among them where the command is built with cgo.
var policies = map[string]func() (func(casemgmt.Directory) mongoauthz.Policy, error){
	"go": func() (func(casemgmt.Directory) mongoauthz.Policy, error) { return casemgmt.Policy, nil },
}

// policyFlag adds the flag for the policy of a service.
func policyFlag(flags *flag.FlagSet, c *casemgmt.Config) {
	names := strings.Join(slices.Sorted(maps.Keys(policies)), " or ")
	flags.Func("policy", "what the policy is written in: "+names+" (go unless set; polar takes a command that was built with cgo)", func(name string) (err error) {
		load, ok := policies[name]
		if !ok {
			return errors.New("there is no such policy here, but " + names)
		}
		c.Policy, err = load()
		return err
	})
}
