package transcript_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pullpath/internal/capture/draw"
	"pullpath/internal/catalogue"
	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/redact"
	"pullpath/internal/transcript"
)

const (
	lookedUp = `
		0.000 10.0.0.5:5000 > 10.0.0.1:53 dns 9 A? registry.redhat.io
		0.010 10.0.0.1:53 > 10.0.0.5:5000 dns 9 A? registry.redhat.io = 203.0.113.9 ttl=63
`
	connected = lookedUp + `
		0.020 10.0.0.5:40001 > 203.0.113.9:443 S mss=1460 ts=1
		0.040 203.0.113.9:443 > 10.0.0.5:40001 SA ttl=61 mss=1460 ts=900 id=77
		0.041 10.0.0.5:40001 > 203.0.113.9:443 A ts=2
`
	toProxy = `
		0.000 10.0.0.5:40001 > 10.0.0.9:3128 S mss=1460
		0.001 10.0.0.9:3128 > 10.0.0.5:40001 SA ttl=64 mss=1460
		0.002 10.0.0.5:40001 > 10.0.0.9:3128 A
`
	hello    = "\n0.050 10.0.0.5:40001 > 203.0.113.9:443 PA hello=registry.redhat.io ts=3\n"
	connects = "\n" + `0.010 10.0.0.5:40001 > 10.0.0.9:3128 PA data="CONNECT quay.io:443 HTTP/1.1\r\nHost: quay.io:443\r\n\r\n"` + "\n"
	wants    = "\n" + `0.020 10.0.0.9:3128 > 10.0.0.5:40001 PA data="HTTP/1.1 407 Proxy Authentication Required\r\n` +
		`Proxy-Authenticate: Basic realm=x\r\nContent-Length: 2\r\n\r\nno"` + "\n"
	logsIn = "\n" + `0.030 10.0.0.5:40001 > 10.0.0.9:3128 PA data="CONNECT quay.io:443 HTTP/1.1\r\nHost: quay.io:443\r\n` +
		`Proxy-Authorization: Basic dXNlcjpzM2NyZXQ=\r\n\r\n"` + "\n"
)

// capturedRow is a capture and what is to be made of it.
type capturedRow struct {
	packets string
	// codes are the findings that no other explains, or the first candidate with a question mark.
	codes []string
	says  []string
	not   []string
}

var capturedNames = map[string]capturedRow{
	"a name that does not exist": {`
		0.000 10.0.0.5:5000 > 10.0.0.1:53 dns 9 A? nosuch.redhat.io
		0.010 10.0.0.1:53 > 10.0.0.5:5000 dns 9 A? nosuch.redhat.io = NXDOMAIN`, []string{"dns-name-not-found"}, nil, nil},
	"names that the search list made": {`
		0.000 10.0.0.5:5000 > 10.0.0.1:53 dns 8 A? registry.redhat.io.svc.cluster.local
		0.001 10.0.0.1:53 > 10.0.0.5:5000 dns 8 A? registry.redhat.io.svc.cluster.local = NXDOMAIN` + connected, nil, nil,
		[]string{"cluster.local"}},
	"two answers": {`
		0.000 10.0.0.5:5000 > 10.0.0.1:53 dns 9 A? quay.io
		0.001 10.0.0.1:53 > 10.0.0.5:5000 dns 9 A? quay.io = 198.51.100.1 ttl=254
		0.020 10.0.0.1:53 > 10.0.0.5:5000 dns 9 A? quay.io = 203.0.113.9 ttl=61
		0.030 10.0.0.5:40001 > 198.51.100.1:443 S
		0.031 198.51.100.1:443 > 10.0.0.5:40001 RA ttl=254`, []string{"dns-answer-injected"},
		[]string{"198.51.100.1 with hop limit 254", "203.0.113.9 with hop limit 61"}, nil},
	"the same answer twice": {lookedUp + `
		0.020 10.0.0.1:53 > 10.0.0.5:5000 dns 9 A? registry.redhat.io = 203.0.113.9 ttl=62
		0.030 10.0.0.5:40001 > 203.0.113.9:443 S
		0.031 203.0.113.9:443 > 10.0.0.5:40001 SA ttl=60`, nil, nil, []string{"injected"}},
	"the first name server is silent": {`
		0.0 10.0.0.5:5000 > 10.0.0.1:53 dns 8 A? registry.redhat.io
		5.0 10.0.0.5:5000 > 10.0.0.1:53 dns 8 A? registry.redhat.io
		5.1 10.0.0.5:5001 > 10.0.0.2:53 dns 9 A? registry.redhat.io
		5.2 10.0.0.2:53 > 10.0.0.5:5001 dns 9 A? registry.redhat.io = 203.0.113.9
		5.3 10.0.0.5:40001 > 203.0.113.9:443 S
		5.4 203.0.113.9:443 > 10.0.0.5:40001 SA`, []string{"dns-resolver-down"}, []string{"10.0.0.2 answers"}, nil},
}

var capturedTCP = map[string]capturedRow{
	"a SYN that is dropped": {lookedUp + `
		0.02 10.0.0.5:40001 > 203.0.113.9:443 S
		1.02 10.0.0.5:40001 > 203.0.113.9:443 S
		3.02 10.0.0.5:40001 > 203.0.113.9:443 S`, []string{"tcp-timeout"}, []string{"registry.redhat.io"}, nil},
	"a SYN of which nothing more is there": {lookedUp + `
		0.02 10.0.0.5:40001 > 203.0.113.9:443 S`, nil, nil, nil},
	"a port that is closed": {lookedUp + `
		0.02 10.0.0.5:40001 > 203.0.113.9:443 S
		0.04 203.0.113.9:443 > 10.0.0.5:40001 RA ttl=61`, []string{"tcp-refused"}, nil, []string{"injected"}},
	"a SYN that a device resets": {connected + `
		0.10 10.0.0.5:40001 > 203.0.113.9:443 FA
		1.02 10.0.0.5:40002 > 203.0.113.9:443 S
		1.03 203.0.113.9:443 > 10.0.0.5:40002 RA ttl=63`, []string{"tcp-reset-injected"}, []string{"those were of other connections"}, nil},
	"a reset behind the client's own end": {lookedUp + `
		0.02 10.0.0.5:40001 > 203.0.113.9:443 S
		0.04 203.0.113.9:443 > 10.0.0.5:40001 SA ttl=61
		0.05 10.0.0.5:40001 > 203.0.113.9:443 FA
		0.07 203.0.113.9:443 > 10.0.0.5:40001 RA ttl=61`, nil, nil, []string{"tcp-reset"}},
	"ICMP prohibits": {lookedUp + `
		0.02 10.0.0.5:40001 > 203.0.113.9:443 S
		0.03 10.9.9.9 > 10.0.0.5 icmp 3 13 of 10.0.0.5:40001 > 203.0.113.9:443`, []string{"tcp-prohibited"}, []string{"10.9.9.9"}, nil},
	"one direction alone": {`
		0.02 10.0.0.5:40001 > 203.0.113.9:443 S
		1.02 10.0.0.5:40001 > 203.0.113.9:443 S
		3.02 10.0.0.5:40001 > 203.0.113.9:443 S`, nil, []string{"the client's packets alone"}, nil},
	"a port to which no pull goes": {lookedUp + `
		0.02 10.0.0.5:40001 > 203.0.113.77:5432 S
		0.04 203.0.113.77:5432 > 10.0.0.5:40001 RA ttl=61`, nil, []string{"5432"}, []string{"tcp-refused"}},
}

var capturedTLS = map[string]capturedRow{
	"a reset behind the hello, by the server": {connected + hello + `
		0.07 203.0.113.9:443 > 10.0.0.5:40001 RA ttl=61`, []string{"tls-reset"}, nil, []string{"injected"}},
	"a reset behind the hello, by a device": {connected + hello + `
		0.07 203.0.113.9:443 > 10.0.0.5:40001 RA ttl=253`, []string{"tcp-reset-injected"},
		[]string{"hop limit 253", "with 61", "it lacks the timestamps", "1 hop before the host (2 routers"}, nil},
	"a reset whose hop limit one packet of the server has": {strings.Replace(connected, "SA ttl=61", "SA ttl=63", 1) + hello + `
		0.06 203.0.113.9:443 > 10.0.0.5:40001 A ttl=61
		0.07 203.0.113.9:443 > 10.0.0.5:40001 RA ttl=63`, []string{"tls-reset"}, nil, []string{"injected"}},
	"silence behind the hello, which arrived": {connected + hello + `
		0.07 203.0.113.9:443 > 10.0.0.5:40001 A ttl=61
		10.05 10.0.0.5:40001 > 203.0.113.9:443 FA`, []string{"tls-answer-dropped"}, nil, nil},
	"silence behind the hello, which did not": {connected + hello + `
		0.30 10.0.0.5:40001 > 203.0.113.9:443 PA again
		0.90 10.0.0.5:40001 > 203.0.113.9:443 PA again
		2.00 10.0.0.5:40001 > 203.0.113.9:443 PA again
		10.05 10.0.0.5:40001 > 203.0.113.9:443 FA`, []string{"tls-timeout?"}, nil, nil},
	"an alert": {connected + hello + `
		0.07 203.0.113.9:443 > 10.0.0.5:40001 PA ttl=61 data="\x15\x03\x03\x00\x02\x02\x28"
		0.08 203.0.113.9:443 > 10.0.0.5:40001 FA ttl=61`, []string{"tls-alert"}, []string{"handshake failure"}, nil},
	"plain text in place of TLS": {connected + hello + `
		0.07 203.0.113.9:443 > 10.0.0.5:40001 PA ttl=61 data="HTTP/1.0 400 Bad Request\r\n\r\n<html><title>Oops</title></html>"`,
		[]string{"tls-plaintext"}, []string{"Oops"}, nil},
	"a size that does not come through": {connected + hello + `
		0.07 203.0.113.9:443 > 10.0.0.5:40001 A ttl=61
		0.08 203.0.113.9:443 > 10.0.0.5:40001 lost A ttl=61 len=1460
		0.08 203.0.113.9:443 > 10.0.0.5:40001 lost A ttl=61 len=1460
		0.08 203.0.113.9:443 > 10.0.0.5:40001 PA ttl=61 len=200
		0.09 10.0.0.5:40001 > 203.0.113.9:443 A ack+=-3120
		10.0 10.0.0.5:40001 > 203.0.113.9:443 FA ack+=-3120`, []string{"tls-path-mtu"}, []string{"2920 bytes"}, nil},
	"a size that does not get out": {connected + `
		0.05 10.0.0.5:40001 > 203.0.113.9:443 A hello=registry.redhat.io begin=100
		0.06 203.0.113.9:443 > 10.0.0.5:40001 A ttl=61
		0.07 10.0.0.5:40001 > 203.0.113.9:443 PA hello=registry.redhat.io from=100
		0.30 10.0.0.5:40001 > 203.0.113.9:443 PA again
		0.31 10.9.9.9 > 10.0.0.5 icmp 3 4 mtu=140 of 10.0.0.5:40001 > 203.0.113.9:443
		0.90 10.0.0.5:40001 > 203.0.113.9:443 PA again
		2.00 10.0.0.5:40001 > 203.0.113.9:443 PA again`, []string{"tls-path-mtu"}, []string{"MTU 140", "10.9.9.9"}, nil},
}

var capturedProxy = map[string]capturedRow{
	"the proxy refuses": {toProxy + strings.ReplaceAll(logsIn, "0.030", "0.010") + `
		0.02 10.0.0.9:3128 > 10.0.0.5:40001 PA data="HTTP/1.1 403 Forbidden\r\nServer: squid/5.7\r\n` +
		`X-Squid-Error: ERR_ACCESS_DENIED 0\r\nContent-Length: 0\r\n\r\n"`,
		[]string{"proxy-connect-denied"}, []string{"Squid 5.7", "Basic"}, []string{"s3cret", "dXNlcjpzM2NyZXQ"}},
	"the proxy asks for a login, gets one and agrees": {toProxy + connects + wants + logsIn + `
		0.04 10.0.0.9:3128 > 10.0.0.5:40001 PA data="HTTP/1.1 200 OK\r\n\r\n"`, nil, []string{"CONNECT quay.io:443"}, []string{"s3cret"}},
	"the proxy asks for a login and gets none": {toProxy + connects + wants + `
		0.03 10.0.0.5:40001 > 10.0.0.9:3128 FA`, []string{"proxy-auth-required"}, nil, nil},
	"the proxy is silent": {toProxy + connects + `
		0.02 10.0.0.9:3128 > 10.0.0.5:40001 A
		60.0 10.0.0.5:40001 > 10.0.0.9:3128 FA`, []string{"proxy-silent?"}, nil, nil},
	"a SOCKS server refuses": {strings.ReplaceAll(toProxy, "3128", "1080") + `
		0.01 10.0.0.5:40001 > 10.0.0.9:1080 PA data="\x05\x01\x00"
		0.02 10.0.0.9:1080 > 10.0.0.5:40001 PA data="\x05\x00"
		0.03 10.0.0.5:40001 > 10.0.0.9:1080 PA data="\x05\x01\x00\x03\x07quay.io\x01\xbb"
		0.04 10.0.0.9:1080 > 10.0.0.5:40001 PA data="\x05\x02\x00\x01\x00\x00\x00\x00\x00\x00"`,
		[]string{"proxy-connect-denied"}, []string{"not allowed by ruleset"}, nil},
	"HTTP in clear": {`
		0.000 10.0.0.5:40001 > 10.0.0.9:5000 S
		0.001 10.0.0.9:5000 > 10.0.0.5:40001 SA
		0.01 10.0.0.5:40001 > 10.0.0.9:5000 PA data="GET /v2/app/manifests/1 HTTP/1.1\r\nHost: registry.corp.example:5000\r\n\r\n"
		0.02 10.0.0.9:5000 > 10.0.0.5:40001 PA data="HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\n` +
		`Content-Length: 69\r\n\r\n{\"errors\":[{\"code\":\"MANIFEST_UNKNOWN\",\"message\":\"manifest unknown\"}]}"`,
		[]string{"registry-not-found?"}, []string{"registry.corp.example:5000"}, nil},
}

// What packets tell, and what they do not.
func TestCaptured(t *testing.T) {
	t.Parallel()
	for _, rows := range []map[string]capturedRow{capturedNames, capturedTCP, capturedTLS, capturedProxy} {
		for name, row := range rows {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				row.test(t)
			})
		}
	}
}

func (row capturedRow) test(t *testing.T) {
	t.Helper()
	trace, result := judged(t, draw.PCAP(t, row.packets))
	var got []string
	for _, f := range result.Findings {
		if f.MaskedBy == "" && f.Severity != diagnosis.Info {
			got = append(got, f.Code)
		}
	}
	if len(result.Candidates) > 0 && len(got) == 0 {
		got = append(got, result.Candidates[0].Code+"?")
	}
	if !slices.Equal(got, row.codes) {
		t.Errorf("codes %v, want %v", got, row.codes)
	}
	whole, err := json.Marshal([]any{trace, result})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range row.says {
		if !bytes.Contains(whole, []byte(s)) {
			t.Errorf("it does not say %q: %s", s, whole)
		}
	}
	for _, s := range row.not {
		if bytes.Contains(whole, []byte(s)) {
			t.Errorf("it says %q: %s", s, whole)
		}
	}
}

func judged(t *testing.T, data []byte) (*evidence.Trace, diagnosis.Result) {
	t.Helper()
	trace, err := transcript.Read(t.Context(), nil, []transcript.Source{{Name: "f.pcap", Data: bytes.NewReader(data)}},
		evidence.Scribe{Secrets: &redact.Secrets{}}, func(string) bool { return false })
	if err != nil {
		t.Fatal(err)
	}
	return trace, diagnosis.Diagnose(trace, catalogue.All())
}

// Connections that end at one age of silence tell of a timer, one alone does not.
func TestIdleConnections(t *testing.T) {
	t.Parallel()
	one := func(port, at, idle string) string {
		return strings.NewReplacer("PORT", port, "AT", at, "IDLE", idle).Replace(`
			AT.000 10.0.0.5:PORT > 203.0.113.9:443 S
			AT.020 203.0.113.9:443 > 10.0.0.5:PORT SA ttl=61
			AT.030 10.0.0.5:PORT > 203.0.113.9:443 PA hello=registry.redhat.io
			IDLE.050 203.0.113.9:443 > 10.0.0.5:PORT RA ttl=254`)
	}
	for name, row := range map[string]struct {
		packets string
		want    bool
	}{
		"two alike":     {one("40001", "0", "350") + one("40002", "400", "751"), true},
		"two that vary": {one("40001", "0", "350") + one("40002", "400", "500"), false},
		"one":           {one("40001", "0", "350"), false},
	} {
		_, result := judged(t, draw.PCAP(t, row.packets))
		found := slices.ContainsFunc(result.Findings, func(f diagnosis.Finding) bool { return f.Code == string(catalogue.TCPIdleTimeout) })
		if found != row.want {
			t.Errorf("%s: found %v, want %v: %+v", name, found, row.want, result)
		}
	}
}

// Whatever two sides say to each other, it comes back as evidence.
func FuzzConversation(f *testing.F) {
	f.Add([]byte("CONNECT quay.io:443 HTTP/1.1\r\n\r\n"), []byte("HTTP/1.1 200 OK\r\n\r\n"))
	f.Add([]byte("\x05\x01\x00\x05\x01\x00\x03\x07quay.io\x01\xbb"), []byte("\x05\x00\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00"))
	f.Add([]byte("\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00"), []byte("\x15\x03\x03\x00\x02\x02\x28"))
	f.Add([]byte("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), []byte("HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello"))
	f.Fuzz(func(t *testing.T, up, down []byte) {
		if len(up) > 1400 || len(down) > 1400 {
			return
		}
		judged(t, draw.PCAP(t, connected+
			"0.050 10.0.0.5:40001 > 203.0.113.9:443 PA data="+strconv.Quote(string(up))+"\n"+
			"0.070 203.0.113.9:443 > 10.0.0.5:40001 PA ttl=61 data="+strconv.Quote(string(down))+"\n"+
			"0.080 203.0.113.9:443 > 10.0.0.5:40001 FA ttl=61\n"))
	})
}
