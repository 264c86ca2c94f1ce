package catalogue

import (
	"net"
	"net/url"
	"slices"
	"strings"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/fault"
	"pullpath/internal/refusal"
	"pullpath/internal/words"
)

// Codes of causes that lie in where layers come from.
const (
	BlobURLRejected       diagnosis.Code = "blob-url-rejected"       // the host refuses the signed URL that the registry gave
	BlobAccessDenied      diagnosis.Code = "blob-access-denied"      // the store refuses to hand the layer out
	BlobCorrupt           diagnosis.Code = "blob-corrupt"            // the content that the host itself serves is damaged
	BlobNotALayer         diagnosis.Code = "blob-not-a-layer"        // the host serves a page or another document as a layer
	BlobRedirectUnusable  diagnosis.Code = "blob-redirect-unusable"  // the host redirects a layer to where no client can go
	BlobRedirectPlaintext diagnosis.Code = "blob-redirect-plaintext" // the host sends the client to plain HTTP for a layer
	BlobHostUnlisted      diagnosis.Code = "blob-host-unlisted"      // a layer comes from a host that the profile does not list
)

// blob are the rows about where layers come from.
func blob() []diagnosis.Entry { return slices.Concat(blobAnswers(), blobPlaces()) }

func blobPlaces() []diagnosis.Entry {
	return []diagnosis.Entry{blobRedirectPlaintext(), blobHostUnlisted()}
}

func blobRedirectPlaintext() diagnosis.Entry {
	image := []string{fault.Image + ":" + fault.ImageTag}
	return diagnosis.Entry{
		Code: BlobRedirectPlaintext, Since: "0.1.0",
		Layer: diagnosis.Blob, Severity: diagnosis.Warning, Strength: diagnosis.Proven, Audience: diagnosis.RegistryOperator,
		Title: "{hosts} sends the client to plain HTTP for a layer",
		Seen:  "{requests}: {answers}",
		Means: "The redirect leads to http://. Clients follow it, the content passes unencrypted, and another port and another " +
			"proxy variable (HTTP_PROXY) decide.",
		Remedy:  "have the registry, or whatever rewrites its answers, redirect to https",
		Cite:    []string{"RFC 9110 section 15.4"},
		Values:  []string{"requests", "answers"},
		Needs:   []evidence.Op{evidence.OpRequest},
		After:   wrongAddress(),
		Match:   plaintextRedirects,
		Provoke: fault.World{Title: "the registry redirects layers to plain HTTP", Targets: image, BlobsByHTTP: true},
	}
}

func blobHostUnlisted() diagnosis.Entry {
	image := []string{fault.Image + ":" + fault.ImageTag}
	return diagnosis.Entry{
		Code: BlobHostUnlisted, Since: "0.1.0",
		Layer: diagnosis.Blob, Severity: diagnosis.Info, Strength: diagnosis.Proven, Audience: diagnosis.NetworkTeam,
		Title:  "layers come from {hosts}, which the profile does not list",
		Seen:   "redirects of {registry} lead there",
		Means:  "An allow-list made from the profile does not cover {hosts}. Registries add CDN hosts without notice.",
		Remedy: "allow {targets} as well, by name",
		Cite:   []string{"docs/field-notes.md#red-hats-registry", "https://github.com/quay/quay-docs/issues/149"},
		Values: []string{"registry"},
		Needs:  []evidence.Op{evidence.OpRequest},
		Match:  unlistedBlobHosts,
		Provoke: fault.World{Title: "a layer comes from a new CDN host", Targets: image, BlobHosts: []string{"cdn77.quay.io"},
			Hosts: append(fault.Hosts(), fault.Host{Name: "cdn77.quay.io", Role: "blob", Address: "203.0.113.177"})},
	}
}

// plaintextRedirects finds the hosts that send the client to http:// for a config or a layer.
func plaintextRedirects(v *diagnosis.View) []diagnosis.Match {
	hops := v.Hops(evidence.OpRequest, func(h evidence.Hop) bool {
		d := evidence.DetailOf[evidence.Request](h)
		return h.OnPath() && h.State != evidence.Skipped && d.Code/100 == 3 && strings.HasPrefix(d.Location, "http:") &&
			(d.Step == evidence.StepConfig || d.Step == evidence.StepLayer)
	})
	return matchEach(diagnosis.Group(hops, func(h evidence.Hop) string { return h.Target }), func(g []evidence.Hop) map[string]string {
		return map[string]string{"requests": join(g, requestLine), "answers": answerText(evidence.DetailOf[evidence.Request](g[0]))}
	})
}

// unlistedBlobHosts finds the hosts that a redirect named and the profile lacks. The
// redirect proves it, whatever became of the host.
func unlistedBlobHosts(v *diagnosis.View) []diagnosis.Match {
	registry := listedRegistry(v)
	if registry == "" {
		return nil
	}
	named := map[string][]int{}
	for _, h := range v.Hops(evidence.OpRequest, evidence.Hop.OnPath) {
		if u, err := url.Parse(evidence.DetailOf[evidence.Request](h).Location); err == nil && u.Host != "" {
			host := evidence.HostName(u.Hostname())
			named[host] = append(named[host], h.ID)
		}
	}
	var out []diagnosis.Match
	for _, t := range v.Targets() {
		hops := named[evidence.HostName(t.Host)]
		if t.Role == evidence.Blob && t.FoundBy == "redirect" && !t.Listed && len(hops) > 0 {
			out = append(out, diagnosis.Match{Hops: slices.Clone(hops), Targets: []string{t.ID}, Values: map[string]string{"registry": registry}})
		}
	}
	return out
}

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

// blobAnswers are the rows about what blob stores answer.
func blobAnswers() []diagnosis.Entry {
	return []diagnosis.Entry{blobAccessDenied(), blobURLRejected(), blobRedirectUnusable(), blobCorrupt(), blobNotALayer()}
}

// damagedRow is a row about content that is not the one of its digest.
func damagedRow(e diagnosis.Entry) diagnosis.Entry {
	e = shared(diagnosis.Entry{
		Layer: diagnosis.Blob, Severity: diagnosis.Error, Strength: diagnosis.Proven, Audience: diagnosis.RegistryOperator,
		Seen:   "{requests}: {text}",
		Values: []string{"requests", "text", "time", "owner", "node", "others", "served"},
		Needs:  []evidence.Op{evidence.OpRequest, evidence.OpHandshake},
		After:  wrongAddress(),
	}, e)
	e.Match = func(v *diagnosis.View) []diagnosis.Match { return matchDamaged(v, e.Code) }
	return e
}

func blobCorrupt() diagnosis.Entry {
	image := []string{fault.Image + ":" + fault.ImageTag}
	return damagedRow(diagnosis.Entry{
		Code: BlobCorrupt, Since: "0.1.0",
		Title:  "{hosts} serves damaged content",
		Means:  "The content does not hash to its digest. {owner} So no scanner of this network is to blame: the copy at {node} is damaged.",
		Remedy: "remove the damaged copy from the cache or the store at {node}",
		Symptoms: []diagnosis.Symptom{
			{Text: "does not match expected sha256", Cite: "docs/field-notes.md#blobs"},
			{Text: "error verifying sha256 checksum", Cite: "docs/field-notes.md#blobs"},
			{Text: "filesystem layer verification failed for digest", Cite: "https://github.com/moby/moby/issues/33527"},
		},
		Cite: []string{
			"https://github.com/moby/moby/issues/33527",
			"https://github.com/opencontainers/image-spec/blob/v1.1.0/descriptor.md#digests",
		},
		Provoke: fault.World{Title: "the store's copy of a layer is damaged", Targets: image, Direct: true,
			Faults: []fault.Fault{fault.HTTP{Host: "cdn01.quay.io", Effect: fault.NotTheBody}}},
		Also: []fault.World{{Title: "one of two nodes of the store has a damaged copy", Targets: image, Direct: true, Hosts: twoNodes(),
			// What is asked first comes from the first address; the second is asked after that.
			Faults: []fault.Fault{fault.Counted{Fault: fault.HTTP{Host: "cdn01.quay.io", Effect: fault.NotTheBody}, Times: 1}}},
			{Title: "both nodes of the store have a damaged copy", Targets: image, Direct: true, Hosts: twoNodes(),
				Faults: []fault.Fault{fault.HTTP{Host: "cdn01.quay.io", Effect: fault.NotTheBody}}}},
	})
}

// twoNodes are the healthy hosts, of which the store has two addresses.
func twoNodes() []fault.Host {
	hosts := fault.Hosts()
	for i := range hosts {
		if hosts[i].Name == fault.BlobHost {
			hosts[i].Further = []string{"203.0.113.205"}
		}
	}
	return hosts
}

func blobNotALayer() diagnosis.Entry {
	image := []string{fault.Image + ":" + fault.ImageTag}
	return damagedRow(diagnosis.Entry{
		Code: BlobNotALayer, Since: "0.1.0",
		Title: "{hosts} serves {served} in place of a part of the image",
		Means: "The answer is a success, and what came is {served}. {owner} A cache whose upstream is not a registry, or a store that " +
			"answers errors with 200, may be the reason.",
		Remedy: "look at where {targets} takes its layers from: the upstream's address in a cache's configuration, or the store's error pages",
		Symptoms: []diagnosis.Symptom{
			{Text: "does not match expected sha256", Cite: "docs/field-notes.md#blobs"},
			{Text: "filesystem layer verification failed for digest", Cite: "https://github.com/moby/moby/issues/46163"},
		},
		Cite: []string{
			"https://github.com/moby/moby/issues/46163",
			"https://github.com/opencontainers/image-spec/blob/v1.1.0/descriptor.md#digests",
		},
		Provoke: fault.World{Title: "a page is served as a layer", Targets: image, Faults: []fault.Fault{fault.HTTP{Host: "cdn01.quay.io",
			Status: 200, Headers: []string{"Content-Type: text/html"}, Body: "<!DOCTYPE html><html><title>Public Gallery</title>Welcome</html>"}}},
		Also: []fault.World{{Title: "an error document is served as a layer", Targets: image, Faults: []fault.Fault{fault.HTTP{
			Host: "cdn01.quay.io", Status: 200, Headers: []string{"Content-Type: application/json"},
			Body: `{"errors":[{"code":"UNKNOWN","message":"upstream"}]}`}}},
			{Title: "a line of text is served as a layer", Targets: image, Faults: []fault.Fault{fault.HTTP{
				Host: "cdn01.quay.io", Status: 200, Headers: []string{"Content-Type: text/plain"}, Body: "No such object."}}},
			{Title: "nothing is served as a layer", Targets: image, Faults: []fault.Fault{fault.HTTP{Host: "cdn01.quay.io", Status: 200}}}},
	})
}

// damaged is the row that takes a content which is not the one of its digest, and the hops of
// the same request at other addresses of the host. Over a public chain it is the host's own;
// over another one it is where another address serves it whole.
func damaged(v *diagnosis.View, h evidence.Hop) (diagnosis.Code, []evidence.Hop) {
	d := evidence.DetailOf[evidence.Request](h)
	nodes := v.HopsAbout(evidence.OpRequest, diagnosis.About{}.Probe(evidence.ProbeOtherNode).Target(h.Target), func(o evidence.Hop) bool {
		p := evidence.DetailOf[evidence.Request](o)
		return d.Digest != nil && p.Digest != nil && p.Digest.Want == d.Digest.Want && p.Digest.Got != ""
	})
	whole := slices.ContainsFunc(nodes, func(o evidence.Hop) bool { return o.State == evidence.OK })
	switch {
	case inspectorSeen(v, h):
		return HTTPBodyAltered, nil
	case isBlobStep(d.Step) && d.Digest != nil && (d.Body != nil || d.Digest.Bytes == 0):
		return BlobNotALayer, nodes
	case over(v, h) == publicChain || whole:
		return BlobCorrupt, nodes
	}
	return HTTPBodyAltered, nil
}

// matchDamaged makes the matches of a row about damaged content, one for each host.
func matchDamaged(v *diagnosis.View, code diagnosis.Code) []diagnosis.Match {
	failed := v.Hops(evidence.OpRequest, func(h evidence.Hop) bool {
		if !h.OnPath() || !h.FailedWith(evidence.DigestMismatch) && (!h.FailedWith(evidence.UnexpectedAnswer) || refusedForm(v,
			h) || !wrongDigest(h)) {
			return false
		}
		got, _ := damaged(v, h)
		return got == code
	})
	return matchEachWith(diagnosis.Group(failed, func(h evidence.Hop) string { return h.Target }), func(g []evidence.Hop) diagnosis.Match {
		m := diagnosis.Match{Hops: diagnosis.IDs(g), Targets: targetsOf(g[:1]), Values: endValues(g)}
		d := evidence.DetailOf[evidence.Request](g[len(g)-1])
		m.Values["owner"], m.Values["node"], m.Values["served"] = whose(over(v, g[0])), g[0].Target, servedAs(d)
		m.Values["others"] = ""
		if g[0].Via == "" && g[0].Peer != "" {
			m.Values["node"] = g[0].Peer
		}
		if code == BlobCorrupt {
			compareNodes(v, g, &m)
		}
		return m
	})
}

// servedAs says what came in place of a part of an image.
func servedAs(d evidence.Request) string {
	switch {
	case d.Body != nil && d.Body.Title != "":
		return "a page titled " + words.Quoted(d.Body.Title)
	case d.Body != nil && d.Body.HTML:
		return "a page"
	case len(d.Errors) > 0 && d.Errors[0].Form == evidence.FormPlain:
		return "the text " + words.Quoted(d.Errors[0].Message)
	case len(d.Errors) > 0:
		return "an error (" + messages(d) + ")"
	}
	return "an empty answer"
}

// compareNodes says what the other addresses of the host serve.
func compareNodes(v *diagnosis.View, g []evidence.Hop, m *diagnosis.Match) {
	var whole, broken []evidence.Hop
	for _, h := range g {
		_, nodes := damaged(v, h)
		for _, n := range nodes {
			if n.State == evidence.OK {
				whole = append(whole, n)
			} else {
				broken = append(broken, n)
			}
		}
	}
	m.Hops = append(m.Hops, diagnosis.IDs(append(whole, broken...))...)
	switch {
	case len(whole) > 0:
		m.Values["others"] = fewPeers(whole)
		m.Means = "The host serves the same content whole at {others}, and damaged at {node}: that node has a damaged copy. {owner}"
	case len(broken) > 0:
		m.Values["others"] = fewPeers(broken)
		m.Means = "The content does not hash to its digest, and it comes damaged from {others} too. {owner} So no scanner of this network " +
			"is to blame: the host's own copy is damaged."
		m.Remedy = "push the image again, or remove the damaged copy from the store and from every cache before it"
	}
}

// storeSays is a World in which the store of the layers refuses with an XML error.
func storeSays(title, code, message string) fault.World {
	return fault.World{Title: title, Targets: []string{fault.Image + ":" + fault.ImageTag},
		Faults: []fault.Fault{fault.HTTP{Host: "cdn01.quay.io", Status: 403, Headers: []string{"Content-Type: application/xml"},
			Body: `<?xml version="1.0"?><Error><Code>` + code + `</Code><Message>` + message + `</Message></Error>`}}}
}

func blobAccessDenied() diagnosis.Entry {
	return answerRow(diagnosis.Entry{
		Code: BlobAccessDenied, Since: "0.1.0",
		Layer: diagnosis.Blob, Strength: diagnosis.Likely, Audience: diagnosis.NetworkTeam,
		Title: "{hosts} does not hand the layer out: access denied",
		Means: "The store refuses the request, and no signature and no clock is what it names: {messages}. A policy may be against it: of the " +
			"bucket, of the account that signed the URL, or of a private endpoint to the store in this network. {owner}",
		Remedy: "find out if this network reaches the store by a private endpoint, and allow the registry's bucket in its policy",
		Or: diagnosis.Way{Audience: diagnosis.RegistryOperator,
			Remedy: "if there is none, allow reading in the policy of the bucket, or for the account that signs"},
		Symptoms: []diagnosis.Symptom{
			{Text: `<Error><Code>AccessDenied</Code><Message>Access Denied</Message>`,
				Cite: "https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html"},
		},
		Cite: []string{
			"https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html (AccessDenied)",
			"https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-s3.html",
			"https://learn.microsoft.com/rest/api/storageservices/common-rest-api-error-codes (AuthorizationFailure)",
		},
		When: func(_ *diagnosis.View, h evidence.Hop) *diagnosis.Match {
			return when(means(h) == refusal.StoreDenied || statusOf(h) == 403 && atStore(h) && !signedURL(h) && loginOf(h) == "" && !pageOf(h))
		},
		Provoke: storeSays("the bucket's policy is against it", "AccessDenied", "Access Denied"),
	})
}

// pageOf tells that an answer is a page.
func pageOf(h evidence.Hop) bool {
	body := evidence.DetailOf[evidence.Request](h).Body
	return body != nil && body.HTML
}

func blobURLRejected() diagnosis.Entry {
	image := []string{fault.Image + ":" + fault.ImageTag}
	return answerRow(diagnosis.Entry{
		Code: BlobURLRejected, Since: "0.1.0",
		Layer: diagnosis.Blob, Strength: diagnosis.Likely, Audience: diagnosis.NetworkTeam,
		Title: "{hosts} refuses the signed URL that the registry gave",
		Means: "The store behind the redirect refuses a URL that the registry signed for a short time: {messages}. Something may have " +
			"altered it or " +
			"added a header, the request may have come too late, or a clock may be wrong.",
		Remedy: "look for a proxy or filter that rewrites URLs or adds headers for {targets}; check this host's clock",
		Symptoms: []diagnosis.Symptom{
			{Text: `fetching blob: StatusCode: 403, "<?xml version…`, Cite: "docs/field-notes.md#blobs"},
			{Text: "Request has expired", Cite: "https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html"},
			{Text: "SignatureDoesNotMatch", Cite: "https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html"},
			{Text: "Only one auth mechanism allowed", Cite: "https://github.com/open-policy-agent/opa/issues/6580"},
		},
		Cite: []string{
			"https://github.com/open-policy-agent/opa/issues/6580",
			"https://github.com/konflux-ci/caching/blob/main/ADR/0001-caching-container-image-layers.md",
			"https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html",
		},
		When: takesURLRejected,
		Provoke: storeSays("the blob store refuses the signature", "SignatureDoesNotMatch", "The request signature we calculated "+
			"does not match"),
		Also: []fault.World{
			storeSays("the signed URL has expired", "AccessDenied", "Request has expired"),
			storeSays("the store's clock is ahead of the signer's", "RequestTimeTooSkewed", "The difference between the request time "+
				"and the current time is too large."),
			{Title: "the registry hands layers over to a store on its own host, with the token", Targets: image, Faults: []fault.Fault{
				fault.HTTP{Host: "registry.redhat.io", Path: "/v2/ubi9/ubi/blobs", Status: 307, To: "https://registry.redhat.io/store{path}"},
				fault.HTTP{Host: "registry.redhat.io", Path: "/store", Status: 400, Headers: []string{"Content-Type: application/xml"},
					Body: `<?xml version="1.0"?><Error><Code>InvalidArgument</Code><Message>Only one auth mechanism allowed</Message></Error>`}}},
		},
	})
}

// takesURLRejected says which of four things is wrong with the request for a signed URL,
// where the store says it.
func takesURLRejected(_ *diagnosis.View, h evidence.Hop) *diagnosis.Match {
	switch meaning := means(h); {
	case meaning == refusal.URLExpired:
		return &diagnosis.Match{
			Means: "The store says that the time of the signed URL is over or not yet come: {messages}. The registry signs for some minutes. " +
				"A cache may have kept the redirect, something may hold requests back, or a clock may be wrong.",
			Remedy: "look for a cache that keeps the registry's redirects, and for what holds requests to {targets} back; compare clocks"}
	case meaning == refusal.ClockOff:
		return &diagnosis.Match{Audience: diagnosis.RegistryOperator,
			Means:  "The store says that the clock of whoever signed the URL is not its own: {messages}. The registry signs, not this host.",
			Remedy: "set the registry's clock by NTP, and that of the store"}
	case meaning == refusal.URLAltered:
		return &diagnosis.Match{
			Means: "The store says that the signature does not fit the request: {messages}. The URL or a field that it covers may have been " +
				"changed " +
				"on the way, or the registry signs with a wrong key.",
			Remedy: "look for a proxy or filter that rewrites URLs, or the Host field, for {targets}",
			Or: diagnosis.Way{Audience: diagnosis.RegistryOperator, Remedy: "if nothing does, check the key with which the registry " +
				"signs, and its region"}}
	case meaning == refusal.SecondLogin, statusOf(h)/100 == 4 && atStore(h) && loginOf(h) != "" && statusOf(h) != 404 && statusOf(h) != 429:
		return &diagnosis.Match{Audience: diagnosis.RegistryOperator,
			Means: "The request had two logins, and a store takes one: the URL that the registry gave, and its token in Authorization, which " +
				"clients " +
				"send along to the same host name and to those below it. The answer: {messages}.",
			Remedy: "have what passes {targets} on to the store remove Authorization there, or redirect layers to another host name"}
	}
	return when(atStore(h) && !pageOf(h) && statusOf(h)/100 == 4)
}

func blobRedirectUnusable() diagnosis.Entry {
	image := []string{fault.Image + ":" + fault.ImageTag}
	led := func(title, location string, more ...fault.Fault) fault.World {
		return fault.World{Title: title, Targets: image, Direct: true, Flags: []string{quickHop}, Faults: append(more, fault.HTTP{
			Host: "registry.redhat.io", Path: "/v2/ubi9/ubi/blobs", Status: 307, Headers: []string{"Location: " + location}})}
	}
	e := answerRow(diagnosis.Entry{
		Code: BlobRedirectUnusable, Since: "0.1.0",
		Layer: diagnosis.Blob, Strength: diagnosis.Likely, Audience: diagnosis.RegistryOperator,
		Title: "{hosts} redirects a layer to an address that no client can use",
		Means: "A redirect has to name a host and a port with http or https, and Go's clients follow ten redirects. The registry, " +
			"or what rewrites its answers, sends layers elsewhere: {answers}.",
		Remedy: "correct the public URL of the blob store, or of the cache before it, in the configuration of {hosts}",
		Symptoms: []diagnosis.Symptom{
			{Text: "stopped after 10 redirects", Cite: "https://github.com/golang/go/blob/go1.26.8/src/net/http/client.go"},
			{Text: "invalid port", Cite: "https://github.com/golang/go/blob/go1.26.8/src/net/url/url.go (invalid port)"},
		},
		Cite: []string{
			"RFC 9110 section 15.4",
			"https://pkg.go.dev/net/http#Client (CheckRedirect: ten redirects)",
		},
		When: func(_ *diagnosis.View, h evidence.Hop) *diagnosis.Match {
			d := evidence.DetailOf[evidence.Request](h)
			return when((d.Step == evidence.StepConfig || d.Step == evidence.StepLayer) && d.Code/100 == 3 && d.Location != "")
		},
		Provoke: fault.World{Title: "the registry redirects layers to a port that is none", Targets: image,
			Faults: []fault.Fault{fault.HTTP{Host: "registry.redhat.io",
				Path: "/v2/ubi9/ubi/blobs", Status: 307, Headers: []string{"Location: https://cdn01.quay.io:65979/x"}}}},
		Also: []fault.World{
			{Title: "the blob store redirects to itself for ever", Targets: image, Faults: []fault.Fault{fault.HTTP{Host: "cdn01.quay.io",
				Status: 302, Headers: []string{"Location: https://cdn01.quay.io/again"}}}},
			led("the registry names its store by a name of its own cluster", "https://minio.storage.svc.cluster.local:9000/bucket/x"),
			led("the registry names its store by a private address", "https://10.20.3.77:9000/bucket/x",
				fault.Socket{Host: fault.Everyone, Port: 9000, Effect: fault.Drop}),
		},
	})
	e.Needs = append(e.Needs, evidence.OpResolve, evidence.OpDial, evidence.OpTunnel)
	answers := e.Match
	e.Match = func(v *diagnosis.View) []diagnosis.Match { return append(answers(v), matchInwardRedirect(v)...) }
	return e
}

// matchInwardRedirect matches redirects of layers to where only the registry's own network leads,
// and to which no connection came about.
func matchInwardRedirect(v *diagnosis.View) []diagnosis.Match {
	var out []diagnosis.Match
	redirecting := v.Hops(evidence.OpRequest, func(h evidence.Hop) bool {
		return h.OnPath() && h.State == evidence.OK && statusOf(h)/100 == 3 && isBlobStep(stepOf(h))
	})
	for _, g := range diagnosis.Group(redirecting, func(h evidence.Hop) string { return h.Target + locationTarget(h) }) {
		to := locationTarget(g[0])
		unreached := slices.DeleteFunc(astrayAt(v, to, interceptedChain), func(h evidence.Hop) bool {
			return h.Op == evidence.OpHandshake || h.Op == evidence.OpRequest
		})
		means := inwardStore(v, g[0], to)
		if to == g[0].Target || means == "" || len(unreached) == 0 {
			continue
		}
		values := requestValues(v, g)
		out = append(out, diagnosis.Match{Hops: append(diagnosis.IDs(g), unreached[0].ID), Targets: []string{g[0].Target}, Values: values,
			Means: means, Remedy: "set the public address of the store in the registry's configuration, or have the registry serve layers itself",
			Explains: []string{to}})
	}
	return out
}

// inwardStore says why the place that a redirect leads to looks like one of the registry's own
// network; empty where it does not, or where this host is in that network.
func inwardStore(v *diagnosis.View, redirecting evidence.Hop, to string) string {
	host := v.Target(to).Host
	switch {
	case !strings.Contains(host, ".") && net.ParseIP(host) == nil, evidence.InCluster(host):
		return "Layers come from {location}. The name may be one that only the registry's own network knows, and no connection to it came about."
	case isPrivate(to) && !isPrivate(redirecting.Peer) && over(v, redirecting) == publicChain:
		return "Layers come from {location}, a private address, and no connection to it came about. The registry itself is one of the public " +
			"web, so that may be an address of its own network."
	}
	return ""
}
