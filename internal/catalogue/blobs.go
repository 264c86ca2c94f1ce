package catalogue

import (
	"fmt"
	"strings"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/fault"
)

const (
	// slowFirst is how long an answer may take to begin before it is called slow:
	// healthy ones take a round trip, and Go's clients wait without a limit.
	slowFirst = 5000.0
	// slowRate, in bytes a second, and slowAfter, in milliseconds: a layer of 100 MiB
	// at 100 KiB/s takes 17 minutes, longer than most pulls are given.
	slowRate, slowAfter = 100 << 10, 3000.0
)

// blobRows are about where layers come from, and how fast.
func blobRows() []diagnosis.Entry {
	image := []string{fault.Image + ":" + fault.ImageTag}
	return []diagnosis.Entry{
		{
			Code: "http-slow", Since: since, Layer: diagnosis.HTTP, Severity: diagnosis.Warning, Strength: diagnosis.Likely, Audience: diagnosis.ProxyAdmin,
			Title: "{hosts} answers slowly", Seen: "{requests}: {pace}",
			Means:  "{cause}. Clients give up on large layers, or start over.",
			Remedy: "look for content scanning, bandwidth limits and load for {targets} in proxy and filter; compare with a source that does not pass them",
			Cite:   []string{"failures H8, H11: containers/skopeo#2101, a scanner that takes three minutes"},
			Values: []string{"requests", "pace", "cause"}, Needs: []evidence.Op{evidence.OpRequest}, After: wrongAddress(),
			Match: slowAnswers,
			Provoke: fault.World{Title: "a layer comes in drops", Targets: image, HopTimeout: quick,
				Faults: []fault.Fault{fault.HTTP{Host: "cdn01.quay.io", Effect: fault.Trickle}}},
		},
		{
			Code: "blob-redirect-plaintext", Since: since, Layer: diagnosis.Blob, Severity: diagnosis.Warning, Strength: diagnosis.Proven, Audience: diagnosis.RegistryOperator,
			Title: "{hosts} sends the client to plain HTTP for a layer", Seen: "{requests}: {answers}",
			Means:  "The redirect leads to http://. Clients follow it, the content passes unencrypted, and another port and another proxy variable (HTTP_PROXY) decide. It was not followed here.",
			Remedy: "have the registry, or whatever rewrites its answers, redirect to https",
			Cite:   []string{"failures H: mixed redirects", "RFC 9110 section 15.4"},
			Values: []string{"requests", "answers"}, Needs: []evidence.Op{evidence.OpRequest}, After: wrongAddress(),
			Match:   plaintextRedirects,
			Provoke: fault.World{Title: "the registry redirects layers to plain HTTP", Targets: image, BlobsByHTTP: true},
		},
		{
			Code: "blob-host-unlisted", Since: since, Layer: diagnosis.Blob, Severity: diagnosis.Info, Strength: diagnosis.Proven, Audience: diagnosis.NetworkTeam,
			Title: "layers come from {hosts}, which the profile does not list", Seen: "a redirect of {registry} names it",
			Means:  "An allow-list made from the profile would leave this host out. CDNs are added without notice.",
			Remedy: "allow {targets} as well, by name",
			Cite:   []string{"registries 2 and 3: cdn04 to cdn06 came in April 2025; quay-docs#149"},
			Values: []string{"registry"}, Needs: []evidence.Op{evidence.OpHandshake},
			Match: unlistedBlobHosts,
			Provoke: fault.World{Title: "a layer comes from a new CDN host", Targets: image, BlobHosts: []string{"cdn77.quay.io"},
				Hosts: append(fault.Hosts(), fault.Host{Name: "cdn77.quay.io", Role: "blob", Address: "203.0.113.177"})},
		},
	}
}

// slowAnswers finds the hosts whose answers came slowly, one match each.
func slowAnswers(v *diagnosis.View) []diagnosis.Match {
	hops := v.Hops(evidence.OpRequest, func(h evidence.Hop) bool { return h.OnPath() && h.State == evidence.OK && slowness(h).pace != "" })
	return matchEach(diagnosis.Group(hops, func(h evidence.Hop) string { return h.Target }), func(g []evidence.Hop) map[string]string {
		s := slowness(g[0])
		return map[string]string{"requests": join(g, requestLine), "pace": s.pace, "cause": s.cause}
	})
}

// plaintextRedirects finds the hosts that send the client to http:// for a config or a layer.
func plaintextRedirects(v *diagnosis.View) []diagnosis.Match {
	hops := v.Hops(evidence.OpRequest, func(h evidence.Hop) bool {
		d := evidence.DetailOf[evidence.Request](h)
		return h.OnPath() && h.State != evidence.Skipped && d.Code/100 == 3 && strings.HasPrefix(d.Location, "http:") && (d.Step == "config" || d.Step == "layer")
	})
	return matchEach(diagnosis.Group(hops, func(h evidence.Hop) string { return h.Target }), func(g []evidence.Hop) map[string]string {
		return map[string]string{"requests": join(g, requestLine), "answers": answerText(evidence.DetailOf[evidence.Request](g[0]))}
	})
}

// unlistedBlobHosts finds the hosts that a redirect named and the profile lacks.
func unlistedBlobHosts(v *diagnosis.View) []diagnosis.Match {
	registry := listedRegistry(v)
	if registry == "" {
		return nil
	}
	var hops []evidence.Hop
	for _, t := range v.Targets() {
		if t.Role == evidence.Blob && t.FoundBy == "redirect" && !t.Listed {
			hops = append(hops, v.HopsAbout(evidence.OpHandshake, diagnosis.About{}.Target(t.ID), evidence.Hop.OnPath)...)
		}
	}
	return matchEach(diagnosis.Group(hops, func(h evidence.Hop) string { return h.Target }), func([]evidence.Hop) map[string]string {
		return map[string]string{"registry": registry}
	})
}

// pacing is how slow an answer was, and what that points to.
type pacing struct{ pace, cause string }

// slowness is empty for an answer that was not slow.
func slowness(h evidence.Hop) pacing {
	d := evidence.DetailOf[evidence.Request](h)
	t := d.Transfer
	switch {
	case t != nil && t.GaveUp:
		return pacing{fmt.Sprintf("%s in %.1f s, then given up", kibibytes(t.Bytes), t.MS/1000), "The bytes come in drops: a bandwidth limit, a link that loses packets, or a filter that keeps the connection alive while it scans"}
	case t != nil && t.MS >= slowAfter && float64(t.Bytes) < slowRate*t.MS/1000:
		return pacing{fmt.Sprintf("%s in %.1f s", kibibytes(t.Bytes), t.MS/1000), "The rate is too low for layers of ordinary size: a bandwidth limit, or a link that loses packets"}
	case d.FirstByteMS >= slowFirst && t != nil && t.MS < d.FirstByteMS/4:
		return pacing{fmt.Sprintf("first byte after %.1f s, the rest in %.1f s", d.FirstByteMS/1000, t.MS/1000), "The answer is held back and then comes at once: a scanner that reads the whole file first"}
	case d.FirstByteMS >= slowFirst:
		return pacing{fmt.Sprintf("first byte after %.1f s", d.FirstByteMS/1000), "The far side, or something on the way, takes long to begin"}
	}
	return pacing{}
}

// kibibytes writes an amount to the next KiB: of a trickle no reader wants the bytes.
func kibibytes(n int64) string { return fmt.Sprintf("%d KiB", (n+1023)/1024) }

// listedRegistry is the registry that was asked, where the profile of the run knows
// it, so that a host which it does not list is one that it lacks; empty elsewhere.
func listedRegistry(v *diagnosis.View) string {
	for _, t := range v.Targets() {
		if t.Role == evidence.Registry && t.Listed {
			return t.ID
		}
	}
	return ""
}
