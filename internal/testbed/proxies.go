//go:build linux

package testbed

import (
	"fmt"
	"net"
	"os/exec"
	"regexp"
	"strings"
)

const (
	tinyproxyAddr = CorpAddr + ":8888"
)

// Tinyproxy says what the proxy does. The zero value lets everything through.
type Tinyproxy struct {
	Deny []string // hosts that its filter refuses, 403
	// Login is the name and password that it wants, "name password".
	Login string
}

// StartTinyproxy runs tinyproxy in corp and returns its URL.
func (b *Bed) StartTinyproxy(p Tinyproxy) string {
	b.t.Helper()
	Require(b.t, "tinyproxy")
	var filter strings.Builder
	for _, host := range p.Deny {
		fmt.Fprintf(&filter, "^%s$\n", regexp.QuoteMeta(host))
	}
	b.WriteFile("tinyproxy/filter", []byte(filter.String()))
	config := b.WriteFile("tinyproxy/tinyproxy.conf", []byte(p.config(b.dir("tinyproxy"))))
	b.start(daemon{
		name: "tinyproxy", ns: b.Corp, ready: tinyproxyAddr,
		argv: []string{"tinyproxy", "-d", "-c", config}, // -d: stay, and log to standard output
	})
	return "http://" + tinyproxyAddr
}

// config returns the text of tinyproxy.conf.
func (p Tinyproxy) config(dir string) string {
	host, port, _ := net.SplitHostPort(tinyproxyAddr)
	lines := []string{"Listen " + host, "Port " + port, "Timeout 60", "LogLevel Connect", "ConnectPort 443"}
	if len(p.Deny) > 0 {
		lines = append(lines, `Filter "`+dir+`/filter"`, "FilterExtended On")
	}
	if p.Login != "" {
		lines = append(lines, "BasicAuth "+p.Login)
	}
	return strings.Join(lines, "\n") + "\n"
}

// run runs a command on the machine and fails the test with what it said.
func (b *Bed) run(name string, args ...string) {
	b.t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		b.t.Fatalf("%s: %v: %s", name, err, out)
	}
}
