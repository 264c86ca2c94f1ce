package transcript

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"pullpath/internal/evidence"
)

// nginxLog reads nginx' error log (https://nginx.org/en/docs/ngx_core_module.html#error_log). nginx
// mostly stands in front of a registry; with a module for CONNECT it is a proxy as well, and which of
// them it was the request tells.
type nginxLog struct {
	r   *reader
	log *proxyLog
}

func newNginxLog(r *reader) *nginxLog { return &nginxLog{r: r, log: newProxyLog(r)} }

func (n *nginxLog) form() string { return "nginx' error log" }

var (
	nginxLine = regexp.MustCompile(`(\d{4}/\d\d/\d\d \d\d:\d\d:\d\d) \[(?:error|crit|alert)\] \d+#\d+: (?:\*\d+ )?(.+?), ` +
		`client: (\S+?), server: .*?, request: "([A-Z]+) (\S+)[^"]*"(.*)$`)
	nginxHost = regexp.MustCompile(`, host: "([^"]+)"`)
)

func (n *nginxLog) begins(text string) bool {
	return strings.Contains(text, ", client: ") && nginxLine.MatchString(text)
}

func (n *nginxLog) take(l line) bool {
	m := nginxLine.FindStringSubmatch(l.text)
	if m == nil {
		return false
	}
	at, _ := time.Parse("2006/01/02 15:04:05", m[1]) // without its zone, so that only the order is told
	if method, target := m[4], m[5]; method == "CONNECT" {
		n.log.fail(logged{at: l, client: m[3], method: method, target: target, result: m[2], says: nginxWhy(m[2])})
		return true
	}
	n.request(l, m, at)
	return true
}

// nginxWhy is why nginx did not get through to a host, in the words of [evidence.ProxyLog].
func nginxWhy(says string) string {
	has := func(words ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(says, w) })
	}
	switch {
	case has("could not be resolved", "host not found"):
		return "cannot-resolve"
	case has("timed out"):
		return "upstream-timeout"
	case has("failed (", "connection error", "no live upstreams"):
		return "cannot-reach"
	}
	return ""
}

// request is one that nginx passes on, or should, and could not. What the client was answered, the log
// does not say.
func (n *nginxLog) request(l line, m []string, at time.Time) {
	a := attempt{at: l, role: evidence.Registry}
	raw := m[5]
	if host := nginxHost.FindStringSubmatch(m[6]); host != nil {
		a.host = host[1]
		if at, ok := a.endpoint(); ok && strings.HasPrefix(raw, "/") {
			raw = "https://" + at.URLHost() + raw
		}
	}
	d := evidence.Request{Method: n.r.scribe.Short(m[4], maxQuote), URL: n.r.scribe.URL(raw), Step: stepOf(parseURL(raw))}
	a.add(evidence.Hop{Op: evidence.OpRequest, State: evidence.Failed, Failure: n.r.failure(evidence.UnexpectedAnswer, "nginx: "+m[2]),
		Detail: d, At: at.UTC()})
	n.r.keep(a)
}

func (n *nginxLog) end() { n.log.end() }
