package catalogue

import (
	"slices"
	"strings"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/fault"
)

// lint is a row about how a setting is written. Its evidence is a remark of the
// same code on a client's setting.
type lint struct {
	code, title, means string
	// remarks are the codes of the remarks that make it; nil takes its own code.
	remarks []string
	// remedy is asked for where the remark names no line to write.
	remedy   string
	severity diagnosis.Severity
	cite     []string
	after    []string
	world    fault.World
	also     []fault.World
}

// lints are the rows that `settings` shows and no walk does.
func lints() []diagnosis.Entry {
	var out []diagnosis.Entry
	for _, list := range [][]lint{valueLints(), noProxyLints(), fileLints()} {
		for _, l := range list {
			out = append(out, l.entry())
		}
	}
	return out
}

func (l lint) entry() diagnosis.Entry {
	severity := l.severity
	if severity == "" {
		severity = diagnosis.Warning
	}
	codes := l.remarks
	if codes == nil {
		codes = []string{l.code}
	}
	world := l.world
	if world.Title == "" {
		world.Title = strings.ReplaceAll(strings.ReplaceAll(l.title, "{", ""), "}", "")
	}
	return diagnosis.Entry{Code: l.code, Since: "0.2.0", Layer: diagnosis.Settings, Severity: severity, Strength: diagnosis.Proven,
		Audience: diagnosis.HostAdmin, Title: l.title, Seen: "{where}: {text}", Means: l.means,
		Remedy: "{write}", Cite: l.cite, Values: []string{"where", "variable", "value", "text", "write"},
		Needs: []evidence.Op{evidence.OpSetting}, After: l.after, Provoke: world, Also: l.also,
		Match: func(v *diagnosis.View) []diagnosis.Match { return matchRemarks(v, codes, l.remedy) }}
}

// told is a fact with the lines that it holds for.
type told struct {
	remarks []evidence.SettingRemark
	hops    []int
}

// matchRemarks makes a match of every remark of the codes; the same fact about
// several lines is told once.
func matchRemarks(v *diagnosis.View, codes []string, remedy string) []diagnosis.Match {
	var order []string
	found := map[string]*told{}
	for _, h := range v.Hops(evidence.OpSetting, nil) {
		for _, r := range setting(h).Remarks {
			if !slices.Contains(codes, r.Code) {
				continue
			}
			key := r.Code + "\x00" + r.Text
			if found[key] == nil {
				found[key] = &told{}
				order = append(order, key)
			}
			found[key].add(h, r)
		}
	}
	var out []diagnosis.Match
	for _, key := range order {
		out = append(out, diagnosis.Match{Hops: found[key].hops, Values: found[key].values(remedy)})
	}
	return out
}

func (t *told) add(h evidence.Hop, r evidence.SettingRemark) {
	if !slices.Contains(t.hops, h.ID) {
		t.hops = append(t.hops, h.ID)
	}
	if !slices.Contains(t.remarks, r) {
		t.remarks = append(t.remarks, r)
	}
}

func (t *told) values(remedy string) map[string]string {
	var lines, writes []string
	for _, r := range t.remarks {
		line := r.Source
		if what := strings.TrimPrefix(r.Variable+"="+r.Value, "="); strings.Trim(what, "=") != "" {
			line = strings.TrimPrefix(line+", "+strings.TrimSuffix(what, "="), ", ")
		}
		lines = append(lines, line)
		if r.Write != "" && !slices.Contains(writes, r.Write) {
			writes = append(writes, r.Write)
		}
	}
	write := strings.Join(writes, "; ")
	switch {
	case write == "":
		write = remedy
	case remedy != "":
		write = remedy + ": " + write
	}
	r := t.remarks[0]
	return map[string]string{"where": strings.Join(lines, "; "), "variable": r.Variable, "value": r.Value, "text": r.Text, "write": write}
}

// survey is a World of a shell with these variables.
func survey(env map[string]string) fault.World {
	return fault.World{Env: env, Survey: &fault.Survey{}}
}

// surveyOf is survey for clients of these rules.
func surveyOf(env map[string]string, clients ...string) fault.World {
	return fault.World{Env: env, Survey: &fault.Survey{Clients: clients}}
}
