package rebuild

import (
	"cmp"
	"fmt"
	"net"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"pullpath/internal/evidence"
	"pullpath/internal/fault"
)

// tunnels rebuilds what proxies said.
func (b *builder) tunnels() {
	b.proxyPort()
	for _, onPath := range []bool{true, false} {
		for _, h := range b.trace.Hops {
			if h.Op == evidence.OpTunnel && h.OnPath() == onPath && h.State != evidence.Skipped && !h.FailedWith(evidence.Budget) {
				b.tunnel(h, evidence.DetailOf[evidence.Tunnel](h))
			}
		}
	}
	for _, h := range b.trace.Hops {
		if h.Op == evidence.OpRequest && h.Role == evidence.Proxy {
			b.page(h, evidence.DetailOf[evidence.Request](h))
		}
	}
}

// proxyPort finds what speaks at the proxy's port, where that is no HTTP proxy.
func (b *builder) proxyPort() {
	tls, ssh := b.portSpeaks()
	greeted := b.anyTunnel(func(h evidence.Hop, d evidence.Tunnel) bool {
		return d.SOCKS != nil && d.SOCKS.Method >= 0 && h.Probe == evidence.ProbeSpeaksSOCKS
	})
	answered := b.anyTunnel(func(_ evidence.Hop, d evidence.Tunnel) bool { return d.Code != 0 })
	plain := b.anyTunnel(func(h evidence.Hop, d evidence.Tunnel) bool {
		return h.Probe == evidence.ProbePlainToProxy && d.Code != 0
	})
	switch {
	case ssh:
		b.fault(fault.ProxyPort{Effect: fault.SpeaksSSH})
	case tls && b.mute():
		byReset := b.anyTunnel(func(h evidence.Hop, _ evidence.Tunnel) bool { return h.FailedWith(evidence.Reset) })
		b.fault(fault.ProxyPort{Effect: fault.TLSAlone, ByReset: byReset})
	case tls:
		b.fault(fault.ProxyPort{Effect: fault.SpeaksTLS})
	case greeted && !answered:
		b.fault(fault.ProxyPort{Effect: fault.SOCKSAlone})
	case plain:
		b.fault(fault.ProxyPort{Effect: fault.PlainAlone})
	}
	b.proxyTLS(tls)
}

// portSpeaks reports whether TLS, or SSH, was spoken at the proxy's port.
func (b *builder) portSpeaks() (tls, ssh bool) {
	for _, h := range b.trace.Hops {
		switch d := h.Detail.(type) {
		case evidence.Handshake:
			ours := h.Role == evidence.Proxy
			tls = tls || ours && (len(d.Chain) > 0 || h.FailedWith(evidence.Alert, evidence.Protocol, evidence.MalformedCertificate))
			ssh = ssh || ours && strings.HasPrefix(d.FirstBytes, "SSH-")
		case evidence.Tunnel:
			ssh = ssh || strings.HasPrefix(d.FirstBytes, "SSH-")
			tls = tls || h.FailedWith(evidence.SpeaksTLS)
		}
	}
	return tls, ssh
}

func (b *builder) anyTunnel(is func(evidence.Hop, evidence.Tunnel) bool) bool {
	return slices.ContainsFunc(b.trace.Hops, func(h evidence.Hop) bool {
		return h.Op == evidence.OpTunnel && is(h, evidence.DetailOf[evidence.Tunnel](h))
	})
}

// mute reports whether a plain CONNECT was ended without a word.
func (b *builder) mute() bool {
	return slices.ContainsFunc(b.trace.Hops, func(h evidence.Hop) bool {
		return h.Op == evidence.OpTunnel && h.FailedWith(evidence.Closed, evidence.Reset)
	})
}

// proxyTLS rebuilds a proxy's own TLS that does not come about.
func (b *builder) proxyTLS(speaks bool) {
	for _, h := range b.trace.Hops {
		d := evidence.DetailOf[evidence.Handshake](h)
		if evidence.DetailOf[evidence.Tunnel](h).Alert == certificateRequired {
			b.once(fault.TLSServer{Host: fault.TheProxy, ClientCertificate: true})
		}
		if h.Op != evidence.OpHandshake || h.Role != evidence.Proxy || h.State != evidence.Failed || !h.OnPath() && speaks {
			continue
		}
		if h.FailedWith(evidence.MalformedCertificate) {
			b.fault(fault.Certificate{Host: fault.TheProxy, NegativeSerial: true})
			return
		}
		f, broken := b.broken(h, d)
		switch {
		case !broken:
			continue
		case speaks:
			f.Only, f.First = b.which(h, f.Host)
			b.fault(f)
			return
		case h.FailedWith(evidence.Reset, evidence.Closed, evidence.Timeout) && !slices.ContainsFunc(b.world.Faults, isPort):
			b.fault(fault.ProxyPort{Effect: f.Effect})
			return
		}
	}
}

// certificateRequired is the alert of RFC 8446 section 6.2.
const certificateRequired = 116

// once adds a fault that can be compared, once.
func (b *builder) once(f fault.Fault) {
	if !b.has(f) {
		b.fault(f)
	}
}

// first is once, before all others.
func (b *builder) first(f fault.Fault) {
	if !b.has(f) {
		b.insert(0, f)
	}
}

func (b *builder) has(f fault.Fault) bool {
	return slices.ContainsFunc(b.world.Faults, func(o fault.Fault) bool { return reflect.DeepEqual(o, f) })
}

func (b *builder) tunnel(h evidence.Hop, d evidence.Tunnel) {
	if d.SOCKS != nil {
		b.socks(h, *d.SOCKS)
		return
	}
	if slices.ContainsFunc(b.world.Faults, isPort) && d.Code == 0 {
		return // the port itself does it
	}
	if b.dialogue(d) || (d.Code == 407 || len(d.Legs) > 0 && d.Code/100 == 2) && slices.ContainsFunc(b.world.Faults, isLogin) {
		return
	}
	node := b.node(h.Peer)
	asked := requestLine(d.Request)
	asked.Agent, asked.Node = d.UserAgent, node
	for _, l := range d.Legs {
		leg := asked
		leg.Login, leg.Raw = login(l.AuthSent), legText(l)
		b.reply(leg)
	}
	if h.State == evidence.OK && d.EarlyBytes == "" {
		b.slowTunnel(h, d)
		return
	}
	asked.Login, asked.Effect = login(d.AuthSent), ended(h.Kind())
	if b.refusesAll(d) {
		asked.Host, asked.Port = "", 0
	}
	b.reply(b.answered(asked, d))
}

// requestLine returns a fault for one request to a proxy.
func requestLine(line string) fault.Connect {
	method, target, _ := strings.Cut(strings.TrimSuffix(line, " HTTP/1.1"), " ")
	if method != "CONNECT" {
		u, err := url.Parse(target)
		if err != nil {
			return fault.Connect{Plain: true}
		}
		return fault.Connect{Plain: true, Host: strings.ToLower(u.Hostname())}
	}
	host, port, err := net.SplitHostPort(target)
	if err != nil {
		host = target
	}
	number, _ := strconv.Atoi(port)
	return fault.Connect{Host: strings.ToLower(host), Port: number}
}

// slowTunnel lets a tunnel that took long take long.
func (b *builder) slowTunnel(h evidence.Hop, d evidence.Tunnel) {
	target, _ := b.trace.Target(h.Target)
	took := millis(max(d.FirstByteMS, h.TookMS))
	if h.OnPath() && took > slow && len(d.Legs) == 0 {
		b.first(fault.Connect{Host: b.at(h, target.Host), Delay: b.capped(took, "the answer to "+d.Request)})
	}
}

// refusesAll tells the refusal of a login that no tunnel was opened with: the client did
// not send it again, and the proxy does not take it for another host either.
func (b *builder) refusesAll(d evidence.Tunnel) bool {
	return (d.Code == 407 || d.Code == 401) && d.AuthSent != "" && !b.anyTunnel(func(h evidence.Hop, o evidence.Tunnel) bool {
		return h.State == evidence.OK && strings.EqualFold(o.AuthSent, d.AuthSent)
	})
}

// answered fills in the answer as it stood.
func (b *builder) answered(f fault.Connect, d evidence.Tunnel) fault.Connect {
	switch {
	case d.StatusLine != "":
		f.Raw = raw(d.StatusLine, d.Headers, d.Body, d.Remarks) + d.EarlyBytes
	case d.FirstBytes != "":
		f.Raw = d.FirstBytes + "\r\n"
	}
	if slices.Contains(d.Remarks, evidence.RemarkUnending) || slices.Contains(d.Remarks, evidence.RemarkFlood) {
		b.cannot("the answer to %s that never ends: it ends", d.Request)
	}
	if f.Raw != "" && f.Effect == fault.Close {
		f.Effect = "" // an answer ends so
	}
	if took := millis(d.FirstByteMS); took > slow && f.Raw != "" {
		f.Delay = b.capped(took, "the answer to "+d.Request)
	}
	return f
}

func isLogin(f fault.Fault) bool { _, ok := f.(fault.ProxyAuth); return ok }

// isPort tells a fault of all that is said at the proxy's port.
func isPort(f fault.Fault) bool {
	p, ok := f.(fault.ProxyPort)
	return ok && p.Effect != fault.HTTPAlone
}

// reply adds an answer once, and behind it one for clients of other names.
func (b *builder) reply(f fault.Connect) {
	for _, agent := range []string{f.Agent, ""} {
		f.Agent = agent
		if b.connects[connectOf(f)] {
			continue
		}
		at := len(b.world.Faults)
		if agent != "" { // before those that are for everyone
			at = slices.IndexFunc(b.world.Faults, func(o fault.Fault) bool {
				r, ok := o.(fault.Connect)
				return ok && r.Login != "" && r.Agent == ""
			})
			if at < 0 {
				at = len(b.world.Faults)
			}
		}
		b.insert(at, f)
	}
}

// connect is what an answer to a request for a tunnel goes by.
type connect struct {
	host         string
	port         int
	plain        bool
	agent, login string
	node         int
}

func connectOf(f fault.Connect) connect {
	return connect{f.Host, f.Port, f.Plain, f.Agent, f.Login, f.Node}
}

func ended(k evidence.Kind) fault.Effect {
	switch k {
	case evidence.Reset:
		return fault.Reset
	case evidence.Timeout:
		return fault.Silence
	}
	return fault.Close
}

// node returns the place of a proxy's address, 0 where it has but one.
func (b *builder) node(peer string) int {
	host, _, _ := net.SplitHostPort(peer)
	place, found := 0, 0
	for _, p := range b.site.Proxies {
		for _, a := range p.Addresses() {
			if place++; a == host {
				found = place
			}
		}
	}
	if place < 2 {
		return 0
	}
	return found
}

// dialogue rebuilds a login that takes several steps, by the World's own.
func (b *builder) dialogue(d evidence.Tunnel) bool {
	asked := cmp.Or(d.AuthSent, d.AuthAsked)
	for _, l := range d.Legs {
		asked = cmp.Or(asked, l.AuthSent)
	}
	if !strings.EqualFold(asked, "NTLM") && !strings.EqualFold(asked, "Negotiate") && !strings.EqualFold(asked, "Digest") {
		return false
	}
	b.flag("proxy-"+strings.ToLower(asked), "true")
	f := fault.ProxyAuth{Garbled: strings.Contains(d.AuthProblem, "challenge")}
	for _, c := range d.Offers() {
		f.Schemes = append(f.Schemes, c.Scheme)
		f.Realm = cmp.Or(f.Realm, c.Params["realm"])
	}
	if slices.ContainsFunc(d.Legs, func(l evidence.Leg) bool { return l.Connection == evidence.Ended }) {
		f.HangsUp = true
	}
	if strings.EqualFold(d.AuthSent, "Negotiate") {
		b.cannot("the ticket of the site's KDC that the proxy was shown: pullpath has a made-up one, other clients have none")
	}
	if len(f.Schemes) > 0 && !slices.ContainsFunc(b.world.Faults, isLogin) {
		b.fault(f)
	}
	return d.Code == 407 || d.AuthProblem != ""
}

func (b *builder) socks(h evidence.Hop, s evidence.SOCKS) {
	target, _ := b.trace.Target(h.Target)
	wanted := ""
	if h.Probe == evidence.ProbeSpeaksSOCKS && s.Method < 0 {
		b.once(fault.ProxyPort{Effect: fault.HTTPAlone})
		return
	}
	switch {
	case h.Probe == evidence.ProbeSOCKSPassword && s.Method == evidence.SOCKSPassword, s.Method == evidence.SOCKSPassword:
		wanted = "Basic"
	case s.Method == evidence.SOCKSGSSAPI:
		wanted = fault.SOCKSGSSAPI
	case s.Method == evidence.SOCKSNoMethod && h.OnPath():
		wanted = fault.SOCKSOwn
	}
	if wanted != "" {
		b.socksMethod(wanted)
	}
	if s.Reply > 0 {
		b.fault(fault.Connect{Host: target.Host, Reply: s.Reply, Node: b.node(h.Peer)})
	}
	if h.FailedWith(evidence.Closed, evidence.Reset) && s.Method < 0 && h.OnPath() && !slices.ContainsFunc(b.world.Faults, isPort) {
		b.fault(fault.ProxyPort{Effect: ended(h.Kind())})
	}
}

// socksMethod sets the method that the server wants; one that a probe found stands
// in place of "none of those offered".
func (b *builder) socksMethod(wanted string) {
	i := slices.IndexFunc(b.world.Faults, isLogin)
	switch {
	case i < 0:
		b.fault(fault.ProxyAuth{Schemes: []string{wanted}})
	case wanted != fault.SOCKSOwn:
		b.world.Faults[i] = fault.ProxyAuth{Schemes: []string{wanted}}
	}
}

// page adds the answer to a plain request through the proxy.
func (b *builder) page(h evidence.Hop, d evidence.Request) {
	if d.StatusLine == "" {
		return
	}
	u, err := url.Parse(d.URL)
	if err != nil {
		return
	}
	b.reply(fault.Connect{Plain: true, Host: strings.ToLower(u.Hostname()), Agent: d.UserAgent, Login: fault.NoLogin, Node: b.node(h.Peer),
		Raw: raw(d.StatusLine, d.Headers, d.Body, nil)})
}

func legText(l evidence.Leg) string {
	var headers []evidence.Header
	for _, c := range l.Challenges {
		headers = append(headers, evidence.Header{Name: "Proxy-Authenticate", Value: challenge(c)})
	}
	return raw(l.StatusLine, headers, nil, nil)
}

func challenge(c evidence.Challenge) string {
	var params []string
	for _, name := range []string{"realm", "service", "scope", "error"} {
		if v, ok := c.Params[name]; ok {
			params = append(params, fmt.Sprintf("%s=%q", name, v))
		}
	}
	return strings.TrimSpace(c.Scheme + " " + strings.Join(params, ", "))
}
