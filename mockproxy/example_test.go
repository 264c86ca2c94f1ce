package mockproxy_test

import (
	"context"
	"fmt"
	"net"
	"net/http"

	"pullpath/mockproxy"
)

// A client's own code meets a proxy that does not let one of its hosts pass.
func ExampleStart() {
	network, err := mockproxy.Start(mockproxy.World{}, mockproxy.WithFaults("connect-status:status=403,host=sso.redhat.com"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer network.Close()
	client := &http.Client{Transport: network.Transport()}
	defer client.CloseIdleConnections()

	resp, err := client.Get("https://registry.redhat.io/v2/")
	if err == nil {
		fmt.Println(resp.Status)
		_ = resp.Body.Close()
	}
	_, err = client.Get("https://sso.redhat.com/")
	fmt.Println(err)
	for _, f := range network.Faults() {
		fmt.Printf("%s struck %d of %d times\n", f.Fault, f.Struck, f.Occasions)
	}
	// Output:
	// 401 Unauthorized
	// Get "https://sso.redhat.com/": Forbidden
	// connect-status:status=403,host=sso.redhat.com struck 1 of 1 times
}

// A client that dials for itself is led to the network by its addresses.
func ExampleNetwork_Map() {
	network, err := mockproxy.Start(mockproxy.World{Direct: true}, mockproxy.WithFaults("tcp-refuse:host=registry.redhat.io"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer network.Close()
	ways := network.Map()
	resolver := net.Resolver{PreferGo: true, Dial: func(ctx context.Context, transport, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, transport, network.ResolverAddress().String())
	}}
	addresses, err := resolver.LookupHost(context.Background(), "registry.redhat.io")
	fmt.Println(addresses, err)
	_, err = ways.Dial(context.Background(), "tcp", net.JoinHostPort(addresses[0], "443"))
	fmt.Println(err)
	// Output:
	// [203.0.113.101] <nil>
	// dial tcp 203.0.113.101:443: connect: connection refused
}
