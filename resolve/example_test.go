package resolve_test

import (
	"context"
	"fmt"
	"time"

	"pullpath/mockproxy"
	"pullpath/resolve"
)

// A name server refuses a name, and says why.
func ExampleResolver_Lookup() {
	network, err := mockproxy.Start(mockproxy.World{},
		mockproxy.WithFaults("dns-rcode:host=sso.redhat.com,rcode=NXDOMAIN,ede=15,text=category: blocked"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer network.Close()
	r := resolve.Resolver{Servers: network.Resolvers(), Dial: network.Map().Dial, Now: time.Now}
	for _, name := range []string{"registry.redhat.io", "sso.redhat.com"} {
		for _, a := range r.Lookup(context.Background(), name) {
			q := a.Detail.Questions[0]
			fmt.Printf("%s %s %q\n", a.Detail.Addresses, q.Rcode, q.ExtendedText)
			if a.Failure != nil {
				fmt.Println(a.Failure.Kind)
			}
		}
	}
	// Output:
	// [203.0.113.101] NOERROR ""
	// [] NXDOMAIN "category: blocked"
	// nxdomain
}
