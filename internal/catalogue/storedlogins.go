package catalogue

import (
	"slices"
	"strings"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/fault"
)

// storedRow is a row about a login that a client has stored, or has not. Its
// evidence is a remark of the same code on the registry's login.
type storedRow struct {
	code, title, means, remedy string
	audience                   diagnosis.Audience
	cite                       []string
	after                      []string
	// fatal tells that a refusal by the token server is this row's doing.
	fatal bool
	world fault.World
	also  []fault.World
}

// storedLogins are the rows about stored logins.
func storedLogins() []diagnosis.Entry {
	out := []diagnosis.Entry{credentialsElsewhere()}
	for _, r := range slices.Concat(storedFiles(), storedForms()) {
		out = append(out, r.entry())
	}
	return out
}

func (r storedRow) entry() diagnosis.Entry {
	return diagnosis.Entry{Code: r.code, Since: "0.3.0", Layer: diagnosis.Auth, Severity: diagnosis.Warning, Strength: diagnosis.Proven,
		Audience: r.audience, Title: r.title, Seen: "{where}: {text}", Means: r.means, Remedy: r.remedy, Cite: r.cite,
		Values: []string{"where", "text", "entry", "client", "registry"}, Needs: []evidence.Op{evidence.OpSetting, evidence.OpRequest},
		After: r.after, Provoke: r.world, Also: r.also,
		Match: func(v *diagnosis.View) []diagnosis.Match { return r.match(v) }}
}

// logins are the hops that say what is stored for a registry.
func logins(v *diagnosis.View) []evidence.Hop {
	return v.Hops(evidence.OpSetting, func(h evidence.Hop) bool { return setting(h).Login != nil })
}

// match makes one match of every fact, for all registries that it holds for. It
// is an error where the client gives up for it, or where the token server refused
// what follows from it.
func (r storedRow) match(v *diagnosis.View) []diagnosis.Match {
	var order []evidence.SettingRemark
	hops := map[evidence.SettingRemark][]evidence.Hop{}
	for _, h := range logins(v) {
		for _, remark := range setting(h).Remarks {
			if remark.Code != r.code {
				continue
			}
			if hops[remark] == nil {
				order = append(order, remark)
			}
			hops[remark] = append(hops[remark], h)
		}
	}
	var out []diagnosis.Match
	for _, remark := range order {
		out = append(out, r.one(v, remark, hops[remark]))
	}
	return out
}

func (r storedRow) one(v *diagnosis.View, remark evidence.SettingRemark, hops []evidence.Hop) diagnosis.Match {
	first := setting(hops[0])
	m := diagnosis.Match{Values: map[string]string{"where": remark.Source, "text": remark.Text, "entry": remark.Variable, "client": first.Client,
		"registry": join(hops, func(h evidence.Hop) string { return v.Target(h.Target).Host })}}
	all := slices.Clone(hops)
	told := map[string]bool{}
	for _, h := range hops {
		stops, refused := h.State == evidence.Failed && setting(h).Login.Cause == r.code, refusingRealms(v, h.Target)
		if !stops && (!r.fatal || len(refused) == 0) {
			continue
		}
		m.Severity = diagnosis.Error
		for _, realm := range refused {
			if !told[realm] { // registries share realms
				told[realm] = true
				all = append(all, refusedTokens(v)[realm]...)
			}
		}
	}
	m.Hops = diagnosis.IDs(all)
	return m
}

// refusingRealms are the targets that a registry's own challenge names as token servers
// and that answered a token request of the registry's conversation by 401.
func refusingRealms(v *diagnosis.View, registry string) []string {
	var out []string
	for _, h := range v.HopsAbout(evidence.OpRequest, diagnosis.About{}.Target(registry), nil) {
		for _, c := range evidence.DetailOf[evidence.Request](h).Challenges {
			_, rest, found := strings.Cut(c.Params["realm"], "://")
			host, _, _ := strings.Cut(rest, "/")
			for _, target := range []string{host, host + ":443"} {
				if found && len(refusedTokens(v)[target]) > 0 && !slices.Contains(out, target) {
					out = append(out, target)
				}
			}
		}
	}
	return out
}

// refusedTokens are the path's token requests that were answered 401, by target.
func refusedTokens(v *diagnosis.View) map[string][]evidence.Hop {
	type refused struct{}
	return diagnosis.Remember(v, refused{}, func() map[string][]evidence.Hop {
		out := map[string][]evidence.Hop{}
		for _, h := range v.Hops(evidence.OpRequest, func(h evidence.Hop) bool {
			d := evidence.DetailOf[evidence.Request](h)
			return h.OnPath() && d.Step == "token" && d.Code == 401
		}) {
			out[h.Target] = append(out[h.Target], h)
		}
		return out
	})
}

// noneStored says where the client looked for a login that a token server wanted;
// empty where no files were read.
func noneStored(v *diagnosis.View, realm string) string {
	type lacking struct{}
	of := diagnosis.Remember(v, lacking{}, func() map[string]evidence.Hop {
		out := map[string]evidence.Hop{}
		for _, h := range logins(v) {
			if d := setting(h).Login; d.Found != evidence.NoLogin || len(d.Places) == 0 {
				continue
			}
			for _, realm := range refusingRealms(v, h.Target) {
				if _, known := out[realm]; !known {
					out[realm] = h
				}
			}
		}
		return out
	})
	if h, ok := of[realm]; ok {
		return "The token server answered the request without credentials by a 401 in its own form: the path works. " +
			setting(h).Client + " has no login stored: it looked at " + places(setting(h).Login.Places) + "."
	}
	return ""
}

func credentialsElsewhere() diagnosis.Entry {
	image := []string{fault.Image + ":" + fault.ImageTag}
	return diagnosis.Entry{
		Code: "auth-credentials-elsewhere", Since: "0.3.0", Layer: diagnosis.Auth, Severity: diagnosis.Warning, Strength: diagnosis.Proven,
		Audience: diagnosis.HostAdmin,
		Title:    "{client} finds no login for {registry}, and another file of this host has one",
		Seen:     "{client} looked at {looked}; not read: {found}",
		Means: "A login belongs to the user and to the client that made it. Root under sudo, a service and cron have files of their own; docker and crane do not read podman's; " +
			"the runtime directory is emptied when its user's last session ends.",
		Remedy: "log in again as the user and with the client that pulls, or name the file that has the login: REGISTRY_AUTH_FILE or --authfile",
		Cite:   []string{"failures F7: containers/podman#19307, containers/podman#5405", "libraries section 4, measured", "containers-auth.json(5)"},
		Values: []string{"client", "registry", "looked", "found"}, Needs: []evidence.Op{evidence.OpSetting, evidence.OpRequest},
		Match: matchElsewhere,
		Provoke: fault.World{Title: "a user is logged in, and root pulls", Direct: true, Targets: image, Stored: &fault.Stored{},
			Files: map[string]string{"/run/user/1000/containers/auth.json": rightLogin()}},
		Also: []fault.World{{Title: "podman is logged in, and docker pulls", Direct: true, Targets: image, Client: "docker", Stored: &fault.Stored{},
			Files: map[string]string{"/root/.config/containers/auth.json": rightLogin()}},
			{Title: "a login that only another user has, where no image is asked for", Direct: true, Stored: &fault.Stored{},
				Files: map[string]string{"/home/build/.docker/config.json": rightLogin()}}},
	}
}

func rightLogin() string {
	return fault.AuthFile("registry.redhat.io", fault.AccountUser, fault.AccountPassword)
}

// maxRefused is how many refused token requests of one realm a registry's finding points
// at: those of a profile's registries, each asked in a few ways.
const maxRefused = 16

// matchElsewhere is an error where an image was asked for and the token server
// refused to serve nobody.
func matchElsewhere(v *diagnosis.View) []diagnosis.Match {
	var out []diagnosis.Match
	for _, h := range logins(v) {
		d := setting(h).Login
		if d.Found != evidence.NoLogin || len(d.Elsewhere) == 0 {
			continue
		}
		var refused []evidence.Hop
		for _, realm := range refusingRealms(v, h.Target) {
			all := refusedTokens(v)[realm]
			refused = append(refused, all[:min(len(all), maxRefused)]...)
		}
		m := diagnosis.Match{Hops: diagnosis.IDs(append([]evidence.Hop{h}, refused...)), Values: map[string]string{"client": setting(h).Client,
			"registry": v.Target(h.Target).Host, "looked": places(d.Places), "found": places(d.Elsewhere)}}
		if len(refused) > 0 && len(v.Target(h.Target).Images) > 0 {
			m.Severity = diagnosis.Error
		}
		out = append(out, m)
	}
	return out
}

// places lists files with what was found there; those of which the same is to be
// said stand together.
func places(list []evidence.LoginPlace) string {
	var states []string
	files := map[string][]string{}
	for _, p := range list {
		if files[p.State] == nil {
			states = append(states, p.State)
		}
		files[p.State] = append(files[p.State], p.File)
	}
	var out []string
	for _, state := range states {
		out = append(out, strings.Join(files[state], ", ")+" ("+state+")")
	}
	return strings.Join(out, "; ")
}
