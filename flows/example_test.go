package flows_test

import (
	"context"
	"crypto/x509"
	"fmt"
	"time"

	"pullpath/flows"
	"pullpath/mockproxy"
	"pullpath/resolve"
	"pullpath/tlsinspect"
	"pullpath/tunnel"
)

// The way to a host is walked through a proxy that refuses it.
func ExampleRun() {
	network, err := mockproxy.Start(mockproxy.World{}, mockproxy.WithFaults("connect-status:status=403,host=sso.redhat.com"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer network.Close()
	ways := network.Map()
	dialect, err := flows.ReadDialect("go-1.26.8")
	if err != nil {
		fmt.Println(err)
		return
	}
	host, err := flows.ParseArgument("sso.redhat.com")
	if err != nil {
		fmt.Println(err)
		return
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(network.ClientRoots())
	var c flows.Config
	c.Targets, c.Dialect, c.NoProbes = []flows.Argument{host}, dialect, true
	c.Env = flows.Environment{{Name: "HTTPS_PROXY", Value: "http://proxy.corp.example:3128"}}
	c.Stores = tlsinspect.Stores{Public: roots, System: roots, Client: roots}
	c.Timeout, c.HopTimeout = 10*time.Second, 5*time.Second

	plan, err := flows.NewPlan(c)
	if err != nil {
		fmt.Println(err)
		return
	}
	trace := flows.Run(context.Background(), c, plan, flows.Net{Wire: tunnel.Wire{Dial: ways.Dial}, Now: time.Now,
		Resolver: &resolve.Resolver{Servers: network.Resolvers(), Dial: ways.Dial, Now: time.Now}})
	for _, hop := range trace.Hops {
		fmt.Printf("%s %s %q\n", hop.Op, hop.State, hop.Kind())
	}
	// Output:
	// resolve ok ""
	// setting ok ""
	// dial ok ""
	// tunnel failed "proxy_status"
	// handshake skipped ""
	// request skipped ""
}
