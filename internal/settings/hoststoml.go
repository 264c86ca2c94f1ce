package settings

import (
	"cmp"
	"fmt"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
)

// hostsFile is what containerd makes of a hosts.toml
// (https://github.com/containerd/containerd/blob/v2.1.9/core/remotes/docker/config/hosts.go,
// parseHostsFile).
type hostsFile struct {
	tables []*hostTable // those of [host."URL"] in their order, and the file's own last
	// unsent are keys whose values a check does not send: a client's certificate, fields of
	// a request.
	unsent []string
}

// hostTable is one [host."URL"], or the keys before the first table, which are about the server.
type hostTable struct {
	server, source string
	capabilities   []string
	skip           string // skip_verify as it is written
	override       bool
	authorities    []string
	client         bool
	rewrites       []Rewrite
}

// parseHostsTOML reads a hosts.toml. The error says what containerd stumbles over, at a line; it
// then goes on as if the file was not there.
func parseHostsTOML(name, text string) (hostsFile, int, error) {
	values, line, err := tomlTables(text)
	if err != nil {
		return hostsFile{}, line, err
	}
	var f hostsFile
	own, byURL := &hostTable{source: at(name, 1)}, map[string]*hostTable{}
	for _, v := range values {
		table, key := own, v.keys
		if v.keys[0] == "host" && len(v.keys) > 1 {
			table, key = f.table(byURL, v, at(name, v.line)), v.keys[2:]
		}
		if v.head || len(key) == 0 {
			continue
		}
		if key[0] == "server" && table == own {
			own.source = at(name, v.line)
		}
		if err := table.take(key, v); err != nil {
			return hostsFile{}, v.line, err
		}
		if unsent := key[0]; (unsent == "client" || unsent == "header") && !slices.Contains(f.unsent, unsent) {
			f.unsent = append(f.unsent, unsent)
		}
	}
	f.tables = append(f.tables, own)
	for _, t := range f.tables {
		if _, err := t.url(); err != nil {
			return hostsFile{}, 0, err
		}
	}
	return f, 0, nil
}

// table is the one that a value below host belongs to. Those count that have a header.
func (f *hostsFile) table(byURL map[string]*hostTable, v tomlValue, source string) *hostTable {
	t := byURL[v.keys[1]]
	if t == nil {
		t = &hostTable{server: v.keys[1], source: source}
		byURL[v.keys[1]] = t
	}
	if v.head && !slices.Contains(f.tables, t) {
		f.tables = append(f.tables, t)
	}
	return t
}

// take applies one key. The rewrites are those of k3s's containerd.
func (t *hostTable) take(key []string, v tomlValue) error {
	switch key[0] {
	case "server":
		t.server = v.text
	case "capabilities":
		kind := strings.ToLower(v.text)
		if !slices.Contains([]string{"pull", "resolve", "push", "referrers"}, kind) {
			return fmt.Errorf("unknown capability %s", quoted(v.text))
		}
		t.capabilities = append(t.capabilities, kind)
	case "skip_verify":
		t.skip = v.text
	case "override_path":
		t.override = v.text == "true"
	case "ca":
		t.authorities = append(t.authorities, v.text)
	case "client":
		t.client = true
	case "rewrite":
		if r, ok := rewrite(key[len(key)-1], v.text); ok {
			t.rewrites = append(t.rewrites, r)
		}
	}
	return nil
}

// maxPattern bounds a pattern of a rewrite, in bytes; names of repositories have at most 255.
const maxPattern = 1000

// rewrite reads a pattern and what is put in its place, false if it is no pattern.
func rewrite(pattern, into string) (Rewrite, bool) {
	if len(pattern) > maxPattern || len(into) > maxPattern {
		return Rewrite{}, false
	}
	p, err := regexp.Compile(pattern)
	return Rewrite{Pattern: p, Into: into}, err == nil
}

func (t *hostTable) url() (*url.URL, error) {
	text := t.server
	if !strings.HasPrefix(text, "http") && text != "" {
		text = "https://" + text
	}
	u, err := url.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("no URL of a server: %s", quoted(t.server))
	}
	return u, nil
}

// place is where the table sends a pull of a host's images. The file's own without a host is the
// registry that the images name. One that may not pull resolves nothing, and containerd asks it all
// the same for what a digest names
// (https://github.com/containerd/containerd/blob/v2.1.9/core/remotes/docker/fetcher.go, Fetch: it
// counts the hosts that may pull, and asks each).
func (t *hostTable) place(host string) Mirror {
	m := Mirror{Source: t.source, Rewrites: t.rewrites, Insecure: t.skip == "true", TLSOnly: true}
	u, _ := t.url() // parseHostsTOML refuses another
	if u.Host == "" {
		m.Own = true
		m.TLSOnly = !onLoopback(host)
		m.Insecure = m.Insecure || !m.TLSOnly && t.skip == ""
		return m
	}
	switch may := t.capabilities; {
	case len(may) > 0 && !slices.Contains(may, "pull"):
		m.PullFromMirror = FetchOnly
	case len(may) > 0 && !slices.Contains(may, "resolve"):
		m.PullFromMirror = "digest-only"
	}
	api := u.Path
	if api != "" {
		api = path.Clean(api)
	}
	if !t.override && !strings.HasSuffix(api, "/v2") {
		api = strings.TrimSuffix(api, "/") + "/v2"
	}
	m.at(u.Host, api)
	m.Own = u.Host == host || host == dockerIO && u.Host == dockerIOHost
	if u.Scheme == "http" {
		// With a key about TLS, TLS is tried first at every port but 80.
		explicit := t.skip != "" || t.authorities != nil || t.client
		m.Plain, m.TLSOnly = !explicit || u.Port() == "80", false
		m.Insecure = !m.Plain
	}
	return m
}

// at sets the place's host and the path of its API. What comes after /v2/ there is a part of
// the name of every repository.
func (m *Mirror) at(host, api string) {
	m.Location = host
	if strings.Contains(api, "@") { // a login that stands in the wrong place: it is not shown
		api = "/v2"
	}
	if rest, ok := strings.CutPrefix(api, "/v2/"); ok {
		m.Location += "/" + strings.Trim(rest, "/")
	} else if api != "/v2" {
		m.API = cmp.Or(api, "/")
	}
}

// onLoopback reports whether containerd may do without TLS at a host that nothing is written
// about: one on loopback with a port that is not 443
// (https://github.com/containerd/containerd/blob/v2.1.9/core/remotes/docker/config/hosts.go,
// ConfigureHosts).
func onLoopback(host string) bool {
	u := url.URL{Host: host}
	return addressOf(host).IsLoopback() && u.Port() != "" && u.Port() != "443"
}

// entry is what the file makes of a host, "*" for every other.
func (f hostsFile) entry(host, source string) Registry {
	e := Registry{Prefix: host, OfHost: true, Source: source}
	for i, t := range f.tables {
		if m := t.place(host); !m.Own || m.Location != "" || i == len(f.tables)-1 {
			e.Mirrors = append(e.Mirrors, m)
		}
	}
	return e
}
