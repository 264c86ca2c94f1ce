package mockproxy

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"strings"
	"syscall"
	"testing"

	"pullpath/internal/fault"
)

// onCDN are the healthy hosts, two of them at one address.
func onCDN() []fault.Host {
	hosts := fault.Hosts()
	hosts[4].Address = hosts[3].Address
	return hosts
}

// shake dials a World address and shakes hands there under a name.
func shake(t *testing.T, n *Network, address, name string) (*x509.Certificate, error) {
	t.Helper()
	conn, err := n.Map().Dial(t.Context(), "tcp", net.JoinHostPort(address, "443"))
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(n.ClientRoots())
	secure := tls.Client(conn, &tls.Config{ServerName: name, RootCAs: roots})
	defer func() { _ = secure.Close() }()
	if err := secure.HandshakeContext(t.Context()); err != nil {
		return nil, err
	}
	return secure.ConnectionState().PeerCertificates[0], nil
}

// Hosts at one address are told apart by name: each has its own certificate and its
// own faults.
func TestHostsShareAnAddress(t *testing.T) {
	hosts := onCDN()
	sound, broken := hosts[3], hosts[4]
	n := start(t, fault.World{Hosts: hosts, Faults: []fault.Fault{fault.Handshake{Host: broken.Name, Effect: fault.Reset}}})
	leaf, err := shake(t, n, sound.Address, sound.Name)
	if err != nil || leaf.DNSNames[0] != sound.Name {
		t.Errorf("%s: %v", sound.Name, err)
	}
	if _, err := shake(t, n, broken.Address, broken.Name); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("%s: %v, want a reset", broken.Name, err)
	}
	route := n.Map().Routes[sound.Address]
	if strings.Join(route.Hosts, " ") != sound.Name+" "+broken.Name {
		t.Errorf("at %s are %q", sound.Address, route.Hosts)
	}
	if status, _ := get(t, n, "https://"+sound.Name+"/"); status == 0 {
		t.Error("the proxy reaches nobody at the shared address")
	}
}

// What is broken at an address is broken for all who have it.
func TestSharedAddressRefuses(t *testing.T) {
	hosts := onCDN()
	n := start(t, fault.World{Hosts: hosts, Faults: []fault.Fault{fault.Socket{Host: hosts[4].Name, Effect: fault.Refuse}}})
	if _, err := shake(t, n, hosts[3].Address, hosts[3].Name); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("%v, want refused", err)
	}
	if _, err := shake(t, n, hosts[5].Address, hosts[5].Name); err != nil {
		t.Errorf("a host at another address: %v", err)
	}
}

func TestReadNameServer(t *testing.T) {
	for text, want := range map[string]nameServer{
		"10.0.0.1:53":                       {transport: "udp", host: "10.0.0.1", port: "53"},
		"[2001:db8::1]:53":                  {transport: "udp", host: "2001:db8::1", port: "53"},
		"tcp://10.0.0.1:53":                 {transport: "tcp", host: "10.0.0.1", port: "53", name: "10.0.0.1"},
		"tls://10.0.0.1:853#dns.example":    {transport: "tls", host: "10.0.0.1", port: "853", name: "dns.example"},
		"https://dns.example:443/dns-query": {transport: "https", host: "dns.example", port: "443", name: "dns.example"},
	} {
		if got, err := readNameServer(text); err != nil || got != want {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "10.0.0.1", "tls://10.0.0.1", "quic://10.0.0.1:853", "tls://\x7f"} {
		if got, err := readNameServer(text); err == nil {
			t.Errorf("%q is read as %+v", text, got)
		}
	}
}

// A name server that is asked by name stands where its pin says.
func TestNameServerByName(t *testing.T) {
	n := start(t, fault.World{Pins: map[string]string{"dns.example": "192.0.2.7"},
		Site: &fault.Site{Resolvers: []string{"https://dns.example:443/dns-query"}, Proxies: []fault.Host{{Name: fault.ProxyName,
			Address: fault.ProxyAddress}}}})
	conn, err := n.Map().Dial(context.Background(), "tcp", "192.0.2.7:443")
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.Close()
}
