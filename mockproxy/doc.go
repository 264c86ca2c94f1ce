// Package mockproxy is a company's network on loopback for tests: a forward proxy, name
// servers, a token server, a registry with an image, and the hosts that its blobs are
// redirected to, with the names of the real ones and certificates made for the run. It
// needs no other network and no privileges.
//
// [Start] starts a network, healthy or with faults in it; [Network.Transport] leads an HTTP
// client through its proxy:
//
//	network, err := mockproxy.Start(mockproxy.World{},
//		mockproxy.WithFaults("connect-status:status=403,host=sso.redhat.com"))
//	…
//	defer network.Close()
//	client := &http.Client{Transport: network.Transport()}
//	_, err = client.Get("https://sso.redhat.com/")  // Forbidden
//
// The faults are those of "pullpath mock --list" ([Kinds]): of the socket, the name
// servers, the proxy's answer, the TLS handshake with its certificate, and the HTTP
// exchange. They are counted ([Network.Faults]), can strike each third time alone
// ("…,1/3"), and can be changed while the network runs ([Network.Install],
// [Network.Admin]). [Network.Events] is what happened.
//
// Names resolve to addresses that are kept for documentation, and [Network.Map] leads
// these to loopback listeners, so that a client which dials for itself can be in the
// network too ([Map.Dial]). Every listener is bound to 127.0.0.1 unless [Listen] says
// otherwise, and every key is made when the network starts and dies with it unless
// [KeepIn] keeps it.
//
// The package knows no evidence and no diagnosis: a mock that knew the answers would mark
// its own exam.
package mockproxy
