package fleet

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"path"
	"slices"
	"strings"
	"time"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
)

// Report is what counts of one report among many.
type Report struct {
	// Name is where it was read, Node what the host is called.
	Name, Node string
	// Fingerprint groups it, Status and Summary are the verdict's.
	Fingerprint, Status, Summary string
	// Codes are those of the errors and warnings that no other explains; where there are none and the
	// walk did not come to its end, those of the remarks.
	Codes []string
	// Source is the address that its connections came from, if it is known.
	Source netip.Addr
	// Attributes are what is known of the host and the run.
	Attributes []Attribute
}

// Attribute is something that a host or its run has.
type Attribute struct{ Kind, Value string }

// Judge judges a report that does not say how it came out: one of an older version.
type Judge func(*evidence.Trace) diagnosis.Result

// head is the part of a report that is looked at. The rest, nine tenths of it, is passed over.
type head struct {
	Schema  string
	Tool    evidence.Tool
	Started time.Time
	Vantage evidence.Vantage
	Run     struct {
		Client  string `json:"client"`
		Profile string `json:"profile"`
	}
	Targets []struct {
		ID      string         `json:"id"`
		Host    string         `json:"host"`
		FoundBy string         `json:"found_by"`
		Route   evidence.Route `json:"route"`
	}
	Hops     []hop
	Findings []found
	Verdict  struct {
		Status  string `json:"status"`
		Summary string `json:"summary"`
	}
	Outcome struct {
		Fingerprint string `json:"fingerprint"`
	}
}

// found is the part of a finding that is looked at.
type found struct {
	Code     string             `json:"code"`
	Severity diagnosis.Severity `json:"severity"`
	MaskedBy string             `json:"masked_by"`
}

// hop is the part of a hop that is looked at.
type hop struct {
	Op      evidence.Op      `json:"op"`
	Role    evidence.Role    `json:"role"`
	Purpose evidence.Purpose `json:"purpose"`
	Peer    string           `json:"peer"`
	Local   string           `json:"local"`
	Detail  setting          `json:"detail"`
}

// read takes what is looked at out of a report.
func (h *head) read(text []byte) error {
	into := map[string]any{"schema": &h.Schema, "tool": &h.Tool, "started": &h.Started, "vantage": &h.Vantage, "run": &h.Run,
		"targets": &h.Targets, "verdict": &h.Verdict, "outcome": &h.Outcome}
	return members(text, lists{"hops": h.addHop, "findings": h.addFinding}, func(name string, value []byte) error {
		if to, looked := into[name]; looked {
			return json.Unmarshal(value, to)
		}
		return nil
	})
}

// addHop reads a hop that is a setting or a connection. The words stand in others too, which
// are then read in vain. They are looked for before the detail alone, where it comes last.
func (h *head) addHop(text []byte) error {
	begin := text
	if before, _, found := bytes.Cut(text, []byte(`"detail"`)); found && bytes.Contains(before, []byte(`"op"`)) &&
		bytes.Contains(before, []byte(`"purpose"`)) {
		begin = before
	}
	if !bytes.Contains(begin, []byte(`"setting"`)) && !bytes.Contains(begin, []byte(`"dial"`)) || !bytes.Contains(begin, []byte(`"path"`)) {
		return nil
	}
	var one hop
	if err := json.Unmarshal(text, &one); err != nil {
		return err
	}
	h.Hops = append(h.Hops, one)
	return nil
}

func (h *head) addFinding(text []byte) error {
	var one found
	if err := json.Unmarshal(text, &one); err != nil {
		return err
	}
	h.Findings = append(h.Findings, one)
	return nil
}

// setting is the part of a setting that is looked at.
type setting struct {
	Source string `json:"source"`
	Tool   string `json:"tool"`
}

// Read reads what counts of a report. A report of an older version is judged.
func Read(name string, data []byte, judge Judge) (Report, error) {
	if len(bytes.TrimSpace(data)) == 0 {
		return Report{}, errors.New("not a report of this tool: it is empty")
	}
	var h head
	text, err := evidence.Document(data)
	if err == nil {
		err = h.read(text)
	}
	if err != nil {
		return Report{}, fmt.Errorf("not a report of this tool: %w", err)
	}
	switch h.Schema {
	case evidence.Schema:
	case "":
		return Report{}, errors.New("not a report of this tool: it names no schema")
	default:
		return Report{}, fmt.Errorf("schema %q, this version reads %q", h.Schema, evidence.Schema)
	}
	r := Report{Name: name, Node: cmp.Or(h.Vantage.Node, h.Vantage.Hostname, stem(name)), Fingerprint: h.Outcome.Fingerprint,
		Status: h.Verdict.Status, Summary: h.Verdict.Summary}
	for _, f := range h.Findings {
		if f.MaskedBy == "" && (f.Severity != diagnosis.Info || h.undecided()) {
			r.addCode(f.Code)
		}
	}
	if r.Fingerprint == "" {
		if err := r.judged(data, judge); err != nil {
			return Report{}, err
		}
	}
	h.attributes(&r)
	return r, nil
}

// undecided reports whether nothing but a remark says why a walk did not come to its end.
func (h *head) undecided() bool {
	return h.Verdict.Status == diagnosis.StatusIncomplete && !slices.ContainsFunc(h.Findings, func(f found) bool {
		return f.MaskedBy == "" && f.Severity != diagnosis.Info
	})
}

func (r *Report) addCode(code string) {
	for _, known := range r.Codes {
		if known == code {
			return
		}
	}
	r.Codes = append(r.Codes, code)
}

// judged fills in how a report came out that does not say so.
func (r *Report) judged(data []byte, judge Judge) error {
	t, err := evidence.Read(bytes.NewReader(data))
	if err != nil {
		return err
	}
	result := judge(t)
	r.Fingerprint, r.Status, r.Summary, r.Codes = diagnosis.Fingerprint(t, result), result.Verdict.Status, result.Verdict.Summary, nil
	for _, f := range result.Unmasked() {
		if f.Severity != diagnosis.Info {
			r.addCode(f.Code)
		}
	}
	return nil
}

// stem is a file's name without directory and ending.
func stem(name string) string {
	base := path.Base(name)
	before, _, _ := strings.Cut(base, ".")
	return cmp.Or(before, base)
}

// Kinds of attributes.
const (
	Label    = "label "
	Net      = "addresses in "
	ProxyAt  = "proxy address"
	Proxy    = "proxy"
	Source   = "source of the proxy setting"
	Resolver = "resolver"
	Client   = "client"
	Version  = "client version"
	Tool     = "pullpath version"
	OS       = "system"
	Trust    = "trust store"
	Clock    = "clock"
	CDN      = "CDN node"
	Hour     = "hour of the report"
)

// attributes fills in what is known of a host.
func (h head) attributes(r *Report) {
	seen := map[Attribute]bool{}
	add := func(kind, value string) {
		if a := (Attribute{kind, value}); value != "" && !seen[a] {
			seen[a] = true
			r.Attributes = append(r.Attributes, a)
		}
	}
	for name, value := range h.Vantage.Labels {
		add(Label+name, value)
	}
	h.hopAttributes(r, add)
	addresses := h.Vantage.Addresses
	if r.Source.IsValid() {
		addresses = []string{r.Source.String()}
	} else if len(addresses) > 0 {
		r.Source, _ = netip.ParseAddr(addresses[0])
	}
	for _, text := range addresses {
		networks(text, add)
	}
	for _, s := range h.Vantage.Resolvers {
		add(Resolver, s)
	}
	for _, t := range h.Targets {
		switch {
		case t.Route.Kind == "proxy":
			add(Proxy, evidence.ProxyAddress(t.Route.Proxy))
		case t.Route.Kind == "unknown":
			add(Proxy, "not known")
		default:
			add(Proxy, "none, "+t.Route.Kind)
		}
		if t.FoundBy == "redirect" {
			add(CDN, t.Host)
		}
	}
	for _, s := range h.Vantage.TrustStores {
		if s.Client == h.Run.Client {
			add(Trust, cmp.Or(strings.Join(s.Files, " "), "the system's"))
		}
	}
	add(Client, h.Run.Client)
	add(Tool, h.Tool.Version)
	add(OS, h.Vantage.OS)
	add(Clock, clock(h.Vantage.ClockOffsetMS))
	add(Hour, h.Started.UTC().Format("2006-01-02 15:00 UTC"))
}

// hopAttributes are what hops of the path show: addresses of the proxy, where the setting
// stands, the client's version, and the address that connections came from.
func (h head) hopAttributes(r *Report, add func(kind, value string)) {
	for _, hop := range h.Hops {
		if hop.Purpose != evidence.Path {
			continue
		}
		switch hop.Op {
		case evidence.OpSetting:
			add(Source, withoutLine(hop.Detail.Source))
			add(Version, hop.Detail.Tool)
		case evidence.OpDial:
			if hop.Role == evidence.Proxy {
				add(ProxyAt, hop.Peer)
			}
			if host, _, err := net.SplitHostPort(hop.Local); err == nil && !r.Source.IsValid() {
				if local, err := netip.ParseAddr(host); err == nil && !local.IsLoopback() {
					r.Source = local.Unmap().WithZone("")
				}
			}
		}
	}
}

// withoutLine is a source without the line, which differs where a comment was added.
func withoutLine(source string) string {
	if before, line, found := strings.Cut(source, ":"); found && strings.Trim(line, "0123456789") == "" {
		return before
	}
	return source
}

// prefixes are the lengths by which addresses are grouped: those in which networks are
// commonly divided.
var prefixes = map[bool][]int{true: {8, 12, 16, 20, 22, 24, 26, 28}, false: {32, 40, 48, 56, 60, 64}}

// networks are the networks in which an address lies, one of each length.
func networks(text string, add func(kind, value string)) {
	address, err := netip.ParseAddr(text)
	if err != nil {
		return
	}
	address = address.Unmap().WithZone("")
	for _, bits := range prefixes[address.Is4()] {
		if p, err := address.Prefix(bits); err == nil {
			add(netKind(p), p.String())
		}
	}
}

// netKind is the kind of a network: networks of one length are compared.
func netKind(p netip.Prefix) string { return fmt.Sprintf("%s/%d", Net, p.Bits()) }

// clock is the class of a clock that is wrong: a minute is what a check warns from. That one is
// right shows only where something answered, and so says more of the outcome than of the host.
func clock(offset *float64) string {
	switch {
	case offset == nil:
	case *offset > 60_000:
		return "more than a minute behind"
	case *offset < -60_000:
		return "more than a minute ahead"
	}
	return ""
}
