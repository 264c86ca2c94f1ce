package transcript

import (
	"regexp"
	"strings"
	"time"
)

// tinyproxy reads tinyproxy's log. It has several lines for one request, and those of requests that
// run beside each other stand between one another: what fails names its host, or is the last
// request's.
type tinyproxy struct {
	log    *proxyLog
	client string
	last   logged
}

func newTinyproxy(r *reader) *tinyproxy { return &tinyproxy{log: newProxyLog(r)} }

func (p *tinyproxy) form() string { return "tinyproxy's log" }

var (
	tinyLine = regexp.MustCompile(`^(CONNECT|NOTICE|INFO|ERROR|WARNING|CRITICAL)\s+([A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d)(?:\.\d+)? ` +
		`\[\d+\]: (.*)$`)
	// tinySyslog is the form where Syslog is on (tinyproxy, src/log.c).
	tinySyslog  = regexp.MustCompile(`\btinyproxy\[\d+\]: (?:(?:CONNECT|NOTICE|INFO|ERROR|WARNING|CRITICAL): )?(.*)$`)
	tinyClient  = regexp.MustCompile(`^Connect \(file descriptor:? \d+\): (\S+)(?: \[(\S+)\])?`)
	tinyRequest = regexp.MustCompile(`^Request \(file descriptor:? \d+\): ([A-Z]+) (\S+)`)
	tinyFilter  = regexp.MustCompile(`^Proxying refused on filtered (?:domain|url) "([^"]+)"`)
	tinyPort    = regexp.MustCompile(`^Refused CONNECT method on port (\d+)`)
	tinyName    = regexp.MustCompile(`^opensock: Could not retrieve (?:address )?info for (\S+?)(?::\d+)?(?:: .*)?$`)
	tinyReach   = regexp.MustCompile(`^opensock: Could not establish a connection to (\S+?)(?::\d+)?$`)
	tinyAccess  = regexp.MustCompile(`^Unauthorized connection from "?([^"\s]+)"?`)
	tinyLogin   = regexp.MustCompile(`^(?:Failed auth attempt|Proxy authentication|Unauthorized access)`)
)

// tinySays is what a line of the log says, false for one that is none of it.
func tinySays(text string) (string, bool) {
	if m := tinyLine.FindStringSubmatch(text); m != nil {
		return m[3], true
	}
	if !strings.Contains(text, "tinyproxy[") {
		return "", false
	}
	if m := tinySyslog.FindStringSubmatch(text); m != nil {
		return m[1], true
	}
	return "", false
}

func (p *tinyproxy) begins(text string) bool {
	says, ok := tinySays(text)
	return ok && (tinyClient.MatchString(says) || tinyRequest.MatchString(says) || tinyFilter.MatchString(says) ||
		tinyPort.MatchString(says) || strings.HasPrefix(says, "opensock") || tinyAccess.MatchString(says))
}

func (p *tinyproxy) take(l line) bool {
	says, ok := tinySays(l.text)
	if !ok {
		return false
	}
	switch {
	case tinyClient.MatchString(says):
		c := tinyClient.FindStringSubmatch(says)
		p.client = c[1]
		if c[2] != "" {
			p.client = c[2]
		}
	case tinyRequest.MatchString(says):
		c := tinyRequest.FindStringSubmatch(says)
		p.last = logged{at: l, client: p.client, method: c[1], target: c[2]}
	case tinyFilter.MatchString(says):
		p.fails(l, tinyFilter.FindStringSubmatch(says)[1], "denied", says)
	case tinyPort.MatchString(says):
		p.fails(l, "", "denied", says)
	case tinyName.MatchString(says):
		p.fails(l, tinyName.FindStringSubmatch(says)[1], "cannot-resolve", says)
	case tinyReach.MatchString(says):
		p.fails(l, tinyReach.FindStringSubmatch(says)[1], "cannot-reach", says)
	case tinyAccess.MatchString(says):
		p.last = logged{client: tinyAccess.FindStringSubmatch(says)[1]}
		p.fails(l, "", "denied", says)
	case tinyLogin.MatchString(says):
		p.last.code = 407
		p.fails(l, "", "", says)
	}
	return true
}

// fails is a request that was not served: the last one for that host. The log has no year.
func (p *tinyproxy) fails(l line, host, why, text string) {
	e := p.last
	if host != "" && !strings.Contains(e.target, host) {
		e = logged{method: "CONNECT", target: host + ":443"}
		if strings.Contains(host, "://") {
			e.method, e.target = "GET", host
		}
	}
	e.at, e.says, e.result, e.time = l, why, text, time.Time{}
	p.log.fail(e)
	p.last = logged{}
}

func (p *tinyproxy) end() {
	p.log.end()
	p.client, p.last = "", logged{}
}
