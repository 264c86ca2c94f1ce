package flows

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"pullpath/internal/evidence"
)

// acceptManifests are the types that the client accepts, indexes included
// (containers/image manifest.DefaultRequestedManifestMIMETypes).
var acceptManifests = []string{
	"application/vnd.oci.image.manifest.v1+json",
	"application/vnd.docker.distribution.manifest.v2+json",
	"application/vnd.oci.image.index.v1+json",
	"application/vnd.docker.distribution.manifest.list.v2+json",
}

// isManifestType reports whether an answer says that it is a manifest. One of schema 1 needs
// not: clients that go by the type take what has none for it.
func isManifestType(r evidence.Request) bool {
	value, _ := evidence.HeaderValue(r.Headers, "Content-Type")
	kind, _, _ := strings.Cut(value, ";")
	return slices.Contains(acceptManifests, strings.TrimSpace(kind))
}

// digestField is where a registry says the digest of a manifest (OCI distribution spec,
// "Pulling manifests").
const digestField = "Docker-Content-Digest"

// manifest has the parts of an image manifest and of an index that are read.
type manifest struct {
	MediaType string      `json:"mediaType"`
	Config    *blobRef    `json:"config"`
	Layers    []blobRef   `json:"layers"`
	Manifests []ofAnIndex `json:"manifests"`
	// FSLayers are those of schema 1, which clients are giving up.
	FSLayers []json.RawMessage `json:"fsLayers"`
}

// ofAnIndex is one manifest in an index.
type ofAnIndex struct {
	blobRef
	Platform struct {
		Architecture string `json:"architecture"`
		OS           string `json:"os"`
	} `json:"platform"`
}

func (o ofAnIndex) platform() string { return o.Platform.OS + "/" + o.Platform.Architecture }

// isOne reports whether a document is a manifest of any kind.
func (m manifest) isOne() bool {
	return m.Config != nil && m.Config.Digest != "" || len(m.Manifests) > 0 || len(m.FSLayers) > 0
}

// saysType reports whether a manifest has the type within that its answer has: one of OCI need not
// say it (distribution, manifest/schema2, ocischema and manifestlist, UnmarshalJSON).
func (m manifest) saysType(r evidence.Request) bool {
	value, _ := evidence.HeaderValue(r.Headers, "Content-Type")
	kind, _, _ := strings.Cut(value, ";")
	kind = strings.TrimSpace(kind)
	return m.MediaType == kind || m.MediaType == "" && strings.HasPrefix(kind, "application/vnd.oci.")
}

// platforms returns the platforms of an index, each once. An entry without one is not an
// image but, for instance, its attestation, whose platform is unknown/unknown.
func (m manifest) platforms(scribe evidence.Scribe) []string {
	var out []string
	for _, o := range m.Manifests {
		if name := o.platform(); name != "/" && name != "unknown/unknown" && !slices.Contains(out, name) {
			out = append(out, scribe.Short(name, maxPlatform))
		}
	}
	return out[:min(len(out), maxPlatforms)]
}

// maxPlatforms and maxPlatform bound what is kept of an index: Docker's own images have
// up to a dozen platforms, with names of a dozen characters.
const maxPlatforms, maxPlatform = 32, 40

type blobRef struct {
	Digest string `json:"digest"`
	Size   int64  `json:"size"`
	// URLs are where a foreign layer is fetched from.
	URLs []string `json:"urls"`
}

// pull walks one image: manifest, through an index to the platform's, config
// blob whole, and of the layers the smallest up to the configured size, or all. It reports
// whether the client got what makes it ask no other place: the manifest, and for one that
// asks the next place for each request the blobs too.
func (c *conversation) pull(image Argument) bool {
	reference, ok := c.resolveTag(image)
	if !ok {
		return false
	}
	if c.fetch != nil {
		if digest := c.digest(image, reference); digest != "" && c.fetch(digest) {
			return true
		}
	}
	m, asked, ok := c.manifest(image, reference)
	if ok && len(m.Manifests) > 0 {
		of, _ := c.ofPlatform(m)
		m, asked, ok = c.manifest(image, of)
	}
	if !ok {
		return false
	}
	if m.Config == nil || m.Config.Digest == "" { // schema 1, or an index in an index
		c.skipStep(asked, "config")
		return true
	}
	return c.blobs(image, m, asked) || !c.run.cfg.shape().asks().BlobsFallBack
}

// blobs reads the config and of the layers what is to be read, and reports whether all came.
func (c *conversation) blobs(image Argument, m manifest, asked *openHop) bool {
	ok := c.blob(image, *m.Config, "config", maxDocument)
	if c.run.cfg.Full {
		return c.layers(image, m.Layers, asked) && ok
	}
	layer, found := smallest(m.Layers)
	if found {
		came := c.layer(image, layer, c.run.cfg.BlobBytes)
		if ok = came && ok; came && len(c.sources(layer)) == 0 {
			c.askPart(image, layer)
		}
		c.askAgain(image, layer)
	}
	for _, foreign := range c.foreign(m.Layers) {
		if foreign.Digest != layer.Digest {
			ok = c.layer(image, foreign, c.run.cfg.BlobBytes) && ok
		}
	}
	return ok
}

// maxLayers is how many layers of an image are read: the kernel's overlayfs stacks 500
// (fs/overlayfs, OVL_MAX_STACK), so no image that runs has more.
const maxLayers = 500

// layers reads every layer whole, as far as the run's time and the bound go. What is left
// then is one hop that was not made, and says how many there are.
func (c *conversation) layers(image Argument, layers []blobRef, manifest *openHop) bool {
	all := true
	for i, layer := range layers {
		if i == maxLayers || c.run.ctx.Err() != nil {
			c.skipStep(manifest, "layer").LeftOut = map[string]int{"layers": len(layers) - i}
			return false
		}
		all = c.layer(image, layer, max(layer.Size, c.run.cfg.BlobBytes)) && all
	}
	return all
}

func smallest(layers []blobRef) (blobRef, bool) {
	if len(layers) == 0 {
		return blobRef{}, false
	}
	best := layers[0]
	for _, l := range layers {
		if l.Size < best.Size {
			best = l
		}
	}
	return best, true
}

// ofPlatform returns the digest of the manifest of an index for this run's platform, or
// else of the first that names none (containers/image, internal/manifest/oci_index.go).
func (c *conversation) ofPlatform(m manifest) (string, bool) {
	for _, platform := range []string{c.platform(), "/"} {
		for _, o := range m.Manifests {
			if o.platform() == platform && o.Digest != "" {
				return o.Digest, true
			}
		}
	}
	return "", false
}

// platform returns the platform that the image is pulled for.
func (c *conversation) platform() string {
	return cmp.Or(c.run.cfg.OS, "linux") + "/" + c.run.cfg.Architecture
}

// resolveTag asks for a manifest by HEAD, for clients that do, and returns the
// reference to go on with: the digest that the registry names.
func (c *conversation) resolveTag(image Argument) (string, bool) {
	asks := c.run.cfg.shape().asks()
	named := strings.Contains(image.Reference, ":")
	if !asks.Heads || c.byDigest || named && asks.TagsAlone {
		return image.Reference, true
	}
	if c.opened != "" && image == c.images[0] {
		return c.opened, true // it was asked for without a token, and needed none
	}
	a := c.headAsk(image, image.Reference)
	c.authorizeAsk(&a)
	a.expect = c.expectResolve()
	out, ok := c.follow(c.registry, evidence.Registry, a)
	switch told := resolved(out); {
	case !ok:
		return "", false
	case told != "":
		return told, true
	case named:
		return image.Reference, true
	}
	return c.resolveByGet(image)
}

// expectResolve is what the client goes on from after a manifest's HEAD.
func (c *conversation) expectResolve() expectation {
	asks, e := c.run.cfg.shape().asks(), expectHead.orNoHead()
	if !asks.HeadOnly {
		e = expectHeadOrGet
	}
	return e.needing(asks, func(r evidence.Request) bool { return r.Code == http.StatusOK && hasField(r, digestField) })
}

// resolved returns the digest that an answer to a tag tells, empty where it tells none, or not
// how long the manifest is.
func resolved(out reply) string {
	if out.detail.Code/100 != 2 || out.header.Get("Content-Length") == "" {
		return ""
	}
	return out.header.Get(digestField)
}

// resolveByGet asks for a manifest by its tag, for clients whose HEAD told no digest. They then
// ask for it again by the digest: docker takes that of the header where there is one
// (distribution, registry/client/repository.go, tags.Get), containerd that of the content
// (core/remotes/docker/resolver.go, Resolve).
func (c *conversation) resolveByGet(image Argument) (string, bool) {
	asks := c.run.cfg.shape().asks()
	a := c.manifestAsk(image, image.Reference, &manifest{})
	met := a.expect.met
	a.expect = expectation{words: "200 with a manifest, or its digest", met: func(r evidence.Request) bool {
		switch {
		case r.Code != http.StatusOK:
			return false
		case asks.HeadByType:
			return isManifestType(r)
		case hasField(r, digestField):
			return lacking(r, asks.HeadNeeds) == ""
		}
		return met(r)
	}}
	out, ok := c.follow(c.registry, evidence.Registry, a)
	told := out.header.Get(digestField)
	if told == "" || asks.HeadByType {
		told = digestOf(out.body, "")
	}
	return told, ok
}

// digest returns the digest of a manifest: the one that a registry told, or that of what it
// gives for a tag; empty where it gives none.
func (c *conversation) digest(image Argument, reference string) string {
	if strings.Contains(reference, ":") {
		return reference
	}
	_, asked, _ := c.manifest(image, reference)
	if sum := evidence.DetailOf[evidence.Request](asked.Hop).Digest; sum != nil {
		return sum.Got
	}
	return ""
}

// headAsk returns the request for a manifest's digest.
func (c *conversation) headAsk(image Argument, reference string) ask {
	return ask{step: evidence.StepManifest, method: http.MethodHead, url: c.manifestURL(image, reference),
		header: http.Header{"Accept": acceptManifests}, expect: expectHead}
}

func (c *conversation) manifestURL(image Argument, reference string) string {
	return c.repository(image) + "/manifests/" + reference
}

// manifest asks for a manifest or an index, which the client must be able to go on
// from. One that begins with a manifest answers a challenge here too.
func (c *conversation) manifest(image Argument, reference string) (manifest, *openHop, bool) {
	if got := c.brought; got != nil && got.reference == reference && image == c.images[0] {
		c.brought = nil
		return got.manifest, got.hop, true
	}
	var m manifest
	a := c.manifestAsk(image, reference, &m)
	late := c.skipsPing() && c.token == "" && c.basic == ""
	if late {
		a.expect = a.expect.orOpening()
	}
	out, ok := c.follow(c.registry, evidence.Registry, a)
	if late && ok && out.detail.Code == http.StatusUnauthorized {
		ok = c.authorize(out)
		c.leaveQueues()
		if !ok {
			return m, out.hop, false
		}
		out, ok = c.follow(c.registry, evidence.Registry, c.manifestAsk(image, reference, &m))
	}
	c.spoilt = c.spoilt || !ok && out.detail.Code == http.StatusOK
	return m, out.hop, ok
}

// manifestAsk returns the request for a manifest or an index, which is read into m.
func (c *conversation) manifestAsk(image Argument, reference string, m *manifest) ask {
	a := ask{step: evidence.StepManifest, method: http.MethodGet, url: c.manifestURL(image, reference),
		header: http.Header{"Accept": acceptManifests}, expect: expectManifest}
	c.authorizeAsk(&a)
	// A client holds a manifest to the digest that it asked for, and not to the one that an answer
	// to a tag announces.
	byDigest, asks := strings.Contains(reference, ":"), c.run.cfg.shape().asks()
	a.read = func(d *evidence.Request, body []byte) {
		if d.Code != http.StatusOK {
			return
		}
		want, _ := evidence.HeaderValue(d.Headers, digestField)
		if byDigest {
			want = reference
		}
		d.Digest = &evidence.Digest{Want: want, Got: digestOf(body, want), Bytes: int64(len(body)), Of: int64(len(body))}
		*m = manifest{}
		if json.Unmarshal(body, m) != nil {
			*m = manifest{} // whatever was read of it
		}
		if len(m.Manifests) > 0 {
			if d.Platforms = m.platforms(c.run.cfg.Scribe); d.Platforms != nil {
				d.Expected = "200 with an index that has " + c.platform()
			}
		}
	}
	a.expect = expectation{words: "200 with a manifest of the announced digest", met: func(r evidence.Request) bool {
		return expectManifest.met(r) &&
			(!asks.ManifestByType || len(m.FSLayers) > 0 || isManifestType(r)) && (!asks.TypeWithin || m.saysType(r)) &&
			(!byDigest || r.Digest == nil || r.Digest.Want == r.Digest.Got) && m.isOne() && c.goesOn(*m)
	}}
	return a
}

// goesOn reports whether a client finds its platform, where there is one to find.
func (c *conversation) goesOn(m manifest) bool {
	if len(m.Manifests) == 0 {
		return true
	}
	_, ok := c.ofPlatform(m)
	return ok
}

func (c *conversation) repository(image Argument) string {
	return c.registry.base() + strings.TrimSuffix(cmp.Or(image.API, "/v2"), "/") + "/" + image.Repository
}

func (c *conversation) authorizeAsk(a *ask) {
	c.renewToken()
	a.brought = !c.login().Empty()
	switch {
	case c.token != "":
		a.header.Set("Authorization", "Bearer "+c.token)
	case c.basic != "":
		a.header.Set("Authorization", c.basic)
	}
}
