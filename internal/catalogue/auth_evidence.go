package catalogue

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/fault"
)

// realmHost is the host that a Bearer challenge sends the client to.
func realmHost(d evidence.Request) string {
	for _, c := range d.Challenges {
		if u, err := url.Parse(c.Params["realm"]); err == nil && u.Host != "" {
			return u.Host
		}
	}
	return ""
}

// wantsBasic tells a registry's 401 that offers no tokens, after which there was no login to
// send.
func wantsBasic(v *diagnosis.View, h evidence.Hop) bool {
	bearer := func(c evidence.Challenge) bool {
		return strings.EqualFold(c.Scheme, "Bearer") && c.Params["realm"] != "" && c.Problem == ""
	}
	basic := func(c evidence.Challenge) bool { return strings.EqualFold(c.Scheme, "Basic") }
	d := evidence.DetailOf[evidence.Request](h)
	if !h.Role.HasImages() || !slices.ContainsFunc(d.Challenges, basic) || slices.ContainsFunc(d.Challenges, bearer) {
		return false
	}
	_, sent := v.FirstAbout(evidence.OpRequest, diagnosis.About{}.Target(h.Target), func(o evidence.Hop) bool {
		d := evidence.DetailOf[evidence.Request](o)
		return d.AuthSent != "" || d.Withheld != ""
	})
	return !sent
}

// askedAgain tells that the same token server was asked with a login after a request without one.
func askedAgain(v *diagnosis.View, h evidence.Hop) bool {
	_, again := v.FirstAbout(evidence.OpRequest, diagnosis.About{}.Target(h.Target), func(o evidence.Hop) bool {
		d := evidence.DetailOf[evidence.Request](o)
		return o.OnPath() && o.ID > h.ID && d.Step == evidence.StepToken && d.AuthSent != ""
	})
	return again
}

// leftBehind tells a refusal of a request without a login that a redirect led away from the
// host which the login, or the token, is for.
func leftBehind(v *diagnosis.View, h evidence.Hop) bool {
	d := evidence.DetailOf[evidence.Request](h)
	if !h.OnPath() || !h.FailedWith(evidence.UnexpectedAnswer) || d.AuthSent != "" || d.Code != 401 || isBlobStep(d.Step) {
		return false
	}
	_, led := v.FirstAbout(evidence.OpRequest, diagnosis.About{}.State(evidence.OK), func(o evidence.Hop) bool {
		from := evidence.DetailOf[evidence.Request](o)
		return o.OnPath() && o.Target != h.Target && from.Step == d.Step && from.AuthSent != "" && locationTarget(o) == h.Target
	})
	return led
}

func wantsImage(v *diagnosis.View) bool {
	for _, t := range v.Targets() {
		if len(t.Images) > 0 {
			return true
		}
	}
	return false
}

// storedRow is a row about a login that a client has stored, or has not. Its
// evidence is a remark of the same code on the registry's login.
type storedRow struct {
	diagnosis.Entry
	// Fatal tells that a refusal by the token server is this row's doing.
	Fatal bool
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
			if remark.Code != string(r.Code) || r.Fatal && loginTaken(v, h.Target) {
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
	m := diagnosis.Match{Values: map[string]string{"where": remark.Source, "text": remark.Text, "entry": remark.Variable,
		"client":   first.Client,
		"registry": join(hops, func(h evidence.Hop) string { return v.Target(h.Target).Host })}}
	all := slices.Clone(hops)
	told := map[string]bool{}
	for _, h := range hops {
		stops, refused := h.State == evidence.Failed && setting(h).Login.Cause == string(r.Code), refusingRealms(v, h.Target)
		if !stops && (!r.Fatal || len(refused) == 0) {
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

// loginTaken tells that a registry, or a token server that it names, took the login: whatever its
// form, it is right.
func loginTaken(v *diagnosis.View, registry string) bool {
	realms := realmsOf(v, registry)
	_, taken := v.FirstAbout(evidence.OpRequest, diagnosis.About{}.State(evidence.OK), func(o evidence.Hop) bool {
		d := evidence.DetailOf[evidence.Request](o)
		ofRealm := slices.ContainsFunc(realms, func(realm string) bool { return withoutQuery(realm) == withoutQuery(d.URL) })
		return o.OnPath() && d.AuthSent != "" && d.AuthSent != "Bearer" && d.Code/100 == 2 && (o.Target == registry || ofRealm)
	})
	return taken
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
			return h.OnPath() && d.Step == evidence.StepToken && d.Code == 401
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
		return "The token server answered the request without credentials with a 401 of its own, so the path works up to it. " +
			setting(h).Client + " has no login stored: it looked at " + places(setting(h).Login.Places) + "."
	}
	return ""
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
		refused = append(refused, v.HopsAbout(evidence.OpRequest, diagnosis.About{}.Target(h.Target), func(o evidence.Hop) bool {
			return o.OnPath() && lacksRight(v, o) && anonymousToken(v, o)
		})...)
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

// Files of logins in the Worlds below: podman's and docker's of root.
const (
	podmanLogins = "/root/.config/containers/auth.json"
	dockerLogins = "/root/.docker/config.json"
)

// refusedToken tells that a request was refused for the token on it.
func refusedToken(h evidence.Hop) bool {
	d := evidence.DetailOf[evidence.Request](h)
	return h.OnPath() && h.FailedWith(evidence.UnexpectedAnswer) && d.AuthSent == "Bearer" && (d.Code == 401 || d.Code == 403)
}

// obtained is a token that a run was given, and when it had come, in milliseconds of the trace.
type obtained struct {
	evidence.Token
	came float64
}

// life is how long the token holds by its own dates, or else by the answer that brought it; 0
// where neither says.
func (o obtained) life() time.Duration {
	if !o.Expires.IsZero() && !o.Issued.IsZero() {
		return o.Expires.Sub(o.Issued)
	}
	return time.Duration(o.ExpiresIn) * time.Second
}

// age is how old the token was when a request had its answer, by the run's own clock.
func (o obtained) age(h evidence.Hop) time.Duration {
	return time.Duration((h.BeganMS + h.TookMS - o.came) * float64(time.Millisecond))
}

// over tells that its time had passed when a request had its answer.
func (o obtained) over(h evidence.Hop) bool { return o.life() > 0 && o.age(h) >= o.life() }

// tokensFor are the tokens that were given for a request: those for its repository by a
// realm that its registry named, or else by that realm, or else in the run.
func tokensFor(v *diagnosis.View, h evidence.Hop) []obtained {
	given, repository := tokensOf(v), repositoryOf(evidence.DetailOf[evidence.Request](h).URL)
	var byRealm, own []obtained
	for _, realm := range realmsOf(v, h.Target) {
		base := withoutQuery(realm)
		byRealm = append(byRealm, given.at[grant{realm: base}]...)
		own = append(own, given.at[grant{base, "repository:" + repository + ":pull"}]...)
	}
	for _, some := range [][]obtained{own, byRealm} {
		if len(some) > 0 {
			return some
		}
	}
	return given.all
}

// maxTokens is how many tokens of one sort are looked at. A run is given one or two for
// each registry, by each way of asking; where a request's own is not known, a few of
// the others stand for all.
const maxTokens = 8

// tokens are those that a run was given: all, by realm, and by realm and scope.
type tokens struct {
	all []obtained
	at  map[grant][]obtained
}

// grant is a realm and a scope that was asked for, empty for any.
type grant struct{ realm, scope string }

func tokensOf(v *diagnosis.View) tokens {
	return diagnosis.Remember(v, grant{}, func() tokens {
		out := tokens{at: map[grant][]obtained{}}
		add := func(list []obtained, t obtained) []obtained {
			if len(list) == maxTokens {
				return list
			}
			return append(list, t)
		}
		for _, o := range v.Hops(evidence.OpRequest, nil) {
			d := evidence.DetailOf[evidence.Request](o)
			if d.Token == nil || d.Token.Problem != "" {
				continue
			}
			t := obtained{*d.Token, o.BeganMS + o.TookMS}
			out.all = add(out.all, t)
			for _, scope := range append([]string{""}, scopesOf(d.URL)...) {
				key := grant{withoutQuery(d.URL), scope}
				out.at[key] = add(out.at[key], t)
			}
		}
		return out
	})
}

// ranOut finds the token of a request that was refused after the token's time had passed: the
// newest that the run had by then. A refusal for a right that the token lacks is none for its age.
func ranOut(v *diagnosis.View, h evidence.Hop) (obtained, bool) {
	d := evidence.DetailOf[evidence.Request](h)
	if !refusedToken(h) || d.Code != 401 || saysError(d, "insufficient_scope") {
		return obtained{}, false
	}
	var newest obtained
	for _, o := range tokensFor(v, h) {
		if o.came <= h.BeganMS && o.came >= newest.came {
			newest = o
		}
	}
	return newest, newest.over(h)
}

// saysError tells that a challenge gives its reason by this word (RFC 6750 section 3.1).
func saysError(d evidence.Request, word string) bool {
	return slices.ContainsFunc(d.Challenges, func(c evidence.Challenge) bool { return c.Params["error"] == word })
}

// takenBefore is an earlier request to the same host that the token passed with.
func takenBefore(v *diagnosis.View, h evidence.Hop) (evidence.Hop, bool) {
	return v.FirstAbout(evidence.OpRequest, diagnosis.About{}.Target(h.Target).State(evidence.OK), func(o evidence.Hop) bool {
		return o.ID < h.ID && tookToken(o)
	})
}

func tookToken(h evidence.Hop) bool {
	d := evidence.DetailOf[evidence.Request](h)
	return h.OnPath() && d.AuthSent == "Bearer" && d.Code/100 != 4
}

// nodeDisagrees finds the request that a host took the token for which it refuses now, where the
// difference between the two is no matter of rights: both are about one repository, or the
// refusal says that the token itself is bad.
func nodeDisagrees(v *diagnosis.View, h evidence.Hop) (evidence.Hop, bool) {
	d := evidence.DetailOf[evidence.Request](h)
	if !refusedToken(h) || d.Code != 401 || saysError(d, "insufficient_scope") {
		return evidence.Hop{}, false
	}
	return v.FirstAbout(evidence.OpRequest, diagnosis.About{}.Target(h.Target).State(evidence.OK), func(o evidence.Hop) bool {
		repository := repositoryOf(evidence.DetailOf[evidence.Request](o).URL)
		same := repository != "" && repository == repositoryOf(d.URL)
		return tookToken(o) && (same || o.ID < h.ID && saysError(d, "invalid_token"))
	})
}

// nodeClocks says how far apart two answers of one host are by their own Dates, where the run's
// clock does not account for it; empty where they agree, or where one has no Date.
func nodeClocks(took, refused evidence.Hop) string {
	a, aSays := evidence.DetailOf[evidence.Request](took).ServedAt()
	b, bSays := evidence.DetailOf[evidence.Request](refused).ServedAt()
	passed := time.Duration((refused.BeganMS - took.BeganMS) * float64(time.Millisecond))
	apart := (b.Sub(a) - passed).Round(time.Second)
	if !aSays || !bSays || apart.Abs() < maxNodeDrift {
		return ""
	}
	return "its clock said " + a.UTC().Format(time.RFC3339) + " in the answer that took the token, and " + b.UTC().Format(time.RFC3339) +
		" in the one that refused it, " + span(passed) + " later"
}

// maxNodeDrift is more than whole seconds and a busy server account for, and less than the
// minute that registries allow between clocks.
const maxNodeDrift = 30 * time.Second

// lacksRight tells that a registry refuses the repository and not the token: it says so, or it does
// not call the token bad and took it for a request about no repository, or gave it to nobody in
// particular.
func lacksRight(v *diagnosis.View, h evidence.Hop) bool {
	d := evidence.DetailOf[evidence.Request](h)
	if !refusedToken(h) || d.Code != 401 || repositoryOf(d.URL) == "" || atStore(h) {
		return false
	}
	if saysError(d, "insufficient_scope") {
		return true
	}
	_, took := takenBefore(v, h)
	_, disagrees := nodeDisagrees(v, h)
	return (took || anonymousToken(v, h)) && !disagrees && !saysError(d, "invalid_token")
}

// anonymousToken tells that a request's registry had tokens, and each was given without a login.
func anonymousToken(v *diagnosis.View, h evidence.Hop) bool {
	realms := realmsOf(v, h.Target)
	given := v.HopsAbout(evidence.OpRequest, diagnosis.About{}.State(evidence.OK), func(o evidence.Hop) bool {
		d := evidence.DetailOf[evidence.Request](o)
		return o.OnPath() && d.Step == evidence.StepToken && d.Token != nil &&
			slices.ContainsFunc(realms, func(r string) bool { return withoutQuery(r) == withoutQuery(d.URL) })
	})
	return len(given) > 0 && !slices.ContainsFunc(given, func(o evidence.Hop) bool { return loginOf(o) != "" })
}

// refineRanOut says how long the token held, how old it was, and that it had passed before.
func refineRanOut(v *diagnosis.View, g []evidence.Hop, m *diagnosis.Match) {
	t, _ := ranOut(v, g[0])
	m.Values["life"], m.Values["before"] = span(t.life()), ""
	if passed, ok := takenBefore(v, g[0]); ok {
		m.Hops, m.Strength = append(m.Hops, passed.ID), diagnosis.Proven
		m.Values["before"] = ", and the host had taken it before"
	}
}

func withoutQuery(url string) string {
	base, _, _ := strings.Cut(url, "?")
	return base
}

// realmsOf are the token servers that a registry named.
func realmsOf(v *diagnosis.View, target string) []string {
	var out []string
	for _, h := range v.HopsAbout(evidence.OpRequest, diagnosis.About{}.Target(target), nil) {
		for _, c := range evidence.DetailOf[evidence.Request](h).Challenges {
			if realm := c.Params["realm"]; strings.EqualFold(c.Scheme, "Bearer") && realm != "" {
				out = append(out, realm)
			}
		}
	}
	return out
}

// repositoryOf is the repository in the URL of a manifest or a blob; empty for others.
func repositoryOf(text string) string {
	_, path, _ := strings.Cut(text, "/v2/")
	for _, kind := range []string{"/manifests/", "/blobs/"} {
		if i := strings.LastIndex(path, kind); i >= 0 {
			return path[:i]
		}
	}
	return ""
}

// untimely says how a token's dates miss the Date of the answer that refused it;
// empty where they hold, or where nothing tells.
func untimely(v *diagnosis.View, h evidence.Hop) string {
	at, ok := evidence.DetailOf[evidence.Request](h).ServedAt()
	if !ok {
		return ""
	}
	for _, t := range tokensFor(v, h) {
		switch {
		case t.over(h): // it ran out under way, whatever the clocks say
		case !t.NotBefore.IsZero() && at.Before(t.NotBefore):
			return "It begins at " + t.NotBefore.Format(time.RFC3339) + ", and the registry's answer is of " + at.UTC().Format(time.RFC3339)
		case !t.Expires.IsZero() && !at.Before(t.Expires):
			return "It ended at " + t.Expires.Format(time.RFC3339) + ", and the registry's answer is of " + at.UTC().Format(time.RFC3339)
		}
	}
	return ""
}

// withoutAccess tells that a token lacks the scope that was asked for and that the
// request with it was refused for that: an empty access alone is no finding.
func withoutAccess(v *diagnosis.View, h evidence.Hop) bool {
	d := evidence.DetailOf[evidence.Request](h)
	if !refusedToken(h) || atStore(h) || d.Step == evidence.StepPingAuthorized || untimely(v, h) != "" {
		return false
	}
	scope := d.Code == 403 || saysError(d, "insufficient_scope")
	return scope && slices.ContainsFunc(tokensFor(v, h), func(t obtained) bool { return t.Access != nil && !covers(t.Token, d.URL) })
}

// covers tells that a token grants to pull from the repository of a URL.
func covers(t evidence.Token, url string) bool {
	return slices.ContainsFunc(t.Access, func(a string) bool {
		parts := strings.Split(a, ":")
		return len(parts) == 3 && parts[0] == "repository" && strings.Contains(url, "/v2/"+parts[1]+"/") &&
			slices.Contains(strings.Split(parts[2], ","), "pull")
	})
}

func granted(v *diagnosis.View, h evidence.Hop) string {
	for _, t := range tokensFor(v, h) {
		if len(t.Access) > 0 {
			return strings.Join(t.Access, ", ")
		}
	}
	return "no access at all"
}

// withholdFlag is the flag of a run that sends no login where it could be read.
const withholdFlag = "withhold-from-interceptors"

// withheldHops are the requests that were made without the login, and the handshakes
// because of which requests that need it were left out.
func withheldHops(v *diagnosis.View) []evidence.Hop {
	hops := v.Hops(evidence.OpRequest, func(h evidence.Hop) bool {
		return evidence.DetailOf[evidence.Request](h).Withheld == evidence.Inspectable
	})
	left := v.Hops(evidence.OpRequest, func(h evidence.Hop) bool { return h.State == evidence.Skipped && h.Because != 0 })
	return append(hops, v.Hops(evidence.OpHandshake, func(h evidence.Hop) bool {
		return h.OnPath() && h.State == evidence.OK && !evidence.DetailOf[evidence.Handshake](h).Public() &&
			slices.ContainsFunc(left, func(o evidence.Hop) bool { return o.Because == h.ID && !otherClientFails(o) })
	})...)
}

// withheldMatches are about logins that this tool sends to nobody, whatever a client does.
func withheldMatches(v *diagnosis.View) []diagnosis.Match {
	open := v.Hops(evidence.OpRequest, func(h evidence.Hop) bool { return h.OnPath() && withheldForGood(v, h) })
	return matchEachWith(diagnosis.Group(open, func(h evidence.Hop) string { return h.Target }), func(g []evidence.Hop) diagnosis.Match {
		return diagnosis.Match{Hops: diagnosis.IDs(g),
			Remedy: "check with --anonymous whether the image needs a login, or try it with the client itself",
			Values: map[string]string{"why": "this tool sends no login over " + evidence.DetailOf[evidence.Request](g[0]).Withheld}}
	})
}

// withheldForGood tells a request without the login, because whoever is on the way could read
// it, after which no other one of its step had it.
func withheldForGood(v *diagnosis.View, h evidence.Hop) bool {
	d := evidence.DetailOf[evidence.Request](h)
	if !slices.Contains([]string{evidence.PlainHTTP, evidence.Unverified, evidence.OtherHost}, d.Withheld) {
		return false
	}
	_, sent := v.FirstAbout(evidence.OpRequest, diagnosis.About{}, func(o evidence.Hop) bool {
		later := evidence.DetailOf[evidence.Request](o)
		return later.Step == d.Step && later.AuthSent != ""
	})
	return !sent
}

// privateRealm is the realm of an opening answer that not every client follows.
func privateRealm(h evidence.Hop) string {
	d := evidence.DetailOf[evidence.Request](h)
	if d.Code != 401 || d.AuthSent != "" || d.Step != evidence.StepPing && d.Step != evidence.StepManifest {
		return ""
	}
	i := slices.IndexFunc(d.Challenges, func(c evidence.Challenge) bool {
		return evidence.PrivateRealm(c, strings.TrimSuffix(h.Target, ":443"))
	})
	if i < 0 {
		return ""
	}
	return d.Challenges[i].Params["realm"]
}

// refusesRealm tells that the client under test gave up for it.
func refusesRealm(h evidence.Hop) bool {
	return h.FailedWith(evidence.UnexpectedAnswer) && privateRealm(h) != ""
}

// suspectRealm is the realm that a registry's first answer names at a suspect place,
// by its own name or by the address that was found for it, and the place. Both are
// empty where the registry stands there itself or --realm stood for the challenge.
func suspectRealm(v *diagnosis.View, h evidence.Hop) (realm, place string) {
	d := evidence.DetailOf[evidence.Request](h)
	if d.Code != 401 || d.AuthSent != "" || d.Step != evidence.StepPing && d.Step != evidence.StepManifest || !h.OnPath() ||
		hasFlag(v, "realm") {
		return "", ""
	}
	for _, c := range d.Challenges {
		u, err := url.Parse(c.Params["realm"])
		if err != nil || !strings.EqualFold(c.Scheme, "Bearer") || u.Hostname() == "" {
			continue
		}
		if place := realmPlace(v, u, v.Target(h.Target).Host); place != "" {
			return c.Params["realm"], place
		}
	}
	return "", ""
}

// realmPlace is the suspect place of a realm's host: where its name says, or where a
// login to it was withheld.
func realmPlace(v *diagnosis.View, realm *url.URL, registry string) string {
	host := evidence.HostName(realm.Hostname())
	place := evidence.HostPlace(host)
	if host == evidence.HostName(registry) || place != "" && place == evidence.HostPlace(registry) {
		return ""
	}
	withheld := v.Hops(evidence.OpRequest, func(h evidence.Hop) bool {
		return h.Target == realmTarget(realm.String()) && misplaced(evidence.DetailOf[evidence.Request](h).Withheld)
	})
	if place == "" && len(withheld) > 0 {
		place = evidence.DetailOf[evidence.Request](withheld[0]).Withheld
	}
	return place
}

// misplaced tells that a login was withheld for the place of the token server.
func misplaced(withheld string) bool {
	return !slices.Contains([]string{"", evidence.Inspectable, evidence.PlainHTTP, evidence.OtherHost, evidence.Unverified}, withheld)
}

// hasFlag tells that the run was asked for with a flag.
func hasFlag(v *diagnosis.View, name string) bool {
	return slices.ContainsFunc(v.Run().Flags, func(f string) bool { return strings.HasPrefix(f, "--"+name+"=") })
}
