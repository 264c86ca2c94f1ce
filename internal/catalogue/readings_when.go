package catalogue

import (
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/product"
	"pullpath/internal/refusal"
)

// sign is a sign about a step that was read.
type sign = func(*diagnosis.View, evidence.Hop) bool

// says asks whether the text has one of these words, in any case.
func says(words ...string) sign {
	return func(_ *diagnosis.View, h evidence.Hop) bool {
		text := ""
		if h.Failure != nil {
			text = h.Failure.Text
		}
		if d, ok := h.Detail.(evidence.Tunnel); ok {
			text += " " + d.StatusLine
		}
		text = strings.ToLower(text)
		return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(text, w) })
	}
}

func all(questions ...sign) sign {
	return func(v *diagnosis.View, h evidence.Hop) bool {
		return !slices.ContainsFunc(questions, func(c sign) bool { return !c(v, h) })
	}
}

func oneOf(questions ...sign) sign {
	return func(v *diagnosis.View, h evidence.Hop) bool {
		return slices.ContainsFunc(questions, func(c sign) bool { return c(v, h) })
	}
}

func not(c sign) sign {
	return func(v *diagnosis.View, h evidence.Hop) bool { return !c(v, h) }
}

// oneLabel: the name that is looked up has no dot.
func oneLabel(_ *diagnosis.View, h evidence.Hop) bool {
	return !strings.Contains(strings.Trim(evidence.DetailOf[evidence.Resolve](h).Name, "."), ".")
}

// ofLayer: what was asked for is a part of the image, at the registry or where it led.
func ofLayer(_ *diagnosis.View, h evidence.Hop) bool {
	return isBlobStep(stepOf(h)) || h.Role == evidence.Blob
}

// ofTokenServer: the host gives tokens.
func ofTokenServer(_ *diagnosis.View, h evidence.Hop) bool { return h.Role == evidence.Auth }

// inCluster: the host has the name of a service in a cluster.
func inCluster(v *diagnosis.View, h evidence.Hop) bool {
	return evidence.InCluster(v.Target(h.Target).Host)
}

// ofProxy: the step is one to the proxy.
func ofProxy(_ *diagnosis.View, h evidence.Hop) bool { return h.Role == evidence.Proxy || h.Via != "" }

// ofSOCKS: the step is a request to a SOCKS server.
func ofSOCKS(_ *diagnosis.View, h evidence.Hop) bool {
	return evidence.DetailOf[evidence.Tunnel](h).SOCKS != nil
}

// toTheProxy: the handshake is one with the proxy itself.
func toTheProxy(_ *diagnosis.View, h evidence.Hop) bool { return h.Role == evidence.Proxy }

// public: the host is one of the public web that a profile knows.
func public(v *diagnosis.View, h evidence.Hop) bool { return v.Target(h.Target).Public }

// private: the host's own address, or its name, is one of a private network.
func private(v *diagnosis.View, h evidence.Hop) bool {
	host := v.Target(h.Target).Host
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr.IsPrivate() || addr.IsLoopback()
	}
	if host != "" && (!strings.Contains(host, ".") || slices.ContainsFunc([]string{".local", ".internal", ".corp", ".lan", ".svc", ".intra",
		".home.arpa", ".localdomain"},
		func(end string) bool { return strings.HasSuffix(host, end) })) {
		return true
	}
	addr, err := netip.ParseAddrPort(h.Peer)
	return err == nil && h.Role != evidence.Proxy && h.Via == "" && addr.Addr().IsPrivate()
}

// ownHost: nothing says that the host is one of the web, and something that it is not: a private
// name or address, an address in place of a name, or that it is a mirror.
func ownHost(v *diagnosis.View, h evidence.Hop) bool {
	t := v.Target(h.Target)
	_, err := netip.ParseAddr(t.Host)
	return !t.Public && (private(v, h) || err == nil || t.Role == evidence.Mirror)
}

func noHost(v *diagnosis.View, h evidence.Hop) bool { return v.Target(h.Target).Host == "" }

// named: the name that was looked up is one of these.
func askedName(names ...string) sign {
	return func(_ *diagnosis.View, h evidence.Hop) bool {
		return slices.Contains(names, strings.ToLower(evidence.DetailOf[evidence.Resolve](h).Name))
	}
}

func hasServer(_ *diagnosis.View, h evidence.Hop) bool {
	return evidence.DetailOf[evidence.Resolve](h).Server != ""
}

func serverIs(servers ...string) sign {
	return func(_ *diagnosis.View, h evidence.Hop) bool {
		return slices.Contains(servers, evidence.DetailOf[evidence.Resolve](h).Server)
	}
}

// unknownOnly: the words are only those for a name that is not there.
func unknownOnly(v *diagnosis.View, h evidence.Hop) bool {
	return says("no such host", "not known", "enotfound")(v, h)
}

func peerAddr(h evidence.Hop) (netip.Addr, bool) {
	host, _, err := net.SplitHostPort(h.Peer)
	if err != nil {
		return netip.Addr{}, false
	}
	addr, err := netip.ParseAddr(host)
	return addr, err == nil
}

func loopback(_ *diagnosis.View, h evidence.Hop) bool {
	host, _, _ := net.SplitHostPort(h.Peer)
	addr, ok := peerAddr(h)
	return ok && addr.IsLoopback() || host == "localhost"
}

func unspecified(_ *diagnosis.View, h evidence.Hop) bool {
	addr, ok := peerAddr(h)
	return ok && addr.IsUnspecified()
}

func overIPv6(_ *diagnosis.View, h evidence.Hop) bool {
	addr, ok := peerAddr(h)
	return ok && addr.Is6()
}

func emptyHost(_ *diagnosis.View, h evidence.Hop) bool { return strings.HasPrefix(h.Peer, ":") }

func noPeer(_ *diagnosis.View, h evidence.Hop) bool { return h.Peer == "" }

// directPeer: the text has the far end, and it is the URL's own port.
func directPeer(v *diagnosis.View, h evidence.Hop) bool {
	_, port, err := net.SplitHostPort(h.Peer)
	return err == nil && (port == "443" || v.Target(h.Target).ID == h.Peer)
}

// fromShell: it is what a program of the user's own shell printed.
func fromShell(v *diagnosis.View, _ evidence.Hop) bool {
	return slices.Contains([]string{"curl", "wget", "openssl s_client"}, v.Vantage().Source)
}

// headless: the proxy's answer is known by its number or phrase alone. The proxy's log says who
// refused, and of a 407 not whether a login was sent.
func headless(_ *diagnosis.View, h evidence.Hop) bool {
	d := evidence.DetailOf[evidence.Tunnel](h)
	return len(d.Headers) == 0 && d.SOCKS == nil && (d.Log == nil || d.Log.Says == "")
}

// namesSender: an ICMP message was shown, with the device that sent it.
func namesSender(_ *diagnosis.View, h evidence.Hop) bool {
	return evidence.DetailOf[evidence.Dial](h).ICMP != nil
}

// answersConnect: the proxy's answer has one of these numbers, or where its number is not known one of
// these words.
func answersConnect(codes []int, words ...string) sign {
	return func(v *diagnosis.View, h evidence.Hop) bool {
		if d := evidence.DetailOf[evidence.Tunnel](h); d.Code != 0 {
			return slices.Contains(codes, d.Code)
		}
		return says(words...)(v, h)
	}
}

// asksConnect: the proxy was asked for a tunnel, and not for a page over plain HTTP.
func asksConnect(_ *diagnosis.View, h evidence.Hop) bool {
	return strings.HasPrefix(evidence.DetailOf[evidence.Tunnel](h).Request, "CONNECT ")
}

// oddPort: the target's port is not 443.
func oddPort(v *diagnosis.View, h evidence.Hop) bool {
	port := v.Target(h.Target).Port
	return port != 0 && port != 443
}

// code asks for the number of an answer.
func code(numbers ...int) sign {
	return func(_ *diagnosis.View, h evidence.Hop) bool {
		return slices.Contains(numbers, max(evidence.DetailOf[evidence.Tunnel](h).Code, evidence.DetailOf[evidence.Request](h).Code))
	}
}

func stepIs(step evidence.Step) sign {
	return func(_ *diagnosis.View, h evidence.Hop) bool {
		return evidence.DetailOf[evidence.Request](h).Step == step
	}
}

// saysNothing: the answer has no error and no page that would say why.
func saysNothing(_ *diagnosis.View, h evidence.Hop) bool {
	d := evidence.DetailOf[evidence.Request](h)
	return len(d.Errors) == 0 && (d.Body == nil || d.Body.Title == "" && len(d.Body.Markers) == 0)
}

// saysSomething: the answer has an error with a sentence.
func saysSomething(_ *diagnosis.View, h evidence.Hop) bool {
	return slices.ContainsFunc(evidence.DetailOf[evidence.Request](h).Errors, func(e evidence.APIError) bool { return e.Message != "" })
}

func errorCode(codes ...string) sign {
	return func(_ *diagnosis.View, h evidence.Hop) bool {
		return slices.ContainsFunc(evidence.DetailOf[evidence.Request](h).Errors, func(e evidence.APIError) bool {
			return slices.Contains(codes,
				e.Code)
		})
	}
}

// bareDenial: the sentence is the word alone.
func bareDenial(_ *diagnosis.View, h evidence.Hop) bool {
	for _, e := range evidence.DetailOf[evidence.Request](h).Errors {
		if m := strings.ToLower(e.Message); m == "" || m == "denied" || m == "forbidden" || m == "access denied" {
			return true
		}
	}
	return false
}

// loginTried: the client says that it was about to log in.
func loginTried(v *diagnosis.View, h evidence.Hop) bool {
	return says("login attempt", "logging in", "log in to")(v, h)
}

// stood: the text has both ends of a connection, so that there was one.
func stood(_ *diagnosis.View, h evidence.Hop) bool { return h.Local != "" && h.Peer != "" }

// ofECR: a registry of Amazon, whose logins last twelve hours
// (https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry_auth.html).
func ofECR(v *diagnosis.View, h evidence.Hop) bool {
	return strings.Contains(v.Target(h.Target).Host, ".dkr.ecr.")
}

// unseen: the host is one of the public web, and its certificates are not shown.
func unseen(v *diagnosis.View, h evidence.Hop) bool { return over(v, h) == unseenChain }

// ownPage: a page that is known for its sender, whatever certificate it came under.
func ownPage(_ *diagnosis.View, h evidence.Hop) bool {
	s, known := refusal.Known(evidence.DetailOf[evidence.Request](h))
	return known && s.Page
}

// isPage: the answer begins as an HTML page does.
func isPage(_ *diagnosis.View, h evidence.Hop) bool {
	return evidence.DetailOf[evidence.Request](h).Body != nil
}

func hostIs(host string) sign {
	return func(v *diagnosis.View, h evidence.Hop) bool { return v.Target(h.Target).Host == host }
}

// anonymousHost: a registry at which nobody logs in to pull.
func anonymousHost(v *diagnosis.View, h evidence.Hop) bool {
	host := v.Target(h.Target).Host
	return slices.Contains([]string{"registry.k8s.io", "k8s.gcr.io", "mcr.microsoft.com", "public.ecr.aws", "gcr.io"}, host) ||
		strings.HasSuffix(host, ".pkg.dev") && strings.Contains(evidence.DetailOf[evidence.Request](h).URL, "k8s-artifacts-prod")
}

// signedByProduct: the issuer is that of a product that inspects TLS.
func signedByProduct(_ *diagnosis.View, h evidence.Hop) bool {
	leaf := evidence.DetailOf[evidence.Handshake](h).Leaf
	return leaf != nil && leaf.Issuer != "" && len(product.OfChain([]evidence.Certificate{*leaf})) > 0
}

// endsWithDST: the certificate that is over is DST Root CA X3, the root of Let's Encrypt until
// 2021 (https://letsencrypt.org/docs/dst-root-ca-x3-expiration-september-2021/).
func endsWithDST(_ *diagnosis.View, h evidence.Hop) bool {
	leaf := evidence.DetailOf[evidence.Handshake](h).Leaf
	return leaf != nil && leaf.NotAfter.Equal(time.Date(2021, time.September, 30, 14, 1, 15, 0, time.UTC))
}

// clockAstray: the client's clock says a year before containers were pulled at all.
func clockAstray(_ *diagnosis.View, h evidence.Hop) bool {
	return h.Failure != nil && slices.ContainsFunc([]string{"current time 197", "current time 198", "current time 199", "current time 200"},
		func(begin string) bool { return strings.Contains(h.Failure.Text, begin) })
}

// noURL: the text does not say what was asked for.
func noURL(v *diagnosis.View, h evidence.Hop) bool {
	return noHost(v, h) || !strings.Contains(originText(h), "://")
}

func originText(h evidence.Hop) string {
	if h.Origin == nil {
		return ""
	}
	return h.Origin.Text
}

// alertIs asks for the number of the alert that ended a handshake.
func alertIs(number int) sign {
	return func(_ *diagnosis.View, h evidence.Hop) bool {
		return evidence.DetailOf[evidence.Handshake](h).Alert == number
	}
}

// mirrorRole: the host was asked in place of the registry that the image names.
func mirrorRole(v *diagnosis.View, h evidence.Hop) bool {
	return v.Target(h.Target).Role == evidence.Mirror
}

// likeCache: the name of the image has a word that caches are called by, or an address for a
// host.
func likeCache(v *diagnosis.View, h evidence.Hop) bool {
	t := v.Target(h.Target)
	_, err := netip.ParseAddr(t.Host)
	name := strings.ToLower(strings.Join(t.Images, " ") + " " + h.Failure.Text)
	return err == nil || slices.ContainsFunc([]string{"proxy", "cache", "mirror", "remote", "-hub", "hub-"},
		func(w string) bool { return strings.Contains(name, w) })
}
