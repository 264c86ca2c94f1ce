package catalogue

import "pullpath/internal/diagnosis"

// symptoms are what clients print, by code: the symptom columns and the table J5 of
// reference/failures.md, whose row each one cites ([m] measured there, [src] read in
// the client's source). Go prints the same for many causes: a symptom finds
// candidates, the walk decides.
func symptoms() map[string][]diagnosis.Symptom {
	out := map[string][]diagnosis.Symptom{}
	for _, layer := range []map[string][]diagnosis.Symptom{settingsSymptoms(), dnsSymptoms(), tcpSymptoms(), proxySymptoms(), tlsSymptoms(), httpSymptoms(), authSymptoms()} {
		for code, list := range layer {
			out[code] = list
		}
	}
	return out
}

func settingsSymptoms() map[string][]diagnosis.Symptom {
	return map[string][]diagnosis.Symptom{
		"proxy-url-invalid": {
			{"lookup http: no such host", "failures A4, A6, J1 [m]"},
			{"proxyconnect tcp: dial tcp: lookup http…", "failures A4: helm/helm#12892"},
			{`lookup "http: no such host`, "failures A6 [m]"},
		},
		"proxy-credentials-unescaped": {
			{"proxyconnect tcp: dial tcp: lookup http: no such host", "failures A4 [m]"},
			{"lookup http on …: server misbehaving", "failures A4: helm/helm#12892"},
		},
		"no-proxy-bypasses-target": {
			{"dial tcp …:443: i/o timeout", "failures A11 [m]"},
		},
		"no-proxy-misses-target": {
			{`Get "https://…": Forbidden`, "failures A12, D6"},
			{"Service Unavailable", "failures A12, D9"},
		},
		"proxy-needed": {
			{"dial tcp …:443: i/o timeout", "failures A1, C1"},
			{"Client.Timeout exceeded while awaiting headers", "failures C1"},
		},
		"client-proxy-missing": {
			{"dial tcp …:443: i/o timeout", "failures A1: kubernetes-sigs/cri-tools#336"},
			{"lookup … no such host", "failures A1, B1"},
		},
		"client-settings-not-loaded": {
			{"dial tcp …:443: i/o timeout", "failures A2: docker/for-linux#1039"},
		},
		"unit-percent-dropped": {
			{"Failed to resolve specifiers, ignoring: https_proxy=…", "failures A3: docker/for-linux#1149"},
		},
		"docker-build-proxy-missing": {
			{`failed to fetch anonymous token: Get "https://auth…": i/o timeout`, "failures A16: moby/buildkit#5839"},
			{`failed to fetch oauth token: Post "https://auth…`, "failures A16: moby/buildkit#5839"},
		},
		"docker-config-proxies": {
			{"cannot unmarshal string into Go struct field ConfigFile.proxies", "failures A15: docker/cli#4501"},
		},
		"daemon-json-refused": {
			{"unable to configure the Docker daemon with file /etc/docker/daemon.json", "failures A1; dockerd, cmd/dockerd/daemon.go [src]"},
		},
		"percent-doubled": {
			{"proxyconnect tcp: dial tcp: lookup http: no such host", "failures A3, A4 [m]"},
			{"Proxy Authentication Required", "failures A3, D7"},
		},
		"request-method-set": {
			{"refusing to use HTTP_PROXY value in CGI environment", "failures A24 [src]"},
		},
		"proxy-on-loopback": {
			{"proxyconnect tcp: dial tcp 127.0.0.1:…: connect: connection refused", "failures A18: containers/podman#27889"},
		},
		"client-trust-misplaced": {
			{"missing key … for client certificate", "failures E21: containers/image#292"},
			{"x509: certificate signed by unknown authority", "failures E20, E21: moby/moby#39869"},
		},
	}
}

func dnsSymptoms() map[string][]diagnosis.Symptom {
	return map[string][]diagnosis.Symptom{
		"dns-no-resolver": {
			{"lookup … on [::1]:53: read udp …: connection refused", "failures B4: distribution#3477"},
		},
		"dns-resolver-unreachable": {
			{"lookup … on …:53: read udp …: i/o timeout", "failures B3: docker/cli#3649"},
			{"lookup … on …:53: …: connection refused", "failures B4: distribution#3477"},
		},
		"dns-truncated-tcp-blocked": {
			{"lookup … on …:53: read tcp …: i/o timeout", "failures B11"},
		},
		"dns-filtered": {
			{"lookup … no such host", "failures B6"},
			{"server misbehaving", "failures B5 [m]"},
		},
		"dns-refused": {
			{"server misbehaving", "failures B5 [m]"},
		},
		"dns-servfail": {
			{"server misbehaving", "failures B5: docker/for-mac#1317 [m]"},
		},
		"dns-name-not-found": {
			{"lookup … no such host", "failures B1, B10 [m]"},
		},
		"dns-no-address": {
			{"lookup … no such host", "failures B10 [m]"},
		},
		"dns-sinkhole": {
			{"dial tcp 0.0.0.0:443: connect: connection refused", "failures B6 [m]"},
			{"x509: certificate is valid for …, not …", "failures B6: n8n-hosting#11"},
		},
		"dns-hosts-override": {
			{"connect: connection refused", "failures B8: microsoft/vscode-docker#2834"},
		},
	}
}

func tcpSymptoms() map[string][]diagnosis.Symptom {
	return map[string][]diagnosis.Symptom{
		"tcp-timeout": {
			{"dial tcp …:443: i/o timeout", "failures C1: okd-project/okd#1693"},
			{"Client.Timeout exceeded while awaiting headers", "failures C1: openshift/origin#5960"},
		},
		"tcp-refused": {
			{"dial tcp …:443: connect: connection refused", "failures C2: moby/moby#11201"},
			{`parsing image configuration: Get "https://cdn…": dial tcp …:443: c…`, "failures H1: connect.redhat.com part 3"},
		},
		"tcp-reset": {
			{"read tcp …:443: read: connection reset by peer", "failures E1, E11"},
		},
		"tcp-prohibited": {
			{"connect: no route to host", "failures C3: squid-in-a-can#5, origin#1607 [m]"},
		},
		"tcp-no-route": {
			{"connect: network is unreachable", "failures C4 [m]"},
			{"connect: no route to host", "failures C4 [m]"},
		},
		"tcp-denied-locally": {
			{"connect: operation not permitted", "failures B9: chainguard-dev/apko#2250"},
		},
		"ipv6-broken": {
			{"dial tcp [2600:1f18:…]:443: connect: network is unreachable", "failures C5: docker/for-win#13728"},
			{"connect: cannot assign requested address", "failures C5: docker/for-win#1434"},
		},
	}
}

func proxySymptoms() map[string][]diagnosis.Symptom {
	return map[string][]diagnosis.Symptom{
		"proxy-name-unresolved": {
			{"proxyconnect tcp: dial tcp: lookup … no such host", "failures D2: docker/for-linux#751"},
			{"proxyconnect tcp: dial tcp: lookup …: server misbehaving", "failures D2: moby/moby#37946"},
		},
		"proxy-refused": {
			{"proxyconnect tcp: dial tcp …: connect: connection refused", "failures D1: containers/podman#27889 [m]"},
		},
		"proxy-timeout": {
			{"proxyconnect tcp: dial tcp …: i/o timeout", "failures D3 [m]"},
		},
		"proxy-unreachable": {
			{"proxyconnect tcp: dial tcp …: connect: no route to host", "failures D3, C3"},
			{"proxyconnect tcp: dial tcp …: connect: network is unreachable", "failures D3, C4"},
		},
		"proxy-closed": {
			{"proxyconnect tcp: EOF", "failures A7, D4: containers/podman#24752"},
			{"unexpected EOF", "failures D4 [m]"},
			{"read tcp …->…:3128: read: connection reset by peer", "failures D4: containers/podman#24849 [m]"},
		},
		"proxy-silent": {
			{"context deadline exceeded", "failures D5 [m]: after 60 s"},
		},
		"proxy-speaks-tls": {
			{`malformed HTTP response "\x15\x03\x01\x00\x02\x02`, "failures A8: moby/moby#31779 [m]"},
			{"unexpected EOF", "failures A8 [m]"},
		},
		"proxy-speaks-plaintext": {
			{"proxyconnect tcp: tls: first record does not look like a TLS handshake", "failures A7: docker/for-linux#415"},
			{"proxyconnect tcp: EOF", "failures A7: docker/for-linux#620"},
			{"proxyconnect tcp: net/http: TLS handshake timeout", "failures A7: docker/for-win#3550"},
		},
		"proxy-tls-untrusted": {
			{"proxyconnect tcp: tls: failed to verify certificate: x509: certificate signed by unknown authority", "failures A7, E2"},
		},
		"proxy-tls-failed": {
			{"proxyconnect tcp: remote error: tls: …", "failures A7, E13"},
			{"proxyconnect tcp: net/http: TLS handshake timeout", "failures A7"},
		},
		"proxy-not-a-proxy": {
			{"Bad Request", "failures D11: docker/cli#4501"},
			{"Method Not Allowed", "failures A21, D11: docker/for-win#10894"},
			{`malformed HTTP response "SSH-2.0`, "failures D11 [m]"},
		},
		"proxy-answers-with-page": {
			{"http: server gave HTTP response to HTTPS client", "failures D13: docker/for-linux#1291"},
			{"first record does not look like a TLS handshake", "failures D13 [m]"},
		},
		"proxy-auth-required": {
			{"Proxy Authentication Required", "failures D7: docker/hub-feedback#826 [m]"},
			{"CONNECT tunnel failed, response 407", "failures D7: curl"},
		},
		"proxy-auth-rejected": {
			{"Proxy Authentication Required", "failures D7: docker/for-win#369 [m]"},
		},
		"proxy-auth-scheme-unsupported": {
			{"Proxy Authentication Required", "failures D8: docker/for-win#1064"},
			{"authenticationrequired", "failures A26: docker/for-win#14880"},
		},
		"proxy-connect-denied": {
			{`Get "https://…": Forbidden`, "failures D6: moby/moby#40507 [m]"},
			{"CONNECT tunnel failed, response 403", "failures D6: curl (56)"},
			{"unexpected EOF", "failures D4: docker/for-linux#376"},
		},
		"proxy-connect-port-denied": {
			{`Get "https://…:5000/v2/": Forbidden`, "failures D10"},
			{"Forbidden", "failures D10"},
		},
		"proxy-cannot-resolve-target": {
			{"Service Unavailable", "failures D9 [m]"},
			{"Bad Gateway", "failures D9 [m]"},
		},
		"proxy-cannot-reach-target": {
			{"Service Unavailable", "failures D9 [m]"},
			{"Bad Gateway", "failures D9 [m]"},
			{"Unable to connect", "failures D9: tinyproxy [m]"},
		},
		"proxy-upstream-timeout": {
			{"Gateway Timeout", "failures D9 [m]"},
			{"context deadline exceeded", "failures D5 [m]"},
		},
		"proxy-redirects": {
			{"Moved Temporarily", "failures D12 [m]"},
			{"See Other", "failures D12"},
			{"Temporary Redirect", "failures D12"},
		},
		"proxy-error": {
			{"Bad Gateway", "failures D9 [m]"},
			{"Service Unavailable", "failures D9 [m]"},
			{"Internal Server Error", "failures D9: tinyproxy [m]"},
		},
		"proxy-nodes-disagree": {
			{"Forbidden", "failures D16: docker/hub-feedback#2027"},
			{"Proxy Authentication Required", "failures D16: containers/podman#18482"},
		},
	}
}

func tlsSymptoms() map[string][]diagnosis.Symptom {
	return map[string][]diagnosis.Symptom{
		"tls-reset": {
			{"connection reset by peer", "failures E1: moby/buildkit#5839"},
			{"(35) Recv failure: Connection reset", "failures E1: curl"},
		},
		"tls-closed": {
			{"EOF", "failures D14 [m]"},
		},
		"tls-timeout": {
			{"net/http: TLS handshake timeout", "failures C7, D14, E10"},
		},
		"tls-plaintext": {
			{"http: server gave HTTP response to HTTPS client", "failures E4: docker/for-linux#1338"},
			{"wrong version number", "failures E4: curl"},
		},
		"tls-alert": {
			{"remote error: tls: handshake failure", "failures E14: golang/go#66512"},
			{"remote error: tls: access denied", "failures E19 [m]"},
			{"remote error: tls: internal error", "failures E19 [m]"},
			{"remote error: tls: unrecognized name", "failures E18 [m]"},
			{"ems not enabled", "failures E15: openshift-docs#62760"},
		},
		"tls-sni-blocked": {
			{"connection reset by peer", "failures E1: moby/buildkit#5839"},
			{"(35) Recv failure: Connection reset", "failures E1: curl"},
		},
		"tls-large-hello-dropped": {
			{"net/http: TLS handshake timeout", "failures E10: canonical/lxd#14839, tailscale#20777"},
			{"connection reset by peer", "failures E10, E12: golang/go#80573"},
		},
		"tls-path-mtu": {
			{"net/http: TLS handshake timeout", "failures C7: moby/moby#20628"},
			{"Your browser didn't send a complete request in time", "failures C7: moby/moby#15949"},
		},
		"tls-version-unsupported": {
			{"remote error: tls: protocol version not supported", "failures E13 [m]"},
		},
		"tls-client-certificate-required": {
			{"remote error: tls: certificate required", "failures E17: docker/buildx#895 [m]"},
			{"remote error: tls: bad certificate", "failures E17 [m]"},
		},
		"clock-skew": {
			{"x509: certificate has expired or is not yet valid: current time …", "failures E6: podman#10198, podman-desktop#1713"},
		},
		"tls-intercepted-untrusted": {
			{"x509: certificate signed by unknown authority", "failures E2: podman#13330, colima#256"},
		},
		"tls-intercepted-broken": {
			{"x509: certificate has expired or is not yet valid", "failures E7: docker/desktop-feedback#40"},
			{"certificate relies on legacy Common Name field, use SANs instead", "failures E8: goharbor#16971 [m]"},
			{"cannot verify signature: insecure algorithm SHA1-RSA", "failures E9: moby/moby#15704"},
		},
		"tls-certificate-expired": {
			{"x509: certificate has expired or is not yet valid", "failures E6, E7"},
		},
		"tls-certificate-not-yet-valid": {
			{"x509: certificate has expired or is not yet valid", "failures E6"},
		},
		"tls-name-mismatch": {
			{"x509: certificate is valid for …, not …", "failures E3, B7: moby/moby#33154"},
			{"certificate is not valid for any names, but wanted to match …", "failures E3: docker-squid#12"},
		},
		"tls-self-signed": {
			{"x509: certificate signed by unknown authority", "failures E25"},
		},
		"tls-incomplete-chain": {
			{"x509: certificate signed by unknown authority", "failures E5: docker/desktop-feedback#40 [m]"},
		},
		"tls-trust-store-lacks-public-roots": {
			{"x509: certificate signed by unknown authority", "failures E24: docker/docs#25124"},
		},
		"tls-unknown-authority": {
			{"x509: certificate signed by unknown authority", "failures E2, E5, E24"},
		},
		"tls-certificate-misused": {
			{"certificate specifies an incompatible key usage", "failures E25 [m]"},
			{"parent certificate cannot sign this kind of certificate", "failures E25"},
			{"not authorized to sign for this name", "failures E9: moby/moby#31949 [m]"},
		},
		"tls-certificate-malformed": {
			{"failed to parse certificate from server: x509: negative serial number", "failures E9: ollama#10783"},
			{"unhandled critical extension", "failures E9"},
		},
		"public-roots-file-suspect": {
			{"x509: certificate signed by unknown authority", "failures E24"},
		},
	}
}

func httpSymptoms() map[string][]diagnosis.Symptom {
	return map[string][]diagnosis.Symptom{
		"http-block-page": {
			{"invalid character '<' looking for beginning of value", "failures F2, G2: moby/moby#40507"},
			{`StatusCode: 403, "<!DOCTYPE html…`, "failures G3 [m]"},
		},
		"http-redirected-elsewhere": {
			{"invalid character '<' looking for beginning of value", "failures F2: skopeo#360"},
			{"stopped after 10 redirects", "failures G9 [m]"},
			{"511 Network Authentication Required", "failures G6 [m]"},
		},
		"http-challenge-missing": {
			{"None of the challenges sent by server … are supported", "failures G7: skopeo#1300"},
		},
		"http-rate-limited": {
			{"toomanyrequests: You have reached your pull rate limit", "failures C11: docker/hub-feedback#1907"},
			{"too many requests to registry", "failures C11 [m]"},
		},
		"http-blocked-by-origin": {
			{"configured to block access from your country", "failures C10: curiefense#824"},
			{"complete the security check", "failures H12: official-images#4309"},
		},
		"http-gateway-error": {
			{"received unexpected HTTP status: 503 Service Unavailable", "failures G5: docker/hub-feedback#2437"},
			{"received unexpected HTTP status: 502 Bad Gateway", "failures G5"},
		},
		"http-server-error": {
			{"received unexpected HTTP status: 500 Internal Server Error", "failures G5"},
			{"received unexpected HTTP status: 503 Service Unavailable", "failures G5"},
		},
		"http-timeout": {
			{"Client.Timeout exceeded while awaiting headers", "failures D5, H8"},
			{"context deadline exceeded", "failures H11: skopeo#2878"},
		},
		"http-truncated": {
			{"unexpected EOF", "failures H7: containers/image#1145"},
			{"happened during read: unexpected EOF (after reconnecting, server did not process a Range: header", "failures H7, H9: podman#24715"},
			{"use of closed network connection", "failures D17: container-libs#208"},
		},
		"http-body-altered": {
			{"does not match expected sha256", "failures H10: c/image [m]"},
			{"error verifying sha256 checksum", "failures H10: crane [m]"},
			{"filesystem layer verification failed for digest", "failures H10: moby/moby#46163"},
			{"Manifest does not match provided manifest digest", "failures G10: goharbor#16495"},
		},
		"http-method-blocked": {
			{"unexpected status from HEAD request…: 403 Forbidden", "failures G4: containerd#6684"},
			{"unexpected status from POST request to …: 403 Forbidden", "failures F13 [src]"},
		},
		"http-header-too-large": {
			{"400 Request Header Or Cookie Too Large", "failures F10: regclient#797"},
			{"431 Request Header Fields Too Large", "failures F10"},
		},
		"http-authorization-stripped": {
			{"reading manifest …: unauthorized: Access to the requested resource is not authorized", "failures F8 [m]"},
		},
		"http-proxy-auth-inside": {
			{"received unexpected HTTP status: 407 Proxy Authentication Required", "failures F5 [m]"},
		},
	}
}

func authSymptoms() map[string][]diagnosis.Symptom {
	return map[string][]diagnosis.Symptom{
		"auth-credentials-elsewhere": {
			{"unauthorized: Please login to the Red Hat Registry", "failures F7: containers/podman#19307"},
		},
		"auth-credentials-missing": {
			{"unauthorized: Please login to the Red Hat Registry", "failures F6, F7: podman#7780"},
		},
		"auth-credentials-rejected": {
			{"invalid username/password", "failures F6, F3 [m]"},
			{"unauthorized: Please login to the Red Hat Registry using your Customer Portal credentials", "failures F6: minikube#9732"},
		},
		"auth-token-malformed": {
			{"authorization server did not include a token in the response", "failures F9 [m]"},
			{"no token in bearer response", "failures F9: crane [m]"},
			{"invalid character '<' looking for beginning of value", "failures F2: podman#4254"},
			{`decoding bearer token (last URL "…", body start "<!DOCTYPE…"): invalid character '<'`, "failures F2 [m]"},
		},
		"auth-token-clock": {
			{"reading manifest …: unauthorized", "failures F11"},
		},
		"auth-token-without-access": {
			{"reading manifest …: unauthorized", "failures F6, F9 [m]"},
			{"insufficient_scope", "failures F9"},
		},
		"registry-unlike": {
			{"unauthorized", "failures G1 [m]"},
			{"invalid character '<' looking for beginning of value", "failures G2"},
		},
		"registry-token-rejected": {
			{"reading manifest …: unauthorized", "failures F8: skopeo#1300"},
		},
		"registry-access-denied": {
			{"unsupported: This repo requires terms acceptance and is only available on registry.redhat.io", "failures G8: fuse-online-install#139"},
			{"denied: requested access to the resource is denied", "failures G8"},
		},
		"registry-not-found": {
			{"manifest unknown", "failures G8"},
			{"unknown: Not Found", "failures G8: containers/image errors_test.go"},
		},
		"blob-url-rejected": {
			{`fetching blob: StatusCode: 403, "<?xml version…`, "failures H5 [m]"},
			{"Request has expired", "failures H5: konflux-ci/caching ADR-0001"},
			{"SignatureDoesNotMatch", "failures H5"},
			{"Only one auth mechanism allowed", "failures H6: OPA#6580"},
		},
	}
}
