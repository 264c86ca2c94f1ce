package hostproxy

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"pullpath/internal/route"
)

// maxJSON bounds a settings file of a product, in bytes; the largest has some 20 KiB.
const maxJSON = 1 << 20

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// object is a JSON object whose keys are compared without case: products write the same key as
// proxyHttpMode and ProxyHTTPMode from one release to the next.
type object map[string]any

func parseObject(data []byte) (object, error) {
	if len(data) > maxJSON {
		return nil, fmt.Errorf("more than %d bytes", maxJSON)
	}
	var raw map[string]any
	if err := json.Unmarshal([]byte(decode(data)), &raw); err != nil {
		return nil, errors.New("not valid JSON")
	}
	return fold(raw), nil
}

func fold(raw map[string]any) object {
	out := object{}
	for _, key := range sortedKeys(raw) {
		out[strings.ToLower(key)] = raw[key]
	}
	return out
}

func (o object) at(key string) any { return o[strings.ToLower(key)] }

func (o object) object(key string) object {
	if m, ok := o.at(key).(map[string]any); ok {
		return fold(m)
	}
	return nil
}

// text returns a string, a number, or a list joined by commas.
func (o object) text(key string) string {
	switch v := o.at(key).(type) {
	case string:
		return strings.TrimSpace(v)
	case float64:
		return fmt.Sprint(v)
	case []any:
		var out []string
		for _, e := range v {
			if s, ok := e.(string); ok {
				out = append(out, s)
			}
		}
		return strings.Join(out, ",")
	}
	return ""
}

// Mode is from where a product takes its proxy.
type Mode string

// Modes. An empty one is not said.
const (
	BySystem Mode = "system" // from the system's settings
	Manual   Mode = "manual" // from its own
)

// DesktopSettings is what a settings file of Docker Desktop says about the proxy of pulls.
type DesktopSettings struct {
	Mode Mode
	Proxies
	// Locked means that no user can change it.
	Locked bool
}

// ParseDockerDesktop reads settings-store.json, or settings.json of releases before 4.35. Pulls go
// by the keys without Containers, which are about containers' own requests.
func ParseDockerDesktop(name string, data []byte) (DesktopSettings, error) {
	o, err := parseObject(data)
	if err != nil {
		return DesktopSettings{}, err
	}
	out := DesktopSettings{Mode: mode(o.at("ProxyHTTPMode")), Proxies: Proxies{Place: "Docker Desktop's settings",
		Rules: route.ProductProxies}}
	if out.Mode == "" && (o.text("OverrideProxyHTTP") != "" || o.text("OverrideProxyHTTPS") != "") {
		out.Mode = BySystem // the keys of a mode that is not chosen
	}
	out.manual(name, [5]string{"OverrideProxyHTTP", "OverrideProxyHTTPS", "OverrideProxyExclude", "OverrideProxyPAC",
		"OverrideProxyEmbeddedPAC"}, o)
	return out, nil
}

// ParseDockerAdmin reads the proxy of admin-settings.json
// (https://docs.docker.com/enterprise/security/hardened-desktop/settings-management/configure-json-file/).
func ParseDockerAdmin(name string, data []byte) (DesktopSettings, bool, error) {
	o, err := parseObject(data)
	if err != nil {
		return DesktopSettings{}, false, err
	}
	proxy := o.object("proxy")
	if proxy == nil {
		return DesktopSettings{}, false, nil
	}
	locked, _ := proxy.at("locked").(bool)
	out := DesktopSettings{Mode: mode(proxy.at("mode")), Locked: locked,
		Proxies: Proxies{Place: "Docker Desktop's administrator", Rules: route.ProductProxies}}
	out.manual(name, [5]string{"http", "https", "exclude", "pac", "embeddedPac"}, proxy)
	return out, true, nil
}

// ParseDockerProfile reads a configuration profile of macOS (com.docker.config), which locks what
// it sets (https://docs.docker.com/enterprise/security/enforce-sign-in/methods/).
func ParseDockerProfile(name string, data []byte) (DesktopSettings, bool, error) {
	d, err := parsePlist(data)
	if err != nil {
		return DesktopSettings{}, false, err
	}
	out := DesktopSettings{Mode: Manual, Locked: true, Proxies: Proxies{Place: "a configuration profile", Rules: route.ProductProxies}}
	out.manual(name, [5]string{"overrideProxyHTTP", "overrideProxyHTTPS", "overrideProxyExclude", "overrideProxyPAC",
		"overrideProxyEmbeddedPAC"}, fold(d))
	return out, out.Says(), nil
}

// manual takes the values of the manual mode; in the system mode they stand there and count for
// nothing.
func (s *DesktopSettings) manual(source string, keys [5]string, o object) {
	if s.Mode != Manual {
		return
	}
	http, https := o.text(keys[0]), o.text(keys[1])
	s.set("HTTP_PROXY", keys[0], http, source)
	s.set("HTTPS_PROXY", keys[1], https, source)
	s.set("NO_PROXY", keys[2], o.text(keys[2]), source)
	s.pac(keys[3], o.text(keys[3]), source)
	if script := o.text(keys[4]); script != "" {
		s.PAC, s.Script = route.Variable{Name: keys[4], Source: source}, []byte(script)
	}
	s.Off = !s.Names() && s.PAC.Name == ""
}

// mode reads a mode; the first releases wrote whether it is manual.
func mode(v any) Mode {
	switch m := v.(type) {
	case bool:
		if m {
			return Manual
		}
		return BySystem
	case string:
		switch strings.ToLower(m) {
		case "manual":
			return Manual
		case "system":
			return BySystem
		}
	}
	return ""
}
