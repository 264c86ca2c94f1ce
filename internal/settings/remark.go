package settings

import (
	"slices"
	"strconv"
	"strings"

	"pullpath/internal/redact"
)

// Remark is one fact about a source: what the program that reads it does with its
// text. It holds no secret: Value and Write are redacted where the remark is made.
type Remark struct {
	Code     Code   `json:"code"`
	Source   string `json:"source"`             // "path:line", or the path alone where no line is to blame
	Variable string `json:"variable,omitempty"` // the variable or key concerned
	Value    string `json:"value,omitempty"`    // as written, redacted
	Text     string `json:"text"`               // what the reader does with it, one line
	Write    string `json:"write,omitempty"`    // the corrected line, placeholders for what is secret
}

// Code names the kind of a remark: lower-case words with dashes, never reused.
type Code string

// The codes of files that could not be read.
const (
	Unreadable Code = "unreadable"   // no permission, or the read failed
	Binary     Code = "binary"       // holds NUL bytes
	TooLarge   Code = "too-large"    // more than maxFile bytes
	LinkCycle  Code = "link-cycle"   // symbolic links that never end
	NotAFile   Code = "not-a-file"   // a directory, a device, a socket
	Syntax     Code = "syntax-error" // the format's own parser refuses the file or the line
	NotAllRead Code = "not-all-read" // there was more of it than is read
	// NotEvaluated marks a value that only running the file would show.
	NotEvaluated Code = "not-evaluated"
)

// The codes of values, in whatever file they stand.
const (
	LiteralQuotes    Code = "literal-quotes"          // quotes are part of the value
	ValuesJoined     Code = "assignments-joined"      // quotes make one value of several assignments
	PercentDoubled   Code = "percent-doubled"         // %% stays doubled
	PasswordReadable Code = "password-world-readable" // every user may read a file with a password
	BackslashRemoved Code = "backslash-removed"       // CORP\user is read as CORPuser
	CommentCuts      Code = "comment-cuts-value"      // a # in the value begins a comment
	CommentInValue   Code = "comment-in-value"        // a trailing # comment becomes part of it
	InvalidLine      Code = "invalid-assignment"      // the reader skips the line
	ExportIgnored    Code = "export-ignored"          // a line with "export " is skipped
	Unquoted         Code = "reference-not-expanded"  // $NAME is taken literally
)

// The codes of systemd units and drop-ins.
const (
	PercentDropped       Code = "percent-drops-assignment" // an unknown specifier
	PercentExpanded      Code = "percent-expanded"         // a % that systemd replaces
	BlankCuts            Code = "unquoted-blank"           // the value ends at a blank
	EscapeDrops          Code = "invalid-escape"           // the rest of the line is dropped
	EscapeExpanded       Code = "escape-expanded"          // \n of CORP\name is a line feed
	OutsideSection       Code = "assignment-outside-section"
	OtherSection         Code = "setting-in-other-section"
	DropInSuffix         Code = "drop-in-without-conf"     // not read at all
	EnvironmentFileGone  Code = "environment-file-missing" // a unit names it, and it is not there
	PassedEnvironment    Code = "environment-passed"       // PassEnvironment=: the value is not in any file
	UnitMasked           Code = "unit-masked"
	UnitGone             Code = "unit-not-in-tree" // other files of the service are there
	EnvironmentFileShape Code = "environment-file-not-absolute"
)

// The codes of the clients' own files.
const (
	DaemonRefused       Code = "daemon-json-refused"            // dockerd does not start
	DaemonFlagAndKey    Code = "daemon-json-flag-and-key"       // dockerd does not start
	DaemonKeyIgnored    Code = "daemon-json-top-level-ignored"  // dockerd accepts the key and ignores it
	DesktopDaemonJSON   Code = "desktop-daemon-json-proxies"    // a product that ignores them
	ContainersKeyUnread Code = "containers-conf-key-ignored"    // a proxy where podman reads none
	EngineOverridden    Code = "containers-conf-env-overridden" // the environment has another value
	NeverUsed           Code = "proxy-never-used"               // the same file keeps the client from every proxy
	DNFNone             Code = "dnf-proxy-none"                 // _none_ does not switch the environment's proxy off
	GitHTTPS            Code = "git-https-proxy-ignored"
	RHSMShape           Code = "rhsm-hostname-is-url"
	RHSMEncoded         Code = "rhsm-password-encoded"
	KubeProxyURL        Code = "kubeconfig-proxy-url" // NO_PROXY is not applied
)

// merged adds the remarks that are not there yet.
func merged(there, more []Remark) []Remark {
	known := map[Remark]bool{}
	for _, m := range there {
		known[m] = true
	}
	for _, m := range more {
		if !known[m] {
			known[m] = true
			there = append(there, m)
		}
	}
	return there
}

// at returns "path:line"; the path alone if line is 0.
func at(path string, line int) string {
	if line == 0 {
		return path
	}
	return path + ":" + strconv.Itoa(line)
}

// maxRemarkText bounds what a remark quotes of a parser's error or of a name, in
// runes: enough for a message with its position, too little to carry a file.
const maxRemarkText = 200

// quoted returns a name, path or message as a remark may show it. A name with an
// @ may be a URL in the wrong place.
func quoted(s string) string {
	if strings.Contains(s, "@") {
		return redact.Mark
	}
	return redact.Text(s, maxRemarkText)
}

// Deciding keeps the remarks that may be why a client has another proxy than its files seem to
// say: a setting that is dropped, changed, overridden, or not read. Advice on how to write a
// line, and on who may read it, is left out.
func Deciding(remarks []Remark) []Remark {
	var out []Remark
	for _, r := range remarks {
		if slices.Contains(deciding(), r.Code) {
			out = append(out, r)
		}
	}
	return out
}

func deciding() []Code {
	return []Code{Syntax, NotEvaluated, LiteralQuotes, ValuesJoined, PercentDoubled, BackslashRemoved, CommentCuts, CommentInValue,
		InvalidLine, ExportIgnored, Unquoted, PercentDropped, PercentExpanded, BlankCuts, EscapeDrops, EscapeExpanded, OutsideSection,
		OtherSection, DropInSuffix,
		EnvironmentFileGone, EnvironmentFileShape, PassedEnvironment, UnitMasked, DaemonRefused, DaemonFlagAndKey, DaemonKeyIgnored,
		ContainersKeyUnread, EngineOverridden, NeverUsed, NotLoaded, PACIgnored}
}
