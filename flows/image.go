package flows

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"pullpath/internal/evidence"
)

// acceptManifests is what the client takes, indexes included (containers/image
// manifest.DefaultRequestedManifestMIMETypes).
var acceptManifests = []string{
	"application/vnd.oci.image.manifest.v1+json",
	"application/vnd.docker.distribution.manifest.v2+json",
	"application/vnd.oci.image.index.v1+json",
	"application/vnd.docker.distribution.manifest.list.v2+json",
}

// manifest has what is read of an image manifest and of an index.
type manifest struct {
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

// isOne tells that a document is a manifest of any kind.
func (m manifest) isOne() bool {
	return m.Config != nil && m.Config.Digest != "" || len(m.Manifests) > 0 || len(m.FSLayers) > 0
}

// platforms are those of an index, each once; what has none is no image but, for
// instance, its attestation, which says unknown/unknown.
func (m manifest) platforms(scribe evidence.Scribe) []string {
	var out []string
	for _, o := range m.Manifests {
		if name := o.platform(); name != "/" && name != "unknown/unknown" && !slices.Contains(out, name) {
			out = append(out, scribe.Short(name, maxPlatform))
		}
	}
	return out[:min(len(out), maxPlatforms)]
}

// maxPlatforms and maxPlatform bound what is kept of an index: those of Docker's own
// images have up to a dozen, with names of a dozen characters.
const maxPlatforms, maxPlatform = 32, 40

type blobRef struct {
	Digest string `json:"digest"`
	Size   int64  `json:"size"`
}

// pull walks one image: manifest, through an index to the platform's, config
// blob whole, and of the layers the smallest up to the configured size, or all.
func (c *conversation) pull(image Argument) {
	reference, ok := c.resolveTag(image)
	if !ok {
		return
	}
	m, node, ok := c.manifest(image, reference)
	if ok && len(m.Manifests) > 0 {
		of, _ := c.ofPlatform(m)
		m, node, ok = c.manifest(image, of)
	}
	if !ok {
		return
	}
	if m.Config == nil || m.Config.Digest == "" { // schema 1, or an index in an index
		c.skipStep(node, "config")
		return
	}
	c.blob(image, *m.Config, "config", maxDocument)
	if c.run.cfg.Full {
		c.layers(image, m.Layers, node)
		return
	}
	if layer, ok := smallest(m.Layers); ok {
		c.blob(image, layer, "layer", c.run.cfg.BlobBytes)
		c.askAgain(image, layer)
	}
}

// maxLayers is how many layers of an image are read: the kernel's overlayfs stacks 500
// (fs/overlayfs, OVL_MAX_STACK), so no image that runs has more.
const maxLayers = 500

// layers reads every layer whole, as far as the run's time and the bound go. What is left
// then is one hop that was not made, and says how many there are.
func (c *conversation) layers(image Argument, layers []blobRef, manifest *node) {
	for i, layer := range layers {
		if i == maxLayers || c.run.ctx.Err() != nil {
			c.skipStep(manifest, "layer").hop.LeftOut = map[string]int{"layers": len(layers) - i}
			return
		}
		c.blob(image, layer, "layer", max(layer.Size, c.run.cfg.BlobBytes))
	}
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

// ofPlatform is the digest of the manifest of an index for this run's platform, or else
// of the first that names none (containers/image, internal/manifest/oci_index.go).
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

// platform is what the image is pulled for.
func (c *conversation) platform() string {
	return cmp.Or(c.run.cfg.OS, "linux") + "/" + c.run.cfg.Architecture
}

// resolveTag asks for a manifest by HEAD, for clients that do, and returns the
// reference to go on with: the digest that the registry names.
func (c *conversation) resolveTag(image Argument) (string, bool) {
	asks := c.run.cfg.shape().asks
	if !asks.heads {
		return image.Reference, true
	}
	if c.opened != "" && image == c.registry.planned.Images[0] {
		return c.opened, true // it was asked for without a token, and needed none
	}
	a := c.headAsk(image, image.Reference)
	c.authorizeAsk(&a)
	if !asks.headOnly {
		a.expect = expectHeadOrGet
	}
	out, ok := c.registry.request(a)
	if !ok {
		return "", false
	}
	return cmp.Or(out.header.Get("Docker-Content-Digest"), image.Reference), true
}

// headAsk is the request for a manifest's digest.
func (c *conversation) headAsk(image Argument, reference string) ask {
	return ask{stepName: "manifest", method: http.MethodHead, url: c.manifestURL(image, reference),
		header: http.Header{"Accept": acceptManifests}, expect: expectHead}
}

func (c *conversation) manifestURL(image Argument, reference string) string {
	return c.repository(image) + "/manifests/" + reference
}

// manifest asks for a manifest or an index, which the client must be able to go on
// from.
func (c *conversation) manifest(image Argument, reference string) (manifest, *node, bool) {
	var m manifest
	a := ask{stepName: "manifest", method: http.MethodGet, url: c.manifestURL(image, reference),
		header: http.Header{"Accept": acceptManifests}, expect: expectManifest}
	c.authorizeAsk(&a)
	a.read = func(d *evidence.Request, body []byte) {
		if d.Code != http.StatusOK {
			return
		}
		want, _ := evidence.HeaderValue(d.Headers, "Docker-Content-Digest")
		if strings.HasPrefix(reference, "sha256:") {
			want = reference
		}
		d.Digest = &evidence.Digest{Want: want, Got: digestOf(body, want), Bytes: int64(len(body)), Of: int64(len(body))}
		if json.Unmarshal(body, &m) != nil {
			m = manifest{} // whatever was read of it
		}
		if len(m.Manifests) > 0 {
			if d.Platforms = m.platforms(c.run.cfg.Scribe); d.Platforms != nil {
				d.Expected = "200 with an index that has " + c.platform()
			}
		}
	}
	a.expect = expectation{words: "200 with a manifest of the announced digest", met: func(r evidence.Request) bool {
		return expectManifest.met(r) && (r.Digest == nil || r.Digest.Want == "" || r.Digest.Want == r.Digest.Got) && m.isOne() && c.goesOn(m)
	}}
	out, ok := c.registry.request(a)
	return m, out.node, ok
}

// goesOn tells that a client finds its platform, where there is one to find.
func (c *conversation) goesOn(m manifest) bool {
	if len(m.Manifests) == 0 {
		return true
	}
	_, ok := c.ofPlatform(m)
	return ok
}

func (c *conversation) repository(image Argument) string {
	return c.registry.base() + "/v2/" + image.Repository
}

func (c *conversation) authorizeAsk(a *ask) {
	switch {
	case c.token != "":
		a.header.Set("Authorization", "Bearer "+c.token)
	case c.basic != "":
		a.header.Set("Authorization", c.basic)
	}
}
