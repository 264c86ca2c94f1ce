package catalogue

import (
	"fmt"
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
	known   map[evidence.SettingRemark]bool
	hops    []int
}

// matchRemarks makes a match of every remark of the codes; the same fact about
// several lines is told once.
func matchRemarks(v *diagnosis.View, codes []string, remedy string) []diagnosis.Match {
	var out []diagnosis.Match
	for _, fact := range facts(v) {
		if slices.Contains(codes, fact.remarks[0].Code) {
			out = append(out, diagnosis.Match{Hops: slices.Clone(fact.hops), Values: fact.values(remedy)})
		}
	}
	return out
}

// facts are what the run's settings have to say, each once, in the order of the hops.
func facts(v *diagnosis.View) []*told {
	type ofRun struct{}
	return diagnosis.Remember(v, ofRun{}, func() []*told {
		var order []*told
		found := map[[2]string]*told{}
		for _, h := range v.Hops(evidence.OpSetting, nil) {
			for _, r := range setting(h).Remarks {
				key := [2]string{r.Code, r.Text}
				if found[key] == nil {
					found[key] = &told{known: map[evidence.SettingRemark]bool{}}
					order = append(order, found[key])
				}
				found[key].add(h, r)
			}
		}
		return order
	})
}

// add takes one more line. A hop's remarks come one after the other.
func (t *told) add(h evidence.Hop, r evidence.SettingRemark) {
	if n := len(t.hops); n == 0 || t.hops[n-1] != h.ID {
		t.hops = append(t.hops, h.ID)
	}
	if !t.known[r] {
		t.known[r] = true
		t.remarks = append(t.remarks, r)
	}
}

func (t *told) values(remedy string) map[string]string {
	var lines, writes []string
	wrote := map[string]bool{}
	for _, r := range t.remarks {
		line := r.Source
		if what := strings.TrimPrefix(r.Variable+"="+r.Value, "="); strings.Trim(what, "=") != "" {
			line = strings.TrimPrefix(line+", "+strings.TrimSuffix(what, "="), ", ")
		}
		lines = append(lines, line)
		if r.Write != "" && !wrote[r.Write] {
			wrote[r.Write] = true
			writes = append(writes, r.Write)
		}
	}
	write := few(writes, "; ")
	switch {
	case write == "":
		write = remedy
	case remedy != "":
		write = remedy + ": " + write
	}
	r := t.remarks[0]
	return map[string]string{"where": few(lines, "; "), "variable": r.Variable, "value": r.Value, "text": r.Text, "write": write}
}

// maxLines is how many lines of files a sentence names; those of a host are a handful.
const maxLines = 30

// few joins texts, of many the first and how many more.
func few(texts []string, by string) string {
	if left := len(texts) - maxLines; left > 0 {
		return fmt.Sprintf("%s%sand %d more", strings.Join(texts[:maxLines], by), by, left)
	}
	return strings.Join(texts, by)
}

// survey is a World of a shell with these variables.
func survey(env map[string]string) fault.World {
	return fault.World{Env: env, Survey: &fault.Survey{}}
}

// surveyOf is survey for clients of these rules.
func surveyOf(env map[string]string, clients ...string) fault.World {
	return fault.World{Env: env, Survey: &fault.Survey{Clients: clients}}
}
