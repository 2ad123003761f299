package polar_test

import (
	"context"
	"fmt"
	"log"

	"github.com/mongoauthz/go-mongoauthz/evaluate"
	"github.com/mongoauthz/go-mongoauthz/examples/casemgmt"
	"github.com/mongoauthz/go-mongoauthz/examples/casemgmt/polar"
)

// What the policy leaves open once the user, the action and the type are known: which rows have to be there.
func Example() {
	ctx := context.Background()
	data, err := casemgmt.ReadData(casemgmt.Demo())
	if err != nil {
		log.Fatal(err)
	}
	policyOf, err := polar.Load()
	if err != nil {
		log.Fatal(err)
	}
	directory := casemgmt.NewDirectory(evaluate.Memory(data)) // a service has that of its database
	alan, err := casemgmt.ParseID("alan-wkcmp")
	if err != nil {
		log.Fatal(err)
	}
	actor, err := directory.Actor(ctx, alan)
	if err != nil {
		log.Fatal(err)
	}
	may, err := policyOf(directory).Filter(ctx, actor, "view", "document")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(may)
	// Output:
	// document where its_template its_template, client_caseloads & its_template.caseloads c, c.grants grant, grant.its_role its_role: grant.user contains "alan-wkcmp" and its_role.permissions contains "view_document"
}
