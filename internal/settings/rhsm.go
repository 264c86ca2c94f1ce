package settings

import (
	"regexp"
	"strings"

	"pullpath/internal/redact"
	"pullpath/internal/route"
)

// RHSM is the proxy of subscription-manager, from [server] of rhsm.conf
// (rhsm.conf(5)). A variable without a source is not set. User and password are
// not kept.
type RHSM struct {
	Path     string
	Found    bool
	Hostname route.Variable // proxy_hostname: a name without scheme and port
	Port     route.Variable // proxy_port
	Scheme   route.Variable // proxy_scheme
	NoProxy  route.Variable // no_proxy: replaces the variable of this name
	User     bool           // proxy_user is set
	Password bool           // proxy_password is set
	Broken   bool           // the host name is none: subscription-manager cannot connect at all
	Remarks  []Remark
}

// rhsmPort is what subscription-manager takes if proxy_port is not set
// (rhsm/config.py, DEFAULT_PROXY_PORT).
const rhsmPort = "3128"

// Proxy returns the proxy as a URL without credentials, with the source of the
// host name, and whether there is a usable one.
func (r RHSM) Proxy() (route.Variable, bool) {
	host := strings.TrimSpace(r.Hostname.Value)
	if host == "" || r.Broken {
		return route.Variable{}, false
	}
	scheme, port := "http", rhsmPort
	if r.Scheme.Value != "" {
		scheme = r.Scheme.Value
	}
	if r.Port.Value != "" {
		port = r.Port.Value
	}
	return route.Variable{Name: r.Hostname.Name, Value: scheme + "://" + host + ":" + port, Source: r.Hostname.Source}, true
}

// encoded matches a percent escape.
var encoded = regexp.MustCompile(`%[0-9A-Fa-f]{2}`)

// ReadRHSM reads /etc/rhsm/rhsm.conf.
func ReadRHSM(root *Root) RHSM {
	r := RHSM{Path: "/etc/rhsm/rhsm.conf"}
	text, ok := root.text(r.Path)
	if !ok {
		return r
	}
	r.Found = true
	r.parse(root, text)
	return r
}

func (r *RHSM) parse(root *Root, text string) {
	keys, err := parseINI(text, "=:")
	if err != nil {
		r.Remarks = append(r.Remarks, refused(err, brokenINI(r.Path)))
		return
	}
	for _, k := range keys {
		if k.section == "server" {
			r.take(root, k)
		}
	}
}

func (r *RHSM) take(root *Root, k iniKey) {
	v := k.variable(r.Path)
	switch strings.ToLower(k.key) {
	case "proxy_hostname":
		r.Hostname = v
		if strings.ContainsAny(v.Value, "/@:") {
			r.Broken = true
			m := remarkOn(RHSMShape, v,
				"subscription-manager takes all of it for the name of a host and looks that up; scheme, port and user have keys of their own")
			r.Remarks = append(r.Remarks, m)
		}
	case "proxy_port":
		r.Port = v
	case "proxy_scheme":
		r.Scheme = v
	case "no_proxy":
		r.NoProxy = v
	case "proxy_user":
		r.User = v.Value != ""
	case "proxy_password":
		r.Password = v.Value != ""
		r.Remarks = append(r.Remarks, secretRemark(root, r.Path, k)...)
		if encoded.MatchString(v.Value) {
			r.Remarks = append(r.Remarks, Remark{Code: RHSMEncoded, Source: v.Source, Variable: k.key, Value: redact.Mark,
				Text: "subscription-manager sends the password as written: %40 is not decoded here"})
		}
	}
}

// ReadInsights reads proxy and no_proxy of insights-client.conf. Without them
// insights-client takes over what [ReadRHSM] finds.
func ReadInsights(root *Root) File {
	return readFile(root, "/etc/insights-client/insights-client.conf", func(name, text string) ([]route.Variable, []Remark) {
		keys, err := parseINI(text, "=:")
		if err != nil {
			return nil, []Remark{refused(err, brokenINI(name))}
		}
		var vars []route.Variable
		for _, k := range keys {
			if k.section == "insights-client" && (k.key == "proxy" || k.key == "no_proxy") {
				vars = append(vars, k.variable(name))
			}
		}
		return vars, nil
	})
}
