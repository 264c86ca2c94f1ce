package catalogue

import (
	"slices"
	"strings"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
)

// classifySOCKS reads what a SOCKS5 server said (RFC 1928 sections 3 and 6, RFC
// 1929). Servers answer 4 (host unreachable) and 1 for a name that they cannot
// look up as well.
func classifySOCKS(v *diagnosis.View, h evidence.Hop, s evidence.SOCKS) class {
	switch {
	case s.Method == evidence.SOCKSNoMethod:
		return classifyMethods(v, h, s)
	case s.Login > 0:
		return class{code: "proxy-auth-rejected"}
	case s.Reply == 2:
		return class{code: "proxy-connect-denied"}
	case s.Reply == 3, s.Reply == 5:
		return class{code: "proxy-cannot-reach-target"}
	case s.Reply == 4 && s.ResolvedBy == evidence.ByClient:
		return class{code: "proxy-cannot-reach-target"}
	case s.Reply == 4:
		return class{code: "proxy-cannot-reach-target", strength: diagnosis.Likely,
			means:  "The SOCKS server says host unreachable: no route behind it, or its own look-up of the name failed, for which most say the same.",
			remedy: "look in the SOCKS server's log for {targets}: have its name servers resolve it, or TCP from it allowed in the firewall behind it"}
	case s.Reply == 6:
		return class{code: "proxy-upstream-timeout"}
	}
	return class{code: "proxy-error", strength: diagnosis.Possible}
}

// classifyMethods tells what a SOCKS server wants that took none of the methods
// it was offered, by what it answered when each other one was offered alone.
func classifyMethods(v *diagnosis.View, h evidence.Hop, s evidence.SOCKS) class {
	nobodyElse := class{code: "proxy-auth-scheme-unsupported", remedy: "have the SOCKS server take name and password from {source}, or nobody's, by its address"}
	switch asked := methodProbes(v, h); {
	case takes(asked, evidence.SOCKSPassword):
		return class{code: "proxy-auth-required",
			means: "The SOCKS server takes no client without a login. Offered name and password alone, it takes that; none was sent."}
	case takes(asked, evidence.SOCKSGSSAPI) && v.Run().Client == "curl":
		return class{code: "proxy-auth-required", remedy: "get a Kerberos ticket and use a curl built with GSS-API (curl -V names it)",
			means: "The SOCKS server takes a login by GSSAPI (Kerberos) and nothing else."}
	case takes(asked, evidence.SOCKSGSSAPI):
		nobodyElse.means = "The SOCKS server takes a login by GSSAPI (Kerberos) and nothing else. Go clients (podman, docker, containerd, skopeo) offer nobody, and name and password."
		return nobodyElse
	case settled(asked, s):
		nobodyElse.means = "The SOCKS server takes neither nobody, nor name and password, nor GSSAPI: a method of its own, or a rule that keeps {source} out altogether."
		return nobodyElse
	case !slices.Contains(s.Offered, evidence.SOCKSPassword):
		return class{code: "proxy-auth-required", strength: diagnosis.Likely,
			means: "The SOCKS server takes no client without a login. It does not say which kind; name and password is the usual one, GSSAPI the other."}
	}
	nobodyElse.strength = diagnosis.Likely
	nobodyElse.means = "The SOCKS server takes neither name and password nor nobody. What is left is GSSAPI, which container clients do not speak."
	return nobodyElse
}

// methodProbes are the side probes in which a SOCKS server that took none of the
// methods of a tunnel was offered another one alone, and answered.
func methodProbes(v *diagnosis.View, h evidence.Hop) []evidence.Hop {
	if s := evidence.DetailOf[evidence.Tunnel](h).SOCKS; s == nil || s.Method != evidence.SOCKSNoMethod {
		return nil
	}
	type methodsAt string
	return diagnosis.Remember(v, methodsAt(h.Peer), func() []evidence.Hop { return methodsTried(v, h.Peer) })
}

func methodsTried(v *diagnosis.View, peer string) []evidence.Hop {
	return v.HopsAbout(evidence.OpTunnel, diagnosis.About{}.Peer(peer), func(o evidence.Hop) bool {
		s := evidence.DetailOf[evidence.Tunnel](o).SOCKS
		return strings.HasPrefix(o.Probe, "socks-") && s != nil && s.Method != evidence.SOCKSUnsaid
	})
}

// takes tells that a server took a method when it was offered it.
func takes(asked []evidence.Hop, method int) bool {
	return slices.ContainsFunc(asked, func(h evidence.Hop) bool {
		return h.State == evidence.OK && slices.Contains(evidence.DetailOf[evidence.Tunnel](h).SOCKS.Offered, method)
	})
}

// settled tells that both methods which need a login were offered and not taken.
func settled(asked []evidence.Hop, s evidence.SOCKS) bool {
	offered := slices.Clone(s.Offered)
	for _, h := range asked {
		offered = append(offered, evidence.DetailOf[evidence.Tunnel](h).SOCKS.Offered...)
	}
	return slices.Contains(offered, evidence.SOCKSPassword) && slices.Contains(offered, evidence.SOCKSGSSAPI)
}

// noMethod says what a SOCKS server was offered that took none of it.
func noMethod(s evidence.SOCKS) string {
	return s.Said() + " (offered: " + methods(s.Offered) + ")"
}

// askedAlone says what a SOCKS server answered to other methods, empty where it
// was not asked.
func askedAlone(v *diagnosis.View, h evidence.Hop) string {
	out := ""
	for _, o := range methodProbes(v, h) {
		took := "is refused too"
		if o.State == evidence.OK {
			took = "is taken"
		}
		out += "; " + methods(evidence.DetailOf[evidence.Tunnel](o).SOCKS.Offered) + " alone " + took
	}
	return out
}

// methods names SOCKS methods (RFC 1928 section 3).
func methods(numbers []int) string {
	var out []string
	for _, n := range numbers {
		out = append(out, map[int]string{evidence.SOCKSNone: "no login", evidence.SOCKSGSSAPI: "GSSAPI", evidence.SOCKSPassword: "name and password"}[n])
	}
	return strings.Join(out, ", ")
}

// speaksSOCKS tells that the port answered a SOCKS greeting in kind.
func speaksSOCKS(v *diagnosis.View, h evidence.Hop) bool {
	return len(v.HopsAbout(evidence.OpTunnel, diagnosis.About{}.Probe("speaks-socks").Peer(h.Peer), func(o evidence.Hop) bool {
		s := evidence.DetailOf[evidence.Tunnel](o).SOCKS
		return s != nil && s.Method != evidence.SOCKSUnsaid
	})) > 0
}
