package settings

import (
	"net/url"
	"slices"
	"strings"

	"pullpath/internal/redact"
	"pullpath/internal/route"
)

// isProxy reports whether a variable, or a key of a client's own file, names a
// proxy. Case does not count: urllib reads Https_Proxy as well.
func isProxy(name string) bool {
	squeezed := func(s string) string { return strings.ReplaceAll(normal(s), "_", "") }
	own := squeezed(name)
	return own == "proxyurl" || name == "proxy" || // nobody reads a variable PROXY
		slices.ContainsFunc(route.ProxyVariables(), func(v string) bool { return squeezed(v) == own })
}

// isNoProxy reports whether a variable or key is a list of exceptions.
func isNoProxy(name string) bool {
	name = normal(name)
	return name == "no_proxy" || name == "noproxy"
}

// normal returns the name in lower case, dashes as underscores; a variable for containerd alone
// has its plain name.
func normal(name string) string {
	name = strings.TrimPrefix(name, ownPrefix)
	return strings.ReplaceAll(strings.ToLower(strings.TrimLeft(name, "-")), "-", "_")
}

// relevant reports whether a variable decides about a proxy, about trust, or
// about which file a client reads. Others are dropped: they may hold secrets
// that are nobody's business here.
func relevant(name string) bool { return isProxy(name) || isNoProxy(name) || isPlain(name) }

// isPlain names the relevant variables that are no proxy: paths and switches.
func isPlain(name string) bool {
	switch name {
	case "SSL_CERT_FILE", "SSL_CERT_DIR", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "GIT_SSL_CAINFO", "NODE_EXTRA_CA_CERTS",
		"NODE_USE_ENV_PROXY", "REQUEST_METHOD", "GODEBUG", "BUILDKIT_NO_CLIENT_TOKEN",
		"DOCKER_HOST", "DOCKER_TLS_VERIFY", "DOCKER_CONFIG", "REGISTRY_AUTH_FILE", "CONTAINERS_CONF", "CONTAINERS_CONF_OVERRIDE",
		"CONTAINERS_REGISTRIES_CONF", "KUBECONFIG", "WGETRC", "CURL_HOME", "GIT_CONFIG_GLOBAL", "XDG_CONFIG_HOME", "HOME", "use_proxy",
		"cacert", "WSL_PAC_URL":
		return true
	}
	return false
}

// maxList bounds a shown list of exceptions, in runes; the same as in route.
const maxList = 4096

// shown returns a value as a remark may hold it.
func shown(name, value string) string {
	switch {
	case isNoProxy(name), name == "registry-mirrors", name == "insecure-registries", name == "unqualified-search-registries":
		return shownList(value)
	case isProxy(name), name == "proxy_hostname", name == "proxy_port", name == "proxy_scheme":
		return redact.ProxyURL(value)
	case isPlain(name) && !strings.Contains(value, "@"):
		return redact.Text(value, maxRemarkText)
	}
	return redact.Mark
}

// shownList returns a list of hosts; an entry with an @ is a URL by mistake and
// may hold a password.
func shownList(value string) string {
	if strings.Contains(value, "@") {
		return redact.ProxyURL(value)
	}
	return redact.Text(value, maxList)
}

// corrected returns a line that sets a value correctly, with words in place of secrets;
// "" if more than secrets cannot be shown.
func corrected(before, name, value, after string) string {
	text := strings.ReplaceAll(shown(name, value), redact.Mark+"@", "USER:PASSWORD@")
	if strings.Contains(text, redact.Mark) || strings.Contains(text, "…") {
		return ""
	}
	return before + text + after
}

// Shown returns a variable's value as it may be printed. Unlike
// [route.Variable.String] it knows which variables are paths, switches or hosts.
func Shown(v route.Variable) string { return shown(v.Name, v.Value) }

// remarkOn returns a remark about a variable, its value redacted.
func remarkOn(code Code, v route.Variable, text string) Remark {
	return Remark{Code: code, Source: v.Source, Variable: v.Name, Value: shown(v.Name, v.Value), Text: text}
}

// judged returns what a reader returns in the end: the relevant variables of a file,
// with the remarks that hold for a value wherever it stands.
func judged(root *Root, name string, vars []route.Variable) (route.Environment, []Remark) {
	var env route.Environment
	var remarks []Remark
	for _, v := range vars {
		if relevant(v.Name) {
			env = append(env, v)
			remarks = append(remarks, valueRemarks(v)...)
		}
	}
	return env, append(remarks, exposed(root, name, env)...)
}

// valueRemarks returns remarks on the value that a program gets in the end.
func valueRemarks(v route.Variable) []Remark {
	var remarks []Remark
	if !isProxy(v.Name) && !isNoProxy(v.Name) {
		return nil
	}
	if _, others := takenApart(v); len(others) > 0 {
		return nil // told of the clients that find the value
	}
	if bare(v.Value) != strings.TrimSpace(v.Value) {
		m := remarkOn(LiteralQuotes, v,
			"the quotes are part of the value: a client looks up a host whose name holds a quote, and a first or last list entry never matches")
		m.Write = corrected(v.Name+"=", v.Name, bare(v.Value), "")
		remarks = append(remarks, m)
	}
	if isProxy(v.Name) && strings.Contains(v.Value, "%%") {
		remarks = append(remarks, remarkOn(PercentDoubled, v,
			"%% stays doubled here: Go clients drop such a proxy without a message and connect directly; only Environment= in a unit needs %%"))
	}
	return remarks
}

// takenApart takes a value apart in which further assignments stand behind the variable's own value,
// as where one pair of quotation marks is around all of them.
func takenApart(v route.Variable) (own route.Variable, others []route.Variable) {
	all := []route.Variable{{Name: v.Name, Source: v.Source}}
	for _, word := range strings.Fields(bare(v.Value)) {
		last := &all[len(all)-1]
		if name, value, ok := strings.Cut(word, "="); ok && (isProxy(name) || isNoProxy(name)) {
			all = append(all, route.Variable{Name: name, Value: value, Source: v.Source})
		} else {
			last.Value = strings.TrimLeft(last.Value+" "+word, " ")
		}
	}
	return all[0], all[1:]
}

// joinedRemark says which variables get lost, and gives each of the assignments by itself.
func joinedRemark(v route.Variable, all []route.Variable) Remark {
	var lost, write []string
	for i, a := range all {
		if i > 0 {
			lost = append(lost, a.Name)
		}
		write = append(write, `"`+a.Name+"="+strings.ReplaceAll(shown(a.Name, a.Value), redact.Mark+"@", "USER:PASSWORD@")+`"`)
	}
	return Remark{Code: ValuesJoined, Source: v.Source, Variable: v.Name, Value: shown(all[0].Name, all[0].Value) + " …",
		Text: "one pair of quotation marks is around several assignments: " + v.Name + " gets all of the text as its value; it does not set " +
			strings.Join(lost, ", "), Write: strings.Join(write, " ")}
}

// bare returns a value without the quotes around it.
func bare(value string) string { return strings.Trim(strings.TrimSpace(value), `"'`) }

// exposed returns a remark on each variable with a password in a file that
// everybody may read.
func exposed(root *Root, name string, env route.Environment) []Remark {
	if root == nil || !root.worldReadable(name) {
		return nil
	}
	var remarks []Remark
	for _, v := range env {
		if isProxy(v.Name) && hasPassword(v.Value) {
			remarks = append(remarks, remarkOn(PasswordReadable, v, "holds a password, and every user of the host may read the file"))
		}
	}
	return remarks
}

// hasPassword reports whether a proxy value has a user and a password in it. A
// value that is no URL has one if anything with a colon stands before an @.
func hasPassword(value string) bool {
	if u, err := url.Parse(value); err == nil && u.Host != "" {
		password, set := u.User.Password()
		return set && password != ""
	}
	before, _, found := strings.Cut(value, "@")
	_, after, _ := strings.Cut(before, "://")
	return found && strings.Contains(after+before, ":")
}
