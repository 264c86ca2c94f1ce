package report

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
)

// SettingsSchema is the name and version of the form of a settings report.
const SettingsSchema = "pullpath.settings/v1"

// settingsDocument is the report of `pullpath settings`.
type settingsDocument struct {
	Schema string              `json:"schema"`
	Rows   []settingsRow       `json:"rows"`
	Lints  []diagnosis.Finding `json:"lints"`
	// Notes are facts about sources that concern no client, as a file that could
	// not be read.
	Notes []evidence.SettingRemark `json:"notes,omitempty"`
	// Incomplete says why not all of the host was read; what is not found may be there.
	Incomplete string `json:"incomplete,omitempty"`
}

// settingsRow is the way of one client to one URL.
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

	Assumed   bool   `json:"assumed,omitempty"`
	Scope     string `json:"scope,omitempty"`
	Find      string `json:"find,omitempty"`
	Installed bool   `json:"installed,omitempty"`
	Running   bool   `json:"running,omitempty"`
}

// SettingsJSON writes what each client does, and what was found wrong.
func SettingsJSON(w io.Writer, t *evidence.Trace, r diagnosis.Result) error {
	doc := settingsDocument{Schema: SettingsSchema, Rows: []settingsRow{}, Lints: present(r.Findings), Notes: notes(t), Incomplete: notAllRead(t)}
	for _, h := range surveyed(t) {
		doc.Rows = append(doc.Rows, newSettingsRow(evidence.DetailOf[evidence.Setting](h)))
	}
	if err := IndentedJSON(w, doc); err != nil {
		return fmt.Errorf("write settings: %w", err)
	}
	return nil
}

// surveyed returns the hops that are the way of a client.
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
	row := settingsRow{Client: d.Dialect, Tool: d.Tool, Target: d.URL, Decision: d.Outcome, Proxy: d.Proxy, Variable: d.Variable,
		Source: d.Source, Matched: d.Token, Why: whySetting(d), Assumed: d.Assumed, Scope: d.Scope, Find: d.Find,
		Installed: d.Installed, Running: d.Running}
	if d.Token != "" {
		row.Variable, row.Source = d.NoProxyVariable, d.NoProxySource
	}
	if d.Outcome == "unknown" {
		row.Proxy, row.Variable, row.Source, row.Matched = "", "", "", ""
	}
	return row
}

// whySetting says in one sentence what decided.
func whySetting(d evidence.Setting) string {
	switch {
	case d.Outcome == "unknown":
		return d.Why
	case d.Outcome == "error":
		return d.Variable + " is set and of no use: " + cmp.Or(problemText(d), d.Why)
	case d.Token != "":
		return "the entry " + d.Token + " of " + d.NoProxyVariable + " matches"
	case d.Implicit != "":
		return d.Implicit
	case d.Outcome == "proxy":
		return d.Variable + " names it"
	case d.Variable != "":
		return d.Variable + " is set and ignored: " + problemText(d)
	case len(d.Unused) > 0:
		return unusedText(d)
	}
	return "no proxy variable is set that it reads"
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
			out = appendNew(out, u.Why)
		}
	}
	if len(out) == 0 {
		return "no proxy variable is set that it reads"
	}
	return strings.Join(out, "; ")
}
