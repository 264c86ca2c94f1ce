package outside

import (
	"net/http"
	"strings"
	"testing"

	"pullpath/mockproxy"
)

// TestProxyRefusesTheTokenServer lets a client of net/http fail at a company's proxy.
func TestProxyRefusesTheTokenServer(t *testing.T) {
	network, err := mockproxy.Start(mockproxy.World{}, mockproxy.WithFaults("connect-status:status=403,host=sso.redhat.com"))
	if err != nil {
		t.Fatal(err)
	}
	defer network.Close()
	client := &http.Client{Transport: network.Transport()}
	if _, err = client.Get("https://sso.redhat.com/"); err == nil || !strings.HasSuffix(err.Error(), ": Forbidden") {
		t.Error(err)
	}
}
