package evidence

import (
	"net/netip"
	"net/url"
	"strings"
)

// maxChallenges bounds how many challenges of one header are read; servers
// that offer every scheme send five.
const maxChallenges = 16

// maxParams bounds how many parameters of one challenge are read, besides those that
// clients go by; Digest has the most, with nine (RFC 7616).
const maxParams = 16

// ParseChallenges reads a WWW-Authenticate or Proxy-Authenticate value (RFC
// 9110 section 11.6.1): one or more challenges, each a scheme with parameters
// or a token68. It never fails; what it cannot read it leaves out. Parameter
// names come out in lower case.
func ParseChallenges(value string) []Challenge {
	var out []Challenge
	p := challengeParser{rest: value}
	for len(out) < maxChallenges {
		scheme := p.token()
		if scheme == "" {
			break
		}
		c := Challenge{Scheme: scheme}
		if p.blank() {
			c.Params = p.params()
		}
		out = append(out, c)
		p.commas()
	}
	return out
}

type challengeParser struct{ rest string }

func (p *challengeParser) token() string {
	p.commas()
	i := 0
	for i < len(p.rest) && isTokenByte(p.rest[i]) {
		i++
	}
	t := p.rest[:i]
	p.rest = p.rest[i:]
	return t
}

// blank passes the blanks after a scheme and tells whether there were any.
func (p *challengeParser) blank() bool {
	trimmed := strings.TrimLeft(p.rest, " \t")
	found := len(trimmed) < len(p.rest)
	p.rest = trimmed
	return found
}

func (p *challengeParser) commas() { p.rest = strings.TrimLeft(p.rest, ", \t") }

// params reads name=value pairs until the next scheme or the end. What follows a
// scheme and is no pair is a token68: a blob of a dialogue, which tells nothing
// and is passed over.
func (p *challengeParser) params() map[string]string {
	out := map[string]string{}
	for {
		before := p.rest
		name := p.token()
		p.blank()
		padding := strings.TrimLeft(p.rest, "=")
		pair := name != "" && strings.HasPrefix(p.rest, "=") && padding != "" && padding[0] != ','
		switch {
		case !pair && len(out) == 0:
			if i := strings.IndexByte(p.rest, ','); i >= 0 {
				p.rest = p.rest[i:]
			} else {
				p.rest = ""
			}
			return nil
		case !pair:
			p.rest = before
			return out
		}
		p.rest = strings.TrimLeft(p.rest[1:], " \t")
		value := p.value()
		if name = strings.ToLower(name); len(out) < maxParams || goesBy(name) {
			out[name] = value
		}
	}
}

func (p *challengeParser) value() string {
	if !strings.HasPrefix(p.rest, `"`) {
		i := strings.IndexAny(p.rest, ", \t")
		if i < 0 {
			i = len(p.rest)
		}
		v := p.rest[:i]
		p.rest = p.rest[i:]
		return v
	}
	var b strings.Builder
	for i := 1; i < len(p.rest); i++ {
		switch p.rest[i] {
		case '\\':
			if i++; i < len(p.rest) {
				b.WriteByte(p.rest[i])
			}
		case '"':
			p.rest = p.rest[i+1:]
			return b.String()
		default:
			b.WriteByte(p.rest[i])
		}
	}
	p.rest = ""
	return b.String()
}

// isTokenByte: RFC 9110 section 5.6.2.
func isTokenByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0
}

// PrivateRealm reports whether a Bearer challenge names its token server by an address
// that is private, loopback or link-local, and that is not the registry's own host
// and port.
func PrivateRealm(c Challenge, registry string) bool {
	u, err := url.Parse(c.Params["realm"])
	if err != nil || !strings.EqualFold(c.Scheme, "Bearer") || strings.EqualFold(u.Host, registry) {
		return false
	}
	addr, err := netip.ParseAddr(u.Hostname())
	return err == nil && (addr.IsPrivate() || addr.IsLoopback() || addr.IsLinkLocalUnicast())
}
