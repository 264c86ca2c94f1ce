package transcript

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// squid reads Squid's access.log: the native form, the combined one, and forms of one's own that
// keep Squid's codes (http://www.squid-cache.org/Doc/config/logformat/); and of its cache.log what a rule
// denies.
type squid struct{ log *proxyLog }

func newSquid(r *reader) *squid { return &squid{newProxyLog(r)} }

func (s *squid) form() string { return "Squid's log" }

// squidCode begins every code that Squid logs for a request, and no word of another program.
const squidCode = `(?:TCP|UDP|NONE|TAG|CF)[A-Z_]*`

var (
	// time, elapsed, client, code/status, bytes, method, URL, user, hierarchy/peer, type.
	squidNative = regexp.MustCompile(`(?:^|\s)(\d{9,10}(?:\.\d+)?)\s+(-?\d+)\s+(\S+)\s+(` + squidCode +
		`)/(\d{3})\s+(\d+)\s+([A-Z_]+|-)\s+(\S+)\s+(\S+)\s+([A-Z_]+)/(\S+)`)
	// client, ident, user, [time], "request", status, bytes, …, code:hierarchy.
	squidCombined = regexp.MustCompile(`(\S+) \S+ (\S+) \[([^\]]+)\] "([A-Z]+) (\S+) [^"]*" (\d{1,3}) .*?\b(` + squidCode +
		`):([A-Z_]+)(?:\s|$|")`)
	squidOwn    = regexp.MustCompile(`\b(` + squidCode + `)[:/](?:\d{3} )?([A-Z_]+|\d{3})\b`)
	squidHost   = regexp.MustCompile(`(?:^|\s)"?([A-Za-z0-9.-]+\.[A-Za-z0-9-]+:\d{1,5}|https?://\S+)"?`)
	squidStatus = regexp.MustCompile(`(?:^|[\s/])([1-5]\d\d)(?:\s|$)`)
	squidMethod = regexp.MustCompile(`(?:^|\s)"?(CONNECT|GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)\s`)
	squidClient = regexp.MustCompile(`(?:^|\s)(\d{1,3}(?:\.\d{1,3}){3})(?:\s|$)`)
)

// squidHints are one of them in every line that Squid logs.
var squidHints = []string{"TCP_", "NONE_NONE", "NONE/", "UDP_", "HIER_", "clientAccessCheckDone: "}

// squidDenies is what Squid's cache.log says of a request that a rule denies (debug section 85).
var squidDenies = regexp.MustCompile(`clientAccessCheckDone: The request ([A-Z]+) (\S+) is DENIED`)

func (s *squid) begins(text string) bool {
	if !slices.ContainsFunc(squidHints, func(h string) bool { return strings.Contains(text, h) }) {
		return false
	}
	_, ok := squidEntry(text)
	return ok
}

func (s *squid) take(l line) bool {
	e, ok := squidEntry(l.text)
	if !ok {
		return false
	}
	e.at = l
	if e.method != "-" && e.method != "NONE" && !strings.HasPrefix(e.target, "error:") { // a connection without a request
		s.log.add(e)
	}
	return true
}

// end is called where another program's output begins; a log may go on behind it.
func (s *squid) end() { s.log.end() }

// squidEntry reads a line.
func squidEntry(text string) (logged, bool) {
	if m := squidDenies.FindStringSubmatch(text); m != nil {
		return logged{method: m[1], target: m[2], says: "denied", result: m[0][len("clientAccessCheckDone: "):]}, true
	}
	if m := squidNative.FindStringSubmatch(text); m != nil {
		seconds, _ := strconv.ParseFloat(m[1], 64)
		e := logged{time: time.UnixMilli(int64(seconds * 1000)).UTC(), client: m[3], method: m[7], target: m[8], code: number(m[5])}
		return e.decided(m[4], m[10]), true
	}
	if m := squidCombined.FindStringSubmatch(text); m != nil {
		at, _ := time.Parse("02/Jan/2006:15:04:05 -0700", m[3])
		e := logged{client: m[1], method: m[4], target: m[5], code: number(m[6])}
		if !at.IsZero() {
			e.time = at.UTC()
		}
		return e.decided(m[7], m[8]), true
	}
	own := squidOwn.FindStringSubmatch(text)
	host, status := squidHost.FindStringSubmatch(text), squidStatus.FindStringSubmatch(text)
	if own == nil || host == nil || status == nil {
		return logged{}, false
	}
	e := logged{target: host[1], code: number(status[1]), method: "CONNECT"}
	if m := squidMethod.FindStringSubmatch(text); m != nil {
		e.method = m[1]
	}
	if m := squidClient.FindStringSubmatch(text); m != nil {
		e.client = m[1]
	}
	hierarchy := own[2]
	if i := strings.Index(text, "HIER_"); i >= 0 {
		hierarchy, _, _ = strings.Cut(text[i:], "/")
		hierarchy, _, _ = strings.Cut(hierarchy, " ")
	}
	return e.decided(own[1], hierarchy), true
}

// decided notes who decided, by Squid's codes: of a request, and of the way that it took. HIER_DIRECT
// means that it went to the host itself, HIER_NONE that it asked nobody.
func (e logged) decided(code, hierarchy string) logged {
	e.result = code + "/" + strconv.Itoa(e.code) + " " + hierarchy
	if e.code == 0 {
		e.result = code + "/000 " + hierarchy
		e.silent = true
		return e
	}
	switch {
	case strings.Contains(code, "DENIED") && e.code != 407:
		e.says = "denied"
	case strings.HasSuffix(hierarchy, "PARENT") || strings.Contains(hierarchy, "PARENT_"):
	default:
		e.says = cannot(e.target, e.code, strings.HasSuffix(hierarchy, "DIRECT"))
	}
	return e
}

// sortedKeys are a map's, in their order.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
