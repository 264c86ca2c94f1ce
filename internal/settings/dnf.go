package settings

import (
	"strings"

	"pullpath/internal/route"
)

// DNF is the proxy configuration of dnf and microdnf (dnf.conf(5)). A proxy of a
// repository counts before that of [main], and that before the environment;
// NO_PROXY of the environment applies to all three.
type DNF struct {
	Files   []string
	Main    DNFSection
	Repos   []DNFSection // those with a proxy key of their own
	Remarks []Remark
}

// DNFSection is [main] or a repository.
type DNFSection struct {
	ID       string
	Proxy    route.Variable // "proxy"; without a source it is not set
	User     bool           // proxy_username is set
	Password bool           // proxy_password is set
}

// maxRepoFile bounds a .repo file, in bytes: redhat.repo of a host with all
// entitlements has about 2 MiB.
const maxRepoFile = 4 << 20

// ReadDNF reads dnf.conf, or yum.conf where there is none (on RHEL 8 and later
// that is a link to it), and the repositories.
func ReadDNF(root *Root) DNF {
	var d DNF
	for _, name := range []string{"/etc/dnf/dnf.conf", "/etc/yum.conf"} {
		if text, ok := root.text(name); ok {
			d.read(root, name, text)
			break
		}
	}
	for _, name := range root.Glob("/etc/yum.repos.d/*.repo") {
		data, err := root.readBytes(name, maxRepoFile)
		if err == nil {
			d.read(root, name, string(data))
		}
	}
	return d
}

// read applies one file; dnf.conf may define repositories too.
func (d *DNF) read(root *Root, name, text string) {
	d.Files = append(d.Files, name)
	if strings.HasSuffix(name, ".repo") && !strings.Contains(text, "proxy") {
		return
	}
	keys, err := parseINI(text, "=")
	if err != nil {
		d.Remarks = append(d.Remarks, refused(err, brokenINI(name)))
		return
	}
	var sections []*DNFSection
	for _, k := range keys {
		if len(sections) == 0 || sections[len(sections)-1].ID != k.section {
			sections = append(sections, &DNFSection{ID: k.section})
		}
		d.take(root, name, sections[len(sections)-1], k)
	}
	for _, s := range sections {
		switch {
		case s.ID == "main" && !strings.HasSuffix(name, ".repo"):
			d.Main = *s
		case s.Proxy.Source != "":
			d.Repos = append(d.Repos, *s)
		}
	}
}

// take applies one key.
func (d *DNF) take(root *Root, name string, s *DNFSection, k iniKey) {
	switch k.key {
	case "proxy":
		s.Proxy = k.variable(name)
		d.Remarks = append(d.Remarks, valueRemarks(s.Proxy)...)
		d.Remarks = append(d.Remarks, exposed(root, name, route.Environment{s.Proxy})...)
		if s.ID != "main" && (k.value == "" || k.value == "_none_") {
			d.Remarks = append(d.Remarks, remarkOn(DNFNone, s.Proxy,
				"switches the proxy of [main] off for this repository, but not one of the environment"))
		}
	case "proxy_username":
		s.User = k.value != ""
	case "proxy_password":
		s.Password = k.value != ""
		d.Remarks = append(d.Remarks, secretRemark(root, name, k)...)
	}
}
