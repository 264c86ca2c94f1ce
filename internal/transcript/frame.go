package transcript

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
)

var (
	// quoted is a mail's mark before a line of curl, which has marks of its own.
	quotedMail = regexp.MustCompile(`^\s*> ([*<>{}] )`)
	// prompt is what a shell or somebody's comment puts before a line.
	prompt = regexp.MustCompile(`^\s*(?:[#$%] |\S+@\S+[:~][^$#]*[$#] )`)
	// field is a quoted value in logfmt, in klog's text and in Go's own.
	field = regexp.MustCompile(`\b"?(msg|error|err|err\.code|err\.detail|message|reason|log|stderr|ERROR|cause)"?="((?:[^"\\]|\\.)*)"`)
)

// klog is the message of a line of klog, before its fields.
var klog = regexp.MustCompile(`\b[IWEF]\d{4} \d\d:\d\d:\d\d\.\d+ +\d+ \S+\] "((?:[^"\\]|\\.)*)"`)

// unprompted takes away what stands before a program's line.
func unprompted(text string) string {
	if !strings.ContainsAny(text, "*<>{}(") {
		return text
	}
	if m := quotedMail.FindStringSubmatchIndex(text); m != nil {
		return text[m[2]:]
	}
	if m := prompt.FindStringIndex(text); m != nil {
		rest := text[m[1]:]
		if strings.HasPrefix(rest, "* ") || strings.HasPrefix(rest, "< ") || strings.HasPrefix(rest, "> ") || strings.HasPrefix(rest, "curl: (") {
			return rest
		}
	}
	return text
}

// maxDepth bounds how often quotation marks within quotation marks are taken off. Kubelet's
// log of a container's error has three.
const maxDepth = 6

// unframe returns what a line of a log says: the values of its fields msg, error and the
// like, or the whole line, with the marks off that keep quotation marks inside.
func unframe(text string) []string {
	trimmed := strings.TrimSpace(text)
	if strings.HasPrefix(trimmed, "{") {
		if inner := fromJSON(trimmed); len(inner) > 0 {
			return inner
		}
	}
	// A line of a document that is indented, as kubectl writes events.
	if strings.HasPrefix(trimmed, `"`) {
		if inner := fromJSON("{" + strings.TrimSuffix(trimmed, ",") + "}"); len(inner) > 0 {
			return inner
		}
	}
	var out []string
	if !strings.Contains(text, `="`) || nextHost.MatchString(text) && !strings.Contains(text, `\"`) {
		return []string{plainQuotes(text)}
	}
	for _, m := range field.FindAllStringSubmatch(text, -1) {
		value, err := strconv.Unquote(`"` + m[2] + `"`)
		if err != nil {
			value = m[2]
		}
		out = append(out, plainQuotes(value))
	}
	if m := klog.FindStringSubmatch(text); m != nil && mayTell(m[1]) {
		out = append(out, plainQuotes(m[1]))
	}
	// What stands outside of the fields is a statement too where the fields say nothing.
	if len(out) == 0 || !anyTells(out) {
		return []string{plainQuotes(text)}
	}
	return out
}

func anyTells(texts []string) bool {
	for _, t := range texts {
		if mayTell(t) {
			return true
		}
	}
	return false
}

// plainQuotes takes the marks off quotation marks, as deep as they are nested, and makes
// typographic ones plain.
func plainQuotes(text string) string {
	for range maxDepth {
		if !strings.Contains(text, `\"`) {
			break
		}
		text = marksOff.Replace(text)
	}
	if strings.IndexByte(text, '\\') >= 0 {
		text = escapes.Replace(text)
	}
	if strings.ContainsAny(text, "“”„«»‘’") {
		text = typographic.Replace(text)
	}
	return text
}

var (
	marksOff    = strings.NewReplacer(`\\`, `\`, `\"`, `"`)
	escapes     = strings.NewReplacer(`\n`, " ", `\t`, " ", `\u003c`, "<", `\u003e`, ">", `\u0026`, "&", `\u0027`, "'")
	typographic = strings.NewReplacer("“", `"`, "”", `"`, "„", `"`, "«", `"`, "»", `"`, "‘", "'", "’", "'")
)

// fromJSON returns the texts of a JSON line's fields that say something.
func fromJSON(text string) []string {
	var doc map[string]any
	if json.Unmarshal([]byte(text), &doc) != nil {
		return nil
	}
	var out []string
	for _, name := range []string{"error", "err", "log", "msg", "message", "MESSAGE", "reason", "errorDetail"} {
		switch v := doc[name].(type) {
		case string:
			if host, ok := doc["host"].(string); ok && strings.Contains(v, "trying next host - response was ") {
				v += " host=" + host
			}
			out = append(out, unframe(v)...)
		case []any:
			out = append(out, unframe(octets(v))...)
		case map[string]any:
			if s, ok := v["message"].(string); ok {
				out = append(out, unframe(s)...)
			}
		}
	}
	return out
}

// octets is a message that journalctl writes as numbers, because it has colours or is no UTF-8
// (systemd.io/JOURNAL_EXPORT_FORMATS, "Journal JSON Format").
func octets(list []any) string {
	var out []byte
	for _, v := range list {
		n, ok := v.(float64)
		if !ok || n < 0 || n > 255 {
			return ""
		}
		out = append(out, byte(n))
	}
	return clean(out)
}

// recorded begins an error of PowerShell, which wraps a program's words at the width of the window;
// recordEnds is the place in the script, behind them, and recordRest what follows.
var (
	recorded = regexp.MustCompile(`^(?i)(?:docker|podman|nerdctl|ctr|crane|skopeo|helm|kubectl|oc|curl|git|wget|` +
		`Invoke-(?:WebRequest|RestMethod)|iwr|irm)(?:\.exe)? : `)
	recordEnds = regexp.MustCompile(`(?:^| )At (?:line:\d|[A-Z]:\\)`)
	recordRest = regexp.MustCompile(`^\s*\+ (?:~|CategoryInfo|FullyQualifiedErrorId)`)
)

// maxRecord bounds an error of PowerShell, in bytes: some ten lines of a window.
const maxRecord = 1000

// recordGoesOn reports whether an error of PowerShell is not at its end.
func recordGoesOn(text string) bool {
	return len(text) < maxRecord && recorded.MatchString(text) && !recordEnds.MatchString(text)
}

// detail is how a log marks a line that tells what a program does, and no failure.
var detail = regexp.MustCompile(`\blevel="?(?:debug|trace)\b|^\s*(?:DEBU|TRAC)\[|"level":"(?:debug|trace)"`)

// failing are the words with which such a line tells of one all the same.
var failing = regexp.MustCompile(`(?i) err "?\w|: error|failed: |error: |\bfailed,|err=|status [45]\d\d`)

// chatter reports whether a line tells what a program does, and of no failure.
func chatter(text string) bool {
	marked := strings.Contains(text, "level") || strings.Contains(text, "DEBU[") || strings.Contains(text, "TRAC[")
	return marked && detail.MatchString(text) && !failing.MatchString(text)
}

// cues are texts without one of which a statement tells of no failure of the network, in lower
// case.
var cues = []string{"error", "fail", "denied", "refused", "timeout", "timed out", "unauthorized", "x509", "tls", "ssl", "eof", "reset",
	"unknown",
	"not found", "unable", "could not", "cannot", "can't", "too many", "toomany", "dial ", "lookup ", "unreachable", "unexpected", "forbidden",
	"rejected", "blocked", "resolve", "unsupported", "invalid", "proxy", "status", "http", "closed", "deadline", "aborted", "required",
	"gateway", "unavailable",
	"try again", "certificate", "broken", "hang up", "no route", "no such host", "not allowed", "mismatch", "canceled", "not known", "mac",
	"response", "short read", "limit"}

// mayTell is a cheap look at whether a statement can tell of a failure.
func mayTell(text string) bool {
	low := strings.ToLower(text)
	for _, c := range cues {
		if strings.Contains(low, c) {
			return true
		}
	}
	return false
}

// clients are marks by which a line is a client's, the more telling first.
var clients = []struct{ mark, name string }{
	{"kubelet", "kubelet"},
	{"crio", "CRI-O"},
	{"cri-o", "CRI-O"},
	{"containerd", "containerd"},
	{"buildkit", "buildkit"},
	{"failed to pull and unpack", "containerd"},
	{"failed to resolve reference", "containerd"},
	{"error response from daemon", "docker"},
	{"docker:", "docker"},
	{"registries configuration", "containers log"},
	{"registries.d", "containers log"},
	{"initializing source", "podman"},
	{"pinging container registry", "podman"},
	{"pinging docker registry", "podman"},
	{"failed to pull image", "kubelet"},
	{"checking push permission", "kaniko"},
	{"helm", "helm"},
	{"httpreadseeker", "containerd"},
	{"curl: (", "curl"},
	{"requests.exceptions", "Python"},
	{"urllib3", "Python"},
	{"java.", "Java"},
	{"javax.", "Java"},
	{"npm err", "Node"},
	{"fetcherror", "Node"},
	{"reqwest", "Rust"},
	{"git", "git"},
	{"wget", "wget"},
}

// clientOf names the client whose line it is, as far as its words tell.
func clientOf(text string) string {
	low := strings.ToLower(text)
	for _, c := range clients {
		if strings.Contains(low, c.mark) {
			return c.name
		}
	}
	return "an error text"
}
