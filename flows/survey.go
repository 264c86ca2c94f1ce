package flows

import (
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"pullpath/internal/evidence"
	"pullpath/internal/redact"
	"pullpath/internal/route"
	"pullpath/internal/settings"
	"pullpath/internal/way"
)

// Survey is a run that only records the ways of clients: no connection is made.
type Survey struct {
	// Targets are the URLs, each with the target that a finding names.
	Targets []SurveyTarget
	Clients []settings.Client
	// Remarks are facts about sources that belong to no client.
	Remarks []settings.Remark
	Vantage evidence.Vantage
	Now     func() time.Time
	Seed    string
	Version string
	Profile string
}

// SurveyTarget is one URL that is decided about.
type SurveyTarget struct {
	URL    *url.URL
	Role   evidence.Role
	Public bool
	// FoundBy is profile, argument, or the file and line that adds it.
	FoundBy string
}

// Record decides for each client and target, and returns the trace: one setting
// hop for each pair, none of them on a path.
func (s Survey) Record() *evidence.Trace {
	rec := newRecorder(s.Now, nil, evidence.Scribe{})
	var sources *openHop
	if len(s.Remarks) > 0 {
		sources = rec.record(step{op: evidence.OpSetting, role: evidence.Control, probe: evidence.ProbeSources},
			evidence.Setting{Decision: "none", Remarks: remarks(s.Remarks)}, nil)
	}
	t := &evidence.Trace{Schema: evidence.Schema, Tool: evidence.Tool{Version: s.Version}, Seed: s.Seed,
		Started: rec.started.UTC(), Vantage: s.Vantage, Targets: []evidence.Target{},
		Run: evidence.Run{Profile: s.Profile, Client: evidence.SurveyClient, Credentials: "none"}}
	for _, target := range s.Targets {
		l := &targetLog{target: target.target()}
		rec.logs = append(rec.logs, l)
		t.Targets = append(t.Targets, l.target)
		for _, c := range s.Clients {
			detail, broken := clientDetail(c, c.Decide(target.URL), target.URL)
			rec.record(step{log: l, op: evidence.OpSetting, role: l.target.Role, probe: evidence.ProbeClientRoute, parent: sources}, detail, broken)
		}
	}
	t.Hops = rec.hops()
	t.DurationMS = ms(s.Now().Sub(rec.started))
	return t
}

func (t SurveyTarget) target() evidence.Target {
	port := 443
	if t.URL.Scheme == "http" {
		port = 80
	}
	if p := t.URL.Port(); p != "" {
		port = atoi(p)
	}
	at := evidence.Endpoint{Host: t.URL.Hostname(), Port: port}
	id := at.ID()
	if t.URL.Scheme == "http" {
		id = "http://" + id
	}
	return evidence.Target{ID: id, Endpoint: at, Role: t.Role, Required: true,
		Public: t.Public, FoundBy: t.FoundBy, Route: evidence.Route{Kind: "direct"}}
}

// clientDetail returns the way of a client as evidence, and the failure of one that
// cannot do what its setting means.
func clientDetail(c settings.Client, d route.Decision, target *url.URL) (evidence.Setting, *evidence.Failure) {
	detail, broken := way.Detail(d)
	detail.URL = shownURL(target)
	detail.Client, detail.Tool, detail.Assumed, detail.Scope = c.Tool, c.Name(), c.Assumed, c.Scope
	detail.Installed, detail.Running, detail.Daemon = c.Installed, c.Running, c.Daemon
	detail.Remarks = append(detail.Remarks, remarks(c.Remarks)...)
	insideOf(&detail, c)
	if c.Lost != "" && d.Kind == route.Proxy {
		detail.Outcome, detail.Why = evidence.OutcomeError, c.Lost
	}
	if c.Unknown != "" {
		detail.Outcome, detail.Why, detail.Find = evidence.OutcomeUnknown, c.Unknown, c.Find
		broken = nil
	}
	return detail, broken
}

// insideOf writes down the machine in which a client pulls, and the PAC file that decides for it.
func insideOf(detail *evidence.Setting, c settings.Client) {
	if m := c.Machine; m != nil {
		detail.Machine, detail.Told, detail.ToldBy, detail.Inside = m.Name, m.Told, m.Source, m.Inside
		detail.Reaches, detail.Change = m.Reaches, m.Change
	} else {
		detail.Change = c.Change
	}
	if c.PAC != nil {
		detail.PACFile = c.PAC.Where()
	}
	if c.Handed != nil {
		detail.PACFile, detail.PACIgnored = c.Handed.Where(), true
	}
}

func shownURL(u *url.URL) string {
	text := u.Scheme + "://" + u.Host + "/"
	return redact.Text(redact.Argument(text), maxShownURL)
}

// maxShownURL bounds a target's URL as it is shown, in runes: the longest host
// name has 253 characters, scheme and port stand around it.
const maxShownURL = 300

// maxProblem bounds the text of a setting's failure; ours are one sentence.
const maxProblem = 400

func remarks(list []settings.Remark) []evidence.SettingRemark {
	var out []evidence.SettingRemark
	for _, r := range list {
		out = append(out, evidence.SettingRemark{Code: string(r.Code), Source: r.Source, Variable: r.Variable, Value: r.Value,
			Text: r.Text, Write: r.Write})
	}
	return out
}

// ParseSurveyTarget reads a HOST of `settings`: a host, host:port or a URL.
func ParseSurveyTarget(text string) (*url.URL, error) {
	raw := text
	if addr, err := netip.ParseAddr(text); err == nil && addr.Is6() {
		raw = "[" + text + "]"
	}
	if !strings.Contains(raw, "://") {
		raw = "https://" + raw
	}
	u, err := url.Parse(raw)
	if err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil {
		return nil, fmt.Errorf("%q is neither a host nor an http or https URL", redact.Text(redact.Argument(text), maxShownURL))
	}
	return u, nil
}
