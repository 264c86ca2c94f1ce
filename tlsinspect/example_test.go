package tlsinspect_test

import (
	"context"
	"crypto/x509"
	"fmt"
	"time"

	"pullpath/mockproxy"
	"pullpath/tlsinspect"
)

// A proxy inspects TLS: the chain that it presents is recorded, though no store trusts it.
func ExampleHandshake() {
	network, err := mockproxy.Start(mockproxy.World{Direct: true}, mockproxy.WithFaults("tls-intercept:organization=Corp Example"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer network.Close()
	ctx := context.Background()
	conn, err := network.Map().Dial(ctx, "tcp", "203.0.113.101:443")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer conn.Close()
	public := x509.NewCertPool()
	public.AppendCertsFromPEM(network.PublicRoots())
	result := tlsinspect.Handshake(ctx, conn, tlsinspect.Options{ServerName: "registry.redhat.io", Now: time.Now,
		Stores: tlsinspect.Stores{Public: public, Client: public}})
	fmt.Println(result.Failure.Kind)
	for _, c := range result.Detail.Chain {
		fmt.Println(c.Subject, "issued by", c.Issuer)
	}
	// Output:
	// untrusted
	// CN=registry.redhat.io issued by CN=Corp Example TLS CA,O=Corp Example
	// CN=Corp Example TLS CA,O=Corp Example issued by CN=Corp Example Root CA,O=Corp Example
	// CN=Corp Example Root CA,O=Corp Example issued by CN=Corp Example Root CA,O=Corp Example
}
