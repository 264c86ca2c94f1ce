// Package hostproxy parses what systems and desktop products write down about proxies: registry
// exports of Windows, property lists and scutil of macOS, the JSON, YAML and INI files of
// products and desktops. Every parser takes bytes, so that a file of a support bundle reads as the
// machine does, and is bounded.
//
// What a place says is a [Proxies]: its values stand under the names of the proxy variables, with
// the place's own name as the key, and package route reads them.
package hostproxy

import (
	"strings"

	"pullpath/internal/route"
)

// Proxies is what one place says about proxies.
type Proxies struct {
	// Place names it for people: "WinINET of the user".
	Place string
	// Env has HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY as the place gives them.
	Env route.Environment
	// Rules is the family of package route by which its list of exceptions is read.
	Rules string
	// PAC is where it says that a PAC file is, without a name where it says nothing. Script is the
	// text of one that the place holds itself.
	PAC    route.Variable
	Script []byte
	// Detect is its setting to ask the network for a PAC file (WPAD), without a name where it is off.
	Detect route.Variable
	// Off means that it says expressly that there is no proxy.
	Off bool
}

// Says reports whether the place says anything about proxies.
func (p Proxies) Says() bool {
	return p.Off || len(p.Env) > 0 || p.PAC.Name != "" || p.Script != nil || p.Detect.Name != ""
}

// Names reports whether it names a proxy by itself, without a PAC file.
func (p Proxies) Names() bool {
	for _, v := range p.Env {
		if v.Name != "NO_PROXY" && v.Value != "" {
			return true
		}
	}
	return false
}

// set adds a variable, and nothing for an empty value.
func (p *Proxies) set(name, key, value, source string) {
	if value = strings.TrimSpace(value); value != "" {
		p.Env = append(p.Env, route.Variable{Name: name, Value: value, Source: source, Key: key})
	}
}

// pac notes where a PAC file is.
func (p *Proxies) pac(key, value, source string) {
	if value = strings.TrimSpace(value); value != "" {
		p.PAC = route.Variable{Name: key, Value: value, Source: source}
	}
}

// maxLine bounds a line that is read, in bytes: the longest in practice is a binary value of a
// registry export, which is folded at 80 columns, or a list of exceptions of some 2,000 bytes.
const maxLine = 64 << 10
