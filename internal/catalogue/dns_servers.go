package catalogue

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/fault"
)

const (
	// slowLookup is what is called slow. A server that has the answer gives it
	// within a round trip, one that has to ask around within half a second; two
	// seconds are also what no busy machine adds by itself. A pull looks up three
	// names one after the other, so it is six seconds late.
	slowLookup = 2 * time.Second
	// dialPatience is containers/image's limit for look-up and connection
	// together (docker/docker_client.go, net.Dialer of 30 s).
	dialPatience = 30 * time.Second
)

// nameServers are the rows about servers that give no answer, or a late one.
func nameServers() []diagnosis.Entry {
	return []diagnosis.Entry{noResolver(), resolverUnreachable(), resolverDown(), truncatedTCPBlocked(), slow()}
}

func noResolver() diagnosis.Entry {
	return diagnosis.Entry{
		Code: "dns-no-resolver", Since: since, Layer: diagnosis.DNS,
		Severity: diagnosis.Error, Strength: diagnosis.Proven, Audience: diagnosis.HostAdmin,
		Title:  "no name server is configured on this host",
		Seen:   "no nameserver line in resolv.conf; a client then asks {servers}: {text}",
		Means:  "Without a configured server the client asks this host itself, and nothing answers there. The error names 127.0.0.1 or [::1] and looks like a broken local service.",
		Remedy: "put this network's name servers into /etc/resolv.conf (or the service that writes it), and restart daemons that read it at their start",
		Cite: []string{"failures B4: distribution/distribution#3477, docker.kitematic#3427", "resolv.conf(5), nameserver",
			"Go net/dnsconfig.go, defaultNS"},
		Values: []string{"servers", "text", "names", "name"}, Needs: []evidence.Op{evidence.OpResolve}, After: beforeDNS(),
		Match: func(v *diagnosis.View) []diagnosis.Match {
			hops := v.Hops(evidence.OpResolve, func(h evidence.Hop) bool {
				return h.OnPath() && h.FailedWith(noAnswer()...) && unconfigured(h)
			})
			if len(hops) == 0 {
				return nil
			}
			return []diagnosis.Match{{Hops: diagnosis.IDs(hops), Values: dnsValues(hops)}}
		},
		Provoke: fault.World{Title: "resolv.conf is empty", Direct: true, NoResolver: true},
		Also:    []fault.World{{Title: "resolv.conf is empty, and the proxy has a name", NoResolver: true}},
	}
}

// unconfigured tells that the server was asked only because none is configured.
func unconfigured(h evidence.Hop) bool {
	return lookupOf(h).Default || lookupOf(h).Server == "system" && h.FailedWith(evidence.Unreachable)
}

func resolverUnreachable() diagnosis.Entry {
	return diagnosis.Entry{
		Code: "dns-resolver-unreachable", Since: since, Layer: diagnosis.DNS,
		Severity: diagnosis.Error, Strength: diagnosis.Proven, Audience: diagnosis.NetworkTeam,
		Title:  "no name server answers",
		Seen:   "{servers}: {text}",
		Means:  "None of the configured name servers gives this host an answer. Nothing can be looked up, whatever the name.{wait}",
		Remedy: "let {source} reach {servers} on UDP and TCP port 53, or correct the name servers of this host",
		Cite: []string{"failures B3, B4, B9: distribution/distribution#3477, docker/cli#3649, chainguard-dev/apko#2250", "resolv.conf(5)",
			"Go net/dnsclient_unix.go, tryOneName"},
		Values: []string{"servers", "text", "names", "name", "wait"}, Needs: []evidence.Op{evidence.OpResolve},
		After: append(beforeDNS(), "dns-no-resolver"), Match: matchResolverUnreachable,
		Provoke: fault.World{Title: "nothing listens at the name server's address", Direct: true,
			Faults: []fault.Fault{fault.Socket{Host: fault.TheResolver, Effect: fault.Refuse}}},
		Also: []fault.World{
			{Title: "the name server does not answer", Direct: true, HopTimeout: quick,
				Faults: []fault.Fault{fault.Socket{Host: fault.TheResolver, Effect: fault.Drop}}},
			{Title: "the proxy's name cannot be looked up, for no name server answers",
				Faults: []fault.Fault{fault.Socket{Host: fault.TheResolver, Effect: fault.Refuse}}},
			{Title: "none of three name servers answers", Direct: true, Resolvers: 3, HopTimeout: quick,
				Faults: []fault.Fault{fault.DNS{Silent: true}}},
			{Title: "answers with a wrong ID arrive in the name server's place", Direct: true, HopTimeout: quick,
				Faults: []fault.Fault{fault.DNS{WrongID: true}}},
		},
	}
}

// anyServerAnswered tells that some server said something usable to some
// question. Then silence is not that of the name servers as a whole.
func anyServerAnswered(v *diagnosis.View) bool {
	return len(v.Hops(evidence.OpResolve, func(h evidence.Hop) bool {
		return h.Peer != "" && h.State != evidence.Skipped && !h.FailedWith(append(noAnswer(), evidence.Budget)...)
	})) > 0
}

func matchResolverUnreachable(v *diagnosis.View) []diagnosis.Match {
	path := slices.DeleteFunc(v.PathFailed(evidence.OpResolve, noAnswer()...), unconfigured)
	asked := v.Hops(evidence.OpResolve, func(h evidence.Hop) bool { return h.Peer != "" && h.State != evidence.Skipped })
	if len(path) == 0 || anyServerAnswered(v) {
		return nil
	}
	values := dnsValues(path)
	if s := servers(asked); s != "" {
		values["servers"] = s
	}
	m := diagnosis.Match{Hops: diagnosis.IDs(path), Values: values}
	values["wait"] = waitForNobody(v, asked)
	if slices.ContainsFunc(path, func(h evidence.Hop) bool { return h.FailedWith(evidence.Malformed) }) {
		m.Means = "What arrives from that address does not answer the questions that were sent, and clients pass over it. Something on the way answers in the name server's place, or the server is broken."
		m.Remedy = "find what answers for {servers} on port 53: a device that redirects DNS, or a load balancer that mixes up answers"
	}
	return []diagnosis.Match{m}
}

// waitForNobody says how long the client waits when no server answers: each
// round asks every server and gives a silent one its time.
func waitForNobody(v *diagnosis.View, asked []evidence.Hop) string {
	stub := v.Vantage().Stub
	silent := len(byServer(slices.DeleteFunc(slices.Clone(asked), func(h evidence.Hop) bool { return !h.FailedWith(evidence.Timeout, evidence.Malformed) })))
	if stub == nil || silent == 0 {
		return ""
	}
	total := time.Duration(stub.TimeoutMS) * time.Millisecond * time.Duration(stub.Attempts*silent*(1+len(stub.Search)))
	text := fmt.Sprintf(" podman waits %s for each name before it gives up", plain(min(total, dialPatience)))
	if total > dialPatience {
		return text + fmt.Sprintf(": its dial limit; resolv.conf would allow %s.", plain(total))
	}
	return text + "."
}

// plain writes a time in whole seconds as people say it.
func plain(d time.Duration) string { return fmt.Sprintf("%.0f s", d.Seconds()) }

func resolverDown() diagnosis.Entry {
	return diagnosis.Entry{
		Code: "dns-resolver-down", Since: since, Layer: diagnosis.DNS,
		Severity: diagnosis.Warning, Strength: diagnosis.Proven, Audience: diagnosis.NetworkTeam,
		Title:  "the name server {servers} does not answer",
		Seen:   "{servers}: {text}; {others} answers",
		Means:  "The client goes on with another of its name servers.{cost}",
		Remedy: "have {servers} answer {source} on UDP and TCP port 53, or take it out of this host's list of name servers",
		Cite: []string{"failures B3, B2: docker.kitematic#2850, docker/for-linux#505", "resolv.conf(5), options timeout, attempts, rotate",
			"Go net/dnsclient_unix.go, tryOneName"},
		Values: []string{"servers", "text", "names", "name", "others", "cost"}, Needs: []evidence.Op{evidence.OpResolve},
		After: append(beforeDNS(), "dns-truncated-tcp-blocked"),
		Match: matchResolverDown,
		Provoke: fault.World{Title: "the first of two name servers is dead", Direct: true, Resolvers: 2, HopTimeout: quick,
			Faults: []fault.Fault{fault.Socket{Host: fault.Resolver(1), Effect: fault.Drop}}},
		Also: []fault.World{
			{Title: "nothing listens at the second name server's address", Direct: true, Resolvers: 2,
				Faults: []fault.Fault{fault.Socket{Host: fault.Resolver(2), Effect: fault.Refuse}}},
			{Title: "the first name server is dead, and the proxy has a name", Resolvers: 2, HopTimeout: quick,
				Faults: []fault.Fault{fault.Socket{Host: fault.Resolver(1), Effect: fault.Drop}}},
		},
	}
}

// matchResolverDown finds servers that answered none of the questions while
// another one answered.
func matchResolverDown(v *diagnosis.View) []diagnosis.Match {
	asked := v.Hops(evidence.OpResolve, func(h evidence.Hop) bool {
		return (h.OnPath() || further(h)) && h.Peer != "" && h.State != evidence.Skipped && h.Kind() != evidence.Budget
	})
	answered := slices.DeleteFunc(slices.Clone(asked), func(h evidence.Hop) bool { return h.FailedWith(noAnswer()...) })
	var out []diagnosis.Match
	for _, g := range byServer(asked) {
		if len(answered) == 0 || slices.ContainsFunc(g, func(h evidence.Hop) bool { return !h.FailedWith(noAnswer()...) }) {
			continue
		}
		values := dnsValues(g)
		values["others"], values["cost"] = servers(answered), costOfSilence(v, g)
		out = append(out, diagnosis.Match{Hops: diagnosis.IDs(g), Targets: targetsBeside(v, g), Values: values})
	}
	return out
}

// targetsBeside are the targets that stand on the look-ups of which the hops are
// further answers.
func targetsBeside(v *diagnosis.View, g []evidence.Hop) []string {
	ids := diagnosis.IDs(g)
	for _, h := range eachQuestion(g) {
		ids = append(ids, diagnosis.IDs(slices.DeleteFunc(beside(v, h), func(o evidence.Hop) bool { return !o.OnPath() }))...)
	}
	return v.Through(ids...)
}

// costOfSilence says what a silent server costs the client: its time in each
// look-up where it stands before the one that answers.
func costOfSilence(v *diagnosis.View, g []evidence.Hop) string {
	stub := v.Vantage().Stub
	waited := slices.DeleteFunc(slices.Clone(g), func(h evidence.Hop) bool {
		return h.FailedWith(evidence.Unreachable) || lastOnPath(v, h) <= h.ID
	})
	switch {
	case len(waited) == 0 && slices.ContainsFunc(g, func(h evidence.Hop) bool { return h.FailedWith(evidence.Unreachable) }):
		return " That costs no time, since the refusal comes at once; but there is one server less to fall back on."
	case len(waited) == 0:
		return " That costs no time while the servers before it answer; but they have no stand-in."
	case stub == nil:
		return " Before that it waits for this one, in each look-up."
	}
	each := time.Duration(stub.TimeoutMS) * time.Millisecond
	text := fmt.Sprintf(" Before that podman waits %s for this one, in each look-up", plain(each))
	if n := len(diagnosis.Group(waited, func(h evidence.Hop) string { return string(h.Role) })); n > 1 {
		text += fmt.Sprintf(", and a pull makes %d of them one after the other: %s", n, plain(each*time.Duration(n)))
	}
	if stub.Rotate {
		text += " that begins with it (options rotate)"
	}
	return text + "."
}

// lastOnPath is the ID of the last hop of a look-up that the path stands on, 0 for none.
func lastOnPath(v *diagnosis.View, h evidence.Hop) int {
	type lastOf struct{}
	return diagnosis.Remember(v, lastOf{}, func() map[question]int {
		out := map[question]int{}
		for _, o := range v.Hops(evidence.OpResolve, evidence.Hop.OnPath) {
			out[questionOf(o)] = o.ID
		}
		return out
	})[questionOf(h)]
}

func truncatedTCPBlocked() diagnosis.Entry {
	return diagnosis.Entry{
		Code: "dns-truncated-tcp-blocked", Since: since, Layer: diagnosis.DNS,
		Severity: diagnosis.Error, Strength: diagnosis.Proven, Audience: diagnosis.NetworkTeam,
		Title:  "the answer for {name} is too long for UDP, and TCP to the name server is blocked",
		Seen:   "{servers} cut its answer for {names} over UDP; over TCP: {text}",
		Means:  "Long answers, as CDNs give them, come over TCP port 53. A firewall lets UDP through and not TCP, so short names resolve and these do not.",
		Remedy: "allow TCP port 53 from {source} to {servers}, beside UDP",
		Cite:   []string{"failures B11", "RFC 7766 section 5: TCP is required", "RFC 1035 section 4.2.1, TC"},
		Values: []string{"names", "name", "servers", "text"}, Needs: []evidence.Op{evidence.OpResolve}, After: beforeDNS(),
		Match: matchTruncated,
		Provoke: fault.World{Title: "the answer is truncated and TCP port 53 is blocked", Direct: true, HopTimeout: quick,
			Faults: []fault.Fault{fault.DNS{Name: "cdn.quay.io", Truncate: true},
				fault.Socket{Host: fault.TheResolver, Effect: fault.Drop, TCPOnly: true}}},
		Also: []fault.World{{Title: "the first name server's TCP port 53 is closed, the second's is open", Direct: true, Resolvers: 2,
			Faults: []fault.Fault{fault.DNS{Name: "sso.redhat.com", Truncate: true},
				fault.Socket{Host: fault.Resolver(1), Effect: fault.Refuse, TCPOnly: true}}}},
	}
}

// matchTruncated is a warning where another server gave the answer.
func matchTruncated(v *diagnosis.View) []diagnosis.Match {
	hops := v.Hops(evidence.OpResolve, func(h evidence.Hop) bool {
		return (h.OnPath() || further(h)) && h.FailedWith(evidence.Truncated)
	})
	return matchEachWith(diagnosis.Group(hops, func(h evidence.Hop) string { return lookupOf(h).Server + string(h.Purpose) }), func(g []evidence.Hop) diagnosis.Match {
		m := diagnosis.Match{Hops: diagnosis.IDs(g), Targets: targetsBeside(v, g), Values: dnsValues(g)}
		m.Values["text"] = join(g, overTCP)
		if !g[0].OnPath() {
			m.Severity = diagnosis.Warning
		}
		return m
	})
}

// overTCP is how TCP failed after the cut answer.
func overTCP(h evidence.Hop) string {
	text := lastPart(h.Failure.Text)
	if text == "i/o timeout" || text == "context deadline exceeded" {
		return fmt.Sprintf("no answer in %.1f s", h.TookMS/1000)
	}
	return text
}

func slow() diagnosis.Entry {
	return diagnosis.Entry{
		Code: "dns-slow", Since: since, Layer: diagnosis.DNS,
		Severity: diagnosis.Warning, Strength: diagnosis.Proven, Audience: diagnosis.NetworkTeam,
		Title:  "looking up {name} is slow",
		Seen:   "{servers} took {time} for {names}: {questions}",
		Means:  "The answer is right and late, and every step of a pull that meets a new name waits for it. Where only AAAA is late, something drops those questions.",
		Remedy: "look for the reason at {servers}: a dead forwarder behind it, dropped AAAA questions, or loss on the way",
		Cite: []string{"failures B2: docker/for-linux#505", "resolv.conf(5): 5 s for a server is where clients give up",
			"RFC 8305 section 3: clients want A and AAAA both"},
		Values: []string{"names", "name", "servers", "time", "questions"}, Needs: []evidence.Op{evidence.OpResolve},
		After: []string{"dns-resolver-down"},
		Match: func(v *diagnosis.View) []diagnosis.Match {
			hops := v.Hops(evidence.OpResolve, func(h evidence.Hop) bool {
				return (h.OnPath() || further(h)) && h.State == evidence.OK && h.Peer != "" && h.TookMS >= float64(slowLookup.Milliseconds())
			})
			return matchEachWith(byServer(hops), func(g []evidence.Hop) diagnosis.Match {
				values := dnsValues(g)
				delete(values, "text")
				values["time"], values["questions"] = seconds(g), questions(g[0])
				return diagnosis.Match{Hops: diagnosis.IDs(g), Targets: targetsBeside(v, g), Values: values}
			})
		},
		Provoke: fault.World{Title: "the name server takes two seconds and a half", Direct: true,
			Faults: []fault.Fault{fault.DNS{Name: "registry.redhat.io", Delay: quick}}},
		Also: []fault.World{{Title: "questions for AAAA are dropped", Direct: true, HopTimeout: quick,
			Faults: []fault.Fault{fault.DNS{Name: "sso.redhat.com", Type: "AAAA", Silent: true}}}},
	}
}

// questions tells how long each question of a look-up took.
func questions(h evidence.Hop) string {
	out := ""
	for i, q := range lookupOf(h).Questions {
		if i > 0 {
			out += ", "
		}
		outcome := cmp.Or(q.Rcode, "no answer")
		out += fmt.Sprintf("%s %s in %.1f s", q.Type, outcome, q.TookMS/1000)
	}
	return out
}
