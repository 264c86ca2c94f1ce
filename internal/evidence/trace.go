package evidence

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Schema is the name and version of the form in which a trace is saved.
const Schema = "pullpath.report/v1"

// MaxReportBytes bounds a saved report that is read back. A run over 500
// targets stays below 8 MiB; eight times that leaves room and still keeps a
// hostile file from filling the memory.
const MaxReportBytes = 64 << 20

// Trace is everything that one run saw.
type Trace struct {
	Schema string `json:"schema" scrub:"-"`
	Tool   Tool   `json:"tool"`
	// Started is the beginning, UTC.
	Started    time.Time `json:"started"`
	DurationMS float64   `json:"duration_ms"`
	// Seed identifies the run in the logs of others.
	Seed    string  `json:"seed" scrub:"-"`
	Vantage Vantage `json:"vantage"`
	Run     Run     `json:"run"`
	// Texts are those that the trace was read from; nil for a walk.
	Texts   *Texts   `json:"texts,omitempty"`
	Targets []Target `json:"targets"`
	Hops    []Hop    `json:"hops"`
}

// FromText reports whether the trace was read from what others wrote: what the text does not
// say was not looked at.
func (t *Trace) FromText() bool { return t.Texts != nil }

// Texts are what a trace was read from.
type Texts struct {
	Files []TextFile `json:"files"`
	// Secrets are the places that held a password, a token or a cookie; none was kept.
	Secrets []string `json:"secrets,omitempty"`
	// Failing means that they say that a pull failed, and nothing of how.
	Failing bool `json:"failing,omitempty"`
	// Lacks says what was not in the text and would matter, and how to get it.
	Lacks []string `json:"lacks,omitempty"`
	// LeftOut counts the attempts beyond those that a report keeps.
	LeftOut int `json:"left_out,omitempty"`
}

// Noun is what they are called together: a capture, where there is no text among them.
func (t *Texts) Noun() string {
	if len(t.Files) == 0 || slices.ContainsFunc(t.Files, func(f TextFile) bool { return f.Frames == 0 }) {
		return "text"
	}
	return "capture"
}

// TextFile is one of them.
type TextFile struct {
	Name string `json:"name"`
	// Forms are the programs whose output was recognised in it, in the order of appearance.
	Forms []string `json:"forms" scrub:"-"`
	Lines int      `json:"lines"`
	// Frames counts those of a capture, which has no lines.
	Frames int `json:"frames,omitempty"`
}

// Tool is the program that made the trace.
type Tool struct {
	Version string `json:"version" scrub:"-"`
}

// Vantage is the place from which the path was walked.
type Vantage struct {
	Hostname string `json:"hostname"`
	// Node is what the fleet calls the host (--node), and Labels what else is known of it
	// there (--label): its zone, its role. Both are as they were given.
	Node      string            `json:"node,omitempty"`
	Labels    map[string]string `json:"labels,omitempty"`
	OS        string            `json:"os" scrub:"-"`
	Addresses []string          `json:"addresses" scrub:"-"`
	Resolvers []string          `json:"resolvers"`
	// ClockOffsetMS is the servers' time minus ours; nil when not looked at.
	ClockOffsetMS *float64 `json:"clock_offset_ms"`
	// Source says what the trace was made from: the forms of the texts that were read;
	// empty for a walk.
	Source string `json:"source,omitempty" scrub:"-"`
	// Network names a made-up network that the run took place in.
	Network string `json:"network,omitempty"`
	// Stub is how this host's resolver asks the name servers; nil where the
	// system does not say.
	Stub *Stub `json:"stub,omitempty"`
	// TrustStores are those of the clients on this host, and CAInstall how a CA
	// gets into the system's; empty where the host was not read.
	TrustStores []TrustStore `json:"trust_stores,omitempty"`
	CAInstall   string       `json:"ca_install,omitempty"`
	// Unread are the places of this host that may decide for a client and were not read, each
	// with the reason.
	Unread []string `json:"unread,omitempty"`
}

// TrustStore is where one client takes its CAs from.
type TrustStore struct {
	Client string `json:"client" scrub:"-"`
	// Files are the CA files that it reads beside the system's store, or, with
	// Replaced, in its place; Replaced says by which variable.
	Files    []string `json:"files,omitempty"`
	Replaced string   `json:"replaced,omitempty"`
	// Place is the file for a further CA, Restart what makes the client read it.
	Place   string `json:"place,omitempty"`
	Restart string `json:"restart,omitempty"`
}

// Stub is a stub resolver's patience and order (resolv.conf(5)), as Go reads it.
type Stub struct {
	// TimeoutMS is how long one server may be silent before the next is asked.
	TimeoutMS float64 `json:"timeout_ms"`
	// Attempts is how often the list of servers is gone through.
	Attempts int `json:"attempts"`
	// Ndots is how many dots a name must have to be asked as it is first.
	Ndots int `json:"ndots"`
	// Rotate begins each look-up at another server.
	Rotate bool `json:"rotate,omitempty"`
	// TCP asks over TCP from the first (use-vc).
	TCP bool `json:"tcp,omitempty"`
	// Search are the suffixes that are tried.
	Search []string `json:"search,omitempty"`
}

// Run is how the run was asked for, as far as a judge must know it.
type Run struct {
	Profile string `json:"profile" scrub:"-"`
	Client  string `json:"client" scrub:"-"`
	// Credentials is "none", "anonymous" (asked for), "given", or "stored" where the
	// client's own files had a login for one of the registries.
	Credentials string `json:"credentials" scrub:"-"`
	// User is the shape of the user's name, never the name.
	User         string  `json:"user,omitempty"`
	TimeoutMS    float64 `json:"timeout_ms"`
	HopTimeoutMS float64 `json:"hop_timeout_ms"`
	// Ended says why the run was not finished, empty for one that was.
	Ended Ending `json:"ended,omitempty" scrub:"-"`
	// NotModelled says what of the client under test is not imitated, empty where
	// all is.
	NotModelled string `json:"not_modelled,omitempty" scrub:"-"`
	// GoRelease is the release of Go that the client under test is built with ("go1.22.5"),
	// empty where that is not known.
	GoRelease string `json:"go_release,omitempty" scrub:"-"`
	// ProxySettings are the proxy variables of the environment, redacted.
	ProxySettings []UnusedVariable `json:"proxy_settings,omitempty"`
	// Signatures are the site's own ways to recognise its products (--signatures).
	// They are kept so that a saved report is judged the same elsewhere.
	Signatures []Signature `json:"signatures,omitempty"`
	// Flags say how else the run was asked for, as --name=value; none of them names a
	// file or a login.
	Flags []string `json:"flags,omitempty"`
	// AuthFlow is how the login was to be sent (--auth-flow), AsArticle that the
	// article's own requests were made.
	AuthFlow  string `json:"auth_flow,omitempty" scrub:"-"`
	AsArticle bool   `json:"as_article,omitempty"`
	// Listed counts the profile's entries; nil where all can be checked, or where TARGETs
	// are checked in their place.
	Listed *Listed `json:"listed,omitempty"`
	// PublicRoots is the file of --public-roots, empty for the built-in roots.
	PublicRoots string `json:"public_roots,omitempty"`
}

// Listed says how many entries an allow-list has that a run goes through, and how many of
// them no run can check: hosts over UDP, and patterns of names.
type Listed struct {
	Entries  int `json:"entries"`
	UDP      int `json:"udp"`
	Patterns int `json:"patterns"`
}

// Ending is why a run ended before its plan.
type Ending string

// Endings.
const (
	// EndedBudget: the time of --timeout was used up.
	EndedBudget Ending = "budget"
	// EndedInterrupted: a signal ended it.
	EndedInterrupted Ending = "interrupted"
)

// Signature is how a site recognises one of its products by an answer to CONNECT:
// by a header, a status line, or a text of the page. Value and Status are patterns
// (RE2) that are compared without case.
type Signature struct {
	Product string `json:"product" yaml:"product"`
	Header  string `json:"header,omitempty" yaml:"header"`
	Value   string `json:"value,omitempty" yaml:"value"`
	Status  string `json:"status,omitempty" yaml:"status"`
	Body    string `json:"body,omitempty" yaml:"body"`
	// Says is why the proxy refused, where the sign tells: denied,
	// cannot-resolve, cannot-reach or upstream-timeout.
	Says string `json:"says,omitempty" yaml:"says" scrub:"-"`
}

// Target is one host and port that was checked.
type Target struct {
	// ID is host:port.
	ID string `json:"id" scrub:"-"`
	Endpoint
	Role Role `json:"role" scrub:"-"`
	// Plain means that it is spoken to in HTTP without TLS.
	Plain bool `json:"plain,omitempty"`
	// Listed means that the profile has it.
	Listed bool `json:"listed,omitempty"`
	// Required means that the pull cannot work without it.
	Required bool `json:"required"`
	// Public marks a host that the profile knows to belong to the public web.
	Public bool `json:"public"`
	// FoundBy is profile, challenge, redirect, argument, registry-config or manifest.
	FoundBy string `json:"found_by" scrub:"-"`
	// Images are the references to pull from it.
	Images []string `json:"images,omitempty"`
	Route  Route    `json:"route"`
	// Expect is how the profile knows this registry; nil where it does not say.
	Expect *Fingerprint `json:"expect,omitempty"`
	// Status is pass, warn, fail or skipped; filled by the judge.
	Status string `json:"status" scrub:"-"`
}

// URL is the target's root.
func (t Target) URL() *url.URL {
	u := t.Endpoint.URL()
	if t.Plain {
		u.Scheme, u.Host = "http", t.URLHost()
	}
	return u
}

// URLHostOr is URLHost, or other where no target is known.
func (t Target) URLHostOr(other string) string {
	if t.Host == "" {
		return other
	}
	return t.URLHost()
}

// URLHost is the target as it stands in its URL: the scheme's own port is left out.
func (t Target) URLHost() string {
	if !t.Plain {
		return t.Endpoint.URLHost()
	}
	host := net.JoinHostPort(t.Host, strconv.Itoa(t.Port))
	if t.Port == httpPort {
		host = strings.TrimSuffix(host, ":80")
	}
	return host
}

// Fingerprint is how a registry is known by its first answer.
type Fingerprint struct {
	// Realm are the token servers that its challenge may name, Service the service.
	Realm   []string `json:"realm,omitempty" yaml:"realm"`
	Service string   `json:"service,omitempty" yaml:"service"`
	// APIVersion is the value of Docker-Distribution-Api-Version.
	APIVersion string `json:"api_version,omitempty" yaml:"api_version"`
}

// Route is the way that a target's connections take.
type Route struct {
	// Kind is direct, proxy, or unknown where it cannot be told.
	Kind   string `json:"kind" scrub:"-"`
	Proxy  string `json:"proxy,omitempty"`
	Source string `json:"source,omitempty"`
	Rule   string `json:"rule,omitempty"`
	// Registry is the entry of the client's registry configuration that leads here, nil where
	// none does.
	Registry *RegistryEntry `json:"registry,omitempty"`
}

// RegistryEntry is an entry of a client's registry configuration that leads to a target.
type RegistryEntry struct {
	// Source is the file and line, Entry what it is for, as it is written there.
	Source string `json:"source"`
	Entry  string `json:"entry"`
	// Order is the place among those that are asked in turn, from 1.
	Order int `json:"order"`
	// Insecure takes any certificate and does without TLS, Blocked forbids what is asked for.
	// TLSOnly takes the second back of Insecure.
	Insecure bool `json:"insecure,omitempty"`
	TLSOnly  bool `json:"tls_only,omitempty"`
	Blocked  bool `json:"blocked,omitempty"`
	// Asked are the arguments for which it counts.
	Asked []Asked `json:"asked,omitempty"`
}

// Asked is an argument as it is asked for at another place.
type Asked struct {
	// For is the argument's text, Repository the image's there, empty for a host alone.
	// API is the path of the API there where that is not /v2. ByDigest means that it is asked for
	// there only once another place has told the digest.
	For        string `json:"for"`
	Repository string `json:"repository,omitempty"`
	API        string `json:"api,omitempty"`
	ByDigest   bool   `json:"by_digest,omitempty"`
}

// Hop returns the hop with the ID, false when there is none.
func (t *Trace) Hop(id int) (Hop, bool) {
	if id >= 1 && id <= len(t.Hops) && t.Hops[id-1].ID == id {
		return t.Hops[id-1], true
	}
	return Hop{}, false
}

// Target returns the target with the ID, false when there is none.
func (t *Trace) Target(id string) (Target, bool) {
	for _, target := range t.Targets {
		if target.ID == id {
			return target, true
		}
	}
	return Target{}, false
}

// Read reads a saved report, JSON or a page that carries it, and checks the laws. It
// ignores findings and verdict: an old report is judged again.
func Read(r io.Reader) (*Trace, error) {
	data, err := io.ReadAll(io.LimitReader(r, MaxReportBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read report: %w", err)
	}
	if len(data) > MaxReportBytes {
		return nil, fmt.Errorf("read report: larger than %d bytes", MaxReportBytes)
	}
	if data, err = fromPage(data); err != nil {
		return nil, fmt.Errorf("read report: %w", err)
	}
	if err := checkSize(data); err != nil {
		return nil, fmt.Errorf("read report: %w", err)
	}
	var t Trace
	if err := json.Unmarshal(data, &t); err != nil {
		return nil, fmt.Errorf("read report: not a report of this tool: %w", err)
	}
	if t.Schema != Schema {
		return nil, fmt.Errorf("read report: schema %q, this version reads %q", t.Schema, Schema)
	}
	if err := t.checkCounts(); err != nil {
		return nil, fmt.Errorf("read report: %w", err)
	}
	if err := t.Check(); err != nil {
		return nil, fmt.Errorf("read report: %w", err)
	}
	return &t, nil
}

// Check holds the trace to the package's laws and returns the first breach.
func (t *Trace) Check() error {
	ids := map[string]bool{}
	for _, target := range t.Targets {
		if ids[target.ID] {
			return fmt.Errorf("target %q is there twice", target.ID)
		}
		ids[target.ID] = true
	}
	if t.Run.Ended != "" && t.Run.Ended != EndedBudget && t.Run.Ended != EndedInterrupted {
		return fmt.Errorf("no run ends by %q", t.Run.Ended)
	}
	for i, h := range t.Hops {
		if h.ID != i+1 {
			return fmt.Errorf("hop %d stands at place %d", h.ID, i+1)
		}
		if h.Target != "" && !ids[h.Target] {
			return fmt.Errorf("hop %d: no target %q", h.ID, h.Target)
		}
		if err := h.check(len(t.Hops)); err != nil {
			return fmt.Errorf("hop %d (%q): %w", h.ID, h.Op, err)
		}
	}
	return nil
}

func (h Hop) check(count int) error {
	kinds := KindsOf(h.Op)
	switch {
	case kinds == nil:
		return fmt.Errorf("no such operation")
	case h.Detail != nil && h.Detail.op() != h.Op:
		return fmt.Errorf("detail belongs to %s", h.Detail.op())
	case h.Parent < 0 || h.Parent >= h.ID && h.Parent != 0:
		return fmt.Errorf("parent %d is not before it", h.Parent)
	case h.Because < 0 || h.Because > count:
		return fmt.Errorf("no hop %d to be skipped for", h.Because)
	case h.Purpose != Path && h.Purpose != Probing:
		return fmt.Errorf("no purpose %q", h.Purpose)
	}
	if err := cmp.Or(h.Probe.check(), checkWords(h.Detail)); err != nil {
		return err
	}
	switch h.State {
	case OK, Skipped:
		if h.Failure != nil {
			return fmt.Errorf("%s with a failure", h.State)
		}
	case Failed:
		if h.Failure == nil {
			return fmt.Errorf("failed without a failure")
		}
		if !slices.Contains(kinds, h.Failure.Kind) {
			return fmt.Errorf("kind %q is none of its operation", h.Failure.Kind)
		}
		return CheckText(h.Failure.Text)
	default:
		return fmt.Errorf("no state %q", h.State)
	}
	return nil
}

// checkWords refuses a detail with a word that is not on its list.
func checkWords(d Detail) error {
	switch d := d.(type) {
	case Setting:
		if d.Outcome != "" && !slices.Contains([]Outcome{OutcomeDirect, OutcomeProxy, OutcomeError, OutcomeUnknown}, d.Outcome) {
			return fmt.Errorf("no outcome %q", d.Outcome)
		}
	case Request:
		if d.Step != "" && !d.Step.known() {
			return fmt.Errorf("no step %q", d.Step)
		}
	case Handshake:
		for _, j := range d.Judgements {
			if !j.Store.known() || !j.Aspect.known() {
				return fmt.Errorf("no store %q or no aspect %q", j.Store, j.Aspect)
			}
		}
		if d.Anchor.Store != "" && !d.Anchor.Store.known() {
			return fmt.Errorf("no store %q", d.Anchor.Store)
		}
	}
	return nil
}

// CheckText refuses a text that is not UTF-8 or has control characters.
func CheckText(s string) error {
	if !utf8.ValidString(s) {
		return fmt.Errorf("text is not UTF-8")
	}
	if strings.ContainsFunc(s, unicode.IsControl) {
		return fmt.Errorf("text has control characters")
	}
	return nil
}
