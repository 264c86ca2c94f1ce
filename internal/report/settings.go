package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/words"
)

// SettingsSchema is the name and version of the form of a settings report.
const SettingsSchema = "pullpath.settings/v1"

// Settings is what a survey of settings found.
type Settings struct {
	Trace  *evidence.Trace
	Result diagnosis.Result
	// NoProxy is the list that stands for all lists of the host; empty where it has none.
	NoProxy string
}

// settingsDocument is the report of `pullpath settings`.
type settingsDocument struct {
	Schema string              `json:"schema"`
	Rows   []settingsRow       `json:"rows"`
	Lints  []diagnosis.Finding `json:"lints"`
	// Notes are facts about sources that concern no client, for example a file that could
	// not be read.
	Notes []evidence.SettingRemark `json:"notes,omitempty"`
	// NoProxy is the list to write where a finding is about one.
	NoProxy string `json:"no_proxy,omitempty"`
	// Incomplete says why not all of the host was read. What was not found may then be there.
	Incomplete string `json:"incomplete,omitempty"`
}

// settingsRow is the route of one client to one URL.
type settingsRow struct {
	Client   string `json:"client"`
	Tool     string `json:"tool"`
	Target   string `json:"target"`
	Decision string `json:"decision"`
	Proxy    string `json:"proxy,omitempty"`
	Variable string `json:"variable,omitempty"`
	Source   string `json:"source,omitempty"`
	Matched  string `json:"matched,omitempty"`
	Why      string `json:"why"`

	// Machine, Told, ToldBy and Inside are the step inside a machine of the host; the rest of the
	// row is the step on the host. PACFile is the PAC file that a setting of the host names.
	Machine string `json:"machine,omitempty"`
	Told    string `json:"told,omitempty"`
	ToldBy  string `json:"told_by,omitempty"`
	Inside  string `json:"inside,omitempty"`
	PACFile string `json:"pac_file,omitempty"`

	Assumed   bool   `json:"assumed,omitempty"`
	Scope     string `json:"scope,omitempty"`
	Find      string `json:"find,omitempty"`
	Installed bool   `json:"installed,omitempty"`
	Running   bool   `json:"running,omitempty"`
}

// JSON writes what each client does, and what was found wrong.
func (s Settings) JSON(w io.Writer) error {
	doc := settingsDocument{Schema: SettingsSchema, Rows: []settingsRow{}, Lints: present(s.Result.Findings), Notes: notes(s.Trace),
		NoProxy: s.noProxy(), Incomplete: notAllRead(s.Trace)}
	for _, h := range surveyed(s.Trace) {
		doc.Rows = append(doc.Rows, newSettingsRow(evidence.DetailOf[evidence.Setting](h)))
	}
	if err := IndentedJSON(w, doc); err != nil {
		return fmt.Errorf("write settings: %w", err)
	}
	return nil
}

// noProxy returns the list to write, empty where no finding is about one.
func (s Settings) noProxy() string {
	if slices.ContainsFunc(s.Result.Unmasked(), func(f diagnosis.Finding) bool { return strings.HasPrefix(f.Code, "no-proxy-") }) {
		return s.NoProxy
	}
	return ""
}

// surveyed returns the hops that are the route of a client.
func surveyed(t *evidence.Trace) []evidence.Hop {
	var out []evidence.Hop
	for _, h := range t.Hops {
		if h.Op == evidence.OpSetting && evidence.DetailOf[evidence.Setting](h).URL != "" {
			out = append(out, h)
		}
	}
	return out
}

// notes returns the facts about sources that belong to no client.
func notes(t *evidence.Trace) []evidence.SettingRemark {
	var out []evidence.SettingRemark
	for _, h := range t.Hops {
		if d := evidence.DetailOf[evidence.Setting](h); h.Op == evidence.OpSetting && d.URL == "" && d.Client == "" {
			out = append(out, d.Remarks...)
		}
	}
	return out
}

func newSettingsRow(d evidence.Setting) settingsRow {
	row := settingsRow{Client: d.Dialect, Tool: d.Tool, Target: d.URL, Decision: string(d.Outcome), Proxy: d.Proxy, Variable: d.Variable,
		Source: d.Source, Matched: d.Token, Why: whySetting(d), Assumed: d.Assumed, Scope: d.Scope, Find: d.Find,
		Installed: d.Installed, Running: d.Running, Machine: d.Machine, Told: d.Told, ToldBy: d.ToldBy, Inside: d.Inside, PACFile: d.PACFile}
	if d.Token != "" {
		row.Variable, row.Source = d.NoProxyVariable, d.NoProxySource
	}
	if d.Outcome == evidence.OutcomeUnknown {
		row.Proxy, row.Variable, row.Source, row.Matched = "", "", "", ""
	}
	return row
}

// whySetting says in one sentence which setting decided.
func whySetting(d evidence.Setting) string {
	switch {
	case d.Outcome == evidence.OutcomeUnknown:
		return d.Why
	case d.Outcome == evidence.OutcomeError:
		return d.Variable + " is set but cannot be used: " + cmp.Or(problemText(d), d.Why)
	case d.Token != "":
		return "the entry " + d.Token + " of " + d.NoProxyVariable + " matches"
	case d.Implicit != "":
		return d.Implicit
	case d.Outcome == evidence.OutcomeProxy:
		return d.Variable + " names it"
	case d.Variable != "" && d.Value == "":
		return d.Variable + " is set and empty"
	case d.Variable != "":
		return d.Variable + " is set but ignored: " + problemText(d)
	case len(d.Unused) > 0:
		return unusedText(d)
	}
	return "none of the proxy variables that it reads is set"
}

func problemText(d evidence.Setting) string {
	for _, p := range d.Problems {
		if p.Broken {
			return p.Text
		}
	}
	return d.Why
}

func unusedText(d evidence.Setting) string {
	var out []string
	for _, u := range d.Unused {
		if !strings.EqualFold(u.Name, "NO_PROXY") {
			out = words.AppendNew(out, u.Why)
		}
	}
	if len(out) == 0 {
		return "none of the proxy variables that it reads is set"
	}
	return strings.Join(out, "; ")
}
