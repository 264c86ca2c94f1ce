package tunnel_test

import (
	"context"
	"fmt"
	"time"

	"pullpath/mockproxy"
	"pullpath/tunnel"
)

// A proxy refuses a host; the refusal is kept whole.
func ExampleConnect() {
	network, err := mockproxy.Start(mockproxy.World{},
		mockproxy.WithFaults("connect-status:status=403,host=sso.redhat.com,header=X-Squid-Error: ERR_ACCESS_DENIED 0,body=no"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer network.Close()
	ctx := context.Background()
	conn, _, failure := tunnel.Dial(ctx, network.Map().Dial, "203.0.113.10:3128", tunnel.Scribe{})
	if failure != nil {
		fmt.Println(failure.Text)
		return
	}
	defer conn.Close()
	_, detail, failure := tunnel.Connect(ctx, conn, tunnel.Request{Target: "sso.redhat.com:443", Now: time.Now})
	fmt.Println(failure.Kind, detail.StatusLine)
	for _, h := range detail.Headers {
		fmt.Println(h.Name+":", h.Value)
	}
	fmt.Println(detail.Body.Text)
	// Output:
	// proxy_status HTTP/1.1 403 Forbidden
	// X-Squid-Error: ERR_ACCESS_DENIED 0
	// Content-Length: 2
	// Connection: close
	// no
}
