package fault

import (
	"cmp"
	"crypto/tls"
	"fmt"
	"reflect"
	"strconv"
	"time"
)

// Text is the fault as it can be typed, where it can be, else what it is in words.
func Text(f Fault) string {
	s := specOf(f)
	if made, err := s.Fault(); err == nil && reflect.DeepEqual(made, forAll(f)) {
		return s.String()
	}
	return inWords(f)
}

// inWords says what a fault is that has more to it than parameters say.
func inWords(f Fault) string {
	switch f := f.(type) {
	case Counted:
		return inWords(f.Fault)
	case Chain:
		return "the recorded chain of " + f.Host
	case ConnectReply:
		if f.AnyHost {
			return "the recorded answer to every CONNECT"
		}
		return "the recorded answer to " + f.Request
	case HTTPReply:
		return fmt.Sprintf("the recorded answer to %s %s of %s", f.Method, f.Path, f.Host)
	}
	out := Name(f)
	if host := hostOf(f); host != "" && host != Everyone {
		out += " of " + host
	}
	if k, err := kindOf(Name(f)); err == nil {
		out += ": " + k.About
	}
	return out
}

// forAll is a fault whose empty host is written as Everyone, as the kinds make it.
func forAll(f Fault) Fault {
	switch f := f.(type) {
	case Counted:
		f.Fault = forAll(f.Fault)
		return f
	case Connect:
		f.Host = cmp.Or(f.Host, Everyone)
		return f
	case HTTP:
		f.Host = cmp.Or(f.Host, Everyone)
		return f
	case Certificate:
		f.Host = cmp.Or(f.Host, Everyone)
		return f
	case TLSServer:
		f.Host = cmp.Or(f.Host, Everyone)
		return f
	}
	return f
}

// specOf are the parameters that a fault would be typed with; what they do not say is
// left out.
func specOf(f Fault) Spec {
	s := Spec{Name: Name(f)}
	if host := hostOf(f); host != Everyone {
		s.add("host", host)
	}
	switch f := f.(type) {
	case Counted:
		s = specOf(f.Fault)
		s.count("every", f.Every)
		s.count("after", f.After)
		s.count("times", f.Times)
	case DNS:
		s.ofDNS(f)
	case Connect:
		s.ofConnect(f)
	case Handshake:
		s.ofHandshake(f)
	case Certificate:
		s.ofCertificate(f)
	case HTTP:
		s.ofHTTP(f)
	default:
		s.ofOther(f)
	}
	return s
}

func (s *Spec) ofOther(f Fault) {
	switch f := f.(type) {
	case Socket:
		s.add("address", f.Address)
		s.count("family", f.Family)
		s.count("port", f.Port)
		s.count("behind", f.Behind)
	case Stream:
		s.count("bytes", f.Bytes)
		s.time(f.Delay)
		s.count("rate", f.Rate)
	case ProxyAuth:
		s.add("scheme", f.Schemes...)
		s.add("realm", f.Realm)
		s.flag("hangs-up", f.HangsUp)
	case TLSServer:
		for name, version := range versions {
			if version == f.MaxVersion {
				s.add("max", name)
			}
		}
	case PathMTU:
		s.count("mtu", f.MTU)
		if f.Outbound {
			s.add("direction", "out")
		}
	}
}

func (s *Spec) ofDNS(f DNS) {
	s.count("resolver", f.Resolver)
	s.add("type", f.Type)
	if s.Name == "dns-rcode" {
		s.add("rcode", f.Rcode)
	}
	s.count("ede", int(f.ExtendedError))
	s.add("text", f.ExtendedText)
	s.add("soa", f.Authority)
	s.add("address", f.Addresses...)
	s.add("owner", f.Owner)
	s.time(f.Delay)
}

func (s *Spec) ofConnect(f Connect) {
	s.count("port", f.Port)
	s.count("node", f.Node)
	s.add("agent", f.Agent)
	s.add("unless-agent", f.UnlessAgent)
	s.count("reply", f.Reply)
	s.count("status", f.Status)
	s.add("phrase", f.Phrase)
	s.add("header", f.Headers...)
	s.add("body", f.Body)
	s.time(f.Delay)
}

func (s *Spec) ofHandshake(f Handshake) {
	if f.Effect == Alert {
		s.add("number", strconv.Itoa(int(f.Alert)))
	}
	switch {
	case f.Only.OwnName:
		s.add("only", "name")
	case f.Only.Group == uint16(tls.X25519MLKEM768):
		s.add("only", "post-quantum")
	case f.Only.Version == tls.VersionTLS13:
		s.add("only", "tls-1.3")
	case f.Only.Split:
		s.add("only", "split")
	}
	s.count("bytes", f.Only.MinBytes)
	s.count("first", f.First)
	s.count("behind", f.Behind)
	s.count("warning", int(f.Warning))
	s.time(f.Delay)
	s.add("body", f.Text)
}

func (s *Spec) ofCertificate(f Certificate) {
	if s.Name != "tls-"+f.Issuer && s.Name != "tls-intercept" {
		s.add("issuer", f.Issuer)
	}
	s.add("organization", f.Organization)
	s.add("name", f.CommonName)
	s.add("names", f.Names...)
	s.flag("ca-key", f.CAKey)
	s.flag("expired-ca", f.ExpiredAuthority)
}

func (s *Spec) ofHTTP(f HTTP) {
	s.add("path", f.Path)
	s.add("method", f.Method)
	switch {
	case f.WithBasic:
		s.add("login", "basic")
	case f.WithToken:
		s.add("login", "token")
	}
	s.count("head", f.OverHead)
	s.count("status", f.Status)
	s.add("header", f.Headers...)
	s.add("strip", f.Remove...)
	s.add("field", f.Field)
	s.add("body", f.Body)
	s.count("rate", f.Rate)
	s.count("bytes", f.Bytes)
	s.time(f.Delay)
}

// add adds a parameter once for each value that is there, count, flag and time one that
// is not zero.
func (s *Spec) add(name string, values ...string) {
	for _, v := range values {
		if v != "" {
			s.Params = append(s.Params, Param{name, v})
		}
	}
}

func (s *Spec) count(name string, n int) {
	if n != 0 {
		s.add(name, strconv.Itoa(n))
	}
}

func (s *Spec) flag(name string, set bool) {
	if set {
		s.add(name, "yes")
	}
}

func (s *Spec) time(d time.Duration) {
	if d != 0 {
		s.add("delay", d.String())
	}
}
